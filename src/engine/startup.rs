//! What the start took until the network could be used, stage by stage.
use super::Engine;
use super::supplicant::{Radio, Supplicant};
use super::time::{Instant, Millis};

/// The stages, in their order. Each ends when the first adapter has got there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The kernel's tables are read.
    Program,
    /// A Wi-Fi adapter is up.
    AdapterUp,
    /// It has found a network of the file.
    Search,
    /// It is authorised.
    Association,
    /// Some link may carry traffic and has an address.
    Address,
}

const STAGES: [Stage; 5] = [
    Stage::Program,
    Stage::AdapterUp,
    Stage::Search,
    Stage::Association,
    Stage::Address,
];

/// When each stage has ended.
#[derive(Debug, Default)]
pub struct Startup {
    /// When the program began.
    began: Option<Instant>,
    ended: [Option<Instant>; STAGES.len()],
}

impl Startup {
    /// The program began then.
    pub fn begin(&mut self, at: Instant) {
        self.began = Some(at);
    }

    /// How long each stage took, from the one before that was reached. `None`: it was not reached, or not
    /// before the address: a cable has no association.
    pub fn took(&self, stage: Stage) -> Option<Millis> {
        let place = stage as usize;
        let ended = self.ended[place]?;
        let before = self.ended[..place].iter().flatten().max();
        let before = before.copied().or(self.began)?;
        (ended >= before).then(|| ended - before)
    }

    /// From the beginning to the address.
    pub fn whole(&self) -> Option<Millis> {
        let address = self.ended[Stage::Address as usize]?;
        Some(address - self.began?)
    }

    /// `false`: it took over a network that was up.
    pub fn is_measured(&self) -> bool {
        self.began.is_some()
    }

    fn is_over(&self) -> bool {
        self.began.is_none() || self.ended[Stage::Address as usize].is_some()
    }
}

impl Engine {
    /// What the start took; nothing is measured where a network was taken over that was up.
    pub fn startup(&self) -> &Startup {
        &self.startup
    }

    /// Notes the stages that have ended.
    pub(super) fn update_startup(&mut self, now: Instant) {
        if self.startup.is_over() {
            return;
        }
        let mut links = self.observed.links();
        let joined = links.any(|link| link.facts.is_wifi() && link.carrier);
        if self.startup.ended[0].is_none() && (joined || self.is_online()) {
            self.startup.began = None;
            return;
        }
        for stage in STAGES {
            if self.startup.ended[stage as usize].is_none() && self.has_reached(stage) {
                self.startup.ended[stage as usize] = Some(now);
            }
        }
    }

    fn has_reached(&self, stage: Stage) -> bool {
        let any =
            |reached: fn(&Supplicant) -> bool| self.supplicants().any(|s| !s.wired && reached(s));
        match stage {
            Stage::Program => true,
            Stage::AdapterUp => {
                let mut links = self.observed.links();
                links.any(|link| link.facts.is_wifi() && link.up)
            }
            Stage::Search => {
                self.has_reached(Stage::Association)
                    || any(|s| matches!(s.radio, Radio::Associating | Radio::Associated))
            }
            // The kernel may say so before wpa_supplicant does, and a lease be in use before that.
            Stage::Association => {
                let mut links = self.observed.links();
                links.any(|link| link.facts.is_wifi() && link.is_operational())
                    || any(|s| s.radio == Radio::Authorised)
            }
            Stage::Address => self.is_online(),
        }
    }
}
