//! DHCPv4 with a real server: dnsmasq behind the access point, and behind the cable.

use crate::lab::scene::{LONG, MAC0, SHORT};
use crate::lab::{Pinger, RANGE, Scene, one_line, status, wait_until};
use serde_json::{Value, json};
use std::time::Duration;

#[test]
fn one_line_is_enough() {
    let s = Scene::served();
    s.pi.start(&one_line());
    let address = s.leased();
    assert!(address.starts_with("192.168.43.1"), "{address}");
    assert_eq!(s.uplink(), "bond0");
    let routes = s.pi.ns.ip("route show default");
    assert!(
        routes.contains("via 192.168.43.1 dev bond0 proto 119 metric 100"),
        "{routes}"
    );
    let pings = Pinger::every_10_ms(&s.lan.ns, &address);
    pings.wait_answers(20, SHORT);
    pings.stop();
    let st = s.pi.status();
    let lease = &status::link(&st, "bond0")["lease"];
    assert_eq!(lease["server"], "192.168.43.1");
    let left = lease["expires_s"].as_u64().expect("a number");
    assert!((3_400..=3_600).contains(&left), "{left}");
    assert!(s.pi.call(&["status"]).contains("lease from 192.168.43.1"));
    assert!(
        s.pi.log()
            .contains(&format!("{address}/24 from 192.168.43.1"))
    );
    // The kernel drops it by itself should we be gone by then.
    let shown = s.pi.ns.ip("-4 address show dev bond0");
    assert!(
        shown.contains("valid_lft 3") && !shown.contains("forever"),
        "{shown}"
    );
}

#[test]
fn fail_overs_keep_the_address_and_the_server_gives_no_other() {
    let s = Scene::served();
    s.pi.start(&one_line());
    let address = s.leased();
    s.both();
    let pings = Pinger::every_10_ms(&s.lan.ns, &address);
    pings.wait_answers(20, SHORT);
    for _ in 0..5 {
        s.ap.deauthenticate(MAC0);
        s.pi.wait("wlan1 active", SHORT, |st| status::active(st) == "wlan1");
        assert_eq!(s.leased(), address);
        s.both();
    }
    pings.wait_answers(20, SHORT);
    let pings = pings.stop();
    println!(
        "{} of {} pings lost in 10 switches",
        pings.lost(),
        pings.sent
    );
    assert!(
        pings.longest_outage() < Duration::from_millis(400),
        "{pings:?}"
    );
    assert_eq!(s.leased(), address);
    let log = s.lan.dhcp_log();
    // One address was ever given. (Not: one lease. That would need the lease file.)
    let given: std::collections::BTreeSet<&str> = log
        .lines()
        .filter_map(|line| line.split("DHCPACK(br0) ").nth(1))
        .filter_map(|rest| rest.split(' ').next())
        .collect();
    assert_eq!(given.into_iter().collect::<Vec<_>>(), [address.as_str()]);
}

/// The wiki page's own trap: the primary has no link, and no lease is stored.
#[test]
fn only_the_second_adapter_has_a_link() {
    let s = Scene::served();
    s.wlan0.out_of_range();
    s.pi.start(&one_line());
    let address = s.leased();
    let st = s.pi.status();
    assert_eq!(status::active(&st), "wlan1");
    let pings = Pinger::every_10_ms(&s.lan.ns, &address);
    pings.wait_answers(20, SHORT);
    pings.stop();
    s.wlan0.in_range();
    s.both();
    assert_eq!(s.leased(), address);
}

#[test]
fn killed_and_restarted_it_keeps_the_address_and_loses_no_ping() {
    let s = Scene::served();
    s.pi.start(&one_line());
    let address = s.leased();
    s.both();
    let pings = Pinger::every_10_ms(&s.lan.ns, &address);
    pings.wait_answers(20, SHORT);
    s.pi.kill9();
    s.pi.start_again();
    assert_eq!(s.leased(), address);
    pings.wait_answers(100, SHORT);
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "{pings:?}");
}

#[test]
fn stopped_and_started_again_it_asks_for_the_same_address() {
    let s = Scene::served();
    s.pi.start(&one_line());
    let address = s.leased();
    let exit = s.pi.terminate();
    assert_eq!(exit.code(), Some(0), "{exit:?}");
    let log = s.lan.dhcp_log();
    assert!(
        log.contains(&format!("DHCPRELEASE(br0) {address}")),
        "{log}"
    );
    s.pi.start_again();
    assert_eq!(s.leased(), address);
}

#[test]
fn fallback_without_a_server_and_the_lease_when_there_is_one() {
    let s = Scene::new();
    let mut config = one_line();
    config["bond"] = json!({ "ipv4": { "fallback":
        { "address": "192.168.43.150/24", "gateway": "192.168.43.1", "after_s": 3 } } });
    s.pi.start(&config);
    let st = s.pi.wait("the fallback", LONG, |st| {
        status::has_address(st, "bond0", "192.168.43.150/24")
    });
    let addresses = &status::link(&st, "bond0")["addresses"];
    assert!(
        addresses.to_string().contains(r#""from":"fallback""#),
        "{st:#}"
    );
    assert!(s.pi.log().contains("fallback to 192.168.43.150/24"));
    let pings = s.pings();
    pings.wait_answers(20, LONG);
    pings.stop();
    assert_eq!(s.uplink(), "bond0");
    s.lan.serve_dhcp(RANGE);
    let address = s.leased();
    assert_ne!(address, "192.168.43.150");
    wait_until("the fallback gone", SHORT, || {
        !s.pi
            .ns
            .ip("-4 address show dev bond0")
            .contains("192.168.43.150")
    });
    assert_eq!(s.uplink(), "bond0");
}

#[test]
fn another_network_behind_the_same_name_refuses_the_old_address() {
    let s = Scene::served();
    s.pi.start(&one_line());
    s.leased();
    s.ap.stop();
    s.pi.wait("nobody active", LONG, |st| status::active(st).is_empty());
    s.other_network();
    s.lan.serve_dhcp("10.7.0.50,10.7.0.60,255.255.255.0,1h");
    s.ap.start();
    s.pi.wait("an address there", LONG, |st| {
        status::link(st, "bond0")["lease"]["server"] == "10.7.0.1" && status::online(st)
    });
    let shown = s.pi.ns.ip("-4 address show dev bond0");
    assert!(
        shown.contains("inet 10.7.0.") && !shown.contains("192.168.43"),
        "{shown}"
    );
}

/// The bond keeps its carrier all the while (`downdelay`), and the adapter is the same.
#[test]
fn the_same_adapter_in_another_network_asks_at_once() {
    let s = Scene::served();
    let mut config = one_line();
    config["bond"] = json!({ "members": ["wlan0"], "downdelay_ms": 30_000 });
    s.pi.start(&config);
    s.leased();
    s.other_network();
    s.lan.serve_dhcp("10.7.0.50,10.7.0.60,255.255.255.0,1h");
    s.ap.deauthenticate(MAC0);
    s.pi.wait("an address there", LONG, |st| {
        status::link(st, "bond0")["lease"]["server"] == "10.7.0.1" && status::online(st)
    });
    let shown = s.pi.ns.ip("-4 address show dev bond0");
    assert!(
        shown.contains("inet 10.7.0.") && !shown.contains("192.168.43"),
        "{shown}"
    );
}

#[test]
fn routes_have_a_source_a_size_a_scope_and_gateways_outside() {
    let s = Scene::new();
    let mut config = one_line();
    config["bond"] = json!({
        "ipv4": {
            "dhcp": false,
            "addresses": ["192.168.43.150/24", "192.168.43.151/24"],
            "routes": [
                { "to": "default", "via": "192.168.43.1", "src": "192.168.43.151", "mtu": 1400 },
                { "to": "10.1.0.0/16", "via": "10.99.0.1", "onlink": true },
                { "to": "10.2.0.0/16", "scope": "global", "metric": 7 },
                { "to": "10.3.0.0/16" },
            ],
        },
        "ipv6": {
            "addresses": ["fd00:43::150/64"],
            "routes": [ { "to": "fd00:99::/48", "via": "fe80::99", "mtu": 1280 } ],
        },
    });
    s.pi.wordy.set(true);
    s.pi.start(&config);
    let shown = |family: &str| s.pi.ns.ip(&format!("{family} route show proto 119"));
    wait_until("the routes", LONG, || {
        shown("-4").lines().count() == 4 && shown("-6").lines().count() == 1
    });
    let (v4, v6) = (shown("-4"), shown("-6"));
    for wanted in [
        "default via 192.168.43.1 dev bond0 src 192.168.43.151 metric 100 mtu 1400",
        "10.1.0.0/16 via 10.99.0.1 dev bond0 metric 100 onlink",
        "10.2.0.0/16 dev bond0 metric 7",
        "10.3.0.0/16 dev bond0 scope link metric 100",
    ] {
        let same = |line: &str| line.split_whitespace().eq(wanted.split(' '));
        assert!(v4.lines().any(same), "{wanted}\n{v4}");
    }
    assert!(v6.contains("mtu 1280"), "{v6}");
    let st = s.pi.status();
    let routes = status::link(&st, "bond0")["routes"].as_array().cloned();
    let default = routes.iter().flatten().find(|r| r["to"] == "default");
    let default = default.expect("a default route");
    assert_eq!(default["src"], "192.168.43.151");
    assert_eq!(
        (&default["mtu"], &default["scope"]),
        (&json!(1400), &json!("global"))
    );
    assert_eq!(default["onlink"], false);
    // What the kernel shows is what the file wants: each was made once.
    s.pi.call(&["reload"]);
    assert_eq!(s.pi.log().matches("add the route").count(), 5);
    assert!(!s.pi.log().contains("remove the route"));
}

/// The server has an address for an identifier that another program used before.
#[test]
fn a_fixed_address_by_an_identifier_that_the_server_knows() {
    let s = Scene::new();
    let id = "id:ff:12:34:56:78:00:04:aa:bb:cc:dd";
    let host = format!("--dhcp-host={id},192.168.43.55");
    s.lan.serve_dhcp_with(RANGE, &[&host]);
    let mut config = one_line();
    s.pi.start(&config);
    assert_ne!(s.leased(), "192.168.43.55");
    config["duid"] = json!("0004aabbccdd");
    config["bond"] = json!({ "ipv4": { "iaid": 0x1234_5678 } });
    s.pi.reload_with(&config);
    s.pi.wait("the fixed address", LONG, |st| {
        status::has_address(st, "bond0", "192.168.43.55/24")
    });
    let st = s.pi.status();
    assert_eq!(st["duid"], "00:04:aa:bb:cc:dd");
    assert_eq!(status::link(&st, "bond0")["iaid"], 0x1234_5678);
    let text = s.pi.call(&["status"]);
    assert!(
        text.contains("DUID 00:04:aa:bb:cc:dd; IAID bond0 305419896 (12:34:56:78)"),
        "{text}"
    );
    let log = s.lan.dhcp_log();
    assert!(log.contains("DHCPACK(br0) 192.168.43.55"), "{log}");
}

#[test]
fn release_and_renew_by_hand() {
    let s = Scene::served();
    s.pi.start(&one_line());
    let address = s.leased();
    assert_eq!(s.pi.call(&["renew", "bond0"]), "asking for the lease\n");
    wait_until("a renewal", SHORT, || {
        let log = s.lan.dhcp_log();
        log.matches(&format!("DHCPACK(br0) {address}")).count() >= 2
    });
    assert_eq!(s.pi.call(&["release"]), "the lease was given back\n");
    let gone = || !s.pi.ns.ip("-4 address show dev bond0").contains(&address);
    wait_until("no address", SHORT, gone);
    assert!(s.lan.dhcp_log().contains("DHCPRELEASE(br0)"));
    let (code, _, err) = s.pi.wifibond(&["release"]);
    assert_eq!(code, 1);
    assert!(err.contains("there is no lease"), "{err}");
    s.pi.call(&["renew"]);
    assert_eq!(s.leased(), address);
    let (code, _, err) = s.pi.wifibond(&["renew", "eth7"]);
    assert_eq!(code, 1);
    assert!(err.contains("eth7: no lease there"), "{err}");
}

#[test]
fn the_cable_has_a_lease_of_its_own_and_a_better_metric() {
    let s = Scene::served();
    let lan = s.lab.lan("10.0.0.1/24");
    lan.serve_dhcp("10.0.0.50,10.0.0.60,255.255.255.0,1h");
    let cable = s.lab.cable(&lan, &s.pi, "eth0");
    s.pi.start(&one_line());
    let address = s.leased();
    s.pi.wait("a lease on eth0", SHORT, |st| {
        status::link(st, "eth0")["lease"]["server"] == "10.0.0.1"
    });
    wait_until("the cable wins", SHORT, || s.uplink() == "eth0");
    cable.pull();
    wait_until("the bond takes over", SHORT, || s.uplink() == "bond0");
    assert!(!s.pi.ns.ip("-4 address show dev eth0").contains("10.0.0."));
    cable.plug();
    wait_until("the cable wins again", SHORT, || s.uplink() == "eth0");
    assert_eq!(s.leased(), address);
}

/// The file of somebody else is left alone; one without servers is taken and given back.
#[test]
fn name_servers_of_the_lease_are_written_and_taken_back() {
    let s = Scene::served();
    let etc = || s.pi.ns.run("cat", &["/etc/resolv.conf"]);
    let put = |text: &str| {
        s.pi.ns
            .run("sh", &["-c", &format!("printf '{text}' >/etc/resolv.conf")]);
    };
    put("# nothing here\\n");
    s.pi.ns.run("mkdir", &["-p", "/run/systemd"]);
    // Stands in for systemctl, and writes down what it is told.
    let calls = "/run/systemctl-calls";
    let script = format!("#!/bin/sh\\necho \"$@\" >>{calls}\\n");
    let make = format!("printf '{script}' >/usr/sbin/systemctl; chmod 755 /usr/sbin/systemctl");
    s.pi.ns.run("sh", &["-c", &make]);
    let told = || {
        let calls = s.pi.ns.read(calls).unwrap_or_default();
        let told = "--no-block try-reload-or-restart systemd-timesyncd";
        calls.lines().filter(|line| *line == told).count()
    };
    let mut config = one_line();
    config["bond"] = json!({ "dns": ["192.168.43.1"], "search": ["own.example"] });
    s.pi.start(&config);
    s.leased();
    let expected = "search own.example lan.example\n\
                    nameserver 192.168.43.1\nnameserver 9.9.9.9\nnameserver 149.112.112.112\n";
    wait_until("the name servers", SHORT, || etc().ends_with(expected));
    assert_eq!(s.pi.status()["dns"][1], "9.9.9.9");
    let time = "/run/systemd/timesyncd.conf.d/50-wifibond.conf";
    let ntp = s.pi.ns.read(time).unwrap_or_default();
    assert!(ntp.ends_with("[Time]\nNTP=192.168.43.7\n"), "{ntp}");
    wait_until("timesyncd is told", SHORT, || told() == 1);
    let exit = s.pi.terminate();
    assert_eq!(exit.code(), Some(0), "{exit:?}");
    assert_eq!(etc(), "# nothing here\n");
    assert_eq!(s.pi.ns.read(time), None);
    assert_eq!(told(), 2, "when they are taken back");
    s.pi.ns.run("rm", &["/usr/sbin/systemctl"]);
    put("nameserver 198.51.100.7\\n");
    s.pi.start_again();
    s.leased();
    wait_until("our own file", SHORT, || {
        let ours = s.pi.ns.read("/run/wifibond/resolv.conf");
        ours.is_some_and(|text| text.ends_with(expected))
    });
    assert_eq!(etc(), "nameserver 198.51.100.7\n");
}

#[test]
fn an_address_that_another_machine_has_is_declined() {
    let s = Scene::served();
    s.pi.start(&one_line());
    let address = s.leased();
    s.pi.terminate();
    // The gateway stands in for the other machine: it answers for that address.
    s.lan.ns.ip(&format!("address add {address}/32 dev br0"));
    s.pi.start_again();
    s.pi.wait("another address", LONG, |st| {
        let lease = status::link(st, "bond0")["lease"].is_object();
        lease && status::online(st) && !status::has_address(st, "bond0", &format!("{address}/24"))
    });
    let log = s.lan.dhcp_log();
    assert!(
        log.contains(&format!("DHCPDECLINE(br0) {address}")),
        "{log}"
    );
    assert!(s.pi.log().contains("another machine has the address"));
    assert_ne!(s.leased(), address);
}

/// With arp_ignore=0, the default, any interface answers for all addresses of its machine.
#[test]
fn a_second_interface_in_the_same_network_makes_no_conflict() {
    let s = Scene::served();
    let _cable = s.lab.cable(&s.lan, &s.pi, "eth0");
    s.pi.ns.ip("link set eth0 up");
    let mut config = one_line();
    config["links"] = json!([]);
    s.pi.start(&config);
    let address = s.leased();
    // The probes take 2.6 s (RFC 5227); pings show that the address works all the while.
    let pings = Pinger::every_10_ms(&s.lan.ns, &address);
    pings.wait_answers(400, LONG);
    pings.stop();
    assert_eq!(s.leased(), address);
    let log = s.lan.dhcp_log();
    assert!(!log.contains("DHCPDECLINE"), "{log}");
    assert!(!s.pi.log().contains("another machine"), "{}", s.pi.log());
}

/// Another server than dnsmasq, and leases of 10 s: renewed at half time, again and again.
#[test]
fn short_leases_are_renewed_and_the_address_stays() {
    let s = Scene::new();
    s.pi.start(&one_line());
    s.both();
    s.lan
        .serve_short_leases("192.168.43.60", "192.168.43.69", 10);
    let address = s.leased();
    let pings = Pinger::every_10_ms(&s.lan.ns, &address);
    pings.wait_answers(20, SHORT);
    for round in 1..=3 {
        let left = |st: &Value| status::link(st, "bond0")["lease"]["expires_s"].as_u64();
        s.pi.wait("the lease half over", LONG, |st| left(st) <= Some(6));
        s.pi.wait(&format!("renewal {round}"), LONG, |st| left(st) >= Some(9));
        assert_eq!(s.leased(), address);
    }
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "{pings:?}");
    // The server goes: the lease ends, and with it the address.
    s.lan.stop_dhcp();
    s.pi.wait("no lease", LONG, |st| {
        status::link(st, "bond0")["lease"].is_null()
    });
    assert!(!s.pi.ns.ip("-4 address show dev bond0").contains(&address));
    assert!(s.pi.log().contains("has ended"));
    s.lan
        .serve_short_leases("192.168.43.60", "192.168.43.69", 10);
    assert_eq!(s.leased(), address);
}
