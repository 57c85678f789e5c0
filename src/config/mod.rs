//! Bytes → JSON → a [`Config`] that cannot be wrong.
//!
//! Files and limits, never the network: this module reads nothing by itself and
//! asks the machine nothing. Whoever holds a [`Config`] may rely on every field
//! note in [`types`].
mod checked;
mod decode;
mod error;
mod grammar;
mod place;
mod scan;
mod shape;
mod suggest;
mod syntax;
pub mod types;

pub use decode::{MAX_FILE, decode};
pub use error::ConfigError;

pub use types::*;

/// Reads, checks and fills in the defaults; the first thing wrong is the error.
///
/// The way of a file: bytes → [`decode`] → `shape` (is it JSON, and the grammar's?) →
/// `serde-json-core` into the raw structs → `checked` (do the values make sense?).
pub fn parse(bytes: &[u8]) -> Result<Config, ConfigError> {
    let text = decode(bytes)?;
    let source = place::Source { text: &text };
    shape::check(source)?;
    let raw = raw(source)?;
    let mut config = checked::nothing_said();
    checked::file(source, &raw, &mut config)?;
    Ok(config)
}

fn raw<'t>(source: place::Source<'t>) -> Result<grammar::RawFile<'t>, ConfigError> {
    match serde_json_core::from_str(source.text) {
        Ok((raw, _)) => Ok(raw),
        // `shape` lets nothing through that ends here; the fuzzer holds us to it.
        Err(_) => Err(source.plain(
            &place::At::ROOT,
            UNREADABLE,
            "please report this file as a bug",
        )),
    }
}

/// What is said of a file that the checks let through and the reader does not take.
pub const UNREADABLE: &str = "the file passes all checks and still cannot be read";
