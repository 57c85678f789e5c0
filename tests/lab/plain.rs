//! The same job by hand: `ip`, wpa_supplicant, a static address. The lab proves itself
//! with it, and the benchmark compares against it.

use super::{Namespace, Process, wait_until};
use std::rc::Rc;
use std::time::Duration;

/// A wpa_supplicant on one interface, with one network.
pub struct Supplicant {
    process: Process,
    interface: String,
    ns: Rc<Namespace>,
}

impl Supplicant {
    /// `network`: the lines of wpa_supplicant's `network` block.
    #[track_caller]
    pub fn start(ns: &Rc<Namespace>, interface: &str, network: &str) -> Supplicant {
        let file = ns.path(&format!("/tmp/{interface}.conf"));
        let text =
            format!("ctrl_interface=/run/wpa_plain\ncountry=BE\nnetwork={{\n{network}\n}}\n");
        std::fs::write(file, text).expect("wpa_supplicant's file");
        let log = ns.path(&format!("/tmp/{interface}.log"));
        let _ = std::fs::remove_file(&log);
        let mut command = ns.command("wpa_supplicant");
        command.args([
            "-t",
            "-D",
            "nl80211",
            "-i",
            interface,
            "-c",
            &format!("/tmp/{interface}.conf"),
        ]);
        command.args(["-f", &format!("/tmp/{interface}.log")]);
        let process = Process::start(command, &log);
        Supplicant {
            process,
            interface: interface.to_owned(),
            ns: ns.clone(),
        }
    }

    /// The lines for a network with a passphrase; `key_mgmt` as wpa_supplicant calls it.
    pub fn network(ssid: &str, passphrase: &str, key_mgmt: &str) -> String {
        let protection = if key_mgmt.contains("SAE") {
            "ieee80211w=1\n"
        } else {
            ""
        };
        format!(
            "ssid=\"{ssid}\"\nscan_ssid=1\npsk=\"{passphrase}\"\nkey_mgmt={key_mgmt}\n{protection}"
        )
    }

    pub fn log(&self) -> String {
        self.process.log()
    }

    #[track_caller]
    pub fn wait_log(&self, text: &str, limit: Duration) {
        self.process.wait_log(text, limit);
    }

    /// How often it has got through to the network so far.
    pub fn connections(&self) -> usize {
        self.log().matches("CTRL-EVENT-CONNECTED").count()
    }

    /// Waits until the member is authorised: what the kernel calls "up".
    #[track_caller]
    pub fn wait_up(&self, limit: Duration) {
        wait_until(&format!("{} authorised", self.interface), limit, || {
            self.ns.link(&self.interface, "operstate") == "up"
        });
    }

    pub fn pid(&self) -> i32 {
        self.process.pid()
    }
}

/// bond0 made with `ip`, as the wiki does.
pub struct Plain {
    pub supplicants: Vec<Supplicant>,
}

impl Plain {
    /// Makes the bond of wlan0 and wlan1 with wlan0 as primary, and starts a
    /// wpa_supplicant on each. `networks`: the block of each member.
    #[track_caller]
    pub fn start(ns: &Rc<Namespace>, address: &str, networks: [&str; 2]) -> Plain {
        let plain = Plain::without_address(ns, networks);
        ns.ip(&format!("address add {address} dev bond0"));
        plain
    }

    #[track_caller]
    pub fn without_address(ns: &Rc<Namespace>, networks: [&str; 2]) -> Plain {
        ns.ip("link add bond0 type bond mode active-backup miimon 100 fail_over_mac active");
        let mut supplicants = Vec::new();
        for member in ["wlan0", "wlan1"] {
            ns.ip(&format!("link set {member} down"));
            ns.ip(&format!("link set {member} master bond0"));
            ns.ip(&format!("link set {member} up"));
        }
        ns.ip("link set bond0 type bond primary wlan0 primary_reselect always");
        ns.ip("link set bond0 up");
        for (member, network) in ["wlan0", "wlan1"].into_iter().zip(networks) {
            supplicants.push(Supplicant::start(ns, member, network));
        }
        Plain { supplicants }
    }

    /// Ends the wpa_supplicants and takes the bond away.
    pub fn stop(self, ns: &Namespace) {
        drop(self.supplicants);
        ns.ip("link del bond0");
    }
}
