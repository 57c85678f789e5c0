//! Waiting for file descriptors.
//!
//! The list of a wait is kept here from one wait to the next, which nix's, with its borrowed
//! descriptors, cannot be: so the call is libc's.
use super::error::of_nix;
use super::{Result, clock};
use core::marker::PhantomData;
use core::time::Duration;
use nix::errno::Errno;
use nix::libc;
use nix::sys::time::TimeSpec;
use nix::sys::timer::{Expiration, TimerSetTimeFlags};
use nix::sys::timerfd::{ClockId, TimerFd, TimerFlags};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

/// What a descriptor is waited for (poll(2)); for trouble always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// POLLIN: until it is readable.
    Read,
    /// POLLOUT: until it is writable.
    Write,
    /// Nothing else.
    Trouble,
}

/// A descriptor that is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ready<T> {
    /// The caller's name for it.
    pub token: T,
    /// POLLERR, POLLHUP or POLLNVAL. The caller must act on it, or the next wait returns at once
    /// again.
    pub trouble: bool,
}

const TROUBLE: libc::c_short = libc::POLLERR | libc::POLLHUP | libc::POLLNVAL;

/// One wait after the other, in room that is allocated once.
///
/// Its timer (timerfd_create(2)) ends a wait, on the clock of deadlines: `CLOCK_BOOTTIME` goes on while the
/// machine is suspended, and the clock of `poll()` does not.
#[derive(Debug)]
pub struct Poll<T> {
    timer: TimerFd,
    tokens: Vec<T>,
    /// Those of `tokens`, then the timer's.
    fds: Vec<libc::pollfd>,
    /// Tokens before this one have been given out since the last wait.
    next: usize,
}

/// The list of the next wait. Its descriptors are borrowed until that is over.
pub struct Interests<'p, 'fd, T> {
    poll: &'p mut Poll<T>,
    borrowed: PhantomData<BorrowedFd<'fd>>,
}

impl<T: Copy> Poll<T> {
    /// Room for as many descriptors; more would make it grow.
    pub fn with_room(descriptors: usize) -> Result<Self> {
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        let timer = TimerFd::new(ClockId::CLOCK_BOOTTIME, flags);
        Ok(Poll {
            timer: timer.map_err(of_nix("timerfd_create"))?,
            tokens: Vec::with_capacity(descriptors),
            fds: Vec::with_capacity(descriptors + 1),
            next: 0,
        })
    }

    /// An empty list.
    pub fn begin<'fd>(&mut self) -> Interests<'_, 'fd, T> {
        self.tokens.clear();
        self.fds.clear();
        Interests {
            poll: self,
            borrowed: PhantomData,
        }
    }

    /// The next one that the last wait found ready.
    pub fn take_ready(&mut self) -> Option<Ready<T>> {
        while let Some(&token) = self.tokens.get(self.next) {
            let came = self.fds[self.next].revents;
            self.next += 1;
            if came != 0 {
                let trouble = came & TROUBLE != 0;
                return Some(Ready { token, trouble });
            }
        }
        None
    }

    /// Milliseconds for `poll()`: it waits for ever, and the timer ends that. Setting the timer
    /// anew takes back that it is readable.
    fn set_timer(&self, until: Option<u64>) -> Result<libc::c_int> {
        let set = match until {
            Some(at) if at <= clock::boot_ms() => return Ok(0),
            Some(at) => {
                let at = Expiration::OneShot(TimeSpec::from_duration(Duration::from_millis(at)));
                self.timer.set(at, TimerSetTimeFlags::TFD_TIMER_ABSTIME)
            }
            None => self.timer.unset(),
        };
        set.map(|()| -1).map_err(of_nix("timerfd_settime"))
    }
}

impl<'fd, T: Copy> Interests<'_, 'fd, T> {
    /// One more descriptor, under the caller's name for it.
    pub fn add(&mut self, fd: BorrowedFd<'fd>, token: T, interest: Interest) {
        let events = match interest {
            Interest::Read => libc::POLLIN,
            Interest::Write => libc::POLLOUT,
            Interest::Trouble => 0,
        };
        self.poll.tokens.push(token);
        self.push(fd.as_raw_fd(), events);
    }

    fn push(&mut self, fd: libc::c_int, events: libc::c_short) {
        self.poll.fds.push(libc::pollfd {
            fd,
            events,
            revents: 0,
        });
    }

    /// Waits until one is ready or the deadline `until` has passed, in milliseconds since boot;
    /// `None`: without one. A signal ends the wait with nothing.
    pub fn wait(mut self, until: Option<u64>) -> Result<()> {
        let timeout = self.poll.set_timer(until)?;
        self.push(self.poll.timer.as_fd().as_raw_fd(), libc::POLLIN);
        self.poll.next = 0;
        let fds = &mut self.poll.fds;
        // SAFETY: the kernel reads and writes the entries of this list, which outlives the call,
        // and so do its descriptors: they are borrowed for `'fd`.
        let count = unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, timeout) };
        match Errno::result(count) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(e) => Err(of_nix("poll")(e)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::turn::flood;
    use super::*;

    #[test]
    fn a_wait_ends_at_its_time_and_not_at_that_of_the_one_before() {
        let mut poll = Poll::<()>::with_room(0).unwrap();
        let mut wait = |until| {
            poll.begin().wait(Some(until)).unwrap();
            assert_eq!(poll.take_ready(), None);
        };
        let begun = clock::boot_ms();
        wait(begun);
        wait(begun + 30);
        assert!(clock::boot_ms() >= begun + 30);
        // The last one has gone off; this is another.
        let again = clock::boot_ms();
        wait(again + 30);
        assert!(clock::boot_ms() >= again + 30);
    }

    #[test]
    fn what_is_ready_is_told_once_and_the_room_stays() {
        let mut poll = Poll::with_room(3).unwrap();
        let room = (poll.tokens.as_ptr(), poll.fds.as_ptr());
        let (full, _peer) = flood::of(b"message");
        let (idle, _other) = flood::pair();
        let (empty, gone) = flood::pair();
        let ready = |token, trouble| Some(Ready { token, trouble });
        let mut wait = || {
            let mut interests = poll.begin();
            interests.add(full.as_fd(), 'r', Interest::Read);
            interests.add(empty.as_fd(), 't', Interest::Trouble);
            interests.add(idle.as_fd(), 'w', Interest::Write);
            interests.wait(None).unwrap();
            [poll.take_ready(), poll.take_ready(), poll.take_ready()]
        };
        let (read, write) = (ready('r', false), ready('w', false));
        assert_eq!(wait(), [read, write, None]);
        drop(gone);
        assert_eq!(wait(), [read, ready('t', true), write]);
        assert_eq!((poll.tokens.as_ptr(), poll.fds.as_ptr()), room);
    }
}
