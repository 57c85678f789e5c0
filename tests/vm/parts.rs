//! Parts that are handled alone: one lease, one member, one supplicant, one address; the way
//! down, and what `status` tells of each member.

use crate::lab::scene::{LONG, MAC0, MAC1, PASSPHRASE, SHORT, SSID, config, static_ipv4};
use crate::lab::{Network, Pinger, Scene, status, wait_until};
use serde_json::json;
use std::time::Duration;

#[test]
fn one_member_is_set_down_and_up_again() {
    let s = Scene::running();
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    let answer = s.pi.call(&["member", "wlan0", "down"]);
    assert!(answer.contains("down until"), "{answer}");
    s.pi.wait("wlan1 active", SHORT, |st| status::active(st) == "wlan1");
    wait_until("its supplicant's end", SHORT, || {
        s.pi.supplicants().len() == 1
    });
    s.pi.stays("it stays down", Duration::from_secs(3), |st| {
        let state = &status::member(st, "wlan0")["state"];
        status::active(st) == "wlan1" && state == "set down by `wifibond member`"
    });
    assert_eq!(
        s.pi.kernel_members(),
        ["wlan0", "wlan1"],
        "a member all the same"
    );
    s.pi.call(&["member", "wlan0", "up"]);
    s.ready();
    let pings = pings.stop();
    assert!(
        pings.longest_outage() < Duration::from_millis(250),
        "{pings:?}"
    );
    assert_eq!(s.ap.associations(MAC1), 1, "the other one is not disturbed");
    for wrong in [["member", "wlan7", "down"], ["member", "eth0", "up"]] {
        assert_eq!(s.pi.wifibond(&wrong).0, 1);
    }
    assert_eq!(s.pi.wifibond(&["member", "wlan0", "sideways"]).0, 2);
    assert_eq!(s.pi.wifibond(&["member", "wlan0"]).0, 2);
}

#[test]
fn one_member_reads_its_networks_again_and_joins_anew() {
    let s = Scene::running();
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    s.pi.call(&["member", "wlan0", "reassociate"]);
    wait_until("wlan0 joined anew", LONG, || s.ap.associations(MAC0) == 2);
    s.ready();
    let pings = pings.stop();
    assert!(
        pings.longest_outage() < Duration::from_millis(250),
        "{pings:?}"
    );
    assert_eq!(s.ap.associations(MAC1), 1);
}

/// The bonding driver refuses a member that its link monitor has not seen since it joined.
#[test]
fn a_member_that_has_just_joined_can_be_switched_to() {
    let s = Scene::running();
    for _ in 0..5 {
        for (command, joined) in [("disconnect", false), ("reconnect", true)] {
            let place = ["-p", "/run/wifibond/wpa", "-i", "wlan1", command];
            s.pi.ns.run("wpa_cli", &place);
            s.pi.wait(command, LONG, |st| {
                status::authorized(st, "wlan1") == joined
            });
        }
        s.pi.call(&["switch", "wlan1"]);
        s.pi.call(&["switch", "wlan0"]);
    }
}

#[test]
fn wpa_cli_is_let_in_and_not_fought() {
    let s = Scene::running();
    let cli = |words: &[&str]| {
        let args = [&["-p", "/run/wifibond/wpa", "-i", "wlan1"], words].concat();
        s.pi.ns.run("wpa_cli", &args)
    };
    assert!(cli(&["status"]).contains("wpa_state=COMPLETED"));
    cli(&["disconnect"]);
    s.pi.wait("disconnected", SHORT, |st| !status::authorized(st, "wlan1"));
    s.pi.stays("it is left so", Duration::from_secs(10), |st| {
        !status::authorized(st, "wlan1") && status::active(st) == "wlan0"
    });
    cli(&["reconnect"]);
    s.ready();
    // A network of its own, added by hand, as wpa_gui does.
    let other = s
        .lab
        .access_point(&s.lan, Network::open("By hand").channel(6));
    let number = cli(&["add_network"]);
    let number = number.trim().lines().last().expect("a number").to_owned();
    cli(&["set_network", &number, "ssid", "\"By hand\""]);
    cli(&["set_network", &number, "key_mgmt", "NONE"]);
    cli(&["select_network", &number]);
    s.pi.wait("the other network", LONG, |st| {
        status::member(st, "wlan1")["ssid"] == "By hand"
    });
    assert!(s.wlan1.association().contains(other.bssid()));
}

#[test]
fn one_lease_is_given_back_and_asked_for_alone() {
    let s = Scene::new();
    s.lan.serve_dhcp("192.168.43.100,192.168.43.110,2m");
    let wired = s.lab.lan("10.0.0.1/24");
    let _cable = s.lab.cable(&wired, &s.pi, "eth0");
    wired.serve_dhcp("10.0.0.100,10.0.0.110,2m");
    let mut both = config();
    both["bond"]["ipv4"] = json!({ "dhcp": true });
    both["links"] = json!([{ "name": "eth0" }]);
    both["hostname"] = json!("box-17");
    s.pi.start(&both);
    s.pi.wait("both leases and both members", LONG, |st| {
        let joined = |name| status::member(st, name)["authorized"] == true;
        status::leased(st, "bond0")
            && status::leased(st, "eth0")
            && joined("wlan0")
            && joined("wlan1")
    });
    let named = "client provides name: box-17";
    assert!(s.lan.dhcp_log().contains(named), "{}", s.lan.dhcp_log());
    let associations = s.associations();
    let asked = wired.dhcp_log().matches("DHCPREQUEST").count();
    s.pi.call(&["release", "bond0"]);
    s.pi.wait("one lease", SHORT, |st| {
        !status::leased(st, "bond0") && status::leased(st, "eth0")
    });
    s.pi.call(&["renew", "bond0"]);
    s.pi.wait("both leases", SHORT, |st| {
        status::leased(st, "bond0") && status::leased(st, "eth0")
    });
    assert_eq!(wired.dhcp_log().matches("DHCPREQUEST").count(), asked);
    assert_eq!(s.associations(), associations);
}

#[test]
fn an_address_and_a_gateway_change_by_editing_the_file() {
    let s = Scene::running();
    s.lan.ns.ip("address add 192.168.43.254/24 dev br0");
    let mut other = config();
    other["bond"]["ipv4"] = static_ipv4("192.168.43.151/24", "192.168.43.254", 100);
    s.pi.reload_with(&other);
    wait_until("the new route", SHORT, || {
        s.pi.ns
            .ip("route show default")
            .contains("via 192.168.43.254")
    });
    let addresses = s.pi.ns.ip("-4 address show dev bond0");
    assert!(
        addresses.contains("192.168.43.151") && !addresses.contains("192.168.43.150"),
        "{addresses}"
    );
    let pings = Pinger::every_10_ms(&s.lan.ns, "192.168.43.151");
    pings.wait_answers(20, SHORT);
    pings.stop();
    assert_eq!(s.associations(), [1, 1]);
}

/// Leases, supplicants, addresses, members, bond; then all is as it was before.
#[test]
fn the_way_down_is_ordered_and_leaves_what_was_up_up() {
    let s = Scene::new();
    s.lan.serve_dhcp("192.168.43.100,192.168.43.110,2m");
    let cable = s.lab.cable(&s.lan, &s.pi, "eth0");
    s.pi.ns.ip("link set wlan0 up");
    s.pi.ns.ip("link set eth0 up");
    let before = s.pi.ns.ip("-o link").lines().count();
    let mut leased = config();
    leased["bond"]["ipv4"] = json!({ "dhcp": true });
    leased["bond"]["members"] = json!(["eth0", "wlan0", "wlan1"]);
    s.pi.wordy.set(true);
    s.pi.start(&leased);
    let st = s.pi.wait("a lease and all members", LONG, |st| {
        status::link(st, "bond0")["lease"].is_object()
            && status::authorized(st, "wlan0")
            && status::authorized(st, "wlan1")
    });
    // What the kernel's own view has, and more.
    let eth0 = status::member(&st, "eth0");
    assert_eq!(eth0["mii"], "up", "{st:#}");
    assert_eq!(eth0["speed_mbps"], 10_000, "a veth pair says so: {st:#}");
    assert_eq!(eth0["full_duplex"], true);
    assert_eq!(status::member(&st, "wlan0")["mac"], MAC0);
    assert_eq!(
        status::member(&st, "wlan0")["speed_mbps"],
        serde_json::Value::Null
    );
    let text = s.pi.call(&["status"]);
    assert!(text.contains("10000 Mbit/s full duplex"), "{text}");
    cable.pull();
    let st = s.pi.wait("its failure counted", SHORT, |st| {
        status::member(st, "eth0")["failures"] == 1
    });
    assert_eq!(status::member(&st, "eth0")["mii"], "down", "{st:#}");
    cable.plug();

    let began = std::time::Instant::now();
    assert!(s.pi.terminate().success());
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
    assert!(
        s.lan.dhcp_log().contains("DHCPRELEASE"),
        "{}",
        s.lan.dhcp_log()
    );
    let log = s.pi.log();
    let log = &log[log.find("stopping").expect("the way down")..];
    let first = |words: &str| {
        log.find(words)
            .unwrap_or_else(|| panic!("{words:?} in {log}"))
    };
    let last = |words: &str| {
        log.rfind(words)
            .unwrap_or_else(|| panic!("{words:?} in {log}"))
    };
    let steps = [
        ("bond0: give the lease back", "bond0: give the lease back"),
        ("bond0: remove 192.168.43.1", "bond0: remove 192.168.43.1"),
        (": stop wpa_supplicant", ": stop wpa_supplicant"),
        (": free it from its bond", ": free it from its bond"),
        ("bond0: delete it", "bond0: delete it"),
    ];
    for pair in steps.windows(2) {
        assert!(last(pair[0].1) < first(pair[1].0), "{pair:?} in {log}");
    }
    let flags = |link: &str| {
        let flags = s.pi.ns.link(link, "flags");
        u32::from_str_radix(flags.trim_start_matches("0x"), 16).expect("flags") & 1
    };
    assert_eq!((flags("wlan0"), flags("wlan1"), flags("eth0")), (1, 0, 1));
    assert_eq!(
        s.pi.ns.ip("-o link").lines().count(),
        before,
        "the bond is gone"
    );
    assert_eq!(s.pi.supplicants(), [] as [i32; 0]);
    let left = std::fs::read_dir(s.pi.ns.path("/run/wifibond")).expect("the run directory");
    let left: Vec<_> = left.flatten().map(|e| e.file_name()).collect();
    let marks = left.iter().filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with("restore.") || name.starts_with("slow.")
    });
    assert_eq!(marks.count(), 0, "{left:?}");
}

#[test]
fn more_adapters_than_two_are_members_up_to_eight() {
    let s = Scene::new();
    let more: Vec<_> = (2..8)
        .map(|n| {
            s.lab.radio(
                &s.pi.ns,
                &format!("wlan{n}"),
                &format!("02:00:00:00:00:1{n}"),
            )
        })
        .collect();
    let names: Vec<String> = (0..8).map(|n| format!("wlan{n}")).collect();
    let mut all = config();
    all["wifi"] = json!([{ "ssid": SSID, "passphrase": PASSPHRASE }]);
    all["bond"]["members"] = json!(names);
    s.pi.start(&all);
    s.pi.wait("eight members", Duration::from_secs(120), |st| {
        names.iter().all(|name| status::authorized(st, name))
    });
    s.answers();
    // A ninth in the file is refused with words.
    all["bond"]["members"] = json!((0..9).map(|n| format!("wlan{n}")).collect::<Vec<_>>());
    s.pi.write_config(&all.to_string());
    let (code, _, complaint) = s.pi.wifibond(&["check"]);
    assert_eq!(code, 1);
    assert!(
        complaint.contains("too many entries; 8 at most"),
        "{complaint}"
    );
    drop(more);
}
