//! Files: the configuration and the report beside it, leases, and what other programs read.
mod card;
pub mod config_file;
mod kept;
pub mod learned;
pub mod leases;
pub mod led;
pub mod reboot;
pub mod report;
pub mod resolv;
pub mod source;
pub mod staging;

pub use card::take_trouble;
