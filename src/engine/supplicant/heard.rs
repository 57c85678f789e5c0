//! What an adapter heard when it found no network of the file: the names most similar to those of the file,
//! for the person who wrote it.
use crate::config::{Ssid, distance};
use crate::wire::wpa;
use core::cmp::Reverse;
use heapless::Vec;

/// Names that are kept.
const MOST: usize = 5;
/// A rank from which on a name is any other.
const FAR: usize = 5;
/// Seconds. What was heard before was not heard in the last round, and may be gone.
const FRESH: u32 = 20;

/// How similar a name is to one of the file, then its signal: less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank(usize, Reverse<i16>);

/// The names that were heard, the most similar one first, then by their signal.
#[derive(Debug, Clone, Default)]
pub struct Neighbourhood {
    names: Vec<(Rank, Ssid), MOST>,
}

impl Neighbourhood {
    /// From a reply to [`wpa::Request::Heard`]; `wanted`: the names of the file.
    pub fn read<'a>(reply: &str, wanted: impl Iterator<Item = &'a Ssid> + Clone) -> Self {
        let mut all = Neighbourhood::default();
        for heard in wpa::heard(reply).filter(|heard| heard.age <= FRESH) {
            let far = wanted
                .clone()
                .map(|name| between(name, &heard.ssid))
                .min()
                .unwrap_or(FAR);
            let signal = Reverse(heard.signal.unwrap_or(i16::MIN));
            all.add(Rank(far.min(FAR), signal), heard.ssid);
        }
        all
    }

    /// What another adapter has heard is added.
    pub fn merge(&mut self, other: &Neighbourhood) {
        for (rank, ssid) in &other.names {
            self.add(*rank, ssid.clone());
        }
    }

    /// A network has several access points: the best of them counts.
    fn add(&mut self, rank: Rank, ssid: Ssid) {
        if let Some(at) = self.names.iter().position(|(_, known)| *known == ssid) {
            if self.names[at].0 <= rank {
                return;
            }
            self.names.remove(at);
        }
        let at = self.names.iter().position(|(other, _)| rank < *other);
        let at = at.unwrap_or(self.names.len());
        if self.names.is_full() {
            if at == MOST {
                return;
            }
            self.names.pop();
        }
        let _ = self.names.insert(at, (rank, ssid));
    }

    /// Those of the file, which could not be joined all the same.
    pub fn of_the_file(&self) -> impl Iterator<Item = &Ssid> {
        let same = self.names.iter().filter(|(Rank(far, _), _)| *far == 0);
        same.map(|(_, name)| name)
    }

    /// At most five, the most similar one first.
    pub fn names(&self) -> impl Iterator<Item = &Ssid> {
        self.names.iter().map(|(_, name)| name)
    }
}

/// 0: the same; else one more than [`distance`], which counts octets: 1 where only capitals differ.
fn between(wanted: &[u8], heard: &[u8]) -> usize {
    if wanted == heard {
        return 0;
    }
    let texts = core::str::from_utf8(wanted).ok();
    let texts = texts.zip(core::str::from_utf8(heard).ok());
    texts.map_or(usize::MAX, |(wanted, heard)| {
        distance(wanted, heard).saturating_add(1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ssid(text: &str) -> Ssid {
        Vec::from_slice(text.as_bytes()).expect("a name")
    }

    fn heard(list: &[(&str, i16)]) -> Neighbourhood {
        let reply: std::string::String = list
            .iter()
            .map(|(name, dbm)| std::format!("level={dbm}\nage=2\nssid={name}\n"))
            .collect();
        let wanted = [ssid("Hotspot"), ssid("Anna's phone")];
        Neighbourhood::read(&reply, wanted.iter())
    }

    fn names(all: &Neighbourhood) -> std::vec::Vec<&str> {
        all.names()
            .map(|name| core::str::from_utf8(name).expect("text"))
            .collect()
    }

    #[test]
    fn similar_names_first_then_the_strongest() {
        let all = heard(&[
            ("Cafe", -80),
            ("hotspot", -90),
            ("Next door", -40),
            ("Hotspots", -85),
            ("Cafe", -50),
            ("Anna\\xe2\\x80\\x99s phone", -60),
            ("a", -30),
            ("b", -31),
        ]);
        let found = names(&all);
        assert_eq!(found, ["hotspot", "Hotspots", "Anna’s phone", "a", "b"]);
        assert_eq!(all.of_the_file().count(), 0);
        let all = heard(&[("Cafe", -80), ("Hotspot", -90), ("Cafe", -50)]);
        assert_eq!(names(&all), ["Hotspot", "Cafe"]);
        assert_eq!(all.of_the_file().next(), Some(&ssid("Hotspot")));
        let mut both = heard(&[("Cafe", -40), ("Hotspots", -70)]);
        both.merge(&all);
        assert_eq!(names(&both), ["Hotspot", "Hotspots", "Cafe"]);
        let old = Neighbourhood::read("age=21\nssid=Hotspot\n", [].iter());
        assert_eq!(old.names().count(), 0);
        assert_eq!(names(&heard(&[])), [""; 0]);
    }
}
