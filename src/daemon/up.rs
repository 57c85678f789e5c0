//! Links that were up before they became members: an empty file `up.INDEX` each, for the
//! daemon that comes after a crash.
use super::{failure, marks};
use crate::engine::Engine;
use crate::engine::event::{Event, Failure};
use crate::engine::observed::Index;
use crate::system::{clock, files};

const UP: &str = "up.";

pub fn note(link: Index, was_up: bool) -> Result<(), Failure> {
    let mark = marks::path(UP, link);
    let done = match was_up {
        true => files::write_atomic(&mark, b"", 0o600),
        false => files::remove(&mark),
    };
    done.map_err(|e| failure(e.errno, &e))
}

/// Before the links are read: they are kept for it.
pub fn left_over(engine: &mut Engine) {
    marks::each(UP, &mut |link| {
        engine.handle(clock::boot_ms(), Event::WasUp(link));
    });
}

pub fn clean(engine: &Engine) {
    marks::clean(UP, engine);
}
