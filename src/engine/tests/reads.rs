//! Which links are read, and when.
use super::*;
use crate::engine::observed::{Link, Port};

const DUMMY: Index = 50;

impl World {
    /// A link of others changes before each step, until `wanted` is given.
    fn until_beside_notifications(&mut self, wanted: impl Fn(&Action) -> bool) {
        for _ in 0..100 {
            self.handle(Event::LinkUnread(DUMMY));
            let Some(action) = self.next() else {
                break;
            };
            self.done.push(action.clone());
            let found = wanted(&action);
            self.perform(action);
            if found {
                return;
            }
        }
        panic!("never: {:?}", self.done);
    }
}

#[test]
fn notifications_of_a_link_of_others_delays_no_fail_over() {
    let mut world = World::both();
    let (bond, _) = world.bond();
    world.cut(WLAN0);
    let option = BondOption::Active(Some(WLAN1));
    let change = Action::Kernel(Change(KernelAction::SetBond(bond, option)));
    world.until_beside_notifications(|a| *a == change);
}

#[test]
fn notifications_of_a_link_of_others_delays_no_stop() {
    let mut world = World::usual();
    world.join(WLAN0);
    let (bond, _) = world.bond();
    world.take();
    world.handle(Event::Stop);
    world.until_beside_notifications(|a| *a == Action::Exit);
    let delete = KernelAction::DeleteLink { link: bond };
    place(&world.take(), delete.clone());
}

/// The kernel has told of it by its number alone, and has to be asked what it is.
#[test]
fn a_bond_that_is_created_while_stopping_is_deleted() {
    let wlan0 = plain(WLAN0, "wlan0", true);
    let mut world = World::read(Engine::new(&config(), 7), [wlan0]);
    let create = world.run_until(|a| matches!(a.change(), Some(KernelAction::CreateBond { .. })));
    world.handle(Event::Given(create.clone()));
    world.handle(Event::Stop);
    world.handle(Event::LinkUnread(20));
    world.succeed(create);
    let read = Action::Kernel(KernelRequest::Read(ReadRequest::Link { link: 20 }));
    assert_eq!(world.next(), Some(read.clone()));
    world.handle(Event::Given(read.clone()));
    let mut bond = plain(20, "bond0", false);
    let options = crate::engine::existing::desired_options(&world.engine);
    (bond.kind, bond.ours) = (Kind::Bond(options), true);
    world.handle(Event::Link(bond));
    world.succeed(read);
    world.run();
    let delete = KernelAction::DeleteLink { link: 20 };
    place(&world.take(), delete.clone());
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
    world.handle(Event::Link(told.clone()));
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
    world.handle(Event::Link(wifi.clone()));
    assert!(read(&world, &wifi));
    world.handle(Event::LinkGone(DUMMY));
    assert!(read(&world, &told));
    // The table has an end, and another file may mean any of them.
    for index in 100..180 {
        world.handle(Event::Link(dummy(index)));
    }
    assert!(read(&world, &dummy(100)) && !read(&world, &dummy(179)));
    let mut config = config();
    let meant = Matcher::Name(name("dummy0"));
    config.bond.members.push(meant).unwrap();
    world.handle(Event::Config(&config));
    assert!(read(&world, &dummy(179)));
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
    let read = Action::Kernel(KernelRequest::Read(ReadRequest::Link { link }));
    let next_read = |world: &mut World| {
        world.handle(Event::LinkUnread(link));
        world.next()
    };
    assert_eq!(next_read(&mut world), Some(read.clone()));
    world.fail(read.clone(), failure(105, "no"));
    world.take();
    world.run();
    place(&world.take(), ReadRequest::Tables(Scope::All));
    assert_eq!(next_read(&mut world), None);
    // Others do not wait for it.
    world.handle(Event::LinkUnread(WLAN0));
    let other = Action::Kernel(KernelRequest::Read(ReadRequest::Link { link: WLAN0 }));
    assert_eq!(world.next(), Some(other));
    world.run();
    world.take();
    assert_eq!(world.poll_at(), Some(world.now + 250));
    world.wait(250);
    place_of(&world.take(), |a| *a == read);
    assert_eq!(next_read(&mut world), Some(read));
}
