//! Settings of the radios: country, power save, rates, distance, and switched-off radios.

use crate::lab::scene::{LONG, MAC0, MAC1, SHORT, config};
use crate::lab::{Network, Process, Scene, status, wait_for, wait_until};
use std::time::Duration;

fn power_save(s: &Scene, interface: &str) -> String {
    let output = s.pi.ns.run("iw", &["dev", interface, "get", "power_save"]);
    output.trim().trim_start_matches("Power save: ").to_owned()
}

fn set_power_save(s: &Scene, interface: &str, state: &str) {
    s.pi.ns
        .run("iw", &["dev", interface, "set", "power_save", state]);
}

#[test]
fn power_save_is_off_after_every_up_and_as_before_at_the_end() {
    let s = Scene::new();
    set_power_save(&s, "wlan0", "on");
    set_power_save(&s, "wlan1", "off");
    s.start(&config());
    assert_eq!(power_save(&s, "wlan0"), "off");
    // As drivers do that forget: on again with the next "up".
    set_power_save(&s, "wlan0", "on");
    s.pi.ns.ip("link set wlan0 down");
    s.ready();
    wait_until("power save off again", SHORT, || {
        power_save(&s, "wlan0") == "off"
    });
    // A crash does not make us forget how it was.
    s.pi.kill9();
    s.pi.start_again();
    s.ready();
    s.pi.terminate();
    assert_eq!(power_save(&s, "wlan0"), "on");
    assert_eq!(power_save(&s, "wlan1"), "off");
}

#[test]
fn power_save_can_be_asked_for() {
    let s = Scene::new();
    set_power_save(&s, "wlan0", "off");
    let mut config = config();
    config["radio"] = serde_json::json!({ "power_save": true });
    s.start(&config);
    assert_eq!(power_save(&s, "wlan0"), "on");
}

/// The rate that an adapter introduces itself to an access point with, in Mbit/s: the lowest
/// that it may use. Heard on the air, while `join` makes it join.
fn lowest_rate(mac: &str, join: impl Fn()) -> String {
    let mut command = std::process::Command::new("tcpdump");
    let filter = format!("wlan addr2 {mac} and type mgt subtype auth");
    command.args([
        "-Z", "root", "-i", "hwsim0", "-e", "-l", "-n", "-c", "1", &filter,
    ]);
    let log = std::env::temp_dir().join("heard.log");
    let _ = std::fs::remove_file(&log);
    let ear = Process::start(command, &log);
    ear.wait_log("listening on", SHORT);
    join();
    let line = wait_for("an introduction on the air", LONG, || {
        let log = ear.log();
        log.lines()
            .find(|line| line.contains("Authentication"))
            .map(str::to_owned)
    });
    let words: Vec<&str> = line.split_whitespace().collect();
    let unit = words
        .iter()
        .position(|word| *word == "Mb/s")
        .expect("a rate");
    words[unit - 1].to_owned()
}

#[test]
fn legacy_rates_are_left_out_and_given_back() {
    let mut network = Network::open("Hotspot");
    // One that demands a rate of 802.11b gets them: the kernel puts that above our setting.
    network.extra.push("basic_rates=60 120 240".into());
    let s = Scene::with(network);
    std::process::Command::new("/bin/ip")
        .args(["link", "set", "hwsim0", "up"])
        .status()
        .expect("the ear on the air");
    let by_hand = || {
        s.pi.ns.run("iw", &["dev", "wlan0", "connect", "Hotspot"]);
    };
    s.pi.ns.ip("link set wlan0 up");
    assert_eq!(lowest_rate(MAC0, by_hand), "1.0", "before we came");
    let mut open = config();
    open["wifi"] = serde_json::json!([{ "ssid": "Hotspot" }]);
    assert_eq!(lowest_rate(MAC0, || s.pi.start(&open)), "6.0");
    s.ready();
    let leave = || s.ap.deauthenticate(MAC1);
    assert_eq!(lowest_rate(MAC1, leave), "6.0");
    let down = || {
        s.pi.ns.ip("link set wlan0 down");
    };
    assert_eq!(lowest_rate(MAC0, down), "6.0", "after every up");
    s.ready();
    let mut with = open.clone();
    with["radio"] = serde_json::json!({ "legacy_rates": true });
    s.pi.reload_with(&with);
    assert_eq!(lowest_rate(MAC1, leave), "1.0");
    s.ready();
    s.pi.reload_with(&open);
    assert_eq!(lowest_rate(MAC1, leave), "6.0");
    s.ready();
    // Another file after a crash, and a member that rests while all stops.
    s.pi.kill9();
    s.pi.write_config(&with.to_string());
    s.pi.start_again();
    s.ready();
    assert_eq!(lowest_rate(MAC1, leave), "1.0", "after a crash");
    s.ready();
    s.pi.reload_with(&open);
    s.pi.call(&["member", "wlan0", "down"]);
    s.pi.wait_log("wlan0: set down by", SHORT);
    // It was up before, and is up afterwards.
    s.pi.terminate();
    assert_eq!(lowest_rate(MAC0, by_hand), "1.0", "given back");
}

/// Simulated radios cannot: everything else works, and `doctor` says so.
#[test]
fn what_a_driver_cannot_do_is_passed_over_and_said() {
    let s = Scene::new();
    let mut far = config();
    far["radio"] = serde_json::json!({ "distance_m": 2000 });
    s.start(&far);
    let (code, text, _) = s.pi.wifibond(&["doctor"]);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("wlan0: its driver (mac80211_hwsim) cannot allow for a distance of 2250 m"),
        "{text}"
    );
    assert_eq!(power_save(&s, "wlan0"), "off");
    s.pi.reload_with(&config());
    let (code, text, _) = s.pi.wifibond(&["doctor"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.starts_with("nothing found\n"), "{text}");
}

fn country(s: &Scene) -> String {
    let output = s.pi.ns.run("iw", &["reg", "get"]);
    let line = output.lines().find(|line| line.starts_with("country "));
    let word = line.and_then(|line| line.split([' ', ':']).nth(1));
    word.unwrap_or_default().to_owned()
}

#[test]
fn the_country_is_set_and_one_that_nobody_knows_is_said() {
    let s = Scene::new();
    s.pi.ns.run("iw", &["reg", "set", "US"]);
    wait_until("the country of before", SHORT, || country(&s) == "US");
    // The cable alone runs, and no wpa_supplicant that could tell the kernel.
    let mut no_network = config();
    no_network["wifi"] = serde_json::json!([]);
    no_network["country"] = serde_json::json!("NL");
    s.pi.start(&no_network);
    wait_until("the country", SHORT, || country(&s) == "NL");
    s.pi.terminate();
    let mut nowhere = no_network;
    nowhere["country"] = serde_json::json!("AQ");
    s.pi.start(&nowhere);
    s.pi.wait_log("the kernel does not take the country AQ", SHORT);
    let (code, text, _) = s.pi.wifibond(&["doctor"]);
    assert_eq!(code, 1);
    assert!(text.contains("wireless-regdb"), "{text}");
    s.pi.reload_with(&config());
    s.ready();
    wait_until("the country", SHORT, || country(&s) == "BE");
}

/// Switches one radio off or on by software, as `rfkill` does.
fn block(s: &Scene, interface: &str, blocked: bool) {
    let radio = format!("/sys/class/net/{interface}/phy80211");
    let entries = std::fs::read_dir(s.pi.ns.path(&radio)).expect("the radio in sysfs");
    let names = entries
        .flatten()
        .map(|e| e.file_name().into_string().unwrap_or_default());
    let name = names
        .into_iter()
        .find(|name| name.starts_with("rfkill"))
        .expect("a switch");
    let word = if blocked { "1" } else { "0" };
    std::fs::write(s.pi.ns.path(&format!("{radio}/{name}/soft")), word).expect("switching it");
}

/// At the start, and when an adapter is plugged in.
#[test]
fn a_radio_that_is_found_switched_off_is_switched_on() {
    let s = Scene::new();
    block(&s, "wlan0", true);
    s.start(&config());
    s.wlan0.unplug();
    s.pi.wait("wlan1 active", SHORT, |st| status::active(st) == "wlan1");
    s.wlan0.plug("wlan0");
    block(&s, "wlan0", true);
    s.ready();
    let log = s.pi.log();
    assert!(
        !log.contains("nothing changed") && !log.contains("at once"),
        "{log}"
    );
}

/// As `rfkill block` does it: the other member carries on, and nobody fights.
#[test]
fn a_radio_that_somebody_switches_off_stays_off_until_somebody_ends_it() {
    let s = Scene::new();
    s.start(&config());
    // So long after it came, a block is a person's.
    s.pi.stays("wlan0 is active", Duration::from_secs(11), |st| {
        status::active(st) == "wlan0"
    });
    for by_hand in [true, false] {
        let pings = s.pings();
        pings.wait_answers(20, SHORT);
        block(&s, "wlan0", true);
        s.pi.wait("it is shown", SHORT, |st| {
            status::active(st) == "wlan1"
                && status::member(st, "wlan0")["state"] == "switched off by rfkill"
                && st["problems"]
                    .to_string()
                    .contains("wifibond member wlan0 up")
        });
        let pings = pings.stop();
        // How long exactly is measured by the tests of fail-over.
        assert!(pings.longest_outage() < Duration::from_secs(1), "{pings:?}");
        s.pi.stays("it is left off", Duration::from_secs(3), |st| {
            status::active(st) == "wlan1" && !status::authorized(st, "wlan0")
        });
        match by_hand {
            true => block(&s, "wlan0", false),
            false => drop(s.pi.call(&["member", "wlan0", "up"])),
        }
        s.ready();
        assert_eq!(s.pi.status()["problems"], serde_json::json!([]));
    }
}

#[test]
fn a_radio_that_shall_stay_off_stays_off_and_is_named() {
    let s = Scene::new();
    block(&s, "wlan0", true);
    let mut leave = config();
    leave["radio"] = serde_json::json!({ "unblock": false });
    s.pi.start(&leave);
    let st = s.pi.wait("wlan1 alone", LONG, |st| {
        status::active(st) == "wlan1" && st["problems"].to_string().contains("rfkill unblock wifi")
    });
    assert_eq!(s.pi.ns.link("wlan0", "flags"), "0x1002", "not up");
    assert!(
        st.to_string().contains("is switched off by rfkill"),
        "{st:#}"
    );
    let (code, text, _) = s.pi.wifibond(&["doctor"]);
    assert_eq!(code, 1, "{text}");
    let line = "wlan0: its radio is switched off by rfkill: `rfkill unblock wifi`\n";
    assert!(text.contains(line), "{text}");
    block(&s, "wlan0", false);
    s.ready();
    assert_eq!(s.pi.status()["problems"], serde_json::json!([]));
    // Off again: the other one carries on, and nobody fights.
    block(&s, "wlan0", true);
    s.pi.wait("wlan1 active", SHORT, |st| status::active(st) == "wlan1");
    s.pi.stays("it is left off", Duration::from_secs(3), |st| {
        status::active(st) == "wlan1"
            && status::member(st, "wlan0")["state"] == "switched off by rfkill"
    });
}
