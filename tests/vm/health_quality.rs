//! Members that receive their access points well and badly: where the traffic goes, and who changes
//! to a stronger access point first.

use crate::lab::health::{probing, probing_apart, upstairs};
use crate::lab::scene::{LONG, MAC0, MAC1, PASSPHRASE, PLANNED, SHORT, SSID};
use crate::lab::{Network, Scene, status};
use serde_json::json;
use std::time::{Duration, Instant};

const HOLD: Duration = Duration::from_secs(5);
/// A member has to be better for so long.
const AHEAD_FOR: Duration = Duration::from_secs(10);

#[test]
fn better_follows_the_signal() {
    let s = Scene::new();
    let second = s.lab.access_point(&s.lan, upstairs());
    for ap in [&s.ap, &second] {
        ap.radio.received_at(-50);
    }
    let mut config = probing_apart();
    config["bond"]["primary_reselect"] = json!("better");
    config["health"] = json!({ "hold_s": HOLD.as_secs() });
    s.pi.start(&config);
    s.pi.wait("both members authorised", LONG, |st| {
        status::authorized(st, "wlan0") && status::authorized(st, "wlan1")
    });
    s.all_healthy();
    // The first one that joined: with `better` no equal one takes its place.
    let first = s.pi.kernel_active();
    let (weak, other) = match first.as_str() {
        "wlan0" => (&s.ap, "wlan1"),
        _ => (&second, "wlan0"),
    };
    let before = s.switches();
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    weak.radio.received_at(-75);
    let begun = Instant::now();
    s.pi.wait("the better member active", LONG, |st| {
        status::active(st) == other
    });
    let took = begun.elapsed();
    println!("moved after {took:?}");
    assert!(took >= AHEAD_FOR, "{took:?}");
    // And there it stays.
    s.no_switch(HOLD + AHEAD_FOR + Duration::from_secs(5));
    let pings = pings.stop();
    println!("outage: {:?}, {pings:?}", pings.longest_outage());
    assert!(pings.total_outage() <= PLANNED, "{pings:?}");
    assert_eq!(s.switches(), before + 1, "{:#}", s.pi.events());
    let events = s.pi.events().to_string();
    let cause = format!("{other} has -50 dBm, {first} -");
    assert!(events.contains(&cause), "{cause:?}: {events}");
    // Neither was disturbed.
    assert_eq!(s.ap.associations(MAC0) + second.associations(MAC1), 2);
}

/// Both are at one access point that becomes weak, and there is a stronger one of the same
/// network.
#[test]
fn a_standby_changes_its_access_point_before_the_active_member_does() {
    let s = Scene::new();
    s.ap.radio.received_at(-50);
    let network = Network::wpa2(SSID, PASSPHRASE).channel(6);
    let second = s.lab.access_point(&s.lan, network);
    second.radio.received_at(-79);
    let mut config = probing();
    config["health"] = json!({ "hold_s": HOLD.as_secs() });
    s.start(&config);
    s.all_healthy();
    assert_eq!(s.associations(), [1, 1], "both at the stronger one");
    let before = s.switches();
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    second.radio.received_at(-40);
    s.ap.radio.received_at(-80);
    let begun = Instant::now();
    s.pi.wait("wlan1 active", LONG, |st| status::active(st) == "wlan1");
    println!("wlan1 active after {:?}", begun.elapsed());
    assert_eq!(second.associations(MAC1), 1, "{:#}", s.pi.events());
    assert_eq!(second.associations(MAC0), 0, "{:#}", s.pi.events());
    s.pi.wait("wlan0 active", LONG, |st| status::active(st) == "wlan0");
    println!("wlan0 active after {:?}", begun.elapsed());
    assert_eq!(second.associations(MAC0), 1, "{:#}", s.pi.events());
    s.no_switch(HOLD + AHEAD_FOR);
    let pings = pings.stop();
    println!("outage: {:?}, {pings:?}", pings.longest_outage());
    assert!(pings.total_outage() <= 2 * PLANNED, "{pings:?}");
    assert_eq!(s.switches(), before + 2, "{:#}", s.pi.events());
    assert_eq!(s.associations(), [1, 1], "{:#}", s.pi.events());
}
