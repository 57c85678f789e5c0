//! wpa_supplicants that fall silent, or do not take what they are given.
use super::*;
use crate::wire::wpa::Request;

/// The times at which this link's wpa_supplicant is asked whether it answers, within a period
/// in which nothing else happens; answered or not.
fn pings(world: &mut World, link: Index, period: u64, answers: bool) -> Vec<u64> {
    let end = world.now + period;
    let mut at = vec![];
    while let Some(next) = world.poll_at().filter(|next| *next <= end) {
        world.tick_at(next.max(world.now + 1));
        while let Some(action) = world.next() {
            world.done.push(action.clone());
            let silent = match action {
                Action::Supplicant(asked, SupplicantStep::Ask(Request::Ping)) if asked == link => {
                    at.push(world.now);
                    !answers
                }
                _ => false,
            };
            match silent {
                true => world.succeed(action),
                false => world.perform(action),
            }
        }
    }
    world.now = end;
    at
}

#[test]
fn an_authorised_one_is_asked_seldom_and_with_the_others() {
    let mut world = World::settled();
    let before = world.now;
    let first = pings(&mut world, WLAN0, 3_600_000, true);
    assert_eq!(first.len(), 60);
    assert!(first.iter().all(|at| at % 60_000 == 0), "{first:?}");
    world.now = before;
    let mut other = World::settled();
    assert_eq!(
        pings(&mut other, WLAN1, 3_600_000, true),
        first,
        "in one wake-up"
    );
}

#[test]
fn one_that_hangs_after_it_lost_its_network_is_ended() {
    let mut world = World::settled();
    world.lose(WLAN0);
    world.take();
    let lost = world.now;
    let asked = pings(&mut world, WLAN0, 20_000, false);
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0] <= lost + 10_000, "{asked:?} after {lost}");
    let ended = |a: &Action| *a == Action::Supplicant(WLAN0, SupplicantStep::Stop { force: true });
    let started = |a: &Action| matches!(a, Action::Supplicant(WLAN0, SupplicantStep::Start { .. }));
    let done = world.take();
    assert!(
        place_of(&done, ended) < place_of(&done, started),
        "{done:?}"
    );
    assert!(
        !done
            .iter()
            .any(|a| matches!(a, Action::Supplicant(WLAN1, SupplicantStep::Stop { .. })))
    );
}

#[test]
fn one_that_hangs_while_authorised_is_ended_as_well() {
    let mut world = World::settled();
    pings(&mut world, WLAN1, 75_000, false);
    let done = world.take();
    assert!(
        done.contains(&Action::Supplicant(
            WLAN1,
            SupplicantStep::Stop { force: true }
        )),
        "{done:?}"
    );
}

/// wpa_supplicant keeps the file that it had when it answers FAIL.
#[test]
fn a_file_that_is_not_taken_is_a_problem_and_given_again_seldom() {
    let mut world = World::settled();
    let mut other = config();
    other.wifi[0].priority = 7;
    world.handle(Event::Config(&other));
    let given = |done: &[Action]| {
        let is = |a: &&Action| matches!(a, Action::Supplicant(_, SupplicantStep::Reconfigure));
        done.iter().filter(is).count()
    };
    let refuse = |world: &mut World| {
        while let Some(action) = world.next() {
            world.done.push(action.clone());
            match action {
                Action::Supplicant(link, SupplicantStep::Reconfigure) => {
                    world.succeed(action);
                    let text = "FAIL\n";
                    world.handle(Event::Supplicant { link, text });
                }
                action => world.perform(action),
            }
        }
    };
    refuse(&mut world);
    assert_eq!(given(&world.take()), 2, "the other's turn comes at once");
    let words = "wpa_supplicant does not take its new file and goes on with the one before";
    let reported = |world: &World| {
        let status = world.status();
        status.problems.iter().filter(|p| p.text == words).count()
    };
    assert_eq!(reported(&world), 2);
    assert!(!world.engine.is_settled());
    for _ in 0..3 {
        world.tick_at(world.now + 60_000);
        refuse(&mut world);
        assert_eq!((given(&world.take()), reported(&world)), (2, 2));
    }
    let journal = world.engine.journal().since(0);
    assert_eq!(
        journal.filter(|r| r.text == words).count(),
        2,
        "recorded once each"
    );
    // The next file is tried at once, and this one is taken.
    world.handle(Event::Config(&config()));
    assert_eq!(reported(&world), 0);
    world.run();
    assert!(
        world.engine.is_settled() && given(&world.take()) == 0,
        "it had that one all along"
    );
}

/// A slow machine: its control socket comes later than we waited the first time.
#[test]
fn one_that_never_comes_up_is_waited_for_longer_each_time() {
    let mut world = World::usual();
    let exited = Event::SupplicantExited { link: WLAN0 };
    world.handle(exited);
    let (mut begun, mut lives) = (0, vec![]);
    while lives.len() < 5 {
        assert!(world.now < 1_000_000, "{lives:?}");
        world.sleep();
        while let Some(action) = world.next() {
            match &action {
                Action::Supplicant(_, SupplicantStep::Attach) => {
                    world.fail(action, failure(2, "no socket yet"));
                    continue;
                }
                Action::Supplicant(WLAN0, SupplicantStep::Start { .. }) => begun = world.now,
                Action::Supplicant(WLAN0, SupplicantStep::Stop { .. }) => {
                    lives.push(world.now - begun)
                }
                _ => {}
            }
            world.perform(action);
        }
    }
    assert!(
        lives
            .iter()
            .zip([20_000, 40_000, 80_000, 80_000, 80_000])
            .all(|(life, given)| (given..given + 100).contains(life)),
        "{lives:?}"
    );
}
