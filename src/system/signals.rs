//! Signals as a readable descriptor.
use super::Result;
use std::os::fd::{AsFd, BorrowedFd};

/// What came since the last [`Signals::take`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Caught {
    /// SIGTERM or SIGINT.
    pub stop: bool,
    /// SIGHUP.
    pub reload: bool,
    /// SIGCHLD.
    pub child: bool,
}

pub struct Signals {}

impl Signals {
    /// Once in a process. SIGPIPE is ignored from here on.
    pub fn install() -> Result<Self> {
        todo!()
    }
    pub fn take(&mut self) -> Caught {
        todo!()
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        todo!()
    }
}
