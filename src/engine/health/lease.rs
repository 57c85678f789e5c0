//! A member whose gateway answers and whose network gives no lease, or refuses the one that was
//! granted through another member, is worse than one that may have it: it is chosen last for a time,
//! and then looked at again.
use crate::engine::dhcp::v4::Client;
use crate::engine::observed::Index;
use crate::engine::time::{Instant, Millis};
use crate::engine::{Engine, address};

/// A lease that is asked for through a member is waited for so long: the client asks six times
/// meanwhile, and servers that ping an address before they offer it take 3 s.
const WITHIN: Millis = Millis(12_000);
/// Then another member is preferred for so long, doubled each time it is found so again.
const FIRST: Millis = Millis(300_000);
const LONGEST: Millis = Millis(3_600_000);

/// No lease was had through a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoLease {
    /// It is looked at again then.
    until: Instant,
    times: u32,
    /// The lease that was granted through another member is refused.
    refused: bool,
    /// The member's join: in another network there may be one.
    join: u32,
}

impl Engine {
    /// Since when the present member carries the traffic and a lease is asked for in vain.
    ///
    /// With an address from elsewhere (the file's, a fallback, IPv6) the bond can be used, and no
    /// member is left for want of a lease.
    fn asked_in_vain(&self) -> Option<(Index, Instant)> {
        let link = self.addressed()?;
        let mut addresses = self.observed.addresses_of(link.index);
        if addresses.any(|a| !address::is_link_local(&a.net.address)) {
            return None;
        }
        let client = self.dhcp4(&link.name)?;
        let (active, since) = self.failover.now()?;
        let waiting = client.waiting_since.filter(|_| client.lease().is_none())?;
        Some((active, waiting.max(since)))
    }

    /// It is not preferred: no lease was had through it.
    pub(in crate::engine) fn lacks_lease(&self, now: Instant, index: Index) -> bool {
        self.lack(now, index).is_some_and(|lack| !lack.refused)
    }

    /// It is not preferred: the lease that was granted through another member was refused.
    pub(in crate::engine) fn refuses_lease(&self, now: Instant, index: Index) -> bool {
        self.lack(now, index).is_some_and(|lack| lack.refused)
    }

    fn lack(&self, now: Instant, index: Index) -> Option<NoLease> {
        let interface = self.interfaces.get(index)?;
        let lack = interface.health.no_lease?;
        (now < lack.until && lack.join == interface.joins).then_some(lack)
    }

    /// A lease was had through the member that carries the traffic.
    fn note_lease(&mut self) {
        let link = self.addressed().map(|link| &link.name);
        let client = link.and_then(|name| self.dhcp4(name));
        let leased = client.is_some_and(|client| client.lease().is_some());
        let active = self.failover.now().filter(|_| leased);
        let interface = active.and_then(|(active, _)| self.interfaces.get_mut(active));
        if let Some(interface) = interface
            && interface.health.no_lease.is_some_and(|lack| !lack.refused)
        {
            interface.health.no_lease = None;
        }
    }

    /// The lease that was granted through one member was refused through another one.
    fn note_refused(&mut self, now: Instant) {
        let link = self.addressed().map(|link| link.name.clone());
        let client = link.and_then(|name| self.dhcp4_mut(&name));
        let Some(index) = client.and_then(Client::take_unwanted) else {
            return;
        };
        if self.pinned != Some(index) {
            self.put_back(now, index, true);
        }
    }

    pub(super) fn update_leases(&mut self, now: Instant) {
        self.note_lease();
        self.note_refused(now);
        let Some((active, since)) = self.asked_in_vain() else {
            return;
        };
        // Where each of them was tried, the first is as good as any.
        let pinned = self.pinned == Some(active);
        if pinned || now < since + WITHIN || self.lacks_lease(now, active) {
            return;
        }
        if !self.has_untried(now, active) {
            return;
        }
        self.put_back(now, active, false);
    }

    fn put_back(&mut self, now: Instant, index: Index, refused: bool) {
        let Some(interface) = self.interfaces.get_mut(index) else {
            return;
        };
        let times = interface.health.no_lease.map_or(0, |lack| lack.times);
        let rest = FIRST * (1 << times.min(6));
        let rest = Millis(rest.0.min(LONGEST.0));
        interface.health.no_lease = Some(NoLease {
            until: now + rest,
            times: times + 1,
            refused,
            join: interface.joins,
        });
        let minutes = rest.0 / 60_000;
        let why = match refused {
            true => "its network refuses the lease of another member's",
            false => "no lease through it",
        };
        let text = format_args!("{why}: not preferred for {minutes} min");
        self.note_health(now, index, text);
    }

    /// Another member may carry the traffic, and it is not known that no lease is had through it.
    fn has_untried(&self, now: Instant, active: Index) -> bool {
        self.present_members().iter().any(|link| {
            let eligible = link.index != active && self.eligible(link).is_ok();
            eligible && !self.lacks_lease(now, link.index)
        })
    }

    /// When a lease has been asked for long enough, or a member is looked at again.
    pub(in crate::engine) fn leases_poll_at(&self, now: Instant) -> Option<Instant> {
        let waits = self.asked_in_vain().map(|(_, since)| since + WITHIN);
        let lacks = self.interfaces.iter();
        let lacks = lacks.filter_map(|one| Some(one.health.no_lease?.until));
        lacks.chain(waits).filter(|at| *at > now).min()
    }
}
