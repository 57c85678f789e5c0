//! Records of leases in the journal.
use super::{Change, Gain, Protocol, span};
use crate::engine::journal::{Journal, RecordKind, clip};
use crate::engine::time::Instant;
use crate::wire::Family;
use heapless::String;

/// Records what has changed.
pub(super) fn record(journal: &mut Journal, now: Instant, client: &dyn Protocol, change: Change) {
    let mut write = |kind, text: core::fmt::Arguments<'_>| {
        journal.write(now, kind, client.name(), text);
    };
    let v6 = client.family() == Family::V6;
    let from = |server| -> String<24> {
        match server {
            _ if v6 => clip(format_args!("DHCPv6")),
            Some(server) => clip(format_args!("{server}")),
            None => clip(format_args!("a server")),
        }
    };
    let text = match change {
        Change::Nothing | Change::Confirmed => return,
        Change::Bound(Gain { net: None, .. }) => {
            clip(format_args!("a DHCPv6 server told name servers"))
        }
        Change::Bound(gain @ Gain { net: Some(net), .. }) => {
            let from = from(gain.server);
            if gain.routes_dropped > 0 {
                let text = format_args!(
                    "{from} gives {} routes more than the {} that are taken: they are left out",
                    gain.routes_dropped,
                    crate::config::MAX_ROUTES
                );
                write(RecordKind::Trouble, text);
            }
            let net: String<48> = match v6 {
                true => clip(format_args!("{}", net.address)),
                false => clip(format_args!("{net}")),
            };
            match gain.lasts {
                None => clip(format_args!("{net} from {from}, for ever")),
                Some(seconds) => clip(format_args!("{net} from {from} for {}", span(seconds))),
            }
        }
        Change::Refused(server) => {
            let who = match v6 {
                true => clip(format_args!("a DHCPv6 server")),
                false => from(server),
            };
            clip::<100>(format_args!(
                "{who} refuses the address it had: asking for another"
            ))
        }
        Change::NoneLeft => clip(format_args!("the DHCPv6 server has no address to lend")),
        Change::Expired(server) => clip(format_args!("the lease from {} has ended", from(server))),
        Change::Defended => clip(format_args!(
            "another machine claims the same address: it is kept for now"
        )),
        Change::Declined(server) => clip(format_args!(
            "another machine has the address from {}: declined, asking for another",
            from(server)
        )),
    };
    write(RecordKind::Lease, format_args!("{text}"));
}
