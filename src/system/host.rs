//! The machine: its boot, its names, its init system.
use super::error::of;
use super::{Error, Result};
use heapless::String;

/// The kernel's identifier of this boot, a UUID (random(4)); empty if it cannot be read.
pub fn boot_id() -> std::string::String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    id.map(|id| id.trim().into()).unwrap_or_default()
}

/// Whether the effective user is root.
pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Runs `systemctl` and waits for it; its output goes to this process's. EIO: it failed.
pub fn systemctl(words: &[&str]) -> Result<()> {
    let status = std::process::Command::new("systemctl")
        .args(words)
        .status()
        .map_err(of("systemctl"))?;
    match status.success() {
        true => Ok(()),
        false => Err(Error {
            call: "systemctl",
            errno: nix::libc::EIO,
        }),
    }
}

/// The kernel's host name; empty while none is set ("(none)", "localhost") or it is too long.
pub fn name() -> String<63> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    match name {
        "(none)" | "localhost" => String::new(),
        name => String::try_from(name).unwrap_or_default(),
    }
}

/// The board's serial number, which the Raspberry Pi's firmware puts into the device tree: its
/// letters and digits, 32 at most; empty on boards without.
pub fn board_serial() -> std::string::String {
    let text = std::fs::read("/proc/device-tree/serial-number").unwrap_or_default();
    let text = text.split(|byte| *byte == 0).next().unwrap_or(&[]);
    let text = core::str::from_utf8(text).unwrap_or("");
    text.chars()
        .filter(char::is_ascii_alphanumeric)
        .take(32)
        .collect()
}
