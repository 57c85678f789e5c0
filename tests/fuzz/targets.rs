//! What each fuzz target does with one input. Shared by the fuzzer and by
//! `tests/host/corpus.rs`, which replays the corpora in every test run.
//!
//! A new target: one line in the table, one file in `fuzz_targets/`, one `[[bin]]`, and
//! a folder with seeds in `corpus/`.
use wifibond::config::{self, Mac, Ssid};
use wifibond::engine::contract::action::KernelAction;
use wifibond::engine::contract::event::Event;
use wifibond::engine::dhcp::v4::{self, KeptLeases, MAX_LEASES};
use wifibond::engine::keys::{self, Keys};
use wifibond::engine::places::{FILE_BYTES, Place, Places};
use wifibond::engine::routers::Routers;
use wifibond::engine::time::{Day, Instant};
use wifibond::kernel::{self, REQUEST_BYTES, messages, nl80211};
use wifibond::wire::{arp, certificate, control, neighbour, router, udp4, wpa};

#[path = "lease.rs"]
mod lease;
#[path = "lease6.rs"]
mod lease6;

type Target = fn(&[u8]);

/// Name (also of the folder in `corpus/`) and what is done with an input.
pub const TARGETS: &[(&str, Target)] = &[
    ("arp", read_arp),
    ("certificate", read_certificate),
    ("config", parse_config),
    ("control", parse_control),
    ("dhcp4", read_dhcp4),
    ("dhcp6", read_dhcp6),
    ("lease", lease::drive),
    ("lease6", lease6::drive),
    ("leases", read_leases),
    ("messages", read_messages),
    ("neighbour", read_neighbour),
    ("netlink", read_netlink),
    ("keys", read_keys),
    ("places", read_places),
    ("preseed", read_preseed),
    ("router", read_router),
    ("wpa", parse_wpa),
];

pub fn run(name: &str, input: &[u8]) {
    let (_, target) = TARGETS
        .iter()
        .find(|(known, _)| *known == name)
        .expect("a name of the table");
    target(input);
}

/// A time that is found is one of a four-digit year, and another certificate behind can only be earlier.
fn read_certificate(input: &[u8]) {
    const PEM: &[u8] = include_bytes!("../lab/certificates/ca.pem");
    let begin = certificate::not_before(input);
    assert!(
        begin.is_none_or(|begin| begin < 253_500_000_000),
        "{begin:?}"
    );
    let both = [PEM, b"\n", input].concat();
    if let (Some(both), Some(begin)) = (certificate::not_before(&both), begin) {
        assert!(both <= begin || input.first() == Some(&0x30));
    }
}

/// Any text gives a file of ours or a reason; whatever that file is, it is read.
fn read_preseed(input: &[u8]) {
    let Ok(text) = core::str::from_utf8(input) else {
        return;
    };
    match config::preseed::to_json(text) {
        Ok(json) => parse_config(json.as_bytes()),
        Err(reason) => assert!(!reason.is_empty() && reason.len() < 200),
    }
}

/// Any bytes give a configuration or errors, each with a place, words and a cure, in the order of
/// the file. What worked once works again.
fn parse_config(input: &[u8]) {
    let found = match config::read(input) {
        Ok(config::Good { config, notices }) => {
            assert!(config.wifi.is_empty() || config.country.is_some());
            assert!(config.bond.miimon_ms > 0);
            assert_eq!(
                config.bond.primary.is_none(),
                config.bond.members.is_empty()
            );
            assert_eq!(config::parse_kept(input).as_ref(), Ok(&config));
            notices
        }
        Err(errors) => {
            assert!(!errors.is_empty() && errors.iter().all(|error| !error.cure.is_empty()));
            let mut report = String::new();
            let force = config::InForce::BuiltIn;
            let written = config::report(&mut report, "F", input, &errors, force);
            assert!(written.is_ok() && report.len() < 24 * 1024);
            errors
        }
    };
    assert!(found.len() <= config::MAX_ERRORS);
    let mut last = (1, 1);
    for error in found.iter() {
        assert!((error.line, error.column) >= last && !error.what.is_empty());
        last = (error.line, error.column);
    }
    let mut list = String::new();
    assert!(config::list(&mut list, "F", input, &found).is_ok());
}

/// Any packet is ARP of a sender or not; a reply is one that the filter of its socket passes on.
fn read_arp(input: &[u8]) {
    let sender = arp::sender(input);
    assert!(sender.is_none() || input.len() >= arp::PACKET);
    let Some(reply) = arp::reply(input) else {
        return;
    };
    assert_eq!(sender, Some((reply.from, reply.address)));
    assert_eq!(word(input, arp::OPERATION), arp::IS_REPLY);
    assert_eq!(word(input, arp::SENDER), reply.address.to_bits());
    assert_eq!(input[18..24], reply.to.0);
}

/// Any packet is an answer or not; one is passed on by the filter of its socket. Also with the right
/// checksum, which the fuzzer does not guess.
fn read_neighbour(input: &[u8]) {
    check_neighbour(input);
    let mut packet = input.to_vec();
    if let (Some(field), Some(length)) = (packet.get_mut(42..44), input.get(4..6)) {
        field.fill(0);
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let end = packet.len().min(40 + length);
        let words = packet[8..end].chunks(2).map(|pair| {
            let low = pair.get(1).copied().unwrap_or_default();
            u32::from(u16::from_be_bytes([pair[0], low]))
        });
        let sum = words.sum::<u32>() + length as u32 + 58;
        let sum = (sum & 0xffff) + (sum >> 16);
        let sum = !((sum & 0xffff) + (sum >> 16)) as u16;
        packet[42..44].copy_from_slice(&sum.to_be_bytes());
        check_neighbour(&packet);
    }
}

fn check_neighbour(input: &[u8]) {
    let Some(answer) = neighbour::advertisement(input) else {
        return;
    };
    for (offset, mask, value) in neighbour::IS_ADVERTISEMENT {
        assert_eq!(word(input, offset) & mask, value);
    }
    let target = &input[neighbour::TARGET as usize..][..16];
    assert_eq!(target, answer.address.octets());
    assert!(!answer.address.is_multicast());
    let asked = neighbour::solicitation(answer.address);
    assert_eq!(asked[neighbour::TARGET as usize..], *target);
    assert_eq!(neighbour::advertisement(&asked), None);
    if let Some(to) = answer.to {
        let asked = neighbour::own_solicitation(answer.address, to);
        assert_eq!(asked[8..24], input[24..40], "to where it was asked from");
        assert_eq!(neighbour::advertisement(&asked), None);
    }
}

/// As the kernel compares it.
fn word(packet: &[u8], offset: u32) -> u32 {
    let octets = packet[offset as usize..].first_chunk();
    u32::from_be_bytes(*octets.expect("a whole word"))
}

/// Any packet holds a message for us or none; what is read of it makes sense.
fn read_dhcp4(input: &[u8]) {
    if let Some((_, message)) = udp4::message(input) {
        assert!(message.len() + udp4::HEADERS <= input.len());
    }
    let Ok(reply) = wifibond::wire::dhcp4::parse(input) else {
        return;
    };
    assert!(
        reply
            .address
            .is_none_or(|a| !a.is_unspecified() && !a.is_multicast())
    );
    assert!(reply.prefix.is_none_or(|length| (1..=32).contains(&length)));
    check_names(&reply.search);
    let shown = |c: char| c.is_ascii_graphic() || c == ' ';
    assert!(reply.tftp_server.is_none_or(|name| name.chars().all(shown)));
    assert!(reply.routes.iter().all(|(to, _)| to.prefix <= 32));
}

/// As with DHCPv4; the association is the first one in the message.
fn read_dhcp6(input: &[u8]) {
    let Ok(reply) = wifibond::wire::dhcp6::parse(input, 1) else {
        return;
    };
    assert!(!reply.server.is_empty() && reply.xid <= 0x00ff_ffff);
    for leased in reply
        .association
        .iter()
        .flat_map(|offered| &offered.addresses)
    {
        assert!(leased.preferred_s <= leased.valid_s);
        assert!(!leased.address.is_multicast() && !leased.address.is_unspecified());
    }
    check_names(&reply.search);
}

fn check_names(names: &[config::DnsName]) {
    let known = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    for name in names {
        assert!(!name.is_empty() && name.chars().all(known), "{name:?}");
    }
}

/// Any options of an advertisement come to an end, and hold for no longer than they say.
fn read_router(input: &[u8]) {
    for told in router::options(input) {
        assert!(told.servers.iter().all(|server| !server.is_multicast()));
        check_names(&told.search);
    }
    let mut routers = Routers::default();
    routers.receive(Instant::from_ms(1_000), input);
    routers.receive(Instant::from_ms(2_000), input);
    for _ in 0..20 {
        let Some(at) = routers.poll_at() else {
            return;
        };
        assert!(at > Instant::from_ms(1_000));
        routers.tick(at);
    }
    panic!("never comes to an end");
}

/// Any octets are messages of the kernel, each of plain text that is there, or none.
fn read_messages(input: &[u8]) {
    let plain = |text: &str| text.bytes().all(|c| c.is_ascii_graphic() || c == b' ');
    let lines = || input.split(|octet| *octet == b'\n');
    let mut count = 0;
    for message in messages::messages(input) {
        count += 1;
        assert!(!message.text.is_empty() && plain(message.text));
        assert!(lines().any(|line| line.ends_with(message.text.as_bytes())));
        if let Some(device) = message.device {
            let field = format!(" DEVICE={device}");
            assert!(plain(device) && lines().any(|line| line == field.as_bytes()));
        }
        assert!(
            message
                .radio()
                .is_none_or(|radio| message.text.contains(radio))
        );
        message.known();
    }
    assert!(count <= lines().count());
}

/// A line is a request that is written as it was read, or none.
fn parse_control(input: &[u8]) {
    let Ok(text) = core::str::from_utf8(input) else {
        return;
    };
    if let Some(request) = control::parse(text) {
        let line = request.to_string();
        assert!(!line.contains('\n'));
        assert_eq!(control::parse(&line), Some(request));
    }
    if let Some((_, rest)) = control::parse_answer(text) {
        assert!(text.ends_with(rest));
    }
}

/// Any datagram is messages, each an event, none of ours, or an error; what they name
/// can be asked for.
fn read_netlink(input: &[u8]) {
    let mut length = 0;
    for frame in kernel::frames(input) {
        let Ok(frame) = frame else {
            continue;
        };
        length += 16 + frame.payload.len();
        let _ = kernel::acknowledgement(frame.payload, frame.flags);
        let _ = kernel::Reply::new(frame.seq).take(input, &mut |_| {});
        let _ = nl80211::family(frame.payload);
        let _ = nl80211::mode(frame.payload, 3);
        let _ = nl80211::power_save(frame.payload);
        let _ = nl80211::country(frame.payload);
        let _ = nl80211::inactive_ms(frame.payload);
        let _ = kernel::rfkill::parse(frame.payload);
        let _ = kernel::neighbour::is_connected(frame.kind, frame.payload);
        if let Ok(Some(event)) = kernel::decode(frame.kind, frame.payload) {
            ask_for(&event);
        }
    }
    assert!(length <= input.len());
}

/// A request for what was seen is seen as the same.
fn ask_for(event: &Event<'_>) {
    let action = match event {
        Event::Link(link) => {
            assert!(link.index > 0 && !link.name.is_empty());
            return;
        }
        Event::Address(address) => KernelAction::AddAddress {
            link: address.link,
            net: address.net,
            until: (address.net.prefix % 2 == 0).then_some(Instant::from_ms(77_000)),
            metric: address.metric,
            again: address.tentative,
        },
        Event::Route(route) => KernelAction::AddRoute {
            link: route.link,
            route: route.route,
        },
        _ => return,
    };
    let mut buffer = [0; REQUEST_BYTES];
    let request = kernel::encode(&action, Instant::from_ms(5_000), 1, &mut buffer);
    let frame = kernel::frames(request).next().unwrap().unwrap();
    assert_eq!(frame.payload.len() + 16, request.len());
    match (event, kernel::decode(frame.kind, frame.payload)) {
        (Event::Address(seen), Ok(Some(Event::Address(again)))) => {
            assert_eq!((seen.link, seen.net), (again.link, again.net));
            assert_eq!(seen.metric, again.metric);
        }
        (Event::Route(seen), Ok(Some(Event::Route(again)))) => {
            assert_eq!(seen.link, again.link);
            // The default route goes without its destination.
            if seen.route.to.prefix > 0 {
                assert_eq!(seen.route, again.route);
            }
        }
        (seen, again) => panic!("{seen:?}: {again:?}"),
    }
}

/// Any text of wpa_supplicant is a message; a signal is a plausible one.
fn parse_wpa(input: &[u8]) {
    let Ok(text) = core::str::from_utf8(input) else {
        return;
    };
    if let wpa::Message::Disabled { ssid, .. } = wpa::parse(text) {
        assert!(text.contains(ssid));
    }
    wpa::parse_status(text);
    wpa::parse_packets(text);
    for heard in wpa::heard(text) {
        assert!(heard.ssid.iter().any(|octet| *octet != 0));
        assert!(heard.signal.is_none_or(|dbm| (-120..0).contains(&dbm)));
    }
    if let Some(known) = wpa::parse_capability(text) {
        assert!(!known.all.is_empty() && known.quiet.without(known.all).is_empty());
    }
    if let wpa::Message::Associating { ssid, .. } = wpa::parse(text) {
        wpa::unescape(ssid);
    }
    let changed = match wpa::parse(text) {
        wpa::Message::SignalChanged { signal, .. } => signal,
        _ => None,
    };
    let read = [wpa::parse_signal(text), wpa::parse_average_signal(text)];
    for signal in read.into_iter().chain([changed]).flatten() {
        assert!((-120..0).contains(&signal));
    }
}

/// Any text is a list of keys; what is written of it is read as the same.
fn read_keys(input: &[u8]) {
    let Ok(text) = core::str::from_utf8(input) else {
        return;
    };
    let written = |text: &str| {
        let (mut keys, mut out) = (Keys::default(), String::new());
        keys.read(text);
        keys.write(&mut out).expect("room");
        out
    };
    let once = written(text);
    assert!(once.len() <= keys::FILE_BYTES);
    assert_eq!(written(&once), once);
}

/// Any text is a list of places; what is written of it is read as the same, and another place comes
/// first then.
fn read_places(input: &[u8]) {
    let Ok(text) = core::str::from_utf8(input) else {
        return;
    };
    let written = |text: &str| {
        let (mut places, mut out) = (Places::default(), String::new());
        places.read(text);
        places.write(&mut out).expect("room");
        out
    };
    let once = written(text);
    assert!(once.len() <= FILE_BYTES);
    assert_eq!(written(&once), once);
    let mut places = Places::default();
    places.read(text);
    places.begin_day(Day(u32::from(input.len() as u8) * 100));
    places.joined(Place {
        ssid: Ssid::from_slice(b"aa").expect("room"),
        mhz: 2412,
        adapter: Mac([2, 0, 0, 0, 0, 1]),
        bssid: Some(Mac([2, 0, 0, 0, 1, 1])),
    });
    let mut more = String::new();
    places.write(&mut more).expect("room");
    let first = "6161 2412 02:00:00:00:00:01 02:00:00:00:01:01 ";
    assert!(
        more.lines()
            .nth(1)
            .is_some_and(|line| line.starts_with(first))
    );
    assert!(more.len() <= FILE_BYTES);
    assert_eq!(written(&more), more);
}

/// Any text is a list of leases; what is written of it is read as the same, all of it.
fn read_leases(input: &[u8]) {
    let Ok(text) = core::str::from_utf8(input) else {
        return;
    };
    let mut leases = KeptLeases::default();
    leases.read(text);
    let mut once = String::new();
    leases.write(&mut once).expect("room");
    assert!(once.len() <= v4::FILE_BYTES);
    let count = once.lines().count() - 1;
    assert!(count <= MAX_LEASES && count < text.lines().count().max(1));
    let mut again = KeptLeases::default();
    assert!(again.read(&once));
    let mut twice = String::new();
    again.write(&mut twice).expect("room");
    assert_eq!(twice, once);
}
