//! Faults and unusual answers of a gateway, and another machine in its network that answers too.

use super::arp::Claims;
use super::lan::BRIDGE;
use super::path::{Fault, Hook, Treatment};
use super::{Lab, Lan, Namespace};
use std::rc::Rc;
use std::time::Duration;

/// The stranger's interface and its MAC address.
const CARD: &str = "eth0";
pub const STRANGER: &str = "02:5f:00:00:00:66";

/// The machine with the gateway's address: it also has the DHCP server. Stations and cables reach
/// each other in any case.
impl Lan {
    /// It receives everything and sends nothing.
    #[track_caller]
    pub fn gateway_falls_silent(&self) -> Fault {
        self.at_gateway(Hook::Egress, "protocol all matchall", Treatment::Drop)
    }

    /// Each of its frames is sent so much later.
    #[track_caller]
    pub fn gateway_delays(&self, by: Duration) -> Fault {
        let treatment = Treatment::Delay(by);
        self.at_gateway(Hook::Egress, "protocol all matchall", treatment)
    }

    /// It answers ARP requests that are broadcast, and no others.
    #[track_caller]
    pub fn gateway_ignores_unicast_arp(&self) -> Fault {
        let matching = format!(
            "protocol arp flower arp_op request dst_mac {}",
            self.gateway_mac()
        );
        self.at_gateway(Hook::Ingress, &matching, Treatment::Drop)
    }

    fn at_gateway(&self, hook: Hook, matching: &str, treatment: Treatment) -> Fault {
        Fault::at(&self.ns, BRIDGE, hook, matching, treatment)
    }

    pub fn gateway_mac(&self) -> String {
        self.ns.link(BRIDGE, "address")
    }

    /// It has another MAC address from now on, as after a change of the master in VRRP
    /// (RFC 5798). Announced: it sends a gratuitous ARP.
    #[track_caller]
    pub fn change_gateway_mac(&self, mac: &str, announced: bool) {
        self.sysctl("arp_notify", announced);
        self.ns.ip(&format!("link set {BRIDGE} address {mac}"));
    }

    /// It answers every ARP request with its own MAC address, except for probes with the sender
    /// 0.0.0.0 for other addresses than its own (`arp_process()` in net/ipv4/arp.c).
    #[track_caller]
    pub fn gateway_answers_for_all(&self) {
        self.sysctl("forwarding", true);
        self.sysctl("proxy_arp", true);
        // Also when the way to the address is the one the request came by.
        self.sysctl("proxy_arp_pvlan", true);
    }

    #[track_caller]
    fn sysctl(&self, knob: &str, on: bool) {
        let setting = format!("net.ipv4.conf.{BRIDGE}.{knob}={}", u8::from(on));
        self.ns.run("sysctl", &["-w", &setting]);
    }
}

/// Another machine in the LAN, on a cable.
pub struct Stranger {
    ns: Rc<Namespace>,
}

impl Lab {
    /// Its MAC address is [`STRANGER`]; it has no IP address.
    #[track_caller]
    pub fn stranger(&self, lan: &Lan) -> Stranger {
        let ns = self.namespace("stranger");
        let port = "stranger";
        lan.ns.ip(&format!(
            "link add {port} type veth peer name {CARD} netns {}",
            ns.pid
        ));
        lan.ns.ip(&format!("link set {port} master {BRIDGE} up"));
        ns.ip(&format!("link set {CARD} address {STRANGER} up"));
        Stranger { ns }
    }
}

impl Stranger {
    /// It answers ARP probes, those with the sender 0.0.0.0, for these addresses (a prefix) with
    /// its own MAC address, and no other ARP request: neighbour tables stay right.
    #[track_caller]
    pub fn answers_probes_for(&self, prefix: &str) {
        // Answers to others would need a way back to the sender.
        let setting = format!("net.ipv4.conf.{CARD}.rp_filter=1");
        self.ns.run("sysctl", &["-w", &setting]);
        let route = format!("route add local {prefix} dev {CARD} table local");
        self.ns.ip(&route);
    }

    /// Undoes it.
    #[track_caller]
    pub fn answers_no_probes_for(&self, prefix: &str) {
        let route = format!("route del local {prefix} dev {CARD} table local");
        self.ns.ip(&route);
    }

    /// It sends unsolicited ARP replies to the station `to`: the address `claimed` is at `at`.
    /// One in each `interval`, until this is dropped.
    pub fn claims(&self, claimed: &str, at: &str, to: &str, interval: Duration) -> Claims {
        Claims::start(self.ns.net(), CARD, (claimed, at), to, interval)
    }
}
