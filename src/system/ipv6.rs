//! IPv6 of one interface, on or off.
use super::Result;

/// A kernel without IPv6 is fine.
pub fn set_disabled(interface: &str, disabled: bool) -> Result<()> {
    todo!()
}
