//! What was learned of networks, for the next boot: where they were joined ([`places`]), and the keys
//! that were derived ([`keys`]).
use super::card::{self, Job};
use crate::daemon::engine::Tell;
use crate::daemon::{STATE_DIR, time};
use crate::engine::contract::event::Event;
use crate::engine::{keys, places};
use crate::system::files;

/// A file: its name, and the octets of the longest.
pub type Learned = (&'static str, usize);
/// Where networks were joined.
pub const PLACES: Learned = ("places", places::FILE_BYTES);
/// Their keys.
pub const KEYS: Learned = ("keys", keys::FILE_BYTES);

/// Reports the files that are there and can be read.
pub fn load(tell: &mut Tell<'_>) {
    tell(Event::Today(time::today()));
    read(PLACES, &mut |text| tell(Event::PlacesFound { text }));
    read(KEYS, &mut |text| tell(Event::KeysFound { text }));
}

fn read((file, most): Learned, give: &mut dyn FnMut(&str)) {
    let path = format!("{STATE_DIR}/{file}");
    if !files::exists(&path) {
        return;
    }
    match files::read_own(STATE_DIR, file, most) {
        Ok(bytes) => match core::str::from_utf8(&bytes) {
            Ok(text) => give(text),
            Err(_) => log::warn!("{path}: is no text; passed over"),
        },
        Err(e) => log::warn!("{path}: {e}; passed over"),
    }
}

/// Has one written, with mode 0600. What cannot be written is logged: a network is joined without it,
/// later.
pub fn store((file, _): Learned, bytes: &[u8]) {
    card::add(Job::Write {
        path: format!("{STATE_DIR}/{file}"),
        bytes: bytes.to_vec(),
    });
}
