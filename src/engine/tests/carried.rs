//! What actions carry, and what people ask for.
use super::server::{LEASE, ServerBehaviour};
use super::*;
use crate::engine::contract::content::CONTENT_BYTES;
use crate::wire::Family;
use crate::wire::control::Leases;

/// The longest of everything, in as many networks as there may be.
fn longest() -> Config {
    let text = |letter: &str| letter.repeat(128);
    let path = || Path::try_from(text("/").as_str()).ok();
    let eap = Eap {
        method: EapMethod::Ttls,
        inner: EapInner::MsChapV2,
        identity: text("i").as_str().try_into().unwrap(),
        anonymous_identity: text("a").as_str().try_into().ok(),
        password: text("p").as_str().try_into().ok().map(Secret::new),
        ca_cert: path(),
        domain: DnsName::try_from("d".repeat(253).as_str()).ok(),
        client_cert: path(),
        private_key: path(),
    };
    let mut ssid = Ssid::new();
    while ssid.push(b'x').is_ok() {}
    let network = Network {
        ssid,
        key: Key::Eap(eap),
        security: Security::Eap,
        priority: 255,
        hidden: true,
        bssid: Some(Mac([0xff; 6])),
        members: Default::default(),
    };
    let mut config = config();
    config.wifi.clear();
    while config.wifi.push(network.clone()).is_ok() {}
    config
}

#[test]
fn the_longest_file_of_wpa_supplicant_finds_room() {
    let wlan0 = plain(WLAN0, "wlan0", true);
    let mut world = World::read(Engine::new(&longest(), 7), [wlan0]);
    world.run_until(|action| matches!(action, Action::Supplicant(..)));
    let file = world.content.bytes();
    assert!(file.ends_with(b"}\n"));
    assert!(
        (CONTENT_BYTES / 2..CONTENT_BYTES).contains(&file.len()),
        "{} octets",
        file.len()
    );
    let is_wanted = |file: &[u8]| world.engine.is_wanted_file(WLAN0, file);
    assert!(is_wanted(file));
    assert!(!is_wanted(&file[..file.len() - 1]));
    assert!(!is_wanted(&[file, b"\n"].concat()));
}

#[test]
fn what_is_released_goes_back_by_the_next_steps_and_nothing_later_does() {
    let mut config = config();
    config.links.clear();
    config.bond.ip = IpBlock::default();
    let mut world = World::with_server(Engine::new(&config, 7), ServerBehaviour::Answers);
    world.join(WLAN0);
    assert!(world.bond_has(LEASE));
    world.kinds();
    for (family, count) in [(Family::V6, 0), (Family::V4, 1)] {
        let leases = Leases {
            link: Some("bond0"),
            family: Some(family),
        };
        assert_eq!(world.engine.releasable(leases), count);
        world.tell(Event::Release(leases));
        assert_eq!(world.bond_has(LEASE), count == 0);
    }
    assert_eq!(world.kinds(), [7], "one DHCPRELEASE");
    let leases = Leases::default();
    assert_eq!(world.engine.releasable(leases), 0);
    assert_eq!(world.engine.renewable(leases), 1);
    world.tell(Event::Renew(leases));
    world.wait(60_000);
    assert!(world.bond_has(LEASE));
    assert!(!world.kinds().contains(&7));
}

/// Two cables with a lease each.
fn two_leases() -> World {
    let mut config = config();
    config.links.clear();
    config.bond.members.clear();
    config.bond.primary = None;
    for name in ["eth0", "eth1"] {
        let entry = crate::config::Link {
            name: Matcher::Name(super::name(name)),
            wired_auth: None,
            ip: IpBlock::default(),
        };
        config.links.push(entry).unwrap();
    }
    let adapters = [(ETH0, "eth0", false), (ETH1, "eth1", false)];
    let mut world = World::begin(Engine::new(&config, 7), &adapters);
    world.server.behaviour = ServerBehaviour::Answers;
    world.join(ETH0);
    world.join(ETH1);
    world.wait(1_000);
    world
}

const ETH1: Index = ETH0 + 1;

#[test]
fn two_releases_in_one_wake_up_both_go_back() {
    let mut world = two_leases();
    assert_eq!(world.engine.releasable(Leases::default()), 2);
    world.kinds();
    for link in ["eth0", "eth1"] {
        let leases = Leases {
            link: Some(link),
            family: None,
        };
        assert_eq!(world.engine.releasable(leases), 1);
        world.handle(Event::Release(leases));
    }
    world.run();
    assert_eq!(world.kinds(), [7, 7]);
}

#[test]
fn a_release_does_not_wait_because_the_one_before_failed() {
    let mut config = config();
    config.links.clear();
    config.bond.ip = IpBlock::default();
    let mut world = World::with_server(Engine::new(&config, 7), ServerBehaviour::Answers);
    world.join(WLAN0);
    world.wait(30_000);
    let is_release =
        |action: &Action| matches!(action.packet(), Some(Packet::Dhcp { release: true, .. }));
    for _ in 0..2 {
        world.handle(Event::Release(Leases::default()));
        world.run_with(|action| match is_release(action) {
            true => Outcome::Fails(failure(101, "network is unreachable")),
            false => Outcome::Works,
        });
        world.tell(Event::Renew(Leases::default()));
        assert!(world.bond_has(LEASE));
    }
    assert_eq!(world.engine.releasable(Leases::default()), 1);
    world.take();
    world.tell(Event::Release(Leases::default()));
    assert_eq!(world.take().iter().filter(|a| is_release(a)).count(), 1);
    world.wait(10_000);
    assert_eq!(world.take().iter().filter(|a| is_release(a)).count(), 0);
}

#[test]
fn a_round_of_announcements_ends_though_its_addresses_go() {
    let mut world = World::usual();
    let bond = world.bond().0;
    let mut other = link_local(bond);
    other.net.address = "fe80::2".parse().unwrap();
    world.tell(Event::Address(link_local(bond)));
    world.tell(Event::Address(other));
    world.join(WLAN0);
    world.join(WLAN1);
    world.wait(60_000);
    world.take();
    let is_one = |action: &Action| matches!(action.packet(), Some(Packet::Announcement { .. }));
    world.cut(WLAN0);
    let action = world.run_until(is_one);
    world.perform(action);
    // What is left of the first round goes; the second one has the address that stays.
    assert_eq!(world.engine.announced_addresses(bond).count(), 3);
    world.handle(Event::AddressGone(other));
    world.tell(Event::AddressGone(link_local(bond)));
    world.take();
    world.wait(5_000);
    let second = world.take().iter().filter(|a| is_one(a)).count();
    assert_eq!(
        (second, world.engine.announced_addresses(bond).count()),
        (1, 1)
    );
}
