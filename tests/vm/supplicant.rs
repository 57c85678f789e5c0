//! What can go wrong between an adapter and its network, and what must not follow.

use crate::lab::scene::{LONG, MAC0, MAC1, PASSPHRASE, SHORT, SSID, config, static_ipv4};
use crate::lab::{Pinger, Scene, status, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use std::time::Duration;

/// The network with a wrong passphrase on wlan0 and the right one on wlan1.
fn wrong_on_the_primary() -> Value {
    let mut config = config();
    config["wifi"] = json!([
        { "ssid": SSID, "passphrase": "wrong horse", "members": ["wlan0"] },
        { "ssid": SSID, "passphrase": PASSPHRASE, "members": ["wlan1"] },
    ]);
    config
}

#[test]
fn a_wrong_passphrase_on_the_primary_costs_no_ping() {
    let s = Scene::new();
    s.pi.start(&wrong_on_the_primary());
    s.pi.wait("wlan1 active", LONG, |st| status::active(st) == "wlan1");
    let pings = s.pings();
    pings.wait_answers(20, LONG);
    // Four rounds of it: wlan0 is associated, has carrier, and is never authorised.
    let attempts = s.ap.associations(MAC0);
    wait_until("further attempts", Duration::from_secs(120), || {
        s.ap.associations(MAC0) >= attempts + 2
    });
    pings.wait_answers(100, SHORT);
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "{pings:?}");
    assert_eq!(s.ap.associations(MAC1), 1);
    let st = s.pi.wait("the words for it", SHORT, |st| {
        st.to_string()
            .contains(r#"wrong passphrase for \"Hotspot\""#)
    });
    assert_eq!(status::active(&st), "wlan1");
    assert!(!status::authorized(&st, "wlan0"), "{st:#}");
    assert!(s.pi.log().contains("wrong passphrase for \"Hotspot\""));
    assert!(
        s.pi.call(&["status"])
            .contains("wrong passphrase for \"Hotspot\"")
    );
    assert!(!s.pi.log().contains("wrong horse"), "no secret in the log");
}

#[test]
fn a_passphrase_put_right_brings_the_primary_back() {
    let s = Scene::new();
    s.pi.start(&wrong_on_the_primary());
    s.pi.wait("wlan1 active", LONG, |st| status::active(st) == "wlan1");
    s.pi.wait_log("wrong passphrase", LONG);
    s.pi.reload_with(&config());
    s.ready();
    assert!(!s.pi.status().to_string().contains("wrong passphrase"));
    assert_eq!(
        s.ap.associations(MAC1),
        1,
        "the good member is not disturbed"
    );
}

#[test]
fn deauthentication_of_the_active_member_switches() {
    let s = Scene::running();
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    // Whichever joins first carries first: one switch more where that was wlan1.
    let before = s.pi.status()["bond"]["switches"].as_u64().expect("a count");
    s.ap.deauthenticate(MAC0);
    let st = s.pi.wait("a switch there and back", LONG, |st| {
        st["bond"]["switches"].as_u64() >= Some(before + 2) && status::active(st) == "wlan0"
    });
    assert_eq!(st["bond"]["switches"], before + 2, "{:#}", s.pi.events());
    let pings = pings.stop();
    // The kernel alone: 14 to 61 ms. The rest is room for a busy machine.
    assert!(
        pings.longest_outage() < Duration::from_millis(250),
        "{pings:?}"
    );
    assert_eq!(s.ap.associations(MAC1), 1);
}

#[test]
fn the_active_member_out_of_range_switches_and_comes_back() {
    let s = Scene::running();
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    s.wlan0.out_of_range();
    s.pi.wait("wlan1 active", SHORT, |st| status::active(st) == "wlan1");
    pings.wait_answers(50, SHORT);
    s.wlan0.in_range();
    s.ready();
    let pings = pings.stop();
    // Until the kernel notices: 0.8 to 1.7 s measured, 3 s read.
    assert!(pings.longest_outage() < Duration::from_secs(4), "{pings:?}");
    assert_eq!(s.ap.associations(MAC1), 1);
}

#[test]
fn an_access_point_switched_off_and_on_again() {
    let s = Scene::running();
    s.ap.stop();
    let st =
        s.pi.wait("nobody active", LONG, |st| status::active(st).is_empty());
    assert!(!status::online(&st), "{st:#}");
    s.ap.start();
    s.ready();
    assert_eq!(s.pi.supplicants().len(), 2);
}

#[test]
fn an_access_point_without_power_and_with_it_again() {
    let s = Scene::running();
    s.ap.cut_power();
    s.pi.wait("nobody active", LONG, |st| status::active(st).is_empty());
    s.ap.restore_power();
    s.ready();
}

/// The wpa_supplicant whose command line has this interface. A process has its name before it has
/// its command line (`begin_new_exec()` in fs/exec.c).
#[track_caller]
fn supplicant_of(s: &Scene, interface: &str) -> i32 {
    let of = |pid: &i32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(interface)
    };
    let mut found = None;
    wait_until("its wpa_supplicant", SHORT, || {
        found = s.pi.supplicants().into_iter().find(of);
        found.is_some()
    });
    found.expect("it was found")
}

/// It runs no more and says nothing; then its access point sends its adapter away.
#[test]
fn a_wpa_supplicant_that_hangs_after_it_lost_its_network_is_replaced() {
    let s = Scene::running();
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    let (good, hung) = (supplicant_of(&s, "wlan0"), supplicant_of(&s, "wlan1"));
    kill(Pid::from_raw(hung), Signal::SIGSTOP).expect("stopping a wpa_supplicant");
    s.ap.deauthenticate(MAC1);
    s.pi.wait("wlan1 out", SHORT, |st| !status::authorized(st, "wlan1"));
    // Asked within 10 s, given up 10 s later.
    wait_until("its end", Duration::from_secs(25), || {
        !s.pi.supplicants().contains(&hung)
    });
    s.pi.wait_log("wlan1: wpa_supplicant does not answer: ended", SHORT);
    s.ready();
    assert_eq!(supplicant_of(&s, "wlan0"), good, "the other is left alone");
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "{pings:?}");
}

/// Kills the wpa_supplicant whose command line has this interface.
#[track_caller]
fn kill_supplicant_of(s: &Scene, interface: &str) -> i32 {
    let pid = supplicant_of(s, interface);
    kill(Pid::from_raw(pid), Signal::SIGKILL).expect("killing a wpa_supplicant");
    wait_until("its end", SHORT, || !s.pi.supplicants().contains(&pid));
    pid
}

#[test]
fn a_killed_wpa_supplicant_of_the_standby_is_restarted_and_costs_nothing() {
    let s = Scene::running();
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    let old = kill_supplicant_of(&s, "wlan1");
    wait_until("another wpa_supplicant", LONG, || {
        let now = s.pi.supplicants();
        now.len() == 2 && !now.contains(&old)
    });
    s.ready();
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "{pings:?}");
    assert_eq!(s.ap.associations(MAC0), 1);
}

#[test]
fn a_killed_wpa_supplicant_of_the_active_member_switches() {
    let s = Scene::running();
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    kill_supplicant_of(&s, "wlan0");
    s.pi.wait("wlan1 active", SHORT, |st| status::active(st) == "wlan1");
    s.ready();
    let pings = pings.stop();
    assert!(
        pings.longest_outage() < Duration::from_millis(400),
        "{pings:?}"
    );
    assert_eq!(s.ap.associations(MAC1), 1);
}

#[test]
fn a_wpa_supplicant_killed_again_and_again_is_not_restarted_in_a_frenzy() {
    let s = Scene::running();
    for _ in 0..5 {
        kill_supplicant_of(&s, "wlan1");
        wait_until("another wpa_supplicant", LONG, || {
            s.pi.supplicants().len() == 2
        });
    }
    s.pi.wait("wlan1 authorised", LONG, |st| {
        status::authorized(st, "wlan1")
    });
    assert_eq!(s.ap.associations(MAC0), 1);
}

#[test]
fn a_missing_wpa_supplicant_is_said_and_keeps_nobody_from_the_rest() {
    let s = Scene::new();
    let program = s.pi.ns.run("which", &["wpa_supplicant"]);
    s.pi.ns
        .run("mount", &["--bind", "/dev/null", program.trim()]);
    let lan = s.lab.lan("10.0.0.1/24");
    let _cable = s.lab.cable(&lan, &s.pi, "eth0");
    let mut config = config();
    config["links"] =
        json!([{ "name": "eth0", "ipv4": static_ipv4("10.0.0.2/24", "10.0.0.1", 10) }]);
    s.pi.start(&config);
    s.pi.wait_log("cannot start wpa_supplicant", SHORT);
    let st = s.pi.wait("the cable", SHORT, |st| {
        status::has_address(st, "eth0", "10.0.0.2/24")
    });
    assert!(
        st["problems"]
            .to_string()
            .contains("cannot start wpa_supplicant"),
        "{st:#}"
    );
    let pings = Pinger::every_10_ms(&lan.ns, "10.0.0.2");
    pings.wait_answers(20, SHORT);
    pings.stop();
}
