//! A wake-up without a change: nothing is worked out again. That nothing would come of it is
//! checked at each such wake-up of every test ([`Engine::check_idle`]).
use super::*;
use crate::engine::observed::Link;
use crate::engine::status::status_line::StatusLine;

/// The engine works out what follows from it.
fn is_worked_out(world: &mut World, event: Event<'_>) -> bool {
    let before = world.engine.revision();
    world.tell(event);
    world.engine.revision() != before
}

#[test]
fn what_is_as_it_was_is_no_reason_to_work_anything_out() {
    let mut world = World::usual();
    world.join(WLAN0);
    let bond = world.bond().0;
    let (member, own) = (world.link(WLAN0).clone(), world.link(bond).clone());
    let address = *world.engine.observed().addresses().next().expect("one");
    let route = *world.engine.observed().routes().next().expect("one");
    let foreign = Link {
        kind: Kind::Other("veth".try_into().expect("a kind")),
        hardware: false,
        ..plain(40, "veth0", false)
    };
    let foreign_route = KernelRoute { link: 40, ..route };
    let foreign_route = KernelRoute {
        protocol: 3,
        ..foreign_route
    };
    for event in [
        Event::Time,
        Event::Link(member.clone()),
        Event::LinkNotified(own),
        Event::Address(address),
        Event::Route(route),
        Event::Link(foreign.clone()),
        Event::LinkNotified(foreign),
        Event::LinkGone(40),
        Event::Route(foreign_route),
        Event::RouteGone(foreign_route),
        Event::RouterFlags {
            link: bond,
            flags: RouterFlags::default(),
        },
    ] {
        let text = format!("{event:?}");
        assert!(!is_worked_out(&mut world, event), "{text}");
    }
    for event in [
        Event::Link(Link {
            carrier: false,
            ..member
        }),
        Event::RouteGone(route),
        Event::AddressGone(address),
        Event::RouterFlags {
            link: bond,
            flags: RouterFlags {
                managed: true,
                other: false,
            },
        },
        Event::LinkGone(WLAN1),
    ] {
        let text = format!("{event:?}");
        assert!(is_worked_out(&mut world, event), "{text}");
    }
}

#[test]
fn a_deadline_is_looked_at_when_it_comes_and_not_before() {
    let mut world = World::usual();
    world.join(WLAN0);
    let mut deadlines = 0;
    while world.now < 200_000 {
        let until = world.poll_at().expect("a question is due");
        let before = world.engine.revision();
        world.wait(until - world.now - 1);
        assert_eq!(world.poll_at(), Some(until));
        assert_eq!(world.engine.revision(), before, "before {until}");
        world.wait(1);
        assert_ne!(world.engine.revision(), before, "at {until}");
        deadlines += 1;
    }
    assert!(deadlines > 3);
}

#[test]
fn a_headline_is_a_change_when_it_is_another() {
    let mut world = World::usual();
    let mut line = StatusLine::default();
    assert_eq!(line.changed(&world.engine), Some("OFFLINE"));
    assert_eq!(line.changed(&world.engine), None);
    world.join(WLAN0);
    let online = "ONLINE through bond0 (wlan0)";
    assert_eq!(line.changed(&world.engine), Some(online));
    world.wait(60_000);
    assert_eq!(line.changed(&world.engine), None);
    world.lose(WLAN0);
    assert!(line.changed(&world.engine).is_some());
    assert_ne!(line.line(), online);
}
