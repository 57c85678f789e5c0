//! Settings of the radios, what blocks them, and members that are told to rest.
use super::*;
use crate::engine::contract::settings::{RadioSetting, Switch};

fn settings(done: &[Action], link: Index) -> Vec<RadioSetting> {
    let of = |action: &Action| match action {
        Action::SetRadio { link: on, setting } if *on == link => Some(*setting),
        _ => None,
    };
    done.iter().filter_map(of).collect()
}

#[test]
fn each_setting_is_made_once_and_again_after_every_up() {
    let mut config = config();
    config.radio.distance_m = Some(2_000);
    let mut world = World::start(&config, &[(WLAN0, "wlan0", true)]);
    let usual = [
        RadioSetting::PowerSave(false),
        RadioSetting::LegacyRates(false),
        // 4.4 times 450 m.
        RadioSetting::CoverageClass(5),
    ];
    assert_eq!(settings(&world.take(), WLAN0), usual);
    world.join(WLAN0);
    // Drivers turn it on again when they join: looked at once more.
    assert_eq!(
        settings(&world.take(), WLAN0),
        [
            RadioSetting::PowerSave(false),
            RadioSetting::LegacyRates(false)
        ]
    );
    world.wait(60_000);
    assert_eq!(settings(&world.take(), WLAN0), []);
    fake_kernel::edit(&mut world.engine, world.now, WLAN0, |link| {
        link.up = false;
        link.carrier = false;
        link.oper = Oper::Down;
    });
    world.run();
    assert_eq!(settings(&world.take(), WLAN0), usual);
}

#[test]
fn what_a_driver_cannot_do_is_asked_for_once_and_named() {
    let mut world = World::start(&config(), &[]);
    world.now += 10_000;
    world
        .engine
        .handle(world.now, Event::Link(plain(WLAN0, "wlan0", true)));
    let mut refused = 0;
    while let Some(action) = world.engine.next(world.now) {
        if let Action::SetRadio { .. } = action {
            refused += 1;
            let failure = Failure {
                errno: 95,
                text: Default::default(),
            };
            let told = Event::Done(action, Err(failure));
            world.engine.handle(world.now, told);
        } else {
            fake_kernel::perform(&mut world.engine, world.now, action);
        }
    }
    assert_eq!(refused, 2, "power save and rates");
    let mut found = vec![];
    world
        .engine
        .radio_findings(&mut |place, what| found.push(format!("{place}: {what}")));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("wlan0: its driver () cannot turn power save off: "));
    // A reload asks again.
    let config = config();
    world.engine.handle(world.now, Event::Config(&config));
    world.run();
    assert_eq!(settings(&world.take(), WLAN0).len(), 2);
}

#[test]
fn the_country_is_told_once_and_looked_at_later() {
    let mut world = World::usual();
    let told = |done: &[Action]| {
        let is = |a: &&Action| matches!(a, Action::SetCountry { code } if code == b"BE");
        done.iter().filter(is).count()
    };
    assert_eq!(told(&world.take()), 1);
    world.wait(2_000);
    assert!(
        world
            .take()
            .iter()
            .any(|a| matches!(a, Action::CheckCountry { .. }))
    );
    let mut other = config();
    other.country = Some(*b"NL");
    world.engine.handle(world.now, Event::Config(&other));
    world.run();
    assert!(world.take().contains(&Action::SetCountry { code: *b"NL" }));
    world.wait(2_000);
    let asked = world.take();
    assert!(
        asked
            .iter()
            .any(|a| matches!(a, Action::CheckCountry { .. })),
        "{asked:?}"
    );
    world.wait(60_000);
    world.wait(60_000);
    assert!(
        !world
            .take()
            .iter()
            .any(|a| matches!(a, Action::CheckCountry { .. }))
    );
}

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
    world.engine.handle(world.now, switch(soft, hard));
    let mut adapter = plain(WLAN0, "wlan0", true);
    adapter.facts.rfkill = Some(7);
    world.engine.handle(world.now, Event::Link(adapter));
    world.run();
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
    world.engine.handle(world.now, switch(true));
    let mut adapter = plain(WLAN0, "wlan0", true);
    adapter.facts.rfkill = Some(7);
    world.engine.handle(world.now, Event::Link(adapter));
    let action = loop {
        match world.engine.next(world.now).expect("a step") {
            action @ Action::Unblock { .. } => break action,
            action => {
                assert!(
                    !matches!(
                        action,
                        Action::Kernel(KernelAction::SetUp {
                            link: WLAN0,
                            up: true
                        })
                    ),
                    "set up while it is blocked"
                );
                fake_kernel::perform(&mut world.engine, world.now, action);
            }
        }
    };
    assert_eq!(
        action,
        Action::Unblock {
            link: WLAN0,
            switch: 7
        }
    );
    world.engine.handle(world.now, Event::Done(action, Ok(())));
    world.engine.handle(world.now, switch(false));
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
        world.engine.handle(world.now, Event::Rfkill(open));
        world.run();
        assert!(world.link(WLAN0).up, "at once when the block has ended");
    }
}

#[test]
fn a_member_told_to_rest_hands_over_first_and_stays_down() {
    let mut world = World::usual();
    world.join(WLAN0);
    world.join(WLAN1);
    world.take();
    let rest = |link, rest| Event::Rest { link, rest };
    world.engine.handle(world.now, rest(WLAN0, true));
    world.run();
    let done = world.take();
    let switched = place_of(&done, |a| {
        matches!(
            a,
            Action::Kernel(KernelAction::SetBond {
                option: BondOption::Active(Some(WLAN1)),
                ..
            })
        )
    });
    let stopped = place_of(&done, |a| {
        matches!(a, Action::StopSupplicant { link: WLAN0, .. })
    });
    let down = place_of(&done, |a| {
        matches!(
            a,
            Action::Kernel(KernelAction::SetUp {
                link: WLAN0,
                up: false
            })
        )
    });
    assert!(switched < stopped && stopped < down, "{done:?}");
    world.wait(60_000);
    assert!(!world.link(WLAN0).up);
    assert!(world.link(WLAN0).master.is_some(), "a member all the same");
    world.engine.handle(world.now, rest(WLAN0, false));
    world.run();
    assert!(world.link(WLAN0).up);
    let started = |a: &&Action| matches!(a, Action::StartSupplicant { link: WLAN0, .. });
    assert_eq!(world.take().iter().filter(started).count(), 1);
}

#[test]
fn what_was_up_before_is_up_afterwards() {
    let mut world = World::start(&config(), &[(WLAN1, "wlan1", true)]);
    let mut adapter = plain(WLAN0, "wlan0", true);
    adapter.up = true;
    world.engine.handle(world.now, Event::Link(adapter));
    world.run();
    world.take();
    world.engine.handle(world.now, Event::Stop);
    world.run();
    let done = world.take();
    let up = |link| Action::Kernel(KernelAction::SetUp { link, up: true });
    let freed = place_of(&done, |a| {
        matches!(
            a,
            Action::Kernel(KernelAction::SetMaster {
                link: WLAN0,
                master: None
            })
        )
    });
    let restored = place_of(&done, |a| *a == Action::RestoreRadio { link: WLAN0 });
    assert!(
        restored < freed && freed < place_of(&done, |a| *a == up(WLAN0)),
        "{done:?}"
    );
    assert!(!done.contains(&up(WLAN1)), "it was down");
}

#[test]
fn what_is_no_member_any_more_rests_no_longer() {
    let mut world = World::usual();
    let rest = Event::Rest {
        link: WLAN1,
        rest: true,
    };
    world.engine.handle(world.now, rest);
    world.run();
    assert!(!world.link(WLAN1).up);
    let mut alone = config();
    alone.bond.members.truncate(1);
    let link = Link {
        name: Matcher::Name(name("wlan1")),
        wired_auth: None,
        ip: static_block(44, 150, 300),
    };
    alone.links.push(link).unwrap();
    world.engine.handle(world.now, Event::Config(&alone));
    world.run();
    assert!(world.link(WLAN1).up && world.link(WLAN1).master.is_none());
}

/// A running wpa_supplicant without OWE gets such a network by reload.
#[test]
fn a_file_that_is_not_taken_is_tried_without_owe() {
    let mut world = World::usual();
    world.join(WLAN0);
    world.take();
    let mut owe = config();
    let mut cafe = owe.wifi[0].clone();
    cafe.security = Security::Owe;
    cafe.ssid.push(b'2').unwrap();
    owe.wifi.push(cafe).unwrap();
    // Without it the file would be the one before, and nothing to give.
    owe.wifi[0].priority = 7;
    world.engine.handle(world.now, Event::Config(&owe));
    let again = |world: &mut World, answer: &str| {
        let action = loop {
            match world.engine.next(world.now).expect("a step") {
                action @ Action::ReconfigureSupplicant { .. } => break action,
                action => {
                    fake_kernel::perform(&mut world.engine, world.now, action);
                }
            }
        };
        let Action::ReconfigureSupplicant { link } = action else {
            unreachable!()
        };
        world.engine.handle(world.now, Event::Done(action, Ok(())));
        let text = answer;
        world
            .engine
            .handle(world.now, Event::Supplicant { link, text });
        link
    };
    let first = again(&mut world, "FAIL\n");
    assert!(!world.engine.dialect().owe);
    let second = again(&mut world, "OK\n");
    assert_eq!(first, second, "at once, with a file that it takes");
}

fn rfkill(world: &mut World, soft: bool) {
    let switch = Switch {
        number: 7,
        soft,
        hard: false,
    };
    world.engine.handle(world.now, Event::Rfkill(switch));
    if soft {
        // The kernel sets down what it switches off (`cfg80211_rfkill_set_block()`).
        fake_kernel::edit(&mut world.engine, world.now, WLAN0, |link| {
            (link.up, link.carrier, link.oper) = (false, false, Oper::Down);
        });
    }
}

/// Steps until it rests; how often the block was to be ended. The switch obeys.
fn unblocked(world: &mut World) -> usize {
    let mut count = 0;
    while let Some(action) = world.engine.next(world.now) {
        if let Action::Unblock { switch: 7, .. } = action {
            count += 1;
            rfkill(world, false);
            world.engine.handle(world.now, Event::Done(action, Ok(())));
        } else {
            fake_kernel::perform(&mut world.engine, world.now, action);
        }
    }
    count
}

fn state(world: &World) -> String {
    let status = status::status(&world.engine, world.now);
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
        world.engine.handle(world.now, Event::Config(&config));
        assert_eq!(unblocked(&mut world), 0);
        let by_hand = round % 2 == 0;
        if by_hand {
            rfkill(&mut world, false);
        } else {
            let link = world.engine.member("wlan0").expect("it may be named");
            let rest = false;
            world.engine.handle(world.now, Event::Rest { link, rest });
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
    world.engine.handle(world.now, Event::Rest { link, rest });
    assert_eq!(unblocked(&mut world), 1);
    assert!(world.link(WLAN0).up);
    // The next block is another matter.
    world.wait(60_000);
    rfkill(&mut world, true);
    assert_eq!(unblocked(&mut world), 0);
}
