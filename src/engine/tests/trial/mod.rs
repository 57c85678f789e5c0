//! A new file that is tried, and taken back where the box is not online with it.
mod course;
mod networks;
mod staged;
mod ways;

use super::health::lab::{self, GATEWAY, Lab, MAC, Path};
use super::server::{LEASE, ServerBehaviour};
use super::*;
use crate::engine::time::Seconds;
use crate::engine::trial::Progress;

const CONNECTED: &str = "<3>CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:05:00 completed";
const LEFT: &str =
    "<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:05:00 reason=3 locally_generated=1";
const WRONG: &str = "<3>CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid=\"Hotspot\" auth_failures=1 duration=10 reason=WRONG_KEY";
const BOTH: [Index; 2] = [WLAN0, WLAN1];

fn says(lab: &mut Lab, link: Index, text: &str) {
    lab.world.handle(Event::Supplicant { link, text });
    lab.run();
}

fn joins(lab: &mut Lab, link: Index) {
    lab.world.join_only(link);
    says(lab, link, CONNECTED);
}

/// As wpa_supplicant does when it reads another file.
fn leaves(lab: &mut Lab, link: Index) {
    lab.world.cut(link);
    says(lab, link, LEFT);
}

/// These adapters are in the network, and the first one carries the traffic.
fn online(config: &Config, members: &[Index]) -> Lab {
    let mut lab = Lab::begin(config);
    lab.world.server.behaviour = ServerBehaviour::Answers;
    for link in members {
        joins(&mut lab, *link);
    }
    lab.wait(10_000);
    assert!(lab.world.engine.is_online());
    assert_eq!(lab.active(), Some(members[0]));
    lab.done.clear();
    lab
}

/// The adapters that were given a new file since the last call.
fn reconfigured(lab: &mut Lab) -> Vec<Index> {
    let done = core::mem::take(&mut lab.done);
    let mine = done.iter().filter_map(|action| match action {
        Action::Supplicant(link, SupplicantStep::Reconfigure) => Some(*link),
        _ => None,
    });
    mine.collect()
}

fn other_network(config: &Config) -> Config {
    let mut changed = config.clone();
    changed.wifi[0].priority = 9;
    changed
}

fn with_dhcp() -> Config {
    let mut config = lab::config();
    config.bond.ip = IpBlock::default();
    config
}

fn aside(lab: &Lab) -> Option<String> {
    match lab.world.engine.trial().progress() {
        Some(Progress::SetAside { why, .. }) => Some(why.to_owned()),
        _ => None,
    }
}

fn is_over(lab: &Lab) -> bool {
    lab.world.engine.trial().progress().is_none()
}
