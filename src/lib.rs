//! wifibond keeps a Raspberry Pi appliance on the network through two USB Wi-Fi
//! adapters and a cable.
pub mod commands;
pub mod config;
pub mod daemon;
pub mod engine;
pub mod kernel;
#[allow(unsafe_code)]
pub mod system;
pub mod wire;
