//! The message that is due, and when the next one is (RFC 2131, 4.1 and 4.4.5).
use super::*;

impl Client {
    /// The message that is due now.
    pub fn due(&self, now: u64) -> Option<Due> {
        let lease = self.lease.as_ref();
        let raw = |kind, tries: usize| Due {
            kind,
            transport: Transport::Raw,
            broadcast: tries >= BROADCAST_FROM && tries % 2 == 1,
            ciaddr: None,
            requested: None,
            server: None,
        };
        let extend = |to: Ipv4Addr| {
            let from = lease?.address();
            Some(Due {
                transport: Transport::Udp { from, to },
                ciaddr: Some(from),
                ..raw(Kind::Request, 0)
            })
        };
        if let Some((address, server)) = self.decline {
            return Some(Due {
                requested: Some(address),
                server,
                ..raw(Kind::Decline, 0)
            });
        }
        match self.state {
            State::Rebooting { tries, next } if now >= next => Some(Due {
                requested: self.remembered.map(|(address, _)| address),
                ..raw(Kind::Request, tries)
            }),
            State::Searching { tries, next } if now >= next => Some(Due {
                requested: Some(lease?.address()),
                ..raw(Kind::Discover, tries)
            }),
            State::Selecting { tries, next } if now >= next => Some(Due {
                requested: self.remembered.map(|(address, _)| address),
                ..raw(Kind::Discover, tries)
            }),
            State::Requesting { offer, tries, next } if now >= next => Some(Due {
                requested: Some(offer.address),
                server: Some(offer.server),
                ..raw(Kind::Request, tries)
            }),
            State::Confirming { tries, next } if now >= next => Some(Due {
                requested: Some(lease?.address()),
                ..raw(Kind::Request, tries)
            }),
            State::Renewing { next } if now >= next => {
                extend(lease?.server.unwrap_or(Ipv4Addr::BROADCAST))
            }
            State::Rebinding { next } if now >= next => extend(Ipv4Addr::BROADCAST),
            _ => None,
        }
    }

    /// It has left, or could not: the next one is due after a while either way.
    pub fn sent(&mut self, now: u64, random: &mut Random) {
        if self.decline.take().is_some() {
            return;
        }
        self.sent = now;
        let (renew_end, rebind_end) = match &self.lease {
            Some(lease) => (lease.rebind, lease.until),
            None => (now, now),
        };
        match &mut self.state {
            State::Rebooting { tries, next }
            | State::Selecting { tries, next }
            | State::Requesting { tries, next, .. }
            | State::Confirming { tries, next }
            | State::Searching { tries, next } => {
                *next = now + wait(*tries, random);
                *tries += 1;
            }
            State::Renewing { next } => *next = now + half(now, renew_end),
            State::Rebinding { next } => *next = now + half(now, rebind_end),
            State::Idle | State::Released | State::Bound => {}
        }
    }
}
