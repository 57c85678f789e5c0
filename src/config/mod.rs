//! Bytes → JSON → a [`Config`] that cannot be wrong.
//!
//! Files and limits, never the network: this module reads no file itself and does not query the
//! machine. A [`Config`] fulfils the notes of all its fields in [`types`].
#![warn(missing_docs)]

mod bounded;
mod checked;
pub mod choice;
pub mod countries;
mod decode;
mod difference;
mod document;
mod error;
mod excerpt;
pub mod grammar;
mod notice;
pub mod path;
mod place;
pub mod preseed;
mod reader;
mod report;
mod scan;
mod shape;
mod suggest;
mod syntax;
pub mod types;

pub use bounded::Bounded;
pub use decode::{MAX_FILE, decode};
pub use difference::difference;
pub use error::{ConfigError, ConfigErrors, MAX_ERRORS};
pub use notice::each_eap;
pub use report::{InForce, list, report};
pub use suggest::distance;

pub use checked::value::{dns_name, hex_octets, hex_ssid, mac};
pub use types::*;

/// A good file.
pub struct Good {
    /// What it asks for.
    pub config: Box<Config>,
    /// What is allowed in it, and unwise or of no effect.
    pub notices: ConfigErrors,
}

/// [`read`], without the notices.
pub fn parse(bytes: &[u8]) -> Result<Box<Config>, ConfigErrors> {
    read(bytes).map(|good| good.config)
}

/// Reads, checks and fills in the defaults; or finds all errors.
///
/// The steps: bytes → [`decode`] → `reader` (is it JSON, and does the grammar have it?) →
/// `checked` (values, and rules between them).
///
/// The box has some 4 KiB; the lists of networks, links and bridges are allocated beside it.
pub fn read(bytes: &[u8]) -> Result<Good, ConfigErrors> {
    read_as(bytes, false)
}

/// [`parse`] of a file that worked once. A rule that came later with a new version of this
/// program, and that harms nobody who breaks it, does not count: the box would be offline.
pub fn parse_kept(bytes: &[u8]) -> Result<Box<Config>, ConfigErrors> {
    read_as(bytes, true).map(|good| good.config)
}

fn read_as(bytes: &[u8], kept: bool) -> Result<Good, ConfigErrors> {
    let text = decode(bytes)?;
    let document = reader::read(&text, kept);
    let mut config = Box::new(checked::defaults());
    checked::file(&document, &mut config);
    let found = document.findings(&text);
    match found.errors.is_empty() {
        true => Ok(Good {
            config,
            notices: found.notices,
        }),
        false => Err(found.errors),
    }
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
