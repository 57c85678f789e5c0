//! What is noted of a link for the next start: a file each in the run directory.
use super::link_files;
use crate::daemon::engine::Tell;
use crate::engine::Engine;
use crate::engine::contract::action::Note;
use crate::engine::contract::event::{Event, Failure};
use crate::engine::observed::Index;
use crate::system::files;

/// Longer files are not ours.
const MAX_BYTES: usize = 8;

/// Writes the file, or removes it.
pub fn write(link: Index, note: Note) -> Result<(), Failure> {
    let path = link_files::path(note.file(), link);
    let done = match note.text() {
        None => files::remove(&path),
        Some(text) => files::write_atomic(&path, text.as_bytes(), 0o600),
    };
    done.map_err(Failure::from)
}

/// Reports the files of an earlier run. To be called before the links are read: a link that does
/// not concern us is kept for it.
pub fn left_over(tell: &mut Tell<'_>) {
    for file in Note::FILES {
        link_files::each(file, &mut |link| {
            let bytes = files::read(&link_files::path(file, link), MAX_BYTES).unwrap_or_default();
            let text = core::str::from_utf8(&bytes).unwrap_or_default();
            if let Some(note) = Note::parse(file, text) {
                tell(Event::Noted { link, note });
            }
        });
    }
}

/// Removes the files of links that are gone.
pub fn clean(engine: &Engine) {
    for file in Note::FILES {
        link_files::clean(file, engine);
    }
}
