//! An action on its way out and back. What it carries is filled in here alone: the choice of a
//! step and the table of attempts do not depend on it, two steps are the same whatever they carry.
//! Its outcome is passed to the feature that asked for it, remembered, and recorded when it failed.
use super::Engine;
use super::contract::action::{
    Action, KernelAction, KernelRequest, Packet, ReadRequest, SupplicantStep,
};
use super::contract::content::Content;
use super::contract::describe::Phrase;
use super::contract::event::Failure;
use super::journal::{RecordKind, clip};
use super::supplicant::Phase;
use super::supplicant_file;
use super::time::Instant;

/// It has to be asked for again later (`udev::is_naming()`).
const EAGAIN: i32 = 11;

/// What the table of attempts keeps of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remember {
    /// That it was done, or failed.
    Outcome,
    /// Nothing: it has reasons or times of its own.
    Nothing,
}

impl Engine {
    pub(super) fn fill(&self, now: Instant, action: &Action, content: &mut Content) {
        content.clear();
        match action {
            Action::Send { link, packet, .. } => {
                // Empty without a hardware address: there would be no sender.
                let _ = self.fill_packet(now, *link, *packet, content);
            }
            Action::Store(store) => self.fill_store(now, store, content),
            Action::Supplicant(link, step) if step.has_file() => {
                if let Some(link) = self.observed.link(*link) {
                    let (config, dialect) = (&self.config, self.dialect);
                    let (channels, keys) = (self.own_channels(link), &self.keys);
                    let _ = supplicant_file::write(config, link, dialect, channels, keys, content);
                }
            }
            Action::Supplicant(..)
            | Action::Kernel(_)
            | Action::Repair { .. }
            | Action::File(_)
            | Action::Exit => {}
        }
    }

    /// `false`: nothing that decisions follow from has changed.
    pub(super) fn action_done(
        &mut self,
        now: Instant,
        action: Action,
        result: Result<(), Failure>,
    ) -> bool {
        self.kernel_answered(now, &action, result.is_ok());
        let result = match (&action, result) {
            (Action::Kernel(KernelRequest::Radio(request)), Ok(())) => {
                self.radio_confirmed(request)
            }
            (_, result) => result,
        };
        let mut changed = true;
        let remember = match &action {
            Action::Kernel(request) => self.request_done(now, request, result.as_ref().err()),
            Action::Send { link, packet, .. } => {
                changed = self.sent(now, *link, *packet, result.is_ok());
                if let Packet::Probe { .. } = packet {
                    return changed;
                }
                // It changes nothing in the kernel, and has reasons or times of its own.
                remember_failure(&result)
            }
            Action::Store(store) => self.stored(now, store, &result),
            Action::Supplicant(link, step) => {
                self.supplicant_done(now, *link, step, result.is_ok())
            }
            Action::Repair { name, .. } => {
                self.repair_ended(now, name, result.is_ok());
                remember_failure(&result)
            }
            Action::File(step) => {
                self.file_step_done(now, *step, &result);
                Remember::Nothing
            }
            Action::Exit => Remember::Outcome,
        };
        match (remember, result) {
            (Remember::Nothing, _) => self.retry.forget(&action),
            (Remember::Outcome, Ok(())) => self.action_succeeded(now, &action),
            (Remember::Outcome, Err(failure)) => self.action_failed(now, &action, failure),
        }
        changed
    }

    fn request_done(
        &mut self,
        now: Instant,
        request: &KernelRequest,
        failure: Option<&Failure>,
    ) -> Remember {
        match request {
            KernelRequest::Change(change) if failure.is_none() => self.changed(change),
            KernelRequest::Change(_) => {}
            KernelRequest::Read(request) => return self.read_done(*request, failure),
            KernelRequest::Setting(request) if failure.is_none() => self.setting_done(now, request),
            KernelRequest::Setting(_) => {}
            KernelRequest::Radio(request) => return self.radio_done(now, *request, failure),
        }
        Remember::Outcome
    }

    /// What follows beside the notification of it.
    fn changed(&mut self, change: &KernelAction) {
        match change {
            KernelAction::CreateBond { name, .. } | KernelAction::CreateBridge { name } => {
                self.making = Some(name.clone());
            }
            KernelAction::AddAddress {
                link, net, until, ..
            } => {
                // Its gateways can be reached from now on.
                self.retry.forget_routes(*link);
                if let Some(until) = until {
                    self.lease_in_kernel(*link, *net, *until);
                }
            }
            KernelAction::AddAddress6 {
                link, net, until, ..
            } => {
                self.retry.forget_routes(*link);
                self.lease_in_kernel(*link, *net, *until);
            }
            _ => {}
        }
    }

    fn action_succeeded(&mut self, now: Instant, action: &Action) {
        if self.retry.succeeded(action, now) {
            let text = clip::<90>(format_args!("{}", Phrase(action, &self.observed)));
            self.trouble(
                now,
                action,
                format_args!("{text}: accepted, but nothing changed"),
            );
        }
    }

    fn action_failed(&mut self, now: Instant, action: &Action, failure: Failure) {
        // Its interface went while this was under way: there is nothing to be done or recorded. A
        // link that is read need not be known.
        let gone = |index| self.observed.link(index).is_none();
        let is_read = matches!(
            action,
            Action::Kernel(KernelRequest::Read(ReadRequest::Link { .. }))
        );
        if !is_read && action.link().is_some_and(gone) {
            return self.retry.forget(action);
        }
        let text = failure.text.clone();
        // The rule with new interfaces, and no fault: it is named in a moment.
        let is_early = failure.errno == EAGAIN
            && matches!(
                action,
                Action::Kernel(KernelRequest::Read(ReadRequest::Medium { .. }))
            );
        let is_new = self.retry.failed(action, failure, now);
        if let Action::Supplicant(link, SupplicantStep::Start { .. }) = action {
            // Its own deadline lies in the past: the table's counts.
            let until = self.retry.until(action).unwrap_or(now);
            self.with(*link, |s| s.phase = Phase::Waiting { until });
        }
        if is_new && !is_early {
            let words = clip::<60>(format_args!("{}", Phrase(action, &self.observed)));
            self.trouble(now, action, format_args!("cannot {words}: {text}"));
        }
    }

    pub(super) fn trouble(
        &mut self,
        now: Instant,
        action: &Action,
        text: core::fmt::Arguments<'_>,
    ) {
        let name = action
            .link()
            .and_then(|index| self.observed.link(index))
            .map_or(self.config.bond.name.clone(), |link| link.name.clone());
        self.journal.write(now, RecordKind::Trouble, &name, text);
    }
}

/// A success changes nothing in the kernel that the action could be seen by.
pub(super) fn remember_failure(result: &Result<(), Failure>) -> Remember {
    match result {
        Ok(()) => Remember::Nothing,
        Err(_) => Remember::Outcome,
    }
}
