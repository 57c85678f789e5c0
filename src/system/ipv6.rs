//! IPv6 of one interface, on or off.
use super::Result;
use super::error::of;
use std::io::ErrorKind;

fn path(interface: &str) -> String {
    format!("/proc/sys/net/ipv6/conf/{interface}/disable_ipv6")
}

/// A kernel without IPv6 is fine.
pub fn set_disabled(interface: &str, disabled: bool) -> Result<()> {
    match std::fs::write(path(interface), if disabled { "1" } else { "0" }) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        other => other.map_err(of("write disable_ipv6")),
    }
}

/// A kernel without IPv6 has it off.
pub fn is_disabled(interface: &str) -> Result<bool> {
    match std::fs::read(path(interface)) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(true),
        Ok(text) => Ok(text.first() != Some(&b'0')),
        Err(e) => Err(of("read disable_ipv6")(e)),
    }
}
