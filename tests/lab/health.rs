//! The usual scene with its members probed, and what a fault of a member costs.

use super::measure::let_pass;
use super::scene::{ADDRESS, LONG, MAC0, PASSPHRASE, SHORT, SSID, config, static_ipv4};
use super::{AccessPoint, Network, Pinger, Pings, Scene, Way, status};
use serde_json::{Value, json};
use std::rc::Rc;
use std::time::Duration;

/// The network of the second access point in the same LAN.
pub const OTHER_SSID: &str = "Upstairs";
const OTHER_CHANNEL: u8 = 6;
/// A third adapter.
pub const MAC2: &str = "02:00:00:00:00:12";

/// [`config`] with the members probed as they are by default.
pub fn probing() -> Value {
    let mut config = config();
    let all = config.as_object_mut().expect("an object");
    all.remove("health");
    config
}

/// The same with wlan0 on the first access point and wlan1 on the second one.
pub fn probing_apart() -> Value {
    let mut config = probing();
    config["wifi"] = json!([
        { "ssid": SSID, "passphrase": PASSPHRASE, "members": ["wlan0"] },
        { "ssid": OTHER_SSID, "passphrase": PASSPHRASE, "members": ["wlan1"] },
    ]);
    config
}

/// A second access point's network.
pub fn upstairs() -> Network {
    Network::wpa2(OTHER_SSID, PASSPHRASE).channel(OTHER_CHANNEL)
}

impl Scene {
    /// wifibond runs with [`probing`], both members have proved healthy, wlan0 is active.
    #[track_caller]
    pub fn probing() -> Scene {
        let scene = Scene::new();
        scene.start(&probing());
        scene.all_healthy();
        scene
    }

    /// The same with each member on an access point of its own: the second one's.
    #[track_caller]
    pub fn probing_apart() -> (Scene, Rc<AccessPoint>) {
        let scene = Scene::new();
        let second = scene.lab.access_point(&scene.lan, upstairs());
        scene.start(&probing_apart());
        scene.all_healthy();
        (scene, second)
    }

    /// Waits until every member has proved healthy.
    #[track_caller]
    pub fn all_healthy(&self) {
        self.pi.wait("every member healthy", SHORT, |st| {
            let members = status::members(st);
            members.iter().all(|name| status::healthy(st, name))
        });
    }

    /// Waits until this member is healthy again, and makes it the active one by hand: a test
    /// does not wait for `hold_s`.
    #[track_caller]
    pub fn back_to(&self, member: &str) {
        let healthy = |st: &Value| status::healthy(st, member);
        self.pi.wait("the member healthy again", LONG, healthy);
        self.pi.call(&["switch", member]);
        self.pings().wait_answers(20, SHORT);
    }

    /// The outage at pings 10 ms apart that a fault of the active member causes, and what
    /// `fault` gives. Returns when another member is active and answers.
    #[track_caller]
    pub fn outage_by<T>(&self, fault: impl FnOnce() -> T) -> (Duration, T) {
        let before = self.pi.kernel_active();
        let pings = self.pings();
        pings.wait_answers(20, SHORT);
        let fault = fault();
        self.pi.wait("another member active", SHORT, |st| {
            let now = status::active(st);
            !now.is_empty() && now != before
        });
        pings.wait_answers(50, SHORT);
        let pings = pings.stop();
        println!("outage: {:?}, {pings:?}", pings.longest_outage());
        (pings.longest_outage(), fault)
    }

    /// The outage of the last switch away from this member, as the program recorded it.
    #[track_caller]
    pub fn recorded_outage(&self, member: &str) -> Duration {
        let events = self.pi.events();
        let list = events.as_array().expect("a list");
        let away = |e: &&Value| e["kind"] == "switch" && e["from"] == member;
        let last = list.iter().rfind(away).expect("a switch");
        Duration::from_millis(last["outage_ms"].as_u64().expect("an outage"))
    }

    /// How often the active member has changed so far.
    #[track_caller]
    pub fn switches(&self) -> u64 {
        let status = self.pi.try_status().expect("a running wifibond");
        status["bond"]["switches"].as_u64().expect("a count")
    }

    /// The active member stays the same at every look during `period`, and no switch lay between.
    #[track_caller]
    pub fn no_switch(&self, period: Duration) {
        let before = self.switches();
        self.pi.stays("no switch", period, |st| {
            st["bond"]["switches"].as_u64() == Some(before)
        });
    }

    /// wlan0 passes no frames for a period, and then all of them, so many times; the pings in that
    /// time, and the switches.
    #[track_caller]
    pub fn flap(&self, period: Duration, times: usize) -> (Pings, u64) {
        let before = self.switches();
        let pings = self.pings();
        pings.wait_answers(20, SHORT);
        for _ in 0..times {
            let fault = self.ap.drops(MAC0, Way::Both);
            let_pass(period);
            drop(fault);
            let_pass(period);
        }
        let (pings, switches) = (pings.stop(), self.switches() - before);
        println!("{switches} switches, {:?}", pings.gaps);
        (pings, switches)
    }
}
