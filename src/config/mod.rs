//! Bytes → JSON → a [`Config`] that cannot be wrong.
//!
//! Files and limits, never the network: this module reads no file itself and does not query the
//! machine. A [`Config`] fulfils the notes of all its fields in [`types`].
#![warn(missing_docs)]

mod bounded;
mod checked;
mod choice;
mod decode;
mod document;
mod error;
mod grammar;
mod notice;
mod path;
mod place;
mod report;
mod scan;
mod shape;
mod suggest;
mod syntax;
pub mod types;

pub use bounded::Bounded;
pub use decode::{MAX_FILE, decode};
pub use document::UNREADABLE;
pub use error::ConfigError;
pub use notice::{MAX_NOTICES, Notice, each_eap, notices};
pub use report::{InForce, report};

pub use checked::value::{dns_name, hex_octets, hex_ssid, mac};
pub use types::*;

/// Reads, checks and fills in the defaults; the error is the first one found.
///
/// The steps: bytes → [`decode`] → `shape` (is it JSON, and does the grammar have it?) →
/// `document` (`serde-json-core` reads it) → `checked` (values, and rules between them).
///
/// The box has some 4 KiB; the lists of networks, links and bridges are allocated beside it.
pub fn parse(bytes: &[u8]) -> Result<Box<Config>, ConfigError> {
    let text = decode(bytes)?;
    let values = shape::check(&text)?;
    let document = document::Document::read(&text, values)?;
    let mut config = Box::new(checked::defaults());
    checked::file(&document, &mut config)?;
    Ok(config)
}

/// The configuration where no file has ever worked: DHCP on every cable, no bond.
pub fn built_in() -> Box<Config> {
    Box::new(checked::built_in())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_file_is_read_once() {
        let before = scan::READINGS.get();
        assert!(parse(include_bytes!("../../tests/config/good/whole.json")).is_ok());
        assert_eq!(scan::READINGS.get() - before, 1);
    }
}
