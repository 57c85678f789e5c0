//! wifibond keeps a Raspberry Pi appliance on the network through two USB Wi-Fi
//! adapters and a cable.
//!
//! The house, from the door inwards; each may name only what stands below it:
//!
//! - [`commands`]: the command line, one thin file a command.
//! - [`daemon`]: the only loop: wait, read, tell the engine, do what it asks.
//! - [`engine`]: the thinking. Pure: events in, actions out, time as a parameter.
//! - [`kernel`]: rtnetlink and nl80211 bytes ↔ the engine's types.
//! - [`wire`]: wpa_supplicant's control protocol, and our own.
//! - [`config`]: bytes → JSON → a configuration that cannot be wrong.
//! - [`system`]: system calls and `unsafe`, for the daemon and the commands alone.
#![deny(unsafe_code)]

pub mod commands;
pub mod config;
pub mod daemon;
pub mod engine;
pub mod kernel;
#[allow(unsafe_code)]
pub mod system;
pub mod wire;
