//! What rtnetlink tells of a link's kind: a bond's options, and a member's state in its bond.
use super::attributes::{attributes, mac, text};
use super::names::ifla;
use crate::engine::observed::{BondOptions, Kind, Link, Mii, Port};
use heapless::String;
use netlink_packet_core::{NlaBuffer, NlasIterator, Parseable};
use netlink_packet_route::link::{BondPortState, InfoBond, InfoBondPort, MiiStatus};

/// `IFLA_LINKINFO`. The kinds come before the data in every message, but the interface does not
/// promise that: they are looked for first.
pub fn info(value: &[u8], link: &mut Link) {
    let find = |wanted: u16| {
        attributes(value)
            .find(|(kind, _)| *kind == wanted)
            .map(|(_, v)| v)
    };
    let name = |wanted| find(wanted).and_then(text);
    match name(ifla::INFO_KIND) {
        None => {}
        Some("bond") => link.kind = Kind::Bond(bond(find(ifla::INFO_DATA).unwrap_or(&[]))),
        Some("bridge") => link.kind = Kind::Bridge,
        // A kind whose name is too long becomes an empty one: that there is a kind counts.
        Some(other) => link.kind = Kind::Other(String::try_from(other).unwrap_or_default()),
    }
    if name(ifla::INFO_SLAVE_KIND) == Some("bond") {
        link.port = Some(port(find(ifla::INFO_SLAVE_DATA).unwrap_or(&[])));
    }
}

/// Attributes in netlink-packet-route's types; one that it cannot read is skipped.
fn each<'v, T: Parseable<NlaBuffer<&'v [u8]>>>(value: &'v [u8]) -> impl Iterator<Item = T> {
    NlasIterator::new(value)
        .map_while(Result::ok)
        .filter_map(|attribute| T::parse(&attribute).ok())
}

/// `IFLA_BOND_*`.
fn bond(value: &[u8]) -> BondOptions {
    let mut options = BondOptions {
        mode: 0,
        miimon_ms: 0,
        updelay_ms: 0,
        downdelay_ms: 0,
        primary: None,
        primary_reselect: 0,
        fail_over_mac: 0,
        peer_notifications: 0,
        active: None,
        arp_interval_ms: 0,
    };
    let index = |index: u32| (index != 0).then_some(index);
    for option in each(value) {
        match option {
            InfoBond::Mode(mode) => options.mode = mode.into(),
            InfoBond::ActivePort(port) => options.active = index(port),
            InfoBond::MiiMon(ms) => options.miimon_ms = ms,
            InfoBond::UpDelay(ms) => options.updelay_ms = ms,
            InfoBond::DownDelay(ms) => options.downdelay_ms = ms,
            InfoBond::ArpInterval(ms) => options.arp_interval_ms = ms,
            InfoBond::Primary(port) => options.primary = index(port),
            InfoBond::PrimaryReselect(word) => options.primary_reselect = word.into(),
            InfoBond::FailOverMac(word) => options.fail_over_mac = word.into(),
            InfoBond::NumPeerNotif(count) => options.peer_notifications = count,
            _ => {}
        }
    }
    options
}

/// `IFLA_BOND_SLAVE_*`.
fn port(value: &[u8]) -> Port {
    let mut port = Port {
        active: false,
        mii: Mii::Down,
        failures: 0,
        permanent_mac: None,
    };
    for field in each(value) {
        match field {
            InfoBondPort::BondPortState(state) => port.active = state == BondPortState::Active,
            InfoBondPort::MiiStatus(status) => {
                port.mii = match status {
                    MiiStatus::Up => Mii::Up,
                    MiiStatus::GoingDown => Mii::Fail,
                    MiiStatus::GoingBack => Mii::Back,
                    _ => Mii::Down,
                }
            }
            InfoBondPort::LinkFailureCount(count) => port.failures = count,
            InfoBondPort::PermHwaddr(address) => port.permanent_mac = mac(&address),
            _ => {}
        }
    }
    port
}
