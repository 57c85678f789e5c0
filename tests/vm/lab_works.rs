//! The laboratory itself, proved with plain tools and without wifibond: if one of
//! these fails, look here before you look at the program.

use crate::lab;
use crate::lab::{Lab, Lan, Network, Pi, Pinger, Radio, Security, Supplicant, wait_until};
use std::rc::Rc;
use std::time::Duration;

pub const SHORT: Duration = Duration::from_secs(10);
const LONG: Duration = Duration::from_secs(40);
const PASSPHRASE: &str = "correct horse";
pub const MAC0: &str = "02:00:00:00:00:10";
const MAC1: &str = "02:00:00:00:00:11";

/// A Pi with one adapter on a WPA2 network, by hand, with an address.
pub struct Connected {
    pub pi: Rc<Pi>,
    pub lan: Rc<Lan>,
    pub ap: Rc<lab::AccessPoint>,
    pub radio: Rc<Radio>,
    supplicant: Supplicant,
    pub lab: Lab,
}

fn connected(network: Network, key_mgmt: &str) -> Connected {
    let lab = Lab::new();
    let lan = lab.lan("192.168.43.1/24");
    let ssid = String::from_utf8(network.ssid.clone()).unwrap();
    let ap = lab.access_point(&lan, network);
    let pi = lab.pi();
    let radio = lab.radio(&pi.ns, "wlan0", MAC0);
    let frequency = format!("scan_freq={}\n", ap.network.borrow().frequency());
    let keys = match key_mgmt {
        "NONE" => format!("ssid=\"{ssid}\"\nkey_mgmt=NONE\n"),
        _ => Supplicant::network(&ssid, PASSPHRASE, key_mgmt),
    };
    let supplicant = Supplicant::start(&pi.ns, "wlan0", &(keys + &frequency));
    supplicant.wait_up(LONG);
    pi.ns.ip("address add 192.168.43.50/24 dev wlan0");
    Connected {
        pi,
        lan,
        ap,
        radio,
        supplicant,
        lab,
    }
}

pub fn wpa2() -> Connected {
    connected(Network::wpa2("Hotspot", PASSPHRASE), "WPA-PSK")
}

#[track_caller]
pub fn answers(c: &Connected) {
    let pinger = Pinger::every_10_ms(&c.pi.ns, &c.lan.gateway);
    pinger.wait_answers(20, SHORT);
    let pings = pinger.stop();
    assert!(pings.received >= 20, "{pings:?}");
}

#[test]
fn wpa2_associates_and_passes_traffic() {
    let c = wpa2();
    answers(&c);
    assert_eq!(c.ap.stations(), [MAC0]);
    assert_eq!(c.ap.associations(MAC0), 1);
    assert!(c.radio.association().contains(c.ap.bssid()));
}

#[test]
fn every_kind_of_security_associates() {
    for (security, key_mgmt) in [
        (Security::Open, "NONE"),
        (Security::Wpa3, "SAE"),
        (Security::Mixed, "SAE"),
        (Security::Mixed, "WPA-PSK"),
    ] {
        answers(&connected(
            Network::new("Kind", security, PASSPHRASE),
            key_mgmt,
        ));
    }
    answers(&connected(
        Network::wpa2("Kind", PASSPHRASE).hidden().channel(11),
        "WPA-PSK",
    ));
}

#[test]
fn an_adapter_comes_back_under_another_name() {
    let c = wpa2();
    c.radio.unplug();
    assert!(!c.pi.ns.has("wlan0"));
    c.radio.plug("wlan7");
    assert!(c.pi.ns.has("wlan7") && !c.pi.ns.has("wlan0"));
    assert_eq!(c.pi.ns.link("wlan7", "address"), MAC0);
    c.radio.rename("wlan8");
    let again = Supplicant::start(
        &c.pi.ns,
        "wlan8",
        &Supplicant::network("Hotspot", PASSPHRASE, "WPA-PSK"),
    );
    again.wait_up(LONG);
    c.pi.ns.ip("address add 192.168.43.50/24 dev wlan8");
    answers(&c);
}

#[test]
fn out_of_range_takes_the_carrier_and_in_range_gives_it_back() {
    let c = wpa2();
    c.radio.out_of_range();
    wait_until("no carrier", SHORT, || {
        c.pi.ns.link("wlan0", "carrier") == "0"
    });
    c.radio.in_range();
    c.supplicant.wait_up(LONG);
    answers(&c);
}

#[test]
fn a_deauthenticated_station_comes_back() {
    let c = wpa2();
    c.ap.deauthenticate(MAC0);
    c.supplicant.wait_log("CTRL-EVENT-DISCONNECTED", SHORT);
    wait_until("a second association", LONG, || {
        c.ap.associations(MAC0) == 2
    });
    c.supplicant.wait_up(LONG);
    answers(&c);
}

#[test]
fn an_access_point_without_power_is_gone_and_comes_back() {
    let c = wpa2();
    c.ap.cut_power();
    wait_until("no carrier", SHORT, || {
        c.pi.ns.link("wlan0", "carrier") == "0"
    });
    c.ap.restore_power();
    c.supplicant.wait_up(LONG);
    answers(&c);
}

#[test]
fn dropped_frames_leave_the_station_associated_but_dead() {
    let c = wpa2();
    answers(&c);
    c.ap.drop_frames();
    let pings = ping_for(&c.pi, &c.lan, MOMENT);
    assert_eq!(pings.received, 0, "{pings:?}");
    assert_eq!(c.pi.ns.link("wlan0", "operstate"), "up");
    c.ap.pass_frames();
    answers(&c);
}

/// Too short for anybody to notice that nothing passes, and to disconnect.
pub const MOMENT: Duration = Duration::from_secs(2);

pub fn ping_for(pi: &Pi, lan: &Lan, period: Duration) -> lab::Pings {
    let pinger = Pinger::every_10_ms(&pi.ns, &lan.gateway);
    lab::measure::let_pass(period);
    pinger.stop()
}

/// Another Pi on the same access point.
pub struct Second {
    pub pi: Rc<Pi>,
    radio: Rc<Radio>,
    _supplicant: Supplicant,
}

impl Second {
    pub fn joins(c: &Connected) -> Second {
        let pi = c.lab.pi();
        let radio = c.lab.radio(&pi.ns, "wlan0", MAC1);
        let keys = Supplicant::network("Hotspot", PASSPHRASE, "WPA-PSK");
        let supplicant = Supplicant::start(&pi.ns, "wlan0", &keys);
        supplicant.wait_up(LONG);
        pi.ns.ip("address add 192.168.43.51/24 dev wlan0");
        Second {
            pi,
            radio,
            _supplicant: supplicant,
        }
    }
}

#[test]
fn frames_of_one_station_can_be_dropped() {
    let c = wpa2();
    let second = Second::joins(&c);
    answers(&c);
    c.ap.drop_frames_of(MAC0);
    let living = Pinger::every_10_ms(&second.pi.ns, &c.lan.gateway);
    let dead = ping_for(&c.pi, &c.lan, MOMENT);
    assert_eq!(dead.received, 0, "{dead:?}");
    living.wait_answers(20, SHORT);
    assert!(second.radio.association().contains(c.ap.bssid()));
    assert!(c.radio.association().contains(c.ap.bssid()));
    c.ap.pass_frames();
    answers(&c);
}

#[test]
fn a_pulled_cable_loses_its_carrier() {
    let lab = Lab::new();
    let lan = lab.lan("10.0.0.1/24");
    let pi = lab.pi();
    let cable = lab.cable(&lan, &pi, "eth0");
    pi.ns.ip("link set eth0 up");
    pi.ns.ip("address add 10.0.0.2/24 dev eth0");
    let answered = || ping_for(&pi, &lan, Duration::from_millis(500)).received;
    assert_ne!(answered(), 0);
    cable.pull();
    wait_until("no carrier", SHORT, || pi.ns.link("eth0", "carrier") == "0");
    assert_eq!(answered(), 0);
    cable.plug();
    wait_until("carrier", SHORT, || pi.ns.link("eth0", "carrier") == "1");
    Pinger::every_10_ms(&pi.ns, &lan.gateway).wait_answers(20, SHORT);
}

#[test]
fn dhcp_server_listens() {
    let lab = Lab::new();
    let lan = lab.lan("10.0.0.1/24");
    lan.serve_dhcp("10.0.0.100,10.0.0.110,2m");
    let pi = lab.pi();
    let _cable = lab.cable(&lan, &pi, "eth0");
    pi.ns.ip("link set eth0 up");
    let output = pi.ns.run(
        "busybox",
        &["udhcpc", "-i", "eth0", "-n", "-q", "-f", "-s", "/bin/true"],
    );
    assert!(lan.dhcp_log().contains("DHCPACK"), "{output}");
}

#[test]
fn signal_strength_can_be_set() {
    let c = wpa2();
    c.ap.radio.received_at(-75);
    wait_until("a weak signal", SHORT, || {
        c.radio.association().contains("signal: -75 dBm")
    });
}

#[test]
fn nothing_is_left_behind() {
    let before = phys();
    drop(wpa2());
    assert_eq!(phys(), before);
}

/// The wireless devices of the whole machine.
fn phys() -> usize {
    std::fs::read_dir("/sys/kernel/debug/ieee80211")
        .expect("debugfs")
        .count()
}
