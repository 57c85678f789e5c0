//! The netlink messages of one datagram (include/uapi/linux/netlink.h).
use super::DecodeError;

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

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>, DecodeError>;
    fn next(&mut self) -> Option<Self::Item> {
        todo!()
    }
}
