//! What the radio of a member counts while its probes are not answered: whether its frames reach the
//! access point.
use super::Prober;
use crate::engine::Engine;
use crate::engine::observed::Index;
use crate::engine::time::{Instant, Millis};
use crate::wire::wpa::{Packets, Request};

/// What became of the frames that a member has sent since it began to miss: acknowledgements come
/// from the access point, answers from the host behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnAir {
    /// It is not counted, or none was sent.
    #[default]
    Unknown,
    /// Some were acknowledged: the path is slow, or fails behind the access point.
    Acknowledged,
    /// None was.
    Failing,
}

/// So many frames without an acknowledgement are needed; each is sent several times.
const FAILED: u32 = 2;

impl OnAir {
    /// By two readings of the counters, one after the other.
    pub fn between(first: Packets, second: Packets) -> OnAir {
        let sent = second.sent.wrapping_sub(first.sent);
        let failed = second.failed.wrapping_sub(first.failed);
        match (sent, failed) {
            (sent, failed) if sent > failed => OnAir::Acknowledged,
            (_, FAILED..) => OnAir::Failing,
            _ => OnAir::Unknown,
        }
    }

    /// How many misses in a row are no accident, where `misses` are without this.
    pub fn misses_needed(self, misses: u32) -> u32 {
        match self {
            OnAir::Unknown => misses,
            OnAir::Acknowledged => misses + 1,
            OnAir::Failing => misses.saturating_sub(1).max(misses.min(2)),
        }
    }
}

/// Between two readings that say whether anything is acknowledged: by then the kernel knows of an
/// access point that is gone.
const COUNTED_OVER: Millis = Millis(5_000);
/// Frames that failed meanwhile.
const NONE_OF: u32 = 3;

/// Whether nothing that was sent between two readings was acknowledged; the last frame may still
/// be on its way.
fn none_acknowledged(first: Packets, second: Packets) -> bool {
    let sent = second.sent.wrapping_sub(first.sent);
    let failed = second.failed.wrapping_sub(first.failed);
    failed >= NONE_OF && sent <= failed.saturating_add(1)
}

/// The readings of a member's counters since it began to miss.
#[derive(Debug, Default)]
pub struct Counts {
    /// The first one; in a long silence it is renewed.
    first: Option<(Instant, Packets)>,
    /// What the later ones show.
    on_air: OnAir,
    /// Between the last two first ones something was acknowledged, or nothing.
    acknowledged: Option<bool>,
    /// Not asked for again before.
    not_before: Instant,
}

impl Counts {
    /// What the frames since the first reading have become.
    pub fn on_air(&self) -> OnAir {
        self.on_air
    }

    /// Whether some were acknowledged lately; `None`: unknown.
    pub fn acknowledged(&self) -> Option<bool> {
        self.acknowledged
    }

    /// They were read. Whether that tells anything new.
    pub fn read(&mut self, now: Instant, packets: Packets) -> bool {
        let (at, first) = *self.first.get_or_insert((now, packets));
        let on_air = OnAir::between(first, packets);
        let mut changed = core::mem::replace(&mut self.on_air, on_air) != on_air;
        if now >= at + COUNTED_OVER {
            let some = Some(!none_acknowledged(first, packets));
            changed |= core::mem::replace(&mut self.acknowledged, some) != some;
            self.first = Some((now, packets));
        }
        changed
    }

    /// Whether they are to be read again, where there are any; once in its time.
    pub fn is_due(&mut self, now: Instant) -> bool {
        let due = self.first.is_some_and(|(at, _)| now >= at + COUNTED_OVER);
        let due = due && now >= self.not_before;
        if due {
            self.not_before = now + COUNTED_OVER;
        }
        due
    }
}

impl Engine {
    /// Has the counters of a member that misses read, while that may matter. `true`: that is to be
    /// asked.
    pub(super) fn count_packets(&mut self, now: Instant, index: Index) -> bool {
        let pace = self.pace(index);
        let Some(interface) = self.interfaces.get_mut(index) else {
            return false;
        };
        let wanted = |prober: &mut Prober| prober.wants_counts(now, pace);
        let supplicant = interface.supplicant.as_mut();
        if interface.health.prober.as_mut().is_some_and(wanted)
            && let Some(supplicant) = supplicant.filter(|s| !s.wired && s.is_listening())
        {
            supplicant.ask(Request::PacketCounts);
            return true;
        }
        false
    }

    /// The counters of a member's radio.
    pub(in crate::engine) fn packets_counted(
        &mut self,
        now: Instant,
        index: Index,
        packets: Packets,
    ) {
        if self.with_prober(index, |prober, _| prober.counted(now, packets)) {
            self.judge(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_acknowledged_where_all_but_the_last_have_failed() {
        let counts = |sent, failed| Packets { sent, failed };
        let none = |sent: u32, failed: u32| {
            none_acknowledged(counts(u32::MAX, 7), counts(sent, 7 + failed))
        };
        assert!(none(4, 5) && none(5, 5) && none(2, 3));
        // `sent` has wrapped around: 6 of 5 failed ones.
        assert!(!none(6, 5), "one was acknowledged, beside the last");
        assert!(!none(1, 2), "too few");
        assert!(!none(u32::MAX, 0));
    }
    #[test]
    fn what_is_acknowledged_needs_more_misses_and_what_fails_fewer() {
        let count = |sent, failed| Packets { sent, failed };
        let (wrapping, later) = (count(u32::MAX, u32::MAX - 1), count(2, 1));
        for (first, second, expected) in [
            (count(10, 2), count(13, 2), OnAir::Acknowledged),
            (count(10, 2), count(13, 4), OnAir::Acknowledged),
            (count(10, 2), count(13, 5), OnAir::Failing),
            (count(10, 2), count(10, 4), OnAir::Failing),
            (count(10, 2), count(11, 3), OnAir::Unknown),
            (count(10, 2), count(10, 2), OnAir::Unknown),
            (wrapping, later, OnAir::Failing),
        ] {
            assert_eq!(
                OnAir::between(first, second),
                expected,
                "{first:?} {second:?}"
            );
        }
        let needed = |air: OnAir| [1, 2, 3, 12].map(|misses| air.misses_needed(misses));
        assert_eq!(needed(OnAir::Unknown), [1, 2, 3, 12]);
        assert_eq!(needed(OnAir::Acknowledged), [2, 3, 4, 13]);
        assert_eq!(needed(OnAir::Failing), [1, 2, 2, 11]);
    }
}
