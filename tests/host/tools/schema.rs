//! The JSON Schema of the file (draft 7, which editors know best), made of the grammar and
//! `image/reference/keys.txt`.
use super::reference::{About, about, table};
use super::structure::rules;
use super::{assert_made, place, text};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::process::Command;
use wifibond::config::countries;
use wifibond::config::grammar::{ALL, Field, Kind, Object};

pub const FILE: &str = "image/overlay/usr/share/wifibond/wifibond.schema.json";

const OCTET: &str = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const V6: &str = "[0-9A-Fa-f]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*";
const LABEL: &str = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const NAME: &str = "(?!(\\.|\\.\\.|all|default|lo)$)[^ /:%\\u0000-\\u001f\\u007f-\\u00a0]{1,15}";
const UNICAST: &str = "[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){5}";

fn pattern(inside: &str) -> Value {
    json!({ "type": "string", "pattern": format!("^({inside})$") })
}

/// What a text of this form is. Characters are counted here, octets by the program: the limits
/// refuse what is too long in any case.
fn form(name: &str) -> Value {
    let v4 = format!("{OCTET}(\\.{OCTET}){{3}}");
    let cidr4 = format!("{v4}/(3[0-2]|[12]?[0-9])");
    let cidr6 = format!("{V6}/(12[0-8]|1[01][0-9]|[1-9]?[0-9])");
    let domain = format!("{LABEL}(\\.{LABEL})*");
    match name {
        "any" => json!({ "type": "string" }),
        "country" => country(),
        "label" => pattern(LABEL),
        "duid" => pattern("auto|([0-9A-Fa-f]{2}){3,130}|[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){2,129}"),
        "ssid" => json!({ "type": "string", "minLength": 1, "maxLength": 32 }),
        "ssid_hex" => pattern("([0-9A-Fa-f]{2}){1,32}"),
        // Eight octets may be two characters beyond ASCII.
        "passphrase" => json!({ "type": "string", "maxLength": 63,
            "pattern": "^([ -~]{8,}|[^\\u0000-\\u001f\\u007f-\\u009f]*[^\\u0000-~\\u007f-\\u009f][^\\u0000-\\u001f\\u007f-\\u009f]*)$" }),
        "psk" => pattern("[0-9A-Fa-f]{64}"),
        "credential" => json!({ "type": "string", "minLength": 1, "maxLength": 128,
            "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$" }),
        "path" => json!({ "type": "string", "maxLength": 128,
            "pattern": "^/[^\\u0000-\\u001f\\u007f-\\u009f]*$" }),
        "dns_name" => {
            json!({ "type": "string", "maxLength": 253, "pattern": format!("^{domain}$") })
        }
        "unicast_mac" => pattern(UNICAST),
        "if_name" => pattern(NAME),
        "matcher" => pattern(&format!(
            "{NAME}|mac:{UNICAST}|usb:([0-9]+-[0-9]+(\\.[0-9]+)*|\\*)|driver:[A-Za-z0-9_-]{{1,31}}|wifi:\\*|wired:\\*"
        )),
        "ip4" => pattern(&v4),
        "ip" => pattern(&format!("{v4}|{V6}")),
        "cidr4" => pattern(&cidr4),
        "cidr6" => pattern(&cidr6),
        "destination" => pattern(&format!("default|{cidr4}|{cidr6}")),
        "probe" => pattern(&format!("gateway|off|{v4}|{V6}")),
        other => panic!("there is no form {other}"),
    }
}

/// Editors offer the codes in capitals; either case is taken.
fn country() -> Value {
    let codes: Vec<&str> = countries::all().map(|country| country.code).collect();
    let either = |c: char| format!("[{c}{}]", c.to_ascii_lowercase());
    let any_case = codes
        .iter()
        .map(|code| code.chars().map(either).collect::<String>());
    let any_case = any_case.collect::<Vec<_>>().join("|");
    json!({ "anyOf": [{ "enum": codes }, pattern(&any_case)] })
}

/// The name of an object among the definitions.
fn definition(object: &Object) -> String {
    object.place.trim_end_matches("[]").into()
}

fn reference(object: &Object) -> Value {
    json!({ "$ref": format!("#/definitions/{}", definition(object)) })
}

fn value(field: &Field, about: &About) -> Value {
    let entry = about.entries.iter().find(|entry| entry.key == field.key);
    let entry = entry.unwrap_or_else(|| panic!("keys.txt lacks {}", field.key));
    let mut schema = match field.kind {
        Kind::Text | Kind::Secret => form(&entry.form),
        Kind::Choice(words) => json!({ "enum": words.iter().collect::<Vec<_>>() }),
        Kind::Number { min, max, .. } => {
            json!({ "type": "integer", "minimum": min, "maximum": max })
        }
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Texts { max } => {
            json!({ "type": "array", "maxItems": max, "uniqueItems": true, "items": form(&entry.form) })
        }
        Kind::Objects { of, max } => {
            json!({ "type": "array", "maxItems": max, "items": reference(of) })
        }
        // Beside a $ref draft 7 reads nothing: a description needs a frame.
        Kind::Object(of) => json!({ "allOf": [reference(of)] }),
    };
    let default = entry.default.as_deref().unwrap_or_default();
    let unit = entry.unit.as_ref().map(|unit| format!(" In {unit}."));
    let mut description = format!("{}{}", entry.meaning, unit.unwrap_or_default());
    match serde_json::from_str::<Value>(default) {
        Ok(default) => schema["default"] = default,
        Err(_) if !default.is_empty() => description += &format!(" Default: {default}."),
        Err(_) => {}
    }
    schema["description"] = description.replace('`', "").into();
    schema
}

fn object(object: &Object, about: &About) -> Value {
    let properties: Map<String, Value> = object
        .fields
        .iter()
        .map(|field| (field.key.to_owned(), value(field, about)))
        .collect();
    let mut schema = json!({
        "type": "object",
        "title": about.title,
        "additionalProperties": false,
        "properties": properties,
    });
    for (word, rule) in rules(object.place) {
        schema[word] = rule;
    }
    schema
}

fn schema() -> String {
    let table = table();
    let (file, parts) = ALL.split_first().expect("the file itself");
    let definitions: BTreeMap<String, Value> = parts
        .iter()
        .map(|part| (definition(part), object(part, about(&table, part))))
        .collect();
    let mut schema = object(file, about(&table, file));
    schema["$schema"] = "http://json-schema.org/draft-07/schema#".into();
    schema["title"] = "wifibond.json".into();
    schema["$comment"] = "Made of the program's own tables. It knows what a value may be; what \
        depends on several values together, `wifibond check` knows."
        .into();
    schema["definitions"] = json!(definitions);
    serde_json::to_string_pretty(&schema).expect("JSON") + "\n"
}

#[test]
fn the_schema_that_is_installed_is_that_of_the_tables() {
    assert_made(FILE, &schema());
}

/// What the validator says of each text: `None`: it is no JSON for it.
pub fn verdicts(texts: &[String]) -> Vec<Option<bool>> {
    let input = serde_json::to_vec(texts).expect("JSON");
    let work = std::env::temp_dir().join(format!("wifibond-schema-{}", std::process::id()));
    let work = work.with_extension(format!("{:?}", std::thread::current().id()));
    std::fs::write(&work, input).expect("a temporary file");
    let mut command = Command::new("/usr/bin/python3");
    let script = place("tests/tools/validate.py");
    let output = command.arg(script).arg(place(FILE)).arg(&work).output();
    let output = output.expect("Debian's Python");
    let _ = std::fs::remove_file(&work);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let verdicts: Vec<Option<bool>> = serde_json::from_slice(&output.stdout).expect("a list");
    assert_eq!(verdicts.len(), texts.len());
    verdicts
}
