//! The controlled port of a cable with IEEE 802.1X (IEEE 802.1X-2020, 5): what wpa_supplicant
//! and the authenticator make of it.
use crate::engine::time::{Instant, Millis};

/// An authenticator sends its EAP-Request/Identity well within this time. A port without one is
/// an ordinary one, and is used as it is.
const SILENT: Millis = Millis(5_000);

/// Whether traffic may pass a cable with IEEE 802.1X.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlledPort {
    /// No authenticator has sent a request yet.
    Asking {
        /// It was in use before.
        open: bool,
        /// An authenticator would have sent one by then; `None`: wpa_supplicant is not attached.
        until: Option<Instant>,
    },
    /// There is an authenticator: it has authorised the port, or has not.
    Controlled(bool),
    /// There is none.
    NoAuthenticator,
}

impl ControlledPort {
    /// `open`: the previous instance had it in use.
    pub fn new(open: bool) -> Self {
        ControlledPort::Asking { open, until: None }
    }

    /// Traffic may pass.
    pub fn is_open(self) -> bool {
        match self {
            ControlledPort::Asking { open, .. } => open,
            ControlledPort::Controlled(authorised) => authorised,
            ControlledPort::NoAuthenticator => true,
        }
    }

    /// wpa_supplicant's events are received from now on; not for the first time, perhaps.
    pub fn attached(&mut self, now: Instant) {
        if let ControlledPort::Asking { until, .. } = self {
            until.get_or_insert(now + SILENT);
        }
    }

    /// The authenticator asks for the identity. It may do so again on an authorised port, which
    /// stays authorised.
    pub fn asked(&mut self) {
        if *self != ControlledPort::Controlled(true) {
            *self = ControlledPort::Controlled(false);
        }
    }

    /// EAP success, or `COMPLETED`.
    pub fn authorise(&mut self) {
        *self = ControlledPort::Controlled(true);
    }

    /// A refusal shows that there is an authenticator, also where its request was not received.
    pub fn refused(&mut self) {
        *self = ControlledPort::Controlled(false);
    }

    /// The association has ended; the next one may begin at once.
    pub fn left(&mut self) {
        if let ControlledPort::Controlled(authorised) = self {
            *authorised = false;
        }
    }

    /// wpa_supplicant has ended: the next process starts anew.
    pub fn died(&mut self) {
        *self = ControlledPort::new(*self == ControlledPort::NoAuthenticator);
    }

    /// When the wait for an authenticator ends.
    pub fn poll_at(self) -> Option<Instant> {
        match self {
            ControlledPort::Asking { until, .. } => until,
            ControlledPort::Controlled(_) | ControlledPort::NoAuthenticator => None,
        }
    }

    /// No authenticator has sent a request within `SILENT`: an ordinary port.
    pub fn tick(&mut self, now: Instant) {
        if self.poll_at().is_some_and(|until| now >= until) {
            *self = ControlledPort::NoAuthenticator;
        }
    }
}
