//! Bridges: a Pi between two networks, with and without addresses, alone or with the bond.

use crate::lab::scene::{LONG, SHORT, static_ipv4};
use crate::lab::{Cable, Lab, Lan, Pi, Pinger, status, wait_until};
use serde_json::{Value, json};
use std::rc::Rc;
use std::time::Duration;

/// The Pi between two networks that are one through it.
struct Between {
    left: Rc<Lan>,
    right: Rc<Lan>,
    cables: [Rc<Cable>; 2],
    pi: Rc<Pi>,
    lab: Lab,
}

const LEFT: &str = "192.168.50.1";
const RIGHT: &str = "192.168.50.77";
const ADDRESS: &str = "192.168.50.150";

fn between() -> Between {
    let lab = Lab::new();
    let left = lab.lan(&format!("{LEFT}/24"));
    let right = lab.lan(&format!("{RIGHT}/24"));
    let pi = lab.pi();
    let cables = [
        lab.cable(&left, &pi, "eth0"),
        lab.cable(&right, &pi, "eth1"),
    ];
    Between {
        left,
        right,
        cables,
        pi,
        lab,
    }
}

fn bridge(members: &[&str]) -> Value {
    json!({
        "bond": { "members": [] },
        "bridges": [{ "name": "br0", "members": members,
            "ipv4": static_ipv4(&format!("{ADDRESS}/24"), LEFT, 10) }],
    })
}

impl Between {
    /// From one side to the other, through the Pi.
    fn through(&self) -> Pinger {
        Pinger::every_10_ms(&self.left.ns, RIGHT)
    }

    #[track_caller]
    fn passes(&self) {
        let pings = self.through();
        pings.wait_answers(20, LONG);
        pings.stop();
    }

    fn ports(&self) -> Vec<String> {
        let of = |name: &&str| self.pi.ns.link(name, "master/uevent").contains("br0");
        let names = ["bond0", "eth0", "eth1", "eth2"];
        names
            .iter()
            .filter(|n| of(n))
            .map(|n| (*n).to_owned())
            .collect()
    }

    #[track_caller]
    fn ready(&self) {
        self.pi.wait("the bridge's address", LONG, |st| {
            status::has_address(st, "br0", &format!("{ADDRESS}/24"))
        });
    }
}

#[test]
fn a_static_bridge_joins_two_networks() {
    let b = between();
    b.pi.ns.ip("address add 10.9.9.9/24 dev eth0");
    b.pi.start(&bridge(&["eth0", "eth1"]));
    b.ready();
    b.passes();
    assert_eq!(b.ports(), ["eth0", "eth1"]);
    let addresses = b.pi.ns.ip("-o address show");
    assert!(
        !addresses.contains("10.9.9.9"),
        "a port has no address: {addresses}"
    );
    assert!(
        b.pi.ns
            .ip("route show default")
            .contains("via 192.168.50.1 dev br0")
    );
    let own = Pinger::every_10_ms(&b.right.ns, ADDRESS);
    own.wait_answers(20, SHORT);
    own.stop();
    let text = b.pi.call(&["status"]);
    assert!(text.contains("carrier of eth0, eth1"), "{text}");

    b.cables[1].pull();
    b.pi.wait("a port without carrier", SHORT, |st| {
        status::link(st, "br0")["members"][1]["carrier"] == false
    });
    assert!(status::online(&b.pi.status()), "the other port carries");
    b.cables[1].plug();
    b.passes();
    b.cables[0].pull();
    b.cables[1].pull();
    b.pi.wait("not online", SHORT, |st| !status::online(st));
    b.cables[0].plug();
    b.cables[1].plug();
    b.ready();
    b.passes();

    // A crash costs nothing.
    let pings = b.through();
    pings.wait_answers(50, SHORT);
    b.pi.kill9();
    b.pi.start_again();
    b.ready();
    pings.wait_answers(50, SHORT);
    assert_eq!(pings.stop().lost(), 0);

    assert!(b.pi.terminate().success());
    assert!(!b.pi.ns.has("br0"));
    assert_eq!(b.pi.ns.link("eth0", "carrier"), "1", "up as it was left");
    assert!(
        b.pi.ns
            .attempt("cat", &["/proc/sys/net/ipv6/conf/eth0/disable_ipv6"])
            .is_ok_and(|v| v.trim() == "0")
    );
}

#[test]
fn a_bridge_without_an_address_only_passes_on() {
    let b = between();
    b.pi.start(&json!({
        "bond": { "members": [] },
        "bridges": [{ "name": "br0", "members": ["eth0", "eth1"],
            "ipv4": { "dhcp": false }, "ipv6": { "mode": "off" } }],
    }));
    b.passes();
    assert_eq!(b.pi.ns.ip("-o address show dev br0").trim(), "");
}

#[test]
fn ports_come_go_and_change_by_reload() {
    let b = between();
    b.cables[1].remove();
    b.pi.start(&bridge(&["eth0", "eth1"]));
    b.ready();
    assert_eq!(b.ports(), ["eth0"]);
    let again = b.lab.cable(&b.right, &b.pi, "eth1");
    b.passes();
    let third = b.lab.lan("192.168.50.88/24");
    let _cable = b.lab.cable(&third, &b.pi, "eth2");
    let pings = b.through();
    pings.wait_answers(20, SHORT);
    b.pi.reload_with(&bridge(&["eth0", "eth1", "eth2"]));
    let more = Pinger::every_10_ms(&b.left.ns, "192.168.50.88");
    more.wait_answers(20, LONG);
    more.stop();
    b.pi.reload_with(&bridge(&["eth0", "eth1"]));
    wait_until("it has left", SHORT, || b.ports() == ["eth0", "eth1"]);
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "{pings:?}");
    again.remove();
    wait_until("it is gone", SHORT, || b.ports() == ["eth0"]);
    // Another master's port is never taken.
    b.pi.ns.ip("link add br9 type bridge");
    b.pi.ns.ip("link set eth2 master br9");
    b.pi.reload_with(&bridge(&["eth0", "eth2"]));
    b.pi.wait("the words for it", SHORT, |st| {
        st["problems"]
            .to_string()
            .contains("belongs to br9 already")
    });
    let none = json!({ "bond": { "members": [] }, "links": [] });
    b.pi.force_with(&none);
    wait_until("no bridge", SHORT, || !b.pi.ns.has("br0"));
    assert!(b.pi.ns.has("br9"));
}

/// Made before any of its ports is there, the kernel's bridge has carrier.
#[test]
fn a_bridge_waits_for_its_first_port() {
    let b = between();
    b.cables[0].remove();
    b.cables[1].remove();
    b.pi.start(&bridge(&["eth0", "eth1"]));
    b.pi.wait("the bridge", SHORT, |st| {
        status::link(st, "br0")["present"] == true
    });
    b.pi.stays("not online", Duration::from_secs(1), |st| {
        !status::online(st) && !status::has_address(st, "br0", &format!("{ADDRESS}/24"))
    });
    assert_eq!(b.pi.ns.ip("route show default").trim(), "");
    let _left = b.lab.cable(&b.left, &b.pi, "eth0");
    b.ready();
    let own = Pinger::every_10_ms(&b.left.ns, ADDRESS);
    own.wait_answers(20, SHORT);
    own.stop();
}

/// The ports have been up with carrier for long.
#[test]
fn ports_that_are_up_make_it_ready_too() {
    let b = between();
    b.pi.ns.ip("link set eth0 up");
    b.pi.ns.ip("link set eth1 up");
    wait_until("carrier", SHORT, || {
        b.pi.ns.link("eth1", "operstate") == "up" && b.pi.ns.link("eth0", "operstate") == "up"
    });
    b.pi.start(&bridge(&["eth0", "eth1"]));
    b.ready();
    b.passes();
}

/// The bridge has the lowest hardware address of its ports, until that one leaves.
#[test]
fn a_port_that_leaves_with_the_bridges_address_is_hardly_noticed() {
    let b = between();
    b.pi.ns.ip("link set eth0 address 02:00:00:00:00:aa");
    b.pi.ns.ip("link set eth1 address 02:00:00:00:00:01");
    b.pi.start(&bridge(&["eth0", "eth1"]));
    b.ready();
    wait_until("the lowest", SHORT, || {
        b.pi.ns.link("br0", "address") == "02:00:00:00:00:01"
    });
    let own = Pinger::every_10_ms(&b.left.ns, ADDRESS);
    own.wait_answers(50, SHORT);
    b.cables[1].remove();
    own.wait_answers(150, LONG);
    let own = own.stop();
    assert!(own.longest_outage() < Duration::from_secs(2), "{own:?}");
}

#[test]
fn a_wired_bond_in_a_bridge() {
    let b = between();
    let _second = b.lab.cable(&b.left, &b.pi, "eth2");
    b.pi.start(&json!({
        "bond": { "members": ["eth0", "eth2"], "primary": "eth0" },
        "bridges": [{ "name": "br0", "members": ["bond0", "eth1"],
            "ipv4": static_ipv4(&format!("{ADDRESS}/24"), LEFT, 10) }],
    }));
    b.ready();
    b.passes();
    assert_eq!(b.ports(), ["bond0", "eth1"]);
    assert_eq!(b.pi.ns.ip("-o address show dev bond0").trim(), "");
    let st =
        b.pi.wait("eth0 active", SHORT, |st| status::active(st) == "eth0");
    assert!(status::link(&st, "bond0").is_null(), "{st:#}");
    let own = Pinger::every_10_ms(&b.left.ns, ADDRESS);
    own.wait_answers(20, SHORT);
    b.cables[0].pull();
    b.pi.wait("eth2 active", SHORT, |st| status::active(st) == "eth2");
    own.wait_answers(50, SHORT);
    own.stop();
    assert!(b.pi.terminate().success());
    assert!(!b.pi.ns.has("br0") && !b.pi.ns.has("bond0"));
}
