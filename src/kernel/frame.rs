//! The netlink messages of one datagram (include/uapi/linux/netlink.h).
use super::DecodeError;

/// `struct nlmsghdr`.
pub(super) const HEADER: usize = 16;

/// One message. `kind` is `nlmsg_type`; `port` is `nlmsg_pid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    pub kind: u16,
    pub flags: u16,
    pub seq: u32,
    pub port: u32,
    pub payload: &'a [u8],
}

/// Walks a datagram. After an error it ends: what follows cannot be found.
#[derive(Debug, Clone)]
pub struct Frames<'a> {
    rest: &'a [u8],
}

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
        let next = length.checked_next_multiple_of(4).unwrap_or(length);
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
