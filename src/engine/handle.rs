//! Taking in what happened: the only place where the engine's state changes.
use super::Engine;
use super::bond;
use super::contract::action::Scope;
use super::contract::event::Event;
use super::existing::{self, Existing};
use super::journal::{RecordKind, clip};
use super::observed::{Index, OUR_PROTOCOL};
use super::supplicant::Phase;
use super::{Refusal, roles, stop};
use crate::config::{Bounded, Config, IfName};
use crate::wire::control::Leases;
use crate::wire::wpa::Request;

impl Engine {
    pub fn handle(&mut self, now: u64, event: Event<'_>) {
        match event {
            Event::Link(link) => self.link_seen(now, link),
            Event::LinkGone(index) => self.link_gone(now, index),
            Event::Address(address) => {
                if address.duplicate {
                    self.dhcp6_taken(now, &address);
                }
                if self.observed.link(address.link).is_some() || address.protocol == OUR_PROTOCOL {
                    self.observed.put_address(address);
                }
            }
            Event::AddressGone(address) => {
                if address.duplicate {
                    self.dhcp6_taken(now, &address);
                }
                // The kernel drops IPv4 routes with their address and tells nobody.
                if self.observed.link(address.link).is_some() {
                    self.want_read(Scope::Routes);
                }
                if self.observed.drop_address(&address) {
                    self.want_read(Scope::All);
                }
            }
            Event::Route(route) => {
                if self.observed.link(route.link).is_some() || route.protocol == OUR_PROTOCOL {
                    self.observed.put_route(route);
                }
            }
            Event::RouteGone(route) => {
                if self.observed.drop_route(&route) {
                    self.want_read(Scope::Routes);
                }
            }
            Event::DumpBegins(scope) => {
                if scope == Scope::All {
                    self.foreign.clear();
                }
                self.observed.dump_begins(scope);
            }
            Event::DumpEnds(scope) => self.dump_ended(now, scope),
            Event::Lost => {
                self.want_read(Scope::All);
                let text = format_args!("notifications were lost: reading all again");
                self.journal.write(now, RecordKind::Resync, "", text);
            }
            Event::Given(action) => self.kernel_given(now, action),
            Event::LinkUnread(link) => self.want_link(link),
            Event::WasSlow { link, times } => self.was_slow(now, link, times),
            Event::Done(action, result) => self.action_done(now, action, result),
            Event::SupplicantStarted { link, how } => self.supplicant_started(now, link, how),
            Event::SupplicantExited { link } => self.supplicant_exited(now, link),
            Event::Dhcp4 { link, message } => self.dhcp4_heard(now, link, message),
            Event::Dhcp6 { link, message } => self.dhcp6_heard(now, link, message),
            Event::Router { link, options } => self.router_heard(now, link, options),
            Event::RouterFlags { link, flags } => self.observed.put_router_flags(link, flags),
            Event::Lease6Found {
                name,
                reply,
                obtained,
            } => self.lease6_found(name, reply, obtained),
            Event::Arp { link, mac, address } => self.arp_heard(now, link, mac, address),
            Event::LeaseFound { name, ack, kept } => self.lease_found(name, ack, kept),
            Event::SupplicantDetached { link } => self.with(link, |s| s.detached(now)),
            Event::Changed { link, restore } => {
                if let Some(interface) = self.interfaces.entry(link) {
                    interface.restore = restore;
                }
            }
            Event::Rfkill(switch) => self.switch_seen(now, switch),
            Event::RfkillGone(number) => self.switch_gone(number),
            Event::Rest { link, rest } => self.rest(now, link, rest),
            Event::Supplicant { link, text } => self.supplicant_said(now, link, text),
            Event::Config(config) => self.reconfigure(now, config),
            Event::Switch(index) => {
                self.pinned = Some(index);
                self.retry.forget_link(index);
            }
            Event::Stop => {
                if self.stopping.is_none() {
                    self.stopping = Some(stop::Stop::new(now));
                    self.retry.forget_all();
                }
            }
        }
        self.settle(now);
    }

    /// Time passed; nothing else did.
    pub fn tick(&mut self, now: u64) {
        self.settle(now);
    }

    /// Asks each running supplicant for its signal; see [`Engine::signals_awaited`].
    pub fn ask_signals(&mut self) {
        for supplicant in self.interfaces.supplicants_mut() {
            if supplicant.phase == Phase::Attached {
                supplicant.ask(Request::SignalPoll);
            }
        }
    }
    pub fn signals_awaited(&self) -> bool {
        self.supplicants().any(|s| s.is_asking(Request::SignalPoll))
    }

    /// Works out what follows from the state alone.
    fn settle(&mut self, now: u64) {
        self.watch_kernel(now);
        self.tick_supplicants(now);
        if !self.observed.is_complete() {
            self.advance_stop(now);
            return;
        }
        self.forget_unwanted_supplicants();
        self.forget_rests();
        self.update_controlled_ports(now);
        self.note_made();
        self.own_links = roles::own_links(&self.config, &self.observed);
        self.own_macs = self.own_macs || existing::has_wifi(self);
        self.update_readiness();
        self.update_pin();
        self.update_failover(now);
        self.update_dhcp4(now);
        self.update_inet6(now);
        self.update_announcements(now);
        self.update_refusals(now);
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
        let bond = self
            .observed
            .by_name(&self.config.bond.name)
            .map(|l| l.index);
        let any = self
            .observed
            .links()
            .any(|l| l.master == bond && self.passes(l).is_ok());
        self.bond_ready = carrier && (any || self.bond_ready);
    }

    fn update_pin(&mut self) {
        let joined = |index| {
            self.observed
                .link(index)
                .is_some_and(|link| self.joined(link))
        };
        self.pinned = self.pinned.filter(|index| joined(*index));
    }

    /// Keeps the list of what is refused, and writes down what is new in it.
    fn update_refusals(&mut self, now: u64) {
        let mut list = Bounded::new();
        self.collect_refusals(&mut |refusal| {
            let _ = list.push(refusal);
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

    fn collect_refusals(&self, add: &mut dyn FnMut(Refusal)) {
        let place = existing::bond(self);
        if let Some(text) = bond::mac_refusal(self) {
            let link = self.config.bond.name.clone();
            add(Refusal { link, text });
        }
        if let Existing::Refused(text) = &place {
            add(Refusal {
                link: self.config.bond.name.clone(),
                text: text.clone(),
            });
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
                add(Refusal {
                    link: link.name.clone(),
                    text,
                });
            }
        }
        for supplicant in self.supplicants().filter(|s| s.has_refused()) {
            add(Refusal {
                link: supplicant.name.clone(),
                text: clip(format_args!(
                    "wpa_supplicant does not take its new file and goes on with the one before"
                )),
            });
        }
        self.collect_of_cables(add);
        if members > roles::MAX_PORTS {
            let text = clip(format_args!(
                "{members} adapters match bond.members; a bond has {} at most, the rest is left out",
                roles::MAX_PORTS
            ));
            add(Refusal {
                link: self.config.bond.name.clone(),
                text,
            });
        }
        if let Some((what, room)) = self.observed.overflow() {
            // Without a count: each change of it would be another line in the log.
            let text = clip(format_args!(
                "too many {what}: not all are looked at (room for {room})"
            ));
            add(Refusal {
                link: Default::default(),
                text,
            });
        }
    }

    fn collect_of_cables(&self, add: &mut dyn FnMut(Refusal)) {
        let link = IfName::default();
        let left_out = self.own_links.1;
        if left_out > 0 {
            let (count, room) = (self.own_links.0.len() + left_out, self.own_links.0.len());
            let text = clip(format_args!(
                "{count} adapters match `links`, and there is room for {room}: the last ones are left out; name those that you need"
            ));
            add(Refusal { link, text });
        }
    }

    pub(super) fn want_read(&mut self, scope: Scope) {
        if self.unread != Some(Scope::All) {
            self.unread = Some(scope);
        }
    }

    fn dump_ended(&mut self, now: u64, scope: Scope) {
        let before: heapless::Vec<Index, { super::observed::MAX_LINKS }> =
            self.observed.links().map(|link| link.index).collect();
        self.observed.dump_ends(scope);
        self.forget_unseen();
        self.forget_strangers();
        for index in before {
            if self.observed.link(index).is_none() {
                self.link_gone(now, index);
            }
        }
    }

    fn iaids(&self) -> heapless::Vec<(u32, u32), { 2 * super::dhcp4::MAX_CLIENTS }> {
        let names = self.clients.iter().map(|client| &client.name);
        let names = names.chain(self.inet6.iter().map(|inet6| &inet6.name));
        names
            .map(|name| (self.iaid(name), self.iaid6(name)))
            .collect()
    }

    fn reconfigure(&mut self, now: u64, config: &Config) {
        let same_country = self.config.country == config.country;
        let (duid, iaids) = (self.config.duid.clone(), self.iaids());
        self.config.clone_from(config);
        self.own_macs = false;
        if self.config.duid != duid || self.iaids() != iaids {
            // Servers know us by another name now, and may have another address for it.
            self.renew(now, Leases::default());
        }
        self.retry.forget_all();
        self.radios_reconfigured(same_country);
        // Links that did not concern us may do so now.
        self.foreign.clear();
        self.want_read(Scope::All);
        self.renew_files();
        self.journal.write(
            now,
            RecordKind::Program,
            "",
            format_args!("configuration read"),
        );
    }
}
