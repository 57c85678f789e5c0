//! Processes that manage interfaces of the daemon at the moment.
use super::Find;
use super::finding::MANAGER;
use super::machine::Machine;
use crate::daemon::RUN_DIR;

/// `told`: units that are findings already; their processes are left out.
pub fn find(machine: &Machine, ours: &[&str], told: &[String], find: Find<'_>) {
    for pid in machine.list("/proc") {
        if !pid.bytes().all(|c| c.is_ascii_digit()) {
            continue;
        }
        let comm = machine
            .text(&format!("/proc/{pid}/comm"))
            .unwrap_or_default();
        let look: fn(&Process<'_>, Find<'_>) = match comm.trim() {
            "dhcpcd" => dhcpcd,
            "dhclient" | "udhcpc" | "udhcpc6" | "dhcp6c" => client,
            "wpa_supplicant" => supplicant,
            "ifplugd" | "wpa_actiond" => plugger,
            "connmand" => connman,
            "iwd" => iwd,
            _ => continue,
        };
        let unit = unit(machine, &pid);
        if unit.as_ref().is_some_and(|unit| told.contains(unit)) {
            continue;
        }
        let words = command_line(machine, &pid);
        let process = Process {
            machine,
            ours,
            program: comm.trim(),
            stop: match unit {
                Some(unit) => format!("`systemctl disable --now {unit}`"),
                None => format!("`kill {pid}`"),
            },
            words,
        };
        look(&process, find);
    }
}

/// A process of one of the known programs.
struct Process<'p> {
    machine: &'p Machine,
    ours: &'p [&'p str],
    program: &'p str,
    /// Its command line, the program first.
    words: Vec<String>,
    /// What to type to end it.
    stop: String,
}

/// The command line of a process; empty for a thread of the kernel.
fn command_line(machine: &Machine, pid: &str) -> Vec<String> {
    let line = machine
        .text(&format!("/proc/{pid}/cmdline"))
        .unwrap_or_default();
    let words = line.split('\0').filter(|word| !word.is_empty());
    words.map(Into::into).collect()
}

/// Its service: the last part of its control group's path (cgroups(7)).
fn unit(machine: &Machine, pid: &str) -> Option<String> {
    let groups = machine.text(&format!("/proc/{pid}/cgroup"))?;
    let service = |line: &str| {
        let (_, last) = line.rsplit_once('/')?;
        (last.ends_with(".service") && !last.starts_with("user@")).then(|| last.into())
    };
    groups.lines().find_map(service)
}

impl Process<'_> {
    /// The interfaces among `ours` that its command line names.
    fn named(&self) -> impl Iterator<Item = &str> {
        let is_named = |name: &&&str| {
            let mut words = self.words.iter().skip(1);
            words.any(|word| word == **name || word.strip_prefix("-i") == Some(**name))
        };
        self.ours.iter().filter(is_named).copied()
    }

    fn ignores_some(&self) -> bool {
        self.words
            .iter()
            .any(|w| w == "-I" || w.starts_with("--nodevice") || w.starts_with("--nointerfaces"))
    }
}

fn client(process: &Process<'_>, find: Find<'_>) {
    let (program, stop) = (process.program, &process.stop);
    for name in process.named() {
        find(
            &MANAGER,
            name,
            &format!("{program} asks for a lease there too"),
            stop,
        );
    }
}

fn supplicant(process: &Process<'_>, find: Find<'_>) {
    if process.words.iter().any(|word| word.starts_with(RUN_DIR)) {
        return;
    }
    for name in process.named() {
        let what = "another wpa_supplicant runs on it";
        find(&MANAGER, name, what, &process.stop);
    }
}

fn plugger(process: &Process<'_>, find: Find<'_>) {
    let (program, stop) = (process.program, &process.stop);
    for name in process.named() {
        find(
            &MANAGER,
            name,
            &format!("{program} starts netctl's profiles on it"),
            stop,
        );
    }
}

fn connman(process: &Process<'_>, find: Find<'_>) {
    if !process.ignores_some() {
        find(
            &MANAGER,
            "ConnMan",
            "it takes every interface",
            "`/usr/lib/wifibond/keep-off install; systemctl daemon-reload; systemctl restart connman`",
        );
    }
}

fn iwd(process: &Process<'_>, find: Find<'_>) {
    if !process.ignores_some() {
        find(
            &MANAGER,
            "iwd",
            "it takes every Wi-Fi adapter",
            "`/usr/lib/wifibond/keep-off install; systemctl daemon-reload; systemctl restart iwd`",
        );
    }
}

fn dhcpcd(process: &Process<'_>, find: Find<'_>) {
    // Its helper processes have a description in brackets in place of arguments.
    if process.words.is_empty() || process.words.iter().any(|word| word.starts_with('[')) {
        return;
    }
    let denied = process
        .machine
        .text("/etc/dhcpcd.conf")
        .is_some_and(|conf| {
            conf.lines().any(|line| {
                (line.starts_with("denyinterfaces") && line.contains("bond0"))
                    || line.starts_with("allowinterfaces")
            })
        });
    if process.named().next().is_some() {
        client(process, find);
    } else if !denied {
        find(
            &MANAGER,
            "dhcpcd",
            "it takes every interface",
            "`/usr/lib/wifibond/keep-off install; systemctl restart dhcpcd`",
        );
    }
}
