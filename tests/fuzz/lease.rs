//! Drives a DHCPv4 client through its states: time, carriers and answers of every kind in
//! any order, in networks of several names. Asserts that it only ever goes where RFC 2131's figure 5
//! (and our `Confirming`) lets it.
use wifibond::config::{Mac, Ssid};
use wifibond::engine::dhcp::v4::{Client, FILE_BYTES, State};
use wifibond::engine::dhcp::{Need, Protocol, Readiness};
use wifibond::engine::observed::{Attachment, Neighbour};
use wifibond::engine::random::Random;
use wifibond::engine::time::{Instant, Millis};
use wifibond::wire::dhcp4::parse;

/// Steps are made of these octets; what is left over at the end is no step.
const STEP: usize = 8;

pub fn drive(input: &[u8]) {
    let mut random = Random::new(1);
    let mut client = Client::new("bond0".try_into().unwrap());
    let mut now = Instant::from_ms(1_000);
    for step in input.as_chunks::<STEP>().0 {
        match step[0] % 7 {
            0 => now += Millis(u64::from(step[1]) << (step[2] % 24)),
            1 => now = client.poll_at().unwrap_or(now).max(now),
            2 => {
                let link = Readiness {
                    ready: step[2] % 4 != 3,
                    need: Need::Address,
                    attachment: (step[1] > 0).then_some(Attachment {
                        adapter: u32::from(step[1]),
                        join: u32::from(step[3] % 2),
                    }),
                    gateway: (step[4] > 0).then_some(Neighbour {
                        address: [10, 0, 0, 1].into(),
                        mac: Mac([2, 0, 0, 0, 0, step[4]]),
                    }),
                    network: match step[5] % 4 {
                        0 => None,
                        1 => Some(Ssid::new()),
                        _ => Ssid::from_slice(&step[5..6]).ok(),
                    },
                };
                client.set_ready(now, &link, &mut random);
            }
            3 => answer(&mut client, now, step, &mut random),
            4 => client.renew_now(now, &mut random),
            5 => {
                let claimed = [10, 0, step[1] % 4, step[2]];
                client.claimed(now, claimed.into(), &mut random);
            }
            _ if client.lease().is_some() => client.released(now),
            _ => {}
        }
        client.tick(now, &mut random);
        check(&client);
        // A question is followed by a wait: never two at one time.
        // (A DECLINE goes before it.)
        for _ in 0..2 {
            if client.is_due(now) {
                client.sent(now, &mut random);
            }
        }
        assert!(!client.is_due(now), "{:?}", client.state());
        while client.arp_packet(now).is_some() {
            client.arp_sent();
        }
        check(&client);
        if let Some(at) = client.poll_at() {
            assert!(at > now, "{:?} would spin", client.state());
        }
    }
}

fn answer(client: &mut Client, now: Instant, step: &[u8; STEP], random: &mut Random) {
    let [_, kind, bits, a, b, server, lease, renew] = *step;
    let mut message = vec![0; 236];
    message[..3].copy_from_slice(&[2, 1, 6]);
    let xid = client.xid ^ u32::from(bits & 1);
    message[4..8].copy_from_slice(&xid.to_be_bytes());
    message[16..20].copy_from_slice(&[10, 0, a % 4, b]);
    message.extend([99, 130, 83, 99, 53, 1, [2, 5, 6][usize::from(kind % 3)]]);
    if bits & 2 == 0 {
        message.extend([54, 4, 10, 0, 0, server % 3]);
    }
    if bits & 4 == 0 {
        message.extend([51, 4, 0, 0, lease, b]);
        message.extend([58, 4, 0, 0, renew, a]);
    }
    if bits & 8 == 0 {
        message.extend([80, 0]);
    }
    message.push(255);
    let reply = parse(&message).expect("an answer");
    let before = client.state();
    client.receive(now, &reply, &message, random);
    let after = client.state();
    let legal = match (before, after) {
        (State::Idle, State::Idle)
        | (State::Released, State::Released)
        | (State::Bound, State::Bound) => true,
        (State::Idle | State::Released | State::Bound, _) => false,
        (State::Selecting { .. } | State::Searching { .. }, State::Requesting { .. }) => true,
        // Refused what another server offered, while the lease in use is due.
        (State::Requesting { .. }, State::Renewing { .. } | State::Rebinding { .. }) => true,
        (_, State::Bound | State::Selecting { .. }) => true,
        // Refused what it had in this network, while the lease of another one is in use.
        (State::Rebooting { .. }, State::Searching { .. }) => true,
        // Refused by the server of another lease.
        (_, State::Rebooting { .. }) => true,
        (before, after) => core::mem::discriminant(&before) == core::mem::discriminant(&after),
    };
    assert!(legal, "{before:?} -> {after:?}");
    // Somebody else's answer changes nothing.
    assert!(bits & 1 == 0 || before == after);
}

fn check(client: &Client) {
    let has = client.lease().is_some();
    match client.state() {
        State::Idle => {}
        State::Released | State::Selecting { .. } => {
            assert!(!has, "{:?} with a lease", client.state())
        }
        // With one, of another network.
        State::Rebooting { .. } | State::Requesting { .. } => {}
        State::Bound
        | State::Confirming { .. }
        | State::Searching { .. }
        | State::Renewing { .. }
        | State::Rebinding { .. } => {
            assert!(has, "{:?} without a lease", client.state());
        }
    }
    let mut file = String::new();
    client.write_leases(&mut file).expect("room");
    assert!(file.len() <= FILE_BYTES);
    if let Some(lease) = client.lease() {
        assert!(lease.renew <= lease.rebind && lease.rebind <= lease.until);
        assert!(client.waiting_since.is_none());
    }
}
