//! Messages about links, addresses and routes.
use super::*;
use crate::config::{IfName, Mac};
use crate::engine::observed::{Address, Facts, KernelRoute, Kind, Link, Mii, OUR_PROTOCOL};
use crate::engine::observed::{Oper, Port, RouterFlags};

fn link(datagram: &[u8]) -> Link {
    match one(datagram) {
        Event::Link(link) => link,
        other => panic!("{other:?}"),
    }
}

const MAC0: Mac = Mac([2, 0, 0, 0, 0, 0x10]);
const MAC1: Mac = Mac([2, 0, 0, 0, 0, 0x11]);

fn member(index: u32, name: &str, mac: Mac, active: bool) -> Link {
    Link {
        index,
        name: IfName::try_from(name).unwrap(),
        mac: Some(mac),
        permanent_mac: Some(mac),
        up: true,
        carrier: true,
        oper: Oper::Up,
        master: Some(2),
        kind: Kind::Plain,
        port: Some(Port {
            active,
            mii: Mii::Up,
            failures: 0,
            permanent_mac: Some(mac),
        }),
        ours: false,
        usb_port: None,
        hardware: true,
        router: RouterFlags::default(),
        facts: Facts::default(),
    }
}

#[test]
fn a_bond_and_its_members() {
    let Ok([Event::Link(lo), Event::Link(bond)]) =
        <[_; 2]>::try_from(read(golden!("dump-links-1")))
    else {
        panic!("two links")
    };
    assert_eq!((lo.index, lo.name.as_str(), lo.mac), (1, "lo", None));
    assert_eq!((lo.kind, lo.oper), (Kind::Plain, Oper::Unknown));
    let expected = Link {
        kind: Kind::Bond(bond_options()),
        permanent_mac: None,
        master: None,
        port: None,
        ours: true,
        hardware: false,
        ..member(2, "bond0", MAC0, false)
    };
    assert_eq!(bond, expected);
    let Ok([Event::Link(first), Event::Link(second)]) =
        <[_; 2]>::try_from(read(golden!("dump-links-2")))
    else {
        panic!("two links")
    };
    assert_eq!(first, member(3, "wlan0", MAC0, true));
    assert_eq!(second, member(4, "wlan1", MAC1, false));
}

#[test]
fn a_member_is_taken_in_and_left_out() {
    let dormant = link(golden!("member-dormant"));
    assert_eq!((dormant.carrier, dormant.oper), (true, Oper::Dormant));
    assert!(!dormant.port.unwrap().active);
    let left = link(golden!("member-left"));
    assert_eq!((left.master, left.port), (None, None));
    assert_eq!((left.carrier, left.oper), (true, Oper::Up));
}

#[test]
fn other_kinds_of_links() {
    assert_eq!(link(golden!("bridge-new")).kind, Kind::Bridge);
    let veth = link(golden!("veth-new"));
    assert_eq!(veth.kind, Kind::Other("veth".try_into().unwrap()));
    assert_eq!(
        (veth.up, veth.carrier, veth.oper),
        (false, false, Oper::Down)
    );
}

#[test]
fn only_a_link_that_has_gone_is_gone() {
    assert!(matches!(
        read(golden!("link-gone"))[..],
        [Event::LinkGone(7)]
    ));
    assert!(matches!(
        read(golden!("bond-gone"))[..],
        [Event::LinkGone(2)]
    ));
    for silent in [
        golden!("wireless-event"),
        golden!("bridge-port"),
        golden!("bridge-port-left"),
    ] {
        assert!(read(silent).is_empty());
    }
}

#[test]
fn a_usb_adapter_has_its_port() {
    let mut bytes = golden!("member-left").to_vec();
    for (kind, text) in [(57u16, &b"usb\0"[..]), (56, b"1-1.2:1.0\0\0\0")] {
        bytes.extend((text.len() as u16 + 4).to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(text);
    }
    let length = u32::try_from(bytes.len()).unwrap();
    bytes[..4].copy_from_slice(&length.to_ne_bytes());
    let link = link(&bytes);
    assert_eq!(link.usb_port.as_deref(), Some("1-1.2"));
    assert!(link.hardware, "a device, and frames of Ethernet");
}

#[test]
fn a_name_that_is_no_text_is_nobodys_and_a_missing_one_an_error() {
    let mut bytes = golden!("veth-new").to_vec();
    let at = bytes.windows(3).position(|three| three == b"v1\0").unwrap();
    bytes[at] = 0xff;
    assert!(read(&bytes).is_empty());
    bytes[at] = 0;
    let frame = frames(&bytes).next().unwrap().unwrap();
    let error = decode(frame.kind, frame.payload).unwrap_err();
    assert_eq!(error, DecodeError::Field("interface name"));
}

fn address(datagram: &[u8]) -> Address {
    match one(datagram) {
        Event::Address(address) => address,
        other => panic!("{other:?}"),
    }
}

#[test]
fn addresses() {
    let ours = Address {
        link: 6,
        net: net("192.0.2.9/24"),
        protocol: OUR_PROTOCOL,
        metric: 0,
        tentative: false,
        duplicate: false,
    };
    assert_eq!(address(golden!("address-ours")), ours);
    assert!(
        matches!(read(golden!("address-gone"))[..], [Event::AddressGone(gone)] if gone == ours)
    );
    // The other end's is 10.1.2.4.
    let peer = address(golden!("address-peer"));
    assert_eq!((peer.net, peer.protocol), (net("10.1.2.3/32"), 0));
    let new = address(golden!("address-tentative"));
    assert_eq!(new.net, net("2001:db8::5/64"));
    assert!(new.tentative && !new.duplicate);
    assert!(!address(golden!("address-ready")).tentative);
    assert_eq!(read(golden!("dump-addresses-4")).len(), 2);
    assert_eq!(read(golden!("dump-addresses-6")).len(), 2);
}

#[test]
fn routes() {
    for (datagram, to, via, metric) in [
        (golden!("route-default-4"), "0.0.0.0/0", "192.0.2.1", 700),
        (golden!("route-on-link-4"), "198.51.100.0/24", "", 0),
        (golden!("route-default-6"), "::/0", "fe80::1", 700),
        (
            golden!("route-gateway-6"),
            "2001:db8:1::/48",
            "2001:db8::1",
            50,
        ),
    ] {
        let expected = KernelRoute {
            link: 6,
            route: route(to, via, metric),
            protocol: OUR_PROTOCOL,
        };
        assert!(matches!(read(datagram)[..], [Event::Route(route)] if route == expected));
    }
    assert!(matches!(
        read(golden!("route-gone"))[..],
        [Event::RouteGone(KernelRoute { link: 6, .. })]
    ));
}

#[test]
fn routes_that_cannot_be_ours_are_passed_over() {
    for datagram in [
        golden!("route-other-table"),
        golden!("route-multipath-4"),
        golden!("route-multipath-6"),
        golden!("route-via-6"),
        golden!("route-tos"),
        golden!("route-from-6"),
        golden!("route-blackhole"),
    ] {
        assert!(read(datagram).is_empty());
    }
    // Of seven and of four: the local table and the broadcasts are left out.
    let v4 = read(golden!("dump-routes-4"));
    let connected = KernelRoute {
        link: 2,
        route: Route {
            src: "192.168.43.150".parse().ok(),
            ..route("192.168.43.0/24", "", 0)
        },
        protocol: 2,
    };
    assert!(matches!(v4[..], [Event::Route(_), Event::Route(found)] if found == connected));
    assert_eq!(read(golden!("dump-routes-6")).len(), 1);
}
