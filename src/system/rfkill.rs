//! /dev/rfkill: the switches of the radios (include/uapi/linux/rfkill.h).
use super::Result;
use super::error::of;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;

const DEVICE: &str = "/dev/rfkill";
/// `struct rfkill_event`; newer kernels add a byte to those who ask for more.
pub const EVENT_BYTES: usize = 8;
const OP_CHANGE: u8 = 2;
const TYPE_WLAN: u8 = 1;

#[derive(Debug)]
pub struct Rfkill(File);

impl Rfkill {
    /// The kernel first tells all switches that there are.
    pub fn open() -> Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        options.custom_flags(nix::libc::O_NONBLOCK | nix::libc::O_CLOEXEC);
        options.open(DEVICE).map(Rfkill).map_err(of("open"))
    }

    /// The next event as it comes; `None`: no more for now.
    pub fn read(&mut self) -> Result<Option<[u8; EVENT_BYTES]>> {
        let mut event = [0; EVENT_BYTES];
        match self.0.read(&mut event) {
            Ok(EVENT_BYTES) => Ok(Some(event)),
            Ok(_) => Ok(None),
            Err(e) if e.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(e) => Err(of("read")(e)),
        }
    }

    /// Ends the block by software of one switch.
    pub fn unblock(&mut self, number: u32) -> Result<()> {
        let [a, b, c, d] = number.to_ne_bytes();
        let event = [a, b, c, d, TYPE_WLAN, OP_CHANGE, 0, 0];
        self.0.write_all(&event).map_err(of("write"))
    }
}

impl AsFd for Rfkill {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The number of the switch of an interface's radio, as sysfs has it.
pub fn of_interface(interface: &str) -> Option<u32> {
    let mut number = None;
    let place = format!("/sys/class/net/{interface}/phy80211");
    super::files::list(&place, &mut |name| {
        number = number.or(name.strip_prefix("rfkill").and_then(|n| n.parse().ok()));
    })
    .ok()?;
    number
}
