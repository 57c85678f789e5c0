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

/// What probing has found out about a member: "healthy", "suspect", "bad" or "unknown".
pub fn health<'a>(status: &'a Value, name: &str) -> &'a str {
    member(status, name)["health"].as_str().unwrap_or_default()
}

pub fn healthy(status: &Value, name: &str) -> bool {
    member(status, name)["healthy"] == true && health(status, name) == "healthy"
}

/// Found dead.
pub fn bad(status: &Value, name: &str) -> bool {
    member(status, name)["healthy"] == false && health(status, name) == "bad"
}

pub fn online(status: &Value) -> bool {
    status["online"] == true
}

/// Whether a link has a lease of DHCPv4.
pub fn leased(status: &Value, name: &str) -> bool {
    link(status, name)["lease"].is_object()
}

/// Whether a link has a lease of DHCPv6.
pub fn leased6(status: &Value, name: &str) -> bool {
    link(status, name)["lease6"].is_object()
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
