//! The controlled port of a cable with IEEE 802.1X (IEEE 802.1X-2020, 5): what wpa_supplicant
//! and the authenticator make of it.

/// An authenticator sends its EAP-Request/Identity well within this time. A port without one is
/// an ordinary one, and is used as it is.
const SILENT_MS: u64 = 5_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlledPort {
    /// No authenticator has been heard yet. `open`: it was in use before; `until`: an
    /// authenticator would have been heard by then.
    Asking { open: bool, until: Option<u64> },
    /// There is an authenticator: it has authorised the port, or has not.
    Guarded(bool),
    /// There is none.
    Unguarded,
}

impl ControlledPort {
    /// `open`: the previous instance had it in use.
    pub fn new(open: bool) -> Self {
        ControlledPort::Asking { open, until: None }
    }

    pub fn is_open(self) -> bool {
        match self {
            ControlledPort::Asking { open, .. } => open,
            ControlledPort::Guarded(authorised) => authorised,
            ControlledPort::Unguarded => true,
        }
    }

    /// wpa_supplicant can be heard from now on; not for the first time, perhaps.
    pub fn heard(&mut self, now: u64) {
        if let ControlledPort::Asking { until, .. } = self {
            until.get_or_insert(now + SILENT_MS);
        }
    }

    /// The authenticator asks for the identity. It may do so again on an authorised port, which
    /// stays authorised.
    pub fn asked(&mut self) {
        if *self != ControlledPort::Guarded(true) {
            *self = ControlledPort::Guarded(false);
        }
    }

    pub fn authorise(&mut self) {
        *self = ControlledPort::Guarded(true);
    }

    /// A refusal shows that there is an authenticator, also where its request was not heard.
    pub fn refused(&mut self) {
        *self = ControlledPort::Guarded(false);
    }

    /// The association has ended; the next one may begin at once.
    pub fn left(&mut self) {
        if let ControlledPort::Guarded(authorised) = self {
            *authorised = false;
        }
    }

    /// wpa_supplicant has died: the next one asks anew.
    pub fn died(&mut self) {
        *self = ControlledPort::new(*self == ControlledPort::Unguarded);
    }

    pub fn poll_at(self) -> Option<u64> {
        match self {
            ControlledPort::Asking { until, .. } => until,
            ControlledPort::Guarded(_) | ControlledPort::Unguarded => None,
        }
    }

    pub fn tick(&mut self, now: u64) {
        if self.poll_at().is_some_and(|until| now >= until) {
            *self = ControlledPort::Unguarded;
        }
    }
}
