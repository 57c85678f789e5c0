//! UNIX sockets.
use super::{Error, Result};
use core::fmt;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::PathBuf;

/// A datagram socket connected to one peer. Never blocks. Takes its own path with it.
#[derive(Debug)]
pub struct Datagram {
    socket: UnixDatagram,
    own: PathBuf,
}

impl Datagram {
    /// Binds `own` (replacing a stale one) and connects to `peer`.
    pub fn connect(own: &str, peer: &str) -> Result<Self> {
        todo!()
    }
    pub fn send(&self, bytes: &[u8]) -> Result<()> {
        todo!()
    }
    /// `None`: nothing there. A message that does not fit is cut off.
    pub fn receive<'b>(&self, buffer: &'b mut [u8]) -> Result<Option<&'b [u8]>> {
        todo!()
    }
}

impl AsFd for Datagram {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Why the control socket cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenError {
    /// Another daemon answers there.
    InUse,
    System(Error),
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}

/// The control socket's server side. Takes its path with it.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    path: PathBuf,
}

impl Listener {
    /// The directory must exist (see `files::ensure_dir`). The socket gets mode 0600.
    pub fn open(path: &str) -> core::result::Result<Self, ListenError> {
        todo!()
    }
    /// The next visitor, if there is one. Those who are neither root nor us are sent away.
    pub fn accept(&self) -> Result<Option<Connection>> {
        todo!()
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// A visitor. Never blocks.
#[derive(Debug)]
pub struct Connection {
    stream: UnixStream,
}

/// What a read or write came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    Bytes(usize),
    /// It would block.
    Later,
    /// The other side has gone, or will send no more.
    Closed,
}

impl Connection {
    pub fn read(&self, buffer: &mut [u8]) -> Result<Moved> {
        todo!()
    }
    pub fn write(&self, bytes: &[u8]) -> Result<Moved> {
        todo!()
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// The commands' side: connects, and bounds every later read and write. `None` as
/// `limit_ms` reads without bound (`--watch`).
pub fn connect(path: &str, limit_ms: Option<u64>) -> Result<UnixStream> {
    todo!()
}
