//! The radios' switches: /dev/rfkill, where the kernel has it.
use crate::engine::Engine;
use crate::kernel::rfkill as events;
use crate::system::clock;
use crate::system::rfkill::Rfkill;
use std::os::fd::{AsFd, BorrowedFd};

pub struct Switches(Option<Rfkill>);

impl Switches {
    /// A kernel without rfkill blocks nothing.
    pub fn open() -> Self {
        match Rfkill::open() {
            Ok(device) => Switches(Some(device)),
            Err(e) => {
                if e.errno != libc::ENOENT {
                    log::warn!("/dev/rfkill: {e}; blocked radios are not noticed");
                }
                Switches(None)
            }
        }
    }

    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.0.as_ref().map(AsFd::as_fd)
    }

    /// Gives all that happened to the engine.
    pub fn drain(&mut self, engine: &mut Engine) {
        while let Some(device) = &mut self.0 {
            match device.read() {
                Ok(Some(event)) => {
                    if let Some(event) = events::parse(&event) {
                        engine.handle(clock::boot_ms(), event);
                    }
                }
                Ok(None) => return,
                Err(e) => {
                    log::warn!("/dev/rfkill: {e}; blocked radios are not noticed");
                    self.0 = None;
                }
            }
        }
    }
}
