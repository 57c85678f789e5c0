//! Against what a real kernel sent: Linux 6.1 on arm64, with wifibond's bond of two
//! simulated radios, a bridge and a veth pair. The same files are the fuzzer's seeds.
mod exchanges;
mod messages;
mod radio;

use super::*;
use crate::config::{IpNet, Route, RouteScope};
use crate::engine::contract::event::Event;
use crate::engine::observed::BondOptions;

/// A file of the fuzzer's seeds.
macro_rules! golden {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/fuzz/corpus/netlink/", $name)) as &[u8]
    };
}
use golden;

/// Every message that a kernel sends of its own accord or in a dump.
const MESSAGES: &[&[u8]] = &[
    golden!("dump-links-1"),
    golden!("dump-links-2"),
    golden!("dump-addresses-4"),
    golden!("dump-addresses-6"),
    golden!("dump-routes-4"),
    golden!("dump-routes-6"),
    golden!("wireless-event"),
    golden!("member-dormant"),
    golden!("bridge-new"),
    golden!("bridge-port"),
    golden!("bridge-port-left"),
    golden!("link-gone"),
    golden!("address-peer"),
    golden!("address-tentative"),
    golden!("route-default-4"),
    golden!("route-multipath-4"),
    golden!("route-multipath-6"),
];
const ANSWERS: &[&[u8]] = &[
    golden!("ack"),
    golden!("dump-done"),
    golden!("refusal"),
    golden!("refusal-with-words"),
    golden!("family"),
    golden!("interface-wifi"),
    golden!("power-save"),
    golden!("country"),
];

/// What concerns us in a datagram.
fn read(datagram: &[u8]) -> Vec<Event<'_>> {
    frames(datagram)
        .map(|frame| frame.expect("a whole message"))
        .filter_map(|frame| decode(frame.kind, frame.payload).expect("sense"))
        .collect()
}

fn one(datagram: &[u8]) -> Event<'_> {
    let mut events = read(datagram);
    assert_eq!(events.len(), 1, "{events:?}");
    events.remove(0)
}

fn net(text: &str) -> IpNet {
    let (address, prefix) = text.split_once('/').unwrap();
    IpNet {
        address: address.parse().unwrap(),
        prefix: prefix.parse().unwrap(),
    }
}

fn route(to: &str, via: &str, metric: u32) -> Route {
    Route::new(net(to), via.parse().ok(), metric)
}

fn bond_options() -> BondOptions {
    BondOptions {
        mode: 1,
        miimon_ms: 100,
        updelay_ms: 0,
        downdelay_ms: 0,
        primary: Some(3),
        primary_reselect: 0,
        fail_over_mac: 1,
        peer_notifications: 5,
        active: Some(3),
        arp_interval_ms: 0,
    }
}

/// Cut off anywhere, and with any byte changed.
#[test]
fn no_bytes_make_it_panic() {
    let try_all = |bytes: &[u8]| {
        for frame in frames(bytes).flatten() {
            let _ = decode(frame.kind, frame.payload);
            let _ = acknowledgement(frame.payload, frame.flags);
            let _ = nl80211::family(frame.payload);
            let _ = nl80211::mode(frame.payload, 3);
            let _ = Reply::new(frame.seq).take(bytes, &mut |_| {});
        }
    };
    for whole in MESSAGES.iter().chain(ANSWERS) {
        let mut bytes = whole.to_vec();
        for at in 0..bytes.len() {
            try_all(&whole[..at]);
            for change in [0x01, 0x80, 0xff] {
                bytes[at] ^= change;
                try_all(&bytes);
                bytes[at] ^= change;
            }
        }
    }
}
