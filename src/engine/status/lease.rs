//! What `wifibond status` shows of a link's leases: the fields, and their lines on the page.
use super::list::{Layout, List};
use super::shown::{Age, Shown};
use crate::engine::dhcp::{v4, v6};
use crate::engine::time::Instant;
use core::fmt::{self, Formatter};
use core::net::{Ipv4Addr, Ipv6Addr};
use serde::Serialize;

/// A lease of DHCPv4.
#[derive(Debug, Serialize)]
pub struct LeaseStatus<'a> {
    pub server: Option<Shown<&'a Ipv4Addr>>,
    /// `null`: never.
    pub expires_s: Option<u64>,
    /// Option 66; `null` without it.
    pub tftp_server: Option<&'a str>,
}

/// A lease of DHCPv6.
#[derive(Debug, Serialize)]
pub struct Lease6Status {
    /// The first address lent; `null`: name servers and the like alone.
    pub address: Option<Shown<Ipv6Addr>>,
    /// `null`: never.
    pub expires_s: Option<u64>,
}

fn seconds_left(now: Instant, until: Instant) -> Option<u64> {
    Some((until.finite()? - now).whole_seconds().0)
}

impl<'a> LeaseStatus<'a> {
    /// The lease as it is at this time.
    pub fn new(lease: &'a v4::Lease, now: Instant) -> Self {
        LeaseStatus {
            server: lease.reply.server.as_ref().map(Shown),
            expires_s: seconds_left(now, lease.until),
            tftp_server: lease.reply.tftp_server.as_deref(),
        }
    }

    /// Lines of the page, each behind so many blanks.
    pub fn write(&self, f: &mut Formatter<'_>, layout: Layout, indent: usize) -> fmt::Result {
        let mut list = List::new(f, layout, indent)?;
        match &self.server {
            Some(server) => list.add(format_args!("lease from {}", server.0))?,
            None => list.add(format_args!("lease"))?,
        }
        match self.expires_s {
            Some(seconds) => list.add(format_args!("ends in {}", Age(seconds * 1000)))?,
            None => list.add(format_args!("for ever"))?,
        }
        writeln!(f)?;
        if let Some(server) = self.tftp_server {
            write!(f, "{:indent$}", "")?;
            layout.sentence(f, (indent, indent), format_args!("TFTP server {server}"))?;
        }
        Ok(())
    }
}

impl Lease6Status {
    /// The lease as it is at this time.
    pub fn new(lease: &v6::Lease, now: Instant) -> Self {
        Lease6Status {
            address: lease.held.first().map(|held| Shown(held.address)),
            expires_s: seconds_left(now, lease.until),
        }
    }

    /// Lines of the page, each behind so many blanks.
    pub fn write(&self, f: &mut Formatter<'_>, layout: Layout, indent: usize) -> fmt::Result {
        let mut list = List::new(f, layout, indent)?;
        match self.expires_s {
            Some(seconds) => {
                list.add(format_args!("DHCPv6 lease"))?;
                list.add(format_args!("ends in {}", Age(seconds * 1000)))?;
            }
            None => list.add(format_args!("told by DHCPv6"))?,
        }
        writeln!(f)
    }
}
