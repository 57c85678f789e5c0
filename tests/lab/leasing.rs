//! The usual scene with addresses from a server.

use super::scene::{LONG, PASSPHRASE, SSID};
use super::{Scene, status};
use serde_json::{Value, json};

/// A range of the LAN, its mask and the time of a lease, as dnsmasq writes them.
pub const RANGE: &str = "192.168.43.100,192.168.43.110,255.255.255.0,1h";

/// The smallest file that works.
pub fn one_line() -> Value {
    json!({ "country": "BE", "wifi": [ { "ssid": SSID, "passphrase": PASSPHRASE } ],
        // The primary is preferred again at once: the hold has its own tests.
        "health": { "hold_s": 0 } })
}

impl Scene {
    /// dnsmasq lends addresses of [`RANGE`], and wifibond is not started.
    pub fn served() -> Scene {
        let s = Scene::new();
        s.lan.serve_dhcp(RANGE);
        s
    }

    /// The bond's address from a server, once it is there and the traffic goes through it.
    #[track_caller]
    pub fn leased(&self) -> String {
        let from_dhcp = |st: &Value| {
            let addresses = status::link(st, "bond0")["addresses"].as_array();
            let mut addresses = addresses.into_iter().flatten();
            addresses.find(|a| a["from"] == "dhcp").cloned()
        };
        let there = |st: &Value| {
            status::leased(st, "bond0") && from_dhcp(st).is_some() && status::online(st)
        };
        let st = self
            .pi
            .wait("a lease on bond0 and its address", LONG, there);
        let address = from_dhcp(&st).expect("just seen");
        let net = address["address"].as_str().expect("text");
        net.strip_suffix("/24").expect("the server's mask").into()
    }

    /// Waits for both members, wlan0 being the active one.
    #[track_caller]
    pub fn both(&self) {
        self.pi.wait("both authorised, wlan0 active", LONG, |st| {
            status::authorized(st, "wlan0")
                && status::authorized(st, "wlan1")
                && status::active(st) == "wlan0"
        });
    }

    /// The gateway has another network's address from now on, and none of its own.
    pub fn other_network(&self) {
        self.lan.ns.ip("address add 10.7.0.1/24 dev br0");
        self.lan.ns.ip("address del 192.168.43.1/24 dev br0");
    }
}
