//! Settings of the radios, what blocks them, and members that are told to rest.
use super::*;
use crate::engine::contract::settings::RadioSetting;

fn settings(done: &[Action], link: Index) -> Vec<RadioSetting> {
    let of = |action: &Action| match action {
        Action::Kernel(KernelRequest::Radio(RadioRequest::Set { link: on, setting }))
            if *on == link =>
        {
            Some(*setting)
        }
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
    world.edit(WLAN0, |link| {
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
    world.handle(Event::Link(plain(WLAN0, "wlan0", true)));
    let mut refused = 0;
    world.run_with(|action| match action {
        Action::Kernel(KernelRequest::Radio(RadioRequest::Set { .. })) => {
            refused += 1;
            Outcome::Fails(failure(95, ""))
        }
        _ => Outcome::Works,
    });
    world.take();
    assert_eq!(refused, 2, "power save and rates");
    let mut found = vec![];
    world
        .engine
        .radio_findings(&mut |_, place, what, cure| found.push(format!("{place}: {what}: {cure}")));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("wlan0: its driver () cannot turn power save off: "));
    // A reload asks again.
    let config = config();
    world.tell(Event::Config(&config));
    assert_eq!(settings(&world.take(), WLAN0).len(), 2);
}

#[test]
fn the_country_is_told_once_and_looked_at_later() {
    let mut world = World::usual();
    let told = |done: &[Action]| {
        let is = |a: &&Action| matches!(a, Action::Kernel(KernelRequest::Radio(RadioRequest::SetCountry{ code })) if code == b"BE");
        done.iter().filter(is).count()
    };
    assert_eq!(told(&world.take()), 1);
    world.wait(2_000);
    assert!(world.take().iter().any(|a| matches!(
        a,
        Action::Kernel(KernelRequest::Radio(RadioRequest::CheckCountry { .. }))
    )));
    let mut other = config();
    other.country = Some(*b"NL");
    world.tell(Event::Config(&other));
    assert!(world.take().contains(&Action::Kernel(KernelRequest::Radio(
        RadioRequest::SetCountry { code: *b"NL" }
    ))));
    world.wait(2_000);
    let asked = world.take();
    assert!(
        asked.iter().any(|a| matches!(
            a,
            Action::Kernel(KernelRequest::Radio(RadioRequest::CheckCountry { .. }))
        )),
        "{asked:?}"
    );
    world.wait(60_000);
    world.wait(60_000);
    assert!(!world.take().iter().any(|a| matches!(
        a,
        Action::Kernel(KernelRequest::Radio(RadioRequest::CheckCountry { .. }))
    )));
}

#[test]
fn a_member_told_to_rest_hands_over_first_and_stays_down() {
    let mut world = World::both();
    world.take();
    let rest = |link, rest| Event::Rest { link, rest };
    world.tell(rest(WLAN0, true));
    let done = world.take();
    let switched = place_of_change!(done, SetBond(_, BondOption::Active(Some(WLAN1))));
    let stopped = place_of(&done, |a| {
        matches!(a, Action::Supplicant(WLAN0, SupplicantStep::Stop { .. }))
    });
    let down = place_of_change!(
        done,
        SetUp {
            link: WLAN0,
            up: false
        }
    );
    assert!(switched < stopped && stopped < down, "{done:?}");
    world.wait(60_000);
    assert!(!world.link(WLAN0).up);
    assert!(world.link(WLAN0).master.is_some(), "a member all the same");
    world.tell(rest(WLAN0, false));
    assert!(world.link(WLAN0).up);
    let started =
        |a: &&Action| matches!(a, Action::Supplicant(WLAN0, SupplicantStep::Start { .. }));
    assert_eq!(world.take().iter().filter(started).count(), 1);
}

#[test]
fn what_was_up_before_is_up_afterwards() {
    let mut world = World::start(&config(), &[(WLAN1, "wlan1", true)]);
    let mut adapter = plain(WLAN0, "wlan0", true);
    adapter.up = true;
    world.tell(Event::Link(adapter));
    world.take();
    world.tell(Event::Stop);
    let done = world.take();
    let up = |link| Action::Kernel(Change(KernelAction::up(link)));
    let freed = place_of_change!(done, SetMaster(WLAN0, None));
    let restored = place(&done, RadioRequest::Restore { link: WLAN0 });
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
    world.tell(rest);
    assert!(!world.link(WLAN1).up);
    let mut alone = config();
    alone.bond.members.truncate(1);
    let link = Link {
        name: Matcher::Name(name("wlan1")),
        wired_auth: None,
        ip: static_block(44, 150, 300),
    };
    alone.links.push(link).unwrap();
    world.tell(Event::Config(&alone));
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
    world.handle(Event::Config(&owe));
    let again = |world: &mut World, answer: &str| {
        let action = loop {
            match world.next().expect("a step") {
                action @ Action::Supplicant(_, SupplicantStep::Reconfigure) => break action,
                action => {
                    world.perform(action);
                }
            }
        };
        let Action::Supplicant(link, SupplicantStep::Reconfigure) = action else {
            unreachable!()
        };
        world.succeed(action);
        let text = answer;
        world.handle(Event::Supplicant { link, text });
        link
    };
    let first = again(&mut world, "FAIL\n");
    assert!(!world.engine.dialect.owe);
    let second = again(&mut world, "OK\n");
    assert_eq!(first, second, "at once, with a file that it takes");
}
