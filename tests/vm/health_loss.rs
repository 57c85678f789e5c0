//! Members that lose some frames, that are slow, or that carry as much as they can: which of
//! them lose the traffic, and which do not.

use crate::lab::health::probing;
use crate::lab::measure::let_pass;
use crate::lab::scene::{ADDRESS, GATEWAY, LONG, MAC0, MAC1, PASSPHRASE, SHORT, SSID};
use crate::lab::{Channels, Flood, Lab, Network, Scene, Way, status};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// For how long a member with loss is observed.
const OBSERVED: Duration = Duration::from_secs(20);

/// Of round trips, as pings count them: frames are lost one way.
#[test]
fn ten_percent_of_loss_do_not_move_the_traffic() {
    let s = Scene::probing();
    for way in [Way::FromStation, Way::ToStation] {
        let fault = s.ap.loses(MAC0, way, 10);
        s.no_switch(OBSERVED);
        drop(fault);
    }
    assert!(!status::bad(&s.pi.status(), "wlan0"));
}

#[test]
fn heavy_loss_moves_the_traffic() {
    let s = Scene::probing();
    let before = s.switches();
    let fault = s.ap.loses(MAC0, Way::ToStation, 30);
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    let_pass(OBSERVED);
    let pings = pings.stop();
    let moved = s.switches() - before;
    assert!(moved <= 1, "{:#}", s.pi.events());
    let most = pings.longest_outage();
    assert!(most <= Duration::from_millis(600), "{pings:?}");
    drop(fault);
    s.back_to("wlan0");
    let before = s.switches();
    let fault = s.ap.loses(MAC0, Way::ToStation, 60);
    // In the engine's test 200 runs out of 200 took less than 15 s, half of them 5 s.
    let found = Duration::from_secs(20);
    s.pi.wait("wlan1 active", found, |st| status::active(st) == "wlan1");
    s.no_switch(OBSERVED);
    assert_eq!(s.switches(), before + 1, "{:#}", s.pi.events());
    drop(fault);
}

#[test]
fn latency_is_no_fault() {
    let s = Scene::probing();
    let fault = s.lan.gateway_delays(Duration::from_millis(300));
    s.no_switch(Duration::from_secs(10));
    let st = s.pi.status();
    assert!(status::healthy(&st, "wlan0"), "{st:#}");
    assert!(status::healthy(&st, "wlan1"), "{st:#}");
    // A dead member is found at this latency too, later by some of it.
    let (outage, dead) = s.outage_by(|| s.ap.drops(MAC0, Way::Both));
    assert!(outage <= Duration::from_millis(1500), "{outage:?}");
    drop((fault, dead));
}

#[test]
fn traffic_at_line_rate_is_no_fault() {
    let s = Scene::probing();
    for up in [true, false] {
        let flood = match up {
            true => Flood::start(&s.pi.ns, &s.lan.ns, GATEWAY),
            false => Flood::start(&s.lan.ns, &s.pi.ns, ADDRESS),
        };
        s.no_switch(Duration::from_secs(5));
        let st = s.pi.status();
        assert!(!status::bad(&st, "wlan0"), "{st:#}");
        assert!(!status::bad(&st, "wlan1"), "{st:#}");
        println!("up: {up}, {} datagrams", flood.received());
        assert_ne!(flood.received(), 0);
    }
}

/// Whether a scan that takes some 5 s has ended within a minute; nothing moves meanwhile.
fn scans(s: &Scene, member: &str) -> bool {
    let mut scan = s.pi.ns.command("iw");
    scan.args(["dev", member, "scan"]).stdout(Stdio::null());
    let mut scan = scan.spawn().expect("iw");
    // With traffic the kernel goes back to the channel after each other one.
    let limit = Instant::now() + LONG;
    loop {
        s.no_switch(Duration::from_secs(1));
        if let Some(done) = scan.try_wait().expect("a child of ours") {
            assert!(done.success(), "{member}: {done}");
            return true;
        }
        if Instant::now() >= limit {
            scan.kill().expect("a child of ours");
            scan.wait().expect("its end");
            return false;
        }
    }
}

/// A scan of three bands: the adapter is away from its channel most of the time.
#[test]
fn a_member_s_own_full_scan_is_no_fault() {
    let lab = Lab::new();
    lab.set_channels(Channels::All);
    let s = Scene::within(lab, Network::wpa2(SSID, PASSPHRASE));
    s.start(&probing());
    s.all_healthy();
    let pings = s.pings();
    for member in ["wlan0", "wlan1"] {
        // Once in many runs `iw` was not told that its scan had ended.
        assert!(
            (0..3).any(|_| scans(&s, member)),
            "{member}: the scan does not end"
        );
        s.all_healthy();
    }
    drop(pings);
}

/// There is always an active member, and the first one that passes frames again becomes it.
#[test]
fn one_of_two_dead_members_is_active() {
    let s = Scene::new();
    s.start(&probing());
    s.all_healthy();
    let first = s.ap.drops(MAC0, Way::Both);
    let second = s.ap.drops(MAC1, Way::Both);
    s.pi.stays("there is an active member", Duration::from_secs(5), |st| {
        !status::active(st).is_empty()
    });
    drop(second);
    s.pings().wait_answers(20, Duration::from_secs(5));
    assert_eq!(s.pi.kernel_active(), "wlan1", "{:#}", s.pi.events());
    drop(first);
}
