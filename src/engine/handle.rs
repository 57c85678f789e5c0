//! Taking in what happened: the only place where the engine's state changes.
use super::Engine;
use super::bond;
use super::contract::action::Scope;
use super::contract::event::Event;
use super::existing::{self, Existing};
use super::journal::{RecordKind, Text, clip};
use super::observed::{Address, Index, Link, OUR_PROTOCOL};
use super::tables::Removal;
use super::time::Instant;
use super::{Refusal, roles, stop};
use crate::config::{Bounded, Config, IfName};
use crate::wire::control::Leases;

impl Engine {
    /// Takes an event in and works out what follows from it. The steps that it makes due come from
    /// [`Engine::next`].
    pub fn handle(&mut self, now: Instant, event: Event<'_>) {
        if self.take_in(now, event) {
            self.note_change();
        }
        self.settle_if_due(now);
    }

    /// `false`: all is as it was.
    fn take_in(&mut self, now: Instant, event: Event<'_>) -> bool {
        match event {
            Event::Time => return self.probes_late(now),
            Event::Link(link) => return self.link_seen(now, link),
            Event::LinkNotified(link) => return self.link_notified(now, link),
            Event::LinkGone(index) => return self.link_gone(now, index),
            Event::Address(address) => return self.address_seen(now, address),
            Event::AddressGone(address) => return self.address_gone(now, &address),
            Event::Route(route) => {
                let kept = self.observed.link(route.link).is_some();
                return (kept || route.protocol == OUR_PROTOCOL) && self.observed.put_route(route);
            }
            Event::RouteGone(route) => {
                let gone = self.observed.drop_route(&route);
                if gone == Removal::RoomAgain {
                    self.want_read(Scope::Routes);
                }
                return gone != Removal::Nothing;
            }
            Event::RouterFlags { link, flags } => {
                return self.observed.put_router_flags(link, flags);
            }
            Event::DumpBegins(scope) => self.observed.dump_begins(scope),
            Event::DumpEnds(scope) => self.dump_ended(now, scope),
            Event::Inactive { link, time } => {
                self.outage_began(now, link, time);
                return false;
            }
            Event::Lost => {
                self.want_read(Scope::All);
                let text = format_args!("notifications were lost: reading all again");
                self.journal.write(now, RecordKind::Resync, "", text);
            }
            Event::Given(action) => self.kernel_given(now, action),
            Event::LinkUnread(link) => self.want_link(link),
            Event::Noted { link, note } => self.note_found(now, link, note),
            Event::Done(action, result) => return self.action_done(now, action, result),
            Event::SupplicantStarted { link, how } => self.supplicant_started(now, link, how),
            Event::SupplicantExited { link } => self.supplicant_exited(now, link),
            Event::Received {
                link,
                purpose,
                message,
            } => return self.received(now, link, purpose, message),
            Event::Router { link, options } => self.router_advertised(now, link, options),
            Event::LeaseFound {
                family,
                name,
                message,
                kept,
            } => self.lease_found(family, name, message, kept),
            Event::LeasesFound { name, text } => self.leases_found(now, name, text),
            Event::FileTrouble { text } => {
                let text = format_args!("{text}");
                self.journal.write(now, RecordKind::Trouble, "", text);
            }
            Event::SupplicantDetached { link } => self.with(link, |s| s.detached(now)),
            Event::Changed { link, restore } => self.changes_found(link, restore),
            Event::Warning(warning) => return self.warned(now, warning),
            Event::Rfkill(switch) => self.switch_seen(now, switch),
            Event::RfkillGone(number) => self.switch_gone(number),
            Event::Rest { link, rest } => self.rest(now, link, rest),
            Event::Supplicant { link, text } => self.supplicant_message(now, link, text),
            Event::Config(config) => {
                self.note_taken_back(config);
                self.reconfigure(now, config);
            }
            Event::TryConfig {
                config,
                again,
                confirm,
            } => {
                match self.trial.is_on() && self.config == *config {
                    true => self.trial.confirm_within(confirm),
                    false => self.begin_trial(now, config, again, confirm),
                }
                self.reconfigure(now, config);
            }
            Event::Trial(event) => self.trial_event(now, event),
            Event::File(event) => self.note_file(now, event),
            Event::Identity { duid, host_name } => self.identify(duid, host_name),
            Event::Rejoin(link) => self.rejoin(link),
            Event::Began(at) => self.startup.begin(at),
            Event::Rebooted => self.was_rebooted(now),
            Event::Today(day) => return self.day_begins(now, day),
            Event::PlacesFound { text } => self.places.read(text),
            Event::KeysFound { text } => self.keys.read(text),
            Event::Repair(link) => self.repair_by_hand(link),
            Event::Renew(leases) => self.renew(now, leases),
            Event::Release(leases) => self.release(leases),
            Event::AskSignals => self.ask_signals(),
            Event::Switch(index) => {
                self.pinned = Some(index);
                self.end_hold(index);
                self.retry.forget_link(index);
            }
            Event::Stop => {
                if self.stopping.is_none() {
                    self.stopping = Some(stop::Stop::new(now));
                    self.retry.forget_all();
                }
            }
        }
        true
    }

    fn address_seen(&mut self, now: Instant, address: Address) -> bool {
        if address.duplicate {
            self.dad_failed(now, &address);
        }
        let kept = self.observed.link(address.link).is_some();
        let kept = kept || address.protocol == OUR_PROTOCOL;
        (kept && self.observed.put_address(address)) || address.duplicate
    }

    fn address_gone(&mut self, now: Instant, address: &Address) -> bool {
        if address.duplicate {
            self.dad_failed(now, address);
        }
        // The kernel drops IPv4 routes with their address and sends no notification of them
        // (fib_flush() in net/ipv4/fib_frontend.c).
        let kept = self.observed.link(address.link).is_some();
        if kept {
            self.want_read(Scope::Routes);
        }
        let gone = self.observed.drop_address(address);
        if gone == Removal::RoomAgain {
            self.want_read(Scope::All);
        }
        kept || gone != Removal::Nothing || address.duplicate
    }

    /// [`Event::Time`].
    pub fn tick(&mut self, now: Instant) {
        self.handle(now, Event::Time);
    }

    /// Works out what follows from the state alone.
    pub(super) fn settle(&mut self, now: Instant) {
        self.watch_kernel(now);
        self.update_storms(now);
        self.tick_supplicants(now);
        if !self.observed.is_complete() {
            self.advance_stop(now);
            return;
        }
        self.forget_unwanted_supplicants();
        self.forget_rests();
        self.forget_released();
        self.update_controlled_ports(now);
        self.update_scans(now);
        self.update_keys(now);
        self.note_made();
        self.own_links = roles::own_links(&self.config, &self.observed);
        self.own_macs = self.own_macs || existing::has_wifi(self);
        self.update_readiness();
        self.update_pin();
        // Before the probers of members that were lost end: they show since when.
        self.update_failover(now);
        self.update_health(now);
        self.update_dhcp(now);
        self.update_routers(now);
        self.update_announcements(now);
        self.update_refusals(now);
        self.update_startup(now);
        self.update_trial(now);
        self.update_report(now);
        if self.stopping.is_some() {
            self.advance_stop(now);
        }
    }

    fn note_made(&mut self) {
        let found = self.making.as_ref();
        let found = found.and_then(|name| self.observed.by_name(name));
        if let Some(index) = found.map(|link| link.index) {
            if let Some(interface) = self.interfaces.entry(index) {
                interface.made = true;
            }
            self.making = None;
        }
    }

    /// The bond's carrier alone would not do: it is up while a member without keys is
    /// associated. Once ready it stays so through a fail-over.
    fn update_readiness(&mut self) {
        let carrier = self.usable_bond().is_some_and(|(bond, _)| bond.carrier);
        let passes = |link: &Link| self.in_bond(link) && self.passes(link).is_ok();
        self.bond_ready = carrier && (self.bond_ready || self.observed.links().any(passes));
    }

    fn update_pin(&mut self) {
        let joined = |index| {
            self.observed
                .link(index)
                .is_some_and(|link| self.joined(link))
        };
        self.pinned = self.pinned.filter(|index| joined(*index));
    }

    /// Brings the list of refusals up to date, and records what is new in it.
    fn update_refusals(&mut self, now: Instant) {
        let mut list = Bounded::new();
        self.collect_refusals(&mut |link, text| {
            let link = link.clone();
            let _ = list.push(Refusal { link, text });
        });
        for refusal in &list {
            if !self.refusals.contains(refusal) {
                let text = format_args!("{}", refusal.text);
                self.journal
                    .write(now, RecordKind::Trouble, &refusal.link, text);
            }
        }
        self.refusals = list;
    }

    fn collect_refusals(&self, add: &mut dyn FnMut(&IfName, Text)) {
        let place = existing::bond(self);
        if let Some(text) = bond::mac_refusal(self) {
            add(&self.config.bond.name, text);
        }
        if let Existing::Refused(text) = &place {
            add(&self.config.bond.name, text.clone());
        }
        let mut members = 0;
        for link in self.observed.links() {
            let is_member = roles::member_rank(&self.config, link).is_some();
            members += usize::from(is_member);
            let text = match &place {
                Existing::Usable((bond, _)) if is_member => {
                    super::member::refusal(self, bond.index, link)
                }
                _ => super::address::refusal(self, link),
            };
            let text = text.or_else(|| super::bridge::refusal(self, link));
            let text = text.or_else(|| super::radio::refusal(self, link));
            if let Some(text) = text {
                add(&link.name, text);
            }
        }
        let of_network = [self.health_refusal(), self.networks_refusal()];
        for refusal in of_network
            .into_iter()
            .flatten()
            .chain(self.storm_refusals())
        {
            add(&refusal.link, refusal.text);
        }
        for supplicant in self.supplicants().filter(|s| s.has_refused()) {
            add(
                &supplicant.name,
                clip(format_args!(
                    "wpa_supplicant does not take its new file and goes on with the one before"
                )),
            );
        }
        self.collect_of_cables(add);
        if members > roles::MAX_PORTS {
            let text = clip(format_args!(
                "{members} adapters match bond.members; a bond has {} at most, the rest is left out",
                roles::MAX_PORTS
            ));
            add(&self.config.bond.name, text);
        }
        if let Some((what, room)) = self.observed.overflow() {
            // Without a count: each change of it would be another line in the log.
            let text = clip(format_args!(
                "too many {what}: not all are looked at (room for {room})"
            ));
            add(&IfName::default(), text);
        }
    }

    fn collect_of_cables(&self, add: &mut dyn FnMut(&IfName, Text)) {
        let left_out = self.own_links.1;
        if left_out > 0 {
            let (count, room) = (self.own_links.0.len() + left_out, self.own_links.0.len());
            let text = clip(format_args!(
                "{count} adapters match `links`, and there is room for {room}: the last ones are left out; name those that you need"
            ));
            add(&IfName::default(), text);
        }
    }

    pub(super) fn want_read(&mut self, scope: Scope) {
        if self.unread != Some(Scope::All) {
            self.unread = Some(scope);
        }
    }

    fn dump_ended(&mut self, now: Instant, scope: Scope) {
        let before: heapless::Vec<Index, { super::observed::MAX_LINKS }> =
            self.observed.links().map(|link| link.index).collect();
        self.observed.dump_ends(scope);
        self.forget_unseen();
        for index in before {
            if self.observed.link(index).is_none() {
                self.link_gone(now, index);
            }
        }
        self.forget_foreign_ports();
    }

    fn iaids(&self) -> heapless::Vec<u32, { 2 * super::dhcp::MAX_CLIENTS }> {
        let clients = self.dhcp.iter();
        clients
            .map(|client| self.iaid(client.name(), client.family()))
            .collect()
    }

    fn reconfigure(&mut self, now: Instant, config: &Config) {
        let same_country = self.config.country == config.country;
        let (duid, iaids) = (self.config.duid.clone(), self.iaids());
        self.config.clone_from(config);
        self.own_macs = false;
        if self.config.duid != duid || self.iaids() != iaids {
            // The client identifier is another: servers may have another address for it.
            self.renew(now, Leases::default());
        }
        self.retry.forget_all();
        self.radios_reconfigured(same_country);
        // Links that did not concern us may do so now.
        self.want_read(Scope::All);
        self.renew_files();
        self.keys.networks_changed();
        self.journal.write(
            now,
            RecordKind::Program,
            "",
            format_args!("configuration read"),
        );
    }
}
