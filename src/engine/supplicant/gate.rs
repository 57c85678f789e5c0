//! The port at the far end of a cable with IEEE 802.1X: does it let us through?

/// A port with an authenticator asks who is there well within this time. One that is
/// silent is an ordinary one, and is used as it is.
const SILENT_MS: u64 = 5_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Nobody has asked yet who is there. `open`: it was in use before; `until`: by then
    /// somebody should have.
    Asking { open: bool, until: Option<u64> },
    /// Somebody asks: has let us in, or has not.
    Guarded(bool),
    /// Nobody does.
    Unguarded,
}

impl Gate {
    /// `open`: an earlier daemon had it in use.
    pub fn new(open: bool) -> Self {
        Gate::Asking { open, until: None }
    }

    pub fn is_open(self) -> bool {
        match self {
            Gate::Asking { open, .. } => open,
            Gate::Guarded(let_in) => let_in,
            Gate::Unguarded => true,
        }
    }

    /// wpa_supplicant can be heard from now on; not for the first time, perhaps.
    pub fn heard(&mut self, now: u64) {
        if let Gate::Asking { until, .. } = self {
            until.get_or_insert(now + SILENT_MS);
        }
    }

    /// An authenticator asks. While we are let in it may ask again: that shuts nothing.
    pub fn asked(&mut self) {
        if *self != Gate::Guarded(true) {
            *self = Gate::Guarded(false);
        }
    }

    pub fn let_in(&mut self) {
        *self = Gate::Guarded(true);
    }

    /// A refusal is an answer, also to a question that we did not hear.
    pub fn refused(&mut self) {
        *self = Gate::Guarded(false);
    }

    /// The association has ended; the next one may begin at once.
    pub fn left(&mut self) {
        if let Gate::Guarded(let_in) = self {
            *let_in = false;
        }
    }

    /// wpa_supplicant has died: the next one asks anew.
    pub fn died(&mut self) {
        *self = Gate::new(*self == Gate::Unguarded);
    }

    pub fn poll_at(self) -> Option<u64> {
        match self {
            Gate::Asking { until, .. } => until,
            Gate::Guarded(_) | Gate::Unguarded => None,
        }
    }

    pub fn tick(&mut self, now: u64) {
        if self.poll_at().is_some_and(|until| now >= until) {
            *self = Gate::Unguarded;
        }
    }
}
