//! Many requests that the kernel refuses: they wait, and keep it from nothing else.

use crate::lab::measure::let_pass;
use crate::lab::scene::SHORT;
use crate::lab::{Lab, Pi, wait_until};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// From before the first request, for after a minute each is tried again.
const JUST_UNDER_A_MINUTE: Duration = Duration::from_secs(59);
/// Of a full file's 64 IPv4 routes; as many as were once asked for 19,995 times in a minute.
const CABLES: usize = 5;
/// All that one interface may have.
const EACH: usize = 8;
const ROUTES: usize = CABLES * EACH;
/// One request for each, and a second one for those that failed before there was a crowd.
const REFUSED_BELOW: usize = 50;
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// DHCP may yet give an address that the gateways can be reached from: the file is not wrong.
fn cable(number: usize) -> Value {
    let route = |route| {
        json!({ "to": format!("10.{}.{route}.0/24", 100 + number),
                "via": format!("10.200.{number}.1") })
    };
    json!({
        "name": format!("eth{number}"),
        "ipv4": {
            "metric": 10 + number,
            "addresses": [format!("10.{number}.0.2/24")],
            "routes": (0..EACH).map(route).collect::<Vec<_>>(),
        },
        "ipv6": { "mode": "off" },
    })
}

/// Requests to the kernel for a route: the log has every step. What it says of a refusal is
/// "cannot add the route".
fn asked(pi: &Pi) -> usize {
    pi.log().matches(": add the route").count()
}

fn made(pi: &Pi) -> usize {
    pi.ns.ip("route show proto 119").lines().count()
}

#[test]
fn forty_unreachable_routes_are_asked_for_fewer_than_fifty_times_a_minute() {
    let lab = Lab::new();
    let (lan, pi) = (lab.lan("192.168.43.1/24"), lab.pi());
    let names: Vec<String> = (0..CABLES).map(|n| format!("eth{n}")).collect();
    let _cables: Vec<_> = names.iter().map(|n| lab.cable(&lan, &pi, n)).collect();
    let links: Vec<Value> = (0..CABLES).map(cable).collect();
    pi.wordy.set(true);
    let begun = Instant::now();
    pi.start(&json!({ "bond": { "members": [] }, "links": links }));
    wait_until("each asked for", SHORT, || asked(&pi) >= ROUTES);
    while begun.elapsed() < JUST_UNDER_A_MINUTE {
        let asked_at = Instant::now();
        assert!(pi.try_status().is_some(), "it does not answer");
        let took = asked_at.elapsed();
        assert!(took < ANSWERS_WITHIN, "the status took {took:?}");
        let rest = JUST_UNDER_A_MINUTE.saturating_sub(begun.elapsed());
        let_pass(rest.min(Duration::from_secs(5)));
    }
    // None was made, so each request was refused.
    assert_eq!(made(&pi), 0);
    let refused = asked(&pi);
    assert!(
        (ROUTES..REFUSED_BELOW).contains(&refused),
        "{refused} requests were refused\n{}",
        pi.log()
    );
    assert!(
        pi.log().contains("the network is unreachable"),
        "{}",
        pi.log()
    );
    // Something else is done at once all the same.
    pi.ns.ip("address del 10.0.0.2/24 dev eth0");
    wait_until("the address back", ANSWERS_WITHIN, || {
        pi.ns.ip("address show dev eth0").contains("10.0.0.2/24")
    });
}
