//! The options of a message, wherever they stand in it.
//!
//! One option may be cut into several pieces (RFC 3396), which are put together in
//! their order; and the fields for a file and a server name may hold options too
//! (overload, RFC 2132, 9.3).
use super::{COOKIE, FIXED, code};
use heapless::Vec;

/// The fields that overload may fill: `file`, then `sname` (RFC 3396, 5: in this order).
const FILE: core::ops::Range<usize> = 108..236;
const SNAME: core::ops::Range<usize> = 44..108;
/// One option put together from its pieces; longer ones are cut.
pub type Whole = Vec<u8, 512>;

#[derive(Debug, Clone, Copy)]
pub struct Options<'m> {
    message: &'m [u8],
    overload: u8,
}

impl<'m> Options<'m> {
    /// `None` without the magic cookie.
    pub fn of(message: &'m [u8]) -> Option<Self> {
        let cookie = message.get(FIXED..FIXED + COOKIE.len())?;
        if cookie != COOKIE {
            return None;
        }
        let plain = Options {
            message,
            overload: 0,
        };
        let overload = plain.pieces().find(|(code, _)| *code == code::OVERLOAD);
        let overload = overload.and_then(|(_, value)| value.first().copied());
        Some(Options {
            message,
            overload: overload.unwrap_or(0),
        })
    }

    fn pieces(&self) -> impl Iterator<Item = (u8, &'m [u8])> + use<'m> {
        let part = |wanted: u8, range: core::ops::Range<usize>| match self.overload & wanted {
            0 => &[][..],
            _ => self.message.get(range).unwrap_or(&[]),
        };
        let main = self.message.get(FIXED + COOKIE.len()..).unwrap_or(&[]);
        Pieces(main)
            .chain(Pieces(part(1, FILE)))
            .chain(Pieces(part(2, SNAME)))
    }

    /// An option's value; `None` if it is not there.
    pub fn get(&self, wanted: u8) -> Option<Whole> {
        let mut whole: Option<Whole> = None;
        for (code, value) in self.pieces() {
            if code == wanted {
                let whole = whole.get_or_insert_default();
                let room = whole.capacity() - whole.len();
                let _ = whole.extend_from_slice(&value[..value.len().min(room)]);
            }
        }
        whole
    }

    pub fn has(&self, wanted: u8) -> bool {
        self.pieces().any(|(code, _)| code == wanted)
    }
}

/// The options of one field, up to its end or to what makes no sense.
struct Pieces<'m>(&'m [u8]);

impl<'m> Iterator for Pieces<'m> {
    type Item = (u8, &'m [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (code, rest) = self.0.split_first()?;
            match *code {
                code::PAD => self.0 = rest,
                code::END => {
                    self.0 = &[];
                    return None;
                }
                code => {
                    let (length, rest) = rest.split_first()?;
                    let Some((value, rest)) = rest.split_at_checked(usize::from(*length)) else {
                        self.0 = &[];
                        return None;
                    };
                    self.0 = rest;
                    return Some((code, value));
                }
            }
        }
    }
}
