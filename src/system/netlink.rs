//! Netlink sockets: bytes in, bytes out.
use super::Result;
use core::ops::ControlFlow;
use std::os::fd::{AsFd, BorrowedFd};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Route,
    Generic,
}

/// Requests and their answers, one after the other.
pub struct Requests {}

impl Requests {
    pub fn open(protocol: Protocol) -> Result<Self> {
        todo!()
    }
    /// A number no request of this socket has had lately; never 0.
    pub fn next_seq(&mut self) -> u32 {
        todo!()
    }
    /// Sends one request and gives every datagram of the answer to `take` until that
    /// breaks. ETIMEDOUT after `limit_ms` without an end.
    pub fn exchange<T>(
        &mut self,
        request: &[u8],
        limit_ms: u64,
        take: &mut dyn FnMut(&[u8]) -> ControlFlow<T>,
    ) -> Result<T> {
        todo!()
    }
}

/// What a look at the notifications gave.
#[derive(Debug, PartialEq, Eq)]
pub enum Received<'a> {
    Datagram(&'a [u8]),
    /// Nothing more at present.
    Nothing,
    /// The kernel dropped some (ENOBUFS), or one did not fit: read everything afresh.
    Lost,
}

/// Notifications on links, addresses and routes.
pub struct Events {}

impl Events {
    pub fn open() -> Result<Self> {
        todo!()
    }
    pub fn receive(&mut self) -> Result<Received<'_>> {
        todo!()
    }
}

impl AsFd for Events {
    fn as_fd(&self) -> BorrowedFd<'_> {
        todo!()
    }
}
