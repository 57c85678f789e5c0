//! What failed lately, and when it may be tried again.
//!
//! The reconciler asks for what is missing as long as it is missing; this table
//! keeps it from asking in a tight loop, both when an action fails and when the
//! kernel accepts a request and changes nothing.
use super::contract::action::{Action, KernelAction};
use super::contract::event::Failure;
use super::observed::Index;
use super::time::{Instant, Millis};
use crate::config::Bounded;
use core::hash::{Hash, Hasher};
use heapless::Vec;

/// Actions remembered with their reasons. Of more, routes and addresses wait with the crowd.
const MAX_REMEMBERED: usize = 32;
/// More steps than this failing at present: each route and address waits [`CROWD_WAIT`].
const CROWD: usize = 8;
const CROWD_WAIT: Millis = Millis(60_000);
/// Actions beyond [`MAX_REMEMBERED`] that wait together, known by a hash alone. When these
/// are full too, no route or address that is not remembered is tried before their time.
const MAX_WAITING: usize = 96;
/// Waits after a failure: 0.25 s, doubled each time, up to 30 s.
const FIRST_WAIT: Millis = Millis(250);
const LONGEST_WAIT: Millis = Millis(30_000);
/// More successes of one action than this within [`RUSH_WITHIN`] mean it has no effect.
const RUSH: u32 = 10;
const RUSH_WITHIN: Millis = Millis(1_000);
/// A failed step that is still wanted is tried again so soon after its wait.
const TRIED_WITHIN: Millis = Millis(1_000);

#[derive(Debug)]
struct Entry {
    action: Action,
    /// Not before this time.
    until: Instant,
    failures: u32,
    successes: u32,
    /// Start of the window in which `successes` are counted.
    window: Instant,
    failure: Option<Failure>,
}

impl Entry {
    fn is_failing(&self, now: Instant) -> bool {
        self.failure.is_some() && now < self.until + TRIED_WITHIN
    }
}

/// One more success within a second; `true`: too many.
fn rush(window: &mut Instant, successes: &mut u32, now: Instant) -> bool {
    if now >= *window + RUSH_WITHIN {
        *window = now;
        *successes = 0;
    }
    *successes += 1;
    let rushed = *successes >= RUSH;
    if rushed {
        *successes = 0;
    }
    rushed
}

/// FNV-1a, 32 bits.
struct Fnv(u32);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    }
    fn finish(&self) -> u64 {
        u64::from(self.0)
    }
}

/// There may be many of its kind, and no outage ends with one of them: a route, an address.
fn is_one_of_many(action: &Action) -> bool {
    action.change().is_some_and(KernelAction::is_one_of_many)
}

#[allow(clippy::cast_possible_truncation, reason = "it has 32 bits")]
fn hash(action: &Action) -> u32 {
    let mut hasher = Fnv(0x811c_9dc5);
    action.hash(&mut hasher);
    hasher.finish() as u32
}

#[derive(Debug, Default)]
pub struct Retry {
    entries: Bounded<Entry, MAX_REMEMBERED>,
    waiting: Vec<u32, MAX_WAITING>,
    /// Until then.
    waiting_until: Instant,
    /// Successes that found no room, since `window`.
    successes: u32,
    window: Instant,
}

impl Retry {
    pub fn blocked(&self, action: &Action, now: Instant) -> bool {
        match self.entries.iter().find(|e| e.action == *action) {
            Some(entry) => now < entry.until,
            None => {
                let full = self.waiting.is_full() && is_one_of_many(action);
                now < self.waiting_until && (full || self.waiting.contains(&hash(action)))
            }
        }
    }

    /// Remembers a failure; returns `true` when it is the first of its kind, or has
    /// another text than before: then it is recorded.
    pub fn failed(&mut self, action: &Action, failure: Failure, now: Instant) -> bool {
        let crowded = is_one_of_many(action) && self.failing(now).count() >= CROWD;
        let Some(entry) = self.entry(action, now) else {
            self.wait(action, now);
            return false;
        };
        let is_new = entry.failure.as_ref() != Some(&failure);
        let doublings = entry.failures.min(10);
        entry.failures += 1;
        let wait = match crowded {
            true => CROWD_WAIT,
            false => (FIRST_WAIT * (1 << doublings)).min(LONGEST_WAIT),
        };
        entry.until = now + wait;
        entry.failure = Some(failure);
        is_new
    }

    /// Remembers a success; returns `true` when it came too often to have an effect.
    pub fn succeeded(&mut self, action: &Action, now: Instant) -> bool {
        let Some(entry) = self.entry(action, now) else {
            let rushed = rush(&mut self.window, &mut self.successes, now);
            if rushed {
                self.wait(action, now);
            }
            return rushed;
        };
        entry.failures = 0;
        entry.failure = None;
        let rushed = rush(&mut entry.window, &mut entry.successes, now);
        if rushed {
            entry.until = now + RUSH_WITHIN;
        }
        rushed
    }

    /// `None`: there is no room.
    fn entry(&mut self, action: &Action, now: Instant) -> Option<&mut Entry> {
        let found = self.entries.iter().position(|e| e.action == *action);
        let place = match found {
            Some(place) => place,
            None => {
                if self.entries.is_full() && !self.make_room(now) && !self.displace(action, now) {
                    return None;
                }
                let fresh = Entry {
                    action: action.clone(),
                    until: Instant::ZERO,
                    failures: 0,
                    successes: 0,
                    window: now,
                    failure: None,
                };
                let _ = self.entries.push(fresh);
                self.entries.len() - 1
            }
        };
        self.entries.get_mut(place)
    }

    /// One that does not fail, or is no longer wanted, goes.
    fn make_room(&mut self, now: Instant) -> bool {
        let entries = self.entries.iter().enumerate();
        let idle = entries.filter(|(_, e)| now >= e.until && !e.is_failing(now));
        let oldest = idle.min_by_key(|(_, e)| (e.until, e.window));
        let place = oldest.map(|(place, _)| place);
        place.map(|place| self.entries.swap_remove(place)).is_some()
    }

    /// One of many gives its place to another kind of action, and waits without it.
    fn displace(&mut self, action: &Action, now: Instant) -> bool {
        let displaced = |e: &Entry| is_one_of_many(&e.action);
        let place = match is_one_of_many(action) {
            true => None,
            false => self.entries.iter().position(displaced),
        };
        let displaced = place.map(|place| self.entries.swap_remove(place));
        if let Some(entry) = &displaced {
            self.wait(&entry.action, now);
        }
        displaced.is_some()
    }

    /// It waits with the others that found no room.
    fn wait(&mut self, action: &Action, now: Instant) {
        if now >= self.waiting_until {
            self.waiting.clear();
        }
        if self.waiting.is_empty() {
            self.waiting_until = now + CROWD_WAIT;
        }
        let _ = self.waiting.push(hash(action));
    }

    /// The next time something blocked may be tried again. Failures alone: a
    /// success needs no second look.
    pub fn poll_at(&self, now: Instant) -> Option<Instant> {
        self.entries
            .iter()
            .map(|e| e.until)
            .chain((!self.waiting.is_empty()).then_some(self.waiting_until))
            .filter(|until| *until > now)
            .min()
    }

    /// When this action may be tried again.
    pub fn until(&self, action: &Action) -> Option<Instant> {
        let entry = self.entries.iter().find(|e| e.action == *action);
        entry.map(|e| e.until)
    }

    /// A link is gone: what was tried on it is no longer of interest. `false`: nothing was.
    pub fn forget_link(&mut self, index: Index) -> bool {
        let before = self.entries.len();
        self.entries.retain(|e| e.action.link() != Some(index));
        self.entries.len() < before
    }

    pub fn forget(&mut self, action: &Action) {
        self.entries.retain(|e| e.action != *action);
    }

    /// What keeps a route out may be gone: each is tried at once.
    pub fn forget_routes(&mut self, index: Index) {
        let is_route = |action: &Action| {
            let change = action.change();
            matches!(change, Some(KernelAction::AddRoute { link, .. }) if *link == index)
        };
        self.entries.retain(|e| !is_route(&e.action));
        self.waiting.clear();
    }

    pub fn forget_all(&mut self) {
        self.entries.clear();
        self.waiting.clear();
    }

    /// What is failing now, for status. What was not tried again when its time came is
    /// no longer wanted.
    pub fn failing(&self, now: Instant) -> impl Iterator<Item = (&Action, &Failure)> {
        self.entries
            .iter()
            .filter(move |e| e.is_failing(now))
            .filter_map(|e| e.failure.as_ref().map(|f| (&e.action, f)))
    }
}
