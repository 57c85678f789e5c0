//! Looking into what `status --json` says.

use serde_json::Value;

/// The active member's name; empty: none.
pub fn active(status: &Value) -> &str {
    status["bond"]["active"].as_str().unwrap_or_default()
}

/// One member's entry; null if there is none.
pub fn member<'a>(status: &'a Value, name: &str) -> &'a Value {
    named(&status["bond"]["members"], name)
}

/// One link's entry; null if there is none.
pub fn link<'a>(status: &'a Value, name: &str) -> &'a Value {
    named(&status["links"], name)
}

pub fn authorized(status: &Value, name: &str) -> bool {
    member(status, name)["authorized"] == true
}

pub fn online(status: &Value) -> bool {
    status["online"] == true
}

/// The names of the members that are there.
pub fn members(status: &Value) -> Vec<&str> {
    let members = status["bond"]["members"].as_array();
    members
        .into_iter()
        .flatten()
        .filter_map(|member| member["name"].as_str())
        .collect()
}

/// Whether a link has this address, with its prefix length.
pub fn has_address(status: &Value, name: &str, address: &str) -> bool {
    let addresses = link(status, name)["addresses"].as_array();
    addresses.is_some_and(|list| list.iter().any(|entry| entry["address"] == address))
}

fn named<'a>(list: &'a Value, name: &str) -> &'a Value {
    let entry = list
        .as_array()
        .and_then(|list| list.iter().find(|entry| entry["name"] == name));
    entry.unwrap_or(&Value::Null)
}
