//! The four example files, each started as it is: the set-ups of the old pages.

use crate::lab::scene::{LONG, MAC0, MAC1, SHORT};
use crate::lab::{Lab, Network, Pinger, Scene, status, wait_until};
use std::path::Path;

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("image/examples")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A cable and Wi-Fi in one bond; DHCP and DHCPv6 with one identity.
#[test]
fn laptop() {
    let s = Scene::new();
    s.lan.serve_dhcp("192.168.43.100,192.168.43.110,2m");
    s.lan
        .serve_ipv6("fd00:43::1/64", "fd00:43::100,fd00:43::1ff,64,2m");
    s.pi.write_config(&example("laptop.json"));
    // A laptop has one Wi-Fi adapter, and no cable is plugged in yet.
    s.wlan1.unplug();
    s.pi.start_again();
    let st = s.pi.wait("both leases over Wi-Fi", LONG, |st| {
        status::active(st) == "wlan0" && status::leased(st, "bond0") && status::leased6(st, "bond0")
    });
    assert_eq!(status::members(&st), ["wlan0"], "eth0 is missing");
    let addresses = status::link(&st, "bond0")["addresses"].clone();
    let pings = Pinger::every_10_ms(&s.pi.ns, "192.168.43.1");
    pings.wait_answers(20, SHORT);
    // It takes the second when it is plugged in, and prefers it.
    let cable = s.lab.cable(&s.lan, &s.pi, "eth0");
    s.pi.wait("the cable active", LONG, |st| status::active(st) == "eth0");
    pings.wait_answers(50, SHORT);
    cable.pull();
    s.pi.wait("wlan0 active", SHORT, |st| status::active(st) == "wlan0");
    pings.wait_answers(50, SHORT);
    cable.plug();
    // It has been good for `health.hold_s` then.
    s.pi.wait("the cable active again", LONG, |st| {
        status::active(st) == "eth0"
    });
    pings.wait_answers(50, SHORT);
    let pings = pings.stop();
    // The far end of a new cable takes its time on a busy machine; ours takes none.
    assert!(pings.longest_outage().as_millis() < 1_500, "{pings:?}");
    // The same addresses throughout, and one identity for both kinds (RFC 4361).
    let st = s.pi.status();
    let same = |list: &serde_json::Value| {
        let list = list.as_array().into_iter().flatten();
        let mut leased: Vec<String> = list
            .filter(|a| a["from"] == "dhcp")
            .map(|a| a["address"].to_string())
            .collect();
        leased.sort();
        leased
    };
    assert_eq!(
        same(&status::link(&st, "bond0")["addresses"]),
        same(&addresses)
    );
    let bond = s.pi.ns.run("cat", &["/proc/net/bonding/bond0"]);
    assert!(
        bond.contains("active-backup) (fail_over_mac active)"),
        "{bond}"
    );
    assert!(bond.contains("MII Polling Interval (ms): 100"), "{bond}");
    let kept = std::fs::read_to_string(s.pi.ns.path("/var/lib/wifibond/duid"));
    let kept = kept.expect("the identity");
    // DUID-LL (RFC 8415, 11.4): type 3, Ethernet, the first adapter's address.
    let duid = format!("00:03:00:01:{}", kept.trim());
    let leases = s.lan.dhcp_leases();
    let lease = leases.iter().rfind(|line| line.contains(" 192.168.43.10"));
    let lease = lease.expect("dnsmasq's line for it");
    assert!(lease.ends_with(&duid), "{lease} has not {duid}");
    let log = s.lan.router_log();
    assert!(log.contains(&duid), "no DHCPv6 with {duid}: {log}");
}

/// Several addresses and routes of both kinds: alone, beside DHCP, and as the fail-safe.
#[test]
fn fixed_addresses() {
    let s = Scene::new();
    let wired = s.lab.lan("192.168.0.1/24");
    for more in ["10.1.0.1/16", "fd00:10::1/64 nodad", "fd00:11::1/64 nodad"] {
        wired.ns.ip(&format!("address add dev br0 {more}"));
    }
    let _eth0 = s.lab.cable(&wired, &s.pi, "eth0");
    let other = s.lab.lan("172.16.5.1/24");
    other.ns.ip("address add dev br0 10.77.0.1/24");
    other.serve_dhcp("10.77.0.100,10.77.0.110,2m");
    let _eth1 = s.lab.cable(&other, &s.pi, "eth1");
    s.pi.write_config(&example("static.json"));
    s.pi.start_again();
    // No server on the bond's network: the fail-safe comes up.
    let st = s.pi.wait("everything there", LONG, |st| {
        status::has_address(st, "bond0", "192.168.43.150/24")
            && status::has_address(st, "eth0", "10.1.0.106/16")
            && status::has_address(st, "eth1", "172.16.5.106/24")
            && status::leased(st, "eth1")
    });
    assert!(
        status::has_address(&st, "eth0", "192.168.0.106/24"),
        "{st:#}"
    );
    assert!(
        status::has_address(&st, "eth0", "fd00:10::106/64"),
        "{st:#}"
    );
    assert!(
        status::has_address(&st, "eth0", "fd00:11::106/64"),
        "{st:#}"
    );
    let routes = s.pi.ns.ip("route show");
    for route in [
        "default via 192.168.0.1 dev eth0 proto 119 metric 10",
        "default via 10.77.0.1 dev eth1 proto 119 metric 20",
        "default via 192.168.43.1 dev bond0 proto 119 metric 100",
        "10.2.0.0/16 via 10.1.0.1 dev eth0",
        "172.17.0.0/16 via 172.16.5.1 dev eth1",
    ] {
        assert!(routes.contains(route), "{route} in:\n{routes}");
    }
    let routes = s.pi.ns.ip("-6 route show");
    for route in [
        "fd00:20::/48 via fd00:10::1 dev eth0",
        "fd00:21::/48 via fd00:11::1 dev eth0",
    ] {
        assert!(routes.contains(route), "{route} in:\n{routes}");
    }
    for (from, to) in [
        (&wired, "192.168.0.106"),
        (&wired, "10.1.0.106"),
        (&wired, "fd00:11::106"),
        (&other, "172.16.5.106"),
        (&s.lan, "192.168.43.150"),
    ] {
        let pings = Pinger::every_10_ms(&from.ns, to);
        pings.wait_answers(10, SHORT);
        pings.stop();
    }
    let resolver =
        s.pi.ns
            .read("/run/wifibond/resolv.conf")
            .unwrap_or_default();
    assert!(
        resolver.contains("nameserver 192.168.0.1\nnameserver fd00:10::1\n"),
        "{resolver}"
    );
    assert!(resolver.contains("search lan.example.org"), "{resolver}");
}

#[test]
fn bridge() {
    let lab = Lab::new();
    let left = lab.lan("192.168.50.1/24");
    let right = lab.lan("192.168.50.77/24");
    let pi = lab.pi();
    let cable = lab.cable(&left, &pi, "eth0");
    let _other = lab.cable(&right, &pi, "eth1");
    left.serve_dhcp("192.168.50.100,192.168.50.110,2m");
    left.serve_ipv6("fd00:50::1/64", "fd00:50::100,fd00:50::1ff,64,2m");
    pi.write_config(&example("bridge.json"));
    pi.start_again();
    pi.wait("both leases", LONG, |st| {
        status::leased(st, "br0") && status::leased6(st, "br0") && status::online(st)
    });
    let pings = Pinger::every_10_ms(&left.ns, "192.168.50.77");
    pings.wait_answers(20, LONG);
    pings.stop();
    assert!(!pi.ns.has("bond0"), "a bridge in place of a bond");
    cable.pull();
    // The other side still reaches the Pi: the lease stays while a port has carrier.
    let st = pi.wait("a port without carrier", SHORT, |st| {
        status::link(st, "br0")["members"][0]["carrier"] == false
    });
    assert!(status::leased(&st, "br0") && status::online(&st), "{st:#}");
    cable.plug();
    let pings = Pinger::every_10_ms(&left.ns, "192.168.50.77");
    pings.wait_answers(20, LONG);
    pings.stop();
}

/// The blog post's own acceptance: unplug interfaces, take them down on the command line,
/// and the system stays online, also without the cable.
#[test]
fn two_adapters_and_a_cable() {
    let s = Scene::with(Network::wpa2("Hotspot", "correct horse"));
    let home = s.lab.lan("192.168.0.1/24");
    let cable = s.lab.cable(&home, &s.pi, "eth0");
    s.pi.write_config(&example("two-adapters-and-a-cable.json"));
    s.pi.start_again();
    let uplink = |interface: &str| {
        wait_until(&format!("the way out is {interface}"), LONG, || {
            s.uplink() == interface
        });
    };
    s.ready();
    uplink("eth0");
    let routes = s.pi.ns.ip("route show default");
    let routes: Vec<&str> = routes.lines().map(str::trim).collect();
    for route in [
        "default via 192.168.0.1 dev eth0 proto 119 metric 1",
        "default via 192.168.43.1 dev bond0 proto 119 metric 100",
    ] {
        assert!(routes.contains(&route), "{route} in {routes:#?}");
    }
    let resolver = || {
        s.pi.ns
            .read("/run/wifibond/resolv.conf")
            .unwrap_or_default()
    };
    assert!(
        resolver().contains("nameserver 192.168.0.1\nnameserver 192.168.43.1\n"),
        "{}",
        resolver()
    );
    // Whatever happens to the rest, the bond's address answers from here on.
    let pings = s.pings();
    pings.wait_answers(20, SHORT);

    cable.pull();
    uplink("bond0");
    wait_until("its server gone", SHORT, || {
        !resolver().contains("192.168.0.1\n")
    });
    cable.plug();
    uplink("eth0");
    s.pi.ns.ip("link set eth0 down");
    uplink("eth0");
    s.pi.wait_log("eth0: lost its carrier", SHORT);
    cable.remove();
    uplink("bond0");

    s.wlan0.unplug();
    s.pi.wait("wlan1 active", SHORT, |st| status::active(st) == "wlan1");
    s.wlan0.plug("wlan0");
    s.ready();
    s.pi.ns.ip("link set wlan0 down");
    s.pi.wait("online all the same", SHORT, status::online);
    // Lost for the second time it would be preferred again after a minute.
    s.pi.wait("both members", LONG, |st| {
        status::authorized(st, "wlan0") && status::authorized(st, "wlan1")
    });
    s.pi.call(&["switch", "wlan0"]);
    s.wlan1.unplug();
    s.pi.wait("wlan1 missing", SHORT, |st| {
        status::members(st) == ["wlan0"]
    });
    pings.wait_answers(100, SHORT);
    assert!(status::online(&s.pi.status()));
    let pings = pings.stop();
    assert!(pings.longest_outage().as_millis() < 1_000, "{pings:?}");
    assert!(s.ap.associations(MAC0) >= 3 && s.ap.associations(MAC1) == 1);
}
