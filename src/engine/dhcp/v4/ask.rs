//! The message that is due (RFC 2131, 4.1 and 4.4.5).
use super::{Client, Retry, State};
use crate::config::MAX_DUID;
use crate::engine::contract::action::Transport;
use crate::engine::dhcp::Sender;
use crate::engine::time::Instant;
use crate::wire::dhcp4::{Ask, MAX_ASK, MessageType};
use core::net::Ipv4Addr;
use heapless::Vec;

/// From this attempt on every other one asks for its answer by broadcast: some access
/// points drop unicasts to an address that is not in use yet.
const BROADCAST_FROM: usize = 3;
/// A client identifier's type for "IAID and DUID" (RFC 4361, 6.1).
const IAID_AND_DUID: u8 = 255;

impl Client {
    /// Writes the message of the present state, or the RELEASE of the lease; its length.
    pub(super) fn ask(
        &self,
        now: Instant,
        sender: &Sender<'_>,
        release: bool,
        out: &mut [u8; MAX_ASK],
    ) -> Option<usize> {
        let ciaddr = match self.message_transport(release)? {
            Transport::Udp { from, .. } => Some(from),
            Transport::Raw | Transport::Multicast => None,
        };
        let plain = Ask {
            kind: MessageType::Release,
            xid: self.xid,
            secs: u16::try_from((now - self.began).whole_seconds().0).unwrap_or(u16::MAX),
            mac: sender.mac?,
            broadcast: false,
            ciaddr,
            requested: None,
            server: None,
            client: &client_id(sender),
            host_name: sender.host_name,
            rapid_commit: false,
        };
        let ask = match release {
            true => Ask {
                server: self.lease()?.reply.server,
                ..plain
            },
            false => self.question(plain)?,
        };
        Some(ask.write(out))
    }

    /// How the message of the present state, or the RELEASE of the lease, leaves: from the lease's
    /// address where that is in use and needs no confirmation.
    pub(super) fn message_transport(&self, release: bool) -> Option<Transport> {
        let to = match self.state {
            _ if release => self.lease()?.reply.server?,
            _ if self.decline.is_some() => return Some(Transport::Raw),
            State::Renewing { .. } => self.lease()?.reply.server.unwrap_or(Ipv4Addr::BROADCAST),
            State::Rebinding { .. } => Ipv4Addr::BROADCAST,
            _ => return Some(Transport::Raw),
        };
        let from = self.lease()?.address();
        Some(Transport::Udp { from, to })
    }

    fn question<'a>(&self, plain: Ask<'a>) -> Option<Ask<'a>> {
        if let Some((address, server)) = self.decline {
            let ask = Ask {
                kind: MessageType::Decline,
                requested: Some(address),
                server,
                ..plain
            };
            return Some(ask);
        }
        let asked_for = self.asked_for().map(|(address, _)| address);
        let again = |kind, retry: Retry, requested| Ask {
            kind,
            broadcast: retry.tries >= BROADCAST_FROM && retry.tries % 2 == 1,
            requested,
            rapid_commit: kind == MessageType::Discover,
            ..plain
        };
        let ask = match self.state {
            State::Idle | State::Released | State::Bound => return None,
            State::Rebooting(retry) | State::Confirming(retry) => {
                again(MessageType::Request, retry, asked_for)
            }
            State::Selecting(retry) | State::Searching(retry) => {
                again(MessageType::Discover, retry, self.wished())
            }
            State::Requesting { offer, retry } => Ask {
                server: Some(offer.server),
                ..again(MessageType::Request, retry, Some(offer.address))
            },
            State::Renewing { .. } | State::Rebinding { .. } => Ask {
                kind: MessageType::Request,
                ..plain
            },
        };
        Some(ask)
    }
}

/// Option 61 (RFC 4361): the association belongs to the logical link, which the IAID identifies.
fn client_id(sender: &Sender<'_>) -> Vec<u8, { 5 + MAX_DUID }> {
    let mut id = Vec::new();
    let _ = id.push(IAID_AND_DUID);
    let _ = id.extend_from_slice(&sender.iaid.to_be_bytes());
    let _ = id.extend_from_slice(sender.duid);
    id
}
