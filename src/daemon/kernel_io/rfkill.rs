//! The radios' switches: /dev/rfkill, where the kernel has it. In the helper.
use super::worker::Answer;
use crate::engine::contract::event::Event;
use crate::kernel::rfkill as events;
use crate::system::rfkill::Rfkill;
use std::os::fd::{AsFd, BorrowedFd};

/// The open device; `None`: the kernel has no rfkill, or it could not be read.
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

    /// Readable when a switch has changed.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.0.as_ref().map(AsFd::as_fd)
    }

    /// Gives the changes.
    pub fn drain(&mut self, give: &mut dyn FnMut(Answer)) {
        let Some(device) = &self.0 else {
            return;
        };
        let taken = device.take_in(&mut |event| match events::parse(event) {
            Some(Event::Rfkill(switch)) => give(Answer::Switch(switch)),
            Some(Event::RfkillGone(number)) => give(Answer::SwitchGone(number)),
            _ => {}
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
    use crate::system::turn::flood;

    #[test]
    fn a_flood_ends_with_the_turn() {
        let (device, _kernel) = flood::of(&[0; 8]);
        let mut switches = Switches(Some(device.into()));
        switches.drain(&mut |_| {});
        assert_eq!(flood::left(switches.0.as_ref().unwrap()), flood::LEFT);
    }
}
