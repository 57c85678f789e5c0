//! Which role an interface has: the configuration's matchers against the links that are there.
use super::Engine;
use super::contract::action::{Action, ReadRequest};
use super::journal::{Text, clip};
use super::observed::{Index, Kind, Link, Medium, Mode};
use super::sort::sort;
use super::tables::Observed;
use super::time::Instant;
use crate::config::{Bridge, Config, Eap, MAX_LINKS, Matcher, Network};
use core::cmp::Ordering;
use heapless::Vec;

/// Members a bond can have here. `bond.members` has at most as many entries, but a
/// pattern may match more adapters than that; the rest is left out and reported.
pub const MAX_PORTS: usize = 8;

/// Whether this matcher of the file matches this link.
///
/// All but names only mean real adapters: a VLAN shows the hardware address of the interface
/// below it. `eth0` is a cable whatever it is made of.
pub fn matches(matcher: &Matcher, link: &Link) -> bool {
    let real = matches!(link.kind, Kind::Plain);
    match matcher {
        Matcher::Name(name) => link.name == *name,
        Matcher::Mac(mac) => real && own_mac(link) == Some(*mac),
        Matcher::UsbPort(port) => real && link.usb_port.as_ref() == Some(port),
        Matcher::UsbAny => real && link.usb_port.is_some(),
        Matcher::Driver(driver) => real && link.facts.driver == *driver,
        Matcher::WifiAny => real && link.facts.is_wifi(),
        Matcher::WiredAny => {
            let hardware = (real && link.hardware) || is_eth0(link);
            hardware && link.facts.medium == Medium::Wired
        }
    }
}

fn is_eth0(link: &Link) -> bool {
    link.name == "eth0" && matches!(link.kind, Kind::Plain | Kind::Other(_))
}

/// How closely a matcher that matches this link does so; 0 is closest. `eth0` is one of
/// the cables more than it is one of the USB adapters, which it is on a Raspberry Pi 3.
fn distance(matcher: &Matcher, link: &Link) -> u8 {
    match matcher {
        Matcher::Name(_) => 0,
        Matcher::Mac(_) | Matcher::UsbPort(_) => 1,
        Matcher::WiredAny if link.name == "eth0" => 1,
        Matcher::UsbAny | Matcher::Driver(_) | Matcher::WifiAny | Matcher::WiredAny => 2,
    }
}

/// How closely the closest of these matchers matches this link; `None`: none does.
fn closest<'a>(matchers: impl Iterator<Item = &'a Matcher>, link: &Link) -> Option<u8> {
    let meant = matchers.filter(|m| matches(m, link));
    meant.map(|m| distance(m, link)).min()
}

/// The adapter's own hardware address, also while it is a bond's member.
pub fn own_mac(link: &Link) -> Option<crate::config::Mac> {
    let lent = link.port.and_then(|port| port.permanent_mac);
    link.permanent_mac.or(lent).or(link.mac)
}

/// The place of a link in `bond.members`, or `None` if it is no member. A matcher elsewhere in
/// the file that matches it more closely wins: with `wifi:*` here, an adapter that `links` has
/// by its name or port is no member.
pub fn member_rank(config: &Config, link: &Link) -> Option<usize> {
    let bond = &config.bond;
    if link.name == bond.name || matches!(link.kind, Kind::Bond(_) | Kind::Bridge) {
        return None;
    }
    let rank = bond.members.iter().position(|m| matches(m, link))?;
    let here = closest(bond.members.iter(), link);
    let ports = config.bridges.iter().flat_map(|b| &b.members);
    let elsewhere = closest(config.links.iter().map(|l| &l.name).chain(ports), link);
    elsewhere.is_none_or(|e| Some(e) >= here).then_some(rank)
}

/// The bridge whose member this link is, by the file. The bond may be one; what `links` means
/// more closely is not.
pub fn bridge_of<'a>(config: &'a Config, link: &Link) -> Option<&'a Bridge> {
    if link.kind == Kind::Bridge || member_rank(config, link).is_some() {
        return None;
    }
    let elsewhere = closest(config.links.iter().map(|l| &l.name), link);
    config.bridges.iter().find(|bridge| {
        let here = closest(bridge.members.iter(), link);
        here.is_some() && elsewhere.is_none_or(|e| Some(e) >= here)
    })
}

/// The entry of `links` that means this link most closely.
pub fn own_link<'a>(config: &'a Config, link: &Link) -> Option<&'a crate::config::Link> {
    config.links.get(own_entry(config, link)?)
}

fn own_entry(config: &Config, link: &Link) -> Option<usize> {
    let part = member_rank(config, link).is_some() || bridge_of(config, link).is_some();
    if part || link.name == config.bond.name {
        return None;
    }
    let entries = config.links.iter().enumerate();
    let meant = entries.filter(|(_, entry)| matches(&entry.name, link));
    let closest = meant.min_by_key(|(_, entry)| distance(&entry.name, link));
    closest.map(|(place, _)| place)
}

/// A link of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Own {
    /// The link.
    pub link: Index,
    /// Its place in `links`.
    pub entry: usize,
    /// What is added to the entry's metrics: two default routes cannot have one.
    pub step: u32,
}

/// The links of their own that are there: in the order of the file, and where a pattern means
/// several, the built-in ones first, then by USB port. The second number: how many more there
/// are than places.
pub fn own_links(config: &Config, observed: &Observed) -> (Vec<Own, MAX_LINKS>, usize) {
    let mut found: Vec<(usize, &Link), { super::observed::MAX_LINKS }> = Vec::new();
    for link in observed.links().filter(|link| can_be_used(link)) {
        if let Some(entry) = own_entry(config, link) {
            let _ = found.push((entry, link));
        }
    }
    sort(&mut found, &mut |(m, a), (n, b)| {
        (m, by_port(a, b, false)) < (n, Ordering::Equal)
    });
    let mut own: Vec<Own, MAX_LINKS> = Vec::new();
    let mut left_out = 0;
    for (entry, link) in found {
        let before = own.last().filter(|last| last.entry == entry);
        let mut step = before.map_or(0, |last| last.step + 1);
        let several = step > 0 || config.links[entry].name.is_pattern();
        while several && is_metric_of_another(config, entry, step) {
            step += 1;
        }
        let link = link.index;
        left_out += usize::from(own.push(Own { link, entry, step }).is_err());
    }
    (own, left_out)
}

/// Would this cable's default route have the metric of another part of the file?
fn is_metric_of_another(config: &Config, entry: usize, step: u32) -> bool {
    let mine = &config.links[entry].ip;
    let others = config.links.iter().enumerate();
    let others = others.filter(|(place, _)| *place != entry);
    let others = others.map(|(_, link)| &link.ip);
    let bridges = config.bridges.iter().map(|bridge| &bridge.ip);
    let bond = (!config.bond.members.is_empty()).then_some(&config.bond.ip);
    let mut all = others.chain(bridges).chain(bond);
    all.any(|ip| ip.ipv4.metric == mine.ipv4.metric.saturating_add(step))
}

/// USB adapters by their ports, 1-1.2 before 1-1.10; the others, all before them or after, by
/// hardware address, which stays when they are numbered anew.
fn by_port(a: &Link, b: &Link, usb_first: bool) -> Ordering {
    let numbers = |port: &'_ str| -> Vec<u32, 16> {
        let parts = port.split(['-', '.']);
        parts
            .map(|n| n.parse().unwrap_or(u32::MAX))
            .take(16)
            .collect()
    };
    let own = |link: &Link| {
        (
            link.name != "eth0",
            own_mac(link).map(|mac| mac.0),
            link.index,
        )
    };
    match (&a.usb_port, &b.usb_port) {
        (Some(x), Some(y)) => numbers(x).cmp(&numbers(y)).then(a.index.cmp(&b.index)),
        (None, None) => own(a).cmp(&own(b)),
        (Some(_), None) if usb_first => Ordering::Less,
        (None, Some(_)) if !usb_first => Ordering::Less,
        (Some(_), None) | (None, Some(_)) => Ordering::Greater,
    }
}

/// Whether this link is kept in the tables. Other bonds and bridges are kept so that a
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
        // Its ports decide whether a bridge is another program's.
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

/// Asks the kernel again about an adapter of which it has not answered whether it is Wi-Fi.
pub fn next_unknown(engine: &Engine, now: Instant) -> Option<Action> {
    let mut links = engine.observed.links();
    let unknown = |link: &&Link| link.facts.medium == Medium::Unknown;
    links.find_map(|link| {
        let link = unknown(&link).then_some(link.index)?;
        engine.offer(now, ReadRequest::Medium { link })
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
            "is in {mode} and is not taken: end the program that uses it so, `iw dev {} set type managed`, and set it up",
            link.name
        ))
    })
}

impl Engine {
    /// The members that are plugged in, best first: in the order of the file, and where a pattern
    /// means several, USB adapters by their ports, then the built-in ones.
    pub(super) fn present_members(&self) -> Vec<&Link, MAX_PORTS> {
        let mut ranked: Vec<(usize, &Link), { super::observed::MAX_LINKS }> = Vec::new();
        for link in self.observed.links().filter(|link| can_be_used(link)) {
            if let Some(rank) = member_rank(&self.config, link) {
                let _ = ranked.push((rank, link));
            }
        }
        sort(&mut ranked, &mut |(m, a), (n, b)| {
            (m, by_port(a, b, true)) < (n, Ordering::Equal)
        });
        // A ninth adapter is left out; the status has how many there are.
        let best = ranked.into_iter().take(MAX_PORTS);
        best.map(|(_, link)| link).collect()
    }

    /// It is one of these.
    pub(super) fn is_present_member(&self, index: Index) -> bool {
        let members = self.present_members();
        members.iter().any(|link| link.index == index)
    }
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

/// Is this network meant for this adapter?
pub fn network_applies(network: &Network, link: &Link) -> bool {
    network.members.is_empty() || network.members.iter().any(|m| matches(m, link))
}
