//! The processes that the daemon starts.
pub mod repair;
pub mod supplicants;
