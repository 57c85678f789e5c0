//! IPv6 of single interfaces: turned off, and given back also after a crash.
//!
//! An empty file `ipv6-off.INDEX` in the run directory says that it was us: what was
//! off before we came stays off.
use super::{RUN_DIR, failure};
use crate::engine::Engine;
use crate::engine::event::{Event, Failure};
use crate::engine::observed::Index;
use crate::system::{self, clock, files, ipv6};

const PREFIX: &str = "ipv6-off.";

fn mark(link: Index) -> String {
    format!("{RUN_DIR}/{PREFIX}{link}")
}

fn told(e: system::Error) -> Failure {
    failure(e.errno, &e)
}

pub fn set(link: Index, name: &str, enabled: bool) -> Result<(), Failure> {
    let mark = mark(link);
    if enabled {
        if files::exists(&mark) {
            ipv6::set_disabled(name, false).map_err(told)?;
            files::remove(&mark).map_err(told)?;
        }
        return Ok(());
    }
    if ipv6::is_disabled(name).map_err(told)? {
        return Ok(());
    }
    // First the mark: a crash in between must not leave it off for ever.
    files::write_atomic(&mark, b"", 0o600).map_err(told)?;
    ipv6::set_disabled(name, true).map_err(told)
}

/// Tells the engine what a daemon before us turned off. Before the links are read: they
/// are kept for it.
pub fn left_off(engine: &mut Engine) {
    each_mark(&mut |link| engine.handle(clock::boot_ms(), Event::Ipv6Off(link)));
}

/// Removes the marks of links that are gone. After the links were read.
pub fn clean(engine: &Engine) {
    each_mark(&mut |link| {
        if engine.observed().link(link).is_none()
            && let Err(e) = files::remove(&mark(link))
        {
            log::debug!("{}: {e}", mark(link));
        }
    });
}

fn each_mark(each: &mut dyn FnMut(Index)) {
    let listed = files::list(RUN_DIR, &mut |file| {
        if let Some(link) = file.strip_prefix(PREFIX).and_then(|n| n.parse().ok()) {
            each(link);
        }
    });
    if let Err(e) = listed {
        log::warn!("{RUN_DIR}: {e}");
    }
}
