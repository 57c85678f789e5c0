//! What it costs while nothing happens: memory and wake-ups.

use crate::lab::scene::{LONG, MAC1, SHORT, config};
use crate::lab::{Memory, Scene, Wakeups, status, wait_until};
use serde_json::json;
use std::time::Duration;

/// KiB, with two members.
const MEMORY_BAR: u64 = 1228;
/// What a released program for this processor may have, KiB: no more of its file can be resident.
const PROGRAM_BUDGET: u64 = 760;

/// KiB for the last 128 events: reserved at the start, resident as they come.
const EVENTS: u64 = 40;

/// Once a minute both wpa_supplicants are asked whether they answer: one wake-up for the
/// questions, and one for each answer that comes alone.
const IN_A_MINUTE: u64 = 3;

#[test]
fn sixty_idle_seconds_with_three_wake_ups_at_most() {
    let s = Scene::new();
    let mut config = config();
    config["health"] = json!({ "probe": "off" });
    s.start(&config);
    s.ready();
    // What follows the join is over then: rekeying, the kernel's own addresses, the words to
    // the neighbours, three questions to routers that are not there.
    let idle = Wakeups::of(s.pi.pid()).after(Duration::from_secs(15));
    println!("wake-ups in the first 15 s: {idle}");
    // The file has proved good by then.
    wait_until("a last good file", LONG, || {
        s.pi.ns.read("/var/lib/wifibond/last-good.json").is_some()
    });
    let idle = Wakeups::of(s.pi.pid()).after(Duration::from_secs(60));
    println!("wake-ups in 60 s: {idle}");
    assert!(idle <= IN_A_MINUTE, "{idle}");
    s.answers();
}

/// The program here is built for tests, three times as large as a released one. So its
/// own pages are measured, and the file counts with all that the budget allows;
/// `memory` measures the released program itself.
#[test]
fn memory_with_two_members() {
    let s = Scene::running();
    let memory = Memory::of(s.pi.pid());
    println!("{memory:?} KiB");
    assert!(memory.anon + PROGRAM_BUDGET < MEMORY_BAR, "{memory:?}");
}

#[test]
fn a_thousand_link_events_leave_no_trace() {
    let s = Scene::running();
    let toggles = "link set bond0 mtu 1400\nlink set bond0 mtu 1500\n".repeat(50);
    std::fs::write(s.pi.ns.path("/tmp/toggles"), toggles).expect("a file for ip");
    s.pi.ns.ip("-batch /tmp/toggles");
    let lose_and_join = || {
        s.ap.deauthenticate(MAC1);
        s.pi.wait("wlan1 out", SHORT, |st| !status::authorized(st, "wlan1"));
        s.ready();
    };
    // Each way has been gone once, and the file has proved good: what comes is repetition.
    lose_and_join();
    wait_until("a last good file", LONG, || {
        s.pi.ns.read("/var/lib/wifibond/last-good.json").is_some()
    });
    let before = Memory::of(s.pi.pid());
    for _ in 0..10 {
        s.pi.ns.ip("-batch /tmp/toggles");
    }
    for _ in 0..5 {
        lose_and_join();
    }
    let after = Memory::of(s.pi.pid());
    let growth = after.anon.saturating_sub(before.anon);
    assert!(growth <= 16 + EVENTS, "{before:?} {after:?}");
    wait_until("still both", SHORT, || {
        s.pi.kernel_members() == ["wlan0", "wlan1"]
    });
}
