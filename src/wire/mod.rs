//! Bytes ↔ meaning. No I/O.
pub mod arp;
pub mod control;
pub mod dhcp4;
pub mod dhcp6;
mod names;
pub mod router;
pub mod udp4;
pub mod wpa;
