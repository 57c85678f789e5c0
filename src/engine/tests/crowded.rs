//! More than there is room for, and reads that fail.
use super::*;

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
        let now = world.now;
        world.run_with(|action| match action {
            Action::Kernel(Change(KernelAction::AddRoute { .. })) => {
                refusals += 1;
                assert!(refusals < 1_000, "it spins at {now}");
                Outcome::Fails(failure(101, "the network is unreachable"))
            }
            _ => Outcome::Works,
        });
        match world.poll_at() {
            Some(at) if at < end => world.sleep(),
            _ => break,
        }
    }
    world.tick_at(end);
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
        world.join_only(*index);
    }
    let refusals = refusals_within(&mut world, 60_000);
    assert!((40..50).contains(&refusals), "{refusals} in a minute");
    assert!(world.engine.failing(world.at()).count() >= 8);
    // Something else is done at once all the same.
    world.edit(10, |link| link.up = false);
    world.take();
    world.run();
    place(&world.take(), KernelAction::up(10));
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
    let adapters: Vec<(Index, &str, bool)> = BOTH_ADAPTERS.into_iter().chain(cables).collect();
    let mut world = World::start(&config, &adapters);
    for (index, ..) in &adapters {
        world.join_only(*index);
    }
    refusals_within(&mut world, 30_000);
    let (bond, _) = world.bond();
    world.cut(WLAN0);
    // The bonding driver takes the other one at the second request alone.
    let wanted = Action::Kernel(Change(KernelAction::SetBond(
        bond,
        BondOption::Active(Some(WLAN1)),
    )));
    let (began, mut refused_once) = (world.now, false);
    loop {
        world.run_with(|action| {
            let is_route = matches!(action.change(), Some(KernelAction::AddRoute { .. }));
            if !is_route && (*action != wanted || refused_once) {
                return Outcome::Works;
            }
            refused_once |= *action == wanted;
            Outcome::Fails(failure(22, "invalid"))
        });
        if world.bond().1.active == Some(WLAN1) {
            break;
        }
        world.sleep();
        assert!(world.now < began + 1_000, "it waits with the routes");
    }
    assert!(refused_once);
}

#[test]
fn a_read_that_fails_keeps_no_fail_over_waiting() {
    let mut world = World::both();
    world.handle(Event::Lost);
    for _ in 0..8 {
        while let Some(read @ Action::Kernel(KernelRequest::Read(ReadRequest::Tables(_)))) =
            world.next()
        {
            world.fail(read, failure(16, "busy"));
        }
        world.now = world.poll_at().unwrap().max(world.now + 1);
    }
    world.run_with(|action| match action {
        Action::Kernel(KernelRequest::Read(ReadRequest::Tables(_))) => {
            Outcome::Fails(failure(16, "busy"))
        }
        _ => Outcome::NoEffect,
    });
    world.cut(WLAN0);
    let (bond, _) = world.bond();
    world.take();
    world.run();
    let option = BondOption::Active(Some(WLAN1));
    place(&world.take(), KernelAction::SetBond(bond, option));
}

#[test]
fn a_read_that_fails_keeps_no_stop_waiting() {
    let mut world = World::usual();
    world.join(WLAN0);
    world.handle(Event::Lost);
    world.handle(Event::Stop);
    let begun = world.now;
    for _ in 0..500 {
        match world.next() {
            Some(Action::Exit) => {
                assert!(world.now - begun < 1_000, "took {} ms", world.now - begun);
                return;
            }
            Some(read @ Action::Kernel(KernelRequest::Read(ReadRequest::Tables(_)))) => {
                world.fail(read, failure(16, "busy"))
            }
            Some(action) => world.perform(action),
            None => world.sleep(),
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
        world.handle(Event::Route(route));
    }
    assert!(world.engine.refusals().is_empty(), "they need not be kept");
    world.join(ETH0);
    assert!(world.has_default(ETH0));
    world.take();
    world.wait(2_000);
    let made = world.take();
    let again = |a: &Action| matches!(a.change(), Some(KernelAction::AddRoute { .. }));
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
        world.handle(route);
    }
    let is_reported = |world: &World| {
        let mut refusals = world.engine.refusals().iter();
        refusals.any(|r| r.text.starts_with("too many routes"))
    };
    assert!(is_reported(&world));
    world.take();
    for metric in 1_000..1_020 {
        let gone = Event::RouteGone(default(metric));
        world.handle(gone);
    }
    world.run();
    place(&world.take(), ReadRequest::Tables(Scope::Routes));
    assert!(!is_reported(&world));
}
