//! The way down.
use super::*;

#[test]
fn the_way_down_is_ordered_and_ends() {
    let mut world = World::usual();
    world.join(WLAN0);
    world.join(ETH0);
    world.take();
    world.tell(Event::Stop);
    assert!(world.exited);
    let done = world.take();
    let address = place_of_change!(done, DeleteAddress { .. });
    let supplicant = place_of(&done, |a| {
        matches!(a, Action::Supplicant(_, SupplicantStep::Stop { .. }))
    });
    let member = place_of_change!(done, SetMaster(..));
    let bond = place_of_change!(done, DeleteLink { .. });
    assert!(
        address < supplicant && supplicant < member && member < bond,
        "{done:?}"
    );
}

#[test]
fn a_stage_of_the_way_down_that_hangs_is_passed_over() {
    let mut world = World::usual();
    world.handle(Event::Stop);
    // Every step fails for ever.
    for _ in 0..2_000 {
        match world.next() {
            Some(Action::Exit) => {
                assert!(
                    world.now < 1_000 + 4 * crate::engine::stop::STAGE.0 + 100,
                    "took {}",
                    world.now
                );
                return;
            }
            Some(action) => world.fail(action, failure(16, "busy")),
            None => world.sleep(),
        }
    }
    panic!("never left");
}
