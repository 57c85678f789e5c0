//! Carrying out one action of the engine, and reporting the outcome.
use super::files::{learned, leases, reboot, resolv};
use super::kernel_io::{notes, restore};
use super::{Daemon, failure, time};
use crate::config::IfName;
use crate::engine::contract::action::{
    Action, FileStep, KernelRequest, Packet, Store, SupplicantStep,
};
use crate::engine::contract::describe;
use crate::engine::contract::event::{Event, Failure, Start};
use crate::engine::observed::Index;

impl Daemon {
    pub(super) fn perform(&mut self, action: Action) {
        log::debug!("{}", describe::WithLink(&action, self.engine.observed()));
        let result = match &action {
            Action::Kernel(request) => {
                return self.engine.tell(match self.machine.give(request.clone()) {
                    Ok(()) => Event::Given(action),
                    Err(failure) => Event::Done(action, Err(failure)),
                });
            }
            Action::Send { link, name, packet } => self.send(*link, name, *packet),
            Action::Store(store) => self.store(store),
            Action::Supplicant(link, step) => self.supplicant(*link, step),
            Action::Repair { port, measure, .. } => {
                match self.repairs.start(&action, port, *measure, time::now()) {
                    Ok(()) => return,
                    Err(failure) => Err(failure),
                }
            }
            Action::File(step) => self.change_file(*step),
            Action::Exit => {
                // It goes on in a process of its own.
                self.repairs.give_back(time::now(), true);
                self.led.show(None, None);
                resolv::give_back();
                log::info!("stopped");
                self.leave = true;
                Ok(())
            }
        };
        self.engine.tell(Event::Done(action, result));
    }

    fn change_file(&mut self, step: FileStep) -> Result<(), Failure> {
        let why = |text: String| failure(0, &text);
        match step {
            FileStep::TakeBack => {
                self.source
                    .take_back(self.engine.trial().why())
                    .map_err(why)?;
                self.engine.tell(Event::Config(self.source.config()));
            }
            FileStep::TryAgain => {
                self.source.try_again().map_err(why)?;
                self.engine.tell(Event::TryConfig {
                    config: self.source.config(),
                    again: true,
                    confirm: None,
                });
            }
            FileStep::Accept => self.source.accept(),
        }
        Ok(())
    }

    fn send(&mut self, link: Index, name: &IfName, packet: Packet) -> Result<(), Failure> {
        let bytes = self.content.bytes();
        if bytes.is_empty() {
            return Err(failure(0, &"it has no hardware address"));
        }
        self.sockets.deliver(link, name, packet, bytes)
    }

    fn store(&mut self, store: &Store) -> Result<(), Failure> {
        let bytes = self.content.bytes();
        match store {
            Store::Lease {
                name,
                family,
                obtained,
                ..
            } => leases::store(*family, name, *obtained, self.content.parts()),
            Store::WasUp { link, was_up } => return restore::note_up(*link, *was_up),
            Store::Note { link, note } => return notes::write(*link, *note),
            Store::Places => learned::store(learned::PLACES, bytes),
            Store::Keys => learned::store(learned::KEYS, bytes),
            Store::Report => self.source.report_network(bytes),
            Store::Reboot => reboot::request(self.source.path()),
            Store::Resolver { first } => return resolv::write(&self.content, *first),
        }
        Ok(())
    }

    fn supplicant(&mut self, link: Index, step: &SupplicantStep) -> Result<(), Failure> {
        let file = self.content.bytes();
        match step {
            SupplicantStep::Start { name, wired } => {
                self.processes.start(link, name, *wired, file)?;
                let how = Start::Spawned;
                self.engine.tell(Event::SupplicantStarted { link, how });
                Ok(())
            }
            SupplicantStep::Attach => self.processes.attach(link),
            SupplicantStep::Ask(request) => self.processes.ask(link, *request),
            SupplicantStep::Reconfigure => self.processes.reconfigure(link, file),
            SupplicantStep::Stop { force } => self.processes.stop(link, *force),
        }
    }

    /// Takes in what the helper answered.
    pub(super) fn take_kernel_answers(&mut self) -> Result<(), String> {
        let Some((request, result)) = self
            .machine
            .take_answers(&mut |event| self.engine.tell(event))?
        else {
            return Ok(());
        };
        if result.is_ok() {
            self.look_after(&request);
        }
        self.engine
            .tell(Event::Done(Action::Kernel(request), result));
        Ok(())
    }

    /// What the kernel sends no notification of. It sends none when a bond that is down
    /// changes an option, nor for an alias (`netdev_state_change()` in net/core/dev.c looks at
    /// IFF_UP).
    fn look_after(&mut self, request: &KernelRequest) {
        if let KernelRequest::Change(change) = request
            && let Some(link) = change.changed_link()
        {
            self.engine.tell(Event::LinkUnread(link));
        }
    }
}
