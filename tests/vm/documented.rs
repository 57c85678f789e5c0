//! What the README documents of the commands' answers, held against the program: the fields
//! of `status --json` and `events --json`, and the exit codes.

use crate::lab::scene::{LONG, SHORT, config, static_ipv4};
use crate::lab::{Scene, status};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const README: &str = include_str!("../../README.md");

/// The text between two phrases.
#[track_caller]
fn between(from: &str, to: &str) -> &'static str {
    let start = README
        .find(from)
        .unwrap_or_else(|| panic!("the README says nowhere {from:?}"));
    let rest = &README[start + from.len()..];
    &rest[..rest
        .find(to)
        .unwrap_or_else(|| panic!("{to:?} does not follow"))]
}

/// The words in code there, without the brackets of lists.
fn names(text: &str) -> BTreeSet<String> {
    let spans = text.split('`').skip(1).step_by(2);
    spans
        .map(|span| span.trim_end_matches("[]").to_owned())
        .collect()
}

/// Every key in a JSON value, however deep.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                found.insert(key.clone());
                keys(value, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

/// A bond with both kinds of lease, a bridge with a port, and a problem.
fn rich() -> Scene {
    let s = Scene::new();
    s.lan.serve_dhcp("192.168.43.100,192.168.43.110,2m");
    s.lan
        .serve_ipv6("fd00:43::1/64", "fd00:43::100,fd00:43::1ff,64,2m");
    let yard = s.lab.lan("192.168.50.1/24");
    s.lab.cable(&yard, &s.pi, "eth0");
    let mut file = config();
    file["bond"]["ipv4"] = json!({ "dhcp": true });
    file["bond"]["members"] = json!(["wlan0", "wlan1", "wlan9"]);
    // wlan1 has no way in.
    file["wifi"] = json!([
        { "ssid": "Hotspot", "passphrase": "correct horse", "members": ["wlan0"] },
        { "ssid": "Hotspot", "passphrase": "battery staple", "members": ["wlan1"] },
    ]);
    file["bridges"] = json!([{ "name": "br0", "members": ["eth0"],
        "ipv4": static_ipv4("192.168.50.2/24", "192.168.50.1", 200) }]);
    s.pi.start(&file);
    s
}

#[test]
fn the_fields_of_the_status_are_the_documented_ones() {
    let s = rich();
    let st = s.pi.wait("everything that a status can have", LONG, |st| {
        let bond = status::link(st, "bond0");
        bond["lease"].is_object()
            && bond["lease6"].is_object()
            && status::link(st, "br0")["members"][0]["carrier"] == true
            && !st["problems"].as_array().expect("a list").is_empty()
    });
    let mut real = BTreeSet::new();
    keys(&st, &mut real);
    let text = between("`status --json` is one object", "What is unknown is `null`");
    assert_eq!(real, names(text), "left: the program; right: the README");
    let sources = names(between("An address is `from`", "\n\n"));
    for link in st["links"].as_array().expect("a list") {
        for address in link["addresses"].as_array().expect("a list") {
            let from = address["from"].as_str().expect("a word");
            assert!(sources.contains(from), "{from} is not in {sources:?}");
        }
    }
}

#[test]
fn the_fields_of_the_events_are_the_documented_ones() {
    let s = Scene::running();
    s.pi.call(&["switch", "wlan1"]);
    let events = s.pi.events();
    let mut real = BTreeSet::new();
    keys(&events, &mut real);
    let text = between("`events --json` is an array of objects:", "The outage is");
    let (_, after) = text.split_once("`kind`").expect("a field `kind`");
    let list = after.split(['(', ')']).nth(1).expect("its words");
    let kinds = names(list);
    let mut fields = names(text);
    fields.retain(|name| !kinds.contains(name));
    assert_eq!(real, fields, "left: the program; right: the README");
    for event in events.as_array().expect("a list") {
        let kind = event["kind"].as_str().expect("a word");
        assert!(kinds.contains(kind), "{kind} is not in {kinds:?}");
    }
}

#[test]
fn the_fields_of_findings_are_the_documented_ones() {
    let s = Scene::running();
    // Two members at one access point: a note, and nothing else.
    let (code, text, _) = s.pi.wifibond(&["doctor"]);
    assert_eq!(code, 0, "{text}");
    let note = "nothing found\nnote: wlan0, wlan1: both are on one channel (";
    assert!(text.starts_with(note), "{text}");
    let found = |code: i32| -> Value {
        let (exit, text, _) = s.pi.wifibond(&["doctor", "--json"]);
        assert_eq!(exit, code, "{text}");
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
    };
    let mut real = BTreeSet::new();
    let all = found(0);
    keys(&all, &mut real);
    let text = between("`doctor --json` is one\nobject with", "The exit codes");
    assert_eq!(real, names(text), "left: the program; right: the README");
    assert_eq!(all["findings"][0]["id"], "same-channel", "{all:#}");
    assert_eq!(all["findings"][0]["severity"], "note");

    // A certificate that begins in 2100, and a network that asks for it.
    let validity = b"\x30\x11\x18\x0f21000101000000Z";
    let fields = b"\xa0\x03\x02\x01\x02\x02\x01\x07\x30\x00\x30\x00";
    let inner = [&b"\x30\x1f"[..], fields, validity].concat();
    let certificate = [&b"\x30\x21"[..], &inner].concat();
    std::fs::write(s.pi.ns.path("/tmp/ca.der"), certificate).expect("a file");
    let mut file = config();
    let eap =
        json!({ "method": "peap", "identity": "me", "password": "x", "ca_cert": "/tmp/ca.der" });
    let campus = json!({ "ssid": "Campus", "security": "eap", "eap": eap });
    file["wifi"].as_array_mut().expect("a list").push(campus);
    s.pi.force_with(&file);
    let all = found(1);
    let list = all["findings"].as_array().expect("a list");
    let clock = list.iter().find(|one| one["id"] == "clock");
    let clock = clock.unwrap_or_else(|| panic!("no clock: {all:#}"));
    assert_eq!(clock["severity"], "error");
    assert_eq!(clock["place"], "wifi[1].eap.ca_cert");
    let what = clock["what"].as_str().expect("text");
    assert!(
        what.ends_with("/tmp/ca.der begins at 2100-01-01T00:00:00Z"),
        "{what}"
    );
}

/// The exit codes of each command in the README's table.
fn documented() -> BTreeMap<String, BTreeSet<i32>> {
    let table = between("## The commands", "\n2 is wrong usage");
    let mut codes: BTreeMap<String, BTreeSet<i32>> = BTreeMap::new();
    for row in table
        .lines()
        .filter(|line| line.starts_with("| `wifibond "))
    {
        let command = row.split([' ', '`']).nth(3).expect("a command");
        let exit = row
            .trim_end_matches(" |")
            .rsplit(" | ")
            .next()
            .unwrap_or_default();
        let numbers = exit
            .split([' ', ','])
            .filter_map(|word| word.parse::<i32>().ok());
        codes.entry(command.to_owned()).or_default().extend(numbers);
    }
    codes
}

#[test]
fn the_exit_codes_are_the_documented_ones() {
    let s = Scene::new();
    s.lan.serve_dhcp("192.168.43.100,192.168.43.110,2m");
    let mut seen: BTreeMap<String, BTreeSet<i32>> = BTreeMap::new();
    let mut call = |args: &[&str]| {
        let (code, out, complaint) = s.pi.wifibond(args);
        let on_its_stream = match code {
            0 | 3 => complaint.is_empty(),
            // `doctor` and `report` find something: that is their result.
            _ => !complaint.is_empty() || ["doctor", "report"].contains(&args[0]),
        };
        assert!(on_its_stream, "{args:?}: {code}, {out:?}, {complaint:?}");
        seen.entry(args[0].to_owned()).or_default().insert(code);
        code
    };
    // Nothing runs: 4 for each that asks the daemon.
    for args in [
        &["status"][..],
        &["events"],
        &["reload"],
        &["confirm"],
        &["report"],
        &["renew"],
        &["release"],
        &["switch", "wlan0"],
        &["member", "wlan0", "down"],
    ] {
        assert_eq!(s.pi.wifibond(args).0, 4, "{args:?}");
    }
    assert_eq!(call(&["status"]), 4);
    let mut file = config();
    file["bond"]["ipv4"] = json!({ "dhcp": true });
    s.pi.write_config(&file.to_string());
    assert_eq!(call(&["check"]), 0);
    assert_eq!(call(&["plan"]), 0);
    assert_eq!(call(&["doctor"]), 1);
    assert_eq!(call(&["wait-online", "--timeout", "1"]), 1);
    s.pi.start_again();
    s.pi.wait("an answer", SHORT, |_| true);
    assert_eq!(call(&["status"]), 3);
    let (code, out, _) = s.pi.wifibond(&["doctor"]);
    assert!(code == 1 && out.starts_with("not online\n"), "{out}");
    assert!(out.contains("\nbond0: no "), "{out}");
    s.pi.wait("both members and a lease", LONG, |st| {
        status::authorized(st, "wlan0")
            && status::authorized(st, "wlan1")
            && status::link(st, "bond0")["lease"].is_object()
    });
    file["bond"]["miimon_ms"] = json!(50);
    s.pi.write_config(&file.to_string());
    for args in [
        &["status"][..],
        &["events"],
        &["reload", "--confirm", "60"],
        &["confirm"],
        &["report"],
        &["renew"],
        &["wait-online"],
        &["doctor"],
        &["switch", "wlan1"],
        &["member", "wlan0", "reassociate"],
        &["release"],
    ] {
        assert_eq!(call(args), 0, "{args:?}");
    }
    for args in [
        &["renew", "eth7"][..],
        &["release", "eth7"],
        &["confirm"],
        &["switch", "wlan7"],
        &["member", "wlan7", "down"],
    ] {
        assert_eq!(call(args), 1, "{args:?}");
    }
    s.pi.write_config("{ \"contry\": 1 }");
    for command in ["check", "plan", "reload", "report"] {
        assert_eq!(call(&[command]), 1, "{command}");
    }
    let run = s.pi.terminate().code();
    seen.entry("run".into()).or_default().extend(run);
    assert_eq!(seen, documented(), "left: the program; right: the README");
}

/// "SIGUSR1 ends wifibond and leaves everything as it is for the next start."
#[test]
fn sigusr1_leaves_everything_for_the_next_start() {
    let s = Scene::running();
    let supplicants = s.pi.supplicants();
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    s.pi.signal(Signal::SIGUSR1);
    assert!(s.pi.wait_exit(SHORT).success());
    pings.wait_answers(100, SHORT);
    assert_eq!(s.pi.supplicants(), supplicants);
    assert_eq!(s.pi.kernel_members(), ["wlan0", "wlan1"]);
    s.pi.start_again();
    s.ready();
    pings.wait_answers(20, SHORT);
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "{pings:?}");
    assert_eq!(s.pi.supplicants(), supplicants, "adopted");
}
