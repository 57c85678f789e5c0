//! What waits after a driver did not answer in time, and what does not.
use super::slow::{hanging, problems, up};
use super::*;
use crate::engine::slow::{LATE, PUT_OFF};

/// Both members carry on, and the driver of one has hung before.
fn slow_member() -> World {
    let mut world = World::both();
    world.tell(was_slow(WLAN0, 1));
    world.take();
    world
}

fn rest(world: &mut World, rest: bool) -> Vec<Action> {
    let link = WLAN0;
    world.tell(Event::Rest { link, rest });
    world.take()
}

#[test]
fn an_order_of_a_person_does_not_wait() {
    let mut world = slow_member();
    let done = rest(&mut world, true);
    let down = KernelAction::down(WLAN0);
    place(&done, down.clone());
    world.handle(was_slow(WLAN0, 2));
    place_of(&rest(&mut world, false), |a| *a == up(WLAN0));
}

#[test]
fn a_slow_member_is_set_free_at_once() {
    let mut world = slow_member();
    let mut config = config();
    config.bond.members.remove(0);
    config.bond.primary = None;
    world.tell(Event::Config(&config));
    let free = KernelAction::SetMaster(WLAN0, None);
    place(&world.take(), free.clone());
}

/// It is not set down either, nor is what was up before forgotten.
#[test]
fn what_is_put_off_stays_as_it_is() {
    let mut engine = Engine::new(&config(), 7);
    engine.handle(Instant::from_ms(900), was_slow(WLAN0, 1));
    let mut wlan0 = plain(WLAN0, "wlan0", true);
    wlan0.up = true;
    let mut world = World::read(engine, [wlan0, plain(WLAN1, "wlan1", true)]);
    world.run();
    assert!(world.link(WLAN0).up && world.link(WLAN0).master.is_none());
    world.wait(31_000);
    assert_eq!(world.link(WLAN0).master, Some(world.bond().0));
    // It leaves, down, while its driver is slow: it is set up when that is over.
    world.handle(was_slow(WLAN0, 1));
    let mut config = config();
    config.bond.members.remove(0);
    config.bond.primary = None;
    world.tell(Event::Config(&config));
    assert!(world.link(WLAN0).master.is_none() && !world.link(WLAN0).up);
    world.wait(31_000);
    assert!(world.link(WLAN0).up);
}

#[test]
fn an_open_of_three_seconds_is_said_and_puts_nothing_off() {
    let (mut world, held) = hanging();
    world.pass(LATE.0 + 1_000);
    assert!(problems(&world).contains("has not answered for 3 s"));
    assert!(!problems(&world).contains("left alone"));
    world.perform(held);
    world.run();
    assert_eq!(problems(&world), "");
    let done = world.take();
    assert!(
        !done
            .iter()
            .any(|a| matches!(a, Action::Store(Store::Note { .. })))
    );
}

#[test]
fn an_open_that_succeeds_late_ends_the_wait_and_is_noted_for_the_next_start() {
    let (mut world, held) = hanging();
    world.pass(PUT_OFF.0 + 1_000);
    assert!(problems(&world).contains("left alone"));
    world.perform(held);
    world.run();
    assert_eq!(problems(&world), "");
    let noted = |times| {
        let link = ETH0;
        move |a: &Action| *a == notes_slow(link, times)
    };
    let done = world.take();
    place_of(&done, noted(1));
    assert!(!done.iter().any(noted(0)));
    // Down once more: it is set up at once, in time, and the mark goes.
    world.edit(ETH0, |link| link.up = false);
    let again = world.run_until_held(|a| *a == up(ETH0));
    world.perform(again.expect("it is set up"));
    world.run();
    let done = world.take();
    assert!(place_of(&done, |a| *a == up(ETH0)) < place_of(&done, noted(0)));
}

#[test]
fn a_delay_is_not_shown_of_a_member_that_is_up() {
    let mut world = slow_member();
    assert_eq!(problems(&world), "");
    world.edit(WLAN0, |link| link.up = false);
    world.run();
    assert!(problems(&world).contains("wlan0: its driver did not answer in time"));
    assert!(!world.link(WLAN0).up);
}

#[test]
fn a_mark_of_an_adapter_that_is_gone_is_forgotten() {
    let mut engine = Engine::new(&config(), 7);
    let (link, times) = (77, 1);
    engine.handle(Instant::from_ms(900), was_slow(link, times));
    let world = World::begin(engine, &[(WLAN0, "wlan0", true)]);
    assert_eq!(problems(&world), "");
}
