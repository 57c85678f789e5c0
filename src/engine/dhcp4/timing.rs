//! How long to wait before a question is asked again.
use crate::engine::random::Random;

/// Waits for an answer: quick ones first, as servers answer in milliseconds, then as RFC
/// 2131, 4.1 has it: 4, 8, 16, 32, 64 s.
const WAITS_MS: [u64; 9] = [200, 300, 500, 1_000, 4_000, 8_000, 16_000, 32_000, 64_000];
/// The last one is repeated; each longer than a second is moved by up to one (4.1).
const JITTER_MS: u64 = 1_000;
/// Between attempts to renew, at least (4.4.5 has 60 s, too long for short leases).
const RENEW_EVERY_MS: u64 = 60_000;

pub fn wait(tries: usize, random: &mut Random) -> u64 {
    let wait = WAITS_MS[tries.min(WAITS_MS.len() - 1)];
    match wait {
        0..=JITTER_MS => wait,
        _ => wait - JITTER_MS + random.draw() % (2 * JITTER_MS),
    }
}

/// RFC 2131, 4.4.5: half of the time that is left, and no less than a minute; with a
/// short lease a quarter of what it leaves.
pub fn half(now: u64, end: u64) -> u64 {
    let left = end.saturating_sub(now);
    (left / 2).max(RENEW_EVERY_MS.min(left / 4)).max(1_000)
}
