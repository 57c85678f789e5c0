//! What the units, files and profiles of the old ways do, each shown by a test that fails
//! without it here. The README's table "Coming from the wiki page or netctl" names them;
//! leases are in `coming_from_dhcp`.

use crate::lab;
use crate::lab::scene::{LONG, MAC0, MAC1, PASSPHRASE, PLANNED, SHORT, SSID, config, static_ipv4};
use crate::lab::{AccessPoint, Network, Pinger, Pings, Scene, status, wait_for, wait_until};
use serde_json::{Value, json};
use std::time::Duration;

/// An option of the bond as the kernel has it: "active-backup 1".
fn option(s: &Scene, name: &str) -> String {
    s.pi.ns.link("bond0", &format!("bonding/{name}"))
}

/// `master@NAME`: a bond or a bridge of any name.
#[test]
fn the_bond_and_a_bridge_have_the_names_of_the_file() {
    let s = Scene::new();
    let yard = s.lab.lan("192.168.50.1/24");
    let _cable = s.lab.cable(&yard, &s.pi, "eth0");
    let mut named = config();
    named["bond"]["name"] = json!("uplink0");
    named["bridges"] = json!([{ "name": "yard", "members": ["eth0"],
        "ipv4": static_ipv4("192.168.50.2/24", "192.168.50.1", 200) }]);
    s.pi.start(&named);
    let st = s.pi.wait("both carry", LONG, |st| {
        status::active(st) == "wlan0" && status::has_address(st, "yard", "192.168.50.2/24")
    });
    assert_eq!(st["bond"]["name"], "uplink0");
    s.answers();
    let sysfs = |path: &str| s.pi.ns.path(&format!("/sys/class/net/{path}")).exists();
    assert!(sysfs("uplink0/bonding") && sysfs("yard/bridge"));
    assert!(!s.pi.ns.has("bond0") && !s.pi.ns.has("br0"));
    assert!(s.pi.terminate().success());
    assert!(!s.pi.ns.has("uplink0") && !s.pi.ns.has("yard"));
}

/// `PRIMARY`, `primary=`: it need not be the first in the list.
#[test]
fn the_primary_may_be_another_than_the_first_member() {
    let s = Scene::new();
    let mut second = config();
    second["bond"]["primary"] = json!("wlan1");
    s.pi.start(&second);
    let preferred = || {
        s.pi.wait("wlan1 active beside wlan0", LONG, |st| {
            status::active(st) == "wlan1"
                && status::authorized(st, "wlan0")
                && status::member(st, "wlan1")["primary"] == true
        });
        wait_until("the kernel's view", SHORT, || {
            option(&s, "primary") == "wlan1" && s.pi.kernel_active() == "wlan1"
        });
    };
    preferred();
    s.ap.deauthenticate(MAC1);
    s.pi.wait("wlan0 active", SHORT, |st| status::active(st) == "wlan0");
    preferred();
    s.answers();
}

/// `modprobe.d` and netctl's `LinkOptions`: what the file says is what sysfs says.
#[test]
fn the_options_of_the_bond_are_those_of_the_file() {
    let s = Scene::new();
    let mut file = config();
    let bond = &mut file["bond"];
    bond["miimon_ms"] = json!(50);
    bond["updelay_ms"] = json!(200);
    bond["downdelay_ms"] = json!(150);
    s.start(&file);
    let shown = || {
        let names = ["mode", "fail_over_mac", "miimon", "updelay", "downdelay"];
        names.map(|name| option(&s, name))
    };
    let expected = ["active-backup 1", "active 1", "50", "200", "150"];
    assert_eq!(shown(), expected);
    // The file's `primary_reselect` is carried out by wifibond: the kernel's is always this.
    assert_eq!(option(&s, "primary_reselect"), "failure 2");
    assert_eq!(option(&s, "arp_interval"), "0");
    // Gratuitous ARPs after a fail-over.
    assert_eq!(option(&s, "num_grat_arp"), "5");
    let bond = &mut file["bond"];
    bond["miimon_ms"] = json!(100);
    bond["updelay_ms"] = json!(0);
    bond["downdelay_ms"] = json!(300);
    s.pi.reload_with(&file);
    let expected = ["active-backup 1", "active 1", "100", "0", "300"];
    wait_until("the new options", SHORT, || shown() == expected);
    s.pi.reload_with(&config());
    let expected = ["active-backup 1", "active 1", "100", "0", "0"];
    wait_until("the defaults", SHORT, || shown() == expected);
}

/// `fail_over_mac=none` and `follow`: two cables with one hardware address.
#[test]
fn a_bond_of_cables_may_have_one_hardware_address() {
    let s = Scene::new();
    let _first = s.lab.cable(&s.lan, &s.pi, "eth0");
    let _second = s.lab.cable(&s.lan, &s.pi, "eth1");
    let mut wired = config();
    wired["bond"]["members"] = json!(["eth0", "eth1"]);
    wired["bond"]["primary"] = json!("eth0");
    for (word, number, same) in [("none", 0, true), ("follow", 2, false)] {
        wired["bond"]["fail_over_mac"] = json!(word);
        s.pi.start(&wired);
        s.pi.wait("both cables", LONG, |st| {
            status::active(st) == "eth0" && status::authorized(st, "eth1")
        });
        assert_eq!(option(&s, "fail_over_mac"), format!("{word} {number}"));
        let mac = |link: &str| s.pi.ns.link(link, "address");
        assert_eq!(mac("eth0"), mac("bond0"));
        assert_eq!(mac("eth1") == mac("bond0"), same, "{word}");
        s.answers();
        assert!(s.pi.terminate().success());
    }
}

/// `primary_reselect`: a veth pair says 10,000 Mbit/s, Wi-Fi tells no speed and counts as
/// slower.
#[test]
fn the_primary_comes_back_as_the_file_says() {
    let s = Scene::new();
    let cable = s.lab.cable(&s.lan, &s.pi, "eth0");
    let mut file = config();
    file["bond"]["members"] = json!(["eth0", "wlan0"]);
    for (n, (primary, word, comes_back)) in [
        ("eth0", "better", true),
        ("wlan0", "better", false),
        ("wlan0", "always", true),
        ("wlan0", "failure", false),
        ("eth0", "failure", false),
    ]
    .into_iter()
    .enumerate()
    {
        file["bond"]["primary"] = json!(primary);
        file["bond"]["primary_reselect"] = json!(word);
        match n {
            0 => s.pi.start(&file),
            _ => s.pi.reload_with(&file),
        }
        let other = if primary == "eth0" { "wlan0" } else { "eth0" };
        let both = |st: &Value| status::authorized(st, "eth0") && status::authorized(st, "wlan0");
        s.pi.wait("both members", LONG, both);
        // The primary fails, and comes back.
        let fails = |member: &str| match member {
            "eth0" => cable.pull(),
            _ => s.ap.deauthenticate(MAC0),
        };
        s.pi.call(&["switch", primary]);
        s.pi.wait("the primary active", SHORT, |st| {
            status::active(st) == primary
        });
        fails(primary);
        s.pi.wait("the other active", SHORT, |st| status::active(st) == other);
        cable.plug();
        if comes_back {
            s.pi.wait(&format!("{word}: back to {primary}"), LONG, |st| {
                status::active(st) == primary
            });
            continue;
        }
        s.pi.wait("both members", LONG, both);
        let stays = Duration::from_secs(1);
        s.pi.stays(&format!("{word}: stays on {other}"), stays, |st| {
            status::active(st) == other && both(st)
        });
    }
    s.answers();
}

/// `systemctl reload supplicant@wlan1` after a change of its file: that member alone reads
/// its networks, and joins anew.
#[test]
fn a_member_alone_reads_its_networks_anew() {
    let s = Scene::running();
    let pings = s.pings();
    let second = s
        .lab
        .access_point(&s.lan, Network::wpa2("Second", PASSPHRASE).channel(6));
    let joined = |ssid: &'static str| {
        s.pi.wait(&format!("wlan1 on {ssid}"), LONG, move |st| {
            status::authorized(st, "wlan1") && status::member(st, "wlan1")["ssid"] == ssid
        });
    };
    // The file has another network for wlan1.
    let mut file = config();
    file["wifi"] = json!([
        { "ssid": SSID, "passphrase": PASSPHRASE, "members": ["wlan0"] },
        { "ssid": "Second", "passphrase": PASSPHRASE, "members": ["wlan1"] },
    ]);
    s.pi.reload_with(&file);
    joined("Second");
    assert!(s.wlan1.association().contains(second.bssid()));
    // wlan1's wpa_supplicant has lost its networks: to associate again is not enough.
    let cli = |words: &[&str]| {
        let args = [&["-p", "/run/wifibond/wpa", "-i", "wlan1"], words].concat();
        s.pi.ns.run("wpa_cli", &args)
    };
    cli(&["remove_network", "all"]);
    s.pi.wait("wlan1 left", SHORT, |st| !status::authorized(st, "wlan1"));
    s.pi.call(&["member", "wlan1", "reassociate"]);
    joined("Second");
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "wlan0 was never disturbed: {pings:?}");
    assert_eq!(connected(&s.ap, MAC0), 1);
    assert_eq!(connected(&second, MAC1), 2, "by reload, and by `member`");
}

/// How often this station was authorised. (An association request that is sent again counts
/// as another association in hostapd's log.)
fn connected(ap: &AccessPoint, mac: &str) -> usize {
    ap.log().matches(&format!("AP-STA-CONNECTED {mac}")).count()
}

/// While the bond carries, this access point makes three new keys of one kind for wlan0.
fn rekeyed(option: &str, kind: &str) -> Pings {
    let mut network = Network::wpa2(SSID, PASSPHRASE);
    network.extra.push(option.to_owned());
    let s = Scene::with(network);
    s.start(&config());
    let done = || {
        let line = format!("STA {MAC0} WPA: {kind} key handshake completed");
        s.ap.log().matches(&line).count()
    };
    let (before, switches) = (done(), s.pi.status()["bond"]["switches"].clone());
    let pings = s.pings();
    wait_until("three new keys", LONG, || done() >= before + 3);
    pings.wait_answers(50, SHORT);
    let pings = pings.stop();
    let st = s.pi.status();
    assert_eq!(st["bond"]["switches"], switches, "{st:#}");
    assert_eq!(connected(&s.ap, MAC0), 1, "joined once");
    pings
}

#[test]
fn a_new_key_of_the_group_costs_no_ping() {
    let pings = rekeyed("wpa_group_rekey=3", "group");
    assert_eq!(pings.lost(), 0, "{pings:?}");
}

/// A frame on its way while both sides change keys may be lost: without Extended Key ID
/// (IEEE 802.11-2016, 9.4.2.25.4) the old key is gone at once. That is one ping, as at a
/// planned switch, with or without a bond.
#[test]
fn a_new_key_of_the_active_member_costs_a_frame_at_most() {
    let pings = rekeyed("wpa_ptk_rekey=3", "pairwise");
    println!("{} of {} pings lost in new keys", pings.lost(), pings.sent);
    assert!(pings.longest_outage() < PLANNED, "{pings:?}");
}

/// `iw phy … set distance 10`: simulated radios have no such register, and refuse. What the
/// kernel was asked for stands in mac80211's own trace.
#[test]
fn the_distance_reaches_the_driver() {
    let s = Scene::new();
    let trace = "/sys/kernel/tracing";
    s.pi.ns.run("mount", &["-t", "tracefs", "tracefs", trace]);
    let enable = format!("{trace}/events/mac80211/drv_set_coverage_class/enable");
    std::fs::write(s.pi.ns.path(&enable), "1").expect("mac80211's trace event");
    let mut far = config();
    far["radio"] = json!({ "distance_m": 2000 });
    s.start(&far);
    let asked = wait_for("the request", SHORT, || {
        let text = s.pi.ns.read(&format!("{trace}/trace"))?;
        let line = text.lines().find(|line| line.contains("coverage_class:"));
        line.map(str::to_owned)
    });
    std::fs::write(s.pi.ns.path(&enable), "0").expect("the trace event off");
    // 3 µs a class, there and back (IEEE 802.11-2016, table 9-76): 450 m; 2,250 m are the fifth.
    assert!(asked.ends_with("value:5"), "{asked}");
    assert!(s.pi.wifibond(&["doctor"]).1.contains("2250 m"));
}

/// `ExcludeAuto`, `Priority`, `netctl-ifplugd`: metrics decide between cables, and what the
/// file does not name is left alone.
#[test]
fn the_metric_decides_between_cables_and_others_are_left_alone() {
    let s = Scene::new();
    let lans = [1, 2, 3].map(|n| s.lab.lan(&format!("10.0.{n}.1/24")));
    let cables = ["eth0", "eth1", "eth2"]
        .iter()
        .zip(&lans)
        .map(|(name, lan)| s.lab.cable(lan, &s.pi, name))
        .collect::<Vec<_>>();
    let mut file = config();
    file["links"] = json!([
        { "name": "eth0", "ipv4": static_ipv4("10.0.1.2/24", "10.0.1.1", 20) },
        { "name": "eth1", "ipv4": static_ipv4("10.0.2.2/24", "10.0.2.1", 10) },
    ]);
    s.start(&file);
    let uplink = |interface: &str| {
        wait_until(&format!("the way out is {interface}"), SHORT, || {
            s.uplink() == interface
        });
    };
    uplink("eth1");
    cables[1].pull();
    uplink("eth0");
    cables[0].pull();
    uplink("bond0");
    cables[0].plug();
    uplink("eth0");
    cables[1].plug();
    uplink("eth1");
    // The lower number wins, whichever is named first.
    file["links"][0]["ipv4"] = static_ipv4("10.0.1.2/24", "10.0.1.1", 5);
    s.pi.reload_with(&file);
    uplink("eth0");
    // Not named: not even up.
    let flags = s.pi.ns.link("eth2", "flags");
    assert_eq!(flags, "0x1002", "IFF_BROADCAST | IFF_MULTICAST");
    assert!(s.pi.ns.ip("address show dev eth2").lines().count() == 2);
}

/// Drop-ins order one wpa_supplicant after the other, because some pairs of adapters disturb
/// each other's first scan. Simulated radios do not; what can be shown is that neither waits
/// for the other, nor fails with it.
#[test]
fn no_supplicant_waits_for_the_other() {
    for absent in ["wlan0", "wlan1"] {
        let s = Scene::new();
        let (far, near) = match absent {
            "wlan0" => (&s.wlan0, "wlan1"),
            _ => (&s.wlan1, "wlan0"),
        };
        far.out_of_range();
        s.pi.start(&config());
        s.pi.wait(&format!("{near} alone"), LONG, |st| {
            status::active(st) == near && !status::authorized(st, absent)
        });
        assert_eq!(s.pi.supplicants().len(), 2, "both run");
        let pings = Pinger::every_10_ms(&s.lan.ns, lab::scene::ADDRESS);
        pings.wait_answers(20, SHORT);
        pings.stop();
        far.in_range();
        s.ready();
    }
}
