//! What good configuration files mean.
use super::*;

/// A file with `@` for a word, what is read of it, and each word with its meaning.
type Words = (
    &'static str,
    fn(&Config) -> String,
    &'static [(&'static str, &'static str)],
);

const WORDS: &[Words] = &[
    (
        r#"{"country":"BE","wifi":[{"ssid":"x","security":"@"}]}"#,
        |config| format!("{:?}", config.wifi[0].security),
        &[("open", "Open"), ("owe", "Owe")],
    ),
    (
        r#"{"country":"BE","wifi":[{"ssid":"x","passphrase":"s3cret-horse","security":"@"}]}"#,
        |config| format!("{:?}", config.wifi[0].security),
        &[
            ("wpa2", "Wpa2"),
            ("wpa3", "Wpa3"),
            ("wpa2-wpa3", "Wpa2Wpa3"),
        ],
    ),
    (
        r#"{"country":"BE","wifi":[{"ssid":"x","security":"@","eap":{"identity":"x","password":"x"}}]}"#,
        |config| format!("{:?}", config.wifi[0].security),
        &[("eap", "Eap")],
    ),
    (
        r#"{"links":[{"name":"eth1","wired_auth":{"method":"@","identity":"x","password":"x"}}]}"#,
        |config| format!("{:?}", config.links[0].wired_auth.as_ref().unwrap().method),
        &[("peap", "Peap"), ("ttls", "Ttls")],
    ),
    (
        r#"{"links":[{"name":"eth1","wired_auth":{"method":"@","identity":"x","client_cert":"/c","private_key":"/k"}}]}"#,
        |config| format!("{:?}", config.links[0].wired_auth.as_ref().unwrap().method),
        &[("tls", "Tls")],
    ),
    (
        r#"{"links":[{"name":"eth1","wired_auth":{"method":"ttls","inner":"@","identity":"x","password":"x"}}]}"#,
        |config| format!("{:?}", config.links[0].wired_auth.as_ref().unwrap().inner),
        &[("mschapv2", "MsChapV2"), ("pap", "Pap"), ("gtc", "Gtc")],
    ),
    (
        r#"{"bond":{"members":["eth1"],"primary_reselect":"@"}}"#,
        |config| format!("{:?}", config.bond.primary_reselect),
        &[
            ("always", "Always"),
            ("better", "Better"),
            ("failure", "Failure"),
        ],
    ),
    (
        r#"{"bond":{"members":["eth1"],"fail_over_mac":"@"}}"#,
        |config| format!("{:?}", config.bond.fail_over_mac),
        &[("none", "None"), ("active", "Active"), ("follow", "Follow")],
    ),
    (
        r#"{"bond":{"members":["eth1"],"ipv6":{"mode":"@"}}}"#,
        |config| format!("{:?}", config.bond.ip.ipv6.mode),
        &[("auto", "Auto"), ("dhcp", "Dhcp"), ("off", "Off")],
    ),
    (
        r#"{"links":[{"name":"eth1","ipv4":{"routes":[{"to":"10.0.0.0/8","scope":"@"}]}}]}"#,
        |config| config.links[0].ip.ipv4.routes[0].scope.0.to_string(),
        &[("global", "0"), ("link", "253"), ("host", "254")],
    ),
];

#[test]
fn each_word_has_its_meaning() {
    for (file, read, words) in WORDS {
        for (word, meaning) in *words {
            let config = good(file.replace('@', word).as_bytes(), file);
            assert_eq!(read(&config), *meaning, "\"{word}\" in {file}");
        }
    }
}

/// What each good file means. A file without its facts fails the test.
pub fn facts(file: &str) -> fn(&Config) {
    match file {
        "smallest.json" => smallest,
        "nothing.json" => nothing,
        "whole.json" => whole,
        "laptop.json" => laptop,
        "patterns.json" => patterns,
        "cable.json" => cable,
        "networks.json" => networks,
        "no-links.json" => no_links,
        "bridge.json" => bridge,
        "which.json" => which,
        _ => panic!("no facts for {file}"),
    }
}

pub fn good(bytes: &[u8], file: &str) -> Box<Config> {
    config::parse(bytes).unwrap_or_else(|errors| panic!("{}", errors.display_with(file)))
}

fn matcher(name: &str) -> Matcher {
    Matcher::Name(name.try_into().unwrap())
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn nothing(config: &Config) {
    assert_eq!(config.country, None);
    assert!(config.wifi.is_empty() && config.bridges.is_empty());
    let bond = &config.bond;
    assert_eq!(bond.name, "bond0");
    assert_eq!(bond.members, [Matcher::WifiAny]);
    assert_eq!(bond.primary, Some(Matcher::WifiAny));
    assert_eq!(bond.primary_reselect, PrimaryReselect::Always);
    assert_eq!(bond.fail_over_mac, FailOverMac::Active);
    assert_eq!(
        (bond.miimon_ms, bond.updelay_ms, bond.downdelay_ms),
        (100, 0, 0)
    );
    assert!(bond.ip.ipv4.dhcp && bond.ip.ipv4.fallback.is_none());
    assert_eq!((bond.ip.ipv4.metric, bond.ip.ipv6.metric), (100, 100));
    assert_eq!(bond.ip.ipv6.mode, Ipv6Mode::Auto);
    assert_eq!(config.links.len(), 1);
    assert_eq!(config.links[0].name, Matcher::WiredAny);
    assert!(config.links[0].ip.ipv4.dhcp);
    assert_eq!(
        (
            config.links[0].ip.ipv4.metric,
            config.links[0].ip.ipv6.metric
        ),
        (10, 10)
    );
    assert_eq!(config.radio, config::Radio::default());
    assert_eq!(config.health, config::Health::default());
}

fn smallest(config: &Config) {
    assert_eq!(config.country, Some(*b"BE"));
    let network = &config.wifi[0];
    assert_eq!(network.ssid, b"Hotspot");
    assert_eq!(network.security, Security::Wpa2);
    assert!(matches!(&network.key, Key::Passphrase(key) if key.reveal() == SECRET));
    assert_eq!(
        (network.priority, network.hidden, network.bssid),
        (0, false, None)
    );
    assert!(network.members.is_empty());
    assert_eq!(config.links[0].name, Matcher::WiredAny);
}

fn whole(config: &Config) {
    assert_eq!(config.country, Some(*b"BE"));
    assert_eq!(config.hostname.as_deref(), Some("box-17"));
    assert_eq!(config.duid.as_deref(), Some(&[0, 4, 0xab, 0xcd, 0xef][..]));
    let routes = &config.bond.ip.ipv4.routes;
    assert_eq!(routes[0].src, "192.168.43.150".parse().ok());
    assert_eq!((routes[0].mtu, routes[0].onlink), (Some(1400), false));
    assert!(routes[1].onlink);
    let scopes: Vec<_> = routes.iter().map(|route| route.scope.name()).collect();
    assert_eq!(scopes, [Some("global"); 3]);
    let iaids = (config.bond.ip.ipv4.iaid, config.bond.ip.ipv6.iaid);
    assert_eq!(iaids, (Some(u32::MAX), Some(0)));
    assert_eq!(config.links[0].ip.ipv4.iaid, None);
    assert_eq!(
        config.wifi[0].bssid,
        Some(config::Mac([2, 0, 0x5e, 0x10, 0x20, 0x30]))
    );
    assert_eq!(config.wifi[1].ssid, [0, 0xff]);
    assert_eq!(config.wifi[1].security, Security::Eap);
    let bond = &config.bond;
    assert_eq!(bond.primary, Some(matcher("wlan1")));
    assert_eq!(bond.primary_reselect, PrimaryReselect::Better);
    assert_eq!((bond.miimon_ms, bond.updelay_ms), (50, 200));
    let route = &bond.ip.ipv4.routes[0];
    assert_eq!(
        (route.to.to_string(), route.via),
        ("0.0.0.0/0".into(), Some(ip("192.168.43.1")))
    );
    let fallback = bond.ip.ipv4.fallback.as_ref().unwrap();
    assert_eq!(fallback.address.to_string(), "192.168.43.150/24");
    assert_eq!(
        (fallback.gateway, fallback.after_s),
        (Some(ip("192.168.43.1")), 10)
    );
    assert_eq!(bond.ip.ipv6.mode, Ipv6Mode::Dhcp);
    assert_eq!(bond.ip.ipv6.routes[0].to.to_string(), "::/0");
    assert_eq!(bond.ip.ipv6.routes[0].metric, 100);
    assert_eq!(bond.ip.dns, [ip("192.168.43.1"), ip("fd00::1")]);
    assert_eq!(bond.ip.search[0], "lan.example.org");
    assert_eq!(config.bridges[0].name, "br0");
    assert_eq!(config.bridges[0].ip.ipv4.metric, 20);
    let auth = config.links[0].wired_auth.as_ref().unwrap();
    assert_eq!(auth.password.as_ref().unwrap().reveal(), "s3cret-horse-3");
    assert_eq!(
        (config.radio.distance_m, config.radio.unblock),
        (Some(2000), false)
    );
    assert_eq!(config.health.probe, Probe::Address(ip("192.168.43.1")));
    assert_eq!((config.health.fail_after, config.health.hold_s), (4, 31));
    let health = &config.health;
    assert_eq!(
        (health.repair, health.port_power, health.reboot),
        (false, true, true)
    );
}

fn laptop(config: &Config) {
    assert_eq!(config.bond.primary, Some(matcher("eth0")));
    // eth0 is meant more closely by its name, and so no link.
    assert_eq!(config.links[0].name, Matcher::WiredAny);
}

fn patterns(config: &Config) {
    assert_eq!(config.bond.members[0], Matcher::UsbAny);
    assert_eq!(config.bond.members[2].to_string(), "mac:02:00:00:00:00:0a");
    assert_eq!(config.bond.primary, Some(matcher("wlan1")));
    assert_eq!(config.links.len(), 2);
}

fn cable(config: &Config) {
    assert!(config.bond.members.is_empty());
    assert_eq!(config.bond.primary, None);
    let ip = &config.links[0].ip;
    assert_eq!(ip.ipv4.addresses.len(), 2);
    let metrics: Vec<_> = ip.ipv4.routes.iter().map(|route| route.metric).collect();
    assert_eq!(metrics, [10, 5, 10]);
    assert_eq!(ip.ipv6.mode, Ipv6Mode::Off);
}

fn networks(config: &Config) {
    let wifi = &config.wifi;
    assert_eq!(wifi[0].ssid, "café 😀 \"A\\B\"".as_bytes());
    assert_eq!((wifi[0].security, wifi[0].priority), (Security::Open, 255));
    assert!(matches!(wifi[1].key, Key::Psk(_)) && wifi[1].hidden);
    assert!(matches!(&wifi[2].key, Key::Passphrase(key) if key.reveal() == "s3cret “horse”"));
    assert!(matches!(&wifi[3].key, Key::Passphrase(key) if key.reveal() == "s3cret/horse"));
    assert_eq!(wifi[5].ssid, "Mine’s".as_bytes());
    assert!(matches!(&wifi[5].key, Key::Eap(eap) if eap.method == config::EapMethod::Peap));
    assert_eq!(wifi[7].ssid, [0, 10, 127]);
}

fn no_links(config: &Config) {
    assert!(config.links.is_empty());
    assert_eq!(config.bond.fail_over_mac, FailOverMac::Follow);
    assert_eq!(config.health.probe, Probe::Off);
}

fn bridge(config: &Config) {
    assert_eq!(config.bridges[0].ip.ipv4.metric, 10);
    // The other cables come after the bridge, though both have the standard metric.
    assert_eq!(config.links[0].name, Matcher::WiredAny);
    assert_eq!(config.links[0].ip.ipv4.metric, 10);
}

/// Whether wlan0 and wlan1 are Wi-Fi the kernel knows.
fn which(config: &Config) {
    assert_eq!(config.bond.fail_over_mac, FailOverMac::None);
    assert_eq!(config.links[0].name, matcher("wlan0"));
    assert_eq!(config.links[1].name, Matcher::WiredAny);
    assert_eq!(config.links[2].name.to_string(), "driver:r8152");
}

#[test]
fn what_may_have_no_effect_is_said() {
    let said = super::said("F", &fs::read(folder("good").join("which.json")).unwrap());
    assert!(
        said.contains(": bond.fail_over_mac: for wired members alone: "),
        "{said}"
    );
}

#[test]
fn each_good_file_means_what_it_says() {
    let good_files = files("good", "json");
    assert!(good_files.len() >= 9);
    for path in good_files {
        let config = good(&fs::read(&path).unwrap(), name(&path));
        facts(name(&path))(&config);
    }
}
