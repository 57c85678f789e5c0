//! A lease through a hundred fail-overs, and ten times of fallback.

use crate::lab::scene::{GATEWAY, LONG, MAC0, SHORT};
use crate::lab::{FakeDhcp, Pinger, Scene, ServerBehaviour, one_line, status};
use serde_json::{Value, json};
use std::time::Duration;

const FALLBACK: &str = "192.168.43.150";
const GIVEN: &str = "192.168.43.66";

/// Ninety planned ones, and every tenth because the access point sends the member away.
#[test]
fn a_hundred_fail_overs_and_one_lease() {
    let s = Scene::served();
    s.pi.start(&one_line());
    let joined = |st: &Value| status::authorized(st, "wlan0") && status::authorized(st, "wlan1");
    s.pi.wait("a lease and both members", LONG, |st| {
        status::leased(st, "bond0") && joined(st)
    });
    let leases = s.lan.dhcp_leases();
    assert_eq!(leases.len(), 1, "{leases:?}");
    let address = leases[0].split(' ').nth(2).expect("its address").to_owned();
    s.pi.wait("wlan0 active", LONG, |st| status::active(st) == "wlan0");
    let pings = Pinger::every_10_ms(&s.lan.ns, &address);
    pings.wait_answers(20, SHORT);
    for round in 1..=50 {
        if round % 5 == 0 {
            s.ap.deauthenticate(MAC0);
            s.pi.wait("wlan1 active", SHORT, |st| status::active(st) == "wlan1");
        } else {
            s.pi.call(&["switch", "wlan1"]);
        }
        pings.wait_answers(5, SHORT);
        s.pi.wait("both members", LONG, joined);
        if status::active(&s.pi.status()) == "wlan1" {
            let _ = s.pi.wifibond(&["switch", "wlan0"]);
        }
        s.pi.wait("wlan0 active", SHORT, |st| status::active(st) == "wlan0");
        let net = format!("{address}/24");
        assert!(
            status::has_address(&s.pi.status(), "bond0", &net),
            "round {round}"
        );
    }
    let pings = pings.stop();
    println!(
        "100 fail-overs: {} of {} pings lost, the longest outage {:?}",
        pings.lost(),
        pings.sent,
        pings.longest_outage()
    );
    assert!(
        pings.longest_outage() < Duration::from_millis(250),
        "{pings:?}"
    );
    let again = s.lan.dhcp_leases();
    assert_eq!(again.len(), 1, "{again:?}");
    assert_eq!(again[0].split(' ').nth(2), Some(address.as_str()));
    let st = s.pi.status();
    assert!(st["bond"]["switches"].as_u64() >= Some(100), "{st:#}");
}

/// Both addresses are of one network: the box answers at either without a gap.
#[test]
fn fallback_comes_and_goes_ten_times() {
    let s = Scene::new();
    let mut config = one_line();
    config["bond"] = json!({ "ipv4": { "fallback":
        { "address": format!("{FALLBACK}/24"), "gateway": GATEWAY, "after_s": 1 } } });
    // Not even systemd has been here: the kernel's own default.
    s.pi.ns.run(
        "sysctl",
        &["-qw", "net.ipv4.conf.all.promote_secondaries=0"],
    );
    s.pi.start(&config);
    let at = |st: &Value, address: &str| {
        status::has_address(st, "bond0", &format!("{address}/24")) && status::online(st)
    };
    s.pi.wait("the fallback", LONG, |st| at(st, FALLBACK));
    // The Pi's own pings go on whichever address it has.
    let pings = Pinger::every_10_ms(&s.pi.ns, GATEWAY);
    pings.wait_answers(20, LONG);
    for _ in 0..10 {
        let server = FakeDhcp::start(&s.lan.ns, GATEWAY, GIVEN, ServerBehaviour::default());
        s.pi.call(&["renew"]);
        s.pi.wait("the lease", LONG, |st| at(st, GIVEN) && !at(st, FALLBACK));
        pings.wait_answers(10, SHORT);
        // Given back and asked for again, with nobody there to answer.
        drop(server);
        s.pi.call(&["release"]);
        s.pi.call(&["renew"]);
        s.pi.wait("the fallback", LONG, |st| {
            at(st, FALLBACK) && !at(st, GIVEN)
        });
        pings.wait_answers(10, SHORT);
    }
    let pings = pings.stop();
    // From the release to the fallback, one second later, there is no address at all.
    println!(
        "{} of {} pings lost, the longest outage {:?}",
        pings.lost(),
        pings.sent,
        pings.longest_outage()
    );
    assert!(pings.longest_outage() < Duration::from_secs(2), "{pings:?}");
}
