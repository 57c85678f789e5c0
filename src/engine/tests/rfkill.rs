//! Switches that block radios.
use super::*;
use crate::engine::contract::settings::Switch;

fn with_switch(unblock: bool, soft: bool, hard: bool) -> World {
    let mut config = config();
    config.radio.unblock = unblock;
    let mut world = World::start(&config, &[]);
    let switch = |soft, hard| {
        Event::Rfkill(Switch {
            number: 7,
            soft,
            hard,
        })
    };
    world.handle(switch(soft, hard));
    let mut adapter = plain(WLAN0, "wlan0", true);
    adapter.facts.rfkill = Some(7);
    world.tell(Event::Link(adapter));
    world
}

#[test]
fn a_soft_block_is_ended_before_the_adapter_is_set_up() {
    let mut world = World::start(&config(), &[]);
    let switch = |soft| {
        Event::Rfkill(Switch {
            number: 7,
            soft,
            hard: false,
        })
    };
    world.handle(switch(true));
    let mut adapter = plain(WLAN0, "wlan0", true);
    adapter.facts.rfkill = Some(7);
    world.handle(Event::Link(adapter));
    let action = loop {
        match world.next().expect("a step") {
            action @ Action::Kernel(KernelRequest::Radio(RadioRequest::Unblock { .. })) => {
                break action;
            }
            action => {
                assert!(
                    !matches!(
                        action.change(),
                        Some(KernelAction::SetUp {
                            link: WLAN0,
                            up: true
                        })
                    ),
                    "set up while it is blocked"
                );
                world.perform(action);
            }
        }
    };
    assert_eq!(
        action,
        Action::Kernel(KernelRequest::Radio(RadioRequest::Unblock {
            link: WLAN0,
            switch: 7
        }))
    );
    world.handle(switch(false));
    world.succeed(action);
    world.run();
    assert!(world.link(WLAN0).up);
    assert!(world.engine.refusals().is_empty());
}

#[test]
fn a_hard_block_and_one_that_shall_stay_are_named() {
    for (unblock, soft, hard, words) in [
        (true, false, true, "hard-blocked"),
        (true, true, true, "hard-blocked"),
        (false, true, false, "rfkill unblock wifi"),
    ] {
        let mut world = with_switch(unblock, soft, hard);
        assert!(!world.link(WLAN0).up);
        let refusals = world.engine.refusals();
        assert_eq!(refusals.len(), 1, "{refusals:?}");
        assert!(refusals[0].text.contains(words), "{refusals:?}");
        let open = Switch {
            number: 7,
            soft: false,
            hard: false,
        };
        world.tell(Event::Rfkill(open));
        assert!(world.link(WLAN0).up, "at once when the block has ended");
    }
}

fn rfkill(world: &mut World, soft: bool) {
    let switch = Switch {
        number: 7,
        soft,
        hard: false,
    };
    world.handle(Event::Rfkill(switch));
    if soft {
        // The kernel sets down what it switches off (`cfg80211_rfkill_set_block()`).
        world.edit(WLAN0, |link| {
            (link.up, link.carrier, link.oper) = (false, false, Oper::Down);
        });
    }
}

/// Steps until it rests; how often the block was to be ended. The switch obeys.
fn unblocked(world: &mut World) -> usize {
    let mut count = 0;
    while let Some(action) = world.next() {
        if let Action::Kernel(KernelRequest::Radio(RadioRequest::Unblock { switch: 7, .. })) =
            action
        {
            count += 1;
            rfkill(world, false);
            world.succeed(action);
        } else {
            world.perform(action);
        }
    }
    count
}

fn state(world: &World) -> String {
    let status = world.status();
    let members = status.bond.expect("a bond").members;
    members[0].state.0.to_string()
}

/// At the start, or when an adapter comes, also a moment after its switch: the kernel's block
/// for all radios, and that of before the boot.
#[test]
fn a_block_that_is_found_is_lifted() {
    for late in [0, 1, 9_999] {
        let mut world = with_switch(true, false, false);
        world.now += late;
        rfkill(&mut world, true);
        assert_eq!(unblocked(&mut world), 1, "{late} ms after it came");
        assert!(world.link(WLAN0).up);
        assert!(world.engine.refusals().is_empty());
    }
}

#[test]
fn a_block_that_comes_later_is_obeyed_until_somebody_ends_it() {
    let mut world = with_switch(true, false, false);
    world.join(WLAN0);
    for round in 0..3 {
        world.wait(10_000);
        rfkill(&mut world, true);
        assert_eq!(unblocked(&mut world), 0, "round {round}");
        assert!(!world.link(WLAN0).up);
        assert_eq!(state(&world), "switched off by rfkill");
        let text = world.engine.refusals()[0].text.clone();
        assert!(text.contains("`rfkill unblock wifi`"), "{text}");
        assert!(text.contains("`wifibond member wlan0 up`"), "{text}");
        world.wait(600_000);
        assert_eq!(unblocked(&mut world), 0, "nobody fights");
        // A reload is no reason either.
        let config = world.engine.config().clone();
        world.handle(Event::Config(&config));
        assert_eq!(unblocked(&mut world), 0);
        let by_hand = round % 2 == 0;
        if by_hand {
            rfkill(&mut world, false);
        } else {
            let link = world.engine.member("wlan0").expect("it may be named");
            let rest = false;
            world.handle(Event::Rest { link, rest });
        }
        assert_eq!(unblocked(&mut world), usize::from(!by_hand));
        assert!(world.link(WLAN0).up);
        assert!(world.engine.refusals().is_empty());
    }
}

/// Also where the file says that blocks stay: somebody asked for this one.
#[test]
fn a_member_that_is_asked_for_is_switched_on() {
    let mut world = with_switch(false, true, false);
    assert_eq!(unblocked(&mut world), 0);
    let link = world.engine.member("wlan0").expect("it may be named");
    let rest = false;
    world.handle(Event::Rest { link, rest });
    assert_eq!(unblocked(&mut world), 1);
    assert!(world.link(WLAN0).up);
    // The next block is another matter.
    world.wait(60_000);
    rfkill(&mut world, true);
    assert_eq!(unblocked(&mut world), 0);
}
