//! What another configuration means for the network, in words, before it is in force.
use super::Engine;
use super::observed::Link;
use super::roles::{
    MAX_PORTS, bridge_of, can_be_used, member_rank, own_link, own_links, wired_auth,
};
use super::supplicant_file::networks;
use crate::config::{self, Config, IfName, IpBlock, MAX_LINKS};
use core::fmt::{self, Display, Write};
use heapless::Vec;

/// Names that are listed in one line.
type Names<'a> = Vec<&'a str, { 2 * (MAX_LINKS + MAX_PORTS) }>;

const QUIET: &str = "no connection is interrupted\n";

/// What an interface is by a configuration.
#[derive(PartialEq)]
enum Role<'c> {
    Unused,
    Bond,
    Member(&'c IfName),
    Bridge,
    Port(&'c IfName),
    Own,
}

impl Display for Role<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Role::Unused => f.write_str("not used"),
            Role::Bond => f.write_str("the bond"),
            Role::Member(bond) => write!(f, "member of {bond}"),
            Role::Bridge => f.write_str("a bridge"),
            Role::Port(bridge) => write!(f, "port of {bridge}"),
            Role::Own => f.write_str("a link of its own"),
        }
    }
}

fn role<'c>(config: &'c Config, link: &Link) -> Role<'c> {
    match () {
        () if link.name == config.bond.name => match config.bond.members.is_empty() {
            true => Role::Unused,
            false => Role::Bond,
        },
        () if config.bridges.iter().any(|bridge| bridge.name == link.name) => Role::Bridge,
        () if !can_be_used(link) => Role::Unused,
        () if member_rank(config, link).is_some() => Role::Member(&config.bond.name),
        () => match bridge_of(config, link) {
            Some(bridge) => Role::Port(&bridge.name),
            None if own_link(config, link).is_some() => Role::Own,
            None => Role::Unused,
        },
    }
}

/// The addresses of an interface by a configuration, and what is added to their metrics.
fn block<'c>(engine: &Engine, config: &'c Config, link: &Link) -> Option<(&'c IpBlock, u32)> {
    if link.name == config.bond.name {
        return Some((&config.bond.ip, 0));
    }
    let mut bridges = config.bridges.iter();
    if let Some(bridge) = bridges.find(|bridge| bridge.name == link.name) {
        return Some((&bridge.ip, 0));
    }
    let (own, _) = own_links(config, &engine.observed);
    let own = own.iter().find(|own| own.link == link.index)?;
    Some((&config.links.get(own.entry)?.ip, own.step))
}

/// `wlan1, wlan2`.
struct List<'a>(&'a [&'a str]);

impl Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, name) in self.0.iter().enumerate() {
            f.write_str(if n == 0 { "" } else { ", " })?;
            f.write_str(name)?;
        }
        Ok(())
    }
}

impl Engine {
    /// Writes what this configuration has otherwise than the one in force, and what that means, a line
    /// each. Nothing: they are the same.
    pub fn write_changes(&self, new: &Config, out: &mut dyn Write) {
        if self.config != *new {
            let quiet = config::difference(&self.config, new, out);
            let _ = write(self, new, out);
            let _ = out.write_str(if quiet { QUIET } else { "" });
        }
    }
}

/// Writes whom this configuration touches and whom it does not, a line each.
fn write(engine: &Engine, new: &Config, out: &mut dyn Write) -> fmt::Result {
    let old = engine.config();
    let (mut untouched, mut joining) = (Names::new(), Names::new());
    let bond_is_new = old.bond.fail_over_mac != new.bond.fail_over_mac;
    for link in engine.observed.links() {
        let name = link.name.as_str();
        let (was, becomes) = (role(old, link), role(new, link));
        if was != becomes {
            writeln!(out, "{name}: {was} -> {becomes}")?;
            continue;
        }
        let is_of_bond = matches!(was, Role::Member(_) | Role::Bond);
        let other_networks = link.facts.is_wifi()
            && (old.country != new.country || !networks(old, link).eq(networks(new, link)));
        if was == Role::Unused {
            continue;
        } else if other_networks {
            let _ = joining.push(name);
        } else if wired_auth(old, link) != wired_auth(new, link) {
            writeln!(out, "{name} authenticates anew")?;
        } else if block(engine, old, link) != block(engine, new, link) {
            writeln!(out, "{name}: addresses, routes or name servers change")?;
        } else if !(bond_is_new && is_of_bond) {
            let _ = untouched.push(name);
        }
    }
    write_turns(engine, &joining, out)?;
    if !untouched.is_empty() {
        writeln!(out, "not touched: {}", List(&untouched))?;
    }
    Ok(())
}

fn write_anew(names: &[&str], out: &mut dyn Write) -> fmt::Result {
    match names {
        [] => Ok(()),
        [name] => writeln!(out, "{name} joins anew"),
        _ => writeln!(out, "{} join anew", List(names)),
    }
}

/// Who is given new settings of networks when.
fn write_turns(engine: &Engine, joining: &[&str], out: &mut dyn Write) -> fmt::Result {
    let active = engine.failover.now().map(|(active, _)| active);
    let active = active.and_then(|index| engine.observed.link(index));
    let members = engine.present_members();
    let Some(active) = active.filter(|link| joining.contains(&link.name.as_str())) else {
        return write_anew(joining, out);
    };
    let (mut first, mut others) = (Names::new(), Names::new());
    for name in joining.iter().filter(|name| **name != active.name) {
        let is_member = members.iter().any(|link| link.name == **name);
        let list = if is_member { &mut first } else { &mut others };
        let _ = list.push(name);
    }
    write_anew(&others, out)?;
    let (active, verb) = (&active.name, if first.len() == 1 { "tries" } else { "try" });
    let mut rest = members.iter().filter(|link| link.name != *active);
    match first.is_empty() {
        false => writeln!(
            out,
            "{} {verb} the new settings first, {active} follows",
            List(&first)
        ),
        true => match rest.find(|link| engine.carries(link).is_ok()) {
            Some(other) => writeln!(
                out,
                "{active} joins anew, {} carries the traffic",
                other.name
            ),
            None => writeln!(
                out,
                "{active} joins anew, and no other member carries the traffic meanwhile"
            ),
        },
    }
}
