//! Requests and their answers.
use super::*;
use crate::engine::contract::action::{BondOption, KernelAction};
use crate::engine::contract::event::Failure;
use crate::engine::observed::{KernelRoute, Mode, OUR_PROTOCOL};
use crate::engine::time::Instant;
use core::ops::ControlFlow;

/// As the daemon does it, with the number that the captured request had.
fn reply(datagram: &[u8]) -> (ControlFlow<Result<Ended, Failure>>, usize) {
    let seq = frames(datagram).next().unwrap().unwrap().seq;
    let mut messages = 0;
    let ended = Reply::new(seq).take(datagram, &mut |_| messages += 1);
    (ended, messages)
}

#[test]
fn answers() {
    assert_eq!(
        reply(golden!("dump-links-1")),
        (ControlFlow::Continue(()), 2)
    );
    for datagram in [golden!("ack"), golden!("dump-done")] {
        assert_eq!(
            reply(datagram),
            (ControlFlow::Break(Ok(Ended::Complete)), 0)
        );
    }
    let (ControlFlow::Break(Err(refusal)), 0) = reply(golden!("refusal-with-words")) else {
        panic!("refused")
    };
    assert_eq!(refusal.errno, 39);
    assert!(
        refusal
            .text
            .ends_with(": unable to set option because the bond device has slaves")
    );
    let (ControlFlow::Break(Err(refusal)), 0) = reply(golden!("refusal")) else {
        panic!("refused")
    };
    assert_eq!(refusal.errno, 19);
    // Somebody else's.
    let other = Reply::new(0x7fff_0000).take(golden!("ack"), &mut |_| panic!());
    assert_eq!(other, ControlFlow::Continue(()));
}

#[test]
fn an_interrupted_dump_says_so_at_its_end() {
    let mut first = golden!("dump-links-1").to_vec();
    first[6] |= 0x10;
    let seq = frames(&first).next().unwrap().unwrap().seq;
    let mut reply = Reply::new(seq);
    assert!(reply.take(&first, &mut |_| {}).is_continue());
    let ended = reply.take(golden!("dump-done"), &mut |_| {});
    assert_eq!(ended, ControlFlow::Break(Ok(Ended::Interrupted)));
}

/// A dump's last message, with a code and, behind it, the kernel's words.
#[test]
fn a_dump_that_fails_says_why() {
    let mut payload = (-95i32).to_ne_bytes().to_vec();
    payload.extend([8, 0, 1, 0, b'n', b'o', 0, 0]);
    let mut bytes = golden!("dump-done")[..16].to_vec();
    bytes[0] = 28;
    bytes[7] |= 0x02;
    bytes.extend(payload);
    let (ControlFlow::Break(Err(failure)), 0) = reply(&bytes) else {
        panic!("failed")
    };
    assert_eq!(failure.errno, 95);
    assert!(failure.text.ends_with(": no"), "{}", failure.text);
}

#[test]
fn wifi_or_not() {
    let payload = |datagram| frames(datagram).next().unwrap().unwrap().payload;
    assert_eq!(nl80211::family(payload(golden!("family"))), Some(30));
    let answer = payload(golden!("interface-wifi"));
    assert_eq!(nl80211::mode(answer, 3), Some(Mode::Station));
    assert_eq!(nl80211::mode(answer, 4), None);
}

/// The kernel took these very bytes.
#[test]
fn requests_as_bytes() {
    let mut buffer = [0xee; REQUEST_BYTES];
    let option = BondOption::Mode(0);
    let request = encode(
        &KernelAction::SetBond(2, option),
        Instant::ZERO,
        4,
        &mut buffer,
    );
    // A refusal repeats what it refuses.
    let refused = &golden!("refusal-with-words")[20..76];
    assert_eq!(request, refused);
    let mut buffer = [0xee; REQUEST_BYTES];
    let create = KernelAction::CreateBond {
        name: "bond0".try_into().unwrap(),
        options: bond_options(),
    };
    let request = encode(&create, Instant::ZERO, 1, &mut buffer);
    let frame = frames(request).next().unwrap().unwrap();
    assert_eq!((frame.kind, frame.flags), (16, 0x605));
    let expected = [
        &[0; 16][..],
        &[10, 0, 3, 0],
        b"bond0\0\0\0",
        &[72, 0, 18, 0, 8, 0, 1, 0],
        b"bond",
        &[60, 0, 2, 0],
        &[5, 0, 1, 0, 1, 0, 0, 0],
        &[8, 0, 3, 0, 100, 0, 0, 0],
        &[8, 0, 4, 0, 0, 0, 0, 0],
        &[8, 0, 5, 0, 0, 0, 0, 0],
        &[5, 0, 13, 0, 1, 0, 0, 0],
        &[5, 0, 12, 0, 0, 0, 0, 0],
        &[5, 0, 16, 0, 5, 0, 0, 0],
    ]
    .concat();
    assert_eq!(frame.payload, expected);
}

/// What is asked for reads back as the same.
#[test]
fn addresses_and_routes_survive_the_round_trip() {
    fn seen(action: &KernelAction) -> Event<'static> {
        let buffer = Box::leak(Box::new([0xee; REQUEST_BYTES]));
        one(encode(action, Instant::ZERO, 1, buffer))
    }
    for text in [
        "192.0.2.9/24",
        "10.0.0.0/31",
        "10.0.0.1/32",
        "0.0.0.0/0",
        "2001:db8::5/64",
    ] {
        let net = net(text);
        let Event::Address(address) = seen(&KernelAction::AddAddress {
            link: 9,
            net,
            until: None,
            metric: 100,
            again: false,
        }) else {
            panic!("an address")
        };
        assert_eq!((address.link, address.net), (9, net));
        assert_eq!(address.protocol, OUR_PROTOCOL);
        let lent = KernelAction::AddAddress6 {
            link: 9,
            net,
            preferred: Instant::ZERO,
            until: Instant::from_ms(60_000),
        };
        assert!(matches!(seen(&lent), Event::Address(a) if (a.link, a.net) == (9, net)));
        let gone = seen(&KernelAction::DeleteAddress { link: 9, net });
        assert!(matches!(gone, Event::AddressGone(gone) if gone.net == net));
    }
    let special = Route {
        src: "192.0.2.5".parse().ok(),
        onlink: true,
        mtu: Some(1400),
        ..route("203.0.113.0/24", "192.0.2.9", 10)
    };
    let near = Route {
        scope: RouteScope::GLOBAL,
        ..route("203.0.113.0/24", "", 10)
    };
    let six = Route {
        src: "2001:db8::5".parse().ok(),
        onlink: true,
        mtu: Some(1280),
        ..route("2001:db8:2::/48", "fe80::9", 10)
    };
    for route in [
        special,
        near,
        six,
        route("0.0.0.0/0", "192.0.2.1", 10),
        route("198.51.100.0/24", "", 0),
        route("::/0", "fe80::1", 100),
        route("2001:db8:1::/48", "", u32::MAX),
    ] {
        let expected = KernelRoute {
            link: 9,
            route,
            protocol: OUR_PROTOCOL,
        };
        let new = seen(&KernelAction::AddRoute { link: 9, route });
        assert!(matches!(new, Event::Route(new) if new == expected));
        let gone = seen(&KernelAction::DeleteRoute { link: 9, route });
        assert!(matches!(gone, Event::RouteGone(gone) if gone.route.is_twin(&expected.route)));
    }
}

/// What the kernel sends when an advertisement with both flags came in, and for its
/// options (net/ipv6/ndisc.c, `ndisc_ra_useropt`).
#[test]
fn what_routers_tell() {
    let mut link = vec![10, 0, 1, 0];
    link.extend(7u32.to_ne_bytes());
    link.extend([0; 8]);
    let flags = 0x80u32 | 0x40 | 0x20;
    let nested = [&[8, 0, 1, 0][..], &flags.to_ne_bytes()].concat();
    link.extend([12, 0, 12, 0x80]);
    link.extend(&nested);
    let Ok(Some(Event::RouterFlags { link: 7, flags })) = decode(16, &link) else {
        panic!("flags: {:?}", decode(16, &link));
    };
    assert!(flags.managed && flags.other);

    let mut told = vec![10, 0, 8, 0];
    told.extend(7u32.to_ne_bytes());
    told.extend([134, 0, 0, 0, 0, 0, 0, 0]);
    told.extend([25, 1, 0, 0, 0, 0, 0, 9]);
    // An attribute follows: the router's address.
    told.extend([20, 0, 1, 0]);
    told.extend([0xfe; 16]);
    let Ok(Some(Event::Router { link: 7, options })) = decode(68, &told) else {
        panic!("options: {:?}", decode(68, &told));
    };
    assert_eq!(options, [25, 1, 0, 0, 0, 0, 0, 9]);
    // Longer than the message, another family, another kind of message, cut short.
    for (at, value) in [(2, 200), (0, 2), (8, 136)] {
        let mut wrong = told.clone();
        wrong[at] = value;
        assert!(!matches!(decode(68, &wrong), Ok(Some(_))));
    }
    assert!(decode(68, &told[..12]).is_err());
}
