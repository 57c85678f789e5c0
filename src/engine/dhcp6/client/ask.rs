//! The message that is due, and when the next one is (RFC 8415, 15 and 18.2).
use super::*;

impl Client {
    /// The message that is due now.
    pub fn due(&self, now: u64) -> Option<Due> {
        let plain = |kind| Due {
            kind,
            server: None,
            addresses: None,
            rapid_commit: false,
        };
        if let Some((server, addresses)) = &self.decline {
            return Some(Due {
                server: Some(server.clone()),
                addresses: Some(addresses.clone()),
                ..plain(Kind::Decline)
            });
        }
        let held = || Some(self.lease.as_ref()?.addresses());
        match &self.state {
            State::Soliciting(retry) if now >= retry.next => Some(Due {
                addresses: Some(self.hint.clone()),
                rapid_commit: true,
                ..plain(Kind::Solicit)
            }),
            State::Requesting(retry) if now >= retry.next => {
                let offer = self.offer.as_ref()?;
                Some(Due {
                    server: Some(offer.server.clone()),
                    addresses: Some(offer.addresses.clone()),
                    ..plain(Kind::Request)
                })
            }
            State::Confirming(retry) if now >= retry.next => Some(Due {
                addresses: held(),
                ..plain(Kind::Confirm)
            }),
            State::Renewing(retry) if now >= retry.next => Some(Due {
                server: self.lease.as_ref().map(|lease| lease.server.clone()),
                addresses: held(),
                ..plain(Kind::Renew)
            }),
            State::Rebinding(retry) if now >= retry.next => Some(Due {
                addresses: held(),
                ..plain(Kind::Rebind)
            }),
            State::Informing(retry) if now >= retry.next => Some(plain(Kind::InformationRequest)),
            _ => None,
        }
    }

    /// It has left, or could not: the next one is due after a while either way.
    pub fn sent(&mut self, now: u64, random: &mut Random) {
        if self.decline.take().is_some() {
            return;
        }
        self.sent = now;
        let limit = |pace: Pace, most: u64| Pace { most, ..pace };
        let (retry, pace) = match &mut self.state {
            State::Soliciting(retry) => (retry, limit(timing::SOLICIT, self.most_solicit)),
            State::Informing(retry) => (retry, limit(timing::INFORM, self.most_inform)),
            State::Requesting(retry) => (retry, timing::REQUEST),
            State::Confirming(retry) => (retry, timing::CONFIRM),
            State::Renewing(retry) | State::Rebinding(retry) => (retry, timing::RENEW),
            State::Idle | State::Released | State::Bound => return,
        };
        retry.sent(now, pace, random);
    }
}
