//! What only ethtool knows of an interface (include/uapi/linux/ethtool.h).
use heapless::String;
use nix::libc;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use std::os::fd::AsRawFd;

const ETHTOOL_GSET: u32 = 0x0000_0001;
const ETHTOOL_GDRVINFO: u32 = 0x0000_0003;
/// `SPEED_UNKNOWN`, in 16 and in 32 bits.
const UNKNOWN: [u32; 2] = [0xffff, 0xffff_ffff];

/// `struct ethtool_drvinfo`.
#[repr(C)]
struct DriverInfo {
    command: u32,
    driver: [u8; 32],
    rest: [u8; 160],
}

/// `struct ethtool_cmd`.
#[repr(C)]
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
    rest: [u8; 10],
}

/// The kernel driver's name; empty where there is none.
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

/// Megabit a second, and whether both ways at once; `None` where the driver does not know
/// (Wi-Fi, no link).
pub fn speed(interface: &str) -> (Option<u32>, Option<bool>) {
    // SAFETY: numbers only; zero is a value of each.
    let mut settings: Settings = unsafe { core::mem::zeroed() };
    settings.command = ETHTOOL_GSET;
    if !ask(interface, &mut settings) {
        return (None, None);
    }
    let speed = u32::from(settings.speed_hi) << 16 | u32::from(settings.speed);
    let speed = (speed != 0 && !UNKNOWN.contains(&speed)).then_some(speed);
    // DUPLEX_HALF and DUPLEX_FULL; 0xff is unknown.
    let full = (settings.duplex <= 1).then_some(settings.duplex == 1);
    (speed, full.filter(|_| speed.is_some()))
}

/// One `SIOCETHTOOL`. `T` is the structure of the command in its first field.
fn ask<T>(interface: &str, data: &mut T) -> bool {
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
    // SAFETY: the kernel writes at most the structure that the command names, which is
    // what `data` is; both live until the call returns.
    let done = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCETHTOOL as _, &mut request) };
    done == 0
}
