//! All that passes the engine's border: events in, actions out. It imports nothing of the
//! features on either side.
pub mod action;
pub mod content;
pub mod describe;
pub mod event;
pub mod names;
pub mod packet;
mod repair;
mod request;
mod rtnetlink;
pub mod settings;
pub mod socket;
mod store;
mod supplicant;
