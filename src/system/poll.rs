//! Waiting for file descriptors.
use super::Result;
use super::error::of_nix;
use heapless::Vec;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::os::fd::BorrowedFd;

/// Descriptors in one wait.
pub const MAX: usize = 96;

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

/// Waits until one is ready or the time is over. `None`: for ever. A signal ends the
/// wait with nothing.
pub fn wait<T: Copy>(
    interests: &[Interest<'_, T>],
    timeout_ms: Option<u64>,
) -> Result<Vec<Ready<T>, MAX>> {
    let mut fds: Vec<PollFd<'_>, MAX> = Vec::new();
    for interest in interests {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::POLLIN, interest.read);
        flags.set(PollFlags::POLLOUT, interest.write);
        let _ = fds.push(PollFd::new(interest.fd, flags));
    }
    let timeout = match timeout_ms {
        None => PollTimeout::NONE,
        // Longer waits than this (24 days) end early and are begun anew.
        Some(ms) => i32::try_from(ms)
            .ok()
            .and_then(|ms| PollTimeout::try_from(ms).ok())
            .unwrap_or(PollTimeout::MAX),
    };
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
