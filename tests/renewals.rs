//! Ten thousand renewals of both kinds of lease, on an invented clock: the engine that did
//! them holds no more memory than before.
//!
//! Not in the emulated machine: the engine asks neither kernel nor clock.
#![cfg(not(target_env = "musl"))]

mod scene;

use scene::{Memory, Servers, run};
use wifibond::engine::contract::content::Content;
use wifibond::engine::contract::event::Event;
use wifibond::engine::fake_kernel;
use wifibond::engine::observed::Index;
use wifibond::engine::time::Instant;

const FILE: &[u8] = br#"{
    "country": "BE",
    "wifi": [ { "ssid": "Hotspot", "passphrase": "correct horse" } ],
    "health": { "probe": "off" },
    "bond": { "members": ["wlan0"], "ipv6": { "mode": "dhcp" } },
    "links": []
}"#;
const WLAN0: Index = 2;

#[test]
fn ten_thousand_renewals_hold_no_more_memory() {
    let (mut servers, mut content) = (Servers::new(1_000), Content::new());
    let mut now = Instant::from_ms(1_000);
    let mut engine = scene::start(FILE, now, &[fake_kernel::plain(WLAN0, "wlan0", true)]);
    run(&mut engine, &mut content, now, &mut servers);
    let bond = engine.observed().by_name("bond0").expect("a bond").index;
    engine.handle(now, Event::Address(scene::link_local(bond)));
    fake_kernel::join(&mut engine, now, WLAN0);
    run(&mut engine, &mut content, now, &mut servers);

    let mut before = None;
    while servers.renewals.iter().any(|count| *count < 10_000) {
        let next = engine.poll_at(now).expect("a renewal is due some time");
        assert!(next > now, "it spins");
        now = next;
        engine.tick(now);
        run(&mut engine, &mut content, now, &mut servers);
        if before.is_none() && servers.renewals.iter().all(|count| *count > 10) {
            before = Some(Memory::now());
        }
    }
    // Not only no growth: none is asked for at all.
    assert_eq!(before, Some(Memory::now()));
    assert!(now.as_ms() > 10_000 * 400_000, "years of it");
    let lease = engine.dhcp4("bond0").and_then(|client| client.lease());
    assert!(lease.is_some_and(|lease| lease.until > now));
    let client = engine.dhcp6("bond0").expect("a client");
    assert!(client.lease.as_ref().is_some_and(|l| l.until > now));
}
