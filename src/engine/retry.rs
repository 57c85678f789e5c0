//! What failed lately, and when it may be tried again.
//!
//! The reconciler asks for what is missing as long as it is missing; this table
//! keeps it from asking in a tight loop, both when an action fails and when the
//! kernel says yes and changes nothing.
use super::action::Action;
use super::event::Failure;
use super::observed::Index;
use heapless::Vec;

/// Actions remembered. When full, the one that may be tried soonest makes room.
const MAX_REMEMBERED: usize = 32;
/// Waits after a failure: 0.25 s, doubled each time, up to 30 s.
const FIRST_WAIT_MS: u64 = 250;
const LONGEST_WAIT_MS: u64 = 30_000;
/// More successes of one action than this within [`RUSH_MS`] mean it has no effect.
const RUSH: u32 = 10;
const RUSH_MS: u64 = 1_000;
/// A failed step that is still wanted is tried again so soon after its wait.
const TRIED_WITHIN_MS: u64 = 1_000;

#[derive(Debug)]
struct Entry {
    action: Action,
    /// Not before this time.
    until: u64,
    failures: u32,
    successes: u32,
    /// Start of the window in which `successes` are counted.
    window: u64,
    failure: Option<Failure>,
}

#[derive(Debug, Default)]
pub struct Retry {
    entries: Vec<Entry, MAX_REMEMBERED>,
}

impl Retry {
    pub fn blocked(&self, action: &Action, now: u64) -> bool {
        self.entries
            .iter()
            .any(|e| e.action == *action && now < e.until)
    }

    /// Remembers a failure; returns `true` when it is the first of its kind, or has
    /// other words than before: then it is worth a line in the log.
    pub fn failed(&mut self, action: &Action, failure: Failure, now: u64) -> bool {
        let entry = self.entry(action, now);
        let news = entry.failure.as_ref() != Some(&failure);
        let doublings = entry.failures.min(10);
        entry.failures += 1;
        entry.until = now + (FIRST_WAIT_MS << doublings).min(LONGEST_WAIT_MS);
        entry.failure = Some(failure);
        news
    }

    /// Remembers a success; returns `true` when it came too often to have an effect.
    pub fn succeeded(&mut self, action: &Action, now: u64) -> bool {
        let entry = self.entry(action, now);
        entry.failures = 0;
        entry.failure = None;
        if now >= entry.window + RUSH_MS {
            entry.window = now;
            entry.successes = 0;
        }
        entry.successes += 1;
        let rushed = entry.successes >= RUSH;
        if rushed {
            entry.until = now + RUSH_MS;
            entry.successes = 0;
        }
        rushed
    }

    fn entry(&mut self, action: &Action, now: u64) -> &mut Entry {
        let found = self.entries.iter().position(|e| e.action == *action);
        let place = found.unwrap_or_else(|| {
            if self.entries.is_full() {
                self.make_room();
            }
            let fresh = Entry {
                action: action.clone(),
                until: 0,
                failures: 0,
                successes: 0,
                window: now,
                failure: None,
            };
            let _ = self.entries.push(fresh);
            self.entries.len() - 1
        });
        &mut self.entries[place]
    }

    fn make_room(&mut self) {
        let soonest = self
            .entries
            .iter()
            .enumerate()
            .min_by_key(|(_, e)| e.until)
            .map(|(place, _)| place);
        if let Some(place) = soonest {
            self.entries.swap_remove(place);
        }
    }

    /// The next time something blocked may be tried again. Failures alone: a
    /// success needs no second look.
    pub fn poll_at(&self, now: u64) -> Option<u64> {
        self.entries
            .iter()
            .map(|e| e.until)
            .filter(|until| *until > now)
            .min()
    }

    /// When this action may be tried again.
    pub fn until(&self, action: &Action) -> Option<u64> {
        let entry = self.entries.iter().find(|e| e.action == *action);
        entry.map(|e| e.until)
    }

    /// A link is gone: what was tried on it is no longer of interest.
    pub fn forget_link(&mut self, index: Index) {
        self.entries
            .retain(|e| super::words::subject(&e.action) != Some(index));
    }

    pub fn forget(&mut self, action: &Action) {
        self.entries.retain(|e| e.action != *action);
    }

    pub fn forget_all(&mut self) {
        self.entries.clear();
    }

    /// What is failing now, for status. What was not tried again when its time came is
    /// no longer wanted.
    pub fn failing(&self, now: u64) -> impl Iterator<Item = (&Action, &Failure)> {
        self.entries
            .iter()
            .filter(move |e| now < e.until + TRIED_WITHIN_MS)
            .filter_map(|e| e.failure.as_ref().map(|f| (&e.action, f)))
    }
}
