use super::*;
use core::net::Ipv6Addr;
use std::vec::Vec;

const DUID: [u8; 10] = [0, 3, 0, 1, 2, 0, 0, 0, 0, 0x1f];
const SERVER: [u8; 6] = [0, 3, 0, 1, 9, 9];
const IAID: u32 = 0x0102_0304;

fn ip(last: u16) -> Ipv6Addr {
    Ipv6Addr::new(0xfd00, 0x43, 0, 0, 0, 0, 0, last)
}

fn option(code: u16, value: &[u8]) -> Vec<u8> {
    [
        &code.to_be_bytes()[..],
        &(value.len() as u16).to_be_bytes(),
        value,
    ]
    .concat()
}

fn address(address: Ipv6Addr, preferred: u32, valid: u32) -> Vec<u8> {
    let times = [preferred.to_be_bytes(), valid.to_be_bytes()].concat();
    option(code::ADDRESS, &[&address.octets()[..], &times].concat())
}

fn association(iaid: u32, t1: u32, t2: u32, inside: &[u8]) -> Vec<u8> {
    let head = [iaid, t1, t2].map(u32::to_be_bytes).concat();
    option(code::ASSOCIATION, &[&head[..], inside].concat())
}

fn message(kind: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = vec![kind, 0, 0, 7];
    bytes.extend(option(code::SERVER, &SERVER));
    bytes.extend(option(code::CLIENT, &DUID));
    bytes.extend(parts.concat());
    bytes
}

fn reply(parts: &[Vec<u8>]) -> Reply {
    parse(&message(7, parts), IAID).expect("a Reply")
}

#[test]
fn what_a_server_usually_says() {
    let reply = reply(&[
        association(IAID + 1, 1, 2, &address(ip(0x999), 10, 10)),
        association(IAID, 1800, 2880, &address(ip(0x101), 3000, 3600)),
        option(
            code::NAME_SERVERS,
            &[ip(1).octets(), ip(1).octets(), ip(2).octets()].concat(),
        ),
        option(code::SEARCH, b"\x03lan\x07example\0"),
        option(code::NTP, &option(1, &ip(7).octets())),
        option(
            code::SNTP_SERVERS,
            &[ip(7).octets(), ip(8).octets()].concat(),
        ),
        option(code::PREFERENCE, &[255]),
        option(code::RAPID_COMMIT, &[]),
        option(code::SOL_MAX_RT, &600u32.to_be_bytes()),
    ]);
    assert_eq!((reply.kind, reply.xid), (MessageType::Reply, 7));
    assert_eq!(
        (&reply.server[..], &reply.client[..]),
        (&SERVER[..], &DUID[..])
    );
    assert_eq!(reply.status, StatusCode::Success);
    let offered = reply.association.expect("ours");
    assert_eq!((offered.renew_s, offered.rebind_s), (1800, 2880));
    let expected = Leased {
        address: ip(0x101),
        preferred_s: 3000,
        valid_s: 3600,
    };
    assert_eq!(offered.addresses, [expected]);
    assert_eq!(reply.dns, [ip(1), ip(2)]);
    assert_eq!(reply.search[0], "lan.example");
    assert_eq!(reply.time_servers, [ip(7), ip(8)]);
    assert_eq!((reply.preference, reply.rapid_commit), (255, true));
    assert_eq!(reply.most_solicit_s, Some(600));
}

#[test]
fn statuses_of_the_message_the_association_and_an_address() {
    let status = |code: u16| option(code::STATUS, &[&code.to_be_bytes()[..], b"why"].concat());
    for (number, meant) in [
        (0, StatusCode::Success),
        (1, StatusCode::Failed),
        (2, StatusCode::NoAddresses),
        (3, StatusCode::NoBinding),
        (4, StatusCode::NotOnLink),
        (5, StatusCode::UseMulticast),
        (77, StatusCode::Failed),
    ] {
        assert_eq!(reply(&[status(number)]).status, meant);
        let inside = reply(&[association(IAID, 0, 0, &status(number))]);
        assert_eq!(inside.association.expect("ours").status, meant);
    }
    let bad = option(
        code::ADDRESS,
        &[&ip(5).octets()[..], &[0, 0, 0, 9, 0, 0, 0, 9], &status(4)].concat(),
    );
    let both = [bad, address(ip(6), 9, 9)].concat();
    let offered = reply(&[association(IAID, 0, 0, &both)]).association;
    assert_eq!(offered.expect("ours").addresses[0].address, ip(6));
}

#[test]
fn what_makes_no_sense_is_left_out() {
    // T1 after T2: the association does not count (RFC 8415, 21.4).
    let wrong = association(IAID, 10, 5, &address(ip(5), 9, 9));
    assert_eq!(reply(&[wrong]).association, None);
    let inside = [
        address(ip(5), 10, 9),
        address(Ipv6Addr::UNSPECIFIED, 9, 9),
        address("ff02::1".parse().unwrap(), 9, 9),
        address("fe80::1".parse().unwrap(), 9, 9),
        address(ip(6), 9, 9),
        address(ip(6), 8, 8),
    ];
    let offered = reply(&[association(IAID, 0, 0, &inside.concat())]).association;
    let addresses = offered.expect("ours").addresses;
    assert_eq!(addresses.len(), 1);
    assert_eq!(addresses[0].address, ip(6));
    let reply = reply(&[
        option(code::PREFERENCE, &[1, 2]),
        option(code::SOL_MAX_RT, &10u32.to_be_bytes()),
        option(code::NAME_SERVERS, &[1, 2, 3]),
        option(code::SEARCH, b"\x03l;n\0"),
        // Longer than what is left.
        vec![0, 23, 0, 99, 1],
    ]);
    assert_eq!((reply.preference, reply.most_solicit_s), (0, None));
    assert!(reply.dns.is_empty() && reply.search.is_empty());
}

#[test]
fn messages_that_are_none_for_a_client() {
    let bytes = message(7, &[]);
    for (wrong, why) in [
        (&bytes[..3], Malformed::Frame),
        (&bytes[..4], Malformed::Identifier),
        (&bytes[..14], Malformed::Identifier),
        (&[[1].as_slice(), &bytes[1..]].concat(), Malformed::Kind),
        (&[[13].as_slice(), &bytes[1..]].concat(), Malformed::Kind),
    ] {
        assert_eq!(parse(wrong, IAID), Err(why));
    }
    // Every cut is read without a panic.
    let whole = message(2, &[association(IAID, 1, 2, &address(ip(1), 3, 4))]);
    for end in 0..whole.len() {
        let _ = parse(&whole[..end], IAID);
    }
}

/// RFC 8415, 8 and 21: octet by octet.
#[test]
fn a_solicit() {
    let ask = Ask {
        kind: MessageType::Solicit,
        xid: 0x00aa_bbcc,
        elapsed: 0x0102,
        client: &DUID,
        server: None,
        association: Some(Association {
            iaid: IAID,
            addresses: &[ip(0x101)],
        }),
        host_name: Some("wall"),
        rapid_commit: true,
    };
    let mut out = [0xee; MAX_ASK];
    let length = ask.write(&mut out);
    let expected = [
        vec![1, 0xaa, 0xbb, 0xcc],
        option(code::CLIENT, &DUID),
        option(code::ELAPSED, &[1, 2]),
        association(IAID, 0, 0, &address(ip(0x101), 0, 0)),
        option(code::RAPID_COMMIT, &[]),
        option(code::REQUESTED, &[0, 23, 0, 24, 0, 56, 0, 31, 0, 82]),
        option(code::FQDN, b"\x01\x04wall"),
    ];
    assert_eq!(out[..length], expected.concat());
}

/// RFC 8415, 18.2: who names a server, who asks for options.
#[test]
fn the_other_questions() {
    let write = |kind, server: Option<&'static [u8]>, with: bool| {
        let ask = Ask {
            kind,
            xid: 1,
            elapsed: 0,
            client: &DUID,
            server,
            association: with.then_some(Association {
                iaid: IAID,
                addresses: &[],
            }),
            host_name: Some("wall.example"),
            rapid_commit: false,
        };
        let mut out = [0; MAX_ASK];
        let length = ask.write(&mut out);
        let mut codes = vec![];
        let mut rest = &out[4..length];
        while let [a, b, c, d, after @ ..] = rest {
            codes.push(u16::from_be_bytes([*a, *b]));
            rest = &after[usize::from(u16::from_be_bytes([*c, *d]))..];
        }
        codes
    };
    let server = Some(&SERVER[..]);
    assert_eq!(
        write(MessageType::Request, server, true),
        [1, 2, 8, 3, 6, 39]
    );
    assert_eq!(write(MessageType::Renew, server, true), [1, 2, 8, 3, 6, 39]);
    assert_eq!(write(MessageType::Rebind, None, true), [1, 8, 3, 6, 39]);
    assert_eq!(write(MessageType::Confirm, None, true), [1, 8, 3]);
    assert_eq!(write(MessageType::Release, server, true), [1, 2, 8, 3]);
    assert_eq!(write(MessageType::Decline, server, true), [1, 2, 8, 3]);
    assert_eq!(
        write(MessageType::InformationRequest, None, false),
        [1, 8, 6]
    );
}

/// A name that is none is left out, and the rest is sent.
#[test]
fn names_with_impossible_labels() {
    let long = "a".repeat(64);
    for name in ["", ".", "a..b", &long] {
        let ask = Ask {
            kind: MessageType::Solicit,
            xid: 1,
            elapsed: 0,
            client: &DUID,
            server: None,
            association: None,
            host_name: Some(name),
            rapid_commit: false,
        };
        let mut out = [0; MAX_ASK];
        let length = ask.write(&mut out);
        assert_eq!(length, 4 + 14 + 6 + 16, "{name}");
    }
}

macro_rules! golden {
    ($name:literal) => {
        include_bytes!(concat!(
            "../../../tests/fuzz/corpus/dhcp6/dhclient-dnsmasq-",
            $name
        )) as &[u8]
    };
}

/// What dnsmasq said to dhclient, taken off the wire by tests/fuzz/golden.
#[test]
fn what_dnsmasq_answers_dhclient() {
    // The association's number is the client's own.
    let request = golden!("request");
    let at = request
        .windows(2)
        .position(|two| two == [0, 3])
        .expect("an association");
    let iaid = u32::from_be_bytes(request[at + 4..at + 8].try_into().expect("four"));
    for (message, kind) in [
        (golden!("advertise"), MessageType::Advertise),
        (golden!("reply"), MessageType::Reply),
    ] {
        let reply = parse(message, iaid).expect("sense");
        assert_eq!((reply.kind, reply.status), (kind, StatusCode::Success));
        let offered = reply.association.expect("an association");
        assert_eq!(offered.status, StatusCode::Success);
        let leased = offered.addresses[0];
        assert_eq!(leased.address.segments()[..2], [0xfd00, 0x43]);
        assert_eq!((leased.preferred_s, leased.valid_s), (3600, 3600));
        assert_eq!(reply.dns, ["fd00:43::53".parse::<Ipv6Addr>().unwrap()]);
        assert_eq!(reply.search[0], "six.example");
    }
    for question in [golden!("solicit"), request] {
        assert_eq!(parse(question, iaid), Err(Malformed::Kind));
    }
}
