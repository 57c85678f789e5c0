//! Joining a network when something goes wrong on the way, and it is not the passphrase: the next
//! attempt is on the same channel, and at once.

use crate::lab::path::PACKETS;
use crate::lab::scene::{LONG, MAC0, PASSPHRASE, SHORT, SSID, config};
use crate::lab::status::{authorized, member};
use crate::lab::{Network, Scene, wait_until};
use std::time::{Duration, Instant};

/// How often the access point has had all messages of a handshake with wlan0.
fn handshakes(s: &Scene) -> usize {
    let log = s.ap.log();
    log.matches(&format!("EAPOL-4WAY-HS-COMPLETED {MAC0}"))
        .count()
}

/// The members have been in the network, and the adapters hear three bands.
fn scene() -> Scene {
    let mut network = Network::wpa2(SSID, PASSPHRASE).channel(6);
    network.extra.push(PACKETS.to_owned());
    let s = Scene::three_bands(network);
    s.start(&config());
    wait_until("the places on the card", SHORT, || {
        s.pi.ns.read("/var/lib/wifibond/places").is_some()
    });
    s
}

/// Milliseconds from a start of the program until wlan0 is in the network, as the access point
/// sees it.
fn start(s: &Scene) -> u128 {
    s.pi.terminate();
    let before = handshakes(s);
    let begun = Instant::now();
    s.pi.launch();
    wait_until("wlan0 in the network", LONG, || handshakes(s) > before);
    begun.elapsed().as_millis()
}

/// hostapd repeats messages 1 and 3 after 0.1 s where nobody acknowledges them, and message 1 after a
/// second where its answer is lost. Message 4 is another matter: wlan0 has the keys and is authorised,
/// and the access point, which waits for the message, takes nothing else from it, nor the message itself
/// when that is repeated, as it is encrypted then. It would give up after three seconds.
#[test]
fn a_message_of_the_handshake_that_is_lost_once_costs_a_second() {
    let s = scene();
    let without = start(&s);
    for (number, most) in [(1, 1_000), (2, 1_500), (3, 1_000), (4, 1_000)] {
        let fault = s.ap.loses_message(MAC0, number);
        let with = start(&s);
        println!("message {number} lost: {with} ms, {without} ms without");
        assert_eq!(fault.dropped(), 1);
        assert!(with <= without + most, "message {number}: {with} ms");
        let events = s.pi.call(&["events", "-n", "30"]);
        assert!(
            !events.contains("looks where most access points are"),
            "{events}"
        );
        assert!(!events.contains("wrong passphrase"), "{events}");
        let anew = events.contains("lacks the handshake's last message: tries again");
        assert_eq!(anew, number == 4, "{events}");
    }
}

/// hostapd refuses it with status 17. wpa_supplicant tries again after 0.1, 0.5, 1, 5 and then each 10 s.
#[test]
fn an_access_point_that_is_full_is_tried_again() {
    let s = scene();
    s.wlan0.out_of_range();
    s.ap.forget(MAC0);
    s.pi.wait("wlan0 out", SHORT, |st| !authorized(st, "wlan0"));
    wait_until("forgotten", SHORT, || {
        s.ap.ask(&format!("STA {MAC0}")).contains("FAIL")
    });
    assert_eq!(s.ap.ask("SET max_num_sta 1").trim(), "OK");
    let before = handshakes(&s);
    s.wlan0.in_range();
    s.pi.wait("refused", SHORT, |st| {
        member(st, "wlan0")["fault"] == "refused by the access point (802.11 status 17)"
    });
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(handshakes(&s), before);
    assert_eq!(s.ap.ask("SET max_num_sta 2").trim(), "OK");
    let begun = Instant::now();
    wait_until("wlan0 in the network", LONG, || handshakes(&s) > before);
    let took = begun.elapsed();
    println!("in {} ms after there was room", took.as_millis());
    assert!(took < Duration::from_secs(12), "{took:?}");
    s.pi.wait("no fault", SHORT, |st| {
        member(st, "wlan0")["fault"].is_null()
    });
}

/// Each message 3 is lost for three seconds. wpa_supplicant takes that for a wrong passphrase, and
/// puts the network off for ten.
#[test]
fn a_handshake_that_fails_is_not_taken_for_a_wrong_passphrase() {
    let s = scene();
    s.pi.terminate();
    let fault = s.ap.loses_all(MAC0, 3);
    let before = handshakes(&s);
    s.pi.launch();
    wait_until("four messages lost", SHORT, || fault.dropped() >= 4);
    drop(fault);
    let begun = Instant::now();
    wait_until("wlan0 in the network", LONG, || handshakes(&s) > before);
    let took = begun.elapsed();
    println!("after the last lost one: {} ms", took.as_millis());
    let events = s.pi.call(&["events", "-n", "30"]);
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert!(!events.contains("wrong passphrase"), "{events}");
}
