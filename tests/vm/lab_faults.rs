//! The laboratory's faults, proved without wifibond like the rest of it in `lab_works`: each does
//! what it says, to nobody else, and ends.

use crate::lab::arp::{self, BROADCAST};
use crate::lab::gateway::STRANGER;
use crate::lab::measure::let_pass;
use crate::lab::{Flood, Pinger, Way, wait_until};
use crate::lab_works::{Connected, MAC0, MOMENT, SHORT, Second, answers, ping_for, wpa2};
use std::time::{Duration, Instant};

/// Of two hundred pings, with a loss of 30 %: the expected value is 0.3, four standard deviations
/// are 0.13.
const THIRTY_PERCENT: std::ops::Range<f64> = 0.17..0.43;

/// The part that is lost of the pings of a [`MOMENT`].
fn lost(c: &Connected) -> f64 {
    let pings = ping_for(&c.pi, &c.lan, MOMENT);
    pings.lost() as f64 / pings.sent as f64
}

/// Frames that the gateway has received.
fn arrived(c: &Connected) -> u64 {
    let count = c.lan.ns.link("br0", "statistics/rx_packets");
    count.parse().expect("a number")
}

/// The time that one ping to the gateway takes.
fn round_trip(c: &Connected) -> Duration {
    let begin = Instant::now();
    let pinger = Pinger::start(&c.pi.ns, &c.lan.gateway, SHORT);
    pinger.wait_answers(1, SHORT);
    pinger.first_answer().expect("an answer") - begin
}

#[test]
fn a_station_s_frames_are_dropped_one_way_the_other_way_and_both() {
    let c = wpa2();
    let second = Second::joins(&c);
    for way in [Way::FromStation, Way::ToStation, Way::Both] {
        answers(&c);
        let fault = c.ap.drops(MAC0, way);
        let before = arrived(&c);
        assert_eq!(lost(&c), 1.0, "{way:?}");
        let came = arrived(&c) - before > 100;
        assert_eq!(came, way == Way::ToStation, "{way:?}");
        assert!(c.radio.association().contains(c.ap.bssid()), "{way:?}");
        let living = ping_for(&second.pi, &c.lan, Duration::from_millis(500));
        assert_eq!(living.lost(), 0, "{living:?}");
        drop(fault);
    }
    answers(&c);
    assert_eq!(c.ap.associations(MAC0), 1);
}

#[test]
fn a_station_s_frames_are_lost_at_random_and_late() {
    let c = wpa2();
    let second = Second::joins(&c);
    answers(&c);
    for way in [Way::FromStation, Way::ToStation] {
        let fault = c.ap.loses(MAC0, way, 30);
        let part = lost(&c);
        assert!(THIRTY_PERCENT.contains(&part), "{way:?}: {part}");
        let living = ping_for(&second.pi, &c.lan, MOMENT);
        assert_eq!(living.lost(), 0, "{living:?}");
        drop(fault);
    }
    assert_eq!(lost(&c), 0.0);
    let fault = c.ap.delays(MAC0, Way::Both, Duration::from_millis(100));
    let slow = round_trip(&c);
    assert!((200..300).contains(&slow.as_millis()), "{slow:?}");
    drop(fault);
    let fault = c.lan.gateway_delays(Duration::from_millis(300));
    let slow = round_trip(&c);
    assert!((300..400).contains(&slow.as_millis()), "{slow:?}");
    drop(fault);
    assert!(round_trip(&c) < Duration::from_millis(100));
}

#[test]
fn a_gateway_falls_silent_and_stations_reach_each_other() {
    let c = wpa2();
    let second = Second::joins(&c);
    answers(&c);
    let fault = c.lan.gateway_falls_silent();
    assert_eq!(lost(&c), 1.0);
    let between = Pinger::every_10_ms(&second.pi.ns, "192.168.43.50");
    between.wait_answers(20, SHORT);
    drop(fault);
    answers(&c);
}

#[test]
fn a_frozen_hostapd_takes_nobody_and_forwards() {
    let c = wpa2();
    answers(&c);
    c.ap.freeze();
    assert_eq!(lost(&c), 0.0);
    c.pi.ns.run(
        "wpa_cli",
        &["-p", "/run/wpa_plain", "-i", "wlan0", "reassociate"],
    );
    wait_until("not authorised", SHORT, || {
        c.pi.ns.link("wlan0", "operstate") != "up"
    });
    c.ap.thaw();
    wait_until("authorised", SHORT * 2, || {
        c.pi.ns.link("wlan0", "operstate") == "up"
    });
    answers(&c);
}

#[test]
fn gateways_answer_in_unusual_ways() {
    let c = wpa2();
    answers(&c);
    let (own, mac) = (c.lan.gateway.as_str(), &*c.lan.gateway_mac());
    let probe = |to: &str| arp::probe(&c.pi.ns, "wlan0", own, to);
    assert_eq!(probe(mac), [mac]);
    assert_eq!(probe(BROADCAST), [mac]);
    let fault = c.lan.gateway_ignores_unicast_arp();
    assert_eq!(probe(mac), [""; 0]);
    assert_eq!(probe(BROADCAST), [mac]);
    drop(fault);
    assert_eq!(probe(mac), [mac]);
    c.lan.gateway_answers_for_all();
    let other = "192.168.43.77";
    let ask = ["arping", "-I", "wlan0", "-c", "3", "-f", other];
    let said = c.pi.ns.run("busybox", &ask);
    assert!(said.contains(&format!("[{mac}]")), "{said}");
    let new = "02:cc:5e:00:00:01";
    c.lan.change_gateway_mac(new, true);
    wait_until("the announced address", SHORT, || {
        c.pi.ns.ip("neigh show").contains(new)
    });
    answers(&c);
    assert_eq!(probe(mac), [""; 0]);
    assert_eq!(probe(BROADCAST), [new]);
}

#[test]
fn a_stranger_answers_probes_and_sends_replies_to_none() {
    let c = wpa2();
    let stranger = c.lab.stranger(&c.lan);
    let (own, mac) = (c.lan.gateway.as_str(), &*c.lan.gateway_mac());
    let probe = |target: &str| {
        let mut macs = arp::probe(&c.pi.ns, "wlan0", target, BROADCAST);
        macs.sort();
        macs
    };
    let other = "192.168.43.77";
    assert_eq!(probe(other), [""; 0]);
    let all = "0.0.0.0/0";
    stranger.answers_probes_for(all);
    assert_eq!(probe(other), [STRANGER]);
    assert_eq!(probe(own), [STRANGER, mac]);
    // Only probes: neighbour tables stay right.
    answers(&c);
    assert!(c.pi.ns.ip("neigh show").contains(mac));
    stranger.answers_no_probes_for(all);
    assert_eq!(probe(other), [""; 0]);
    let count = || {
        let text = c.pi.ns.link("wlan0", "statistics/rx_packets");
        text.parse::<u64>().expect("a number")
    };
    let before = count();
    let claims = stranger.claims(own, STRANGER, MAC0, Duration::from_millis(20));
    wait_until("fifty of them", SHORT, || count() > before + 50);
    drop(claims);
}

#[test]
fn a_flood_fills_a_path() {
    let c = wpa2();
    let flood = Flood::start(&c.pi.ns, &c.lan.ns, &c.lan.gateway);
    wait_until("the first ones", SHORT, || flood.received() > 0);
    let before = flood.received();
    let_pass(Duration::from_secs(1));
    let rate = flood.received() - before;
    println!("datagrams in a second: {rate}");
    assert!(rate > 500, "{rate}");
}
