//! IPv6 of single interfaces: turned off, and given back also after a crash. What was off
//! before stays off.
use super::restore::{IPV6, Ledger};
use crate::engine::contract::event::Failure;
use crate::engine::observed::Index;
use crate::system::sysctl;

const DISABLE: &str = "disable_ipv6";

pub fn set(link: Index, name: &str, enabled: bool) -> Result<(), Failure> {
    let mut ledger = Ledger::of(link);
    if enabled {
        if ledger.has(IPV6) {
            sysctl::write("ipv6", name, DISABLE, "0")?;
            ledger.remove(IPV6);
            ledger.write()?;
        }
        return Ok(());
    }
    // A kernel without IPv6 has it off.
    let is_on = sysctl::read("ipv6", name, DISABLE)?;
    if is_on.as_deref() != Some("0") {
        return Ok(());
    }
    if !ledger.has(IPV6) {
        ledger.add(IPV6);
        ledger.write()?;
    }
    Ok(sysctl::write("ipv6", name, DISABLE, "1")?)
}
