//! Name servers, search domains and time servers: one list of all links, the best
//! link's first.
use super::Engine;
use super::action::Action;
use super::address;
use crate::config::DnsName;
use core::fmt::{self, Write};
use core::net::{IpAddr, Ipv4Addr};
use heapless::Vec;

/// More are not read by the C library (`MAXNS` in resolv.h).
pub const MAX_SERVERS: usize = 3;
/// Time servers that are handed on.
const MAX_TIME: usize = 4;
/// `MAXDNSRCH` in resolv.h.
const MAX_SEARCH: usize = 6;

/// What belongs into resolv.conf now.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Resolver {
    pub servers: Vec<IpAddr, MAX_SERVERS>,
    pub search: Vec<DnsName, MAX_SEARCH>,
    /// Of leases alone: the file has none.
    pub time: Vec<Ipv4Addr, MAX_TIME>,
}

/// Of every link that can carry, by metric; the file's before the lease's.
pub fn resolver(engine: &Engine) -> Resolver {
    let mut parts: Vec<address::Managed<'_>, { super::dhcp4::MAX_CLIENTS }> = Vec::new();
    for part in address::all(engine).filter(|part| part.ready) {
        let _ = parts.push(part);
    }
    parts.sort_unstable_by_key(|part| (part.block.ipv4.metric, part.link.index));
    let mut list = Resolver::default();
    for part in &parts {
        let lease = part.lease();
        let lent = lease.into_iter().flat_map(|lease| lease.dns.iter());
        let servers = part.block.dns.iter().copied();
        for server in servers.chain(lent.map(|server| IpAddr::V4(*server))) {
            if !list.servers.contains(&server) {
                let _ = list.servers.push(server);
            }
        }
        for server in lease
            .into_iter()
            .flat_map(|lease| lease.time_servers.iter())
        {
            if !list.time.contains(server) {
                let _ = list.time.push(*server);
            }
        }
        let lent = lease.into_iter().flat_map(|lease| lease.search.iter());
        for domain in part.block.search.iter().chain(lent) {
            if !list.search.contains(domain) {
                let _ = list.search.push(domain.clone());
            }
        }
    }
    list
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

/// The file has to be written.
pub(super) fn next(engine: &Engine, now: u64) -> Option<Action> {
    let wanted = resolver(engine);
    match &engine.resolver {
        Some(written) if *written == wanted => None,
        None if wanted == Resolver::default() => None,
        _ => engine.offer_any(now, Action::WriteResolver),
    }
}
