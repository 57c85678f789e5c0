//! IPv6 of one interface, on or off.
use super::Result;
use super::error::of;

/// A kernel without IPv6 is fine.
pub fn set_disabled(interface: &str, disabled: bool) -> Result<()> {
    let path = format!("/proc/sys/net/ipv6/conf/{interface}/disable_ipv6");
    match std::fs::write(path, if disabled { "1" } else { "0" }) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other.map_err(of("write disable_ipv6")),
    }
}
