//! The kernel's answer to a request: acknowledgement, error, end of a dump.
use super::attributes::{attributes, text};
use super::frame::{ALIGNMENT, Frame, HEADER, frames};
use crate::engine::contract::event::Failure;
use crate::engine::journal::clip;
use core::ops::ControlFlow;
use netlink_packet_core::{NLM_F_ACK_TLVS, NLM_F_CAPPED};
use netlink_packet_core::{NLMSG_DONE, NLMSG_ERROR, NLMSG_NOOP};

/// The dump is inconsistent (include/uapi/linux/netlink.h).
const NLM_F_DUMP_INTR: u16 = 0x10;
/// The attribute with an error's message, in English (include/uapi/linux/netlink.h).
const NLMSGERR_ATTR_MSG: u16 = 1;

/// How a request without an error ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The answer is whole and consistent.
    Complete,
    /// `NLM_F_DUMP_INTR`: a table changed during the dump, so entries may be missing or double:
    /// request it again.
    Interrupted,
}

/// Collects the answer to one request, over as many datagrams as it takes.
#[derive(Debug)]
pub struct Reply {
    seq: u32,
    interrupted: bool,
}

impl Reply {
    /// For the request with this sequence number (`nlmsg_seq`).
    pub fn new(seq: u32) -> Self {
        Reply {
            seq,
            interrupted: false,
        }
    }

    /// Takes one datagram. `each` is called with the messages that belong to this request and
    /// are neither acknowledgement nor end; messages of other requests are skipped. Breaks with
    /// the result when the answer is complete: [`Failure`] has the kernel's error number, or 0
    /// for a datagram that is not netlink.
    pub fn take(
        &mut self,
        datagram: &[u8],
        each: &mut dyn FnMut(Frame<'_>),
    ) -> ControlFlow<Result<Ended, Failure>> {
        for frame in frames(datagram) {
            let Ok(frame) = frame else {
                return ControlFlow::Break(Err(explain(0, "an answer that makes no sense")));
            };
            if frame.seq != self.seq {
                continue;
            }
            self.interrupted |= frame.flags & NLM_F_DUMP_INTR != 0;
            match frame.kind {
                NLMSG_NOOP => {}
                NLMSG_ERROR => {
                    let result = acknowledgement(frame.payload, frame.flags);
                    return ControlFlow::Break(result.map(|()| self.ended()));
                }
                NLMSG_DONE => {
                    let result = end_of_dump(frame.payload, frame.flags);
                    return ControlFlow::Break(result.map(|()| self.ended()));
                }
                _ => each(frame),
            }
        }
        ControlFlow::Continue(())
    }

    fn ended(&self) -> Ended {
        match self.interrupted {
            true => Ended::Interrupted,
            false => Ended::Complete,
        }
    }
}

/// Reads an `NLMSG_ERROR`: its payload and the flags of its header. A code of 0 is an
/// acknowledgement, a negative one the error (`struct nlmsgerr`).
///
/// The error's message follows the request, which is repeated, or its header alone where the
/// answer is capped (`netlink_ack()` in net/netlink/af_netlink.c).
pub fn acknowledgement(payload: &[u8], flags: u16) -> Result<(), Failure> {
    result(payload, flags, |rest| {
        let length = match flags & NLM_F_CAPPED {
            0 => u32::from_ne_bytes(*rest.first_chunk::<4>()?) as usize,
            _ => HEADER,
        };
        rest.get(length.checked_next_multiple_of(ALIGNMENT)?..)
    })
}

/// An `NLMSG_DONE`: a dump that failed half-way has its error in the last message. No request
/// is repeated there (`netlink_dump_done()` in net/netlink/af_netlink.c).
fn end_of_dump(payload: &[u8], flags: u16) -> Result<(), Failure> {
    result(payload, flags, |rest| Some(rest))
}

/// The code at the start; `extended` finds the attributes of the extended acknowledgement
/// behind it.
fn result(
    payload: &[u8],
    flags: u16,
    extended: impl FnOnce(&[u8]) -> Option<&[u8]>,
) -> Result<(), Failure> {
    let Some((code, rest)) = payload.split_first_chunk::<4>() else {
        return Err(explain(0, "an acknowledgement without a code"));
    };
    let code = i32::from_ne_bytes(*code);
    // Some families return a result as a positive code; an error is negative.
    if code >= 0 {
        return Ok(());
    }
    let extended = match flags & NLM_F_ACK_TLVS {
        0 => None,
        _ => extended(rest),
    };
    let message = attributes(extended.unwrap_or(&[])).find(|(kind, _)| *kind == NLMSGERR_ATTR_MSG);
    let message = message.and_then(|(_, value)| text(value)).unwrap_or("");
    Err(explain(code.saturating_neg(), message))
}

/// An error number (positive; 0: none) with its text in plain English, followed by the kernel's
/// own message unless that is empty.
pub fn explain(errno: i32, kernel: &str) -> Failure {
    let words = match errno {
        0 => "",
        libc::EPERM => "not allowed (needs root)",
        libc::ENOENT => "there is no such thing",
        libc::ENXIO | libc::ENODEV => "there is no such interface",
        libc::EAGAIN | libc::EBUSY => "busy",
        libc::ENOMEM => "the kernel is out of memory",
        libc::EEXIST => "exists already",
        libc::EINVAL => "the kernel does not accept it",
        libc::ENOTEMPTY => "not while there are members",
        libc::EOPNOTSUPP => "the kernel does not support it",
        libc::EADDRNOTAVAIL => "the address is not there",
        libc::ENETDOWN => "the interface is down",
        libc::ENETUNREACH => "the network is unreachable",
        libc::ETIMEDOUT => "the kernel does not answer",
        libc::EHOSTUNREACH => "no route to the gateway",
        libc::ERFKILL => "the radio is blocked (rfkill)",
        _ => "the kernel refused",
    };
    let number = match words {
        "the kernel refused" => clip::<16>(format_args!(", error {errno}")),
        _ => clip::<16>(format_args!("")),
    };
    let text = match (words, kernel) {
        ("", kernel) => clip(format_args!("{kernel}")),
        (words, "") => clip(format_args!("{words}{number}")),
        (words, kernel) => clip(format_args!("{words}{number}: {kernel}")),
    };
    Failure { errno, text }
}
