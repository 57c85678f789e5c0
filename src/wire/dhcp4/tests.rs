use super::*;
use crate::config::{IpNet, Mac};
use core::net::{IpAddr, Ipv4Addr};

const MAC: Mac = Mac([2, 0, 0, 0, 0, 0x10]);

fn ip(a: u8, b: u8, c: u8, d: u8) -> Ipv4Addr {
    Ipv4Addr::new(a, b, c, d)
}

fn net(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> IpNet {
    IpNet {
        address: IpAddr::V4(ip(a, b, c, d)),
        prefix,
    }
}

/// An answer with these options, in this order.
fn answer(options: &[(u8, &[u8])]) -> Vec<u8> {
    let mut message = vec![0; FIXED];
    message[..3].copy_from_slice(&[2, 1, 6]);
    message[4..8].copy_from_slice(&7u32.to_be_bytes());
    message[16..20].copy_from_slice(&[192, 168, 43, 101]);
    message[28..34].copy_from_slice(&MAC.0);
    message.extend(COOKIE);
    for (code, value) in options {
        message.extend([*code, value.len() as u8]);
        message.extend(*value);
    }
    message.push(code::END);
    message
}

fn ack(options: &[(u8, &[u8])]) -> Reply {
    let mut all: Vec<(u8, &[u8])> = vec![(code::KIND, &[5])];
    all.extend(options);
    parse(&answer(&all)).expect("an ACK")
}

#[test]
fn what_a_server_usually_says() {
    let reply = ack(&[
        (code::SERVER, &[192, 168, 43, 1]),
        (code::LEASE_TIME, &3600u32.to_be_bytes()),
        (code::RENEWAL_TIME, &1800u32.to_be_bytes()),
        (code::REBINDING_TIME, &3150u32.to_be_bytes()),
        (code::SUBNET_MASK, &[255, 255, 255, 0]),
        (28, &[192, 168, 43, 255]),
        (code::ROUTERS, &[192, 168, 43, 1, 192, 168, 43, 2]),
        (
            code::NAME_SERVERS,
            &[9, 9, 9, 9, 192, 168, 43, 1, 9, 9, 9, 9],
        ),
        (code::DOMAIN_NAME, b"lan.example\0"),
        (code::MTU, &1400u16.to_be_bytes()),
    ]);
    assert_eq!(reply.kind, MessageType::Ack);
    assert_eq!((reply.xid, reply.mac), (7, MAC));
    assert_eq!(reply.address, Some(ip(192, 168, 43, 101)));
    assert_eq!(reply.server, Some(ip(192, 168, 43, 1)));
    assert_eq!(reply.prefix, Some(24));
    assert_eq!(reply.routers, [ip(192, 168, 43, 1), ip(192, 168, 43, 2)]);
    assert_eq!(reply.dns, [ip(9, 9, 9, 9), ip(192, 168, 43, 1)]);
    assert_eq!(reply.search, ["lan.example"]);
    assert_eq!(reply.mtu, Some(1400));
    let times = (reply.lease_s, reply.renew_s, reply.rebind_s);
    assert_eq!(times, (Some(3600), Some(1800), Some(3150)));
    assert!(!reply.classless && !reply.rapid_commit);
}

/// RFC 3442 knows no order: the default route may come last.
#[test]
fn the_default_route_has_room_behind_any_number_of_others() {
    for others in [7, 8, 9, 30] {
        let mut value: Vec<u8> = Vec::new();
        for number in 0..others {
            value.extend([16, 10, number, 192, 168, 43, 1]);
        }
        value.extend([0, 192, 168, 43, 1]);
        // Once more: no other route.
        value.extend([16, 10, 0, 192, 168, 43, 1]);
        let reply = ack(&[(code::CLASSLESS_ROUTES, &value)]);
        let default = (net(0, 0, 0, 0, 0), ip(192, 168, 43, 1));
        assert!(
            reply.routes.contains(&default),
            "{others}: {:?}",
            reply.routes
        );
        assert_eq!(reply.routes[0].0, net(10, 0, 0, 0, 16));
        let kept = reply.routes.len() + usize::from(reply.routes_dropped);
        assert_eq!(kept, usize::from(others) + 1);
    }
}

#[test]
fn classless_routes_replace_the_others() {
    let old: (u8, &[u8]) = (code::STATIC_ROUTES, &[10, 0, 0, 0, 192, 168, 43, 7]);
    let reply = ack(&[old]);
    assert_eq!(reply.routes, [(net(10, 0, 0, 0, 8), ip(192, 168, 43, 7))]);
    let new: &[u8] = &[
        24, 10, 1, 2, 192, 168, 43, 9, // 10.1.2.0/24
        0, 192, 168, 43, 1, // the default
        32, 172, 16, 0, 1, 0, 0, 0, 0, // a host on the link itself
        12, 172, 31, 192, 168, 43, 8, // host bits are cleared
    ];
    for code in [code::CLASSLESS_ROUTES, code::CLASSLESS_ROUTES_MS] {
        let reply = ack(&[old, (code, new)]);
        assert!(reply.classless);
        let expected = [
            (net(10, 1, 2, 0, 24), ip(192, 168, 43, 9)),
            (net(0, 0, 0, 0, 0), ip(192, 168, 43, 1)),
            (net(172, 16, 0, 1, 32), ip(0, 0, 0, 0)),
            (net(172, 16, 0, 0, 12), ip(192, 168, 43, 8)),
        ];
        assert_eq!(reply.routes, expected);
    }
    for wrong in [
        &[33, 1, 1, 1, 1, 1, 1, 1, 1, 1][..],
        &[24, 10, 1],
        &[8, 10, 1, 1],
    ] {
        let reply = ack(&[old, (code::CLASSLESS_ROUTES, wrong)]);
        assert!(!reply.classless, "{wrong:?}");
        assert_eq!(reply.routes.len(), 1, "the old ones count then");
    }
}

#[test]
fn a_long_option_comes_in_pieces() {
    // RFC 3396: put together before it is read.
    let reply = ack(&[
        (code::NAME_SERVERS, &[9, 9]),
        (code::LEASE_TIME, &60u32.to_be_bytes()),
        (code::NAME_SERVERS, &[9, 9, 1, 1]),
        (code::NAME_SERVERS, &[1, 1]),
    ]);
    assert_eq!(reply.dns, [ip(9, 9, 9, 9), ip(1, 1, 1, 1)]);
}

#[test]
fn options_in_the_fields_for_file_and_name() {
    let mut message = answer(&[(code::KIND, &[2]), (code::OVERLOAD, &[3])]);
    message[108..116].copy_from_slice(&[code::SERVER, 4, 10, 0, 0, 1, code::END, 0]);
    message[44..51].copy_from_slice(&[code::PAD, code::ROUTERS, 4, 10, 0, 0, 2]);
    let reply = parse(&message).unwrap();
    assert_eq!(reply.kind, MessageType::Offer);
    assert_eq!(reply.server, Some(ip(10, 0, 0, 1)));
    assert_eq!(reply.routers, [ip(10, 0, 0, 2)]);
    // Without the word for it they are a file's name.
    let mut message = answer(&[(code::KIND, &[2])]);
    message[108..115].copy_from_slice(&[code::SERVER, 4, 10, 0, 0, 1, code::END]);
    assert_eq!(parse(&message).unwrap().server, None);
}

#[test]
fn a_search_list_with_pointers() {
    // RFC 3397's own example, and names that no file should hold.
    let list = b"\x03eng\x05apple\x03com\0\x09marketing\xc0\x04\x03a b\0\x02ok\0";
    let reply = ack(&[(code::SEARCH, list), (code::DOMAIN_NAME, b"left.out")]);
    let expected = ["eng.apple.com", "marketing.apple.com", "ok"];
    assert_eq!(reply.search, expected);
    for wrong in [
        &b"\xc0\x00"[..],
        b"\x03abc\xc0\x04",
        b"\x3fab",
        b"\xc0",
        b"\x80\0",
    ] {
        let reply = ack(&[(code::SEARCH, wrong)]);
        assert!(reply.search.is_empty(), "{wrong:?}");
    }
}

#[test]
fn what_makes_no_sense_is_left_out_alone() {
    let reply = ack(&[
        (code::SUBNET_MASK, &[255, 0, 255, 0]),
        (code::SERVER, &[255, 255, 255, 255]),
        (code::ROUTERS, &[0, 0, 0, 0, 224, 0, 0, 1, 10, 0]),
        (code::NAME_SERVERS, &[127, 0, 0, 1]),
        (code::LEASE_TIME, &[1, 2]),
        (code::MTU, &[5]),
        (code::DOMAIN_NAME, b"a\nnameserver 6.6.6.6"),
    ]);
    assert_eq!((reply.prefix, reply.server, reply.mtu), (None, None, None));
    assert!(reply.routers.is_empty() && reply.dns.is_empty() && reply.search.is_empty());
    assert_eq!(reply.lease_s, None);
    let mut message = answer(&[(code::KIND, &[5])]);
    message[16..20].copy_from_slice(&[224, 0, 0, 5]);
    assert_eq!(parse(&message).unwrap().address, None);
}

#[test]
fn a_text_is_left_out_alone_that_a_terminal_should_not_see() {
    let told = |name: &[u8]| {
        let reply = ack(&[(code::TFTP_SERVER, name), (code::ROUTERS, &[10, 0, 0, 1])]);
        assert_eq!(reply.routers, [ip(10, 0, 0, 1)]);
        reply.tftp_server.map(|name| name.to_string())
    };
    for (name, shown) in [
        (&b"192.168.43.1"[..], "192.168.43.1"),
        (b"boot.example\0", "boot.example"),
        (&[b'a'; 128], &"a".repeat(128)),
    ] {
        assert_eq!(told(name).as_deref(), Some(shown));
    }
    for wrong in [
        &b""[..],
        b"\0",
        b" ",
        b"a\nb",
        b"\x1b[2Jboot",
        b"boot\x7f",
        "bücher.example".as_bytes(),
        // Turns the direction of what follows; and a control character of eight bits.
        "boot\u{202e}".as_bytes(),
        "boot\u{9b}2J".as_bytes(),
        b"boot\xff",
        &[b'a'; 129],
    ] {
        assert_eq!(told(wrong), None, "{wrong:?}");
    }
}

#[test]
fn what_is_no_answer() {
    let good = answer(&[(code::KIND, &[5])]);
    for length in 0..FIXED + COOKIE.len() {
        assert_eq!(parse(&good[..length]), Err(Malformed::Frame));
    }
    assert_eq!(parse(&good[..FIXED + 4]), Err(Malformed::Kind));
    let mut question = good.clone();
    question[0] = 1;
    assert_eq!(parse(&question), Err(Malformed::Kind));
    let mut long = good.clone();
    long[2] = 255;
    assert_eq!(parse(&long), Err(Malformed::Kind));
    for kind in [0, 1, 3, 4, 7, 8, 255] {
        let message = answer(&[(code::KIND, &[kind])]);
        assert_eq!(parse(&message), Err(Malformed::Kind));
    }
    let mut cookie = good;
    cookie[FIXED] = 0;
    assert_eq!(parse(&cookie), Err(Malformed::Frame));
}

/// What we write, as smoltcp reads it.
#[test]
fn what_we_say_is_understood_elsewhere() {
    use smoltcp::wire::{DhcpMessageType, DhcpPacket, DhcpRepr, EthernetAddress};
    let ask = Ask {
        kind: MessageType::Request,
        xid: 0x1234_5678,
        secs: 3,
        mac: MAC,
        broadcast: true,
        ciaddr: None,
        requested: Some(ip(192, 168, 43, 101)),
        server: Some(ip(192, 168, 43, 1)),
        client: &[255, 1, 2, 3, 4, 0, 3, 0, 1, 2, 0, 0, 0, 0, 0x10],
        host_name: Some("wall"),
        rapid_commit: true,
    };
    let mut out = [0; MAX_ASK];
    let length = ask.write(&mut out);
    assert!(length >= 300);
    let packet = DhcpPacket::new_checked(&out[..length]).unwrap();
    let repr = DhcpRepr::parse(&packet).unwrap();
    assert_eq!(repr.message_type, DhcpMessageType::Request);
    assert_eq!((repr.transaction_id, repr.secs), (0x1234_5678, 3));
    assert_eq!(repr.client_hardware_address, EthernetAddress(MAC.0));
    assert!(repr.broadcast);
    assert_eq!(repr.requested_ip, ask.requested);
    assert_eq!(repr.server_identifier, ask.server);
    assert_eq!(repr.client_ip, Ipv4Addr::UNSPECIFIED);
    assert_eq!(repr.max_size, Some(1472));
    let option = |code| packet.options().find(|o| o.kind == code).map(|o| o.data);
    assert_eq!(option(code::CLIENT), Some(ask.client));
    assert_eq!(option(code::HOST_NAME), Some(&b"wall"[..]));
    assert_eq!(option(code::RAPID_COMMIT), Some(&[][..]));
    let release = Ask {
        kind: MessageType::Release,
        ciaddr: Some(ip(192, 168, 43, 101)),
        requested: None,
        ..ask
    };
    let length = release.write(&mut out);
    let packet = DhcpPacket::new_checked(&out[..length]).unwrap();
    assert_eq!(packet.client_ip(), ip(192, 168, 43, 101));
    assert!(packet.options().all(|o| o.kind != code::PARAMETERS));
}

/// What smoltcp writes as a server, as we read it.
#[test]
fn what_others_say_is_understood_here() {
    use smoltcp::wire::{DhcpMessageType, DhcpPacket, DhcpRepr, EthernetAddress};
    let dns = [ip(9, 9, 9, 9), ip(1, 1, 1, 1)].into_iter().collect();
    let repr = DhcpRepr {
        message_type: DhcpMessageType::Ack,
        transaction_id: 99,
        secs: 0,
        client_hardware_address: EthernetAddress(MAC.0),
        client_ip: Ipv4Addr::UNSPECIFIED,
        your_ip: ip(10, 0, 0, 9),
        server_ip: ip(10, 0, 0, 1),
        router: Some(ip(10, 0, 0, 1)),
        subnet_mask: Some(ip(255, 255, 0, 0)),
        relay_agent_ip: Ipv4Addr::UNSPECIFIED,
        broadcast: false,
        requested_ip: None,
        client_identifier: None,
        server_identifier: Some(ip(10, 0, 0, 1)),
        parameter_request_list: None,
        dns_servers: Some(dns),
        max_size: None,
        lease_duration: Some(600),
        renew_duration: None,
        rebind_duration: None,
        additional_options: &[],
    };
    let mut bytes = vec![0; repr.buffer_len()];
    repr.emit(&mut DhcpPacket::new_unchecked(&mut bytes))
        .unwrap();
    let reply = parse(&bytes).unwrap();
    assert_eq!(
        (reply.kind, reply.xid, reply.mac),
        (MessageType::Ack, 99, MAC)
    );
    assert_eq!(
        (reply.address, reply.prefix),
        (Some(ip(10, 0, 0, 9)), Some(16))
    );
    assert_eq!(reply.routers, [ip(10, 0, 0, 1)]);
    assert_eq!(reply.dns, [ip(9, 9, 9, 9), ip(1, 1, 1, 1)]);
    assert_eq!(reply.lease_s, Some(600));
}

/// RFC 4702: one or the other.
#[test]
fn a_full_name_goes_as_one() {
    let write = |name| {
        let ask = Ask {
            kind: MessageType::Discover,
            xid: 1,
            secs: 0,
            mac: MAC,
            broadcast: false,
            ciaddr: None,
            requested: None,
            server: None,
            client: &[],
            host_name: Some(name),
            rapid_commit: false,
        };
        let mut out = [0; MAX_ASK];
        let length = ask.write(&mut out);
        let options = options::Options::of(&out[..length]).expect("options");
        let get = |code| options.get(code).map(|value| value.to_vec());
        (get(code::HOST_NAME), get(code::FQDN))
    };
    assert_eq!(write("wall"), (Some(b"wall".to_vec()), None));
    let full = b"\x05\0\0\x04wall\x07example\0".to_vec();
    assert_eq!(write("wall.example"), (None, Some(full)));
    assert_eq!(write("wall..example"), (None, None));
}
