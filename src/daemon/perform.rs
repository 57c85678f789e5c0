//! Carrying out one action of the engine, and telling it how that went.
use super::{Daemon, failure, leases, neighbours, resolv, restore, slow};
use crate::engine::contract::action::Action;
use crate::engine::contract::describe;
use crate::engine::contract::event::{Event, Failure};
use crate::system::clock;

impl Daemon {
    pub(super) fn perform(&mut self, action: Action) {
        log::debug!("{}", describe::Spoken(&action, self.engine.observed()));
        if action.is_for_kernel() {
            let now = clock::boot_ms();
            let given = self.machine.give(action.clone());
            return self.engine.handle(
                now,
                match given {
                    Ok(()) => Event::Given(action),
                    Err(failure) => Event::Done(action, Err(failure)),
                },
            );
        }
        let result = match &action {
            Action::StartSupplicant { link, name } => {
                match self.processes.start(*link, name, &self.engine) {
                    Ok(how) => {
                        let started = Event::SupplicantStarted { link: *link, how };
                        self.engine.handle(clock::boot_ms(), started);
                        Ok(())
                    }
                    Err(failure) => Err(failure),
                }
            }
            Action::AttachSupplicant { link } => self.processes.attach(*link),
            Action::AskSupplicant { link, request } => self.processes.ask(*link, *request),
            Action::ReconfigureSupplicant { link } => {
                self.processes.reconfigure(*link, &self.engine)
            }
            Action::StopSupplicant { link, force } => self.processes.stop(*link, *force),
            Action::SendDhcp4 { link } => self.exchanges.send(*link, false, &self.engine),
            Action::SendArp { link } => self.exchanges.say(*link, &self.engine),
            Action::ReleaseDhcp4 { link } => {
                leases::give_back(*link, &self.engine);
                self.exchanges.send(*link, true, &self.engine)
            }
            Action::StoreLease { link, lasting } => {
                leases::store(*link, *lasting, &self.engine);
                Ok(())
            }
            Action::SendDhcp6 { link } => self.exchanges6.send(*link, false, &self.engine),
            Action::ReleaseDhcp6 { link } => {
                leases::forget6(*link, &self.engine);
                self.exchanges6.send(*link, true, &self.engine)
            }
            Action::StoreLease6 { link } => {
                leases::store6(*link, &self.engine);
                Ok(())
            }
            Action::NoteUp { link, was_up } => restore::note_up(*link, *was_up),
            Action::NoteSlow { link, times } => slow::note(*link, *times),
            Action::AnnounceAddresses { link } => neighbours::tell(*link, &self.engine),
            Action::SolicitRouter { link } => neighbours::ask_routers(*link, &self.engine),
            Action::WriteResolver => resolv::write(&self.engine),
            Action::Exit => {
                resolv::give_back();
                log::info!("stopped");
                self.leave = true;
                Ok(())
            }
            // `is_for_kernel()` names every action, and these are the helper's.
            _ => Err(failure(0, &"no action of the loop")),
        };
        self.engine
            .handle(clock::boot_ms(), Event::Done(action, result));
    }

    /// Takes in what the kernel answered.
    pub(super) fn hear_kernel(&mut self) -> Result<(), String> {
        let Some((action, mut result)) = self.machine.hear(&mut self.engine)? else {
            return Ok(());
        };
        if result.is_ok() {
            result = self.look_after(&action);
        }
        self.engine
            .handle(clock::boot_ms(), Event::Done(action, result));
        Ok(())
    }

    /// What the kernel sends no notification of. It sends none when a bond that is down
    /// changes an option, nor for an alias (`netdev_state_change()` in net/core/dev.c looks at
    /// IFF_UP); rfkill's come by themselves, and tell whether anything changed.
    fn look_after(&mut self, action: &Action) -> Result<(), Failure> {
        match action {
            Action::Kernel(kernel) => {
                if let Some(link) = describe::changed_link(kernel) {
                    self.engine
                        .handle(clock::boot_ms(), Event::LinkUnread(link));
                }
                Ok(())
            }
            Action::Unblock { switch, .. } => {
                self.switches.drain(&mut self.engine);
                match self.engine.is_blocked_by_software(*switch) {
                    true => Err(failure(0, &"something switches it off again at once")),
                    false => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }
}
