//! The wpa_supplicants: which are wanted, and the next step towards that.
use super::Engine;
use super::actions::Remember;
use super::contract::action::{Action, SupplicantStep};
use super::contract::event::Start;
use super::journal::RecordKind;
use super::observed::{Index, Link};
use super::roles;
use super::roles::own_link;
use super::supplicant::{
    Change, ControlledPort, MAX_SUPPLICANTS, Neighbourhood, Phase, Radio, Supplicant,
};
use super::supplicant_file::{fingerprint, networks};
use super::time::Instant;
use super::trial::Turn;
use crate::config::{Network, Security};
use crate::wire::wpa::{self, Channels};
use heapless::Vec;

impl Engine {
    pub(super) fn tick_supplicants(&mut self, now: Instant) {
        let observed = &self.observed;
        for interface in self.interfaces.iter_mut() {
            let link = observed.link(interface.index);
            let operational = link.is_some_and(Link::is_operational);
            if let Some(supplicant) = &mut interface.supplicant {
                supplicant.tick(now, operational && !interface.unauthorised);
            }
        }
    }

    /// A supplicant is on this link and has to end before the link can be changed:
    /// the step towards that, or nothing while it is under way. `None`: there is none.
    pub(super) fn supplicant_must_go(&self, now: Instant, link: Index) -> Option<Option<Action>> {
        let supplicant = self.supplicant(link)?;
        match supplicant.phase {
            Phase::Waiting { .. } => None,
            _ => Some(stop(self, now, supplicant)),
        }
    }

    /// Every supplicant runs on the file that it should run on.
    pub fn is_settled(&self) -> bool {
        let settled = |s: &Supplicant| !s.is_outdated() && !s.is_settling() && !s.has_refused();
        self.supplicants().all(settled)
    }

    /// It has new settings before it, or has just been given them: it is going to lose
    /// its association.
    pub(super) fn is_unsettled(&self, link: Index) -> bool {
        let supplicant = self.supplicant(link);
        supplicant.is_some_and(|s| s.is_outdated() || s.is_settling())
    }

    /// In its bond, or on its own; up; and with a network to join: Wi-Fi, or a cable with carrier
    /// and IEEE 802.1X.
    pub(super) fn wants_supplicant(&self, link: &Link) -> bool {
        let radio = link.facts.is_wifi() && networks(&self.config, link).next().is_some();
        let cable = link.carrier && roles::wired_auth(&self.config, link).is_some();
        let usable = roles::can_be_used(link);
        let resting = self.is_resting(link.index) || self.is_left_alone(link);
        if !link.up || !usable || !(radio || cable) || resting {
            return false;
        }
        self.in_bond(link) || (link.master.is_none() && own_link(&self.config, link).is_some())
    }

    /// Nothing passes a cable with IEEE 802.1X before the authentication is done: such a
    /// link counts as not authorised.
    pub(super) fn update_controlled_ports(&mut self, now: Instant) {
        let mut ports: Vec<(Index, bool, bool), MAX_SUPPLICANTS> = Vec::new();
        for link in self.observed.links() {
            let is_controlled = roles::wired_auth(&self.config, link).is_some();
            let supplicant = self.supplicant(link.index);
            let open = supplicant.is_some_and(|s| s.controlled_port().is_open());
            let unauthorised = is_controlled && !open;
            if self.is_unauthorised(link.index) != unauthorised {
                let _ = ports.push((link.index, unauthorised, link.is_operational()));
            }
        }
        for (index, unauthorised, operational) in ports {
            if let Some(interface) = self.interfaces.entry(index) {
                interface.unauthorised = unauthorised;
                interface.joins += u32::from(operational && !unauthorised);
            }
            let without = |s: &&Supplicant| s.controlled_port() == ControlledPort::NoAuthenticator;
            let supplicant = self.supplicant(index).filter(without);
            if let Some(name) = supplicant.map(|s| s.name.clone()).filter(|_| !unauthorised) {
                let text = format_args!(
                    "no 802.1X authenticator on this cable: used without authentication"
                );
                self.journal.write(now, RecordKind::Radio, &name, text);
            }
        }
    }

    /// A supplicant that has ended and is not wanted any more has no next start to wait for.
    pub(super) fn forget_unwanted_supplicants(&mut self) {
        let unwanted = |s: &&Supplicant| {
            let link = self.observed.link(s.link);
            let wanted = |link: &Link| link.name == s.name && self.wants_supplicant(link);
            matches!(s.phase, Phase::Waiting { .. }) && !link.is_some_and(wanted)
        };
        let unwanted = self.supplicants().filter(unwanted).map(|s| s.link);
        let unwanted: Vec<Index, MAX_SUPPLICANTS> = unwanted.collect();
        for link in unwanted {
            self.drop_supplicant(link);
        }
    }

    pub(super) fn with(&mut self, link: Index, change: impl FnOnce(&mut Supplicant)) {
        if let Some(supplicant) = self.interfaces.supplicant_mut(link) {
            change(supplicant);
        }
    }

    /// It has ended: with it goes the record of an interface that is gone.
    fn drop_supplicant(&mut self, link: Index) {
        match self.observed.link(link).is_some() {
            true => {
                let interface = self.interfaces.get_mut(link);
                interface.and_then(|one| one.supplicant.take());
            }
            false => self.interfaces.drop(link),
        }
    }

    pub(super) fn supplicant_started(&mut self, now: Instant, index: Index, how: Start) {
        let Some(link) = self.observed.link(index) else {
            return;
        };
        let wanted = fingerprint(&self.config, link, self.dialect);
        let (name, wired) = (link.name.clone(), !link.facts.is_wifi());
        let words = match how {
            Start::Spawned => "wpa_supplicant started",
            Start::Adopted { .. } => "wpa_supplicant adopted",
        };
        self.journal
            .write(now, RecordKind::Supplicant, &name, format_args!("{words}"));
        let own = match how {
            Start::Spawned => self.own_channels(link),
            // Those of its time.
            Start::Adopted { .. } => Channels::NONE,
        };
        if self.supplicant(index).is_some() {
            return self.with(index, |s| {
                s.restarted(now, wanted);
                s.scan.started(own);
            });
        }
        let mut fresh = Supplicant::started(index, name, how, wanted, now);
        fresh.wired = wired;
        fresh.scan.started(own);
        if let Some(interface) = self.interfaces.entry(index) {
            interface.supplicant = Some(fresh);
        }
    }

    pub(super) fn supplicant_done(
        &mut self,
        now: Instant,
        link: Index,
        step: &SupplicantStep,
        is_done: bool,
    ) -> Remember {
        match (step, is_done) {
            (SupplicantStep::Attach, true) => self.with(link, |s| s.attached(now)),
            // Its control socket is not there yet, as a rule.
            (SupplicantStep::Attach, false) => {
                self.with(link, |s| s.not_yet_attached(now));
                return Remember::Nothing;
            }
            (SupplicantStep::Ask(request), _) => {
                self.with(link, |s| match is_done {
                    true => s.requested(*request, now),
                    false => s.detached(now),
                });
                return Remember::Nothing;
            }
            (SupplicantStep::Reconfigure, true) => {
                let own = self.observed.link(link).map(|link| self.own_channels(link));
                self.with(link, |s| {
                    s.reconfigured(now);
                    s.scan.renewed(own.unwrap_or_default());
                });
            }
            (SupplicantStep::Stop { force }, true) => self.supplicant_stopping(now, link, *force),
            (
                SupplicantStep::Start { .. }
                | SupplicantStep::Reconfigure
                | SupplicantStep::Stop { .. },
                _,
            ) => {}
        }
        Remember::Outcome
    }

    fn supplicant_stopping(&mut self, now: Instant, link: Index, force: bool) {
        let Some(supplicant) = self.interfaces.supplicant_mut(link) else {
            return;
        };
        if supplicant.is_hung(now) {
            let name = supplicant.name.clone();
            let text = format_args!("wpa_supplicant does not answer: ended");
            self.journal.write(now, RecordKind::Supplicant, &name, text);
        }
        self.with(link, |s| s.stopping(now, force));
    }

    pub(super) fn supplicant_exited(&mut self, now: Instant, link: Index) {
        let Some(supplicant) = self.interfaces.supplicant_mut(link) else {
            return;
        };
        if supplicant.was_asked_to_end() || self.observed.link(link).is_none() {
            return self.drop_supplicant(link);
        }
        let name = supplicant.name.clone();
        let before_attaching = supplicant.died_before_attaching();
        let wait = supplicant.died(now).0;
        let text = format_args!("wpa_supplicant died; started again in {wait} ms");
        self.journal.write(now, RecordKind::Supplicant, &name, text);
        if before_attaching {
            self.leave_owe_out(now, link);
        }
    }

    /// A wpa_supplicant that ends twice before it answers, or refuses its file, may not support
    /// OWE: all get files without.
    fn leave_owe_out(&mut self, now: Instant, link: Index) {
        let owe = |network: &Network| network.security == Security::Owe;
        let link = self.observed.link(link);
        let has_owe = link.is_some_and(|link| networks(&self.config, link).any(owe));
        if !self.dialect.owe || !has_owe {
            return;
        }
        self.dialect.owe = false;
        self.renew_files();
        let text = format_args!(
            "wpa_supplicant does not take \"security\": \"owe\": such networks are left out"
        );
        self.journal.write(now, RecordKind::Trouble, "", text);
    }

    /// What each supplicant's file should be now.
    pub(super) fn renew_files(&mut self) {
        let (config, observed) = (&self.config, &self.observed);
        for supplicant in self.interfaces.supplicants_mut() {
            if let Some(link) = observed.link(supplicant.link) {
                supplicant.want_file(fingerprint(config, link, self.dialect));
            }
        }
    }

    pub(super) fn supplicant_message(&mut self, now: Instant, link: Index, text: &str) {
        let Some(supplicant) = self.interfaces.supplicant_mut(link) else {
            return;
        };
        let name = supplicant.name.clone();
        supplicant.answered(now);
        let before = supplicant.radio;
        let message = wpa::parse(text);
        let change = match message {
            wpa::Message::Disabled {
                ssid,
                wrong_key: true,
                ..
            } if wpa::unescape(ssid).is_some_and(|ssid| self.places.know(&ssid))
                && supplicant.tries_again() =>
            {
                Change::TriesAgain("the handshake failed, and its passphrase was right before")
            }
            _ => supplicant.receive(text),
        };
        let connected = matches!(message, wpa::Message::Connected);
        let joined = supplicant.radio == Radio::Authorised
            && !supplicant.wired
            && (connected || before != Radio::Authorised);
        if joined {
            self.joined_by_supplicant(link, connected);
            self.monitor_signal(link);
        }
        if let wpa::Message::Associating { ssid, frequency } = message {
            self.network_found(now, link, ssid, frequency, false);
        }
        self.learn_place(now, link);
        match change {
            Change::Nothing => {}
            Change::Signal => self.signal_read(now, link),
            Change::Radio(radio) => {
                self.journal
                    .write(now, RecordKind::Radio, &name, format_args!("{radio}"));
            }
            Change::FileRefused => {
                self.with(link, |s| s.refuse_file(now));
                self.leave_owe_out(now, link);
            }
            Change::Heard => {
                let Some(adapter) = self.observed.link(link) else {
                    return;
                };
                let owe = self.dialect.owe;
                let wanted = networks(&self.config, adapter)
                    .filter(|network| owe || network.security != Security::Owe)
                    .map(|network| &network.ssid);
                let heard = Neighbourhood::read(text, wanted);
                self.with(link, |s| s.heard = Some(heard));
            }
            Change::Packets(packets) => self.packets_counted(now, link, packets),
            Change::TriesAgain(why) => {
                let text = format_args!("{why}: tries again");
                self.journal.write(now, RecordKind::Radio, &name, text);
            }
            Change::Fault(fault) => {
                self.journal
                    .write(now, RecordKind::Radio, &name, format_args!("{fault}"));
            }
        }
    }
}

fn step(link: Index, step: SupplicantStep) -> Action {
    Action::Supplicant(link, step)
}

fn start(link: &Link) -> Action {
    let (name, wired) = (link.name.clone(), !link.facts.is_wifi());
    step(link.index, SupplicantStep::Start { name, wired })
}

/// Ends one: by SIGTERM, then by SIGKILL.
pub(super) fn stop(engine: &Engine, now: Instant, supplicant: &Supplicant) -> Option<Action> {
    let link = supplicant.link;
    match supplicant.phase {
        Phase::Waiting { .. } => None,
        Phase::Stopping { .. } if supplicant.is_hung(now) => {
            engine.offer(now, step(link, SupplicantStep::Stop { force: true }))
        }
        Phase::Stopping { .. } => None,
        Phase::Starting { .. } | Phase::Attached => {
            let force = engine.observed.link(link).is_none() || supplicant.is_hung(now);
            engine.offer(now, step(link, SupplicantStep::Stop { force }))
        }
    }
}

/// The next step for any of them.
pub(super) fn next(engine: &Engine, now: Instant) -> Option<Action> {
    for supplicant in engine.supplicants() {
        if let Some(step) = next_of(engine, now, supplicant) {
            return Some(step);
        }
    }
    if engine.supplicants().count() >= MAX_SUPPLICANTS {
        return None;
    }
    // A new one waits for an old one of the same name: both would configure the interface.
    let free = |link: &&Link| {
        engine.wants_supplicant(link)
            && !(link.facts.is_wifi() && engine.waits_for_keys())
            && !engine
                .supplicants()
                .any(|s| s.link == link.index || s.name == link.name)
    };
    engine
        .observed
        .links()
        .filter(free)
        .find_map(|link| engine.offer(now, start(link)))
}

fn next_of(engine: &Engine, now: Instant, supplicant: &Supplicant) -> Option<Action> {
    let index = supplicant.link;
    let wanted = engine
        .observed
        .link(index)
        .filter(|link| link.name == supplicant.name && engine.wants_supplicant(link));
    if wanted.is_none() || supplicant.is_hung(now) {
        return stop(engine, now, supplicant);
    }
    match supplicant.phase {
        Phase::Waiting { until } if now >= until => engine.offer(now, start(wanted?)),
        Phase::Starting { next, .. } if now >= next => Some(step(index, SupplicantStep::Attach)),
        Phase::Attached
            if supplicant.is_outdated()
                && supplicant.is_listening()
                && may_reconfigure(engine, now, index) =>
        {
            engine.offer(now, step(index, SupplicantStep::Reconfigure))
        }
        Phase::Attached => supplicant
            .next_request()
            .map(|request| step(index, SupplicantStep::Ask(request))),
        Phase::Waiting { .. } | Phase::Starting { .. } | Phase::Stopping { .. } => None,
    }
}

/// New settings cost an association, so members are reconfigured one after the other: never the
/// active one while another can carry the traffic or is about to.
fn may_reconfigure(engine: &Engine, now: Instant, index: Index) -> bool {
    let active = engine.failover.now().map(|(active, _)| active);
    // A link of its own does not wait for members.
    if !engine.is_present_member(index) {
        return true;
    }
    match engine.turn(now, index) {
        Turn::Keeps => return false,
        Turn::Tries => return true,
        Turn::Usual => {}
    }
    let link = engine.observed.link(index);
    // In no network: it has nothing to lose.
    if link.is_none_or(|link| engine.carries(link).is_err()) {
        return true;
    }
    let mut others = engine.present_members();
    others.retain(|other| other.index != index);
    let settling = |other: &&Link| {
        let supplicant = engine.supplicant(other.index);
        supplicant.is_some_and(|s| s.is_settling() || s.is_coming_up())
    };
    if others.iter().any(settling) {
        return false;
    }
    active != Some(index) || !others.iter().any(|other| engine.passes(other).is_ok())
}
