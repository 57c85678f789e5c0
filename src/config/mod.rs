//! Bytes → JSON → a [`Config`] that cannot be wrong.
//!
//! Files and limits, never the network: this module reads nothing by itself and
//! asks the machine nothing. Whoever holds a [`Config`] may rely on every field
//! note in [`types`].
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

pub use checked::value::dns_name;
pub use types::*;

/// Reads, checks and fills in the defaults; the first thing wrong is the error.
///
/// The way of a file: bytes → [`decode`] → `shape` (is it JSON, and the grammar's?) →
/// `document` (`serde-json-core` reads it) → `checked` (do the values make sense?).
///
/// The box has some 4 KB; the lists of networks, links and bridges are beside it.
pub fn parse(bytes: &[u8]) -> Result<Box<Config>, ConfigError> {
    let text = decode(bytes)?;
    let values = shape::check(&text)?;
    let document = document::Document::read(&text, values)?;
    let mut config = Box::new(checked::nothing_said());
    checked::file(&document, &mut config)?;
    Ok(config)
}

/// What the box goes by where no file has ever worked: DHCP on every cable, no bond.
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
