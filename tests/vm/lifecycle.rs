//! Start, stop, crash, and the commands that look and steer.

use crate::lab;
use crate::lab::scene::{ADDRESS, LONG, MAC0, PASSPHRASE, PLANNED, SHORT, SSID, config};
use crate::lab::{Scene, status, wait_until};
use nix::sys::signal::Signal;
use serde_json::json;
use std::time::Duration;

#[test]
fn both_members_join_and_the_bond_answers() {
    let s = Scene::running();
    let st = s.pi.status();
    assert_eq!(st["version"], 1);
    assert!(status::online(&st), "{st:#}");
    assert_eq!(st["bond"]["name"], "bond0");
    assert_eq!(status::member(&st, "wlan0")["mac"], MAC0);
    assert_eq!(status::member(&st, "wlan0")["ssid"], "Hotspot");
    assert_eq!(status::member(&st, "wlan0")["carrier"], true);
    assert!(
        status::has_address(&st, "bond0", "192.168.43.150/24"),
        "{st:#}"
    );
    assert_eq!(s.pi.wifibond(&["status"]).0, 0);
    assert_eq!(s.pi.ns.link("bond0", "bonding/mode"), "active-backup 1");
    assert_eq!(s.pi.ns.link("bond0", "bonding/fail_over_mac"), "active 1");
    assert_eq!(s.pi.ns.link("bond0", "bonding/miimon"), "100");
    assert_eq!(
        s.pi.ns.link("wlan0", "address"),
        MAC0,
        "each member keeps its MAC"
    );
    assert_eq!(s.uplink(), "bond0");
}

#[test]
fn status_tells_not_running_from_not_online() {
    let s = Scene::new();
    let (code, _, complaint) = s.pi.wifibond(&["status"]);
    assert_eq!(code, 4, "{complaint}");
    s.ap.stop();
    s.pi.start(&config());
    s.pi.wait("a status", SHORT, |_| true);
    assert_eq!(s.pi.wifibond(&["status"]).0, 3);
}

fn stops_in_order(signal: Signal) {
    let s = Scene::running();
    s.pi.signal(signal);
    let exit = s.pi.wait_exit(Duration::from_secs(20));
    assert_eq!(exit.code(), Some(0), "{exit:?}");
    assert!(!s.pi.ns.has("bond0"));
    assert_eq!(s.pi.supplicants(), [0; 0]);
    assert!(!s.pi.ns.ip("address").contains(ADDRESS));
    assert!(!s.pi.ns.path("/run/wifibond/control.sock").exists());
    // Again from the beginning, with what the stop left.
    s.pi.start_again();
    s.ready();
}

#[test]
fn sigterm_stops_in_order() {
    stops_in_order(Signal::SIGTERM);
}

#[test]
fn sigint_stops_in_order() {
    stops_in_order(Signal::SIGINT);
}

#[test]
fn sigterm_during_the_start_stops_in_order() {
    let s = Scene::new();
    s.pi.write_config(&config().to_string());
    s.pi.launch();
    wait_until("a wpa_supplicant", SHORT, || !s.pi.supplicants().is_empty());
    let exit = s.pi.terminate();
    assert_eq!(exit.code(), Some(0), "{exit:?}");
    assert!(!s.pi.ns.has("bond0"));
    assert_eq!(s.pi.supplicants(), [0; 0]);
}

#[test]
fn killed_and_restarted_it_loses_no_ping() {
    let s = Scene::running();
    let (supplicants, index) = (s.pi.supplicants(), s.pi.ns.link("bond0", "ifindex"));
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    s.pi.kill9();
    pings.wait_answers(50, SHORT);
    s.pi.start_again();
    s.ready();
    pings.wait_answers(100, SHORT);
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "{pings:?}");
    assert_eq!(
        s.pi.supplicants(),
        supplicants,
        "they outlive it and are adopted"
    );
    assert_eq!(s.pi.ns.link("bond0", "ifindex"), index);
    assert_eq!(s.associations(), [1, 1]);
}

/// IPv6 is off on members; what was off before stays so.
#[test]
fn members_get_their_ipv6_back_also_after_a_crash() {
    let s = Scene::new();
    let is_off = |name: &str| {
        let file = format!("/proc/sys/net/ipv6/conf/{name}/disable_ipv6");
        s.pi.ns.run("cat", &[&file]).trim() == "1"
    };
    s.pi.ns
        .run("sysctl", &["-qw", "net.ipv6.conf.wlan1.disable_ipv6=1"]);
    assert!(!is_off("wlan0") && is_off("wlan1"));
    s.start(&config());
    assert!(is_off("wlan0") && is_off("wlan1"));
    s.pi.kill9();
    s.pi.start_again();
    s.ready();
    assert!(is_off("wlan0") && is_off("wlan1"));
    let exit = s.pi.terminate();
    assert_eq!(exit.code(), Some(0), "{exit:?}");
    assert!(!is_off("wlan0") && is_off("wlan1"));
}

#[test]
fn an_adopted_wpa_supplicant_is_supervised_as_well() {
    let s = Scene::running();
    s.pi.kill9();
    s.pi.start_again();
    s.ready();
    for pid in s.pi.supplicants() {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL).unwrap();
        s.pi.wait("both members again", LONG, |st| {
            status::authorized(st, "wlan0") && status::authorized(st, "wlan1")
        });
    }
    let exit = s.pi.terminate();
    assert_eq!(exit.code(), Some(0), "{exit:?}");
    assert_eq!(s.pi.supplicants(), [0; 0]);
}

/// A stop that takes too long ends in SIGKILL, and the init system removes the run directory.
#[test]
fn after_a_forced_stop_there_is_one_wpa_supplicant_an_adapter() {
    let s = Scene::running();
    let old = s.pi.supplicants();
    s.pi.kill9();
    // A visitor of the same machine with a file of its own is none of ours.
    let mut other = s.pi.ns.command("sh");
    other.args([
        "-c",
        "sleep 1000 & wait",
        "-i",
        "wlan0",
        "-c",
        "/etc/wlan0.conf",
    ]);
    let other = lab::Process::start(other, &s.pi.ns.path("/tmp/other.log"));
    std::fs::remove_dir_all(s.pi.ns.path("/run/wifibond")).expect("the run directory goes");
    s.wlan1.unplug();
    s.pi.start_again();
    // Authorised at first by the wpa_supplicant that is being ended.
    s.pi.wait("wlan0 authorised by another wpa_supplicant", LONG, |st| {
        let new = s.pi.supplicants();
        status::authorized(st, "wlan0") && new.iter().any(|pid| !old.contains(pid))
    });
    let new = s.pi.supplicants();
    assert_eq!(new.len(), 1, "{old:?} {new:?}");
    assert!(!old.contains(&new[0]), "{old:?} {new:?}");
    assert!(other.running());
    s.wlan1.plug("wlan1");
    s.ready();
    assert_eq!(s.pi.supplicants().len(), 2);
}

/// Its configuration holds the passphrase; that of an adapter with an odd name, too.
#[test]
fn an_adapter_s_name_cannot_be_that_of_another_file() {
    let lab = lab::Lab::new();
    let s = Scene::within(lab, lab::Network::wpa2(SSID, PASSPHRASE));
    let _odd = s.lab.radio(&s.pi.ns, "resolv", "02:00:00:00:00:12");
    let mut config = config();
    config["bond"]["members"] = json!(["wlan0", "wlan1", "resolv"]);
    config["bond"]["dns"] = json!(["192.168.43.9"]);
    s.start(&config);
    s.pi.wait("the odd one", LONG, |st| status::authorized(st, "resolv"));
    for file in ["/run/wifibond/resolv.conf", "/etc/resolv.conf"] {
        wait_until("the name server", SHORT, || {
            s.pi.ns
                .read(file)
                .is_some_and(|text| text.contains("192.168.43.9"))
        });
        let text = s.pi.ns.read(file).expect(file);
        assert!(!text.contains(PASSPHRASE), "{file}: {text}");
    }
}

#[test]
fn what_changed_while_it_was_dead_is_put_right() {
    let s = Scene::running();
    s.pi.kill9();
    s.wlan0.unplug();
    s.pi.ns.ip(&format!("address del {ADDRESS}/24 dev bond0"));
    s.pi.start_again();
    s.pi.wait("wlan1 active, the address back", LONG, |st| {
        status::active(st) == "wlan1" && status::has_address(st, "bond0", "192.168.43.150/24")
    });
    s.answers();
    wait_until("one wpa_supplicant", SHORT, || {
        s.pi.supplicants().len() == 1
    });
    s.wlan0.plug("wlan0");
    s.ready();
}

#[test]
fn switch_makes_a_member_active_at_once() {
    let s = Scene::running();
    let before = s.pi.status()["bond"]["switches"].as_u64();
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    s.pi.call(&["switch", "wlan1"]);
    // Nothing to wait for: the command returns when it is done.
    assert_eq!(s.pi.kernel_active(), "wlan1");
    let st = s.pi.status();
    assert_eq!(status::active(&st), "wlan1");
    let after = st["bond"]["switches"].as_u64();
    assert_eq!(after, before.map(|n| n + 1), "{:#}", s.pi.events());
    pings.wait_answers(50, SHORT);
    let pings = pings.stop();
    assert!(pings.longest_outage() < PLANNED, "{pings:?}");
    let events = s.pi.call(&["events"]);
    assert!(events.contains("wlan0 -> wlan1"), "{events}");
}

#[test]
fn switch_refuses_what_cannot_be_active() {
    let s = Scene::running();
    let (code, _, complaint) = s.pi.wifibond(&["switch", "wlan9"]);
    assert_eq!(code, 1);
    assert!(complaint.contains("wlan9"), "{complaint}");
    s.wlan1.out_of_range();
    s.pi.wait("wlan1 out of range", LONG, |st| {
        !status::authorized(st, "wlan1")
    });
    let (code, _, complaint) = s.pi.wifibond(&["switch", "wlan1"]);
    assert_eq!(code, 1);
    assert!(complaint.contains("wlan1"), "{complaint}");
    assert_eq!(status::active(&s.pi.status()), "wlan0");
}

#[test]
fn events_tell_each_switch_with_its_cause_and_the_outage() {
    let s = Scene::running();
    let before = s.pi.status()["bond"]["switches"].as_u64().expect("a count");
    s.ap.deauthenticate(MAC0);
    s.pi.wait("the way there and back", LONG, |st| {
        st["bond"]["switches"].as_u64() >= Some(before + 2) && status::active(st) == "wlan0"
    });
    let events = s.pi.events();
    let switch = |from: &str, to: &str| {
        let found = events.as_array().and_then(|list| {
            // The last one: the start may have had one of its own.
            list.iter()
                .rfind(|e| e["kind"] == "switch" && e["from"] == from && e["to"] == to)
        });
        found
            .unwrap_or_else(|| panic!("no switch {from} -> {to}: {events:#}"))
            .clone()
    };
    let away = switch("wlan0", "wlan1");
    assert!(
        away["outage_ms"].as_u64().is_some_and(|ms| ms < 1000),
        "{away}"
    );
    assert!(
        !away["text"].as_str().unwrap_or_default().is_empty(),
        "a cause: {away}"
    );
    assert_eq!(
        switch("wlan1", "wlan0")["outage_ms"],
        0,
        "the way back is planned"
    );
    let text = s.pi.call(&["events"]);
    assert!(text.contains("wlan0 -> wlan1"), "{text}");
    assert!(text.contains("wlan1 -> wlan0"), "{text}");
    assert!(text.contains("outage"), "{text}");
    let last = s.pi.call(&["events", "-n", "1"]);
    assert_eq!(last.lines().count(), 1, "{last}");
}

#[test]
fn sighup_reads_the_file_again() {
    let s = Scene::running();
    let mut config = config();
    config["bond"]["miimon_ms"] = json!(50);
    s.pi.write_config(&config.to_string());
    s.pi.signal(Signal::SIGHUP);
    wait_until("miimon 50", SHORT, || {
        s.pi.ns.link("bond0", "bonding/miimon") == "50"
    });
    assert_eq!(s.associations(), [1, 1]);
}

#[test]
fn a_second_daemon_gives_way() {
    let s = Scene::running();
    let (code, _, complaint) = s.pi.wifibond(&["run", "--config", "/boot/wifibond.json"]);
    assert_eq!(code, 1, "{complaint}");
    assert!(
        complaint.contains("runs already") || complaint.contains("running"),
        "{complaint}"
    );
    s.ready();
    assert_eq!(s.associations(), [1, 1]);
}

#[test]
fn run_time_files_are_root_s_alone() {
    use std::os::unix::fs::PermissionsExt;
    let s = Scene::running();
    let mode = |path: &str| {
        s.pi.ns
            .path(path)
            .metadata()
            .expect(path)
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("/run/wifibond"), 0o750);
    for secret in ["supplicants/wlan0.conf", "supplicants/wlan1.conf"] {
        let file = format!("/run/wifibond/{secret}");
        assert!(s.pi.ns.read(&file).expect(secret).contains("psk="));
        assert_eq!(mode(&file), 0o600, "{file}");
    }
    assert!(!s.pi.log().contains("correct horse"));
    assert!(!s.pi.status().to_string().contains("correct horse"));
}
