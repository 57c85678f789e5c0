//! The way down.
use super::*;

#[test]
fn the_way_down_is_ordered_and_ends() {
    let mut world = World::usual();
    world.join(WLAN0);
    world.join(ETH0);
    world.take();
    world.engine.handle(world.now, Event::Stop);
    world.run();
    assert!(world.exited);
    let done = world.take();
    let address = place_of(&done, |a| {
        matches!(a, Action::Kernel(KernelAction::DeleteAddress { .. }))
    });
    let supplicant = place_of(&done, |a| matches!(a, Action::StopSupplicant { .. }));
    let member = place_of(&done, |a| {
        matches!(a, Action::Kernel(KernelAction::SetMaster { .. }))
    });
    let bond = place_of(&done, |a| {
        matches!(a, Action::Kernel(KernelAction::DeleteLink { .. }))
    });
    assert!(
        address < supplicant && supplicant < member && member < bond,
        "{done:?}"
    );
}

#[test]
fn a_stage_of_the_way_down_that_hangs_is_passed_over() {
    let mut world = World::usual();
    world.engine.handle(world.now, Event::Stop);
    // Every step fails for ever.
    for _ in 0..2_000 {
        match world.engine.next(world.now) {
            Some(Action::Exit) => {
                assert!(
                    world.now < 1_000 + 4 * crate::engine::stop::STAGE_MS + 100,
                    "took {}",
                    world.now
                );
                return;
            }
            Some(action) => {
                let failure = Failure {
                    errno: 16,
                    text: "busy".try_into().unwrap(),
                };
                world
                    .engine
                    .handle(world.now, Event::Done(action, Err(failure)));
            }
            None => {
                world.now = world
                    .engine
                    .poll_at(world.now)
                    .expect("a deadline")
                    .max(world.now + 1);
                world.engine.tick(world.now);
            }
        }
    }
    panic!("never left");
}
