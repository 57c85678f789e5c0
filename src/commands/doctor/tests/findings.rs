//! How findings are shown.
use super::super::finding::{Findings, Kind, MANAGER, RFKILL, SAME_HUB};
use super::super::of_daemon;
use super::*;

fn some(json: bool) -> Findings {
    let mut found = Findings::new(json);
    found.add(&MANAGER, "wlan0", "\"x\" manages it", "`kill 4711`");
    found.add(&MANAGER, "wlan1", "\"x\" manages it", "`kill 4711`");
    found.add(&SAME_HUB, "wlan0, wlan1", "both", "a port");
    found.add(&RFKILL, "", "off", "");
    found
}

#[test]
fn as_text_why_it_matters_is_said_once_and_notes_come_last() {
    let found = some(false);
    assert_eq!(found.count, 3);
    let lines = [
        "wlan0: \"x\" manages it: `kill 4711`",
        &format!("  {}", MANAGER.why),
        "wlan1: \"x\" manages it: `kill 4711`",
        "off",
        &format!("  {}", RFKILL.why),
        "note: wlan0, wlan1: both: a port",
        &format!("  {}", SAME_HUB.why),
    ];
    assert_eq!(found.shown().lines().collect::<Vec<_>>(), lines);
    let mut note = Findings::new(false);
    assert_eq!(note.shown(), "nothing found\n");
    note.add(&SAME_HUB, "a", "b", "");
    assert_eq!(note.count, 0);
    assert!(note.shown().starts_with("nothing found\nnote: a: b\n"));
}

/// It is parsed in `tests/host`.
#[test]
fn as_json_there_are_all_fields() {
    let text = some(true).shown();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], r#"{"version":1,"findings":["#);
    let why = MANAGER.why;
    let first = format!(
        r#"{{"id":"other-manager","severity":"error","place":"wlan0","what":"\"x\" manages it","why":"{why}","do":["`kill 4711`"]}},"#
    );
    assert_eq!(lines[1], first);
    assert!(lines[3].contains(r#""severity":"note""#), "{text}");
    assert!(lines[4].ends_with(r#""do":[]}"#), "{text}");
    assert_eq!(lines[5..], ["]}"]);
    let none = Findings::new(true).shown();
    assert_eq!(none.replace('\n', ""), r#"{"version":1,"findings":[]}"#);
}

#[test]
fn the_daemon_s_lines_are_findings() {
    let body = "not-online\t\tnot online\t\ncountry\tcountry\tno\tinstall\nnew\ta\tb\t\n\
        certificate\twifi[0].eap.ca_cert\t/missing.pem\t\n";
    let mut found = Vec::new();
    of_daemon(
        &Machine::at("/nowhere"),
        body,
        &mut |kind, place, what, cure| {
            found.push((kind.id, format!("{place}|{what}|{cure}")));
        },
    );
    let country = Kind::of_daemon("country");
    assert_eq!((country.id, country.severity), ("country", "warning"));
    let expected = [
        ("not-online", "|not online|"),
        ("country", "country|no|install"),
        ("problem", "a|b|"),
    ];
    assert_eq!(found, expected.map(|(id, text)| (id, text.to_owned())));
}
