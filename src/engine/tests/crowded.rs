//! More than there is room for, and reads that fail.
use super::*;

fn refused(errno: i32, text: &str) -> Failure {
    Failure {
        errno,
        text: text.try_into().unwrap(),
    }
}

/// A cable of its own, by number, with eight routes through a gateway that nobody has.
fn cable(number: u8) -> Link {
    let mut block = IpBlock::default();
    block.ipv4.dhcp = false;
    let net_of = net(10, number, 0, 2, 24);
    block.ipv4.addresses.push(net_of).unwrap();
    for route in 0..8 {
        let via = Some(IpAddr::V4(Ipv4Addr::new(10, 200, number, 1)));
        let route = Route::new(net(10, 100 + number, route, 0, 24), via, 1);
        block.ipv4.routes.push(route).unwrap();
    }
    Link {
        name: Matcher::Name(name(&format!("eth{number}"))),
        wired_auth: None,
        ip: block,
    }
}

/// Runs for so long on a kernel that has no way to any gateway; counts what it refuses.
fn refusals_within(world: &mut World, ms: u64) -> usize {
    let end = world.now + ms;
    let mut refusals = 0;
    loop {
        while let Some(action) = world.engine.next(world.now) {
            match &action {
                Action::Kernel(KernelAction::AddRoute { .. }) => {
                    refusals += 1;
                    assert!(refusals < 1_000, "it spins at {}", world.now);
                    let failure = refused(101, "the network is unreachable");
                    let failed = Event::Done(action, Err(failure));
                    world.engine.handle(world.now, failed);
                }
                _ => {
                    fake_kernel::perform(&mut world.engine, world.now, action);
                }
            }
        }
        match world.engine.poll_at(world.now) {
            Some(at) if at < end => world.now = at.max(world.now + 1),
            _ => break,
        }
        world.engine.tick(world.now);
    }
    world.now = end;
    world.engine.tick(end);
    refusals
}

#[test]
fn forty_unreachable_routes_do_not_spin() {
    let mut config = config();
    config.bond.members.clear();
    config.links = (0..5).map(cable).collect();
    let names: Vec<String> = (0..5).map(|n| format!("eth{n}")).collect();
    let adapters: Vec<(Index, &str, bool)> = (10..)
        .zip(&names)
        .map(|(i, n)| (i, n.as_str(), false))
        .collect();
    let mut world = World::start(&config, &adapters);
    for (index, ..) in &adapters {
        join(&mut world.engine, world.now, *index);
    }
    let refusals = refusals_within(&mut world, 60_000);
    assert!((40..50).contains(&refusals), "{refusals} in a minute");
    assert!(world.engine.failing(world.now).count() >= 8);
    // Something else is done at once all the same.
    fake_kernel::edit(&mut world.engine, world.now, 10, |link| link.up = false);
    world.take();
    world.run();
    place_of(&world.take(), |a| {
        *a == Action::Kernel(KernelAction::SetUp { link: 10, up: true })
    });
    // When there is a way, all of them come within the next minute.
    for _ in 0..120 {
        world.wait(500);
    }
    let ours = |r: &&KernelRoute| r.protocol == OUR_PROTOCOL;
    let made = world.engine.observed().routes().filter(ours).count();
    assert_eq!(made, 40);
}

/// What else fails is tried again as soon as it would be without them.
#[test]
fn forty_unreachable_routes_keep_no_fail_over_waiting() {
    let mut config = super::config();
    config.links = (0..5).map(cable).collect();
    let names: Vec<String> = (0..5).map(|n| format!("eth{n}")).collect();
    let cables = (10..).zip(&names).map(|(i, n)| (i, n.as_str(), false));
    let wifi = [(WLAN0, "wlan0", true), (WLAN1, "wlan1", true)];
    let adapters: Vec<(Index, &str, bool)> = wifi.into_iter().chain(cables).collect();
    let mut world = World::start(&config, &adapters);
    for (index, ..) in &adapters {
        join(&mut world.engine, world.now, *index);
    }
    refusals_within(&mut world, 30_000);
    let (bond, _) = world.bond();
    fake_kernel::edit(&mut world.engine, world.now, WLAN0, |link| {
        link.carrier = false;
        link.oper = Oper::Down;
    });
    // The bonding driver takes the other one at the second request alone.
    let wanted = Action::Kernel(KernelAction::SetBond {
        bond,
        option: BondOption::Active(Some(WLAN1)),
    });
    let (began, mut refused_once) = (world.now, false);
    loop {
        while let Some(action) = world.engine.next(world.now) {
            let is_route = matches!(action, Action::Kernel(KernelAction::AddRoute { .. }));
            if is_route || (action == wanted && !refused_once) {
                refused_once |= action == wanted;
                let failed = Event::Done(action, Err(refused(22, "invalid")));
                world.engine.handle(world.now, failed);
            } else {
                fake_kernel::perform(&mut world.engine, world.now, action);
            }
        }
        if world.bond().1.active == Some(WLAN1) {
            break;
        }
        let next = world.engine.poll_at(world.now).expect("a deadline");
        world.now = next.max(world.now + 1);
        world.engine.tick(world.now);
        assert!(world.now < began + 1_000, "it waits with the routes");
    }
    assert!(refused_once);
}

#[test]
fn a_read_that_fails_keeps_no_fail_over_waiting() {
    let mut world = World::usual();
    world.join(WLAN0);
    world.join(WLAN1);
    world.engine.handle(world.now, Event::Lost);
    for _ in 0..8 {
        while let Some(read @ Action::Resync(_)) = world.engine.next(world.now) {
            let failed = Event::Done(read, Err(refused(16, "busy")));
            world.engine.handle(world.now, failed);
        }
        world.now = world.engine.poll_at(world.now).unwrap().max(world.now + 1);
    }
    while let Some(action) = world.engine.next(world.now) {
        let read = matches!(action, Action::Resync(_));
        let result = if read {
            Err(refused(16, "busy"))
        } else {
            Ok(())
        };
        world.engine.handle(world.now, Event::Done(action, result));
    }
    fake_kernel::edit(&mut world.engine, world.now, WLAN0, |link| {
        link.carrier = false;
        link.oper = Oper::Down;
    });
    let (bond, _) = world.bond();
    let mut steps = vec![];
    while let Some(step) = world.engine.next(world.now) {
        steps.push(step.clone());
        fake_kernel::perform(&mut world.engine, world.now, step);
    }
    let option = BondOption::Active(Some(WLAN1));
    place_of(&steps, |step| {
        *step == Action::Kernel(KernelAction::SetBond { bond, option })
    });
}

#[test]
fn a_read_that_fails_keeps_no_stop_waiting() {
    let mut world = World::usual();
    world.join(WLAN0);
    world.engine.handle(world.now, Event::Lost);
    world.engine.handle(world.now, Event::Stop);
    let begun = world.now;
    for _ in 0..500 {
        match world.engine.next(world.now) {
            Some(Action::Exit) => {
                assert!(world.now - begun < 1_000, "took {} ms", world.now - begun);
                return;
            }
            Some(read @ Action::Resync(_)) => {
                let failed = Event::Done(read, Err(refused(16, "busy")));
                world.engine.handle(world.now, failed);
            }
            Some(action) => {
                fake_kernel::perform(&mut world.engine, world.now, action);
            }
            None => {
                let at = world.engine.poll_at(world.now).expect("a deadline");
                world.now = at.max(world.now + 1);
                world.engine.tick(world.now);
            }
        }
    }
    panic!("never left");
}

fn foreign_route(host: u8, prefix: u8, metric: u32) -> KernelRoute {
    KernelRoute {
        link: ETH0,
        route: Route::new(net(172, 16, host, 0, prefix), None, metric),
        protocol: 3,
    }
}

#[test]
fn many_routes_of_others_keep_none_of_ours_out() {
    let mut world = World::usual();
    for host in 0..100 {
        let route = foreign_route(host, 24, 5);
        world.engine.handle(world.now, Event::Route(route));
    }
    assert!(world.engine.refusals().is_empty(), "they need not be kept");
    world.join(ETH0);
    assert!(world.has_default(ETH0));
    world.take();
    world.wait(2_000);
    let made = world.take();
    let again = |a: &Action| matches!(a, Action::Kernel(KernelAction::AddRoute { .. }));
    assert!(!made.iter().any(again), "{made:?}");
}

#[test]
fn a_full_table_recovers() {
    let mut world = World::usual();
    let default = |metric| {
        let mut route = foreign_route(0, 0, metric);
        route.route.to = net(0, 0, 0, 0, 0);
        route
    };
    for metric in 1_000..1_070 {
        let route = Event::Route(default(metric));
        world.engine.handle(world.now, route);
    }
    let said = |world: &World| {
        let mut refusals = world.engine.refusals().iter();
        refusals.any(|r| r.text.starts_with("too many routes"))
    };
    assert!(said(&world));
    world.take();
    for metric in 1_000..1_020 {
        let gone = Event::RouteGone(default(metric));
        world.engine.handle(world.now, gone);
    }
    world.run();
    place_of(&world.take(), |a| *a == Action::Resync(Scope::Routes));
    assert!(!said(&world));
}
