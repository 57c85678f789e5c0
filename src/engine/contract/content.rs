//! What an action carries: the bytes of a packet, the text of a file.
use core::fmt;

/// Room for the largest content: a wpa_supplicant's file with as many networks as there may be,
/// of the longest values, which stand in it in hexadecimal.
pub const CONTENT_BYTES: usize = 64 * 1024;

/// One buffer, made once and filled again for each action. It may hold passphrases.
pub struct Content {
    bytes: Vec<u8>,
    /// Where the second part begins, if there is one.
    second: Option<usize>,
    /// More was written than there is room for: it holds nothing, rather than a part.
    is_too_long: bool,
}

impl Content {
    /// Allocates all it ever needs.
    pub fn new() -> Self {
        Content {
            bytes: Vec::with_capacity(CONTENT_BYTES),
            second: None,
            is_too_long: false,
        }
    }

    /// The action carries nothing, or its content could not be made: the link has no hardware
    /// address, or there was not enough room.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Both parts, one after the other.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The first part, and the second where there is one.
    pub fn parts(&self) -> (&[u8], Option<&[u8]>) {
        match self.second {
            Some(at) => (&self.bytes[..at], Some(&self.bytes[at..])),
            None => (&self.bytes, None),
        }
    }

    pub(in crate::engine) fn clear(&mut self) {
        self.bytes.clear();
        self.second = None;
        self.is_too_long = false;
    }

    pub(in crate::engine) fn put(&mut self, bytes: &[u8]) {
        self.is_too_long |= self.bytes.len() + bytes.len() > CONTENT_BYTES;
        if self.is_too_long {
            self.bytes.clear();
            self.second = None;
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// What follows is the second part.
    pub(in crate::engine) fn begin_second(&mut self) {
        self.second = Some(self.bytes.len());
    }
}

impl Default for Content {
    fn default() -> Self {
        Content::new()
    }
}

impl fmt::Write for Content {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        match self.is_too_long {
            true => Err(fmt::Error),
            false => Ok(()),
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} octets", self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Write;

    #[test]
    fn what_does_not_fit_leaves_nothing_and_debug_shows_the_length_alone() {
        let mut content = Content::new();
        content.write_str("secret").unwrap();
        content.begin_second();
        content.put(b"more");
        assert_eq!(content.parts(), (&b"secret"[..], Some(&b"more"[..])));
        assert_eq!(format!("{content:?}"), "10 octets");
        content.put(&[0; CONTENT_BYTES]);
        assert!(content.write_str("the rest").is_err());
        assert!(content.is_empty() && content.parts().1.is_none());
        content.clear();
        content.put(&[7; CONTENT_BYTES]);
        assert_eq!(content.bytes().len(), CONTENT_BYTES);
        assert_eq!(content.bytes.capacity(), CONTENT_BYTES);
    }
}
