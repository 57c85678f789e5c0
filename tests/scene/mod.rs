//! An engine on its fake kernel, with the answers of DHCP servers: what tests and benchmarks
//! of the engine alone share. Not all of them use all of it.
#![allow(dead_code)]

mod memory;
pub mod rest;

pub use memory::Memory;
use wifibond::config::{self, IpNet};
use wifibond::engine::contract::action::{Action, KernelRequest, Packet, ReadRequest, Scope};
use wifibond::engine::contract::content::Content;
use wifibond::engine::contract::event::Event;
use wifibond::engine::contract::packet::Purpose;
use wifibond::engine::dhcp::iaid;
use wifibond::engine::observed::{Address, Index, Link};
use wifibond::engine::time::Instant;
use wifibond::engine::{Engine, fake_kernel};
use wifibond::wire::Family;

pub const DUID: [u8; 10] = [0, 3, 0, 1, 2, 0, 0, 0, 0, 0x1f];

/// The answers of both servers, in one buffer each time.
pub struct Servers {
    /// Of both leases: renewed at half of it.
    seconds: u32,
    buffer: [u8; 600],
    pub renewals: [usize; 2],
}

impl Servers {
    pub fn new(seconds: u32) -> Self {
        Servers {
            seconds,
            buffer: [0; 600],
            renewals: [0; 2],
        }
    }

    /// An OFFER or an ACK to this question, of an address in the link's own network.
    fn answer4(&mut self, link: Index, question: &[u8]) -> &[u8] {
        let kind = question[242];
        self.renewals[0] += usize::from(kind == 3);
        let answer = if kind == 1 { 2 } else { 5 };
        let net = u8::try_from(link).expect("a small number");
        self.buffer = [0; 600];
        self.buffer[..3].copy_from_slice(&[2, 1, 6]);
        self.buffer[4..8].copy_from_slice(&question[4..8]);
        self.buffer[16..20].copy_from_slice(&[192, 168, net, 101]);
        self.buffer[28..34].copy_from_slice(&question[28..34]);
        let [a, b, c, d] = self.seconds.to_be_bytes();
        let options = [
            99, 130, 83, 99, 53, 1, answer, 54, 4, 192, 168, net, 1, 1, 4, 255, 255, 255, 0, 3, 4,
            192, 168, net, 1, 6, 4, 9, 9, 9, 9, 51, 4, a, b, c, d, 255,
        ];
        self.buffer[236..236 + options.len()].copy_from_slice(&options);
        &self.buffer[..236 + options.len()]
    }

    fn answer6(&mut self, name: &str, question: &[u8]) -> &[u8] {
        self.renewals[1] += usize::from(question[0] == 5);
        let mut at = 0;
        let buffer = &mut self.buffer;
        let mut put = |bytes: &[u8]| {
            buffer[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        };
        put(&[7, question[1], question[2], question[3]]);
        put(&[0, 2, 0, 3, 0, 3, 9]);
        put(&[0, 1, 0, DUID.len() as u8]);
        put(&DUID);
        put(&[0, 14, 0, 0, 0, 3, 0, 40]);
        put(&iaid(name).to_be_bytes());
        put(&[0; 8]);
        put(&[0, 5, 0, 24, 0xfd, 0, 0, 0, 0, 0, 0, 0]);
        put(&[0, 0, 0, 0, 0, 0, 0, 5]);
        put(&self.seconds.to_be_bytes());
        put(&self.seconds.to_be_bytes());
        let length = at;
        &self.buffer[..length]
    }
}

/// An engine that has read a machine with these links, and knows who it is.
pub fn start(file: &[u8], now: Instant, links: &[Link]) -> Box<Engine> {
    let config = config::parse(file).expect("a good file");
    let mut engine = Box::new(Engine::new(&config, 0));
    let (duid, host_name) = (&DUID[..], "wall");
    engine.handle(now, Event::Identity { duid, host_name });
    engine.handle(now, Event::DumpBegins(Scope::All));
    for link in links {
        engine.handle(now, Event::Link(link.clone()));
    }
    engine.handle(now, Event::DumpEnds(Scope::All));
    let read = Action::Kernel(KernelRequest::Read(ReadRequest::Tables(Scope::All)));
    engine.handle(now, Event::Done(read, Ok(())));
    engine
}

/// The address that the kernel makes for IPv6 on a link.
pub fn link_local(link: Index) -> Address {
    Address {
        link,
        net: IpNet {
            address: "fe80::1".parse().expect("an address"),
            prefix: 64,
        },
        protocol: 3,
        metric: 0,
        tentative: false,
        duplicate: false,
    }
}

/// Every step, with the servers' answers.
pub fn run(engine: &mut Engine, content: &mut Content, now: Instant, servers: &mut Servers) {
    for _ in 0..200 {
        let Some(action) = engine.next(now, content) else {
            return;
        };
        let event = match &action {
            Action::Send {
                link,
                name,
                packet: Packet::Dhcp { family, .. },
            } => {
                let (purpose, message) = match family {
                    Family::V4 => (Purpose::Dhcp4, servers.answer4(*link, content.bytes())),
                    Family::V6 => (Purpose::Dhcp6, servers.answer6(name, content.bytes())),
                };
                Event::Received {
                    link: *link,
                    purpose,
                    message,
                }
            }
            _ => Event::Time,
        };
        fake_kernel::perform(engine, now, action);
        engine.handle(now, event);
    }
    panic!("never comes to rest");
}
