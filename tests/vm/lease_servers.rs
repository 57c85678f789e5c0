//! DHCPv4 with other servers than dnsmasq: ISC's, a relay, two at once, and one that
//! misbehaves.

use crate::lab::fake_dhcp::{DISCOVER, REQUEST};
use crate::lab::scene::{GATEWAY, LONG, SHORT};
use crate::lab::{FakeDhcp, Pinger, Scene, ServerBehaviour, one_line, status, wait_until};
use std::time::Duration;

const GIVEN: &str = "192.168.43.66";

fn fake(s: &Scene, behaviour: ServerBehaviour) -> FakeDhcp {
    FakeDhcp::start(&s.lan.ns, GATEWAY, GIVEN, behaviour)
}

fn deaf(kind: u8) -> ServerBehaviour {
    ServerBehaviour {
        deaf_to: vec![kind],
        ..ServerBehaviour::default()
    }
}

fn subnet(net: &str, first: &str, last: &str, router: &str) -> String {
    format!(
        "subnet {net} netmask 255.255.255.0 {{ range {first} {last}; option routers {router}; }}"
    )
}

/// Of the usual scene.
fn own_subnet() -> String {
    subnet("192.168.43.0", "192.168.43.60", "192.168.43.69", GATEWAY)
}

fn served_by_isc() -> Scene {
    let s = Scene::new();
    s.lan.serve_isc(&own_subnet());
    s
}

#[test]
fn a_server_without_authority_gives_the_same_address_after_a_stop() {
    let s = served_by_isc();
    s.pi.start(&one_line());
    let address = s.leased();
    s.both();
    s.pi.call(&["switch", "wlan1"]);
    wait_until("a confirmation", SHORT, || {
        s.lan
            .dhcp_log()
            .matches(&format!("DHCPACK on {address}"))
            .count()
            >= 2
    });
    assert_eq!(s.pi.terminate().code(), Some(0));
    let log = s.lan.dhcp_log();
    assert!(log.contains(&format!("DHCPRELEASE of {address}")), "{log}");
    s.pi.start_again();
    assert_eq!(s.leased(), address);
    // It knew that it had given the lease back, and asked any server at once.
    let log = s.lan.dhcp_log();
    let after = log.rsplit("DHCPRELEASE").next().unwrap_or_default();
    let first = after
        .lines()
        .find(|l| l.contains("DHCPDISCOVER") || l.contains("DHCPREQUEST"));
    assert!(first.is_some_and(|l| l.contains("DHCPDISCOVER")), "{log}");
}

/// The box is carried to another network behind the same name; nobody there says no.
#[test]
fn another_network_without_authority_gives_another_lease() {
    let s = served_by_isc();
    s.pi.start(&one_line());
    let address = s.leased();
    s.ap.stop();
    s.pi.wait("nobody active", LONG, |st| status::active(st).is_empty());
    s.lan.stop_dhcp();
    s.lan.ns.ip("address flush dev br0");
    s.lan.ns.ip("address add 10.7.0.1/24 dev br0");
    s.lan
        .serve_isc(&subnet("10.7.0.0", "10.7.0.60", "10.7.0.69", "10.7.0.1"));
    s.ap.start();
    s.pi.wait("a lease of the other network", LONG, |st| {
        status::link(st, "bond0")["lease"]["server"] == "10.7.0.1"
    });
    wait_until("the old address gone", SHORT, || {
        !s.pi.ns.ip("-4 address show dev bond0").contains(&address)
    });
    assert!(s.leased().starts_with("10.7.0."));
}

#[test]
fn a_lease_through_a_relay() {
    let s = Scene::new();
    let far = s.lab.lan("10.9.0.1/24");
    // A cable between the two networks; the gateway here is the relay.
    far.ns.ip(&format!(
        "link add uplink type veth peer name far0 netns {}",
        s.lan.ns.pid
    ));
    far.ns.ip("link set uplink master br0 up");
    s.lan.ns.ip("address add 10.9.0.2/24 dev far0");
    s.lan.ns.ip("link set far0 up");
    s.lan.ns.run("sysctl", &["-qw", "net.ipv4.ip_forward=1"]);
    far.ns.ip("route add 192.168.43.0/24 via 10.9.0.2");
    let here = own_subnet();
    far.serve_isc(&format!(
        "subnet 10.9.0.0 netmask 255.255.255.0 {{ }}\n{here}"
    ));
    s.lan.relay_dhcp("far0", "10.9.0.1");
    s.pi.start(&one_line());
    let address = s.leased();
    assert!(address.starts_with("192.168.43.6"), "{address}");
    assert_eq!(
        status::link(&s.pi.status(), "bond0")["lease"]["server"],
        "10.9.0.1"
    );
    s.both();
    let pings = Pinger::every_10_ms(&s.lan.ns, &address);
    pings.wait_answers(20, SHORT);
    s.pi.call(&["switch", "wlan1"]);
    pings.wait_answers(20, SHORT);
    // A renewal goes straight to the server, and its answer comes straight back.
    let acks = || {
        far.dhcp_log()
            .matches(&format!("DHCPACK on {address}"))
            .count()
    };
    // The switch's own confirmation comes first.
    wait_until("a confirmation", SHORT, || acks() >= 2);
    let before = acks();
    s.pi.call(&["renew"]);
    wait_until("a renewal", SHORT, || acks() > before);
    assert_eq!(s.leased(), address);
}

#[test]
fn of_two_servers_one_is_kept() {
    let s = Scene::served();
    // Another box in the same network.
    let there = s.lab.lan("192.168.43.2/24");
    there.ns.ip(&format!(
        "link add port type veth peer name there0 netns {}",
        s.lan.ns.pid
    ));
    there.ns.ip("link set port master br0 up");
    s.lan.ns.ip("link set there0 master br0 up");
    let other = FakeDhcp::start(&there.ns, "192.168.43.2", GIVEN, ServerBehaviour::default());
    s.pi.start(&one_line());
    let address = s.leased();
    s.both();
    for member in ["wlan1", "wlan0"] {
        s.pi.call(&["switch", member]);
        s.pi.wait("the lease confirmed", SHORT, |st| {
            status::active(st) == member && status::link(st, "bond0")["lease"].is_object()
        });
        s.pi.call(&["renew"]);
        assert_eq!(s.leased(), address);
    }
    assert!(other.asked(DISCOVER) > 0, "both heard of us");
    let st = s.pi.status();
    let lent = status::link(&st, "bond0")["addresses"].as_array().cloned();
    let lent = lent.unwrap_or_default();
    assert_eq!(
        lent.iter().filter(|a| a["from"] == "dhcp").count(),
        1,
        "{st:#}"
    );
    drop(other);
}

#[test]
fn late_double_and_senseless_answers_and_refusals() {
    let s = Scene::new();
    let server = fake(
        &s,
        ServerBehaviour {
            late: Duration::from_millis(1_500),
            times: 2,
            refusals: 2,
            nonsense: true,
            ..ServerBehaviour::default()
        },
    );
    s.pi.start(&one_line());
    assert_eq!(s.leased(), GIVEN);
    s.both();
    let pings = Pinger::every_10_ms(&s.lan.ns, GIVEN);
    pings.wait_answers(20, SHORT);
    let asked = server.asked(REQUEST);
    s.pi.call(&["switch", "wlan1"]);
    wait_until("it is asked again", SHORT, || server.asked(REQUEST) > asked);
    pings.wait_answers(200, SHORT);
    assert_eq!(s.leased(), GIVEN);
    assert!(s.pi.running());
}

#[test]
fn a_fail_over_while_an_offer_is_awaited() {
    let s = Scene::new();
    let server = fake(&s, deaf(DISCOVER));
    s.pi.start(&one_line());
    s.both();
    wait_until("questions", SHORT, || server.asked(DISCOVER) >= 2);
    s.pi.call(&["switch", "wlan1"]);
    server.behave(ServerBehaviour::default());
    assert_eq!(s.leased(), GIVEN);
    assert_eq!(status::active(&s.pi.status()), "wlan1");
}

#[test]
fn a_fail_over_while_an_ack_is_awaited() {
    let s = Scene::new();
    let server = fake(&s, deaf(REQUEST));
    s.pi.start(&one_line());
    s.both();
    wait_until("requests", LONG, || server.asked(REQUEST) >= 2);
    s.pi.call(&["switch", "wlan1"]);
    server.behave(ServerBehaviour::default());
    assert_eq!(s.leased(), GIVEN);
    let pings = Pinger::every_10_ms(&s.lan.ns, GIVEN);
    pings.wait_answers(20, SHORT);
}

#[test]
fn a_fail_over_while_a_renewal_is_awaited() {
    let s = Scene::new();
    let short = ServerBehaviour {
        seconds: 40,
        ..ServerBehaviour::default()
    };
    let server = fake(&s, short.clone());
    s.pi.start(&one_line());
    assert_eq!(s.leased(), GIVEN);
    s.both();
    let pings = Pinger::every_10_ms(&s.lan.ns, GIVEN);
    pings.wait_answers(20, SHORT);
    server.behave(deaf(REQUEST));
    let asked = server.asked(REQUEST);
    s.pi.call(&["renew"]);
    wait_until("a renewal", SHORT, || server.asked(REQUEST) > asked);
    s.pi.call(&["switch", "wlan1"]);
    pings.wait_answers(50, SHORT);
    server.behave(short);
    s.pi.wait("the lease renewed", LONG, |st| {
        status::link(st, "bond0")["lease"]["expires_s"].as_u64() >= Some(37)
    });
    let pings = pings.stop();
    println!("{} of {} pings lost", pings.lost(), pings.sent);
    assert!(
        pings.longest_outage() < Duration::from_millis(250),
        "{pings:?}"
    );
    assert_eq!(s.leased(), GIVEN);
}
