//! What became of an action: the state it changes, and what is said when it fails.
use super::Engine;
use super::contract::action::{Action, KernelAction, Scope};
use super::contract::describe;
use super::contract::event::Failure;
use super::journal::{RecordKind, clip};
use super::supplicant::Phase;

/// There is no such link (`rtnl_getlink()` in net/core/rtnetlink.c).
const ENODEV: i32 = 19;

impl Engine {
    pub(super) fn action_done(&mut self, now: u64, action: Action, result: Result<(), Failure>) {
        self.kernel_answered(now, &action, result.is_ok());
        match result {
            Ok(()) => self.action_succeeded(now, action),
            Err(failure) => self.action_failed(now, &action, failure),
        }
    }

    fn action_succeeded(&mut self, now: u64, action: Action) {
        match &action {
            Action::Kernel(
                KernelAction::CreateBond { name, .. } | KernelAction::CreateBridge { name },
            ) => self.making = Some(name.clone()),
            Action::Kernel(KernelAction::AddAddress { link, until, .. }) => {
                // Its gateways can be reached from now on.
                self.retry.forget_routes(*link);
                if until.is_some() {
                    self.lease_told(*link, *until);
                }
            }
            Action::Kernel(KernelAction::AddAddress6 {
                link, net, until, ..
            }) => {
                self.retry.forget_routes(*link);
                self.lease6_told(*link, *net, *until);
            }
            Action::Kernel(_) | Action::Exit => {}
            Action::SendDhcp6 { link } => self.dhcp6_sent(now, *link),
            Action::ReleaseDhcp6 { link } => self.dhcp6_released(now, *link),
            Action::StoreLease6 { link } => self.lease6_stored(*link),
            Action::SolicitRouter { link } => self.solicited(now, *link),
            Action::AnnounceAddresses { link } => self.announced(now, *link),
            Action::SetRadio { link, setting } => self.radio_set(*link, *setting),
            Action::RestoreRadio { link } => self.radio_restored(*link),
            Action::SetCountry { .. } => self.country_asked(now),
            Action::CheckCountry { .. } => self.country_checked(now, true),
            Action::Unblock { .. } | Action::Inspect { .. } => {}
            Action::NoteUp { link, was_up } => self.note_up(*link, *was_up),
            Action::SetSysctls { link, values, .. } => self.sysctls_set(now, *link, *values),
            Action::WriteResolver => self.resolver_written(now),
            Action::SendDhcp4 { link } => self.dhcp4_sent(now, *link),
            Action::SendArp { link } => self.arp_sent(*link),
            Action::ReleaseDhcp4 { link } => self.dhcp4_released(now, *link),
            Action::StoreLease { link, lasting } => self.lease_stored(now, *link, *lasting),
            Action::SetIpv6 { link, enabled, .. } => {
                if let Some(interface) = self.interfaces.entry(*link) {
                    interface.restore.ipv6_off = !enabled;
                }
            }
            Action::Resync(scope) => {
                if *scope == Scope::All || self.unread == Some(Scope::Routes) {
                    self.unread = None;
                }
            }
            Action::NoteSlow { link, times } => self.slow_noted(*link, *times),
            Action::ReadLink { .. } => return self.retry.forget(&action),
            Action::StartSupplicant { .. } => {}
            Action::AttachSupplicant { link } => self.with(*link, |s| s.attached(now)),
            Action::AskSupplicant { link, request } => {
                let request = *request;
                self.with(*link, |s| s.requested(request, now));
                return;
            }
            Action::ReconfigureSupplicant { link } => self.with(*link, |s| s.reconfigured(now)),
            Action::StopSupplicant { link, force } => self.supplicant_stopping(now, *link, *force),
        }
        if let Action::SendDhcp4 { .. }
        | Action::SendArp { .. }
        | Action::SendDhcp6 { .. }
        | Action::SolicitRouter { .. }
        | Action::AnnounceAddresses { .. }
        | Action::StoreLease { .. }
        | Action::StoreLease6 { .. } = action
        {
            // They change nothing in the kernel, and have reasons or times of their own.
            return self.retry.forget(&action);
        }
        if self.retry.succeeded(&action, now) {
            let text = clip::<90>(format_args!("{}", describe::Words(&action, &self.observed)));
            self.trouble(
                now,
                &action,
                format_args!("{text}: accepted, but nothing changed"),
            );
        }
    }

    fn action_failed(&mut self, now: u64, action: &Action, failure: Failure) {
        match action {
            // Its control socket is not there yet, as a rule.
            Action::AttachSupplicant { link } => {
                return self.with(*link, |s| s.not_yet_attached(now));
            }
            Action::AskSupplicant { link, .. } => {
                return self.with(*link, |s| s.detached(now));
            }
            // The next attempt is a matter of time, as after a lost message.
            Action::SendDhcp4 { link } => self.dhcp4_sent(now, *link),
            Action::SendArp { link } => self.arp_sent(*link),
            Action::SendDhcp6 { link } => self.dhcp6_sent(now, *link),
            Action::SolicitRouter { link } => self.solicited(now, *link),
            Action::AnnounceAddresses { link } => self.announced(now, *link),
            Action::StoreLease6 { link } => self.lease6_stored(*link),
            Action::ReleaseDhcp6 { link } => self.dhcp6_released(now, *link),
            // It is over all the same.
            Action::ReleaseDhcp4 { link } => self.dhcp4_released(now, *link),
            Action::StoreLease { link, lasting } => self.lease_stored(now, *link, *lasting),
            Action::SetRadio { link, setting } => {
                if self.radio_refused(now, *link, *setting, &failure) {
                    return self.retry.forget(action);
                }
            }
            Action::CheckCountry { .. } => {
                self.country_checked(now, false);
                return self.retry.forget(action);
            }
            // As it is, it stays.
            Action::RestoreRadio { link } => self.radio_restored(*link),
            Action::NoteUp { link, was_up } => self.note_up(*link, *was_up),
            Action::NoteSlow { link, times } => self.slow_noted(*link, *times),
            // It is gone: the notification of that is on its way.
            Action::ReadLink { .. } if failure.errno == ENODEV => {
                return self.retry.forget(action);
            }
            // It may have changed all the same.
            Action::ReadLink { .. } => self.want_read(Scope::All),
            Action::SetCountry { .. } | Action::Unblock { .. } => {}
            Action::Kernel(_)
            | Action::WriteResolver
            | Action::Inspect { .. }
            | Action::SetIpv6 { .. }
            | Action::SetSysctls { .. }
            | Action::Resync(_)
            | Action::StartSupplicant { .. }
            | Action::ReconfigureSupplicant { .. }
            | Action::StopSupplicant { .. }
            | Action::Exit => {}
        }
        // Its interface went while this was under way: there is nothing to be done, or to say. A
        // link that is read need not be known.
        let gone = |index| self.observed.link(index).is_none();
        let is_read = matches!(action, Action::ReadLink { .. });
        if !is_read && describe::subject(action).is_some_and(gone) {
            return self.retry.forget(action);
        }
        let text = failure.text.clone();
        let news = self.retry.failed(action, failure, now);
        if let Action::StartSupplicant { link, .. } = action {
            // Its own deadline lies in the past: the table's counts.
            let until = self.retry.until(action).unwrap_or(now);
            self.with(*link, |s| s.phase = Phase::Waiting { until });
        }
        if news {
            let words = clip::<60>(format_args!("{}", describe::Words(action, &self.observed)));
            self.trouble(now, action, format_args!("cannot {words}: {text}"));
        }
    }

    pub(super) fn trouble(&mut self, now: u64, action: &Action, text: core::fmt::Arguments<'_>) {
        let name = describe::subject(action)
            .and_then(|index| self.observed.link(index))
            .map_or(self.config.bond.name.clone(), |link| link.name.clone());
        self.journal.write(now, RecordKind::Trouble, &name, text);
    }
}
