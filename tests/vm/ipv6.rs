//! IPv6 with a real router and a real DHCPv6 server: dnsmasq behind the access point and
//! behind the cable, the kernel taking in the advertisements.

use crate::lab::scene::{LONG, MAC0, PASSPHRASE, SHORT, SSID};
use crate::lab::{Pinger, Scene, status, wait_until};
use serde_json::{Value, json};
use std::time::Duration;

const ROUTER: &str = "fd00:43::1/64";
/// Addresses by DHCPv6, and the router says so.
const MANAGED: &str = "fd00:43::100,fd00:43::1ff,64,2m";

/// IPv6 alone, so that nothing else brings a link online.
fn config(mode: &str) -> Value {
    json!({
        "country": "BE",
        "wifi": [ { "ssid": SSID, "passphrase": PASSPHRASE } ],
        "bond": {
            "members": ["wlan0", "wlan1"],
            "ipv4": { "dhcp": false },
            "ipv6": { "mode": mode },
        },
        "links": [],
        "health": { "hold_s": 0, "repair": false },
    })
}

fn addresses(st: &Value, link: &str, from: &str) -> Vec<String> {
    let list = status::link(st, link)["addresses"].as_array().cloned();
    let list = list.unwrap_or_default();
    let text = |a: &Value| a["address"].as_str().unwrap_or_default().to_owned();
    list.iter()
        .filter(|a| a["from"] == from)
        .map(text)
        .collect()
}

/// The bond's address from DHCPv6; from DHCPv4 it may have one as well.
fn lent(st: &Value) -> Option<String> {
    let addresses = addresses(st, "bond0", "dhcp");
    addresses.into_iter().find(|address| address.contains(':'))
}

/// The address lent to the bond, without its prefix length, once pings can reach it.
#[track_caller]
fn leased(s: &Scene) -> String {
    let st = s.pi.wait("a lease of DHCPv6", LONG, |st| {
        status::link(st, "bond0")["lease6"]["address"].is_string()
            && lent(st).is_some()
            && status::online(st)
    });
    let net = lent(&st).expect("an address");
    let address = net.strip_suffix("/128").expect("no network of its own");
    address.to_owned()
}

/// The default route as the kernel would take it now.
fn uplink(s: &Scene) -> String {
    let route =
        s.pi.ns
            .try_ip("-6 route get 2001:db8::1")
            .unwrap_or_default();
    let mut words = route.split_whitespace().skip_while(|word| *word != "dev");
    words.nth(1).unwrap_or_default().to_owned()
}

#[test]
fn routers_give_addresses_routes_with_our_metric_and_name_servers() {
    let s = Scene::new();
    s.lan.serve_ipv6(ROUTER, "fd00:43::,ra-only,64");
    let lan = s.lab.lan("10.0.0.1/24");
    lan.serve_ipv6("fd00:44::1/64", "fd00:44::,ra-only,64");
    let cable = s.lab.cable(&lan, &s.pi, "eth0");
    let mut config = config("auto");
    config["links"] =
        json!([{ "name": "eth0", "ipv4": { "dhcp": false }, "ipv6": { "metric": 10 } }]);
    s.pi.start(&config);
    for link in ["bond0", "eth0"] {
        s.pi.wait("addresses of routers", LONG, |st| {
            !addresses(st, link, "router").is_empty()
        });
    }
    wait_until("the cable wins", LONG, || uplink(&s) == "eth0");
    let metrics = s.pi.ns.ip("-6 route show default");
    assert!(
        metrics.contains("dev eth0") && metrics.contains("metric 10 "),
        "{metrics}"
    );
    assert!(
        metrics.contains("dev bond0") && metrics.contains("metric 100 "),
        "{metrics}"
    );
    let st =
        s.pi.wait("name servers", SHORT, |st| st["dns"][0] == "fd00:43::53");
    assert_eq!(status::link(&st, "bond0")["lease6"], Value::Null);
    let file =
        s.pi.ns
            .read("/run/wifibond/resolv.conf")
            .unwrap_or_default();
    assert!(file.contains("search six.example\n"), "{file}");
    cable.pull();
    wait_until("the bond takes over", SHORT, || uplink(&s) == "bond0");
    cable.plug();
    wait_until("the cable wins again", SHORT, || uplink(&s) == "eth0");
    // What was set before is set again.
    let setting = "/proc/sys/net/ipv6/conf/eth0/ra_defrtr_metric";
    assert_eq!(s.pi.ns.run("cat", &[setting]), "10\n");
    s.pi.terminate();
    assert_eq!(s.pi.ns.run("cat", &[setting]), "1024\n");
}

#[test]
fn a_lease_survives_fail_overs_and_a_crash_and_is_given_back() {
    let s = Scene::new();
    s.lan.serve_ipv6(ROUTER, MANAGED);
    s.pi.start(&config("auto"));
    let address = leased(&s);
    s.pi.wait("both members", LONG, |st| {
        status::authorized(st, "wlan0") && status::authorized(st, "wlan1")
    });
    let pings = Pinger::every_10_ms(&s.lan.ns, &address);
    pings.wait_answers(20, LONG);
    for member in ["wlan1", "wlan0", "wlan1", "wlan0"] {
        s.pi.call(&["switch", member]);
        pings.wait_answers(30, SHORT);
        assert_eq!(leased(&s), address);
    }
    wait_until("a confirmation", SHORT, || {
        s.lan.router_log().contains("DHCPCONFIRM")
    });
    s.ap.deauthenticate(MAC0);
    s.pi.wait("wlan1 active", SHORT, |st| status::active(st) == "wlan1");
    pings.wait_answers(30, SHORT);
    // The daemon dies; the next one takes up what there is.
    s.pi.kill9();
    s.pi.start_again();
    assert_eq!(leased(&s), address);
    pings.wait_answers(100, SHORT);
    let pings = pings.stop();
    println!(
        "IPv6: {} of {} pings lost, {:?}",
        pings.lost(),
        pings.sent,
        pings.longest_outage()
    );
    assert!(
        pings.longest_outage() < Duration::from_millis(400),
        "{pings:?}"
    );
    let log = s.lan.router_log();
    let lent = log
        .lines()
        .filter(|l| l.contains("DHCPREPLY") && l.contains("fd00:43:"));
    assert!(lent.clone().count() > 0, "{log}");
    assert!(lent.clone().all(|l| l.contains(&address)), "{log}");
    assert_eq!(s.pi.status()["dns"][0], "fd00:43::53");
    assert_eq!(s.pi.terminate().code(), Some(0));
    let log = s.lan.router_log();
    assert!(log.contains("DHCPRELEASE"), "{log}");
}

#[test]
fn a_router_that_asks_for_words_alone_gets_a_question_for_them() {
    let s = Scene::new();
    s.lan.serve_ipv6(ROUTER, "fd00:43::,ra-stateless,64");
    s.pi.start(&config("auto"));
    let st = s.pi.wait("words of DHCPv6", LONG, |st| {
        status::link(st, "bond0")["lease6"].is_object() && status::online(st)
    });
    assert!(status::link(&st, "bond0")["lease6"]["address"].is_null());
    assert!(addresses(&st, "bond0", "dhcp").is_empty());
    assert!(!addresses(&st, "bond0", "router").is_empty());
    assert!(s.lan.router_log().contains("DHCPINFORMATION-REQUEST"));
    let text = s.pi.call(&["status"]);
    assert!(text.contains("told by DHCPv6"), "{text}");
}

#[test]
fn an_address_of_dhcpv6_that_another_machine_has_is_declined() {
    let s = Scene::new();
    s.lan.serve_ipv6(ROUTER, MANAGED);
    s.pi.start(&config("dhcp"));
    let address = leased(&s);
    s.pi.terminate();
    // The gateway stands in for the other machine.
    s.lan
        .ns
        .ip(&format!("address add {address}/128 dev br0 nodad"));
    s.pi.start_again();
    s.pi.wait_log("another machine has the address from DHCPv6", LONG);
    assert_ne!(leased(&s), address);
    let log = s.lan.router_log();
    assert!(log.contains("DHCPDECLINE"), "{log}");
}

#[test]
fn an_address_of_before_goes_when_the_network_is_another() {
    let s = Scene::new();
    s.lan.serve_ipv6(ROUTER, MANAGED);
    s.pi.start(&config("dhcp"));
    let address = leased(&s);
    s.ap.stop();
    s.pi.wait("nobody active", LONG, |st| status::active(st).is_empty());
    s.lan.stop_router();
    s.lan.ns.ip("address flush dev br0 scope global");
    s.lan
        .serve_ipv6("fd00:45::1/64", "fd00:45::100,fd00:45::1ff,64,2m");
    s.ap.start();
    s.pi.wait("a lease of the other network", LONG, |st| {
        let lent = addresses(st, "bond0", "dhcp");
        lent.len() == 1 && lent[0].starts_with("fd00:45:")
    });
    assert!(!s.pi.ns.ip("-6 address show dev bond0").contains(&address));
}

/// Another server than dnsmasq, no router at all, and leases of 10 s.
#[test]
fn short_leases_are_renewed_and_end_with_their_server() {
    let s = Scene::new();
    let serve = || {
        s.lan.serve_isc6(ROUTER, "fd00:43::60 fd00:43::69", 10);
    };
    serve();
    s.pi.start(&config("dhcp"));
    let address = leased(&s);
    // No router says which network it is in: neither side has a way to the other.
    s.lan
        .ns
        .ip(&format!("-6 route replace {address}/128 dev br0"));
    s.pi.ns.ip("-6 route replace fd00:43::1/128 dev bond0");
    let pings = Pinger::every_10_ms(&s.lan.ns, &address);
    pings.wait_answers(20, SHORT);
    let left = |st: &Value| status::link(st, "bond0")["lease6"]["expires_s"].as_u64();
    for round in 1..=3 {
        s.pi.wait("the lease half over", LONG, |st| left(st) <= Some(6));
        s.pi.wait(&format!("renewal {round}"), LONG, |st| left(st) >= Some(9));
        assert_eq!(leased(&s), address);
    }
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "{pings:?}");
    s.lan.stop_router();
    s.pi.wait("no lease", LONG, |st| {
        status::link(st, "bond0")["lease6"].is_null()
    });
    assert!(!s.pi.ns.ip("-6 address show dev bond0").contains(&address));
    assert!(s.pi.log().contains("the lease from DHCPv6 has ended"));
    serve();
    assert_eq!(leased(&s), address);
}

/// A time server of DHCPv6, which routers cannot tell, reaches timesyncd at run time.
#[test]
fn time_servers_of_dhcpv6_are_handed_on() {
    let s = Scene::new();
    s.pi.ns.run("mkdir", &["-p", "/run/systemd"]);
    s.lan.serve_ipv6(ROUTER, MANAGED);
    s.pi.start(&config("auto"));
    leased(&s);
    let time = "/run/systemd/timesyncd.conf.d/50-wifibond.conf";
    wait_until("the time server", SHORT, || {
        let text = s.pi.ns.read(time).unwrap_or_default();
        text.ends_with("[Time]\nNTP=fd00:43::7\n")
    });
}

#[test]
fn the_lease_of_one_family_is_given_back_and_the_other_stays() {
    let s = Scene::new();
    s.lan
        .serve_dhcp("192.168.43.100,192.168.43.110,255.255.255.0,1h");
    s.lan.serve_ipv6(ROUTER, MANAGED);
    let mut both = config("auto");
    both["bond"]["ipv4"] = json!({});
    s.pi.start(&both);
    let leases = |st: &Value| {
        let link = status::link(st, "bond0");
        let there = |key: &str| link[key].is_object();
        [there("lease"), there("lease6")]
    };
    let wait = |what: &str, wanted: [bool; 2]| {
        s.pi.wait(what, LONG, |st| leases(st) == wanted);
    };
    wait("both leases", [true, true]);
    leased(&s);
    assert_eq!(
        s.pi.call(&["release", "bond0", "4"]),
        "the lease was given back\n"
    );
    wait("DHCPv6's alone", [false, true]);
    let (code, _, err) = s.pi.wifibond(&["release", "4"]);
    assert_eq!(code, 1);
    assert!(err.contains("no lease of DHCPv4"), "{err}");
    assert!(leased(&s).starts_with("fd00:43::1"));
    s.pi.call(&["renew", "4"]);
    wait("both again", [true, true]);
    s.pi.call(&["release", "bond0", "6"]);
    wait("DHCPv4's alone", [true, false]);
    assert!(
        s.pi.ns
            .ip("-4 address show dev bond0")
            .contains("192.168.43.1")
    );
    s.pi.call(&["renew", "bond0", "6"]);
    wait("both once more", [true, true]);
}

/// Advertisements of other name servers each time, by anybody in the network.
fn advertise(s: &Scene, count: u16, every: Duration) {
    s.lan.ns.inside(|| {
        use nix::sys::socket::*;
        let socket = socket(
            AddressFamily::Inet6,
            SockType::Raw,
            SockFlag::empty(),
            SockProtocol::IcmpV6,
        )
        .expect("a raw socket");
        setsockopt(&socket, sockopt::BindToDevice, &"br0".into()).expect("a bridge");
        // RFC 4861, 6.1.2: from farther away it counts for nothing.
        let hops: libc::c_int = 255;
        // SAFETY: the option's value is an int, and lives as long as the call.
        let set = unsafe {
            libc::setsockopt(
                std::os::fd::AsRawFd::as_raw_fd(&socket),
                libc::IPPROTO_IPV6,
                libc::IPV6_MULTICAST_HOPS,
                (&raw const hops).cast(),
                size_of::<libc::c_int>() as libc::socklen_t,
            )
        };
        assert_eq!(set, 0, "hop limit");
        let hosts = std::net::SocketAddrV6::new("ff02::1".parse().expect("an address"), 0, 0, 0);
        for number in 0..count {
            let [a, b] = number.to_be_bytes();
            // No router itself; one name server for ten minutes.
            let mut message = vec![134, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            message.extend([25, 3, 0, 0, 0, 0, 2, 88]);
            message.extend([0xfd, 0, 0, 0x66, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b]);
            let sent = sendto(
                std::os::fd::AsRawFd::as_raw_fd(&socket),
                &message,
                &SockaddrIn6::from(hosts),
                MsgFlags::empty(),
            );
            sent.expect("sent");
            std::thread::sleep(every);
        }
    });
}

#[test]
fn six_hundred_changing_advertisements_in_a_minute_are_three_writes() {
    let s = Scene::new();
    s.lan.serve_ipv6(ROUTER, "fd00:43::,ra-only,64");
    s.pi.wordy.set(true);
    // One member: after a fail-over all servers count as of another network.
    let mut config = config("auto");
    config["bond"]["members"] = json!(["wlan0"]);
    s.pi.start(&config);
    let dns = |st: &Value| st["dns"][0] == "fd00:43::53";
    s.pi.wait("the router's name server", LONG, dns);
    // The others in their words, too: the advertisements do arrive.
    advertise(&s, 1, Duration::ZERO);
    s.pi.wait("another's name server", SHORT, |st| {
        st["dns"][1] == "fd00:66::"
    });
    let writes = || s.pi.log().matches("write resolv.conf").count();
    let before = writes();
    assert!(before >= 1);
    advertise(&s, 600, Duration::from_millis(100));
    let more = writes() - before;
    assert!(more <= 3, "{more} writes");
    assert!(dns(&s.pi.status()), "who was first stays in front");
}
