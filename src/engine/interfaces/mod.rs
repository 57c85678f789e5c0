//! One record per interface: what the engine has of it beyond the kernel's own tables.
//!
//! A record is made when an interface is first named and ends with it, in one removal. Only
//! a wpa_supplicant that still runs keeps a record without its interface: it has to be ended.
mod links;

use super::announce::Announcement;
use super::contract::settings::Restore;
use super::health::Health;
use super::observed::{Index, MAX_LINKS};
use super::radio::Settings;
use super::routers::Routers;
use super::slow::Slow;
use super::supplicant::{MAX_SUPPLICANTS, Phase, Supplicant};
use crate::config::Bounded;

/// Interfaces kept, and wpa_supplicants whose interface has gone.
const MAX_INTERFACES: usize = MAX_LINKS + MAX_SUPPLICANTS;

#[derive(Debug, Default)]
pub struct Interface {
    pub index: Index,
    pub supplicant: Option<Supplicant>,
    /// IEEE 802.1X: nothing passes the controlled port, though the link has carrier.
    pub unauthorised: bool,
    /// Times that traffic could pass after it could not: each may be in another network.
    pub joins: u32,
    /// What has been set on its radio.
    pub radio: Settings,
    /// What was changed, and is given back.
    pub restore: Restore,
    /// It receives what is sent to all IPv6 hosts.
    pub all_hosts: bool,
    /// `wifibond member NAME down`.
    pub resting: bool,
    /// Created by this process: the bond or a bridge.
    pub made: bool,
    /// Its driver did not answer in time.
    pub slow: Option<Slow>,
    /// Whether traffic passes it, by probes.
    pub health: Health,
    /// What routers advertised on it. In a box: few links have any, and it is large.
    pub routers: Option<Box<Routers>>,
    /// What is announced to its neighbours after a fail-over.
    pub announcement: Option<Announcement>,
}

impl Interface {
    /// Something of ours is still on it.
    pub fn is_unfinished(&self) -> bool {
        self.restore != Restore::default() || self.supplicant.is_some()
    }
}

/// The records, in the order in which they were made.
#[derive(Debug, Default)]
pub struct Interfaces(Bounded<Interface, MAX_INTERFACES>);

impl Interfaces {
    pub fn get(&self, index: Index) -> Option<&Interface> {
        self.0.iter().find(|interface| interface.index == index)
    }

    pub fn get_mut(&mut self, index: Index) -> Option<&mut Interface> {
        self.0.iter_mut().find(|interface| interface.index == index)
    }

    /// The record, made where there is none; `None`: there is no room for another.
    pub fn entry(&mut self, index: Index) -> Option<&mut Interface> {
        if self.get(index).is_none() {
            let fresh = Interface {
                index,
                ..Interface::default()
            };
            self.0.push(fresh).ok()?;
        }
        self.get_mut(index)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Interface> {
        self.0.iter()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Interface> {
        self.0.iter_mut()
    }

    pub fn supplicants(&self) -> impl Iterator<Item = &Supplicant> {
        self.0.iter().filter_map(|one| one.supplicant.as_ref())
    }

    pub fn supplicants_mut(&mut self) -> impl Iterator<Item = &mut Supplicant> {
        self.0.iter_mut().filter_map(|one| one.supplicant.as_mut())
    }

    pub fn supplicant_mut(&mut self, index: Index) -> Option<&mut Supplicant> {
        self.get_mut(index)?.supplicant.as_mut()
    }

    /// Takes the record out, whatever it holds.
    pub fn drop(&mut self, index: Index) {
        self.0.retain(|one| one.index != index);
    }

    /// The interface is gone, or does not concern us any more.
    pub fn forget(&mut self, index: Index) {
        // A wpa_supplicant that has ended needs no stop.
        let waits = |s: &Supplicant| matches!(s.phase, Phase::Waiting { .. });
        match self.get_mut(index) {
            Some(one) if one.supplicant.as_ref().is_some_and(|s| !waits(s)) => {
                let supplicant = one.supplicant.take();
                *one = Interface {
                    index,
                    supplicant,
                    ..Interface::default()
                };
            }
            _ => self.drop(index),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::contract::event::Start;
    use crate::engine::time::Instant;

    #[test]
    fn forgetting_is_one_removal_and_leaves_a_running_wpa_supplicant() {
        let mut interfaces = Interfaces::default();
        for index in [2, 3] {
            let one = interfaces.entry(index).unwrap();
            one.restore.was_up = true;
            one.resting = true;
            one.joins = 7;
        }
        let running = Supplicant::started(
            3,
            "wlan1".try_into().unwrap(),
            Start::Spawned,
            0,
            Instant::ZERO,
        );
        interfaces.entry(3).unwrap().supplicant = Some(running);
        assert!(interfaces.iter().all(Interface::is_unfinished));
        interfaces.forget(2);
        interfaces.forget(3);
        assert!(interfaces.get(2).is_none());
        let left = interfaces.get(3).unwrap();
        assert!(left.supplicant.is_some() && left.is_unfinished());
        assert!(!left.resting && left.joins == 0 && left.restore == Restore::default());
        // Its end is the record's.
        interfaces.supplicant_mut(3).unwrap().died(Instant::ZERO);
        interfaces.forget(3);
        assert_eq!(interfaces.iter().count(), 0);
    }

    #[test]
    fn a_full_table_has_room_again_when_one_is_forgotten() {
        let mut interfaces = Interfaces::default();
        let room = u32::try_from(MAX_INTERFACES).unwrap();
        assert!((1..=room).all(|index| interfaces.entry(index).is_some()));
        assert!(interfaces.entry(room + 1).is_none());
        assert!(interfaces.entry(room).is_some(), "one that is there");
        interfaces.forget(1);
        assert!(interfaces.entry(room + 1).is_some());
    }
}
