//! A network and mount namespace of its own: the walls of every box in the lab.
//!
//! A process of ours (`cat`, waiting for the end of its input) holds it open; should
//! the test program die, its input ends and the namespace goes with it.

use super::Thing;
use super::process::output_text;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::cell::RefCell;
use std::ffi::{CString, OsStr};
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

pub struct Namespace {
    pub name: String,
    holder: RefCell<Child>,
    /// The holder's process id: a name for the namespace that `ip` and `iw` accept.
    pub pid: u32,
    net: File,
    mnt: File,
}

impl Namespace {
    /// A new namespace with `lo` up, its own `/sys`, and an empty `tmpfs` over each
    /// of `tmpfs`.
    pub fn new(name: &str, tmpfs: &[&str]) -> Rc<Namespace> {
        let tmpfs: Vec<CString> = tmpfs
            .iter()
            .map(|dir| CString::new(*dir).expect("no NUL in a path"))
            .collect();
        let mut command = Command::new("cat");
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        // SAFETY: between fork and exec; only system calls on memory made before.
        unsafe { command.pre_exec(move || Ok(build_walls(&tmpfs)?)) };
        let holder = command
            .spawn()
            .unwrap_or_else(|e| panic!("namespace {name}: {e}"));
        let pid = holder.id();
        let open = |kind: &str| {
            File::open(format!("/proc/{pid}/ns/{kind}")).expect("the holder's namespace")
        };
        let ns = Namespace {
            name: name.to_owned(),
            net: open("net"),
            mnt: open("mnt"),
            holder: holder.into(),
            pid,
        };
        ns.ip("link set lo up");
        Rc::new(ns)
    }

    /// A command that will run inside.
    pub fn command<S: AsRef<OsStr>>(&self, program: S) -> Command {
        let net = self.net.try_clone().expect("a second descriptor");
        let mnt = self.mnt.try_clone().expect("a second descriptor");
        let mut command = Command::new(program);
        // SAFETY: between fork and exec; two system calls on open descriptors.
        unsafe {
            command.pre_exec(move || {
                setns(&net, CloneFlags::CLONE_NEWNET)?;
                setns(&mnt, CloneFlags::CLONE_NEWNS)?;
                Ok(())
            })
        };
        command
    }

    /// Runs a program to its end. Its standard output, or its complaint.
    pub fn attempt(&self, program: &str, args: &[&str]) -> Result<String, String> {
        let output = self
            .command(program)
            .args(args)
            .stdin(Stdio::null())
            .output();
        output_text(output).map_err(|e| format!("{}: {program} {}: {e}", self.name, args.join(" ")))
    }

    /// Runs a program that must succeed.
    #[track_caller]
    pub fn run(&self, program: &str, args: &[&str]) -> String {
        self.attempt(program, args)
            .unwrap_or_else(|e| panic!("{e}"))
    }

    /// Runs iproute2's `ip` (busybox has an applet of that name) with the words of `line`.
    #[track_caller]
    pub fn ip(&self, line: &str) -> String {
        self.try_ip(line).unwrap_or_else(|e| panic!("{e}"))
    }

    pub fn try_ip(&self, line: &str) -> Result<String, String> {
        self.attempt("/bin/ip", &line.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs `work` on a thread whose network is this namespace's.
    pub fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let net = &self.net;
        std::thread::scope(|scope| {
            let inside = scope.spawn(move || {
                setns(net, CloneFlags::CLONE_NEWNET).expect("entering a network namespace");
                work()
            });
            inside
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// A descriptor of the network, for a thread that lives longer than a call.
    pub fn net(&self) -> File {
        self.net.try_clone().expect("a second descriptor")
    }

    /// Where the test finds a file of the box.
    pub fn path(&self, inside: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{inside}", self.pid))
    }

    pub fn read(&self, file: &str) -> Option<String> {
        std::fs::read_to_string(self.path(file)).ok()
    }

    /// Whether an interface of that name exists, as sysfs shows it.
    pub fn has(&self, interface: &str) -> bool {
        self.path(&format!("/sys/class/net/{interface}")).exists()
    }

    /// An interface's attribute from sysfs, without its newline; empty when it cannot be read.
    pub fn link(&self, interface: &str, attribute: &str) -> String {
        let text = self.read(&format!("/sys/class/net/{interface}/{attribute}"));
        text.unwrap_or_default().trim().to_owned()
    }

    /// Every process inside, the holder left out.
    pub fn processes(&self) -> Vec<i32> {
        let here = format!("/proc/{}/ns/net", self.pid);
        let Ok(here) = std::fs::read_link(here) else {
            return Vec::new();
        };
        let Ok(proc) = std::fs::read_dir("/proc") else {
            return Vec::new();
        };
        proc.flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid| *pid != self.pid as i32 && *pid != std::process::id() as i32)
            .filter(|pid| {
                std::fs::read_link(format!("/proc/{pid}/ns/net")).is_ok_and(|ns| ns == here)
            })
            .collect()
    }

    /// Processes inside whose program has this name.
    pub fn processes_named(&self, program: &str) -> Vec<i32> {
        let name =
            |pid: &i32| std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        self.processes()
            .into_iter()
            .filter(|pid| name(pid).trim() == program)
            .collect()
    }

    /// Ends every process inside, and waits until they have gone. A zombie has left
    /// its namespaces, so one that nobody reaps does not count.
    fn empty(&self) {
        for _ in 0..500 {
            let inside = self.processes();
            if inside.is_empty() {
                return;
            }
            for pid in inside {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        eprintln!(
            "{}: some processes do not end: {:?}",
            self.name,
            self.processes()
        );
    }
}

impl Thing for Namespace {
    fn testimony(&self) -> String {
        let show = |line: &str| self.try_ip(line).unwrap_or_else(|e| e);
        let (links, addresses) = (show("-o link"), show("-br address"));
        let (routes, neighbours) = (show("route"), show("neigh"));
        format!(
            "--- {}: links, addresses, routes, neighbours\n{links}{addresses}{routes}{neighbours}",
            self.name
        )
    }

    fn clear(&self) {
        let Some(input) = self.holder.borrow_mut().stdin.take() else {
            return;
        };
        self.empty();
        drop(input);
        let _ = self.holder.borrow_mut().wait();
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Runs in the holder before it becomes `cat`.
fn build_walls(tmpfs: &[CString]) -> nix::Result<()> {
    const NONE: Option<&str> = None;
    unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS)?;
    mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE)?;
    mount(Some("sysfs"), "/sys", Some("sysfs"), MsFlags::empty(), NONE)?;
    for dir in tmpfs {
        mount(
            Some("tmpfs"),
            dir.as_c_str(),
            Some("tmpfs"),
            MsFlags::empty(),
            Some("mode=0755"),
        )?;
    }
    Ok(())
}
