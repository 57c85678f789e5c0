//! What the start took.
use super::*;
use crate::engine::contract::event::Start;
use crate::engine::tests::world::IDENTITY;

fn begun(world: &mut World, at: u64) {
    world.handle(Event::Began(Instant::from_ms(at)));
}

#[test]
fn each_stage_of_the_start_is_shown() {
    let mut world = World::unread(Engine::new(&config(), 7));
    world.engine.handle(Instant::ZERO, IDENTITY);
    begun(&mut world, 990);
    let read = world.next().expect("the first read");
    world.now = 1_000;
    world.handle(Event::DumpBegins(Scope::All));
    world.handle(Event::Link(plain(WLAN0, "wlan0", true)));
    world.handle(Event::DumpEnds(Scope::All));
    world.succeed(read);
    world.now = 1_040;
    world.run();
    let start = world.status().start.unwrap();
    assert_eq!((start.program_ms, start.adapter_ms), (Some(10), Some(40)));
    assert_eq!((start.search_ms, start.online_ms), (None, None));
    let page = |world: &World| status::text::page(&world.engine, None, world.at()).to_string();
    assert!(!page(&world).contains("after the start"));
    world.now = 1_300;
    let trying =
        "<3>SME: Trying to authenticate with 02:00:00:00:05:00 (SSID='Hotspot' freq=2412 MHz)";
    world.handle(Event::Supplicant {
        link: WLAN0,
        text: trying,
    });
    world.now = 1_335;
    world.handle(Event::Supplicant {
        link: WLAN0,
        text: "<3>CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:05:00 completed",
    });
    world.join(WLAN0);
    world.now = 5_000;
    world.tick_at(5_000);
    let page = page(&world);
    let wanted = "online 345 ms after the start: program 10 ms, adapter up 40 ms, search 260 ms, association 35 ms, address 0 ms";
    let page: Vec<&str> = page.split_whitespace().collect();
    assert!(page.join(" ").contains(wanted), "{page:?}");
    // A loss afterwards changes nothing.
    world.lose(WLAN0);
    assert_eq!(world.status().start.unwrap().online_ms, Some(345));
}

#[test]
fn of_a_network_that_was_up_no_start_is_measured() {
    taken_over(true);
}

#[test]
fn nor_of_one_that_was_joined_and_had_no_address_yet() {
    taken_over(false);
}

fn taken_over(addressed: bool) {
    let mut usual = World::usual();
    usual.join(WLAN0);
    let links: Vec<_> = usual.engine.observed().links().cloned().collect();
    let addresses: Vec<_> = usual.engine.observed().addresses().cloned().collect();
    let mut world = World::unread(Engine::new(&config(), 7));
    begun(&mut world, 990);
    let read = world.next().expect("the first read");
    world.handle(Event::DumpBegins(Scope::All));
    links
        .into_iter()
        .for_each(|link| world.handle(Event::Link(link)));
    for address in addresses.into_iter().filter(|_| addressed) {
        world.handle(Event::Address(address));
    }
    world.handle(Event::DumpEnds(Scope::All));
    world.succeed(read);
    for link in [WLAN0, WLAN1] {
        world.handle(Event::SupplicantStarted {
            link,
            how: Start::Adopted { current: true },
        });
        world.handle(Event::Supplicant {
            link,
            text: "<3>CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:05:00 completed",
        });
    }
    world.run();
    assert!(world.status().start.is_none());
}
