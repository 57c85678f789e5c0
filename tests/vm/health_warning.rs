//! Messages of the kernel that an adapter is failing, from the real /dev/kmsg.

use crate::lab::scene::SHORT;
use crate::lab::{Scene, wait_until};
use std::time::Duration;

/// As `events --json` has it. No simulated radio fails in a way that its driver has words for: the
/// names of an interface elsewhere make the kernel say this.
const SAID: &str = r#"the kernel says \"over-current: renamed from wlan0\""#;

#[test]
fn a_message_of_the_kernel_is_recorded_once_and_moves_nothing() {
    let s = Scene::probing();
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    // Written by a program, which may say anything.
    std::fs::write("/dev/kmsg", "<0>wlan1: over-current").expect("/dev/kmsg takes a message");
    let elsewhere = s.lab.namespace("elsewhere");
    for _ in 0..2 {
        elsewhere.ip("link add name wlan0 type bridge");
        elsewhere.ip("link set wlan0 name over-current");
        elsewhere.ip("link del over-current");
    }
    wait_until("the kernel's words in the events", SHORT, || {
        s.pi.events().to_string().contains(SAID)
    });
    s.no_switch(Duration::from_secs(2));
    let events = s.pi.events().to_string();
    assert_eq!(events.matches("the kernel says").count(), 1, "{events}");
    s.all_healthy();
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "{pings:?}");
    assert_eq!(s.associations(), [1, 1], "not disturbed");
}
