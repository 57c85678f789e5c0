//! A boot partition that comes late, and a file that is written while the program waits for it.

use crate::lab::scene::{LONG, PASSPHRASE, SHORT, SSID, config, static_ipv4};
use crate::lab::{Process, Scene, status, wait_until};
use serde_json::json;
use std::time::Duration;

const FILE: &str = "/boot/wifibond.json";

/// The file waits on a partition that is not mounted yet.
fn unmounted(s: &Scene) {
    std::fs::create_dir(s.pi.ns.path("/tmp/card")).expect("a directory");
    let file = s.pi.ns.path("/tmp/card/wifibond.json");
    std::fs::write(file, config().to_string()).expect("a file");
}

fn mount(s: &Scene) {
    s.pi.ns.run("mount", &["--bind", "/tmp/card", "/boot"]);
}

#[track_caller]
fn wait_event(s: &Scene, words: &str) {
    wait_until(&format!("the event {words:?}"), SHORT, || {
        s.pi.try_status().is_some() && s.pi.call(&["events"]).contains(words)
    });
}

#[test]
fn a_file_that_comes_with_a_late_mount_is_taken() {
    let s = Scene::new();
    unmounted(&s);
    s.pi.start_again();
    wait_event(
        &s,
        "runs on the built-in default, the cable alone, because:",
    );
    wait_event(&s, "/boot/wifibond.json: there is no such file");
    mount(&s);
    s.ready();
    wait_event(&s, "/boot/wifibond.json is there now, and in force");
    // From now on `reload` alone reads it, and a partition that goes takes nothing with it.
    s.pi.ns.run("umount", &["/boot"]);
    s.pi.stays("both members", Duration::from_secs(2), |st| {
        status::authorized(st, "wlan0") && status::authorized(st, "wlan1")
    });
}

/// As under the init unit: a mount namespace whose mounts come from the machine's, and whose
/// root is read-only.
#[test]
fn a_mount_reaches_a_daemon_in_a_sandbox() {
    let s = Scene::new();
    unmounted(&s);
    s.pi.ns.run("mount", &["--make-rshared", "/"]);
    let mut command = s.pi.ns.command("unshare");
    let run = "mount -o remount,bind,ro /boot; \
               exec /usr/bin/wifibond run --config /boot/wifibond.json";
    command.args(["-m", "--propagation", "slave", "sh", "-c", run]);
    let daemon = Process::start(command, &s.pi.ns.path("/tmp/wifibond.log"));
    wait_event(&s, "there is no such file");
    mount(&s);
    s.pi.wait("both members", LONG, |st| {
        status::authorized(st, "wlan0") && status::authorized(st, "wlan1")
    });
    assert!(daemon.running());
}

#[test]
fn the_last_good_file_is_used_until_the_file_is_there() {
    let s = Scene::running();
    wait_until("a last good file", LONG, || {
        s.pi.ns.read("/var/lib/wifibond/last-good.json").is_some()
    });
    let exit = s.pi.terminate();
    assert_eq!(exit.code(), Some(0), "{exit:?}");
    std::fs::remove_file(s.pi.ns.path(FILE)).expect("the file goes");
    s.pi.start_again();
    s.ready();
    wait_event(&s, "runs on the last file that worked");
    let mut other = config();
    other["bond"]["ipv4"] = static_ipv4("192.168.43.77/24", "192.168.43.1", 100);
    s.pi.write_config(&other.to_string());
    s.pi.wait("the new file's address", LONG, |st| {
        status::has_address(st, "bond0", "192.168.43.77/24")
    });
    assert_eq!(s.associations(), [2, 2], "the networks are the same");
}

/// Editors and copying programs write beside the file first, or in several steps.
#[test]
fn a_file_in_the_making_is_not_taken_until_it_is_whole() {
    let s = Scene::new();
    s.pi.start_again();
    wait_event(&s, "there is no such file");
    let text = config().to_string();
    let write = |name: &str, text: &str| {
        std::fs::write(s.pi.ns.path(&format!("/boot/{name}")), text).expect("a file");
    };
    write(".wifibond.json.swp", &text);
    write("wifibond.json~", &text);
    // The first half of it is closed: wrong so far, and said.
    write("wifibond.json", &text[..text.len() / 2]);
    wait_event(&s, "is there now, and wrong");
    assert!(s.pi.ns.read("/boot/wifibond-report.txt").is_some());
    assert!(!s.pi.ns.has("bond0"));
    // The way FAT drivers and careful editors do it.
    write("wifibond.json.new", &text);
    s.pi.ns
        .run("mv", &["/boot/wifibond.json.new", "/boot/wifibond.json"]);
    s.ready();
    wait_until("the report gone", SHORT, || {
        s.pi.ns.read("/boot/wifibond-report.txt").is_none()
    });
    // An edit of a file in force is taken by `reload` alone.
    let mut other = config();
    other["bond"]["ipv4"] = json!({ "dhcp": false, "addresses": ["192.168.43.77/24"] });
    s.pi.write_config(&other.to_string());
    s.pi.stays("the old address", Duration::from_secs(2), |st| {
        status::has_address(st, "bond0", "192.168.43.150/24")
    });
}

/// The directory itself may come later, and the name may be the one that Windows makes.
#[test]
fn a_place_that_is_made_later_is_found() {
    let s = Scene::new();
    let mut command = s.pi.ns.command("/usr/bin/wifibond");
    command.args(["run", "--config", "/tmp/a/b/wifibond.json"]);
    let _daemon = Process::start(command, &s.pi.ns.path("/tmp/wifibond.log"));
    wait_event(&s, "/tmp/a/b/wifibond.json: there is no such file");
    std::fs::create_dir_all(s.pi.ns.path("/tmp/a/b")).expect("directories");
    let file = s.pi.ns.path("/tmp/a/b/wifibond.json.txt");
    std::fs::write(file, config().to_string()).expect("a file");
    s.pi.wait("both members", LONG, |st| {
        status::authorized(st, "wlan0") && status::authorized(st, "wlan1")
    });
}

/// The card is of Raspberry Pi Imager, and has no file of ours.
#[test]
fn what_raspberry_pi_imager_asked_for_is_enough() {
    let s = Scene::new();
    let preseed = format!(
        "config_version = \"1.0\"\r\n\r\n[system]\r\nhostname = \"sms-wall\"\r\n\r\n[wlan]\r\n\
         ssid = \"{SSID}\"\r\npassword = \"{PASSPHRASE}\"\r\npassword_encrypted = false\r\n\
         hidden = false\r\ncountry = \"BE\"\r\n"
    );
    std::fs::write(s.pi.ns.path("/boot/rpi-preseed.toml"), &preseed).expect("a file");
    s.lan
        .serve_dhcp("192.168.43.100,192.168.43.110,255.255.255.0,1h");
    s.pi.start_again();
    s.pi.wait("online", LONG, status::online);
    assert!(s.lan.dhcp_log().contains("sms-wall"));
    // Ours wins where both are there, and what is wrong in Imager's is said.
    std::fs::write(
        s.pi.ns.path("/boot/rpi-preseed.toml"),
        preseed.replace(PASSPHRASE, "short"),
    )
    .expect("a file");
    let (code, _, complaint) = s.pi.wifibond(&["reload"]);
    assert_eq!(code, 1, "{complaint}");
    assert!(complaint.contains("too short"), "{complaint}");
    wait_until("the report", SHORT, || {
        s.pi.ns.read("/boot/wifibond-report.txt").is_some()
    });
    let mut ours = config();
    ours["hostname"] = json!("ours");
    s.pi.reload_with(&ours);
    s.ready();
}
