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

    /// Gives what happened to the engine.
    pub fn drain(&mut self, engine: &mut Engine) {
        let Some(device) = &self.0 else {
            return;
        };
        let taken = device.take_in(&mut |event| {
            if let Some(event) = events::parse(event) {
                engine.handle(clock::boot_ms(), event);
            }
        });
        if let Err(e) = taken {
            log::warn!("/dev/rfkill: {e}; blocked radios are not noticed");
            self.0 = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::system::turn::flood;

    #[test]
    fn a_flood_ends_with_the_turn() {
        let mut engine = Box::new(Engine::new(&config::built_in()));
        let (device, _kernel) = flood::of(&[0; 8]);
        let mut switches = Switches(Some(device.into()));
        switches.drain(&mut engine);
        assert_eq!(flood::left(switches.0.as_ref().unwrap()), flood::LEFT);
    }
}
