//! Bytes → JSON → a [`Config`] that cannot be wrong.
//!
//! Files and limits, never the network: this module reads nothing by itself and
//! asks the machine nothing. Whoever holds a [`Config`] may rely on every field
//! note in [`types`].
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
