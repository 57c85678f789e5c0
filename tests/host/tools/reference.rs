//! `image/reference/keys.txt`, joined with the grammar: every key with its meaning.
use super::read;
use std::collections::BTreeMap;
use wifibond::config::grammar::{ALL, Kind, Object};

/// What is known of a key beside its kind.
pub struct Entry {
    pub key: String,
    /// The name of the form of its text; empty for other kinds.
    pub form: String,
    pub unit: Option<String>,
    /// As JSON or in words.
    pub default: Option<String>,
    pub meaning: String,
}

/// What an object is, and its keys in order.
pub struct About {
    pub title: String,
    pub entries: Vec<Entry>,
}

/// By the object's place.
pub fn table() -> BTreeMap<String, About> {
    let mut table: BTreeMap<String, About> = BTreeMap::new();
    let (text, mut place) = (read("image/reference/keys.txt"), None);
    for line in text.lines().filter(|line| !line.is_empty()) {
        if line.starts_with('#') {
            continue;
        }
        if let Some(head) = line.strip_prefix('@') {
            let (name, title) = head.split_once('|').expect("a title");
            let about = About {
                title: title.trim().into(),
                entries: Vec::new(),
            };
            let name = name.trim().to_owned();
            assert!(table.insert(name.clone(), about).is_none(), "{name} twice");
            place = Some(name);
            continue;
        }
        let cells: Vec<&str> = line.split(" | ").collect();
        let [key, form, unit, default, meaning] = cells[..] else {
            panic!("five cells are needed: {line}");
        };
        let known = |cell: &str| Some(cell.to_owned()).filter(|cell| cell != "-");
        let place = place.as_ref().and_then(|place| table.get_mut(place));
        place.expect("an object").entries.push(Entry {
            key: key.into(),
            form: known(form).unwrap_or_default(),
            unit: known(unit),
            default: known(default),
            meaning: meaning.into(),
        });
    }
    table
}

/// The table's part for an object of the grammar.
pub fn about<'t>(table: &'t BTreeMap<String, About>, object: &Object) -> &'t About {
    let place = object.place;
    table
        .get(place)
        .unwrap_or_else(|| panic!("image/reference/keys.txt has no \"@ {place}\""))
}

#[test]
fn every_key_of_the_grammar_has_its_entry_and_no_other() {
    let table = table();
    let places: Vec<&str> = ALL.iter().map(|object| object.place).collect();
    assert_eq!(table.len(), places.len());
    for object in ALL {
        let about = about(&table, object);
        let mut written: Vec<&str> = about.entries.iter().map(|e| &*e.key).collect();
        let mut known: Vec<&str> = object.fields.iter().map(|field| field.key).collect();
        written.sort_unstable();
        known.sort_unstable();
        assert_eq!(
            written, known,
            "left: keys.txt, right: the grammar, {:?}",
            object.place
        );
        for entry in &about.entries {
            let kind = object.field(&entry.key).expect("a key").kind;
            let texts = matches!(kind, Kind::Text | Kind::Secret | Kind::Texts { .. });
            assert_eq!(
                texts,
                !entry.form.is_empty(),
                "{}: a form is for texts",
                entry.key
            );
            assert!(entry.meaning.ends_with('.'), "{}", entry.key);
        }
    }
}

/// A file with this part of the object at `place`.
pub fn file_with(place: &str, part: &str) -> String {
    let frame = match place {
        "" => "{@}",
        "wifi[]" => r#"{"country":"BE","wifi":[{"ssid":"x",@}]}"#,
        "eap" => r#"{"links":[{"name":"eth1","wired_auth":{"identity":"x","password":"x",@}}]}"#,
        "bond" => r#"{"bond":{@}}"#,
        "bridges[]" => r#"{"bridges":[{"name":"br0","members":["eth1"],@}]}"#,
        "links[]" => r#"{"links":[{"name":"eth1",@}]}"#,
        "ipv4" => r#"{"bond":{"ipv4":{@}}}"#,
        "ipv6" => r#"{"bond":{"ipv6":{@}}}"#,
        "routes[]" => r#"{"bond":{"ipv4":{"routes":[{"to":"default","via":"192.0.2.1",@}]}}}"#,
        "fallback" => r#"{"bond":{"ipv4":{"fallback":{"address":"192.0.2.7/24",@}}}}"#,
        "radio" => r#"{"radio":{@}}"#,
        "health" => r#"{"health":{@}}"#,
        other => panic!("no file for {other}"),
    };
    frame.replace('@', part).replace(",}", "}")
}

/// What is read of the file.
#[track_caller]
fn meaning(file: &str) -> Box<wifibond::config::Config> {
    wifibond::config::parse(file.as_bytes()).unwrap_or_else(|errors| panic!("{file}: {errors}"))
}

#[test]
fn every_default_is_what_the_program_takes() {
    let (table, mut tried) = (table(), 0);
    for object in ALL {
        for entry in &about(&table, object).entries {
            let Some(default) = &entry.default else {
                continue;
            };
            if serde_json::from_str::<serde_json::Value>(default).is_err() {
                continue;
            }
            let part = format!("\"{}\":{default}", entry.key);
            let (with, without) = (file_with(object.place, &part), file_with(object.place, ""));
            assert!(
                meaning(&with) == meaning(&without),
                "{with} is not {without}"
            );
            tried += 1;
        }
    }
    assert!(tried >= 25, "only {tried} defaults were tried");
}
