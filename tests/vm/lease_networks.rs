//! A lease for each network: two access points, and behind each a network of its own.

use crate::lab::scene::{LONG, PASSPHRASE, SHORT, SSID};
use crate::lab::{AccessPoint, Lan, Network, RANGE, Scene, one_line, status, wait_until};
use serde_json::{Value, json};
use std::rc::Rc;

const OTHER_RANGE: &str = "10.7.0.50,10.7.0.60,255.255.255.0,1h";
const OTHER_GATEWAY: &str = "10.7.0.1";
const FILE: &str = "/var/lib/wifibond/lease-bond0";

struct Two {
    s: Scene,
    lan: Rc<Lan>,
    ap: Rc<AccessPoint>,
}

impl Two {
    /// Only the usual access point is on; wifibond is not started.
    fn new() -> Two {
        let s = Scene::new();
        let lan = s.lab.lan(&format!("{OTHER_GATEWAY}/24"));
        let network = Network::wpa2("Second", PASSPHRASE).channel(6);
        let ap = s.lab.access_point(&lan, network);
        ap.stop();
        Two { s, lan, ap }
    }

    fn start(&self) {
        let mut config = one_line();
        config["wifi"] = json!([
            { "ssid": SSID, "passphrase": PASSPHRASE },
            { "ssid": "Second", "passphrase": PASSPHRASE },
        ]);
        self.s.pi.start(&config);
    }

    /// The box is carried away from one access point to the other.
    fn carry(&self, from: &AccessPoint, to: &AccessPoint) {
        from.stop();
        self.s
            .pi
            .wait("nobody active", LONG, |st| status::active(st).is_empty());
        to.start();
    }

    /// The address that is lent by this server.
    #[track_caller]
    fn lent_by(&self, server: &str) -> String {
        self.s.pi.wait("its lease", LONG, |st| {
            status::link(st, "bond0")["lease"]["server"] == server && status::online(st)
        });
        self.s.leased()
    }

    /// Milliseconds from the last time that a member was authorised to the lease that followed.
    #[track_caller]
    fn until_leased(&self, server: &str) -> u64 {
        let events = self.s.pi.events();
        let events = events.as_array().expect("an array");
        let last = |from: u64, kind: &str, words: &str| {
            let is_it = |event: &&Value| {
                event["kind"] == kind
                    && event["text"].as_str().is_some_and(|t| t.contains(words))
                    && event["ago_ms"].as_u64().is_some_and(|ago| ago >= from)
            };
            let ago = events.iter().filter(is_it);
            let ago = ago.map(|event| event["ago_ms"].as_u64().expect("a number"));
            ago.min()
                .unwrap_or_else(|| panic!("no {words} in {events:#?}"))
        };
        let leased = last(0, "lease", &format!(" from {server} for "));
        last(leased, "radio", "authorised") - leased
    }
}

/// What the client asked in this part of dnsmasq's log, in its order; repetitions count once.
fn asked(log: &str) -> Vec<&str> {
    let words = log.lines().flat_map(|line| line.split(' '));
    let kinds = words.filter_map(|word| Some(word.strip_prefix("DHCP")?.split_once('(')?.0));
    let mut asked: Vec<&str> = kinds
        .filter(|kind| matches!(*kind, "DISCOVER" | "REQUEST" | "DECLINE"))
        .collect();
    asked.dedup();
    asked
}

fn file(two: &Two) -> String {
    two.s.pi.ns.read(FILE).unwrap_or_default()
}

/// The servers are as dnsmasq is by default: without authority, and they try an address for three
/// seconds before they offer it.
#[test]
fn in_each_network_its_own_address_is_asked_for_and_in_use_at_once() {
    let two = Two::new();
    let s = &two.s;
    s.lan.serve_dhcp_by_default(RANGE);
    two.lan.serve_dhcp_by_default(OTHER_RANGE);
    two.start();
    let first = two.lent_by("192.168.43.1");
    println!("new to the first: {} ms", two.until_leased("192.168.43.1"));
    two.carry(&s.ap, &two.ap);
    let second = two.lent_by(OTHER_GATEWAY);
    println!("new to the second: {} ms", two.until_leased(OTHER_GATEWAY));
    // Nothing of the first network was asked for in the second.
    let log = two.lan.dhcp_log();
    assert_eq!(asked(&log), ["DISCOVER", "REQUEST"], "{log}");
    assert!(!log.contains(&first), "{log}");
    for (lan, from, to, server, address) in [
        (&s.lan, &two.ap, &s.ap, "192.168.43.1", &first),
        (&two.lan, &s.ap, &two.ap, OTHER_GATEWAY, &second),
    ] {
        let before = lan.dhcp_log().len();
        two.carry(from, to);
        assert_eq!(two.lent_by(server), *address);
        let log = lan.dhcp_log().split_off(before);
        assert_eq!(asked(&log), ["REQUEST"], "{log}");
        let took = two.until_leased(server);
        println!("again in that of {server}: {took} ms");
        // The bond looks at its members every 100 ms.
        assert!(took <= 250, "{took} ms, {:#}", s.pi.events());
    }
    // The first is kept, and the second was given back.
    assert_eq!(s.pi.terminate().code(), Some(0));
    let lines = file(&two);
    let lines: Vec<&str> = lines.lines().collect();
    let wanted = [
        "wifibond leases 2".to_owned(),
        format!("5365636f6e64 {OTHER_GATEWAY} {OTHER_GATEWAY} {second} given-back"),
        format!("486f7473706f74 192.168.43.1 192.168.43.1 {first}"),
    ];
    assert_eq!(lines, wanted);
    // So it is in the next run, which begins in the first network.
    let before = s.lan.dhcp_log().len();
    two.ap.stop();
    s.ap.start();
    s.pi.start_again();
    assert_eq!(two.lent_by("192.168.43.1"), first);
    let log = s.lan.dhcp_log().split_off(before);
    assert_eq!(asked(&log), ["REQUEST"], "{log}");
}

/// While the box was away another machine took the address; the server does not know.
#[test]
fn a_confirmed_address_that_another_machine_has_is_given_up() {
    let two = Two::new();
    let s = &two.s;
    s.lan.serve_dhcp(RANGE);
    two.lan.serve_dhcp(OTHER_RANGE);
    two.start();
    let taken = two.lent_by("192.168.43.1");
    two.carry(&s.ap, &two.ap);
    two.lent_by(OTHER_GATEWAY);
    let other = s.lab.namespace("other");
    let cable = format!(
        "link add other type veth peer name eth0 netns {}",
        other.pid
    );
    s.lan.ns.ip(&cable);
    s.lan.ns.ip("link set other master br0 up");
    other.ip("link set eth0 up");
    other.ip(&format!("address add {taken}/24 dev eth0"));
    let before = s.lan.dhcp_log().len();
    two.carry(&two.ap, &s.ap);
    s.pi.wait_log("another machine has the address", LONG);
    let st = s.pi.status();
    let bond = status::link(&st, "bond0");
    assert!(
        bond["lease"].is_null() && bond["asking_ms"].is_u64(),
        "{st:#}"
    );
    // The server may offer it once more, to another adapter: then that is declined as well.
    s.pi.wait("another address", LONG, |st| {
        let bond = status::link(st, "bond0");
        bond["lease"]["server"] == "192.168.43.1"
            && !status::has_address(st, "bond0", &format!("{taken}/24"))
    });
    let other = two.lent_by("192.168.43.1");
    assert_ne!(other, taken);
    let log = s.lan.dhcp_log().split_off(before);
    let wanted = ["REQUEST", "DECLINE", "DISCOVER", "REQUEST"];
    assert!(asked(&log).starts_with(&wanted), "{log}");
    // It is not asked for again.
    two.carry(&s.ap, &two.ap);
    two.lent_by(OTHER_GATEWAY);
    two.carry(&two.ap, &s.ap);
    assert_eq!(two.lent_by("192.168.43.1"), other);
}

#[test]
fn a_file_of_leases_that_is_broken_or_cannot_be_written_is_said() {
    let s = Scene::served();
    let file = s.pi.ns.path(FILE);
    let directory = file.parent().expect("a directory");
    std::fs::create_dir_all(directory).expect("the state directory");
    std::fs::write(&file, b"\xff\xfe no leases").expect("a file");
    // No room, as on a full card; and as on a root that is read-only.
    let state = "/var/lib/wifibond";
    s.pi.ns.run("mount", &["--bind", state, state]);
    s.pi.ns.run("mount", &["-o", "remount,bind,ro", state]);
    s.pi.start(&one_line());
    s.leased();
    let has = |words: &str| s.pi.call(&["events", "-n", "128"]).contains(words);
    assert!(has("lease-bond0: is no text"), "{}", s.pi.events());
    wait_until("an event", LONG, || has("it is not kept for the next boot"));
    s.pi.terminate();
    s.pi.ns.run("umount", &[state]);
    s.pi.start_again();
    s.leased();
    wait_until("a file", SHORT, || {
        let text = std::fs::read(&file).unwrap_or_default();
        text.starts_with(b"wifibond leases 2\n486f7473706f74 192.168.43.1 ")
    });
}
