//! What the kernel says of adapters that are failing, where its messages may be read.
use crate::daemon::engine::Tell;
use crate::engine::contract::event::{Event, Warning};
use crate::engine::time::{Instant, Millis};
use crate::kernel::messages::{Message, messages};
use crate::system::files;
use crate::system::kernel_log::{Follower, PATH};
use std::os::fd::{AsFd, BorrowedFd};

/// Where the unit has them, as it takes [`PATH`] away.
const OF_THE_UNIT: &str = "/dev/wifibond-kmsg";
/// Between two turns: a firewall, for example, logs hundreds of messages a second.
const BETWEEN: Millis = Millis(100);
/// The same after a turn that took not all of them: something floods the log.
const PAUSE: Millis = Millis(1_000);

/// The open device; `None`: it may not be read, and nothing follows from its messages.
pub struct Messages {
    log: Option<Follower>,
    pause: Option<Instant>,
}

impl Messages {
    /// Of all users where `kernel.dmesg_restrict` is 0, else with CAP_SYSLOG alone: to go without
    /// is no fault.
    pub fn open() -> Self {
        let log = Follower::open(OF_THE_UNIT).or_else(|_| Follower::open(PATH));
        Messages {
            log: log
                .inspect_err(|e| log::debug!("{PATH}: {e}; the kernel's messages are not read"))
                .ok(),
            pause: None,
        }
    }

    /// Readable when there is a message.
    pub fn fd(&self, now: Instant) -> Option<BorrowedFd<'_>> {
        let log = self.log.as_ref();
        let pauses = self.pause.is_some_and(|until| now < until);
        log.filter(|_| !pauses).map(AsFd::as_fd)
    }

    /// When [`Messages::fd`] is to be waited for again.
    pub fn poll_at(&self, now: Instant) -> Option<Instant> {
        self.pause.filter(|until| now < *until)
    }

    /// Tells those that mean that an adapter is failing.
    pub fn drain(&mut self, now: Instant, tell: &mut Tell<'_>) {
        let Some(log) = &self.log else {
            return;
        };
        let taken = log.take_in(&mut |record| {
            for message in messages(record).filter(|message| message.known().is_some()) {
                warn(message, tell);
            }
        });
        match taken {
            Ok(true) => self.pause = Some(now + BETWEEN),
            Ok(false) => self.pause = Some(now + PAUSE),
            Err(e) => {
                log::warn!("{PATH}: {e}; the kernel's messages are read no more");
                *self = Messages {
                    log: None,
                    pause: None,
                };
            }
        }
    }
}

fn warn(message: Message<'_>, tell: &mut Tell<'_>) {
    let mut radio_of = String::new();
    if let Some(radio) = message.radio() {
        let place = format!("/sys/class/ieee80211/{radio}/device/net");
        // One that is gone has none.
        let _ = files::list(&place, &mut |name| radio_of = name.into());
    }
    tell(Event::Warning(Warning {
        text: message.text,
        device: message.device,
        radio_of: &radio_of,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::turn::flood;

    const NOW: Instant = Instant::from_ms(1_000);

    #[test]
    fn a_flood_ends_with_the_turn_and_is_left_alone_for_a_moment() {
        let (log, _kernel) = flood::of(b"3,1,1,-;usb 1-1.2: chip reset failed\n DEVICE=n3\n");
        let (log, pause) = (Some(log.into()), None);
        let mut messages = Messages { log, pause };
        let mut told = 0;
        messages.drain(NOW, &mut |event| match event {
            Event::Warning(warning) => {
                assert_eq!(warning.text, "usb 1-1.2: chip reset failed");
                assert_eq!((warning.device, warning.radio_of), (Some("n3"), ""));
                told += 1;
            }
            other => panic!("{other:?}"),
        });
        assert_eq!(told, flood::MESSAGES - flood::LEFT);
        assert_eq!(messages.poll_at(NOW), Some(NOW + PAUSE));
        assert!(messages.fd(NOW).is_none());
        // There may be none then: it is waited for without a time.
        let later = NOW + PAUSE;
        assert!(messages.fd(later).is_some());
        assert_eq!(messages.poll_at(later), None);
        messages.drain(later, &mut |_| {});
        assert_eq!(messages.poll_at(later), Some(later + BETWEEN));
        assert!(messages.fd(later).is_none() && messages.fd(later + BETWEEN).is_some());
        assert_eq!(messages.poll_at(later + BETWEEN), None);
    }

    #[test]
    fn what_cannot_be_read_any_more_is_left() {
        let (log, kernel) = flood::pair();
        drop(kernel);
        let (log, pause) = (Some(log.into()), None);
        let mut messages = Messages { log, pause };
        messages.drain(NOW, &mut |event| panic!("{event:?}"));
        assert!(messages.fd(NOW).is_none());
        assert_eq!(messages.poll_at(NOW), None);
    }
}
