//! Static addresses and routes: there while the link can carry traffic, removed when it cannot.
//!
//! Only what carries our mark is ever removed. New things come before old ones go,
//! except where the kernel would not hold both.
use super::Engine;
use super::contract::action::{Action, KernelAction};
use super::dhcp;
use super::dhcp::v4::{Client, Lease};
use super::existing;
use super::journal::{Text, clip};
use super::observed::{Address, Attachment, Index, KernelRoute, Kind, Link, OUR_PROTOCOL};
use super::roles::{self, own_link};
use super::time::Instant;
use crate::config::{Fallback, IpBlock, IpNet, Ipv6Mode, Matcher, Route};
use core::net::IpAddr;

/// A link that we give addresses, with its part of the file.
pub(super) struct Managed<'a> {
    pub link: &'a Link,
    pub block: &'a IpBlock,
    /// What is added to the block's metrics, where its entry means several links.
    pub step: u32,
    /// Its addresses and routes should be there now.
    pub ready: bool,
    /// The adapter that carries its traffic, and its join; `None`: none does.
    pub attachment: Option<Attachment>,
    /// What it got from a server, if it asks.
    client: Option<&'a Client>,
    /// What it goes by without.
    fallback: Option<&'a Fallback>,
    /// Which nobody has given.
    link_local: Option<IpNet>,
}

impl Managed<'_> {
    /// From the file, and from elsewhere: those with an end have it.
    fn addresses(&self) -> impl Iterator<Item = (IpNet, Option<Instant>)> {
        let v6 = self.block.ipv6.mode != Ipv6Mode::Off;
        let v4 = self.block.ipv4.addresses.iter();
        let v6 = self.block.ipv6.addresses.iter().filter(move |_| v6);
        let fixed = v4.chain(v6).copied();
        let lease = self.lease().map(|lease| (lease.net, Some(lease.until)));
        let fallback = self.fallback.map(|fallback| (fallback.address, None));
        let own = self.link_local.map(|net| (net, None));
        let lent = lease.into_iter().chain(fallback).chain(own);
        let lent = lent.filter(|(net, _)| !self.block.ipv4.addresses.contains(net));
        fixed.map(|net| (net, None)).chain(lent)
    }

    /// The file's come first: of two with one destination and metric only one can be.
    fn routes(&self) -> impl Iterator<Item = Route> {
        let v6 = self.block.ipv6.mode != Ipv6Mode::Off;
        let v4 = self.block.ipv4.routes.iter();
        let v6 = self.block.ipv6.routes.iter().filter(move |_| v6);
        let fixed = v4.chain(v6).map(|route| self.stepped(route));
        let metric = self.block.ipv4.metric.saturating_add(self.step);
        let lease = self.lease().map(|lease| lease.routes(metric));
        let gateway = self.fallback.and_then(|fallback| fallback.gateway);
        let fallback = gateway.map(|via| {
            Route::new(
                IpNet {
                    address: core::net::Ipv4Addr::UNSPECIFIED.into(),
                    prefix: 0,
                },
                Some(via),
                metric,
            )
        });
        let lent = lease.into_iter().flatten().chain(fallback);
        let taken = |new: &Route| {
            let mut fixed = self.block.ipv4.routes.iter().map(|r| self.stepped(r));
            fixed.any(|old| old.to == new.to && old.metric == new.metric)
        };
        fixed.chain(lent.filter(move |new| !taken(new)))
    }

    fn stepped(&self, route: &Route) -> Route {
        Route {
            metric: route.metric.saturating_add(self.step),
            ..*route
        }
    }

    pub fn lease(&self) -> Option<&Lease> {
        self.client.and_then(Client::lease)
    }

    /// The kernel lacks this address, its new end or its metric.
    fn lacks(&self, engine: &Engine, net: IpNet, until: Option<Instant>) -> Option<KernelAction> {
        let link = self.link.index;
        let until_now = self.client.and_then(Client::kernel_until);
        let metric = match net.address {
            IpAddr::V4(_) => self.block.ipv4.metric,
            IpAddr::V6(_) => self.block.ipv6.metric,
        };
        let metric = metric.saturating_add(self.step);
        let have = engine.observed.addresses_of(link).find(|a| a.net == net);
        // Another program's address keeps its metric.
        let other = have.is_some_and(|a| a.metric != metric && a.protocol == OUR_PROTOCOL);
        let late = until.is_some() && until_now != until;
        (have.is_none() || other || late).then_some(KernelAction::AddAddress {
            link,
            net,
            until,
            metric,
            again: have.is_some(),
        })
    }
}

/// The part of the file about this link, if it gets addresses from us.
pub(super) fn block<'a>(engine: &'a Engine, link: &Link) -> Option<&'a IpBlock> {
    if link.name == engine.config.bond.name {
        // In a bridge it is a port, and the bridge has the addresses.
        let ip = engine.trial.addresses_before();
        let ip = ip.unwrap_or(&engine.config.bond.ip);
        return (!existing::is_bond_in_bridge(&engine.config)).then_some(ip);
    }
    let bridge = || existing::usable_bridge(engine, link).map(|bridge| &bridge.ip);
    let own = engine.own(link);
    let own = own.and_then(|own| engine.config.links.get(own.entry));
    own.map(|entry| &entry.ip).or_else(bridge)
}

/// What is added to the metrics of this link's block.
pub(super) fn step(engine: &Engine, link: &Link) -> u32 {
    engine.own(link).map_or(0, |own| own.step)
}

impl Engine {
    fn own(&self, link: &Link) -> Option<&roles::Own> {
        self.own_links.0.iter().find(|own| own.link == link.index)
    }
}

/// The same by the interface's name; before it has been seen, where the file has that name.
pub(super) fn block_of_name<'a>(engine: &'a Engine, name: &str) -> Option<&'a IpBlock> {
    let config = &engine.config;
    if let Some(link) = engine.observed.by_name(name) {
        return block(engine, link);
    }
    let is_named = |matcher: &Matcher| matches!(matcher, Matcher::Name(n) if n == name);
    let bond = (config.bond.name == name).then_some(&config.bond.ip);
    let bridge = config.bridges.iter().find(|bridge| bridge.name == name);
    let link = config.links.iter().find(|link| is_named(&link.name));
    bond.or(bridge.map(|bridge| &bridge.ip))
        .or(link.map(|link| &link.ip))
}

/// A link with its part of the file, or `None` if it gets no addresses from us.
fn managed<'a>(engine: &'a Engine, link: &'a Link) -> Option<Managed<'a>> {
    let block = block(engine, link).filter(|_| roles::can_be_used(link))?;
    let ready = match link.name == engine.config.bond.name {
        true if engine.usable_bond().is_none() => return None,
        true => engine.bond_ready,
        false if link.master.is_some() => return None,
        false => engine.authorised(link),
    };
    let adapter = match link.name == engine.config.bond.name {
        true => engine.failover.now().map(|(member, _)| member),
        false => Some(existing::bearer_of_bridge(engine, link).unwrap_or(link.index)),
    };
    let client = engine.dhcp4(&link.name).filter(|_| block.ipv4.dhcp);
    Some(Managed {
        link,
        block,
        step: step(engine, link),
        ready: ready && !engine.is_stopping(),
        attachment: adapter.and_then(|adapter| engine.attachment(adapter)),
        client,
        fallback: client
            .filter(|client| client.fallback)
            .and(block.ipv4.fallback.as_ref()),
        link_local: client.and_then(|client| client.link_local.as_ref()?.net()),
    })
}

pub(super) fn all<'a>(engine: &'a Engine) -> impl Iterator<Item = Managed<'a>> {
    engine
        .observed
        .links()
        .filter_map(move |link| managed(engine, link))
}

/// Why a link of its own cannot be one.
pub fn refusal(engine: &Engine, link: &Link) -> Option<Text> {
    own_link(&engine.config, link)?;
    if let Some(text) = roles::mode_refusal(&engine.config, link) {
        return Some(text);
    }
    let master = link.master?;
    let name = engine
        .observed
        .link(master)
        .map_or("another interface", |l| &l.name);
    Some(clip(format_args!(
        "belongs to {name}, so it can have no address of its own: free it there, or leave it out of links"
    )))
}

/// Brings up the links of their own and turns their IPv6 on or off.
pub fn next_link(engine: &Engine, now: Instant) -> Option<Action> {
    for part in all(engine) {
        let link = part.link;
        // The bond and the bridges have been set up before.
        let is_bond = !matches!(link.kind, Kind::Plain | Kind::Other(_));
        let off = engine.blocked(link).is_some();
        if !link.up && !off && !is_bond && !engine.is_stopping() {
            let step = engine.offer(now, KernelAction::up(link.index));
            if step.is_some() {
                return step;
            }
        }
        let wanted = part.block.ipv6.mode != Ipv6Mode::Off;
        if let Some(step) = engine.ipv6_step(now, link, wanted || engine.is_stopping()) {
            return Some(step);
        }
    }
    None
}

/// The next address or route to add or remove.
pub fn next(engine: &Engine, now: Instant) -> Option<Action> {
    obstacle(engine, now)
        .or_else(|| missing(engine, now))
        .or_else(|| surplus(engine, now))
}

fn wants_route(engine: &Engine, have: &KernelRoute) -> bool {
    all(engine).any(|part| {
        part.ready && part.link.index == have.link && part.routes().any(|r| r == have.route)
    })
}

fn wants_address(engine: &Engine, have: &Address) -> bool {
    all(engine).any(|part| {
        part.ready
            && part.link.index == have.link
            && (part.addresses().any(|(net, _)| net == have.net)
                || dhcp::wants_address(engine, part.link, have.net))
    })
}

fn ours_unwanted(engine: &Engine) -> impl Iterator<Item = &KernelRoute> {
    engine
        .observed
        .routes()
        .filter(move |have| have.protocol == OUR_PROTOCOL && !wants_route(engine, have))
}

/// An old route of ours with the destination and metric of one that is missing: the
/// kernel holds one of them only, so the old one goes first.
fn obstacle(engine: &Engine, now: Instant) -> Option<Action> {
    let in_the_way = |old: &&KernelRoute| {
        all(engine).filter(|part| part.ready).any(|part| {
            let same = |new: Route| new.to == old.route.to && new.metric == old.route.metric;
            part.routes().any(same)
        })
    };
    let old = ours_unwanted(engine).find(in_the_way)?;
    remove_route(engine, now, old)
}

fn missing(engine: &Engine, now: Instant) -> Option<Action> {
    for part in all(engine).filter(|part| part.ready) {
        let link = part.link.index;
        for (net, until) in part.addresses() {
            let step = part.lacks(engine, net, until);
            if let Some(step) = step.and_then(|step| engine.offer(now, step)) {
                return Some(step);
            }
        }
        // An address is no source while duplicate address detection runs (RFC 4862, 5.4): the
        // kernel refuses the route, and notifies when the address is ready.
        let ready = |route: &Route| {
            let mut addresses = engine.observed.addresses();
            !addresses.any(|a| a.tentative && route.src == Some(a.net.address))
        };
        let lacks = |route: &Route| !has_route(engine, link, route) && ready(route);
        for route in part.routes().filter(lacks) {
            if let Some(step) = engine.offer(now, KernelAction::AddRoute { link, route }) {
                return Some(step);
            }
        }
    }
    None
}

fn has_route(engine: &Engine, link: Index, route: &Route) -> bool {
    engine
        .observed
        .routes()
        .any(|have| have.link == link && have.route == *route)
}

fn surplus(engine: &Engine, now: Instant) -> Option<Action> {
    for old in ours_unwanted(engine) {
        if let Some(step) = remove_route(engine, now, old) {
            return Some(step);
        }
    }
    let ours = |a: &&Address| a.protocol == OUR_PROTOCOL && !wants_address(engine, a);
    for old in engine.observed.addresses().filter(ours) {
        let gone = KernelAction::DeleteAddress {
            link: old.link,
            net: old.net,
        };
        if let Some(step) = engine.offer(now, gone) {
            return Some(step);
        }
    }
    None
}

fn remove_route(engine: &Engine, now: Instant, old: &KernelRoute) -> Option<Action> {
    let gone = KernelAction::DeleteRoute {
        link: old.link,
        route: old.route,
    };
    engine.offer(now, gone)
}

pub(super) fn is_link_local(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}
