//! Messages of other programs, captured by tests/fuzz/golden: dhclient, udhcpc and
//! dhcpcd, dnsmasq and ISC's server.
use super::options::Options;
use super::*;
use crate::config::Mac;
use core::net::Ipv4Addr;

macro_rules! golden {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!("../../../tests/fuzz/corpus/dhcp4/", $name)) as &[u8])),*]
    };
}

const SERVER: Ipv4Addr = Ipv4Addr::new(192, 168, 43, 1);

#[test]
fn what_two_servers_answer_three_clients() {
    let answers = golden!(
        "dhclient-dnsmasq-offer",
        "dhclient-dnsmasq-ack",
        "udhcpc-dnsmasq-offer",
        "udhcpc-dnsmasq-ack",
        "dhcpcd-dnsmasq-offer",
        "dhcpcd-dnsmasq-ack",
        "dhclient-dhcpd-offer",
        "dhclient-dhcpd-ack",
        "dhcpcd-dhcpd-ack",
    );
    for (name, message) in answers {
        let reply = parse(message).expect(name);
        let kind = if name.ends_with("ack") {
            MessageType::Ack
        } else {
            MessageType::Offer
        };
        assert_eq!(reply.kind, kind, "{name}");
        let address = reply.address.expect(name).octets();
        assert_eq!(address[..3], [192, 168, 43], "{name}");
        assert!((100..=110).contains(&address[3]), "{name}");
        assert_eq!(
            (reply.server, reply.prefix),
            (Some(SERVER), Some(24)),
            "{name}"
        );
        assert_eq!(reply.routers, [SERVER], "{name}");
        // dhcpcd, without its configuration, asks for no name servers.
        let first = (!name.starts_with("dhcpcd")).then_some(Ipv4Addr::new(9, 9, 9, 9));
        assert_eq!(reply.dns.first().copied(), first, "{name}");
        assert_eq!(reply.lease_s, Some(3600), "{name}");
    }
}

/// dhclient asked for the address of another network.
#[test]
fn two_servers_refuse() {
    for (name, message) in golden!("dhclient-dnsmasq-nak", "dhclient-dhcpd-nak") {
        let reply = parse(message).expect(name);
        assert_eq!(
            (reply.kind, reply.server),
            (MessageType::Nak, Some(SERVER)),
            "{name}"
        );
        assert_eq!(reply.address, None, "{name}");
    }
}

/// What decides in a question, and whether it is there: RFC 2131, table 5.
fn shape(message: &[u8]) -> [bool; 5] {
    let options = Options::of(message).expect("options");
    [
        message[12..16] != [0; 4],
        options.has(code::REQUESTED_ADDRESS),
        options.has(code::SERVER),
        options.has(code::CLIENT),
        options.has(code::PARAMETERS),
    ]
}

/// Messages of this program have what theirs have, and no more, but for a client identifier,
/// which they always have.
#[test]
fn our_questions_have_the_shape_of_theirs() {
    let ours = |kind, ciaddr: bool, requested: bool, server: bool| {
        let ask = Ask {
            kind,
            xid: 7,
            secs: 0,
            mac: Mac([2, 0, 0, 0, 0, 0x10]),
            broadcast: false,
            ciaddr: ciaddr.then_some(SERVER),
            requested: requested.then_some(SERVER),
            server: server.then_some(SERVER),
            client: &[255, 1],
            host_name: None,
            rapid_commit: false,
        };
        let mut out = [0; MAX_ASK];
        let length = ask.write(&mut out);
        shape(&out[..length])
    };
    let selecting = golden!(
        "dhclient-dnsmasq-request",
        "udhcpc-dnsmasq-request",
        "dhcpcd-dnsmasq-request",
        "dhclient-dhcpd-request",
    );
    for (name, message) in selecting {
        let mut theirs = shape(message);
        theirs[3] = true;
        assert_eq!(
            theirs,
            ours(MessageType::Request, false, true, true),
            "{name}"
        );
    }
    for (name, message) in golden!("udhcpc-dnsmasq-discover", "dhcpcd-dnsmasq-discover") {
        let mut theirs = shape(message);
        theirs[3] = true;
        assert_eq!(
            theirs,
            ours(MessageType::Discover, false, false, false),
            "{name}"
        );
    }
}

/// Clients' questions are no answers.
#[test]
fn questions_are_none_for_us() {
    for (name, message) in golden!("dhclient-dnsmasq-discover", "dhcpcd-dhcpd-request") {
        assert_eq!(parse(message), Err(Malformed::Kind), "{name}");
    }
}
