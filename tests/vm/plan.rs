//! `wifibond plan`: beside a running daemon and without one.

use crate::lab::scene::{LONG, SHORT, config, static_ipv4};
use crate::lab::{Memory, Scene, status, wait_until};
use nix::sys::stat::Mode;
use serde_json::{Value, json};

/// What `plan` says of this file.
#[track_caller]
fn plan(s: &Scene, config: &Value) -> String {
    let path = s.pi.ns.path("/tmp/plan.json");
    std::fs::write(path, config.to_string()).expect("a file");
    s.pi.call(&["plan", "/tmp/plan.json"])
}

#[test]
fn beside_a_daemon_there_is_nothing_to_do_but_the_difference() {
    let s = Scene::running();
    assert_eq!(s.pi.call(&["plan"]), "nothing to do\n");
    assert_eq!(plan(&s, &config()), "nothing to do\n");

    let mut other = config();
    other["bond"]["ipv4"] = static_ipv4("192.168.43.77/24", "192.168.43.1", 100);
    let text = plan(&s, &other);
    let lines: Vec<&str> = text.lines().collect();
    let words = [
        "bond.ipv4.addresses: 192.168.43.150/24 -> 192.168.43.77/24",
        "bond0: addresses, routes or name servers change",
        "not touched: wlan0, wlan1",
        "now:",
    ];
    assert_eq!(lines[..4], words, "{text}");
    assert!(lines.contains(&"  bond0: add 192.168.43.77/24"), "{text}");
    assert!(
        lines.contains(&"  bond0: remove 192.168.43.150/24"),
        "{text}"
    );
    for word in [
        "wpa_supplicant",
        "country",
        "power save",
        "  wlan0",
        "  wlan1",
    ] {
        assert!(!text.contains(word), "{word} has been done: {text}");
    }

    let mut other = config();
    other["wifi"][0]["priority"] = json!(7);
    let text = plan(&s, &other);
    let words =
        "wifi \"Hotspot\": priority 0 -> 7\nwlan1 tries the new settings first, wlan0 follows\n";
    assert!(text.starts_with(words), "{text}");
    // One after the other, and the traffic out of the way first.
    let lines: Vec<&str> = text.lines().collect();
    let place = |line: &str| {
        let mut lines = lines.iter();
        lines
            .position(|l| *l == line)
            .unwrap_or_else(|| panic!("{line}: {text}"))
    };
    let given = |member: &str| place(&format!("  {member}: give wpa_supplicant its new file"));
    let switched = |member: &str| place(&format!("  bond0: make {member} active"));
    assert!(given("wlan1") < switched("wlan1"), "{text}");
    assert!(switched("wlan1") < given("wlan0"), "{text}");
    assert!(given("wlan0") < switched("wlan0"), "{text}");

    // The daemon's own file, as it is now; nobody has read it yet.
    let mut other = config();
    other["bond"]["miimon_ms"] = json!(50);
    s.pi.write_config(&other.to_string());
    assert_eq!(
        s.pi.call(&["plan"]),
        "bond.miimon_ms: 100 -> 50\nnot touched: wlan0, wlan1, bond0\n\
         no connection is interrupted\nnow:\n  bond0: set miimon 50 ms\n"
    );
    s.pi.write_config("{ \"wify\": [],\n \"radios\": {} }");
    let (code, out, complaint) = s.pi.wifibond(&["plan"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(
        complaint.contains("/boot/wifibond.json:1:") && complaint.contains("wify"),
        "{complaint}"
    );
    // All of it, as `check` has it.
    assert!(complaint.contains("/boot/wifibond.json:2:"), "{complaint}");
    for command in ["check", "reload"] {
        let (code, _, same) = s.pi.wifibond(&[command]);
        assert_eq!((code, same), (1, complaint.clone()), "{command}");
    }

    // A plan changes nothing.
    assert_eq!(s.associations(), [1, 1]);
    assert_eq!(s.pi.ns.link("bond0", "bonding/miimon"), "100");
    assert!(!s.pi.ns.ip("address").contains("192.168.43.77"));
    let events = s.pi.call(&["events"]);
    assert!(!events.contains("configuration read"), "{events}");
    s.ready();
}

/// Before it is known what comes of the file, and in the words of `plan`.
#[test]
fn a_reload_says_what_it_changes() {
    let s = Scene::running();
    assert_eq!(s.pi.call(&["reload"]), "nothing to do\n");
    let words = |s: &Scene| -> String {
        let text = s.pi.call(&["plan"]);
        text.split("now:\n").next().unwrap_or_default().into()
    };
    let mut other = config();
    other["health"]["hold_s"] = json!(5);
    s.pi.write_config(&other.to_string());
    let quiet =
        "health.hold_s: 0 -> 5\nnot touched: wlan0, wlan1, bond0\nno connection is interrupted\n";
    assert_eq!(s.pi.call(&["plan"]), quiet);
    assert_eq!(s.pi.call(&["reload"]), quiet);
    assert_eq!(s.pi.call(&["reload"]), "nothing to do\n");

    // One that is taken back.
    other["wifi"][0]["passphrase"] = json!("wrong horse");
    s.pi.write_config(&other.to_string());
    let planned = words(&s);
    assert_eq!(
        planned,
        "wifi \"Hotspot\": passphrase changed\nwlan1 tries the new settings first, wlan0 follows\n\
         not touched: bond0\n"
    );
    let (code, out, complaint) = s.pi.wifibond(&["reload"]);
    assert_eq!((code, out), (1, planned), "{complaint}");
    assert!(
        complaint.starts_with("wifibond: the new file is set aside"),
        "{complaint}"
    );
}

#[test]
fn plans_leave_no_process_and_no_memory_behind() {
    let s = Scene::running();
    let processes = s.pi.ns.processes().len();
    plan(&s, &config());
    let before = Memory::of(s.pi.pid());
    for _ in 0..20 {
        assert_eq!(plan(&s, &config()), "nothing to do\n");
    }
    wait_until("no copy and no zombie", SHORT, || {
        let children = format!("/proc/{0}/task/{0}/children", s.pi.pid());
        let children = std::fs::read_to_string(children).expect("its children");
        let zombie = |pid: &str| {
            std::fs::read_to_string(format!("/proc/{pid}/stat"))
                .is_ok_and(|stat| stat.contains(") Z "))
        };
        s.pi.ns.processes().len() == processes && !children.split_whitespace().any(zombie)
    });
    let after = Memory::of(s.pi.pid());
    assert!(after.anon <= before.anon + 8, "{before:?} {after:?}");
    // A visitor that sends no file is sent away, and holds up neither the daemon nor its end.
    let mut visitor =
        std::os::unix::net::UnixStream::connect(s.pi.ns.path("/run/wifibond/control.sock"))
            .expect("the control socket");
    std::io::Write::write_all(&mut visitor, b"plan file\n").expect("a request");
    s.ready();
    let exit = s.pi.terminate();
    assert_eq!(exit.code(), Some(0), "{exit:?}");
    s.pi.start_again();
    s.ready();
}

#[test]
fn without_a_daemon_the_machine_is_read() {
    let s = Scene::new();
    let text = plan(&s, &config());
    assert!(text.contains("wlan0: start wpa_supplicant"), "{text}");
    assert!(!s.pi.ns.has("bond0") && s.pi.supplicants().is_empty());
}

/// Root's `plan` reads what the daemon's user left.
#[test]
fn leases_that_are_no_plain_files_are_passed_over() {
    let s = Scene::new();
    let place = s.pi.ns.path("/var/lib/wifibond");
    std::fs::write(s.pi.ns.path("/tmp/secret"), "a secret of root's").expect("a file");
    std::os::unix::fs::symlink("/tmp/secret", place.join("lease-bond0")).expect("a link");
    nix::unistd::mkfifo(&place.join("lease-eth0"), Mode::S_IRWXU).expect("a FIFO");
    let text = plan(&s, &config());
    assert!(text.contains("wlan0: start wpa_supplicant"), "{text}");
    s.pi.start(&config());
    s.pi.wait("a start all the same", LONG, |st| {
        status::authorized(st, "wlan0")
    });
    assert!(s.pi.log().contains("lease-eth0"), "said: {}", s.pi.log());
}
