//! Waiting for file descriptors.
use super::error::of_nix;
use super::{Result, clock};
use core::time::Duration;
use heapless::Vec;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::time::TimeSpec;
use nix::sys::timer::{Expiration, TimerSetTimeFlags};
use nix::sys::timerfd::{ClockId, TimerFd, TimerFlags};
use std::os::fd::{AsFd, BorrowedFd};

/// Descriptors in one wait.
pub const MAX: usize = 104;

/// What is waited for; `token` is the caller's own name for it.
#[derive(Debug, Clone, Copy)]
pub struct Interest<'a, T> {
    pub fd: BorrowedFd<'a>,
    pub token: T,
    pub read: bool,
    pub write: bool,
}

/// What came. `trouble` is POLLERR, POLLHUP or POLLNVAL: the caller must act on it, or
/// the next wait returns at once again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready<T> {
    pub token: T,
    pub readable: bool,
    pub writable: bool,
    pub trouble: bool,
}

/// The end of a wait, on the clock that deadlines have: `CLOCK_BOOTTIME` goes on while the
/// machine is suspended, and the clock of `poll()` does not.
#[derive(Debug)]
pub struct Alarm(TimerFd);

impl Alarm {
    pub fn new() -> Result<Self> {
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        let timer = TimerFd::new(ClockId::CLOCK_BOOTTIME, flags);
        timer.map(Alarm).map_err(of_nix("timerfd_create"))
    }

    /// Waits until one is ready or the time has come: milliseconds since boot; `None`: never.
    /// A signal ends the wait with nothing.
    pub fn wait<T: Copy>(
        &self,
        interests: &[Interest<'_, T>],
        until: Option<u64>,
    ) -> Result<Vec<Ready<T>, MAX>> {
        let mut timeout = PollTimeout::NONE;
        match until {
            Some(at) if at <= clock::boot_ms() => timeout = PollTimeout::ZERO,
            Some(at) => {
                let at = Expiration::OneShot(TimeSpec::from_duration(Duration::from_millis(at)));
                let set = self.0.set(at, TimerSetTimeFlags::TFD_TIMER_ABSTIME);
                set.map_err(of_nix("timerfd_settime"))?;
            }
            None => self.0.unset().map_err(of_nix("timerfd_settime"))?,
        }
        wait(interests, &self.0, timeout)
    }
}

fn wait<T: Copy>(
    interests: &[Interest<'_, T>],
    timer: &TimerFd,
    timeout: PollTimeout,
) -> Result<Vec<Ready<T>, MAX>> {
    let mut fds: Vec<PollFd<'_>, MAX> = Vec::new();
    for interest in interests {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::POLLIN, interest.read);
        flags.set(PollFlags::POLLOUT, interest.write);
        let _ = fds.push(PollFd::new(interest.fd, flags));
    }
    // The last: it is none of the interests. Setting it anew takes back that it is readable.
    let _ = fds.push(PollFd::new(timer.as_fd(), PollFlags::POLLIN));
    match poll(&mut fds, timeout) {
        Ok(_) => {}
        Err(nix::errno::Errno::EINTR) => return Ok(Vec::new()),
        Err(e) => return Err(of_nix("poll")(e)),
    }
    let came = interests.iter().zip(&fds).filter_map(|(interest, fd)| {
        let flags = fd.revents().unwrap_or(PollFlags::POLLERR);
        let bad = PollFlags::POLLERR | PollFlags::POLLHUP | PollFlags::POLLNVAL;
        (!flags.is_empty()).then_some(Ready {
            token: interest.token,
            readable: flags.contains(PollFlags::POLLIN),
            writable: flags.contains(PollFlags::POLLOUT),
            trouble: flags.intersects(bad),
        })
    });
    Ok(came.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_at_its_time_and_not_at_that_of_the_one_before() {
        let alarm = Alarm::new().unwrap();
        let none: [Interest<'_, ()>; 0] = [];
        let begun = clock::boot_ms();
        assert!(alarm.wait(&none, Some(begun)).unwrap().is_empty());
        assert!(alarm.wait(&none, Some(begun + 30)).unwrap().is_empty());
        assert!(clock::boot_ms() >= begun + 30);
        // The last one has gone off; this is another.
        let again = clock::boot_ms();
        assert!(alarm.wait(&none, Some(again + 30)).unwrap().is_empty());
        assert!(clock::boot_ms() >= again + 30);
    }
}
