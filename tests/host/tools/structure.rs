//! Which keys an object needs and which exclude each other, as far as a schema says it; and the
//! schema held against all the files that the program itself is held against.
use super::reference::file_with;
use super::schema::verdicts;
use super::{place, read};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use wifibond::config;
use wifibond::config::grammar::{ALL, Kind};

/// Both keys are there.
fn both(a: &str, b: &str) -> Value {
    json!({ "required": [a, b] })
}

/// `key` is one of these words.
fn is(key: &str, words: &[&str]) -> Value {
    json!({ "required": [key], "properties": { key: { "enum": words } } })
}

/// None of these keys is there.
fn without(keys: &[&str]) -> Value {
    let any: Vec<Value> = keys
        .iter()
        .map(|key| json!({ "required": [key] }))
        .collect();
    json!({ "not": { "anyOf": any } })
}

/// Words of the schema for the object at a place, beside its keys.
pub fn rules(place: &str) -> Vec<(&'static str, Value)> {
    match place {
        "" => vec![
            (
                "if",
                json!({ "required": ["wifi"], "properties": { "wifi": { "minItems": 1 } } }),
            ),
            ("then", json!({ "required": ["country"] })),
        ],
        "wifi[]" => vec![
            (
                "oneOf",
                json!([{ "required": ["ssid"] }, { "required": ["ssid_hex"] }]),
            ),
            ("not", both("passphrase", "psk")),
            (
                "allOf",
                json!([
                    { "if": is("security", &["wpa3", "wpa2-wpa3"]),
                      "then": { "required": ["passphrase"] } },
                    { "if": is("security", &["wpa2"]),
                      "then": { "anyOf": [{ "required": ["passphrase"] }, { "required": ["psk"] }] } },
                    { "if": is("security", &["open", "owe", "eap"]),
                      "then": without(&["passphrase", "psk"]) },
                    { "if": is("security", &["eap"]), "then": { "required": ["eap"] } },
                    { "if": { "required": ["eap"] }, "then": { "allOf": [
                        without(&["passphrase", "psk"]),
                        { "properties": { "security": { "enum": ["eap"] } } },
                    ] } },
                    { "properties": { "members": { "minItems": 1 } } },
                ]),
            ),
        ],
        "eap" => vec![
            ("required", json!(["identity"])),
            ("dependencies", json!({ "domain": ["ca_cert"] })),
            ("if", is("method", &["tls"])),
            (
                "then",
                json!({ "required": ["client_cert", "private_key"], "not": { "required": ["inner"] } }),
            ),
            (
                "else",
                json!({ "required": ["password"], "allOf": [without(&["client_cert", "private_key"])] }),
            ),
            (
                "not",
                json!({ "allOf": [is("inner", &["pap"]), { "not": is("method", &["ttls", "tls"]) }] }),
            ),
        ],
        "bridges[]" => vec![
            ("required", json!(["name", "members"])),
            (
                "allOf",
                json!([{ "properties": { "members": { "minItems": 1, "not": { "contains": { "const": "wifi:*" } } } } }]),
            ),
        ],
        "links[]" => vec![("required", json!(["name"]))],
        "routes[]" => vec![
            ("required", json!(["to"])),
            (
                "allOf",
                json!([{
                    "if": { "required": ["onlink"], "properties": { "onlink": { "const": true } } },
                    "then": { "required": ["via"] },
                }]),
            ),
        ],
        "fallback" => vec![("required", json!(["address"]))],
        "ipv4" => vec![
            (
                "if",
                json!({ "required": ["dhcp"], "properties": { "dhcp": { "const": false } } }),
            ),
            (
                "then",
                json!({ "not": { "required": ["fallback"] },
                        "properties": { "link_local": { "const": false } } }),
            ),
        ],
        "ipv6" => vec![
            ("if", is("mode", &["off"])),
            (
                "then",
                json!({ "properties": { "addresses": { "maxItems": 0 }, "routes": { "maxItems": 0 } } }),
            ),
        ],
        _ => vec![],
    }
}

/// The texts of the JSON files there; `None` where one is no UTF-8.
fn texts(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for folder in folders {
        for entry in fs::read_dir(place(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                let bytes = fs::read(&path).expect("a file");
                found.push((path, String::from_utf8(bytes).unwrap_or_default()));
            }
        }
    }
    found.sort();
    found
}

fn name(path: &std::path::Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .expect("a name")
}

#[test]
fn every_good_file_is_valid() {
    let mut files = texts(&["image/examples", "tests/config/good"]);
    let first = "image/overlay/usr/share/wifibond/wifibond.json";
    files.push((place(first), read(first)));
    let readme = read("README.md");
    let blocks = readme.split("```json\n").skip(1);
    let blocks = blocks.filter_map(|block| block.split("```").next());
    files.extend(blocks.map(|block| (PathBuf::from("README.md"), block.to_owned())));
    let linked = r#"{ "$schema": "wifibond.schema.json" }"#;
    files.push((PathBuf::from("with $schema"), linked.into()));
    assert!(files.len() >= 16, "{}", files.len());
    let verdicts = verdicts(
        &files
            .iter()
            .map(|(_, text)| text.clone())
            .collect::<Vec<_>>(),
    );
    for ((path, text), verdict) in files.iter().zip(verdicts) {
        assert!(config::parse(text.as_bytes()).is_ok(), "{}", path.display());
        assert_eq!(verdict, Some(true), "{}: {text}", path.display());
    }
}

/// What is taken with a notice, too, where it is JSON for others.
#[test]
fn no_file_is_refused_that_the_program_takes() {
    let files = texts(&["tests/config/odd"]);
    let verdicts = verdicts(
        &files
            .iter()
            .map(|(_, text)| text.clone())
            .collect::<Vec<_>>(),
    );
    let valid = verdicts
        .iter()
        .filter(|verdict| **verdict == Some(true))
        .count();
    for ((path, _), verdict) in files.iter().zip(&verdicts) {
        assert_ne!(*verdict, Some(false), "{}", path.display());
    }
    assert!(valid >= 15, "only {valid} are JSON for others");
}

/// Wrong files that are JSON are refused, but for those in `tests/tools/beyond-the-schema`: what is
/// wrong there is between several values, or in the meaning of one.
#[test]
fn wrong_files_are_refused_but_for_those_that_only_the_program_knows() {
    let files = texts(&["tests/config/wrong"]);
    let verdicts = verdicts(
        &files
            .iter()
            .map(|(_, text)| text.clone())
            .collect::<Vec<_>>(),
    );
    let with = |wanted: bool| {
        let all = files.iter().zip(&verdicts);
        all.filter(move |(_, verdict)| **verdict == Some(wanted))
            .map(|((path, _), _)| name(path).trim_end_matches(".json"))
            .collect::<BTreeSet<&str>>()
    };
    let (taken, refused) = (with(true), with(false));
    if std::env::var_os("WIFIBOND_BLESS").is_some() {
        let list: String = taken.iter().map(|name| format!("{name}\n")).collect();
        fs::write(place("tests/tools/beyond-the-schema"), list).expect("a file");
    }
    let known = read("tests/tools/beyond-the-schema");
    let known: BTreeSet<&str> = known.lines().collect();
    assert_eq!(
        taken, known,
        "left: taken by the schema; right: known to be"
    );
    assert!(refused.len() >= 100, "only {} are refused", refused.len());
    println!("{} refused, {} beyond it", refused.len(), taken.len());
}

#[test]
fn limits_are_those_of_the_program() {
    let mut files = Vec::new();
    for object in ALL {
        for field in object.fields {
            let mut add = |value: String| {
                let part = format!("\"{}\":{value}", field.key);
                files.push(file_with(object.place, &part));
            };
            match field.kind {
                Kind::Number { min, max, .. } => {
                    for number in [
                        min.into(),
                        max.into(),
                        i64::from(min) - 1,
                        i64::from(max) + 1,
                    ] {
                        add(number.to_string());
                    }
                    add(format!("\"{min}\""));
                }
                Kind::Flag => {
                    ["true", "false", "0", "\"yes\"", "null"]
                        .iter()
                        .for_each(|v| add((*v).into()));
                }
                Kind::Choice(words) => {
                    words.iter().for_each(|word| add(format!("\"{word}\"")));
                    add("\"nothing of this\"".into());
                }
                Kind::Text | Kind::Secret => {
                    ["7", "[]", "null"].iter().for_each(|v| add((*v).into()));
                }
                Kind::Texts { .. } | Kind::Objects { .. } => {
                    ["\"x\"", "{}", "[1]"].iter().for_each(|v| add((*v).into()));
                }
                Kind::Object(_) => {
                    ["[]", "1"].iter().for_each(|v| add((*v).into()));
                }
            }
        }
    }
    let (mut both, mut refused) = (0, 0);
    for (file, verdict) in files.iter().zip(verdicts(&files)) {
        let taken = config::parse(file.as_bytes()).is_ok();
        match (taken, verdict) {
            (true, Some(true)) => both += 1,
            (false, Some(false)) => refused += 1,
            (true, _) => panic!("the schema refuses {file}"),
            // Between several values: the program alone knows.
            (false, _) => assert!(is_between(file), "the schema takes {file}"),
        }
    }
    assert!(
        both >= 60 && refused >= 200,
        "{both} taken by both, {refused} refused"
    );
}

/// Words that do not go with the rest of the file in [`file_with`].
fn is_between(file: &str) -> bool {
    let words = [
        "\"scope\":\"link\"",
        "\"scope\":\"host\"",
        "\"fail_over_mac\":\"none\"",
        "\"fail_over_mac\":\"follow\"",
        "\"metric\":10,",
    ];
    words.iter().any(|word| file.contains(word))
}
