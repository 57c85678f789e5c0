//! What surrounds the program: the init system that started it, and a kernel without
//! the bonding driver.
//!
//! Runs inside the virtual machine only (see `tests/lab`).
#![cfg(all(target_arch = "aarch64", target_env = "musl"))]

mod lab;

use lab::scene::{LONG, SHORT, config};
use lab::{Process, Scene, wait_until};
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
    wait_told(&socket, "WATCHDOG=1");
    wait_told(&socket, "STATUS=ONLINE through bond0");
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
        let guard = NoBonding(before);
        wait_until("the driver is gone", SHORT, || {
            let _ = Command::new("rmmod").arg("bonding").status();
            !std::path::Path::new("/sys/module/bonding").exists()
        });
        guard
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
