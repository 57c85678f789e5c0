//! The file that a wpa_supplicant runs on, and the one that it should run on.
use super::Supplicant;
use crate::engine::time::{Instant, Millis};
use crate::wire::wpa::Request;

/// A file that it refused is tried again after this.
const REFUSED_FOR: Millis = Millis(60_000);
/// Time for a reconfigured member to join again before the next one is reconfigured.
const SETTLE: Millis = Millis(20_000);

impl Supplicant {
    /// The file that it should run on, by its fingerprint.
    pub fn want_file(&mut self, fingerprint: u64) {
        self.wanted = fingerprint;
    }

    /// The fingerprint of the file that it runs on.
    pub fn file(&self) -> u64 {
        self.file
    }

    /// As if its file were another.
    pub fn want_again(&mut self) {
        self.file = !self.wanted;
        self.refused = None;
    }

    /// Runs on a file that is no longer the wanted one, and may be given that one.
    pub fn is_outdated(&self) -> bool {
        self.file != self.wanted && !(self.has_refused() && self.refused_until.is_some())
    }

    /// It answered FAIL to `RECONFIGURE`: it runs on with the file before.
    pub fn refuse_file(&mut self, now: Instant) {
        self.refused = Some(self.file);
        self.refused_until = Some(now + REFUSED_FOR);
        self.file = self.former;
        self.settling = None;
    }

    /// It does not take the file that it should run on.
    pub fn has_refused(&self) -> bool {
        self.refused == Some(self.wanted)
    }

    /// Its new file is written, and `RECONFIGURE` was sent.
    pub fn reconfigured(&mut self, now: Instant) {
        self.requested(Request::Reconfigure, now);
        self.former = self.file;
        self.file = self.wanted;
        self.settling = Some(now + SETTLE);
        self.fault = None;
        // It was compared with the names of the file before.
        self.heard = None;
    }

    /// `tick` ends it when its time is over.
    pub fn is_settling(&self) -> bool {
        self.settling.is_some()
    }
}
