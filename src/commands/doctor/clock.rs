//! The clock, where certificates of the file are checked against it.
use super::Find;
use super::finding::CLOCK;
use super::machine::Machine;
use crate::daemon::utc::Utc;
use crate::engine::time::Seconds;
use crate::wire::certificate;

/// 1 January 2026: this program is younger.
const BUILT_AFTER: u64 = 1_767_225_600;
const CURE: &str =
    "wait for the time from a network, or set it: `date -s '2026-12-31 23:59'` with the right one";

/// `place`: the block that names the certificate at `path`.
pub fn find(machine: &Machine, now: u64, place: &str, path: &str, find: Find<'_>) {
    let clock = Utc(Seconds(now));
    if now < BUILT_AFTER {
        let what = format!("the clock says {clock}");
        return find(&CLOCK, place, &what, CURE);
    }
    let begin = machine
        .bytes(path)
        .and_then(|file| certificate::not_before(&file));
    if let Some(begin) = begin.filter(|begin| now < *begin) {
        let begin = Utc(Seconds(begin));
        let what = format!("the clock says {clock}, and {path} begins at {begin}");
        find(&CLOCK, place, &what, CURE);
    }
}
