//! IPv6 of single interfaces: turned off, and given back also after a crash.
//!
//! An empty file `ipv6-off.INDEX` in the run directory says that it was us: what was
//! off before we came stays off.
use super::{failure, marks};
use crate::engine::Engine;
use crate::engine::event::{Event, Failure};
use crate::engine::observed::Index;
use crate::system::{clock, files, sysctl};

const OFF: &str = "ipv6-off.";
const DISABLE: &str = "disable_ipv6";

pub fn set(link: Index, name: &str, enabled: bool) -> Result<(), Failure> {
    let told = |e: crate::system::Error| failure(e.errno, &e);
    let mark = marks::path(OFF, link);
    if enabled {
        if files::exists(&mark) {
            sysctl::write("ipv6", name, DISABLE, "0").map_err(told)?;
            files::remove(&mark).map_err(told)?;
        }
        return Ok(());
    }
    // A kernel without IPv6 has it off.
    let is_on = sysctl::read("ipv6", name, DISABLE).map_err(told)?;
    if is_on.as_deref() != Some("0") {
        return Ok(());
    }
    // First the mark: a crash in between must not leave it off for ever.
    files::write_atomic(&mark, b"", 0o600).map_err(told)?;
    sysctl::write("ipv6", name, DISABLE, "1").map_err(told)
}

/// Tells the engine what an earlier daemon turned off. Before the links are read: they
/// are kept for it.
pub fn left_off(engine: &mut Engine) {
    marks::each(OFF, &mut |link| {
        engine.handle(clock::boot_ms(), Event::Ipv6Off(link));
    });
}

pub fn clean(engine: &Engine) {
    marks::clean(OFF, engine);
}
