//! All that passes the engine's border: events in, actions out. It imports nothing of the
//! features on either side.
pub mod action;
pub mod describe;
pub mod event;
pub mod settings;
