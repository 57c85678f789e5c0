//! Two files, and the words on what differs between them.
use super::difference;
use crate::config::parse;

/// What these files differ in; both have the rest of the usual one.
#[track_caller]
fn between(old: &str, new: &str) -> String {
    let read = |text: &str| parse(text.as_bytes()).unwrap_or_else(|e| panic!("{text}: {e}"));
    let mut out = String::new();
    difference(&read(old), &read(new), &mut out);
    out
}

#[test]
fn every_key_of_the_largest_file_is_compared() {
    let whole = include_str!("../../../tests/config/good/whole.json");
    assert_eq!(between(whole, whole), "");
    let all = between("{}", whole);
    for part in ["bond.", "wifi ", "links ", "bridges ", "radio.", "health."] {
        assert!(all.lines().any(|line| line.starts_with(part)), "{all}");
    }
}

#[test]
fn values_are_shown_in_the_words_of_the_file() {
    let old = r#"{"bond":{"miimon_ms":100,"members":["eth0","eth1"],"ipv4":{
        "addresses":["10.0.0.2/24"]}},"links":[{"name":"eth2","ipv4":{"metric":10}}]}"#;
    let new = r#"{"hostname":"box","log_level":"warn","led":"ACT","bond":{"miimon_ms":50,"members":["eth1","eth0"],"ipv4":{
        "addresses":["10.0.0.2/24","10.0.0.3/24"],
        "routes":[{"to":"default","via":"10.0.0.1"}]}},
        "links":[{"name":"eth2","ipv4":{"metric":20}},{"name":"eth3"}]}"#;
    let lines = [
        "hostname: + box",
        "log_level: info -> warn",
        "led: + ACT",
        "bond.members: eth0, eth1 -> eth1, eth0",
        "bond.primary: eth0 -> eth1",
        "bond.miimon_ms: 100 -> 50",
        "bond.ipv4.addresses: + 10.0.0.3/24",
        "bond.ipv4.routes: + default via 10.0.0.1 metric 100",
        "links eth2: ipv4.metric 10 -> 20",
        "links eth3 added",
    ];
    assert_eq!(between(old, new).lines().collect::<Vec<_>>(), lines);
}

#[test]
fn no_secret_is_shown() {
    let wifi = |list: &str| format!(r#"{{"country":"BE","wifi":[{list}]}}"#);
    let home = |rest: &str| format!(r#"{{"ssid":"Home: 2",{rest}}}"#);
    let one = wifi(&home(r#""passphrase":"correct horse""#));
    let two = wifi(&home(r#""passphrase":"battery staple","priority":3"#));
    assert_eq!(
        between(&one, &two),
        "wifi \"Home: 2\": passphrase changed\nwifi \"Home: 2\": priority 0 -> 3\n"
    );
    let eap = |rest: &str| {
        wifi(&home(&format!(
            r#""security":"eap","eap":{{"method":"peap","identity":"me",{rest}}}"#
        )))
    };
    let (old, new) = (eap(r#""password":"one""#), eap(r#""password":"two""#));
    assert_eq!(
        between(&old, &new),
        "wifi \"Home: 2\": eap.password changed\n"
    );
    let all = between(&one, &new) + &between("{}", &one) + &between(&new, &one);
    for secret in ["horse", "staple", "two", "me\n"] {
        assert!(!all.contains(secret), "{all}");
    }
    // Two of one name, and another order.
    let other = r#"{"ssid":"Other"}"#;
    let second = r#"{"ssid":"Other","bssid":"02:00:00:00:00:01"}"#;
    let text = between(
        &wifi(&format!("{},{other},{second}", home(r#""hidden":false"#))),
        &wifi(&format!("{other},{}", home(r#""hidden":true"#))),
    );
    assert_eq!(
        text,
        "wifi: \"Home: 2\", \"Other\" -> \"Other\", \"Home: 2\"\n\
         wifi \"Home: 2\": hidden false -> true\nwifi \"Other\" (2) removed\n"
    );
}

#[test]
fn a_long_list_is_cut_and_says_so() {
    let links: Vec<String> = (0..8)
        .map(|n| {
            let list: Vec<String> = (1..9)
                .map(|host| format!("\"10.0.{n}.{host}/24\""))
                .collect();
            format!(
                r#"{{"name":"eth{n}","ipv4":{{"metric":{n},"addresses":[{}]}}}}"#,
                list.join(",")
            )
        })
        .collect();
    let none = |link: &String| {
        link.split_once(r#","addresses"#)
            .map(|(link, _)| link.to_owned() + "}}")
    };
    let names: Vec<String> = links.iter().filter_map(none).collect();
    let file = |links: &[String]| {
        format!(
            r#"{{"bond":{{"members":[]}},"links":[{}]}}"#,
            links.join(",")
        )
    };
    let text = between(&file(&names), &file(&links));
    assert_eq!(text.lines().count(), 41);
    assert!(text.ends_with("\nand 24 more\n"), "{text}");
}
