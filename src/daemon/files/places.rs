//! Where networks were joined before; see [`crate::engine::places`] for the file.
use super::card::{self, Job};
use crate::daemon::STATE_DIR;
use crate::daemon::engine::Tell;
use crate::engine::contract::event::Event;
use crate::engine::places::FILE_BYTES;
use crate::system::files;

const FILE: &str = "places";

/// Reports the file, if there is one that can be read.
pub fn load(tell: &mut Tell<'_>) {
    let path = format!("{STATE_DIR}/{FILE}");
    if !files::exists(&path) {
        return;
    }
    match files::read_own(STATE_DIR, FILE, FILE_BYTES) {
        Ok(bytes) => match core::str::from_utf8(&bytes) {
            Ok(text) => tell(Event::PlacesFound { text }),
            Err(_) => log::warn!("{path}: is no text; passed over"),
        },
        Err(e) => log::warn!("{path}: {e}; passed over"),
    }
}

/// Has it written. What cannot be written is logged: networks are found without it, later.
pub fn store(bytes: &[u8]) {
    card::add(Job::Write {
        path: format!("{STATE_DIR}/{FILE}"),
        bytes: bytes.to_vec(),
    });
}
