//! The netlink messages of one datagram (include/uapi/linux/netlink.h).
use super::DecodeError;

/// Octets of `struct nlmsghdr`.
pub(super) const HEADER: usize = 16;
/// `NLMSG_ALIGNTO`: messages and attributes begin at multiples of so many octets.
pub(super) const ALIGNMENT: usize = 4;

/// One message: the fields of `struct nlmsghdr`, and what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// `nlmsg_type`: `RTM_*`, `NLMSG_*` or a generic netlink family.
    pub kind: u16,
    /// `nlmsg_flags`: `NLM_F_*`.
    pub flags: u16,
    /// `nlmsg_seq`: the request's number; 0 in a notification of the kernel.
    pub seq: u32,
    /// `nlmsg_pid`: the port of the socket whose request is answered; 0: the kernel.
    pub port: u32,
    /// The octets behind the header, without padding.
    pub payload: &'a [u8],
}

/// The messages of a datagram. After an error it ends: the next message cannot be found.
#[derive(Debug, Clone)]
pub struct Frames<'a> {
    rest: &'a [u8],
}

/// The messages of one datagram.
pub fn frames(datagram: &[u8]) -> Frames<'_> {
    Frames { rest: datagram }
}

impl<'a> Frames<'a> {
    fn split(&self) -> Result<(Frame<'a>, &'a [u8]), DecodeError> {
        let header = self
            .rest
            .first_chunk::<HEADER>()
            .ok_or(DecodeError::Truncated)?;
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *header;
        let length = usize::try_from(u32::from_ne_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        if length < HEADER {
            return Err(DecodeError::Length);
        }
        let payload = self
            .rest
            .get(HEADER..length)
            .ok_or(DecodeError::Truncated)?;
        let frame = Frame {
            kind: u16::from_ne_bytes([e, f]),
            flags: u16::from_ne_bytes([g, h]),
            seq: u32::from_ne_bytes([i, j, k, l]),
            port: u32::from_ne_bytes([m, n, o, p]),
            payload,
        };
        // The last message's padding may be missing.
        let next = length.checked_next_multiple_of(ALIGNMENT).unwrap_or(length);
        Ok((frame, self.rest.get(next..).unwrap_or(&[])))
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>, DecodeError>;
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        Some(match self.split() {
            Ok((frame, rest)) => {
                self.rest = rest;
                Ok(frame)
            }
            Err(error) => {
                self.rest = &[];
                Err(error)
            }
        })
    }
}
