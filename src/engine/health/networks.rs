//! Do the members lead into one network? The same address answers from one hardware address
//! through all of them then.
use super::Prober;
use crate::engine::Engine;
use crate::engine::Refusal;
use crate::engine::journal::clip;
use crate::engine::observed::{Index, Neighbour};

/// Answers in a row from one hardware address that say it is no accident: several hosts may
/// answer for the address, and each be the first at times.
const ENOUGH: u32 = 3;

impl Prober {
    /// Who answers for sure, and has done so since the other one got its present answer: a gateway
    /// that moves to another hardware address is seen through one member before the other.
    fn contradicts(&self, other: &Prober) -> bool {
        let settled = |one: &Prober, than: &Prober| {
            one.station().in_a_row() >= ENOUGH && one.answered() >= Some(than.station().since())
        };
        self.target == other.target
            && self.station().mac() != other.station().mac()
            && settled(self, other)
            && settled(other, self)
    }
}

impl Engine {
    /// The host that has answered through this member last, since its last join.
    pub(in crate::engine) fn probed_through(&self, index: Index) -> Option<Neighbour> {
        let interface = self.interfaces.get(index)?;
        let prober = interface.health.prober.as_ref();
        let prober = prober.filter(|prober| prober.join == interface.joins)?;
        Some(Neighbour {
            address: prober.target,
            mac: prober.station().mac()?,
        })
    }

    /// Two members through which different hosts have the address that is probed.
    pub(super) fn different_networks(&self) -> Option<(Index, Index)> {
        let members = self.present();
        let mut pairs = members.iter().enumerate().flat_map(|(place, first)| {
            let later = members.get(place + 1..).unwrap_or_default();
            later.iter().map(move |second| (*first, *second))
        });
        pairs.find(|(first, second)| {
            let both = self.prober(*first).zip(self.prober(*second));
            both.is_some_and(|(first, second)| first.contradicts(second))
        })
    }

    /// What is to be known of them.
    pub(in crate::engine) fn networks_refusal(&self) -> Option<Refusal> {
        let (first, second) = self.different_networks()?;
        let (one, other) = (self.probed_through(first)?, self.probed_through(second)?);
        let first = &self.observed.link(first)?.name;
        let second = &self.observed.link(second)?.name;
        let text = clip(format_args!(
            "{first} and {second} are in different networks, or two hosts have {}: {} through {first}, {} through {second}",
            one.address, one.mac, other.mac
        ));
        let link = self.config.bond.name.clone();
        Some(Refusal { link, text })
    }
}
