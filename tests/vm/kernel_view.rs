//! What the kernel tells of the bond in its own file, beside `wifibond status`.
use crate::lab::scene::{LONG, MAC0, SHORT, config};
use crate::lab::{Scene, status, wait_for};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The sections of /proc/net/bonding/bond0: the bond's own under "", then each member's.
fn kernel_view(s: &Scene) -> BTreeMap<String, BTreeMap<String, String>> {
    let text = s.pi.ns.run("cat", &["/proc/net/bonding/bond0"]);
    let mut sections = BTreeMap::new();
    let mut name = String::new();
    for line in text.lines() {
        let Some((key, value)) = line.split_once(": ") else {
            continue;
        };
        if key == "Slave Interface" {
            name = value.to_owned();
        }
        let section: &mut BTreeMap<_, _> = sections.entry(name.clone()).or_default();
        section.insert(key.to_owned(), value.to_owned());
    }
    sections
}

/// Everything that `cat /proc/net/bonding/bond0` tells, `status` tells too.
#[test]
fn status_agrees_with_the_kernel_s_own_file() {
    let s = Scene::new();
    let cable = s.lab.cable(&s.lan, &s.pi, "eth0");
    let mut file = config();
    file["bond"]["members"] = json!(["eth0", "wlan0", "wlan1"]);
    file["bond"]["primary"] = json!("eth0");
    // Each a number of its own, none of them a default.
    for (key, ms) in [
        ("miimon_ms", 50),
        ("updelay_ms", 100),
        ("downdelay_ms", 150),
    ] {
        file["bond"][key] = json!(ms);
    }
    s.pi.start(&file);
    let all = |st: &Value| {
        let joined = |name| status::authorized(st, name);
        status::active(st) == "eth0" && joined("wlan0") && joined("wlan1")
    };
    s.pi.wait("all three", LONG, all);
    agree(&s, "eth0");
    cable.pull();
    s.pi.wait("wlan0 active", SHORT, |st| status::active(st) == "wlan0");
    agree(&s, "wlan0");
    s.ap.deauthenticate(MAC0);
    s.pi.wait("wlan1 active", SHORT, |st| status::active(st) == "wlan1");
    s.pi.wait("wlan0 back", LONG, |st| status::authorized(st, "wlan0"));
    cable.plug();
    s.pi.wait("all three", LONG, all);
    agree(&s, "eth0");
}

#[track_caller]
fn agree(s: &Scene, active: &str) {
    // The file and the status are read one after the other: once more if something moved.
    wait_for("the two views to be of one moment", SHORT, || {
        let before = kernel_view(s);
        let st = s.pi.status();
        // A link without carrier is "up" there until the bond's next look (miimon).
        let looked = |name: &&str| {
            let up = match before.get(*name).map(|port| port["MII Status"].as_str()) {
                Some("up") => true,
                Some("down") => false,
                // "going down" and "going back" last as long as the delays. With miimon the
                // kernel announces neither (BOND_SLAVE_NOTIFY_LATER in bond_mii_monitor()).
                _ => return false,
            };
            status::member(&st, name)["carrier"] == json!(up)
        };
        let settled = status::members(&st).iter().all(looked) && kernel_view(s) == before;
        settled.then(|| compare(&before, &st, active))?;
        Some(())
    });
}

#[track_caller]
fn compare(kernel: &BTreeMap<String, BTreeMap<String, String>>, st: &Value, active: &str) {
    let bond = &kernel[""];
    assert_eq!(bond["Currently Active Slave"], active);
    assert_eq!(status::active(st), active);
    let ours = &st["bond"];
    let word = |key: &str| ours[key].as_str().unwrap_or_default();
    let (mode, same_mac) = (word("mode"), word("fail_over_mac"));
    let mode = format!("fault-tolerance ({mode}) (fail_over_mac {same_mac})");
    assert_eq!(bond["Bonding Mode"], mode);
    for (theirs, key) in [
        ("MII Polling Interval (ms)", "miimon_ms"),
        ("Up Delay (ms)", "updelay_ms"),
        ("Down Delay (ms)", "downdelay_ms"),
    ] {
        assert_eq!(bond[theirs], ours[key].to_string(), "{key}");
    }
    // "None", or the primary and how it is chosen again.
    if let Some((_, how)) = bond["Primary Slave"].split_once(" (primary_reselect ") {
        assert_eq!(how.trim_end_matches(')'), word("kernel_primary_reselect"));
    }
    let names: Vec<&str> = kernel.keys().skip(1).map(String::as_str).collect();
    assert_eq!(status::members(st), names, "{st:#}");
    for name in names {
        let (theirs, ours) = (&kernel[name], status::member(st, name));
        let number = |text: &str| text.split(' ').next().and_then(|n| n.parse::<u64>().ok());
        assert_eq!(ours["mii"], *theirs["MII Status"], "{name}: {theirs:?}");
        // A veth pair names a speed without carrier, too: it means nothing then.
        let up = theirs["MII Status"] == "up";
        let speed = number(&theirs["Speed"]).filter(|_| up);
        assert_eq!(ours["speed_mbps"].as_u64(), speed, "{name}: {theirs:?}");
        let duplex = match theirs["Duplex"].as_str() {
            "full" if up => json!(true),
            "half" if up => json!(false),
            _ => Value::Null,
        };
        assert_eq!(ours["full_duplex"], duplex, "{name}: {theirs:?}");
        let failures = number(&theirs["Link Failure Count"]);
        assert_eq!(ours["failures"].as_u64(), failures, "{name}: {theirs:?}");
        assert_eq!(ours["mac"], *theirs["Permanent HW addr"]);
    }
}
