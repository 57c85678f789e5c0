//! The only place with system calls and `unsafe`. It does not know bonds, leases or netlink's
//! contents: plain bytes, numbers and paths in and out.
//!
//! Every call that fails returns an [`Error`]: which call, and the kernel's error number.
//! Descriptors are closed on exec.
#![warn(missing_docs)]

pub mod child_call;
pub mod children;
pub mod clock;
pub mod core_dump;
mod error;
pub mod ethtool;
pub mod files;
pub mod helper;
pub mod host;
pub mod inet6;
pub mod kernel_log;
pub mod local_time;
pub mod log;
pub mod neighbour;
pub mod netlink;
pub mod notify;
pub mod packet;
pub mod poll;
pub mod rfkill;
pub mod signals;
pub mod sysctl;
pub mod terminal;
#[cfg(test)]
pub mod testing;
pub mod turn;
pub mod udev;
pub mod unix;
#[cfg(all(target_arch = "aarch64", target_env = "musl", panic = "abort"))]
mod unwind;
pub mod usb;
pub mod watch;

pub use error::{Error, Result};
