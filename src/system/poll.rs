//! Waiting for file descriptors.
use super::Result;
use heapless::Vec;
use std::os::fd::BorrowedFd;

/// Descriptors in one wait.
pub const MAX: usize = 48;

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
    todo!()
}
