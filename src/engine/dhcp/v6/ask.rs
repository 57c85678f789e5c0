//! The message that is due (RFC 8415, 15 and 18.2).
use super::{Client, Lease, State};
use crate::engine::dhcp::Sender;
use crate::engine::time::Instant;
use crate::wire::dhcp6::{Ask, Association, MAX_ASK, MessageType};

impl Client {
    /// Writes the message of the present state, or the Release of the lease; its length.
    pub(super) fn ask(
        &self,
        now: Instant,
        sender: &Sender<'_>,
        release: bool,
        out: &mut [u8; MAX_ASK],
    ) -> Option<usize> {
        let lease = self.lease.as_ref();
        let lessor = lease.map(|lease| &lease.reply.server);
        let held = lease.map(Lease::addresses);
        let held = held.as_ref();
        let offer = self.offer.as_ref();
        let (kind, server, addresses) = match (self.state, &self.decline) {
            _ if release => (MessageType::Release, Some(lessor?), held),
            (_, Some((server, addresses))) => (MessageType::Decline, Some(server), Some(addresses)),
            (State::Idle | State::Released | State::Bound, None) => return None,
            (State::Soliciting(_), None) => (MessageType::Solicit, None, Some(&self.hint)),
            (State::Requesting(_), None) => (
                MessageType::Request,
                Some(&offer?.server),
                Some(&offer?.addresses),
            ),
            (State::Confirming(_), None) => (MessageType::Confirm, None, held),
            (State::Renewing(_), None) => (MessageType::Renew, lessor, held),
            (State::Rebinding(_), None) => (MessageType::Rebind, None, held),
            (State::Informing(_), None) => (MessageType::InformationRequest, None, None),
        };
        let ask = Ask {
            kind,
            xid: self.xid,
            elapsed: u16::try_from((now - self.began).0 / 10).unwrap_or(u16::MAX),
            client: sender.duid,
            server: server.map(|server| server.as_slice()),
            association: addresses.map(|addresses| Association {
                iaid: sender.iaid,
                addresses,
            }),
            host_name: sender.host_name,
            rapid_commit: kind == MessageType::Solicit,
        };
        Some(ask.write(out))
    }
}
