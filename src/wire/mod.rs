//! Bytes ↔ meaning. No I/O.
pub mod arp;
pub mod control;
pub mod dhcp4;
pub mod udp4;
pub mod wpa;
