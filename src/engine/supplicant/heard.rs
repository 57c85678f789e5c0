//! What an adapter heard when it found no network of the file: the names nearest to those of the file, for
//! the person who wrote it.
use crate::config::{Ssid, distance};
use crate::wire::wpa;
use core::cmp::Reverse;
use heapless::Vec;

/// Names that are kept.
const MOST: usize = 5;
/// A name that differs in more characters is any other.
const NEAR: usize = 5;

/// How near a name is to one of the file, then its signal: less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank(usize, Reverse<i16>);

/// The names that were heard, nearest first, then by their signal.
#[derive(Debug, Clone, Default)]
pub struct Neighbourhood {
    names: Vec<(Rank, Ssid), MOST>,
}

impl Neighbourhood {
    /// From a reply to [`wpa::Request::Heard`]; `wanted`: the names of the file.
    pub fn read<'a>(reply: &str, wanted: impl Iterator<Item = &'a Ssid> + Clone) -> Self {
        let mut all = Neighbourhood::default();
        for wpa::Heard { ssid, signal } in wpa::heard(reply) {
            let far = wanted.clone().map(|name| between(name, &ssid)).min();
            let far = far.unwrap_or(NEAR).min(NEAR);
            all.add(Rank(far, Reverse(signal.unwrap_or(i16::MIN))), ssid);
        }
        all
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

    /// One of the file, which cannot be joined as the file has it; `None`: none was heard.
    pub fn of_the_file(&self) -> Option<&Ssid> {
        let (Rank(far, _), name) = self.names.first()?;
        (*far == 0).then_some(name)
    }

    /// None was heard.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// At most five, nearest first.
    pub fn names(&self) -> impl Iterator<Item = &Ssid> {
        self.names.iter().map(|(_, name)| name)
    }
}

/// 0: the same; 1: but for capitals; then characters that differ.
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
            .map(|(name, dbm)| std::format!("level={dbm}\nssid={name}\n"))
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
    fn nearest_names_first_then_the_strongest() {
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
        assert_eq!(all.of_the_file(), None);
        let all = heard(&[("Cafe", -80), ("Hotspot", -90), ("Cafe", -50)]);
        assert_eq!(names(&all), ["Hotspot", "Cafe"]);
        assert_eq!(all.of_the_file(), Some(&ssid("Hotspot")));
        assert_eq!(names(&heard(&[])), [""; 0]);
    }
}
