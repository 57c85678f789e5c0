//! Lost messages, storms of messages: afterwards it knows the truth.

use crate::lab::scene::{LONG, SHORT, config};
use crate::lab::{Memory, Scene, status, wait_until};
use nix::sys::signal::Signal;

const DEFAULT_RECEIVE_BUFFER: &str = "/proc/sys/net/core/rmem_default";
/// Room for the two messages of one answer, and for nothing more.
const TINY: &str = "8192";

/// The kernel's default receive buffer, tiny until this is dropped.
struct TinyBuffers(String);

impl TinyBuffers {
    fn new() -> TinyBuffers {
        let before = std::fs::read_to_string(DEFAULT_RECEIVE_BUFFER).expect("rmem_default");
        std::fs::write(DEFAULT_RECEIVE_BUFFER, TINY).expect("a tiny rmem_default");
        TinyBuffers(before)
    }
}

impl Drop for TinyBuffers {
    fn drop(&mut self) {
        let _ = std::fs::write(DEFAULT_RECEIVE_BUFFER, &self.0);
    }
}

/// Makes and removes this many interfaces beside the bond.
fn storm(s: &Scene, interfaces: usize) {
    let lines: String = (0..interfaces)
        .map(|i| format!("link add storm{i} type dummy\nlink set storm{i} up\nlink del storm{i}\n"))
        .collect();
    std::fs::write(s.pi.ns.path("/tmp/storm"), lines).expect("a file for ip");
    s.pi.ns.ip("-batch /tmp/storm");
}

/// What the program knows must be what is, in every point that changed meanwhile.
#[track_caller]
fn storm_while_it_sleeps(s: &Scene) {
    s.pi.signal(Signal::SIGSTOP);
    s.wlan0.unplug();
    s.pi.ns.ip("address del 192.168.43.150/24 dev bond0");
    storm(s, 100);
    s.pi.signal(Signal::SIGCONT);
    s.pi.wait("wlan0 gone, wlan1 active, the address back", LONG, |st| {
        status::members(st) == ["wlan1"]
            && status::active(st) == "wlan1"
            && status::has_address(st, "bond0", "192.168.43.150/24")
    });
    s.answers();
    s.wlan0.plug("wlan0");
    s.ready();
}

#[test]
fn an_overrun_receive_buffer_loses_nothing() {
    let s = Scene::new();
    let tiny = TinyBuffers::new();
    s.pi.start(&config());
    s.pi.wait("a status", SHORT, |_| true);
    drop(tiny);
    s.ready();
    for _ in 0..3 {
        storm_while_it_sleeps(&s);
    }
    let events = s.pi.events().to_string();
    assert!(
        events.contains("resync"),
        "the buffer did overrun, and it says so: {events}"
    );
}

#[test]
fn a_start_in_the_middle_of_a_storm() {
    let s = Scene::new();
    let tiny = TinyBuffers::new();
    s.pi.start(&config());
    storm(&s, 100);
    drop(tiny);
    s.ready();
}

#[test]
fn two_hundred_interfaces_beside_it_cost_nothing() {
    let s = Scene::running();
    storm(&s, 20);
    let before = Memory::of(s.pi.pid());
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    storm(&s, 200);
    pings.wait_answers(50, SHORT);
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "{pings:?}");
    assert_eq!(s.associations(), [1, 1]);
    let after = Memory::of(s.pi.pid());
    assert!(after.anon <= before.anon + 16, "{before:?} {after:?}");
    s.ready();
}

#[test]
fn two_hundred_interfaces_at_once_are_no_trouble() {
    let s = Scene::running();
    let make: String = (0..200)
        .map(|i| format!("link add many{i} type dummy\n"))
        .collect();
    let remove: String = (0..200).map(|i| format!("link del many{i}\n")).collect();
    std::fs::write(s.pi.ns.path("/tmp/make"), make).unwrap();
    std::fs::write(s.pi.ns.path("/tmp/remove"), remove).unwrap();
    s.pi.ns.ip("-batch /tmp/make");
    s.ready();
    // It must find its own among them, too.
    s.pi.kill9();
    s.pi.start_again();
    s.ready();
    assert_eq!(s.associations(), [1, 1]);
    s.wlan0.unplug();
    s.pi.wait("wlan1 active", SHORT, |st| status::active(st) == "wlan1");
    s.wlan0.plug("wlan0");
    s.ready();
    s.pi.ns.ip("-batch /tmp/remove");
    wait_until("still both", SHORT, || {
        s.pi.kernel_members() == ["wlan0", "wlan1"]
    });
    s.ready();
}
