//! Bytes → JSON → a [`Config`] that cannot be wrong.
//!
//! Files and limits, never the network: this module reads nothing by itself and
//! asks the machine nothing. Whoever holds a [`Config`] may rely on every field
//! note in [`types`].
pub mod types;

pub use types::*;
