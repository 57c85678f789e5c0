//! The usual scene: one access point "Hotspot", a Pi with two adapters, and the
//! configuration that bonds them with a static address.

use super::{AccessPoint, Channels, Lab, Lan, Network, Pi, Pinger, Radio, status};
use serde_json::{Value, json};
use std::rc::Rc;
use std::time::Duration;

pub const SSID: &str = "Hotspot";
pub const PASSPHRASE: &str = "correct horse";
pub const GATEWAY: &str = "192.168.43.1";
/// The Pi's, on the bond.
pub const ADDRESS: &str = "192.168.43.150";
pub const MAC0: &str = "02:00:00:00:00:10";
pub const MAC1: &str = "02:00:00:00:00:11";

/// For what happens within the kernel or the program.
pub const SHORT: Duration = Duration::from_secs(10);
/// For what needs scans and back-offs.
pub const LONG: Duration = Duration::from_secs(60);

/// A planned switch: one packet (measured on an idle machine); the rest is room for a
/// busy one, on which wpa_supplicant computes keys at the same time.
pub const PLANNED: Duration = Duration::from_millis(100);

/// A static address on a bond of wlan0 (the primary) and wlan1, and nothing else.
pub fn config() -> Value {
    json!({
        "country": "BE",
        "wifi": [ { "ssid": SSID, "passphrase": PASSPHRASE } ],
        "bond": {
            "members": ["wlan0", "wlan1"],
            "primary": "wlan0",
            "ipv4": static_ipv4(&format!("{ADDRESS}/24"), GATEWAY, 100),
        },
        "links": [],
        // A member that was lost is preferred again at once: the hold has its own tests.
        "health": { "hold_s": 0, "repair": false },
    })
}

/// An `ipv4` block without DHCP.
pub fn static_ipv4(address: &str, gateway: &str, metric: u32) -> Value {
    json!({
        "dhcp": false,
        "metric": metric,
        "addresses": [address],
        "routes": [ { "to": "default", "via": gateway, "metric": metric } ],
    })
}

// The lab is the last field, and so the last to go: after a failure it speaks for the rest.
pub struct Scene {
    pub pi: Rc<Pi>,
    pub lan: Rc<Lan>,
    pub ap: Rc<AccessPoint>,
    pub wlan0: Rc<Radio>,
    pub wlan1: Rc<Radio>,
    pub lab: Lab,
}

impl Scene {
    /// All is there, and wifibond is not started.
    pub fn new() -> Scene {
        Scene::with(Network::wpa2(SSID, PASSPHRASE))
    }

    pub fn with(network: Network) -> Scene {
        Scene::within(Lab::new(), network)
    }

    pub fn within(lab: Lab, network: Network) -> Scene {
        Scene::made(lab, network, None)
    }

    /// Adapters have three bands; the access point is on channels that are free everywhere.
    pub fn three_bands(network: Network) -> Scene {
        Scene::made(Lab::new(), network, Some(Channels::All))
    }

    fn made(lab: Lab, network: Network, of_adapters: Option<Channels>) -> Scene {
        let lan = lab.lan(&format!("{GATEWAY}/24"));
        let ap = lab.access_point(&lan, network);
        if let Some(channels) = of_adapters {
            lab.set_channels(channels);
        }
        let pi = lab.pi();
        let wlan0 = lab.radio(&pi.ns, "wlan0", MAC0);
        let wlan1 = lab.radio(&pi.ns, "wlan1", MAC1);
        Scene {
            pi,
            lan,
            ap,
            wlan0,
            wlan1,
            lab,
        }
    }

    /// wifibond runs with [`config`], both members are authorised, wlan0 is active.
    #[track_caller]
    pub fn running() -> Scene {
        let scene = Scene::new();
        scene.start(&config());
        scene
    }

    /// Starts wifibond and waits for both members, and for wlan0 as the active one.
    #[track_caller]
    pub fn start(&self, config: &Value) {
        self.pi.start(config);
        self.ready();
    }

    #[track_caller]
    pub fn ready(&self) {
        self.pi
            .wait("both members authorised, wlan0 active", LONG, |s| {
                status::authorized(s, "wlan0")
                    && status::authorized(s, "wlan1")
                    && status::active(s) == "wlan0"
            });
        self.answers();
    }

    /// Pings from the gateway to the Pi, ten milliseconds apart.
    pub fn pings(&self) -> Pinger {
        Pinger::every_10_ms(&self.lan.ns, ADDRESS)
    }

    /// The Pi answers pings. It also sends some itself, as every box does: a silent
    /// station that its access point has forgotten would not notice for a long time.
    #[track_caller]
    pub fn answers(&self) {
        let own = Pinger::start(&self.pi.ns, GATEWAY, Duration::from_millis(200));
        self.pings().wait_answers(10, LONG);
        own.stop();
    }

    /// How often each adapter has associated so far: unchanged means not disturbed.
    pub fn associations(&self) -> [usize; 2] {
        [self.ap.associations(MAC0), self.ap.associations(MAC1)]
    }

    /// The default route's interface, as the kernel would use it now; empty: none.
    pub fn uplink(&self) -> String {
        let route = self
            .pi
            .ns
            .try_ip("route get 198.51.100.1")
            .unwrap_or_default();
        let mut words = route.split_whitespace().skip_while(|word| *word != "dev");
        words.nth(1).unwrap_or_default().to_owned()
    }
}
