//! /dev/rfkill: the radios' blocks by software and hardware (include/uapi/linux/rfkill.h).
use super::error::of;
use super::{Result, turn};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;

const DEVICE: &str = "/dev/rfkill";
/// Octets of `struct rfkill_event`; newer kernels add one where a read has room for it.
const EVENT_BYTES: usize = 8;
const RFKILL_OP_CHANGE: u8 = 2;
const RFKILL_TYPE_WLAN: u8 = 1;

/// The open device.
#[derive(Debug)]
pub struct Rfkill(File);

impl Rfkill {
    /// Opens the device. The kernel first sends an event for every radio that there is. ENOENT: the
    /// kernel has no rfkill; EACCES without root's rights.
    pub fn open() -> Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        options.custom_flags(nix::libc::O_NONBLOCK | nix::libc::O_CLOEXEC);
        options.open(DEVICE).map(Rfkill).map_err(of("open"))
    }

    /// Calls `each` with the events that have come, as octets, up to [`TURN`](turn::TURN); `true`:
    /// there is nothing left.
    pub fn take_in(&self, each: &mut dyn FnMut(&[u8])) -> Result<bool> {
        turn::read(self.as_fd(), &mut [0; EVENT_BYTES], each)
    }

    /// Ends the software block of the radio with this rfkill index.
    pub fn unblock(&mut self, number: u32) -> Result<()> {
        let [a, b, c, d] = number.to_ne_bytes();
        let event = [a, b, c, d, RFKILL_TYPE_WLAN, RFKILL_OP_CHANGE, 0, 0];
        self.0.write_all(&event).map_err(of("write"))
    }
}

impl AsFd for Rfkill {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
impl From<std::os::fd::OwnedFd> for Rfkill {
    fn from(fd: std::os::fd::OwnedFd) -> Self {
        Rfkill(fd.into())
    }
}

/// The rfkill index of an interface's radio, from sysfs; `None`: it has none, or is not Wi-Fi.
pub fn of_interface(interface: &str) -> Option<u32> {
    let mut number = None;
    let place = format!("/sys/class/net/{interface}/phy80211");
    super::files::list(&place, &mut |name| {
        number = number.or(name.strip_prefix("rfkill").and_then(|n| n.parse().ok()));
    })
    .ok()?;
    number
}

#[cfg(test)]
mod tests {
    use super::super::testing::taken;
    use super::*;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixDatagram;

    /// A device that keeps what is written, as one event each, as the kernel does.
    #[test]
    fn events_are_read_one_by_one_and_a_switch_is_unblocked() {
        let (ours, theirs) = UnixDatagram::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let mut rfkill = Rfkill(File::from(OwnedFd::from(ours)));
        assert!(taken(|each| rfkill.take_in(each)).is_empty());
        theirs.send(&[1, 0, 0, 0, 1, 0, 1, 0]).unwrap();
        theirs.send(&[2, 0, 0, 0, 1, 0, 0, 1]).unwrap();
        let events = [[1, 0, 0, 0, 1, 0, 1, 0], [2, 0, 0, 0, 1, 0, 0, 1]];
        assert_eq!(taken(|each| rfkill.take_in(each)), events);
        rfkill.unblock(0x0201).unwrap();
        let mut event = [0; 16];
        assert_eq!(theirs.recv(&mut event).unwrap(), EVENT_BYTES);
        let [a, b, c, d] = 0x0201_u32.to_ne_bytes();
        assert_eq!(
            event[..8],
            [a, b, c, d, RFKILL_TYPE_WLAN, RFKILL_OP_CHANGE, 0, 0]
        );
    }

    #[test]
    fn a_wire_has_no_switch() {
        assert_eq!(of_interface("lo"), None);
    }
}
