//! Name servers, search domains and time servers: one list of all links, the best
//! link's first.
use super::Engine;
use super::address;
use super::contract::action::{Action, Store};
use super::contract::content::Content;
use super::fingerprint::Fingerprint;
use super::sort::sort;
use super::time::{Instant, Millis};
use crate::config::{DnsName, IfName};
use core::fmt::{self, Write};
use core::net::{IpAddr, Ipv6Addr};
use heapless::Vec;

/// More are not read by the C library (`MAXNS` in resolv.h).
pub const MAX_SERVERS: usize = 3;
/// Time servers that are handed on.
const MAX_TIME: usize = 4;
/// `MAXDNSRCH` in resolv.h.
const MAX_SEARCH: usize = 6;

/// A name server. One that is known by its link's own address needs the link's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Where it is asked, at port 53.
    pub address: IpAddr,
    /// The scope of a link-local address (RFC 4007, 11).
    pub link: Option<IfName>,
}

impl Server {
    fn on(link: &IfName, address: IpAddr) -> Self {
        let near = |v6: Ipv6Addr| v6.is_unicast_link_local();
        let near = matches!(address, IpAddr::V6(v6) if near(v6));
        Server {
            address,
            link: near.then(|| link.clone()),
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)?;
        match &self.link {
            Some(link) => write!(f, "%{link}"),
            None => Ok(()),
        }
    }
}

/// What belongs into resolv.conf now.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Resolver {
    /// In the order in which they are asked.
    pub servers: Vec<Server, MAX_SERVERS>,
    /// Domains that the C library appends to short names.
    pub search: Vec<DnsName, MAX_SEARCH>,
    /// Of leases alone: the file has none.
    pub time: Vec<IpAddr, MAX_TIME>,
}

/// What was written, and when it may be written again.
#[derive(Debug)]
pub(super) struct Written {
    resolver: Resolver,
    /// The value of [`ground`] then.
    ground: u64,
    /// When the options of advertisements alone were last the reason.
    routers_at: Option<Instant>,
}

/// Any neighbour can advertise other name servers at any time. After the first change on the
/// same ground the file is written at most once in this time on their account.
const ROUTERS_EVERY: Millis = Millis(60_000);

/// A hash of all that the name servers depend on but advertisements: where links are
/// attached, the configuration, leases.
fn ground(engine: &Engine) -> u64 {
    let mut hash = Fingerprint::default();
    for part in address::all(engine).filter(|part| part.ready) {
        let _ = write!(hash, "{} {:?};", part.link.index, part.attachment);
    }
    let list = collect(engine, false);
    let _ = write!(hash, "{list}{}", TimeServers(&list));
    hash.0
}

impl Engine {
    /// The files have been written.
    pub(super) fn resolver_written(&mut self, now: Instant) {
        let ground = ground(self);
        let before = self.resolver.as_ref();
        let same = before.is_some_and(|written| written.ground == ground);
        self.resolver = Some(Written {
            resolver: resolver(self),
            ground,
            routers_at: same.then_some(now),
        });
    }

    /// When they may be written though the options of advertisements alone have changed.
    pub(super) fn resolver_poll_at(&self, now: Instant) -> Option<Instant> {
        let written = self.resolver.as_ref()?;
        let at = written.routers_at? + ROUTERS_EVERY;
        (at > now && written.resolver != resolver(self)).then_some(at)
    }
}

/// Of every link that can carry, by metric; the file's first, then the lease's, the
/// routers', and those of DHCPv6.
pub fn resolver(engine: &Engine) -> Resolver {
    collect(engine, true)
}

fn collect(engine: &Engine, with_routers: bool) -> Resolver {
    let mut parts: Vec<address::Managed<'_>, { super::dhcp::MAX_CLIENTS }> = Vec::new();
    for part in address::all(engine).filter(|part| part.ready) {
        let _ = parts.push(part);
    }
    let key = |part: &address::Managed<'_>| {
        let metric = part.block.ipv4.metric.saturating_add(part.step);
        (metric, part.link.index)
    };
    sort(&mut parts, &mut |a, b| key(a) < key(b));
    let mut list = Resolver::default();
    for part in &parts {
        list.add_part(engine, part, with_routers);
    }
    list
}

impl Resolver {
    fn add_part(&mut self, engine: &Engine, part: &address::Managed<'_>, with_routers: bool) {
        let lease = part.lease();
        let routers = engine.routers(part.link.index).filter(|_| with_routers);
        let lease6 = engine.dhcp6(&part.link.name).and_then(|c| c.lease.as_ref());

        let file = part.block.dns.iter().copied();
        let dhcp = lease.into_iter().flat_map(|l| l.reply.dns.iter().copied());
        let router = routers.into_iter().flat_map(|r| r.servers());
        let dhcp6 = lease6.into_iter().flat_map(|l| l.reply.dns.iter().copied());
        let servers = file
            .chain(dhcp.map(IpAddr::V4))
            .chain(router.chain(dhcp6).map(IpAddr::V6));
        for server in servers.map(|address| Server::on(&part.link.name, address)) {
            add(&mut self.servers, server);
        }

        let file = part.block.search.iter();
        let dhcp = lease.into_iter().flat_map(|l| l.reply.search.iter());
        let router = routers.into_iter().flat_map(|r| r.search());
        let dhcp6 = lease6.into_iter().flat_map(|l| l.reply.search.iter());
        for domain in file.chain(dhcp).chain(router).chain(dhcp6) {
            if !self.search.contains(domain) {
                let _ = self.search.push(domain.clone());
            }
        }

        let dhcp = lease.into_iter().flat_map(|l| l.reply.time_servers.iter());
        let dhcp6 = lease6.into_iter().flat_map(|l| l.reply.time_servers.iter());
        let dhcp = dhcp.copied().map(IpAddr::V4);
        for server in dhcp.chain(dhcp6.copied().map(IpAddr::V6)) {
            add(&mut self.time, server);
        }
    }
}

fn add<T: PartialEq, const N: usize>(list: &mut Vec<T, N>, value: T) {
    if !list.contains(&value) {
        let _ = list.push(value);
    }
}

/// What belongs into a drop-in of systemd-timesyncd (timesyncd.conf(5)).
pub struct TimeServers<'a>(pub &'a Resolver);

impl fmt::Display for TimeServers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("# Made by wifibond; changes here are lost.\n[Time]\nNTP=")?;
        for (place, server) in self.0.time.iter().enumerate() {
            let blank = if place == 0 { "" } else { " " };
            write!(f, "{blank}{server}")?;
        }
        f.write_char('\n')
    }
}

impl fmt::Display for Resolver {
    /// The file. Everything in it was checked when it was read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("# Made by wifibond; changes here are lost.\n")?;
        for (place, domain) in self.search.iter().enumerate() {
            f.write_str(if place == 0 { "search " } else { " " })?;
            f.write_str(domain)?;
        }
        if !self.search.is_empty() {
            f.write_char('\n')?;
        }
        for server in &self.servers {
            writeln!(f, "nameserver {server}")?;
        }
        Ok(())
    }
}

/// resolv.conf, and as the second part the time servers, where there are any.
pub(super) fn write(engine: &Engine, content: &mut Content) {
    let resolver = resolver(engine);
    let _ = write!(content, "{resolver}");
    if !resolver.time.is_empty() {
        content.begin_second();
        let _ = write!(content, "{}", TimeServers(&resolver));
    }
}

/// The file has to be written.
pub(super) fn next(engine: &Engine, now: Instant) -> Option<Action> {
    let wanted = resolver(engine);
    let due = match &engine.resolver {
        None => wanted != Resolver::default(),
        Some(written) if written.resolver == wanted => false,
        Some(written) => {
            let rests = |at| now < at + ROUTERS_EVERY;
            !written.routers_at.is_some_and(rests) || written.ground != ground(engine)
        }
    };
    let first = engine.resolver.is_none();
    due.then(|| engine.offer(now, Store::Resolver { first }))?
}
