//! The daemon started by hand at a terminal.

use crate::lab::scene::{LONG, SHORT, config};
use crate::lab::{Scene, status, wait_until};
use nix::pty::openpty;
use std::fs::File;
use std::io::Read;
use std::sync::{Arc, Mutex};

/// Lines as simple_logger writes them, until the terminal goes away; that ends nothing.
#[test]
fn it_logs_there_and_outlives_it() {
    let s = Scene::new();
    let pty = openpty(None, None).expect("a pseudo-terminal");
    let end = || pty.slave.try_clone().expect("its other end");
    s.pi.write_config(&config().to_string());
    let mut command = s.pi.ns.command("/usr/bin/wifibond");
    command.args(["run", "--config", "/boot/wifibond.json"]);
    command.stdin(end()).stdout(end()).stderr(end());
    let mut daemon = command.spawn().expect("wifibond");
    drop((command, pty.slave));

    let page = Arc::new(Mutex::new(String::new()));
    let written = page.clone();
    let mut screen = File::from(pty.master);
    let reader = std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        loop {
            let count = screen.read(&mut buffer).expect("what it writes");
            let mut page = written.lock().expect("the page");
            page.push_str(&String::from_utf8_lossy(&buffer[..count]));
            // The terminal goes away with this end of it.
            if page.contains(" is active") {
                return;
            }
        }
    });
    wait_until("an adapter is said to be active", LONG, || {
        reader.is_finished()
    });
    reader.join().expect("the reader");
    let page = page.lock().expect("the page").clone();
    let line = |line: &&str| line.starts_with("INFO ") && line.contains(" is active");
    assert!(page.lines().any(|l| line(&l)), "{page}");

    s.pi.wait("both members", LONG, |st| {
        status::authorized(st, "wlan0") && status::authorized(st, "wlan1")
    });
    // More to say than before, and nobody to say it to.
    wait_until("wlan1 can be switched to", SHORT, || {
        s.pi.wifibond(&["switch", "wlan1"]).0 == 0
    });
    s.pi.wait("wlan1", SHORT, |st| status::active(st) == "wlan1");
    assert_eq!(daemon.try_wait().expect("its state"), None);
    let events = s.pi.call(&["events"]);
    assert!(events.contains("wlan1"), "{events}");
    daemon.kill().expect("its end");
    daemon.wait().expect("its end");
}
