//! Processes: start, adopt, signal, reap.
use super::Result;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A process held by a pidfd, which is readable once it has ended.
#[derive(Debug)]
pub struct Process {
    pid: u32,
    pidfd: OwnedFd,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Code(i32),
    Signal(i32),
    /// Not our child: its end cannot be read.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    Terminate,
    Kill,
    Hangup,
}

/// Starts `program` (an absolute path, or a name looked up in the fixed PATH), with no
/// shell, in a session of its own: it outlives us and gets no Ctrl-C of ours. Standard
/// input is /dev/null; output and errors go to `output`, or to /dev/null.
pub fn spawn(program: &str, arguments: &[&str], output: Option<BorrowedFd<'_>>) -> Result<Process> {
    todo!()
}

/// Takes hold of a process that somebody else started.
pub fn adopt(pid: u32) -> Result<Process> {
    todo!()
}

/// `/proc/PID/cmdline`: the arguments, each ended by a NUL. Cut off at the buffer's end.
pub fn cmdline(pid: u32, buffer: &mut [u8]) -> Result<&[u8]> {
    todo!()
}

impl Process {
    pub fn pid(&self) -> u32 {
        self.pid
    }
    /// Ok also when it has ended already.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        todo!()
    }
    /// `None`: it is running. Leaves no zombie. May be asked again.
    pub fn reap(&mut self) -> Result<Option<Exit>> {
        todo!()
    }
}

impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}
