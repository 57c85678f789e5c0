//! What the Pi of a scene goes through while it is measured: a start, a fail-over, all of it.

use super::scene::{ADDRESS, GATEWAY, LONG, MAC0, SHORT, config};
use super::{Pinger, Scene, status, wait_for, wait_until};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// New interfaces of every namespace take it over.
const RETRANSMIT: &str = "/proc/sys/net/ipv4/neigh/default/retrans_time_ms";
/// Until the gateway looks for the Pi again by itself.
const STALE: Duration = Duration::from_secs(120);

/// From now on a ping sent a moment too early does not cost the second after which the kernel
/// asks again for the gateway's MAC address: 20 ms, for everybody alike.
pub fn ask_again_soon() {
    std::fs::write(RETRANSMIT, "20").expect("a kernel with IPv4");
}

impl Scene {
    /// From just before `start` to the first answer through bond0, in milliseconds.
    #[track_caller]
    pub fn first_answer(&self, start: impl FnOnce()) -> f64 {
        let pinger = Pinger::start(&self.pi.ns, GATEWAY, Duration::from_millis(5));
        let begin = Instant::now();
        start();
        let first = wait_for("the first answer", LONG, || pinger.first_answer());
        pinger.stop();
        assert_eq!(self.uplink(), "bond0");
        (first - begin).as_millis() as f64
    }

    /// The outage of the way to wlan1 after the access point has sent wlan0 away, in
    /// milliseconds, at pings that are `interval` apart.
    #[track_caller]
    pub fn outage(&self, interval: Duration) -> f64 {
        let up = |name| self.pi.ns.link(name, "operstate") == "up";
        wait_until("both up, wlan0 active", LONG, || {
            up("wlan0") && up("wlan1") && self.pi.kernel_active() == "wlan0"
        });
        // The kernel alone returns to wlan0 before that is authorised, its announcement
        // is lost, and the gateway goes on sending to wlan1: that is not counted here.
        self.pings().wait_answers(10, STALE);
        let pings = Pinger::start(&self.lan.ns, ADDRESS, interval);
        pings.wait_answers(50, LONG);
        self.ap.deauthenticate(MAC0);
        wait_until("wlan1 active", SHORT, || self.pi.kernel_active() == "wlan1");
        pings.wait_answers(10, LONG);
        pings.stop().longest_outage().as_millis() as f64
    }

    /// What makes a daemon use its memory: a start with two members and a lease, a status, a
    /// reload and a fail-over. The LAN has a DHCP server.
    #[track_caller]
    pub fn use_all(&self) {
        let mut file = config();
        file["bond"]["ipv4"] = json!({ "dhcp": true });
        self.pi.start(&file);
        let online = |st: &Value| {
            status::authorized(st, "wlan0")
                && status::authorized(st, "wlan1")
                && status::active(st) == "wlan0"
                && status::leased(st, "bond0")
        };
        self.pi.wait("both members, and a lease", LONG, online);
        self.pi.call(&["status"]);
        file["bond"]["ipv4"]["metric"] = json!(150);
        self.pi.reload_with(&file);
        let metric = |st: &Value| {
            let routes = st["links"][0]["routes"].as_array();
            routes.is_some_and(|routes| routes.iter().any(|route| route["metric"] == 150))
        };
        self.pi.wait("the other metric", LONG, metric);
        self.ap.deauthenticate(MAC0);
        let switched = |st: &Value| st["bond"]["switches"].as_u64() >= Some(2);
        self.pi.wait("there and back again", LONG, switched);
        self.pi.wait("both members once more", LONG, online);
        self.pi.call(&["events"]);
    }
}
