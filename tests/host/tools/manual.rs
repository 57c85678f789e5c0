//! wifibond(8), and wifibond.json(5), whose keys are made of the grammar and
//! `image/reference/keys.txt`.
use super::reference::{Entry, about, table};
use super::{assert_made, commands, options, read, said};
use std::fmt::Write;
use wifibond::config::grammar::{ALL, Field, Kind};

const COMMANDS: &str = "image/overlay/usr/share/man/man8/wifibond.8";
const KEYS: &str = "image/overlay/usr/share/man/man5/wifibond.json.5";

/// Text of a line of mdoc: nothing in it is a macro or an escape.
fn plain(text: &str) -> String {
    let mut words = text.replace('\\', "\\e").replace('`', "");
    if words.starts_with(['.', '\'']) {
        words.insert_str(0, "\\&");
    }
    // Each sentence on a line of its own.
    words.replace(". ", ".\n")
}

/// What a text of this form is; of others the meaning says it.
fn text(form: &str) -> &'static str {
    match form {
        "country" => "two letters",
        "label" => "1 to 63 letters, digits and -",
        "ssid_hex" | "duid" | "psk" => "hexadecimal digits",
        "path" => "the path of a file on the box, which begins with /",
        "dns_name" => "a domain's name",
        "unicast_mac" => "a hardware address, as \"02:00:5E:10:20:30\"",
        "if_name" => "an interface's name, 1 to 15 octets",
        "matcher" => "an adapter, see Adapters",
        "ip" => "an IPv4 or IPv6 address",
        "ip4" => "an IPv4 address",
        "cidr4" => "an IPv4 address with its prefix length",
        "cidr6" => "an IPv6 address with its prefix length",
        "credential" => "a text of 1 to 128 octets",
        _ => "a text",
    }
}

fn kind(field: &Field, form: &str) -> String {
    match field.kind {
        Kind::Text | Kind::Secret => text(form).into(),
        Kind::Choice(words) => {
            let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
            words.join(", ")
        }
        Kind::Number { min, max, .. } if min == max => format!("the number {min}"),
        Kind::Number { min, max, .. } => format!("a number from {min} to {max}"),
        Kind::Flag => "true or false".into(),
        Kind::Texts { max } => format!("a list of at most {max}, each {}", text(form)),
        Kind::Objects { of, max } => format!("a list of at most {max} objects, see {}", of.place),
        Kind::Object(of) => format!("an object, see {}", of.place),
    }
}

fn item(out: &mut String, field: &Field, entry: &Entry) {
    let mut facts = kind(field, &entry.form);
    if let Some(unit) = &entry.unit {
        let _ = write!(facts, " of {unit}");
    }
    if let Some(default) = &entry.default {
        let _ = write!(facts, "; default: {default}");
    }
    let _ = writeln!(out, ".It Li {}\n({})", plain(&entry.key), plain(&facts));
    let _ = writeln!(out, ".br\n{}", plain(&entry.meaning));
}

/// The page: what is written by hand, with the keys of all objects in it.
fn page() -> String {
    let (table, mut keys) = (table(), String::new());
    for object in ALL {
        let about = about(&table, object);
        let colon = if object.place.is_empty() { "" } else { ": " };
        let title = about.title.replace(':', ",");
        let _ = writeln!(
            keys,
            ".Ss {}{colon}{title}\n.Bl -tag -width Ds",
            object.place
        );
        for field in object.fields {
            let entry = about.entries.iter().find(|entry| entry.key == field.key);
            item(&mut keys, field, entry.expect("an entry"));
        }
        keys.push_str(".El\n");
    }
    let frame = read("image/reference/wifibond.json.5");
    let frame = frame.replace(".Dd $Mdocdate$", ".Dd December 1, 2026");
    frame.replace("@KEYS@\n", &keys)
}

#[test]
fn the_manual_of_the_file_is_that_of_the_tables() {
    assert_made(KEYS, &page());
}

#[test]
fn mandoc_has_nothing_to_say_against_them() {
    for path in [COMMANDS, KEYS] {
        // Of systems that it does not know, and of pages of other packages, it warns in any case.
        let complaints = said("mandoc", &["-T", "lint", "-W", "warning", path]);
        assert_eq!(complaints, "");
        let shown = said("mandoc", &["-T", "ascii", path]);
        assert!(shown.lines().count() > 100, "{shown}");
    }
}

/// Examples of the pages are files that can be used.
#[test]
fn the_examples_of_the_manual_are_good() {
    let text = read(KEYS);
    let blocks = text.split(".Bd -literal -offset indent\n").skip(1);
    let blocks: Vec<&str> = blocks
        .filter_map(|block| block.split(".Ed\n").next())
        .collect();
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let read = wifibond::config::parse(block.as_bytes());
        assert!(read.is_ok(), "{block}");
    }
}

#[test]
fn every_command_and_option_has_its_entry_and_no_other() {
    let page = read(COMMANDS);
    let entries = page.lines().filter_map(|line| line.strip_prefix(".It Ic "));
    let mut written: Vec<&str> = entries.filter_map(|line| line.split(' ').next()).collect();
    written.dedup();
    assert_eq!(
        written,
        commands(),
        "left: wifibond.8; right: --help, in its order"
    );
    for (command, option) in options() {
        let start = page.find(&format!(".It Ic {command}")).expect("an entry");
        let rest = &page[start + 1..];
        let entry = &rest[..rest.find(".It Ic").unwrap_or(rest.len())];
        let flag = format!("Fl {}", &option[1..]);
        assert!(entry.contains(&flag), "{command} {option}: {entry}");
    }
    let exits = page.split(".Sh EXIT STATUS").nth(1).expect("a section");
    let exits = exits.split(".Sh").next().unwrap_or_default();
    for code in 0..=4 {
        assert!(
            exits.contains(&format!(".It {code}\n")),
            "exit status {code}"
        );
    }
}
