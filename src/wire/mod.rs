//! Bytes ↔ meaning. No I/O.
pub mod wpa;
