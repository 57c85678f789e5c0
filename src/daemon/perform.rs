//! Carrying out one action of the engine, and telling it how that went.
use super::{Daemon, failure, ipv6, leases, neighbours, resolv, tune, up};
use crate::engine::action::{Action, KernelAction};
use crate::engine::event::{Event, Failure};
use crate::engine::words;
use crate::system::clock;

impl Daemon {
    pub(super) fn perform(&mut self, action: Action) {
        log::debug!("{}", words::Spoken(&action, self.engine.observed()));
        let result = match &action {
            Action::Kernel(kernel) => self.change(kernel),
            Action::SetIpv6 {
                link,
                name,
                enabled,
            } => ipv6::set(*link, name, *enabled),
            Action::Tune { link, name, tuning } => tune::set(*link, name, *tuning),
            Action::Resync(scope) => self.machine.read_all(*scope, &mut self.engine),
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
            Action::SayArp { link } => self.exchanges.say(*link, &self.engine),
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
            Action::Inspect { link } => self.machine.inspect(*link, &mut self.engine),
            Action::SetRadio { link, setting } => self.machine.wifi.set(*link, *setting),
            Action::RestoreRadio { link } => self.machine.wifi.restore(*link),
            Action::SetCountry { code } => self.machine.wifi.set_country(*code),
            Action::CheckCountry { code } => self.machine.wifi.check_country(*code),
            Action::Unblock { switch, .. } => self.unblock(*switch),
            Action::NoteUp { link, was_up } => up::note(*link, *was_up),
            Action::SayMoved { link } => neighbours::tell(*link, &self.engine),
            Action::SolicitRouter { link } => neighbours::ask_routers(*link, &self.engine),
            Action::WriteResolver => resolv::write(&self.engine),
            Action::Exit => {
                resolv::give_back();
                log::info!("stopped");
                self.leave = true;
                Ok(())
            }
        };
        self.engine
            .handle(clock::boot_ms(), Event::Done(action, result));
    }

    /// The kernel tells what became of it at once.
    fn unblock(&mut self, switch: u32) -> Result<(), Failure> {
        self.switches.unblock(switch)?;
        self.switches.drain(&mut self.engine);
        match self.engine.is_blocked_by_software(switch) {
            true => Err(failure(0, &"something switches it off again at once")),
            false => Ok(()),
        }
    }

    fn change(&mut self, action: &KernelAction) -> Result<(), Failure> {
        let result = self.machine.change(action);
        if let (Ok(()), Some(link)) = (&result, words::changed_link(action)) {
            self.machine.read_link(link, &mut self.engine);
        }
        result
    }
}
