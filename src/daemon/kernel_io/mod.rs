//! The kernel: requests, carried out by a process beside the loop, its notifications, and the
//! ledger of what was changed and is given back.
pub mod exchange;
mod groups;
mod ipv6;
mod link_files;
pub mod machine;
pub mod messages;
mod nl80211;
pub mod notes;
pub mod restore;
pub mod rfkill;
mod sysctls;
pub mod worker;
