//! Requests that the kernel does not answer.
use super::*;
use crate::engine::plan;
use crate::engine::slow::{LATE_MS, PUT_OFF_MS};

impl World {
    /// As `run`; the kernel does not answer to what `holds` says, and that is given back.
    pub(super) fn run_until_held(&mut self, holds: impl Fn(&Action) -> bool) -> Option<Action> {
        let mut held = None;
        for _ in 0..500 {
            let Some(action) = self.engine.next(self.now) else {
                return held;
            };
            self.done.push(action.clone());
            if action.is_for_kernel() {
                assert_eq!(held, None, "one at a time, and then {action:?}");
                if holds(&action) {
                    let given = Event::Given(action.clone());
                    self.engine.handle(self.now, given);
                    held = Some(action);
                    continue;
                }
            }
            if let Effect::Exit = fake_kernel::perform(&mut self.engine, self.now, action) {
                self.exited = true;
                return held;
            }
        }
        panic!("never comes to rest");
    }

    /// Time passes until then, with a look at each deadline; nothing may spin.
    pub(super) fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        for _ in 0..1_000 {
            match self.engine.poll_at(self.now) {
                Some(at) if at <= end => self.now = at.max(self.now + 1),
                _ => {
                    self.now = end;
                    self.engine.tick(end);
                    assert_eq!(self.run_until_held(|_| true), None);
                    return;
                }
            }
            self.engine.tick(self.now);
            assert_eq!(self.run_until_held(|_| true), None);
        }
        panic!("it spins until {}", self.now);
    }

    pub(super) fn answer(&mut self, action: Action) {
        fake_kernel::perform(&mut self.engine, self.now, action);
    }
}

pub(super) fn up(link: Index) -> Action {
    Action::Kernel(KernelAction::SetUp { link, up: true })
}

/// The cable is set down by somebody, and its driver hangs when it is set up again.
pub(super) fn hanging() -> (World, Action) {
    let mut world = World::usual();
    world.join(WLAN0);
    world.join(WLAN1);
    fake_kernel::edit(&mut world.engine, world.now, ETH0, |link| link.up = false);
    let held = world.run_until_held(|a| *a == up(ETH0));
    let held = held.expect("the cable is set up again");
    world.take();
    (world, held)
}

pub(super) fn problems(world: &World) -> String {
    let problems = status::problems(&world.engine, world.now);
    let texts = problems.iter().map(|p| format!("{}: {}\n", p.link, p.text));
    texts.collect()
}

#[test]
fn an_action_without_an_answer_stops_nothing_else() {
    let (mut world, held) = hanging();
    assert_eq!(problems(&world), "");
    world.pass(LATE_MS);
    let said = problems(&world);
    assert!(
        said.contains("the kernel has not answered for 2 s (eth0: set it up)"),
        "{said}"
    );
    // What needs no kernel goes on.
    world
        .engine
        .handle(world.now, Event::SupplicantExited { link: WLAN1 });
    world.pass(1_000);
    let done = world.take();
    place_of(&done, |a| {
        matches!(a, Action::StartSupplicant { link: WLAN1, .. })
    });
    // What needs it waits, and is done as soon as it answers.
    let (bond, _) = world.bond();
    world.engine.handle(world.now, Event::Lost);
    fake_kernel::edit(&mut world.engine, world.now, WLAN0, |link| {
        link.carrier = false;
        link.oper = Oper::Down;
    });
    world.pass(30_000);
    assert!(!world.take().iter().any(Action::is_for_kernel));
    assert!(problems(&world).contains("for 33 s"));
    world.answer(held);
    world.run();
    let done = world.take();
    place_of(&done, |a| *a == Action::Resync(Scope::All));
    let option = BondOption::Active(Some(WLAN1));
    place_of(&done, |a| {
        *a == Action::Kernel(KernelAction::SetBond { bond, option })
    });
    assert!(!problems(&world).contains("the kernel has not answered"));
    let said = |words: &str| {
        let mut records = world.engine.journal().since(0);
        records.any(|r| r.text.contains(words))
    };
    assert!(said("the kernel does not answer: set it up"));
    assert!(said("the kernel answered after 33 s"));
}

#[test]
fn a_plan_names_what_the_kernel_has_not_answered() {
    let (mut world, _held) = hanging();
    world.pass(LATE_MS);
    let mut plan = String::new();
    plan::of_change(&mut world.engine, world.now, &config(), &mut plan);
    assert!(plan.contains("eth0: set it up"), "{plan}");
}

#[test]
fn a_wpa_supplicant_that_waits_for_the_kernel_is_not_ended() {
    // It is asked, the kernel holds it up, and nothing of ours is under way.
    let mut world = World::usual();
    world.join(WLAN0);
    world.wait(5_000);
    world.take();
    world.engine.ask_signals();
    let mut read = None;
    for _ in 0..200 {
        match world.engine.next(world.now) {
            Some(Action::AskSupplicant { link, request }) => {
                let asked = Action::AskSupplicant { link, request };
                world.engine.handle(world.now, Event::Done(asked, Ok(())));
            }
            Some(action @ Action::ReadLink { .. }) => {
                let given = Event::Given(action.clone());
                world.engine.handle(world.now, given);
                read = Some(action);
            }
            Some(Action::StopSupplicant { .. }) => panic!("ended at {}", world.now),
            Some(action) => world.answer(action),
            None if world.now > 60_000 => break,
            None => {
                let at = world.engine.poll_at(world.now).expect("a deadline");
                world.now = at.max(world.now + 1);
                world.engine.tick(world.now);
            }
        }
    }
    assert!(world.now > 60_000, "it spins at {}", world.now);
    let read = read.expect("a look at the kernel");
    // The kernel answers, and it still does not: it is ended.
    world.answer(read);
    for _ in 0..50 {
        match world.engine.next(world.now) {
            Some(Action::StopSupplicant { .. }) => return,
            Some(action) => world.answer(action),
            None => {
                let at = world.engine.poll_at(world.now).expect("a deadline");
                world.now = at.max(world.now + 1);
                world.engine.tick(world.now);
            }
        }
    }
    panic!("never ended");
}

#[test]
fn a_slow_adapter_is_taken_last_also_after_a_restart() {
    let (mut world, _held) = hanging();
    world.pass(PUT_OFF_MS);
    let note = Action::NoteSlow {
        link: ETH0,
        times: 1,
    };
    place_of(&world.take(), |a| *a == note);
    // The next start is told of it.
    let mut engine = Engine::new(&config());
    let (link, times) = (WLAN0, 1);
    engine.handle(900, Event::WasSlow { link, times });
    let adapters = [(WLAN0, "wlan0", true), (WLAN1, "wlan1", true)];
    let mut world = World::begin(engine, &adapters);
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
        let failure = Failure {
            errno: 110,
            text: "the kernel does not answer".try_into().unwrap(),
        };
        world
            .engine
            .handle(world.now, Event::Done(held.clone(), Err(failure)));
        let answered = world.now;
        let again = loop {
            if let Some(again) = world.run_until_held(|a| *a == up(ETH0)) {
                break again;
            }
            let at = world.engine.poll_at(world.now).expect("a next attempt");
            world.now = at.max(world.now + 1);
            world.engine.tick(world.now);
        };
        rests.push((world.now - answered) / 1_000);
        held = again;
    }
    assert_eq!(rests, [30, 60, 120, 240, 480, 480]);
    world.pass(100);
    world.take();
    let announced = held.clone();
    world.answer(announced);
    world.run();
    place_of(&world.take(), |a| {
        *a == Action::NoteSlow {
            link: ETH0,
            times: 0,
        }
    });
}

#[test]
fn a_stop_without_an_answer_ends_and_says_what_it_leaves() {
    let (mut world, _held) = hanging();
    world.pass(5_000);
    let begun = world.now;
    world.engine.handle(world.now, Event::Stop);
    while !world.exited {
        assert_eq!(world.run_until_held(|_| true), None);
        if let Some(at) = world.engine.poll_at(world.now) {
            world.now = at.max(world.now + 1);
        }
        world.engine.tick(world.now);
        assert!(world.now < begun + 20_000, "never left");
    }
    let mut records = world.engine.journal().since(0);
    assert!(records.any(|r| r.text.contains("bond are left as they are")));
}

#[test]
fn a_stop_before_anything_was_read_ends_as_well() {
    let mut engine = Engine::new(&config());
    let mut now = 1_000;
    let read = engine.next(now).expect("the first read");
    assert_eq!(read, Action::Resync(Scope::All));
    engine.handle(now, Event::Given(read));
    engine.handle(now, Event::Stop);
    loop {
        match engine.next(now) {
            Some(Action::Exit) => break,
            Some(action) => panic!("{action:?}"),
            None => now = engine.poll_at(now).expect("a deadline"),
        }
        engine.tick(now);
    }
    assert!((8_000..10_000).contains(&(now - 1_000)), "it took {now}");
    let mut records = engine.journal().since(0);
    assert!(records.any(|r| r.text.contains("are left as they are")));
}

#[test]
fn news_of_a_link_is_read_before_anything_else_is_done() {
    let mut world = World::usual();
    world.engine.handle(world.now, Event::LinkUnread(ETH0));
    fake_kernel::edit(&mut world.engine, world.now, ETH0, |link| link.up = false);
    let read = Action::ReadLink { link: ETH0 };
    assert_eq!(world.engine.next(world.now), Some(read.clone()));
    // It is gone: nothing is said, and nothing asked again.
    let gone = Failure {
        errno: 19,
        text: "there is no such interface".try_into().unwrap(),
    };
    let before = world.engine.journal().written();
    world.engine.handle(world.now, Event::Done(read, Err(gone)));
    assert_eq!(world.engine.journal().written(), before);
    world.run();
    let done = world.take();
    place_of(&done, |a| *a == up(ETH0));
    assert!(!done.contains(&Action::ReadLink { link: ETH0 }));
    // More than can be kept: all is read.
    for link in 100..120 {
        world.engine.handle(world.now, Event::LinkUnread(link));
    }
    world.take();
    world.run();
    place_of(&world.take(), |a| *a == Action::Resync(Scope::All));
}
