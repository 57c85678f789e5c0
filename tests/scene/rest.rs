//! A box at rest: a bond of two adapters that are authorised, a cable, leases of both kinds, and
//! interfaces and routes of other programs.
use super::{Servers, link_local, run, start};
use core::hint::black_box;
use core::net::Ipv4Addr;
use wifibond::config::{IpNet, Route};
use wifibond::engine::Engine;
use wifibond::engine::contract::content::Content;
use wifibond::engine::contract::event::Event;
use wifibond::engine::fake_kernel::{join, plain};
use wifibond::engine::observed::{Address, Index, KernelRoute, Kind, Link};
use wifibond::engine::status::status_line::StatusLine;
use wifibond::engine::time::{Instant, Millis};

const FILE: &[u8] = br#"{
    "country": "BE",
    "wifi": [ { "ssid": "Hotspot", "passphrase": "correct horse" } ],
    "health": { "probe": "off" },
    "bond": { "members": ["wifi:*"], "ipv6": { "mode": "dhcp" } },
    "links": [ { "name": "wired:*", "ipv4": { "metric": 10 } } ]
}"#;
const WLAN0: Index = 2;
const WLAN1: Index = 3;
const ETH0: Index = 4;
/// The first of another program's.
const VETH: Index = 20;
/// For so long nothing is due.
const QUIET: Millis = Millis(20_000);

/// What wakes the daemon up though nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A descriptor whose event is none of the engine's, or a timer of the daemon's own.
    Nothing,
    /// `RTM_NEWLINK` of a member, as it was.
    Member,
    /// `RTM_NEWLINK` of another program's interface, as it was.
    ForeignLink,
    /// `RTM_NEWADDR` of an address that was there.
    Address,
    /// `RTM_NEWROUTE` of another program's route that was there.
    Route,
    /// `RTM_NEWROUTE` on another program's interface.
    ForeignRoute,
}

impl Cause {
    pub const ALL: [Cause; 6] = [
        Cause::Nothing,
        Cause::Member,
        Cause::ForeignLink,
        Cause::Address,
        Cause::Route,
        Cause::ForeignRoute,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Cause::Nothing => "nothing",
            Cause::Member => "member",
            Cause::ForeignLink => "foreign-link",
            Cause::Address => "address",
            Cause::Route => "route",
            Cause::ForeignRoute => "foreign-route",
        }
    }
}

fn veth(index: Index) -> Link {
    Link {
        kind: Kind::Other("veth".try_into().expect("a kind")),
        hardware: false,
        up: true,
        ..plain(index, &format!("veth{index}"), false)
    }
}

fn foreign_route(link: Index, third: u8) -> KernelRoute {
    let to = IpNet {
        address: Ipv4Addr::new(10, 0, third, 0).into(),
        prefix: 24,
    };
    KernelRoute {
        link,
        route: Route::new(to, None, 0),
        protocol: 3,
    }
}

/// An engine at rest, its clock, and what the init system has been told.
pub struct Rest {
    pub engine: Box<Engine>,
    now: Instant,
    content: Content,
    told: StatusLine,
    foreign: Link,
}

impl Rest {
    pub fn begin() -> Rest {
        let mut now = Instant::from_ms(1_000);
        let mut servers = Servers::new(86_400);
        let mut content = Content::new();
        let links = [
            plain(WLAN0, "wlan0", true),
            plain(WLAN1, "wlan1", true),
            plain(ETH0, "eth0", false),
        ];
        let mut engine = start(FILE, now, &links);
        run(&mut engine, &mut content, now, &mut servers);
        let bond = engine.observed().by_name("bond0").expect("a bond").index;
        for link in [bond, ETH0] {
            engine.handle(now, Event::Address(link_local(link)));
        }
        for link in [WLAN0, WLAN1, ETH0] {
            join(&mut engine, now, link);
            run(&mut engine, &mut content, now, &mut servers);
        }
        for link in [WLAN0, WLAN1] {
            let text = "<3>CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:05:00 completed";
            engine.handle(now, Event::Supplicant { link, text });
        }
        for (place, link) in [bond, ETH0].into_iter().cycle().take(20).enumerate() {
            let third = u8::try_from(place).expect("a small number");
            engine.handle(now, Event::Route(foreign_route(link, third)));
        }
        loop {
            run(&mut engine, &mut content, now, &mut servers);
            let next = engine.poll_at(now).expect("a renewal is due some time");
            if next >= now + QUIET {
                break;
            }
            now = next;
            engine.tick(now);
        }
        for index in VETH..VETH + 8 {
            engine.handle(now, Event::Link(veth(index)));
        }
        let mut rest = Rest {
            engine,
            now,
            content,
            told: StatusLine::default(),
            foreign: veth(VETH),
        };
        rest.wake_up(Cause::Nothing);
        rest
    }

    /// That it is as it is said to be.
    pub fn check(&self) {
        let engine = &self.engine;
        assert_eq!(
            self.told.line(),
            "ONLINE through eth0; bond0 stands by on wlan0"
        );
        for name in ["bond0", "eth0"] {
            let client = engine.dhcp4(name).expect("a client");
            assert!(client.lease().is_some(), "{name}");
        }
        let client = engine.dhcp6("bond0").expect("IPv6");
        assert!(client.lease.is_some());
        assert_eq!(engine.supplicants().count(), 2);
        assert!(engine.observed().link(VETH).is_none());
        assert!(engine.refusals().is_empty(), "{:?}", engine.refusals());
        assert!(engine.failing(self.now).next().is_none());
    }

    /// What the daemon does with it. `true`: the init system is told something.
    pub fn wake_up(&mut self, cause: Cause) -> bool {
        self.now += Millis(1);
        let (now, engine) = (self.now, &mut self.engine);
        match cause {
            Cause::Nothing => {}
            Cause::Member => {
                let link = engine.observed().link(WLAN1).expect("a member").clone();
                engine.handle(now, Event::LinkNotified(link));
            }
            Cause::ForeignLink => engine.handle(now, Event::LinkNotified(self.foreign.clone())),
            Cause::Address => {
                let address: Address = *engine.observed().addresses().next().expect("one");
                engine.handle(now, Event::Address(address));
            }
            Cause::Route => engine.handle(now, Event::Route(foreign_route(ETH0, 1))),
            Cause::ForeignRoute => engine.handle(now, Event::Route(foreign_route(VETH, 1))),
        }
        engine.tick(now);
        let step = engine.next(now, &mut self.content);
        assert!(step.is_none(), "{step:?}");
        black_box(engine.poll_at(now));
        self.told.changed(engine).is_some()
    }
}
