//! Which links are read, and when.
use super::*;
use crate::engine::observed::{Link, Port};

const DUMMY: Index = 50;

impl World {
    /// A link of others changes before each step, until `wanted` is given.
    fn until_beside_news(&mut self, wanted: impl Fn(&Action) -> bool) {
        for _ in 0..100 {
            self.engine.handle(self.now, Event::LinkUnread(DUMMY));
            let Some(action) = self.engine.next(self.now) else {
                break;
            };
            self.done.push(action.clone());
            let found = wanted(&action);
            fake_kernel::perform(&mut self.engine, self.now, action);
            if found {
                return;
            }
        }
        panic!("never: {:?}", self.done);
    }
}

fn failure(errno: i32) -> Failure {
    Failure {
        errno,
        text: "no".try_into().unwrap(),
    }
}

#[test]
fn news_of_a_link_of_others_delays_no_fail_over() {
    let mut world = World::usual();
    world.join(WLAN0);
    world.join(WLAN1);
    let (bond, _) = world.bond();
    fake_kernel::edit(&mut world.engine, world.now, WLAN0, |link| {
        link.carrier = false;
        link.oper = Oper::Down;
    });
    let option = BondOption::Active(Some(WLAN1));
    let change = Action::Kernel(KernelAction::SetBond { bond, option });
    world.until_beside_news(|a| *a == change);
}

#[test]
fn news_of_a_link_of_others_delays_no_stop() {
    let mut world = World::usual();
    world.join(WLAN0);
    let (bond, _) = world.bond();
    world.take();
    world.engine.handle(world.now, Event::Stop);
    world.until_beside_news(|a| *a == Action::Exit);
    let delete = KernelAction::DeleteLink { link: bond };
    place_of(&world.take(), |a| *a == Action::Kernel(delete.clone()));
}

/// The kernel has told of it by its number alone, and has to be asked what it is.
#[test]
fn a_bond_that_is_created_while_stopping_is_deleted() {
    let mut world = World {
        engine: Engine::new(&config()),
        now: 1_000,
        done: vec![],
        exited: false,
    };
    let events = [
        Event::DumpBegins(Scope::All),
        Event::Link(plain(WLAN0, "wlan0", true)),
        Event::DumpEnds(Scope::All),
        Event::Done(Action::Resync(Scope::All), Ok(())),
    ];
    for event in events {
        world.engine.handle(world.now, event);
    }
    let create = loop {
        let action = world.engine.next(world.now).expect("a bond");
        if let Action::Kernel(KernelAction::CreateBond { .. }) = action {
            break action;
        }
        fake_kernel::perform(&mut world.engine, world.now, action);
    };
    world.engine.handle(world.now, Event::Given(create.clone()));
    world.engine.handle(world.now, Event::Stop);
    world.engine.handle(world.now, Event::LinkUnread(20));
    world.engine.handle(world.now, Event::Done(create, Ok(())));
    let read = Action::ReadLink { link: 20 };
    assert_eq!(world.engine.next(world.now), Some(read.clone()));
    world.engine.handle(world.now, Event::Given(read.clone()));
    let mut bond = plain(20, "bond0", false);
    let options = crate::engine::existing::desired_options(&world.engine);
    (bond.kind, bond.ours) = (Kind::Bond(options), true);
    world.engine.handle(world.now, Event::Link(bond));
    world.engine.handle(world.now, Event::Done(read, Ok(())));
    world.run();
    let delete = KernelAction::DeleteLink { link: 20 };
    place_of(&world.take(), |a| *a == Action::Kernel(delete.clone()));
    assert!(world.exited);
}

fn dummy(index: Index) -> Link {
    let mut link = plain(index, "dummy0", false);
    link.kind = Kind::Other("dummy".try_into().unwrap());
    link
}

#[test]
fn a_link_of_others_is_read_once() {
    let mut world = World::usual();
    let mut told = dummy(DUMMY);
    let read = |world: &World, link: &Link| world.engine.facts_of(link).is_none();
    assert!(read(&world, &told));
    world.engine.handle(world.now, Event::Link(told.clone()));
    told.facts = Facts::default();
    assert!(!read(&world, &told));
    // What may be another, or of concern now, is read.
    let renamed = Link {
        name: name("dummy1"),
        ..told.clone()
    };
    let port = Some(Port {
        active: false,
        mii: Mii::Up,
        failures: 0,
        permanent_mac: None,
    });
    let enslaved = Link {
        port,
        ..told.clone()
    };
    assert!(read(&world, &renamed) && read(&world, &enslaved));
    let wifi = plain(51, "wlan9", true);
    world.engine.handle(world.now, Event::Link(wifi.clone()));
    assert!(read(&world, &wifi));
    world.engine.handle(world.now, Event::LinkGone(DUMMY));
    assert!(read(&world, &told));
    // The table has an end, and another file may mean any of them.
    for index in 100..150 {
        world.engine.handle(world.now, Event::Link(dummy(index)));
    }
    assert!(read(&world, &dummy(100)) && !read(&world, &dummy(149)));
    let config = config();
    world.engine.handle(world.now, Event::Config(&config));
    assert!(read(&world, &dummy(149)));
}

#[test]
fn a_link_that_cannot_be_read_has_everything_read_and_is_no_busy_loop() {
    cannot_be_read(ETH0);
}

#[test]
fn nor_is_one_that_does_not_concern_us() {
    cannot_be_read(DUMMY);
}

fn cannot_be_read(link: Index) {
    let mut world = World::usual();
    let read = Action::ReadLink { link };
    let news = |world: &mut World| {
        world.engine.handle(world.now, Event::LinkUnread(link));
        world.engine.next(world.now)
    };
    assert_eq!(news(&mut world), Some(read.clone()));
    let failed = Event::Done(read.clone(), Err(failure(105)));
    world.engine.handle(world.now, failed);
    world.take();
    world.run();
    place_of(&world.take(), |a| *a == Action::Resync(Scope::All));
    assert_eq!(news(&mut world), None);
    // Others do not wait for it.
    world.engine.handle(world.now, Event::LinkUnread(WLAN0));
    let other = Action::ReadLink { link: WLAN0 };
    assert_eq!(world.engine.next(world.now), Some(other));
    world.run();
    world.take();
    assert_eq!(world.engine.poll_at(world.now), Some(world.now + 250));
    world.wait(250);
    place_of(&world.take(), |a| *a == read);
    assert_eq!(news(&mut world), Some(read));
}
