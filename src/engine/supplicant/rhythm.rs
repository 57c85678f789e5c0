//! How often an adapter looks for a network.
use super::stages::Aim;
use crate::engine::time::Millis;

/// From one look at the channels where a network was to the next: by how long it has been sought.
const KNOWN_EVERY: [(Millis, Millis); 4] = [
    (Millis(15_000), Millis(500)),
    (Millis(60_000), Millis(1_000)),
    (Millis(300_000), Millis(2_000)),
    (Millis(1_800_000), Millis(5_000)),
];
const KNOWN_SELDOM: Millis = Millis(10_000);
/// The same while it is in a network of lower priority: each look takes it off its channel.
const BETTER_EVERY: Millis = Millis(30_000);
const BETTER_PAUSE: Millis = Millis(600_000);
/// It was in a better network's reach and was not let in: put off for so long, doubled each time.
const REFUSED_FOR: Millis = Millis(30_000);
const MOST_DOUBLINGS: u8 = 7;
/// From the end of a round that found nothing to the next one; doubled each time.
const PAUSE: Millis = Millis(1_000);
const LONGEST_PAUSE: Millis = Millis(30_000);

/// From one look at the channels where a network was to the next: by what is sought, and for how long.
pub fn known_every(sought: Option<(Aim, Millis)>) -> Millis {
    let sought = match sought {
        Some((Aim::Better, _)) => return BETTER_EVERY,
        Some((Aim::Join, sought)) => sought,
        None => Millis(0),
    };
    let of_age = KNOWN_EVERY.iter().find(|(age, _)| sought < *age);
    of_age.map_or(KNOWN_SELDOM, |(_, every)| *every)
}

/// From the end of a round that found nothing, the first one being 0.
pub fn pause(aim: Option<Aim>, round: u32) -> Millis {
    match aim {
        Some(Aim::Better) => BETTER_PAUSE,
        _ => (PAUSE * (1 << round.min(10))).min(LONGEST_PAUSE),
    }
}

/// The search for a better network, after so many that refused in a row.
pub fn put_off_for(aim: Option<Aim>, refusals: u8) -> Millis {
    match (aim, refusals) {
        (Some(Aim::Better), 1..) => REFUSED_FOR * (1 << (refusals - 1).min(MOST_DOUBLINGS)),
        _ => Millis(0),
    }
}
