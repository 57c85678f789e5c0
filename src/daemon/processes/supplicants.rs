//! The wpa_supplicant processes and their control sockets.
//!
//! Two files each in a directory of their own, where no adapter's name can be that of another
//! file: NAME.conf (0600) and NAME.pid; and the control socket wpa/NAME. A process that a
//! crashed instance left is found by its pid file and recognised by its command line. One that
//! is left without a pid file, after the run directory was removed, is found in /proc and ended.
use crate::config::IfName;
use crate::daemon::engine::Tell;
use crate::daemon::{RUN_DIR, failure};
use crate::engine::Engine;
use crate::engine::contract::content::CONTENT_BYTES;
use crate::engine::contract::event::{Event, Failure, Start};
use crate::engine::observed::Index;
use crate::engine::supplicant::MAX_SUPPLICANTS;
use crate::engine::supplicant_file;
use crate::system::children::{self, Process, Signal};
use crate::system::files;
use crate::system::unix::Datagram;
use crate::wire::wpa::Request;
use heapless::Vec;
use std::os::fd::{AsFd, BorrowedFd};

const PROGRAM: &str = "wpa_supplicant";
/// Configurations, with their secrets, and process numbers.
pub const DIR: &str = "/run/wifibond/supplicants";
/// The largest message read; `STATUS` takes some 500 bytes.
const MESSAGE_BYTES: usize = 4096;
/// Processes held: one an adapter, and those that are just ending.
pub const MAX_PROCESSES: usize = MAX_SUPPLICANTS + 8;

struct Slot {
    link: Index,
    name: IfName,
    process: Process,
    socket: Option<Datagram>,
    ended: bool,
}

#[derive(Default)]
pub struct Processes {
    slots: Vec<Slot, MAX_PROCESSES>,
}

fn conf_path(name: &str) -> String {
    format!("{DIR}/{name}.conf")
}
fn pid_path(name: &str) -> String {
    format!("{DIR}/{name}.pid")
}

impl Processes {
    fn slot(&mut self, link: Index) -> Result<&mut Slot, Failure> {
        let slot = self.slots.iter_mut().find(|s| s.link == link && !s.ended);
        slot.ok_or_else(|| failure(0, &"wpa_supplicant is not running"))
    }

    /// Writes the configuration and starts the process.
    pub fn start(
        &mut self,
        link: Index,
        name: &IfName,
        wired: bool,
        file: &[u8],
    ) -> Result<(), Failure> {
        if self.slots.is_full() {
            return Err(failure(0, &"too many wpa_supplicants are still ending"));
        }
        // Two on one adapter would each disturb the other's association.
        if end_strays(Some(name), &[]) > 0 {
            let why = &"one that the previous instance left is being ended first";
            return Err(failure(0, why));
        }
        let conf = conf_path(name);
        write_conf(&conf, file)?;
        let driver = match wired {
            true => "wired",
            false => "nl80211",
        };
        let arguments = ["-i", name, "-D", driver, "-c", &conf];
        let process = children::spawn(PROGRAM, &arguments, None).map_err(|e| match e.errno {
            libc::ENOENT => failure(e.errno, &"wpa_supplicant is not installed"),
            _ => e.into(),
        })?;
        let pid = process.pid().to_string();
        if let Err(e) = files::write_atomic(&pid_path(name), pid.as_bytes(), 0o600) {
            log::warn!(
                "{name}: {}: {e}; it could not be adopted after a crash",
                pid_path(name)
            );
        }
        let slot = Slot {
            link,
            name: name.clone(),
            process,
            socket: None,
            ended: false,
        };
        let _ = self.slots.push(slot);
        Ok(())
    }

    pub fn attach(&mut self, link: Index) -> Result<(), Failure> {
        let slot = self.slot(link)?;
        let own = format!("{RUN_DIR}/wpa-{}", slot.name);
        let peer = format!("{}/{}", supplicant_file::CONTROL_DIR, slot.name);
        // The old socket takes its path with it: it goes before the new one is made.
        slot.socket = None;
        let socket = Datagram::connect(&own, &peer)?;
        socket.send(Request::Attach.text().as_bytes())?;
        slot.socket = Some(socket);
        Ok(())
    }

    pub fn ask(&mut self, link: Index, request: Request) -> Result<(), Failure> {
        let slot = self.slot(link)?;
        let socket = slot.socket.as_ref();
        let socket = socket.ok_or_else(|| failure(0, &"not connected to wpa_supplicant"))?;
        socket
            .send(request.text().as_bytes())
            .map_err(Failure::from)
    }

    pub fn reconfigure(&mut self, link: Index, file: &[u8]) -> Result<(), Failure> {
        let conf = conf_path(&self.slot(link)?.name);
        write_conf(&conf, file)?;
        self.ask(link, Request::Reconfigure)
    }

    pub fn stop(&mut self, link: Index, force: bool) -> Result<(), Failure> {
        let signal = if force {
            Signal::Kill
        } else {
            Signal::Terminate
        };
        let slot = self.slot(link)?;
        slot.process.signal(signal).map_err(Failure::from)
    }

    /// Finds what the previous instance left running: adopts it where its adapter is one
    /// of ours, ends it where not. Returns the links of those that were adopted.
    pub fn adopt_leftovers(&mut self, engine: &Engine) -> Vec<(Index, Start), MAX_PROCESSES> {
        let mut names: Vec<IfName, MAX_PROCESSES> = Vec::new();
        let listed = files::list(DIR, &mut |file| {
            let name = file
                .strip_suffix(".pid")
                .and_then(|n| IfName::try_from(n).ok());
            if let Some(name) = name {
                let _ = names.push(name);
            }
        });
        if let Err(e) = listed {
            log::warn!("{DIR}: {e}");
        }
        let mut adopted = Vec::new();
        for name in names {
            match leftover(&name) {
                Some(process) => adopted.extend(self.adopt(engine, name, process)),
                None => clean(&name),
            }
        }
        let pids: Vec<u32, MAX_PROCESSES> = self.slots.iter().map(|s| s.process.pid()).collect();
        end_strays(None, &pids);
        adopted
    }

    fn adopt(&mut self, engine: &Engine, name: IfName, process: Process) -> Option<(Index, Start)> {
        let Some(link) = engine.observed().by_name(&name).map(|link| link.index) else {
            log::info!("{name}: ending the wpa_supplicant of an adapter that is gone");
            let _ = process.signal(Signal::Kill);
            clean(&name);
            return None;
        };
        let file = files::read(&conf_path(&name), CONTENT_BYTES).unwrap_or_default();
        let current = engine.is_wanted_file(link, &file);
        let slot = Slot {
            link,
            name,
            process,
            socket: None,
            ended: false,
        };
        match self.slots.push(slot) {
            Ok(()) => Some((link, Start::Adopted { current })),
            Err(slot) => {
                let _ = slot.process.signal(Signal::Kill);
                clean(&slot.name);
                None
            }
        }
    }

    pub fn interests<'a>(&'a self, add: &mut dyn FnMut(BorrowedFd<'a>, usize, bool)) {
        for (place, slot) in self.slots.iter().enumerate() {
            add(slot.process.as_fd(), place, false);
            if let Some(socket) = &slot.socket {
                add(socket.as_fd(), place, true);
            }
        }
    }

    /// The process at this place may have ended: its link, if it has.
    pub fn ended(&mut self, place: usize) -> Option<Index> {
        let slot = self.slots.get_mut(place)?;
        match slot.process.reap() {
            Ok(None) => return None,
            Ok(Some(exit)) => log::debug!("{}: wpa_supplicant ended: {exit:?}", slot.name),
            Err(e) => log::warn!("{}: wpa_supplicant: {e}", slot.name),
        }
        slot.ended = true;
        Some(slot.link)
    }

    /// Reports its messages to the engine. A socket in trouble is given up when it is empty, as it
    /// would keep the loop awake; the engine asks for another while the process lives.
    pub fn listen(&mut self, place: usize, trouble: bool, tell: &mut Tell<'_>) {
        let Some(slot) = self.slots.get_mut(place) else {
            return;
        };
        let Some(socket) = &slot.socket else {
            return;
        };
        let (link, name) = (slot.link, &slot.name);
        let taken = socket.take_in(&mut [0; MESSAGE_BYTES], &mut |message| {
            let text = utf8_prefix(message);
            log::trace!("{name}: wpa_supplicant: {}", text.trim_end());
            tell(Event::Supplicant { link, text });
        });
        match taken {
            Ok(emptied) if !emptied || !trouble => return,
            Ok(_) => {}
            Err(e) => log::debug!("{name}: wpa_supplicant's socket: {e}"),
        }
        slot.socket = None;
        tell(Event::SupplicantDetached { link });
    }

    /// Forgets those that ended.
    pub fn sweep(&mut self) {
        for slot in self.slots.iter().filter(|slot| slot.ended) {
            clean(&slot.name);
        }
        self.slots.retain(|slot| !slot.ended);
    }
}

fn write_conf(path: &str, file: &[u8]) -> Result<(), Failure> {
    if file.is_empty() {
        return Err(failure(0, &"the adapter is gone"));
    }
    let written = files::write_atomic(path, file, 0o600);
    written.map_err(|e| failure(e.errno, &format_args!("{path}: {e}")))
}

/// The process of a pid file, if it still is our wpa_supplicant.
fn leftover(name: &str) -> Option<Process> {
    let text = files::read(&pid_path(name), 32).ok()?;
    let pid: u32 = core::str::from_utf8(&text).ok()?.trim().parse().ok()?;
    // The pidfd is opened before the command line is read: should the number be reused in between,
    // it is not mistaken for the process.
    let process = children::adopt(pid).ok()?;
    let mut buffer = [0; 512];
    let line = children::cmdline(pid, &mut buffer).ok()?;
    let conf = conf_path(name);
    let ours = line
        .split(|b| *b == 0)
        .any(|argument| argument == conf.as_bytes());
    ours.then_some(process)
}

/// Ends processes of this user that run with a configuration of ours, for this adapter or for
/// any, but for those in `keep`. Returns how many there are.
fn end_strays(name: Option<&str>, keep: &[u32]) -> usize {
    let mut count = 0;
    let mut end = |pid: u32| {
        let mut buffer = [0; 512];
        let is_one = |line: &[u8]| is_ours(line, name);
        let looks_so = children::cmdline(pid, &mut buffer).is_ok_and(is_one);
        if !looks_so || keep.contains(&pid) {
            return;
        }
        // Once more with the pidfd open: see `leftover`.
        let Ok(process) = children::adopt(pid) else {
            return;
        };
        let still = children::cmdline(pid, &mut buffer).is_ok_and(is_one);
        if still && children::is_own(pid) {
            log::warn!("ending the wpa_supplicant {pid} that the previous instance left");
            match process.signal(Signal::Kill) {
                Ok(()) => count += 1,
                Err(e) => log::warn!("wpa_supplicant {pid}: {e}"),
            }
        }
    };
    if let Err(e) = children::each(&mut end) {
        log::warn!("/proc: {e}");
    }
    count
}

/// Is this command line one of those that [`Processes::start`] makes? What is before the
/// arguments may be another name for the program, or an interpreter.
fn is_ours(line: &[u8], name: Option<&str>) -> bool {
    let Some(line) = line.strip_suffix(&[0]) else {
        return false;
    };
    let mut last: [&[u8]; 6] = [&[]; 6];
    for (place, argument) in last.iter_mut().rev().zip(line.rsplit(|b| *b == 0)) {
        *place = argument;
    }
    let [i, interface, d, _, c, conf] = last;
    let Ok(interface) = core::str::from_utf8(interface) else {
        return false;
    };
    (i, d, c) == (b"-i", b"-D", b"-c")
        && name.is_none_or(|name| name == interface)
        && conf == conf_path(interface).as_bytes()
}

/// A process is gone: so is the rest of it. The configuration holds secrets.
fn clean(name: &str) {
    for path in [conf_path(name), pid_path(name)] {
        if let Err(e) = files::remove(&path) {
            log::debug!("{path}: {e}");
        }
    }
}

/// SSIDs are escaped, so a message is text; should one not be, its text part counts.
fn utf8_prefix(bytes: &[u8]) -> &str {
    match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => core::str::from_utf8(&bytes[..e.valid_up_to()]).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::turn::flood;

    #[test]
    fn a_flood_ends_with_the_turn() {
        let mut processes = Processes::default();
        let (socket, _supplicant) = flood::of(b"<3>CTRL-EVENT-SCAN-RESULTS ");
        let slot = Slot {
            link: 1,
            name: IfName::default(),
            process: children::adopt(std::process::id()).unwrap(),
            socket: Some(socket.into()),
            ended: false,
        };
        processes.slots.push(slot).ok().unwrap();
        // A socket in trouble, too, is read to its end before it is closed.
        processes.listen(0, true, &mut |_| {});
        let left = processes.slots[0].socket.as_ref().map(flood::left);
        assert_eq!(left, Some(flood::LEFT));
        processes.listen(0, true, &mut |_| {});
        assert!(processes.slots[0].socket.is_none());
    }

    #[test]
    fn our_command_lines_and_others() {
        let line = |words: &[&str]| {
            let mut line = std::vec::Vec::new();
            for word in words {
                line.extend_from_slice(word.as_bytes());
                line.push(0);
            }
            line
        };
        let conf = "/run/wifibond/supplicants/wlan0.conf";
        let tail = ["-i", "wlan0", "-D", "nl80211", "-c", conf];
        let ours = line(&[&["wpa_supplicant"], &tail[..]].concat());
        let script = line(&[&["/bin/sh", "/usr/sbin/wpa_supplicant"], &tail[..]].concat());
        for name in [Some("wlan0"), None] {
            assert!(is_ours(&ours, name) && is_ours(&script, name));
        }
        assert!(!is_ours(&ours, Some("wlan1")));
        assert!(!is_ours(&ours[..ours.len() - 1], None), "cut off");
        for other in [
            &[
                "wpa_supplicant",
                "-i",
                "wlan0",
                "-D",
                "nl80211",
                "-c",
                "/etc/wlan0.conf",
            ][..],
            &["wpa_supplicant", "-i", "wlan1", "-D", "nl80211", "-c", conf],
            &["less", conf],
            &["wpa_supplicant", "-c", conf, "-i", "wlan0", "-B"],
            &[],
        ] {
            assert!(!is_ours(&line(other), None), "{other:?}");
        }
    }
}
