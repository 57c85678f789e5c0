//! What the kernel says to a request: acknowledgement, refusal, end of a dump.
use super::frame::Frame;
use crate::engine::event::Failure;
use core::ops::ControlFlow;

/// How a request that worked ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Complete,
    /// `NLM_F_DUMP_INTR`: something changed during the dump; ask again.
    Interrupted,
}

/// Collects the answer to one request, over as many datagrams as it takes.
#[derive(Debug)]
pub struct Reply {
    seq: u32,
    interrupted: bool,
}

impl Reply {
    pub fn new(seq: u32) -> Self {
        Reply {
            seq,
            interrupted: false,
        }
    }

    /// Takes one datagram. `each` sees the messages that belong to this request and are
    /// neither acknowledgement nor end. Messages of other requests are passed over.
    pub fn take(
        &mut self,
        datagram: &[u8],
        each: &mut dyn FnMut(Frame<'_>),
    ) -> ControlFlow<Result<Ended, Failure>> {
        todo!()
    }
}

/// An `NLMSG_ERROR`: its payload and the flags of its header.
pub fn acknowledgement(payload: &[u8], flags: u16) -> Result<(), Failure> {
    todo!()
}

/// An error number in plain words, followed by the kernel's own if there are any.
pub fn explain(errno: i32, kernel: &str) -> Failure {
    todo!()
}
