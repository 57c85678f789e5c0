//! What surrounds the program: the init system that started it, and a kernel without
//! the bonding driver.

use crate::lab::scene::{LONG, SHORT, config};
use crate::lab::{Lab, Pi, Process, Scene, wait_until};
use nix::sys::signal::Signal;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::{Duration, Instant};

/// Reads what the program tells the init system until it says this.
#[track_caller]
fn wait_told(socket: &UnixDatagram, words: &str) {
    let end = Instant::now() + LONG;
    let mut heard = Vec::new();
    while Instant::now() < end {
        let mut buffer = [0; 4096];
        if let Ok(length) = socket.recv(&mut buffer) {
            heard.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
            if heard.last().is_some_and(|message| message.contains(words)) {
                return;
            }
        }
    }
    panic!("waited in vain for {words:?}; heard {heard:?}");
}

#[test]
fn the_init_system_is_told() {
    let s = Scene::new();
    s.pi.write_config(&config().to_string());
    let socket = UnixDatagram::bind(s.pi.ns.path("/run/notify")).expect("a socket");
    let limit = Some(Duration::from_millis(200));
    socket.set_read_timeout(limit).expect("a time limit");
    let mut command = s.pi.ns.command("/usr/bin/wifibond");
    command
        .args(["run", "--config", "/boot/wifibond.json"])
        .env("NOTIFY_SOCKET", "/run/notify")
        .env("WATCHDOG_USEC", "2000000");
    let log = s.pi.ns.path("/tmp/wifibond.log");
    let daemon = Process::start(command, &log);
    wait_told(&socket, "READY=1");
    wait_told(&socket, "STATUS=ONLINE through bond0");
    // It goes on, so it may come first as well.
    wait_told(&socket, "WATCHDOG=1");
    daemon.signal(Signal::SIGHUP);
    wait_told(&socket, "RELOADING=1");
    wait_told(&socket, "READY=1");
    daemon.signal(Signal::SIGTERM);
    wait_told(&socket, "STOPPING=1");
    assert_eq!(daemon.wait_exit(Duration::from_secs(20)).code(), Some(0));
}

/// The machine has no bonding driver, and cannot load it, until this is dropped.
struct NoBonding(String);

const MODPROBE: &str = "/proc/sys/kernel/modprobe";

impl NoBonding {
    fn new() -> NoBonding {
        let before = std::fs::read_to_string(MODPROBE).expect("the kernel's modprobe");
        std::fs::write(MODPROBE, "/bin/false").expect("a modprobe that fails");
        let restored = NoBonding(before);
        wait_until("the driver is gone", SHORT, || {
            let _ = Command::new("rmmod").arg("bonding").status();
            !std::path::Path::new("/sys/module/bonding").exists()
        });
        restored
    }
}

impl Drop for NoBonding {
    fn drop(&mut self) {
        let _ = std::fs::write(MODPROBE, self.0.trim());
        let _ = Command::new("modprobe")
            .args(["bonding", "max_bonds=0"])
            .status();
    }
}

#[test]
fn a_missing_bonding_driver_is_named_with_its_cure() {
    let s = Scene::new();
    let missing = NoBonding::new();
    s.pi.start(&config());
    s.pi.wait_log("modprobe bonding max_bonds=0", SHORT);
    let st = s.pi.wait("the problem", SHORT, |st| {
        st["problems"].to_string().contains("no bonding driver")
    });
    assert!(st["problems"].to_string().contains("bond0"), "{st:#}");
    drop(missing);
    // It goes on by itself once the driver is there.
    s.ready();
}

/// What the daemon, as a user of its own, leaves for root, and then the request to publish.
fn stage(pi: &Pi, name: &str, text: &str) {
    pi.ns.run("mkdir", &["-p", "/run/wifibond"]);
    std::fs::write(pi.ns.path(&format!("/run/wifibond/{name}")), text).expect("a staged file");
    std::fs::write(pi.ns.path("/run/wifibond/publish"), "").expect("a request");
}

fn is_requested(pi: &Pi) -> bool {
    pi.ns.path("/run/wifibond/publish").exists()
}

const RESOLVER: &str = "# Made by wifibond\nnameserver 192.0.2.53\n";

/// The init system tries again while it fails, and the request stays until it is done.
#[test]
fn a_publish_that_fails_keeps_the_request_and_says_so() {
    let lab = Lab::new();
    let pi = lab.pi();
    pi.ns.run("rm", &["-f", "/etc/resolv.conf"]);
    stage(&pi, "resolv.conf", RESOLVER);
    stage(&pi, "report.txt", "The file is wrong.\r\n");
    // Nothing can be written under either name.
    pi.ns.run("mkdir", &["-p", "/etc/resolv.conf.new/x"]);
    pi.ns
        .run("mkdir", &["-p", "/boot/wifibond-report.txt.new/x"]);
    for blocked in ["/etc/resolv.conf", "/boot/wifibond-report.txt"] {
        let (code, _, said) = pi.wifibond(&["publish"]);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(blocked), "{said}");
        assert!(is_requested(&pi), "the request is lost");
        pi.ns.run("rm", &["-r", &format!("{blocked}.new")]);
    }
    let (code, _, said) = pi.wifibond(&["publish"]);
    assert_eq!(code, 0, "{said}");
    assert!(!is_requested(&pi));
    assert_eq!(pi.ns.read("/etc/resolv.conf").as_deref(), Some(RESOLVER));
    assert!(pi.ns.path("/boot/wifibond-report.txt").exists());
}

/// The directory belongs to the daemon's user, who must not keep root busy for ever.
#[test]
fn whatever_stands_in_place_of_the_request_goes() {
    let lab = Lab::new();
    let pi = lab.pi();
    stage(&pi, "resolv.conf", RESOLVER);
    let instead = [
        "mkdir -p publish/a/b; echo >publish/a/b/c; ln -s /boot publish/a/boot",
        "mkdir -p publish.taken/a; echo >publish",
        "ln -s /boot publish",
        "mkfifo publish",
    ];
    std::fs::write(pi.ns.path("/boot/kept"), "").expect("a file elsewhere");
    for make in instead {
        let make = format!("cd /run/wifibond && rm -rf publish publish.taken && {make}");
        pi.ns.run("sh", &["-c", &make]);
        let (code, _, said) = pi.wifibond(&["publish"]);
        assert_eq!(code, 0, "{make}: {said}");
        let left = pi.ns.run("ls", &["/run/wifibond"]);
        assert!(!left.contains("publish"), "{make}: {left}");
    }
    assert!(pi.ns.path("/boot/kept").exists(), "a link was followed");
}

/// Makes the kernel put core dumps into a directory, until this is dropped.
struct CoreDumps(String);

const CORE_PATTERN: &str = "/proc/sys/kernel/core_pattern";
const CORES: &str = "/tmp/cores";

impl CoreDumps {
    fn new(pi: &Pi) -> CoreDumps {
        let before = std::fs::read_to_string(CORE_PATTERN).expect("the kernel's pattern");
        pi.ns.run("mkdir", &["-p", "-m", "777", CORES]);
        std::fs::write(CORE_PATTERN, format!("{CORES}/%e.%p")).expect("a pattern");
        CoreDumps(before)
    }
}

impl Drop for CoreDumps {
    fn drop(&mut self) {
        let _ = std::fs::write(CORE_PATTERN, self.0.trim());
    }
}

/// Passphrases are in the memory of the daemon and of its wpa_supplicants, and the card is no
/// place for them. Without an init system, whose limit is not there to help.
#[test]
fn a_crash_leaves_no_core_dump() {
    let s = Scene::new();
    let dumps = CoreDumps::new(&s.pi);
    let cores = || s.pi.ns.run("ls", &[CORES]);
    s.pi.write_config(&config().to_string());
    // Whatever starts it there allows dumps.
    let mut command = s.pi.ns.command("sh");
    command.args(["-c", "ulimit -c unlimited && exec wifibond run"]);
    let daemon = Process::start(command, &s.pi.ns.path("/tmp/wifibond.log"));
    wait_until("both wpa_supplicants", LONG, || {
        s.pi.supplicants().len() == 2
    });
    // The soft limit and the hard one.
    let limits = |pid: i32| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/limits")).expect("limits");
        let line = text.lines().find(|line| line.contains("core file"));
        let words: Vec<_> = line.expect("the line").split_whitespace().skip(4).collect();
        [words[0].to_owned(), words[1].to_owned()]
    };
    // That a dump would be made shows a process without secrets.
    let mut other = s.pi.ns.command("sh");
    other.args(["-c", "ulimit -c unlimited && exec sleep 1000"]);
    let other = Process::start(other, &s.pi.ns.path("/tmp/sleep.log"));
    wait_until("it sleeps", SHORT, || limits(other.pid())[0] == "unlimited");
    other.signal(Signal::SIGABRT);
    wait_until("a core dump of the other one", SHORT, || {
        cores().contains(&format!(".{}", other.pid()))
    });
    let helper = s.pi.ns.processes_named("wifibond-kernel");
    assert_eq!(limits(helper[0]), ["0", "0"]);
    let ours = [s.pi.supplicants(), vec![daemon.pid()]].concat();
    for pid in ours {
        assert_eq!(limits(pid), ["0", "0"]);
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGABRT).expect("a signal");
        wait_until("its end", SHORT, || {
            let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            state.is_empty() || state.contains(") Z")
        });
        assert!(!cores().contains(&format!(".{pid}")), "{}", cores());
    }
    drop(dumps);
}
