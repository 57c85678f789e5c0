//! Copies of configuration files: what the box can go back to. They hold secrets, as the file does:
//! 0600.
use super::card::{self, Job};
use crate::config::{self, Config};
use crate::daemon::STATE_DIR;
use crate::engine::time::Seconds;
use crate::system::files;

/// The last file that was online.
const LAST_GOOD: &str = "/var/lib/wifibond/last-good.json";
/// The file in force, unless it is the last good one.
const CANDIDATE: &str = "/run/wifibond/candidate.json";
/// The file that is put in force again where the one in force does not work.
const BEFORE: &str = "/run/wifibond/before.json";
/// The file that did not work, while the one before is in force.
const ASIDE: &str = "/run/wifibond/set-aside.json";
/// Why, in one line.
const REASON: &str = "/run/wifibond/set-aside.txt";

fn read(path: &str) -> Option<Vec<u8>> {
    files::read(path, config::MAX_FILE + 1).ok()
}

fn write(path: &str, bytes: &[u8], lost: &str) -> bool {
    match files::write_in_memory(path, bytes, 0o600) {
        Ok(()) => true,
        Err(e) => {
            log::warn!("{path}: {e}; {lost}");
            // An older one there is another file.
            remove(path);
            false
        }
    }
}

fn remove(path: &str) {
    if let Err(e) = files::remove(path) {
        log::warn!("{path}: {e}");
    }
}

fn parse(bytes: &[u8]) -> Option<Box<Config>> {
    config::parse_kept(bytes).ok()
}

/// The last file that was online; `None`: there was none.
pub fn last_good() -> Option<Box<Config>> {
    parse(&read(LAST_GOOD)?)
}

/// When that was.
pub fn last_good_at() -> Option<Seconds> {
    files::modified(LAST_GOOD).map(Seconds)
}

/// Puts a file that is in force now where it can be kept from. `false`: it is the last good one
/// already, or cannot be kept.
pub fn propose(bytes: &[u8]) -> bool {
    if read(LAST_GOOD).is_some_and(|old| old == bytes) {
        remove(CANDIDATE);
        return false;
    }
    let lost = "this file could not be fallen back to";
    write(CANDIDATE, bytes, lost)
}

/// The last good one is in force, or none: what was before this start is not.
pub fn fell_back() {
    remove(CANDIDATE);
}

/// Keeps the file in force as the last good one, in case a later one is broken. Once for each
/// change: SD cards wear. The copy in memory stays: a card may take no writes, and the next file is
/// held against this one.
pub fn keep() {
    let candidate = files::read(CANDIDATE, config::MAX_FILE + 1).and_then(|bytes| {
        files::ensure_dir(STATE_DIR, 0o700)?;
        Ok(bytes)
    });
    let path = LAST_GOOD.into();
    match candidate {
        Ok(bytes) => card::add(Job::Write { path, bytes }),
        Err(e) => log::warn!("{LAST_GOOD}: {e}; this file could not be fallen back to"),
    }
}

/// A new file is about to be in force: what is gone back to where it does not work. `works`: the
/// one in force until now does; otherwise it is the last good one. `false`: there is no other.
pub fn keep_before(new: &[u8], works: bool) -> bool {
    let in_force = || read(CANDIDATE).or_else(|| read(LAST_GOOD));
    let before = match works {
        true => in_force(),
        false => read(BEFORE).or_else(|| read(LAST_GOOD)),
    };
    let Some(before) = before.filter(|before| before != new && parse(before).is_some()) else {
        forget_before();
        return false;
    };
    let lost = "the file before could not be fallen back to";
    write(BEFORE, &before, lost) || read(LAST_GOOD) == Some(before)
}

/// The file in force is set aside, and why. Gives the one before, which is in force now.
pub fn set_aside(why: &str) -> Option<(Vec<u8>, Box<Config>)> {
    // Where there was no room for it, it is the last good one.
    let before = read(BEFORE).or_else(|| read(LAST_GOOD))?;
    let config = parse(&before)?;
    // One that is the last good one has no copy of its own.
    let new = read(CANDIDATE).or_else(|| read(LAST_GOOD));
    write(REASON, why.as_bytes(), "the reason is lost");
    if let Some(new) = new.filter(|new| *new != before) {
        write(ASIDE, &new, "the file could not be tried again");
    }
    Some((before, config))
}

/// The file in force is to be confirmed: without that it counts as set aside where the program is
/// started again.
pub fn await_confirmation() {
    let lost = "a new start of the program would confirm the file";
    if let Some(new) = read(CANDIDATE).or_else(|| read(LAST_GOOD)) {
        write(ASIDE, &new, lost);
        write(
            REASON,
            b"not confirmed before the program was started again",
            lost,
        );
    }
}

/// The file that was set aside.
pub fn aside() -> Option<(Vec<u8>, Box<Config>)> {
    let bytes = read(ASIDE)?;
    let config = parse(&bytes)?;
    Some((bytes, config))
}

/// Whether this file was set aside in this boot: the one before, which is in force then.
pub fn before_if_aside(file: &[u8]) -> Option<(Vec<u8>, Box<Config>)> {
    if read(ASIDE)? != file {
        return None;
    }
    let before = read(BEFORE)?;
    let config = parse(&before)?;
    Some((before, config))
}

/// Why the file was set aside.
pub fn reason() -> String {
    let text = read(REASON).and_then(|bytes| String::from_utf8(bytes).ok());
    text.unwrap_or_else(|| "not known any more".into())
}

/// The file in force works, or is wanted whatever comes of it.
pub fn forget_before() {
    for path in [BEFORE, ASIDE, REASON] {
        remove(path);
    }
}
