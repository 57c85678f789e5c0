//! What the kernel tells of an interface by ethtool's ioctl alone (include/uapi/linux/ethtool.h).
use core::mem::{offset_of, size_of};
use heapless::String;
use nix::libc;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use std::os::fd::AsRawFd;

const ETHTOOL_GSET: u32 = 0x0000_0001;
const ETHTOOL_GDRVINFO: u32 = 0x0000_0003;
/// `SPEED_UNKNOWN`, in 16 and in 32 bits.
const SPEED_UNKNOWN: [u32; 2] = [0xffff, 0xffff_ffff];
const DUPLEX_HALF: u8 = 0;
const DUPLEX_FULL: u8 = 1;

/// A structure that `SIOCETHTOOL` takes.
///
/// # Safety
///
/// Its first field is the command's number, and it is as large as the kernel's structure for
/// that command: the kernel copies all of that in, and all of it out again.
unsafe trait Command {}

/// `struct ethtool_drvinfo`.
#[repr(C)]
struct DriverInfo {
    command: u32,
    driver: [u8; 32],
    rest: [u8; 160],
}
const _: () = assert!(size_of::<DriverInfo>() == 196);
// SAFETY: the number comes first, and the size is the kernel's, as asserted above.
unsafe impl Command for DriverInfo {}

/// `struct ethtool_cmd`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Settings {
    command: u32,
    supported: u32,
    advertising: u32,
    speed: u16,
    duplex: u8,
    port: u8,
    phy_address: u8,
    transceiver: u8,
    autoneg: u8,
    mdio_support: u8,
    maxtxpkt: u32,
    maxrxpkt: u32,
    speed_hi: u16,
    /// eth_tp_mdix, eth_tp_mdix_ctrl, lp_advertising and eight octets in reserve.
    rest: [u8; 14],
}
const _: () = assert!(size_of::<Settings>() == 44);
const _: () = assert!(offset_of!(Settings, speed_hi) == 28);
// SAFETY: the number comes first, and the size is the kernel's, as asserted above.
unsafe impl Command for Settings {}

/// The kernel driver's name; empty where the interface is gone or the driver gives none.
pub fn driver(interface: &str) -> String<31> {
    let mut info = DriverInfo {
        command: ETHTOOL_GDRVINFO,
        driver: [0; 32],
        rest: [0; 160],
    };
    if !ask(interface, &mut info) {
        return String::new();
    }
    let name = info.driver.split(|byte| *byte == 0).next().unwrap_or(&[]);
    let name = core::str::from_utf8(name).unwrap_or("");
    String::try_from(name).unwrap_or_default()
}

/// Speed in Mbit/s, and whether the link is full duplex; `None` where the driver reports none
/// (Wi-Fi, no link).
pub fn speed(interface: &str) -> (Option<u32>, Option<bool>) {
    let mut settings = Settings {
        command: ETHTOOL_GSET,
        ..Settings::default()
    };
    if !ask(interface, &mut settings) {
        return (None, None);
    }
    settings.meaning()
}

impl Settings {
    /// As [`speed`].
    fn meaning(&self) -> (Option<u32>, Option<bool>) {
        let speed = u32::from(self.speed_hi) << 16 | u32::from(self.speed);
        let speed = (speed != 0 && !SPEED_UNKNOWN.contains(&speed)).then_some(speed);
        let full = match self.duplex {
            DUPLEX_HALF => Some(false),
            DUPLEX_FULL => Some(true),
            _ => None,
        };
        (speed, full.filter(|_| speed.is_some()))
    }
}

// `struct ifreq` (include/uapi/linux/if.h): a name, and a union as large as `struct ifmap`.
const _: () = assert!(size_of::<libc::ifreq>() == 16 + 2 * size_of::<libc::c_ulong>() + 8);

/// One `SIOCETHTOOL`; whether the driver answered.
fn ask<T: Command>(interface: &str, data: &mut T) -> bool {
    let kind = (
        AddressFamily::Inet,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
    );
    let Ok(socket) = socket(kind.0, kind.1, kind.2, None) else {
        return false;
    };
    // SAFETY: plain numbers and pointers; zero is a value of each.
    let mut request: libc::ifreq = unsafe { core::mem::zeroed() };
    if interface.len() >= request.ifr_name.len() {
        return false;
    }
    for (to, from) in request.ifr_name.iter_mut().zip(interface.bytes()) {
        *to = from as libc::c_char;
    }
    request.ifr_ifru.ifru_data = core::ptr::from_mut(data).cast();
    // SAFETY: the kernel reads and writes the structure that the command names, and a
    // `Command` is that large; both live until the call returns.
    let done = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCETHTOOL as _, &mut request) };
    done == 0
}

#[cfg(test)]
mod tests {
    use super::super::testing::{in_a_network, make};
    use super::*;

    fn settings(speed: u16, speed_hi: u16, duplex: u8) -> Settings {
        Settings {
            speed,
            speed_hi,
            duplex,
            ..Settings::default()
        }
    }

    #[test]
    fn the_speed_has_two_halves() {
        assert_eq!(settings(1000, 0, 1).meaning(), (Some(1000), Some(true)));
        assert_eq!(settings(10, 0, 0).meaning(), (Some(10), Some(false)));
        let fast = settings(0x1a80, 0x0006, 1).meaning();
        assert_eq!(fast, (Some(400_000), Some(true)));
    }

    #[test]
    fn an_unknown_speed_is_none() {
        for (low, high) in [(0, 0), (0xffff, 0), (0xffff, 0xffff)] {
            assert_eq!(settings(low, high, 1).meaning(), (None, None));
        }
        assert_eq!(settings(100, 0, 0xff).meaning(), (Some(100), None));
    }

    /// A structure with octets behind it that the kernel must not write.
    #[repr(C)]
    struct Guarded<T> {
        command: T,
        guard: [u8; 64],
    }
    // SAFETY: its first field is a command, and it is larger than the kernel's structure.
    unsafe impl<T: Command> Command for Guarded<T> {}

    /// Whether the driver answered.
    fn is_within<T: Command>(interface: &str, command: T) -> bool {
        let mut data = Guarded {
            command,
            guard: [0xa5; 64],
        };
        let answered = ask(interface, &mut data);
        assert_eq!(data.guard, [0xa5; 64], "{interface}");
        answered
    }

    /// Whether the driver answered both.
    fn both_are_within(interface: &str) -> bool {
        let settings = Settings {
            command: ETHTOOL_GSET,
            ..Settings::default()
        };
        let info = DriverInfo {
            command: ETHTOOL_GDRVINFO,
            driver: [0; 32],
            rest: [0; 160],
        };
        is_within(interface, settings) & is_within(interface, info)
    }

    #[test]
    fn the_kernel_writes_no_further() {
        let interfaces = std::fs::read_dir("/sys/class/net").expect("interfaces");
        for interface in interfaces.flatten() {
            let name = interface.file_name().into_string().expect("a name");
            both_are_within(&name);
        }
        in_a_network(|| {
            make("one", "veth");
            assert!(both_are_within("one"));
        });
    }

    #[test]
    fn a_veth_tells_its_driver_and_speed() {
        in_a_network(|| {
            make("one", "veth");
            assert_eq!(driver("one"), "veth");
            assert_eq!(speed("one"), (Some(10_000), Some(true)));
            assert_eq!(speed("lo"), (None, None));
        });
    }

    #[test]
    fn an_interface_that_is_not_there_has_neither() {
        assert_eq!(driver("wifibond-none"), "");
        assert_eq!(speed("wifibond-none"), (None, None));
        assert_eq!(speed("a-name-longer-than-any"), (None, None));
    }
}
