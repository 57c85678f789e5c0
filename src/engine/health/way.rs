//! How a host is asked by IPv6: from an address of the member's own, or from `::`.
use crate::engine::time::{Instant, Millis};

/// By IPv6, misses without any answer until the host is asked in the other way.
pub const WAY_MISSES: u32 = 2;
/// One that has answered in one way is asked in the other one too when it has been silent for so
/// long.
const OTHER_WAY_AFTER: Millis = Millis(3_000);

/// How a host is asked by IPv6. From an address of the member's own the answer comes to it alone,
/// as by ARP. A switch or an access point may drop that, as nobody has announced the address (RFC
/// 4862, 5.4): then it is asked from `::`, and the answer goes to all hosts.
#[derive(Debug, Default)]
pub struct Way {
    /// From `::`.
    pub shared: bool,
    /// The host has answered so.
    pub proven: bool,
    missed: u32,
}

impl Way {
    /// An attempt of this time was not answered; `answered`: when the last one was.
    pub fn missed(&mut self, now: Instant, begun: Instant, answered: Option<Instant>) {
        self.missed += 1;
        let long = answered.is_none_or(|at| now >= at + OTHER_WAY_AFTER && begun > at);
        if long && self.missed >= WAY_MISSES {
            *self = Way {
                shared: !self.shared,
                ..Way::default()
            };
        }
    }

    /// The host has answered, to all hosts or not.
    pub fn answered(&mut self, shared: bool) {
        *self = Way {
            shared,
            proven: true,
            missed: 0,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_way_is_tried_where_none_answers() {
        let at = Instant::from_ms;
        let mut way = Way::default();
        let misses = |way: &mut Way, from: u64, answered: Option<u64>| {
            way.missed(at(from + 100), at(from), answered.map(at));
            way.shared
        };
        let tried: Vec<bool> = (0..6).map(|n| misses(&mut way, n * 200, None)).collect();
        assert_eq!(tried, [false, true, true, false, false, true]);
        // One that is answered stays, also when some are lost.
        way.answered(true);
        let tried: Vec<bool> = (10..20)
            .map(|n| misses(&mut way, n * 200, Some(2_000)))
            .collect();
        assert_eq!(tried, [true; 10]);
        assert!(way.proven);
        // Three seconds after the last answer.
        assert!(!misses(&mut way, 5_000, Some(2_000)) && !way.proven);
    }
}
