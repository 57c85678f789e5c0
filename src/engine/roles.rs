//! Which interface plays which part: the configuration's words against the links
//! that are there.
use super::Engine;
use super::action::Action;
use super::journal::{Text, clip};
use super::observed::{Index, Kind, Link, Medium, Mode, Oper};
use super::tables::Observed;
use crate::config::{Bridge, Config, Eap, Matcher, Network};
use heapless::Vec;

/// Members a bond can have here. `bond.members` has at most as many entries, but a
/// pattern may match more adapters than that; the rest is left out and said.
pub const MAX_PORTS: usize = 8;

/// Does this word of the file mean this link?
///
/// Patterns (`mac:`, `usb:`, `driver:`) only mean real adapters: a VLAN shows the
/// hardware address of the interface below it.
pub fn matches(matcher: &Matcher, link: &Link) -> bool {
    let real = matches!(link.kind, Kind::Plain);
    match matcher {
        Matcher::Name(name) => link.name == *name,
        Matcher::Mac(mac) => real && own_mac(link) == Some(*mac),
        Matcher::UsbPort(port) => real && link.usb_port.as_ref() == Some(port),
        Matcher::UsbAny => real && link.usb_port.is_some(),
        Matcher::Driver(driver) => real && link.facts.driver == *driver,
    }
}

/// The address the adapter was born with, also while it is a bond's member.
pub fn own_mac(link: &Link) -> Option<crate::config::Mac> {
    let lent = link.port.and_then(|port| port.permanent_mac);
    link.permanent_mac.or(lent).or(link.mac)
}

/// The place of a link in `bond.members`, or `None` if it is no member. A plain
/// name elsewhere in the file wins over a pattern here: with `usb:*` the wired
/// `eth0` of a Raspberry Pi 3, itself a USB device, stays a link of its own.
pub fn member_rank(config: &Config, link: &Link) -> Option<usize> {
    let bond = &config.bond;
    if link.name == bond.name || matches!(link.kind, Kind::Bond(_) | Kind::Bridge) {
        return None;
    }
    let rank = bond.members.iter().position(|m| matches(m, link))?;
    let by_name = matches!(bond.members[rank], Matcher::Name(_));
    if !by_name && named_elsewhere(config, link) {
        return None;
    }
    Some(rank)
}

fn named_elsewhere(config: &Config, link: &Link) -> bool {
    let means = |m: &Matcher| matches!(m, Matcher::Name(name) if *name == link.name);
    config.links.iter().any(|l| means(&l.name))
        || config.bridges.iter().any(|b| b.members.iter().any(means))
}

/// The bridge whose member this link is, by the file. The bond may be one; what is named
/// elsewhere is not meant by a pattern here.
pub fn bridge_of<'a>(config: &'a Config, link: &Link) -> Option<&'a Bridge> {
    if link.kind == Kind::Bridge || member_rank(config, link).is_some() {
        return None;
    }
    let means = |m: &Matcher| matches!(m, Matcher::Name(name) if *name == link.name);
    let elsewhere = config.links.iter().any(|l| means(&l.name));
    let mut bridges = config.bridges.iter();
    bridges.find(|bridge| {
        let mut members = bridge.members.iter();
        members.any(|m| means(m) || (!elsewhere && matches(m, link)))
    })
}

/// The entry of `links` that means this link.
pub fn own_link<'a>(config: &'a Config, link: &Link) -> Option<&'a crate::config::Link> {
    let part = member_rank(config, link).is_some() || bridge_of(config, link).is_some();
    if part || link.name == config.bond.name {
        return None;
    }
    config.links.iter().find(|entry| matches(&entry.name, link))
}

/// Do we keep this link in our tables? Other bonds and bridges are kept so that a
/// refusal can name them; members of any bond, because a file that names them no
/// longer means that they have to be freed.
pub fn concerns_us(config: &Config, link: &Link) -> bool {
    link.name == config.bond.name
        || member_rank(config, link).is_some()
        || own_link(config, link).is_some()
        || bridge_of(config, link).is_some()
        || config.bridges.iter().any(|bridge| bridge.name == link.name)
        || matches!(link.kind, Kind::Bond(_) | Kind::Bridge)
        || link.port.is_some()
        // What is not known may be ours yet.
        || (link.kind == Kind::Plain && link.facts.medium == Medium::Unknown)
        // Whose bridge is it? Its ports tell.
        || (!config.bridges.is_empty() && link.master.is_some())
}

/// It would be kept for nothing but that some bridge has it.
pub fn is_a_port_alone(config: &Config, link: &Link) -> bool {
    let without = Link {
        master: None,
        ..link.clone()
    };
    link.master.is_some() && !concerns_us(config, &without)
}

/// Asks the kernel again about an adapter of which it has not said whether it is Wi-Fi.
pub fn next_unknown(engine: &Engine, now: u64) -> Option<Action> {
    let mut links = engine.observed.links();
    let unknown = |link: &&Link| link.facts.medium == Medium::Unknown;
    links.find_map(|link| {
        let link = unknown(&link).then_some(link.index)?;
        engine.offer_any(now, Action::Inspect { link })
    })
}

/// A cable, or Wi-Fi as a station; not while it is not known which of them.
pub fn can_be_used(link: &Link) -> bool {
    matches!(
        link.facts.medium,
        Medium::Wired | Medium::Wifi(Mode::Station)
    )
}

/// Why an adapter that the file means is not taken: another program uses its radio in
/// another way.
pub fn mode_refusal(config: &Config, link: &Link) -> Option<Text> {
    let Medium::Wifi(mode) = link.facts.medium else {
        return None;
    };
    let meant = member_rank(config, link).is_some() || own_link(config, link).is_some();
    (mode != Mode::Station && meant).then(|| {
        clip(format_args!(
            "is in {mode} and is not taken: end the program that uses it so (`iw dev {} set type managed` while it is down)",
            link.name
        ))
    })
}

/// The members that are plugged in, best first: the order of the file, and of
/// plugging in where a pattern matches several.
pub fn present_members(config: &Config, observed: &Observed) -> Vec<Index, MAX_PORTS> {
    let mut ranked: Vec<(usize, Index), MAX_PORTS> = Vec::new();
    for link in observed.links() {
        if let Some(rank) = member_rank(config, link).filter(|_| can_be_used(link)) {
            // A ninth adapter finds the table full; status says how many were left out.
            let _ = ranked.push((rank, link.index));
        }
    }
    ranked.sort_unstable();
    ranked.iter().map(|(_, index)| *index).collect()
}

/// How a cable has to be authenticated on, if it has (IEEE 802.1X).
pub fn wired_auth<'a>(config: &'a Config, link: &Link) -> Option<&'a Eap> {
    if link.facts.is_wifi() {
        return None;
    }
    match member_rank(config, link) {
        Some(_) => config.bond.wired_auth.as_ref(),
        None => own_link(config, link)?.wired_auth.as_ref(),
    }
}

/// May traffic pass? Wi-Fi raises carrier when it is associated; only the
/// operational state tells that the keys are there (`IF_OPER_UP`, net/mac80211).
/// Some wired drivers never report more than "unknown". A bridge does before its first
/// port, and has carrier all the while (br_port_state_selection() in net/bridge/br_stp.c
/// looks at it when a port comes or goes): nothing would pass.
pub fn authorised(link: &Link) -> bool {
    let oper = match link.oper {
        Oper::Up => true,
        Oper::Unknown => !link.facts.is_wifi() && link.kind != Kind::Bridge,
        Oper::NotPresent | Oper::Down | Oper::LowerLayerDown | Oper::Testing | Oper::Dormant => {
            false
        }
    };
    link.up && link.carrier && oper && !link.locked
}

/// Is this network meant for this adapter?
pub fn network_applies(network: &Network, link: &Link) -> bool {
    network.members.is_empty() || network.members.iter().any(|m| matches(m, link))
}
