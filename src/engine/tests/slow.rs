//! Requests that the kernel does not answer.
use super::*;
use crate::engine::plan;
use crate::engine::slow::{LATE, PUT_OFF};

impl World {
    /// As `run`; the kernel does not answer to what `holds` says, and that is given back.
    pub(super) fn run_until_held(&mut self, holds: impl Fn(&Action) -> bool) -> Option<Action> {
        self.run_with(
            |action| match matches!(action, Action::Kernel(_)) && holds(action) {
                true => Outcome::Held,
                false => Outcome::Works,
            },
        )
    }

    /// Time passes until then, with a look at each deadline; nothing may spin.
    pub(super) fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        for _ in 0..1_000 {
            match self.poll_at() {
                Some(at) if at <= end => self.sleep(),
                _ => {
                    self.tick_at(end);
                    assert_eq!(self.run_until_held(|_| true), None);
                    return;
                }
            }
            assert_eq!(self.run_until_held(|_| true), None);
        }
        panic!("it spins until {}", self.now);
    }
}

pub(super) fn up(link: Index) -> Action {
    Action::Kernel(Change(KernelAction::up(link)))
}

/// The cable is set down by somebody, and its driver hangs when it is set up again.
pub(super) fn hanging() -> (World, Action) {
    let mut world = World::both();
    world.edit(ETH0, |link| link.up = false);
    let held = world.run_until_held(|a| *a == up(ETH0));
    let held = held.expect("the cable is set up again");
    world.take();
    (world, held)
}

pub(super) fn problems(world: &World) -> String {
    let problems = status::problems(&world.engine, world.at());
    let texts = problems.iter().map(|p| format!("{}: {}\n", p.link, p.text));
    texts.collect()
}

#[test]
fn an_action_without_an_answer_stops_nothing_else() {
    let (mut world, held) = hanging();
    assert_eq!(problems(&world), "");
    world.pass(LATE.0);
    let found = problems(&world);
    assert!(
        found.contains("the kernel has not answered for 2 s (eth0: set it up)"),
        "{found}"
    );
    // What needs no kernel goes on.
    world.handle(Event::SupplicantExited { link: WLAN1 });
    world.pass(1_000);
    let done = world.take();
    place_of(&done, |a| {
        matches!(a, Action::Supplicant(WLAN1, SupplicantStep::Start { .. }))
    });
    // What needs it waits, and is done as soon as it answers.
    let (bond, _) = world.bond();
    world.handle(Event::Lost);
    world.cut(WLAN0);
    world.pass(30_000);
    assert!(!world.take().iter().any(|a| matches!(a, Action::Kernel(_))));
    assert!(problems(&world).contains("for 33 s"));
    world.perform(held);
    world.run();
    let done = world.take();
    place(&done, ReadRequest::Tables(Scope::All));
    let option = BondOption::Active(Some(WLAN1));
    place(&done, KernelAction::SetBond(bond, option));
    assert!(!problems(&world).contains("the kernel has not answered"));
    assert_eq!(world.recorded("the kernel does not answer: set it up"), 1);
    assert_eq!(world.recorded("the kernel answered after 33 s"), 1);
}

#[test]
fn a_plan_names_what_the_kernel_has_not_answered() {
    let (mut world, _held) = hanging();
    world.pass(LATE.0);
    let mut plan = String::new();
    let now = world.at();
    plan::of_change(&mut world.engine, now, &config(), &mut plan);
    assert!(plan.contains("eth0: set it up"), "{plan}");
}

#[test]
fn a_wpa_supplicant_that_waits_for_the_kernel_is_not_ended() {
    // It is asked, the kernel holds it up, and nothing of ours is under way.
    let mut world = World::usual();
    world.join(WLAN0);
    world.wait(5_000);
    world.take();
    world.handle(Event::AskSignals);
    let mut read = None;
    for _ in 0..200 {
        match world.next() {
            Some(Action::Supplicant(link, SupplicantStep::Ask(request))) => {
                world.succeed(Action::Supplicant(link, SupplicantStep::Ask(request)));
            }
            Some(action @ Action::Kernel(KernelRequest::Read(ReadRequest::Link { .. }))) => {
                world.handle(Event::Given(action.clone()));
                read = Some(action);
            }
            Some(Action::Supplicant(_, SupplicantStep::Stop { .. })) => {
                panic!("ended at {}", world.now)
            }
            Some(action) => world.perform(action),
            None if world.now > 60_000 => break,
            None => world.sleep(),
        }
    }
    assert!(world.now > 60_000, "it spins at {}", world.now);
    let read = read.expect("a look at the kernel");
    // The kernel answers, and it still does not: it is ended.
    world.perform(read);
    for _ in 0..50 {
        match world.next() {
            Some(Action::Supplicant(_, SupplicantStep::Stop { .. })) => return,
            Some(action) => world.perform(action),
            None => world.sleep(),
        }
    }
    panic!("never ended");
}

#[test]
fn a_slow_adapter_is_taken_last_also_after_a_restart() {
    let (mut world, _held) = hanging();
    world.pass(PUT_OFF.0);
    let note = notes_slow(ETH0, 1);
    place_of(&world.take(), |a| *a == note);
    // The next start is told of it.
    let mut engine = Engine::new(&config(), 7);
    engine.handle(Instant::from_ms(900), was_slow(WLAN0, 1));
    let mut world = World::begin(engine, &BOTH_ADAPTERS);
    world.join(WLAN1);
    let (bond, _) = world.bond();
    let taken = |world: &World, link: Index| world.link(link).master == Some(bond);
    assert!(taken(&world, WLAN1) && !taken(&world, WLAN0));
    assert!(world.has_default(bond));
    assert!(problems(&world).contains("wlan0: its driver did not answer in time"));
    world.wait(20_000);
    assert!(!taken(&world, WLAN0));
    world.wait(10_000);
    assert!(taken(&world, WLAN0));
}

#[test]
fn a_slow_adapter_is_left_alone_twice_as_long_each_time_until_it_comes_up() {
    let (mut world, mut held) = hanging();
    let mut rests = vec![];
    for _ in 0..6 {
        world.pass(20_000);
        world.fail(held.clone(), failure(110, "the kernel does not answer"));
        let answered = world.now;
        let again = loop {
            if let Some(again) = world.run_until_held(|a| *a == up(ETH0)) {
                break again;
            }
            world.sleep();
        };
        rests.push((world.now - answered) / 1_000);
        held = again;
    }
    assert_eq!(rests, [30, 60, 120, 240, 480, 480]);
    world.pass(100);
    world.take();
    world.perform(held);
    world.run();
    place_of(&world.take(), |a| *a == notes_slow(ETH0, 0));
}

#[test]
fn a_stop_without_an_answer_ends_and_says_what_it_leaves() {
    let (mut world, _held) = hanging();
    world.pass(5_000);
    let begun = world.now;
    world.handle(Event::Stop);
    while !world.exited {
        assert_eq!(world.run_until_held(|_| true), None);
        let next = world.poll_at().map(|at| at.max(world.now + 1));
        world.tick_at(next.unwrap_or(world.now));
        assert!(world.now < begun + 20_000, "never left");
    }
    let mut records = world.engine.journal().since(0);
    assert!(records.any(|r| r.text.contains("bond are left as they are")));
}

#[test]
fn a_stop_before_anything_was_read_ends_as_well() {
    let mut world = World::unread(Engine::new(&config(), 7));
    let begun = world.now;
    let read = world.next().expect("the first read");
    assert_eq!(
        read,
        Action::Kernel(KernelRequest::Read(ReadRequest::Tables(Scope::All)))
    );
    world.handle(Event::Given(read));
    world.handle(Event::Stop);
    loop {
        match world.next() {
            Some(Action::Exit) => break,
            Some(action) => panic!("{action:?}"),
            None => world.sleep(),
        }
    }
    let took = world.now - begun;
    assert!((8_000..10_000).contains(&took), "it took {took}");
    assert!(world.recorded("are left as they are") > 0);
}

#[test]
fn news_of_a_link_is_read_before_anything_else_is_done() {
    let mut world = World::usual();
    world.handle(Event::LinkUnread(ETH0));
    world.edit(ETH0, |link| link.up = false);
    let read = Action::Kernel(KernelRequest::Read(ReadRequest::Link { link: ETH0 }));
    assert_eq!(world.next(), Some(read.clone()));
    // It is gone: nothing is recorded, and nothing read again.
    let gone = failure(19, "there is no such interface");
    let before = world.engine.journal().written();
    world.fail(read, gone);
    assert_eq!(world.engine.journal().written(), before);
    world.run();
    let done = world.take();
    place_of(&done, |a| *a == up(ETH0));
    assert!(
        !done.contains(&Action::Kernel(KernelRequest::Read(ReadRequest::Link {
            link: ETH0
        })))
    );
    // More than can be kept: all is read.
    for link in 100..120 {
        world.handle(Event::LinkUnread(link));
    }
    world.take();
    world.run();
    place(&world.take(), ReadRequest::Tables(Scope::All));
}
