//! IEEE 802.1X: Wi-Fi and cables that ask each user for a password or a certificate,
//! against hostapd's own authentication server.

use crate::lab::enterprise::{
    ANONYMOUS, DOMAIN, IDENTITY, KEY_PASSWORD, PASSWORD, lay_out, ttls_identity,
};
use crate::lab::scene::{LONG, SHORT, config, static_ipv4};
use crate::lab::{Authenticator, Cable, Lan, Network, Pinger, Scene, Security, status, wait_until};
use serde_json::{Value, json};
use std::rc::Rc;
use std::time::Duration;

const ADDRESS: &str = "10.0.0.2";

fn peap() -> Value {
    json!({ "method": "peap", "identity": IDENTITY, "password": PASSWORD,
            "anonymous_identity": ANONYMOUS,
            "ca_cert": "/tmp/eap/ca.pem", "domain": DOMAIN })
}

fn ttls(inner: &str) -> Value {
    json!({ "method": "ttls", "inner": inner, "identity": ttls_identity(inner),
            "password": PASSWORD, "ca_cert": "/tmp/eap/ca.pem" })
}

fn tls() -> Value {
    json!({ "method": "tls", "identity": IDENTITY, "ca_cert": "/tmp/eap/ca.pem",
            "client_cert": "/tmp/eap/user.pem", "private_key": "/tmp/eap/user.key" })
}

fn wifi(eap: Value) -> Value {
    let mut config = config();
    config["wifi"] = json!([{ "ssid": "Campus", "security": "eap", "eap": eap }]);
    config
}

fn campus() -> Scene {
    let s = Scene::with(Network::new("Campus", Security::Eap, ""));
    lay_out(&s.pi.ns.path("/tmp/eap"));
    s
}

#[test]
fn wifi_with_peap_ttls_and_tls() {
    let s = campus();
    s.start(&wifi(peap()));
    let mut locked = tls();
    locked["private_key"] = json!("/tmp/eap/locked.key");
    locked["password"] = json!(KEY_PASSWORD);
    for eap in [ttls("pap"), ttls("mschapv2"), tls(), locked] {
        let before = s.associations();
        s.pi.reload_with(&wifi(eap));
        wait_until("both members joined anew", LONG, || {
            let now = s.associations();
            now[0] > before[0] && now[1] > before[1]
        });
        s.ready();
    }
    assert!(
        !s.pi.log().contains(PASSWORD) && !s.pi.log().contains(KEY_PASSWORD),
        "no secret in the log"
    );
}

#[test]
fn a_wrong_password_is_said_and_put_right() {
    let s = campus();
    let mut wrong = peap();
    wrong["password"] = json!("battery stable");
    s.pi.start(&wifi(wrong));
    let st = s.pi.wait("the words for it", LONG, |st| {
        st["problems"].to_string().contains("the server refused")
    });
    assert!(!status::authorized(&st, "wlan0"), "{st:#}");
    assert!(!status::authorized(&st, "wlan1"), "{st:#}");
    s.pi.reload_with(&wifi(peap()));
    s.ready();
    assert_eq!(s.pi.status()["problems"], json!([]));
}

#[test]
fn a_server_of_another_authority_or_name_is_told_nothing() {
    let s = campus();
    let mut strange = peap();
    strange["ca_cert"] = json!("/tmp/eap/stranger.pem");
    s.pi.start(&wifi(strange));
    s.pi.wait("the words for it", LONG, |st| {
        let problems = st["problems"].to_string();
        problems.contains("the server's certificate is not accepted")
    });
    let mut elsewhere = peap();
    elsewhere["domain"] = json!("elsewhere.example");
    s.pi.reload_with(&wifi(elsewhere));
    let st = s.pi.wait("the words for it", LONG, |st| {
        st["problems"].to_string().contains("omain")
    });
    assert!(!status::online(&st), "{st:#}");
}

struct Guarded {
    authenticator: Rc<Authenticator>,
    cable: Rc<Cable>,
    lan: Rc<Lan>,
    scene: Scene,
}

/// A cable to a port that asks nobody. No access point is on.
fn at_home() -> (Scene, Rc<Lan>, Rc<Cable>) {
    let scene = Scene::new();
    scene.ap.stop();
    lay_out(&scene.pi.ns.path("/tmp/eap"));
    let lan = scene.lab.lan("10.0.0.1/24");
    let cable = scene.lab.cable(&lan, &scene.pi, "eth0");
    (scene, lan, cable)
}

/// The same, to a port that wants to know who is there.
fn guarded() -> Guarded {
    let (scene, lan, cable) = at_home();
    let authenticator = scene.lab.authenticator(&lan, &cable);
    Guarded {
        authenticator,
        cable,
        lan,
        scene,
    }
}

fn cabled(eap: Value) -> Value {
    let mut config = config();
    config["links"] = json!([{ "name": "eth0", "wired_auth": eap,
        "ipv4": static_ipv4("10.0.0.2/24", "10.0.0.1", 10) }]);
    config
}

fn has_address(st: &Value) -> bool {
    status::has_address(st, "eth0", "10.0.0.2/24")
}

#[test]
fn a_cable_is_used_when_the_port_is_authorised() {
    let g = guarded();
    let s = &g.scene;
    s.pi.start(&cabled(peap()));
    let st = s.pi.wait("authorised on the cable", LONG, has_address);
    assert_eq!(status::link(&st, "eth0")["auth"], "authorised", "{st:#}");
    assert_eq!(g.authenticator.admitted(), 1, "{}", g.authenticator.log());
    let pings = Pinger::every_10_ms(&g.lan.ns, ADDRESS);
    pings.wait_answers(20, SHORT);
    pings.stop();
    // Each time the cable comes back it is asked again.
    g.cable.pull();
    s.pi.wait("no address", SHORT, |st| !has_address(st));
    wait_until("its supplicant ended", SHORT, || {
        s.pi.supplicants().len() == 2
    });
    g.cable.plug();
    s.pi.wait("authorised again", LONG, has_address);
    assert_eq!(g.authenticator.admitted(), 2, "{}", g.authenticator.log());
    // A crash of ours ends no authentication.
    s.pi.kill9();
    s.pi.start_again();
    s.pi.wait("authorised still", LONG, |st| {
        has_address(st) && status::link(st, "eth0")["auth"] == "authorised"
    });
    assert_eq!(g.authenticator.admitted(), 2, "{}", g.authenticator.log());
    // The other methods, by reload.
    for (round, eap) in [ttls("pap"), tls()].into_iter().enumerate() {
        s.pi.reload_with(&cabled(eap));
        wait_until("admitted anew", LONG, || {
            g.authenticator.admitted() == 3 + round
        });
        s.pi.wait("authorised with it", LONG, has_address);
    }
}

#[test]
fn a_wrong_password_on_the_cable_keeps_it_unused() {
    let g = guarded();
    let s = &g.scene;
    let mut wrong = peap();
    wrong["password"] = json!("battery stable");
    s.pi.start(&cabled(wrong));
    s.pi.wait("the words for it", LONG, |st| {
        st["problems"].to_string().contains("the server refused")
    });
    // Longer than a port that nobody guards is given.
    s.pi.stays("no address", Duration::from_secs(8), |st| {
        !has_address(st) && !status::online(st)
    });
    let text = s.pi.wifibond(&["status"]).1;
    assert!(
        text.contains("eth0       carrier, authenticating"),
        "{text}"
    );
    s.pi.reload_with(&cabled(peap()));
    s.pi.wait("authorised on the cable", LONG, has_address);
}

#[test]
fn at_home_where_nobody_asks_the_cable_is_used_as_it_is() {
    let (s, lan, _cable) = at_home();
    s.pi.start(&cabled(peap()));
    let st = s.pi.wait("the cable used", LONG, has_address);
    let auth = &status::link(&st, "eth0")["auth"];
    assert_eq!(auth, "the port does not ask for 802.1X", "{st:#}");
    let pings = Pinger::every_10_ms(&lan.ns, ADDRESS);
    pings.wait_answers(20, SHORT);
    pings.stop();
}

#[test]
fn a_port_that_thinks_better_of_it_is_left_and_taken_again() {
    let g = guarded();
    let s = &g.scene;
    s.pi.start(&cabled(peap()));
    s.pi.wait("authorised on the cable", LONG, has_address);
    // By hand, as a switch would do it in its own time.
    let once_more = || {
        for word in ["logoff", "logon"] {
            let args = ["-p", "/run/wifibond/wpa", "-i", "eth0", word];
            s.pi.ns.run("wpa_cli", &args);
        }
    };
    // The port forgets us, and does not like the password any more.
    g.authenticator.forget_all("battery stable");
    once_more();
    s.pi.wait("left, with the words for it", LONG, |st| {
        !has_address(st) && st["problems"].to_string().contains("the server refused")
    });
    g.authenticator.forget_all(PASSWORD);
    once_more();
    s.pi.wait("taken again", Duration::from_secs(120), |st| {
        has_address(st) && st["problems"] == json!([])
    });
}

#[test]
fn a_crash_at_home_costs_no_ping() {
    let (s, lan, _cable) = at_home();
    s.pi.start(&cabled(peap()));
    s.pi.wait("the cable used", LONG, has_address);
    let pings = Pinger::every_10_ms(&lan.ns, ADDRESS);
    pings.wait_answers(50, SHORT);
    s.pi.kill9();
    s.pi.start_again();
    s.pi.stays("the address", Duration::from_secs(8), has_address);
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "{pings:?}");
}

#[test]
fn a_wired_member_is_active_only_when_it_has_been_let_in() {
    let s = Scene::new();
    lay_out(&s.pi.ns.path("/tmp/eap"));
    let cable = s.lab.cable(&s.lan, &s.pi, "eth0");
    let authenticator = s.lab.authenticator(&s.lan, &cable);
    let mut wrong = config();
    wrong["bond"]["members"] = json!(["eth0", "wlan0"]);
    wrong["bond"]["primary"] = json!("eth0");
    wrong["bond"]["wired_auth"] = peap();
    wrong["bond"]["wired_auth"]["password"] = json!("battery stable");
    s.pi.start(&wrong);
    s.pi.wait("the words for it, and wlan0 active", LONG, |st| {
        st["problems"].to_string().contains("the server refused") && status::active(st) == "wlan0"
    });
    let pings = s.pings();
    pings.wait_answers(20, SHORT);
    let mut right = wrong.clone();
    right["bond"]["wired_auth"] = peap();
    s.pi.reload_with(&right);
    s.pi.wait("eth0 active", LONG, |st| status::active(st) == "eth0");
    assert_eq!(authenticator.admitted(), 1, "{}", authenticator.log());
    pings.wait_answers(50, SHORT);
    let pings = pings.stop();
    assert!(
        pings.longest_outage() < Duration::from_millis(250),
        "{pings:?}"
    );
}

#[test]
fn check_names_the_files_that_are_missing() {
    let s = Scene::new();
    lay_out(&s.pi.ns.path("/tmp/eap"));
    s.pi.write_config(&wifi(tls()).to_string());
    assert_eq!(s.pi.wifibond(&["check"]).0, 0);
    std::fs::remove_file(s.pi.ns.path("/tmp/eap/user.key")).expect("a key to take away");
    std::fs::write(s.pi.ns.path("/tmp/eap/ca.pem"), "").expect("an empty file");
    let (code, _, complaint) = s.pi.wifibond(&["check"]);
    assert_eq!(code, 1);
    for words in [
        "wifi[0].eap.private_key: /tmp/eap/user.key: there is no such file",
        "wifi[0].eap.ca_cert: /tmp/eap/ca.pem: is empty",
    ] {
        assert!(complaint.contains(words), "{complaint}");
    }
    // Without an authority it works, and is said to be unwise.
    let mut trusting = peap();
    let object = trusting.as_object_mut().expect("an object");
    object.remove("ca_cert");
    object.remove("domain");
    s.pi.write_config(&wifi(trusting).to_string());
    let (code, text, _) = s.pi.wifibond(&["check"]);
    assert_eq!(code, 0);
    assert!(text.contains("wifi[0].eap: without `ca_cert`"), "{text}");
}
