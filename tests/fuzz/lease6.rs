//! Drives a DHCPv6 client through its states, as `lease.rs` does with DHCPv4's: only legal
//! steps (RFC 8415, 18.2), never a spin, never a lease in a state that has none.
use wifibond::engine::dhcp::v6::{Client, State};
use wifibond::engine::dhcp::{Need, Protocol, Readiness};
use wifibond::engine::observed::Attachment;
use wifibond::engine::random::Random;
use wifibond::engine::time::{Instant, Millis};
use wifibond::wire::dhcp6::parse;

const STEP: usize = 8;
const IAID: u32 = 1;

pub fn drive(input: &[u8]) {
    let mut random = Random::new(1);
    let mut client = Client::new("bond0".try_into().unwrap());
    let mut now = Instant::from_ms(1_000);
    for step in input.as_chunks::<STEP>().0 {
        match step[0] % 7 {
            0 => now += Millis(u64::from(step[1]) << (step[2] % 24)),
            1 => now = client.poll_at().unwrap_or(now).max(now),
            2 => {
                let need =
                    [Need::Nothing, Need::OtherConfig, Need::Address][usize::from(step[3] % 3)];
                let attachment = (step[1] > 0).then_some(Attachment {
                    adapter: u32::from(step[1]),
                    join: u32::from(step[4] % 2),
                });
                let link = Readiness {
                    ready: step[2] % 4 != 3,
                    need,
                    attachment,
                    gateway: None,
                    network: None,
                };
                client.set_ready(now, &link, &mut random);
            }
            3 => answer(&mut client, now, step, &mut random),
            4 => client.renew_now(now, &mut random),
            5 => {
                client.declined(now, address(step[1], step[2]).into(), &mut random);
            }
            _ if client.lease.is_some() => client.released(now),
            _ => {}
        }
        client.tick(now, &mut random);
        check(&client);
        // A Decline goes before the question, which is followed by a wait.
        for _ in 0..2 {
            if client.is_due(now) {
                client.sent(now, &mut random);
            }
        }
        assert!(!client.is_due(now), "{:?}", client.state());
        client.tick(now, &mut random);
        check(&client);
        if let Some(at) = client.poll_at() {
            assert!(at > now, "{:?} would spin", client.state());
        }
    }
}

fn address(a: u8, b: u8) -> [u8; 16] {
    [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a % 4, b]
}

fn option(code: u16, value: &[u8]) -> Vec<u8> {
    let length = value.len() as u16;
    [&code.to_be_bytes()[..], &length.to_be_bytes(), value].concat()
}

fn answer(client: &mut Client, now: Instant, step: &[u8; STEP], random: &mut Random) {
    let [_, kind, bits, a, b, server, valid, renew] = *step;
    let xid = client.xid ^ u32::from(bits & 1);
    let mut message = vec![[2, 7][usize::from(kind % 2)]];
    message.extend(&xid.to_be_bytes()[1..]);
    message.extend(option(2, &[0, 3, server % 3]));
    message.extend(option(1, &[0, 3, 0, 1]));
    if bits & 2 == 0 {
        let times = [0, 0, valid, 0, 0, 0, valid, b];
        let lent = option(5, &[&address(a, b)[..], &times].concat());
        let status = option(13, &[0, kind / 2 % 7]);
        let inside = [lent, status].concat();
        let times = [0, 0, 0, 1, 0, 0, 0, renew, 0, 0, renew, a];
        message.extend(option(3, &[&times[..], &inside].concat()));
    }
    if bits & 4 == 0 {
        message.extend(option(14, &[]));
    }
    if bits & 8 != 0 {
        message.extend(option(13, &[0, bits / 16]));
    }
    if bits & 16 != 0 {
        message.extend(option(7, &[b]));
    }
    let reply = parse(&message, IAID).expect("an answer");
    let before = client.state();
    client.receive(now, &reply, &message, random);
    let after = client.state();
    let legal = match (before, after) {
        (State::Idle, State::Idle)
        | (State::Released, State::Released)
        | (State::Bound, State::Bound) => true,
        (State::Idle | State::Released | State::Bound, _) => false,
        (State::Renewing(_) | State::Rebinding(_), State::Requesting(_)) => true,
        (State::Informing(_), State::Soliciting(_) | State::Requesting(_)) => false,
        (_, State::Bound | State::Soliciting(_)) => true,
        // A server that says "no binding" to a Request is asked again.
        (State::Soliciting(_) | State::Requesting(_), State::Requesting(_)) => true,
        (before, after) => core::mem::discriminant(&before) == core::mem::discriminant(&after),
    };
    assert!(legal, "{before:?} -> {after:?}");
    assert!(bits & 1 == 0 || before == after, "somebody else's answer");
}

fn check(client: &Client) {
    let lease = client.lease.as_ref();
    match client.state() {
        State::Released => assert!(lease.is_none()),
        State::Bound => assert!(lease.is_some()),
        State::Confirming(_) | State::Renewing(_) | State::Rebinding(_) => {
            assert!(
                lease.is_some_and(|l| !l.held.is_empty()),
                "{:?}",
                client.state()
            );
        }
        // A lease is used to its end while another server is asked.
        State::Idle | State::Soliciting(_) | State::Requesting(_) | State::Informing(_) => {}
    }
    if let Some(lease) = lease {
        assert!(lease.renew <= lease.rebind);
        assert!(lease.held.iter().all(|held| held.preferred <= held.until));
    }
}
