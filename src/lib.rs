//! wifibond keeps a Raspberry Pi appliance on the network through two USB Wi-Fi
//! adapters and a cable.
//!
//! Source layout; each module may name only what stands below it (`tests/check-layers.py`):
//!
//! - [`commands`]: the command line, one thin file a command, and what runs beside the daemon.
//! - [`daemon`]: the only loop: wait, read, hand events to the engine, perform its actions; a
//!   folder a resource: sockets, processes, the kernel, files, the control socket.
//! - [`kernel`]: rtnetlink, nl80211 and rfkill messages ↔ the engine's types, and the kernel's own messages.
//! - [`engine`]: the decisions. Pure: events in, actions out, time as a parameter.
//! - [`wire`]: bytes ↔ meaning: DHCPv4, DHCPv6, ARP, router options, wpa_supplicant's control
//!   protocol and our own.
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
