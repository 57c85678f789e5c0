//! What a link has while no server gives it a lease: the fallback of the file, or an address that
//! nobody has given (RFC 3927). The client goes on asking.
use super::v4;
use crate::config::{IpNet, Mac};
use crate::engine::journal::RecordKind;
use crate::engine::observed::Index;
use crate::engine::time::{Instant, Millis, Seconds};
use crate::engine::{Engine, address};

/// As long as a fallback has by default; the probes take 2 s more, and 2 s pass after the last one.
const LINK_LOCAL_AFTER: Millis = Millis(10_000);

impl Engine {
    /// When something of this begins, or goes on, for this client.
    pub(super) fn without_lease_due(
        &self,
        client: &v4::Client,
    ) -> impl Iterator<Item = Instant> + use<> {
        let fallback = self.fallback_due(client).map(|(at, ..)| at);
        let link_local = self.link_local_due(client).map(|(at, ..)| at);
        let own = client.link_local.as_ref().and_then(v4::LinkLocal::poll_at);
        [fallback, link_local, own].into_iter().flatten()
    }

    /// When a lease has been waited for long enough.
    fn fallback_due(&self, client: &v4::Client) -> Option<(Instant, Index, IpNet)> {
        let link = self.observed.by_name(&client.name)?;
        let fallback = address::block(self, link)?.ipv4.fallback.as_ref()?;
        let at = client.waiting_since? + Seconds(fallback.after_s.into());
        Some((at, link.index, fallback.address))
    }

    pub(super) fn update_fallback(&mut self, now: Instant, place: usize) {
        let client = &self.dhcp.v4[place];
        // The previous instance may have come to it already.
        let is_due = |(at, link, net): &(Instant, Index, IpNet)| {
            now >= *at || self.observed.has_address(*link, *net)
        };
        let due = self.fallback_due(client).filter(is_due);
        if let Some((_, _, net)) = due.filter(|_| !client.fallback) {
            let text = format_args!("no DHCP server gives a lease: fallback to {net}");
            self.journal
                .write(now, RecordKind::Lease, &client.name, text);
        }
        self.dhcp.v4[place].fallback = due.is_some();
    }

    /// When the link is to have an address that nobody has given; where it is, and its hardware address.
    fn link_local_due(&self, client: &v4::Client) -> Option<(Instant, Index, Mac)> {
        let link = self.observed.by_name(&client.name)?;
        let block = &address::block(self, link)?.ipv4;
        let wanted = block.link_local && block.fallback.is_none() && block.addresses.is_empty();
        let at = client.waiting_since.filter(|_| wanted)? + LINK_LOCAL_AFTER;
        Some((at, link.index, link.mac?))
    }

    pub(super) fn update_link_local(&mut self, now: Instant, place: usize) {
        let due = self.link_local_due(&self.dhcp.v4[place]);
        let observed = &self.observed;
        // The previous instance may have come to it already.
        let has_one = |link| {
            let mut addresses = observed.addresses_of(link);
            addresses.any(|a| a.net.address.is_ipv4() && address::is_link_local(&a.net.address))
        };
        let due = due.filter(|(at, link, _)| now >= *at || has_one(*link));
        let client = &mut self.dhcp.v4[place];
        let Some((_, link, mac)) = due else {
            client.link_local = None;
            return;
        };
        let is_there = |net| observed.has_address(link, net);
        let own = client
            .link_local
            .get_or_insert_with(|| v4::LinkLocal::new(now, mac, &is_there, &mut self.random));
        if own.tick(now) {
            let text = format_args!(
                "no DHCP server gives a lease: {} is used, which reaches what is on the same cable",
                own.address
            );
            self.journal
                .write(now, RecordKind::Lease, &client.name, text);
        }
    }
}
