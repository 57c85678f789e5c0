//! How often an adapter looks for a network.
use super::stages::Aim;
use crate::engine::time::Millis;

/// How often is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    /// From one look at the channels where a network was to the next.
    pub known: Millis,
    /// From the end of a round that found nothing to the next one.
    pub pause: Millis,
}

impl Rhythm {
    const fn of(known: u64, pause: u64) -> Rhythm {
        Rhythm {
            known: Millis(known),
            pause: Millis(pause),
        }
    }
}

/// By how long a network has been sought: who is out of range for a moment is back at once, who is out
/// for days uses little power.
const RHYTHMS: [(Millis, Rhythm); 3] = [
    (Millis(60_000), Rhythm::of(500, 1_000)),
    (Millis(300_000), Rhythm::of(1_000, 5_000)),
    (Millis(1_800_000), Rhythm::of(4_000, 15_000)),
];
const SELDOM: Rhythm = Rhythm::of(10_000, 30_000);
/// While it is in a network of lower priority: each look takes it off its channel.
const FOR_BETTER: Rhythm = Rhythm::of(30_000, 600_000);
/// It was in a better network's reach and was not let in: put off for so long, doubled each time.
const REFUSED_FOR: Millis = Millis(30_000);
const MOST_DOUBLINGS: u8 = 7;

/// By what is sought, and for how long.
pub fn rhythm(sought: Option<(Aim, Millis)>) -> Rhythm {
    let sought = match sought {
        Some((Aim::Better, _)) => return FOR_BETTER,
        Some((Aim::Join, sought)) => sought,
        None => Millis(0),
    };
    let of_age = RHYTHMS.iter().find(|(age, _)| sought < *age);
    of_age.map_or(SELDOM, |(_, rhythm)| *rhythm)
}

/// The search for a better network, after so many that refused in a row.
pub fn put_off_for(aim: Option<Aim>, refusals: u8) -> Millis {
    match (aim, refusals) {
        (Some(Aim::Better), 1..) => REFUSED_FOR * (1 << (refusals - 1).min(MOST_DOUBLINGS)),
        _ => Millis(0),
    }
}
