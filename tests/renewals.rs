//! Ten thousand renewals of both kinds of lease, on an invented clock: the engine that did
//! them holds no more memory than before.
//!
//! Not in the emulated machine: the engine asks neither kernel nor clock.
#![cfg(not(target_env = "musl"))]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use wifibond::config;
use wifibond::engine::contract::action::{Action, Scope};
use wifibond::engine::contract::event::Event;
use wifibond::engine::dhcp4::{Identity, iaid};
use wifibond::engine::observed::{Address, Index};
use wifibond::engine::{Engine, fake_kernel};
use wifibond::wire::{dhcp4, dhcp6};

/// Counts what is held and what was ever asked for.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static ASKED: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        ASKED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const FILE: &[u8] = br#"{
    "country": "BE",
    "wifi": [ { "ssid": "Hotspot", "passphrase": "correct horse" } ],
    "bond": { "members": ["wlan0"], "ipv6": { "mode": "dhcp" } },
    "links": []
}"#;
const DUID: [u8; 10] = [0, 3, 0, 1, 2, 0, 0, 0, 0, 0x1f];
const WLAN0: Index = 2;
/// Of both leases: renewed at half of it.
const SECONDS: u32 = 1_000;

/// The answers of both servers, in one buffer each time.
struct Servers {
    buffer: [u8; 600],
    renewals: [usize; 2],
}

impl Servers {
    /// An OFFER or an ACK to this question.
    fn answer4(&mut self, question: &[u8]) -> &[u8] {
        let kind = question[242];
        self.renewals[0] += usize::from(kind == 3);
        let answer = if kind == 1 { 2 } else { 5 };
        self.buffer = [0; 600];
        self.buffer[..3].copy_from_slice(&[2, 1, 6]);
        self.buffer[4..8].copy_from_slice(&question[4..8]);
        self.buffer[16..20].copy_from_slice(&[192, 168, 43, 101]);
        self.buffer[28..34].copy_from_slice(&question[28..34]);
        let [a, b, c, d] = SECONDS.to_be_bytes();
        let options = [
            99, 130, 83, 99, 53, 1, answer, 54, 4, 192, 168, 43, 1, 1, 4, 255, 255, 255, 0, 3, 4,
            192, 168, 43, 1, 6, 4, 9, 9, 9, 9, 51, 4, a, b, c, d, 255,
        ];
        self.buffer[236..236 + options.len()].copy_from_slice(&options);
        &self.buffer[..236 + options.len()]
    }

    fn answer6(&mut self, question: &[u8]) -> &[u8] {
        self.renewals[1] += usize::from(question[0] == 5);
        let mut at = 0;
        let buffer = &mut self.buffer;
        let mut put = |bytes: &[u8]| {
            buffer[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        };
        put(&[
            7,
            question[1],
            question[2],
            question[3],
            0,
            2,
            0,
            3,
            0,
            3,
            9,
        ]);
        put(&[0, 1, 0, DUID.len() as u8]);
        put(&DUID);
        put(&[0, 14, 0, 0, 0, 3, 0, 40]);
        put(&iaid("bond0").to_be_bytes());
        put(&[0; 8]);
        put(&[
            0, 5, 0, 24, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5,
        ]);
        put(&SECONDS.to_be_bytes());
        put(&SECONDS.to_be_bytes());
        let length = at;
        &self.buffer[..length]
    }
}

/// Every step, with the servers' answers.
fn run(engine: &mut Engine, now: u64, servers: &mut Servers) {
    for _ in 0..200 {
        let Some(action) = engine.next(now) else {
            return;
        };
        let asked = action.clone();
        if let Action::SendDhcp4 { link } = asked {
            let mut out = [0; dhcp4::MAX_ASK];
            let question = engine.dhcp4_message(now, "bond0", false, &mut out);
            let (length, _) = question.expect("a message");
            fake_kernel::perform(engine, now, action);
            let message = servers.answer4(&out[..length]);
            engine.handle(now, Event::Dhcp4 { link, message });
        } else if let Action::SendDhcp6 { link } = asked {
            let mut out = [0; dhcp6::MAX_ASK];
            let length = engine.dhcp6_message(now, "bond0", false, &mut out);
            fake_kernel::perform(engine, now, action);
            let message = servers.answer6(&out[..length.expect("a message")]);
            engine.handle(now, Event::Dhcp6 { link, message });
        } else {
            fake_kernel::perform(engine, now, action);
        }
    }
    panic!("never comes to rest");
}

#[test]
fn ten_thousand_renewals_hold_no_more_memory() {
    let config = config::parse(FILE).expect("a good file");
    let mut engine = Box::new(Engine::new(&config));
    engine.set_identity(Identity {
        duid: DUID.iter().copied().collect(),
        host_name: "wall".try_into().expect("a name"),
    });
    let mut servers = Servers {
        buffer: [0; 600],
        renewals: [0; 2],
    };
    let mut now = 1_000;
    engine.handle(now, Event::DumpBegins(Scope::All));
    engine.handle(now, Event::Link(fake_kernel::plain(WLAN0, "wlan0", true)));
    engine.handle(now, Event::DumpEnds(Scope::All));
    engine.handle(now, Event::Done(Action::Resync(Scope::All), Ok(())));
    run(&mut engine, now, &mut servers);
    let bond = engine.observed().by_name("bond0").expect("a bond").index;
    let own = Address {
        link: bond,
        net: config::IpNet {
            address: "fe80::1".parse().expect("an address"),
            prefix: 64,
        },
        protocol: 3,
        metric: 0,
        tentative: false,
        duplicate: false,
    };
    engine.handle(now, Event::Address(own));
    fake_kernel::join(&mut engine, now, WLAN0);
    run(&mut engine, now, &mut servers);

    let mut before = None;
    while servers.renewals.iter().any(|count| *count < 10_000) {
        let next = engine.poll_at(now).expect("a renewal is due some time");
        assert!(next > now, "it spins");
        now = next;
        engine.tick(now);
        run(&mut engine, now, &mut servers);
        if before.is_none() && servers.renewals.iter().all(|count| *count > 10) {
            before = Some((HELD.load(Ordering::Relaxed), ASKED.load(Ordering::Relaxed)));
        }
    }
    let after = (HELD.load(Ordering::Relaxed), ASKED.load(Ordering::Relaxed));
    // Not only no growth: none is asked for at all.
    assert_eq!(before, Some(after), "octets held, times asked");
    assert!(now > 10_000 * 400_000, "years of it");
    let lease = engine
        .dhcp4("bond0")
        .and_then(|client| client.lease.as_ref());
    assert!(lease.is_some_and(|lease| lease.until > now));
    let inet6 = engine.inet6("bond0").expect("IPv6");
    assert!(inet6.client.lease.as_ref().is_some_and(|l| l.until > now));
}
