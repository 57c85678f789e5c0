//! Adapters whose driver did not answer in time: a file `slow.INDEX` each, with how often, for
//! the start after the one that it may have cost.
use super::{failure, link_files};
use crate::engine::Engine;
use crate::engine::contract::event::{Event, Failure};
use crate::engine::observed::Index;
use crate::system::{clock, files};

const SLOW: &str = "slow.";

pub fn note(link: Index, times: u8) -> Result<(), Failure> {
    let mark = link_files::path(SLOW, link);
    let done = match times {
        0 => files::remove(&mark),
        _ => files::write_atomic(&mark, times.to_string().as_bytes(), 0o600),
    };
    done.map_err(|e| failure(e.errno, &e))
}

/// Before the links are read: they are kept for it.
pub fn left_over(engine: &mut Engine) {
    link_files::each(SLOW, &mut |link| {
        let mark = files::read(&link_files::path(SLOW, link), 8).unwrap_or_default();
        let times = core::str::from_utf8(&mark).ok();
        let times = times.and_then(|text| text.trim().parse().ok()).unwrap_or(1);
        engine.handle(clock::boot_ms(), Event::WasSlow { link, times });
    });
}

pub fn clean(engine: &Engine) {
    link_files::clean(SLOW, engine);
}
