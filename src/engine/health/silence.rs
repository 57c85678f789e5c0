//! No host answers through any member for minutes, though their frames are acknowledged or not
//! counted. Most likely the gateway is off, and nothing on this side helps. But an access point
//! may have forgotten its stations, or a dead adapter count as sent what is not: so one member at a
//! time joins its network anew, ever less often.
use crate::config::IfName;
use crate::engine::Engine;
use crate::engine::observed::{Index, Link};
use crate::engine::time::{Instant, Millis};

/// The first member joins anew when no host has answered for so long, and the next one after as
/// long a pause, doubled each time.
const AFTER: Millis = Millis(180_000);
const LONGEST_PAUSE: Millis = Millis(3_600_000);

/// The members that have joined anew in this silence.
#[derive(Debug, Default)]
pub struct Rejoins {
    /// A host has answered in this network: some never answer such questions, and pass traffic.
    heard: bool,
    count: u32,
    last: Option<Index>,
    /// Not before.
    next: Instant,
}

impl Rejoins {
    /// A host has answered.
    pub fn end(&mut self) {
        *self = Rejoins {
            heard: true,
            ..Rejoins::default()
        };
    }
}

impl Engine {
    /// All miss alike: whether one of them is to join its network anew now, which is the first
    /// measure of its repair. The one that stands by comes first; one that does not come back from
    /// it is repaired further.
    pub(super) fn rejoin_in_silence(&mut self, now: Instant) -> bool {
        let Some((host, since)) = self.asked.silent_since() else {
            return false;
        };
        let due = (since + AFTER).max(self.asked.rejoins.next);
        let enabled = self.asked.rejoins.heard && self.config.health.repair;
        if now < due || !enabled || self.is_stopping() {
            return false;
        }
        let Some((index, name)) = self.next_in_silence() else {
            return false;
        };
        let minutes = (now - since).0 / 60_000;
        let text = format_args!("{host} has answered through no member for {minutes} min");
        self.note_health(now, index, text);
        if let Some(repair) = self.repairs.entry(&name) {
            repair.begin_gently();
        }
        let rejoins = &mut self.asked.rejoins;
        let pause = AFTER * (1 << rejoins.count.min(6));
        rejoins.count += 1;
        rejoins.last = Some(index);
        rejoins.next = now + pause.min(LONGEST_PAUSE);
        true
    }

    /// By turns, and the active one last.
    fn next_in_silence(&self) -> Option<(Index, IfName)> {
        let (active, last) = (self.active_member(), self.asked.rejoins.last);
        let members = self.present_members();
        let may = members
            .iter()
            .filter(|link| self.may_rejoin_in_silence(link));
        let first =
            may.min_by_key(|link| (last == Some(link.index), active == Some(link.index)))?;
        Some((first.index, first.name.clone()))
    }

    /// It is in its network, by Wi-Fi, and no measure is carried out on it.
    fn may_rejoin_in_silence(&self, link: &Link) -> bool {
        let supplicant = self.supplicant(link.index);
        supplicant.is_some_and(|supplicant| !supplicant.wired)
            && self.eligible(link).is_ok()
            && self.repairs.current(&link.name).is_none()
    }
}
