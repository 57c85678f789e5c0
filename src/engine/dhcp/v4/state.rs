//! What a client is doing.
use super::timing::Retry;
use crate::engine::time::Instant;
use core::net::Ipv4Addr;

/// An address that a server offers (RFC 2131, 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// What is offered.
    pub address: Ipv4Addr,
    /// By whom.
    pub server: Ipv4Addr,
}

/// RFC 2131, figure 5, and what we add to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The link is not ready.
    Idle,
    /// The lease was given back on request; until a renew, a gap of the link or a reload.
    Released,
    /// Asking for the address it had before, which is not in use.
    Rebooting(Retry),
    /// Asking any server for an offer.
    Selecting(Retry),
    /// Asking for what was offered.
    Requesting {
        /// The offer that was taken.
        offer: Offer,
        /// When it is asked for again.
        retry: Retry,
    },
    /// The lease is in use.
    Bound,
    /// The lease is in use; is it still good here?
    Confirming(Retry),
    /// No server confirmed it. In another network the server is silent about addresses that it
    /// does not know (RFC 2131, 4.3.2): asking for an offer.
    Searching(Retry),
    /// Past T1: asking the lease's server for more time.
    Renewing {
        /// When it is asked.
        next: Instant,
    },
    /// Past T2: asking any server.
    Rebinding {
        /// When they are asked.
        next: Instant,
    },
}

impl State {
    /// When the question that it asks is sent next.
    pub fn next(&self) -> Option<Instant> {
        match *self {
            State::Idle | State::Released | State::Bound => None,
            State::Rebooting(retry)
            | State::Selecting(retry)
            | State::Requesting { retry, .. }
            | State::Confirming(retry)
            | State::Searching(retry) => Some(retry.next),
            State::Renewing { next } | State::Rebinding { next } => Some(next),
        }
    }
}
