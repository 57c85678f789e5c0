//! Bytes ↔ meaning. No I/O.
pub mod control;
pub mod wpa;
