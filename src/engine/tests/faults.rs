//! Steps that fail.
use super::*;
use crate::engine::contract::settings::Restore;

#[test]
fn a_dead_supplicant_is_restarted_with_growing_waits() {
    let mut world = World::usual();
    // The country has been looked at.
    world.wait(2_000);
    let mut waits = vec![];
    for _ in 0..9 {
        world.handle(Event::SupplicantExited { link: WLAN0 });
        world.take();
        let until = restart(&world);
        waits.push(until - world.now);
        world.wait(until - world.now);
        assert!(
            world
                .take()
                .iter()
                .any(|a| matches!(a, Action::Supplicant(_, SupplicantStep::Start { .. })))
        );
    }
    assert_eq!(
        waits,
        [200, 1000, 2000, 4000, 8000, 15000, 30000, 60000, 60000]
    );
    world.wait(61_000);
    world.handle(Event::SupplicantExited { link: WLAN0 });
    assert_eq!(restart(&world), world.now + 200);
}

/// When the dead one is started again.
fn restart(world: &World) -> u64 {
    let supplicant = world.engine.supplicant(WLAN0).expect("a dead one");
    supplicant.poll_at().expect("a restart").as_ms()
}

#[test]
fn a_failed_step_waits_longer_each_time_and_is_shown() {
    let mut world = World::usual();
    world.join(WLAN0);
    // The neighbours have been told twice.
    world.wait(2_000);
    let (bond, _) = world.bond();
    let action = Action::Kernel(Change(KernelAction::AddRoute {
        link: bond,
        route: default_route(43, 7),
    }));
    let failure = failure(101, "network is unreachable");
    let mut waits = vec![];
    for _ in 0..9 {
        world.fail(action.clone(), failure.clone());
        let until = world.engine.retry.until(&action).unwrap().as_ms();
        waits.push(until - world.now);
        world.now = until;
    }
    assert_eq!(
        waits,
        [250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]
    );
    let status = world.status();
    assert_eq!(
        status.problems[0].text,
        "cannot add the route default via 192.168.43.1 metric 7: network is unreachable"
    );
    let said = world
        .engine
        .journal()
        .since(0)
        .filter(|r| r.kind == RecordKind::Trouble)
        .count();
    assert_eq!(said, 1, "the same failure is said once");
}

#[test]
fn an_action_without_effect_does_not_spin() {
    let mut world = World::usual();
    let action = world.next();
    assert_eq!(action, None);
    world.edit(ETH0, |link| link.up = false);
    for round in 0.. {
        assert!(round < 20, "asked for {round} times in no time");
        let Some(action) = world.next() else {
            break;
        };
        world.succeed(action);
    }
}

#[test]
fn a_failed_step_that_nobody_wants_any_more_is_no_problem() {
    let mut world = World::usual();
    let (bond, _) = world.bond();
    let action = Action::Kernel(Change(KernelAction::AddRoute {
        link: bond,
        route: default_route(43, 7),
    }));
    world.fail(action, failure(101, "network is unreachable"));
    assert_eq!(world.engine.failing(world.at()).count(), 1);
    world.wait(250);
    assert_eq!(world.engine.failing(world.at()).count(), 1);
    world.wait(1_000);
    assert_eq!(world.engine.failing(world.at()).count(), 0);
}

#[test]
fn a_step_of_ipv6_that_worked_at_last_is_no_problem() {
    let mut world = World::usual();
    let action = Action::Kernel(KernelRequest::Setting(SettingRequest::Ipv6 {
        link: WLAN0,
        name: name("wlan0"),
        enabled: false,
    }));
    world.fail(action.clone(), failure(30, "read-only file system"));
    assert_eq!(world.engine.failing(world.at()).count(), 1);
    world.succeed(action);
    assert_eq!(world.engine.failing(world.at()).count(), 0);
}

#[test]
fn a_lost_control_socket_is_connected_again_and_nobody_is_killed() {
    let mut world = World::usual();
    world.join(WLAN0);
    world.handle(Event::AskSignals);
    world.take();
    let ask = |a: &Action| matches!(a, Action::Supplicant(_, SupplicantStep::Ask(_)));
    let asked = world.next().filter(ask).expect("a question");
    let link = asked.link().unwrap();
    world.fail(asked, failure(111, "send: connection refused"));
    world.wait(25);
    let done = world.take();
    place_of(&done, |a| {
        *a == Action::Supplicant(link, SupplicantStep::Attach)
    });
    world.wait(60_000);
    let done = world.take();
    let ended = |a: &Action| matches!(a, Action::Supplicant(_, SupplicantStep::Stop { .. }));
    assert!(!done.iter().any(ended), "{done:?}");
    // Lost between two questions: the same.
    world.handle(Event::SupplicantDetached { link });
    world.wait(25);
    place_of(&world.take(), |a| {
        *a == Action::Supplicant(link, SupplicantStep::Attach)
    });
}

#[test]
fn a_full_table_is_said_once_and_not_at_each_message() {
    let mut world = World::usual();
    for round in 0..5 {
        for index in 100..140 {
            let mut bridge = plain(index, &format!("br{index}"), false);
            bridge.kind = Kind::Bridge;
            bridge.up = round % 2 == 0;
            world.handle(Event::Link(bridge));
            world.now += 1;
        }
    }
    let journal = world.engine.journal();
    let said = |r: &&crate::engine::journal::Record| r.text.starts_with("too many interfaces");
    assert_eq!(journal.since(0).filter(said).count(), 1);
    let full = world.engine.refusals();
    assert_eq!(full.len(), 1, "{full:?}");
    world.run();
    let mut bridge = plain(141, "br141", false);
    bridge.kind = Kind::Bridge;
    world.handle(Event::Link(bridge));
    // Room again: all is read afresh.
    world.take();
    world.pull(100);
    place(&world.take(), ReadRequest::Tables(Scope::All));
}

#[test]
fn what_a_daemon_before_turned_off_is_given_back() {
    let mut config = config();
    config.bond.members = core::iter::once(Matcher::Name(name("wlan0"))).collect();
    config.bond.primary = Some(Matcher::Name(name("wlan0")));
    let mut engine = Engine::new(&config, 7);
    let restore = Restore {
        ipv6_off: true,
        ..Restore::default()
    };
    for link in [WLAN1, 77] {
        engine.handle(Instant::from_ms(900), Event::Changed { link, restore });
    }
    let mut world = World::begin(engine, &[(WLAN1, "wlan1", true)]);
    let back = Action::Kernel(KernelRequest::Setting(SettingRequest::Ipv6 {
        link: WLAN1,
        name: name("wlan1"),
        enabled: true,
    }));
    let given = world.take().into_iter().filter(|a| *a == back);
    assert_eq!(given.count(), 1);
}

/// A cable's adapter is pulled out while it is being set up.
#[test]
fn a_request_for_an_interface_that_has_gone_is_no_fault() {
    let mut world = World::usual();
    let action = Action::Kernel(Change(KernelAction::up(ETH0)));
    world.handle(Event::LinkGone(ETH0));
    world.fail(action.clone(), failure(19, "there is no such interface"));
    let mut said = world.engine.journal().since(0);
    assert!(!said.any(|r| r.text.contains("cannot set")));
    assert_eq!(world.engine.retry.until(&action), None);
}
