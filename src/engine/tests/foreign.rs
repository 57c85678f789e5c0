//! What others made.
use super::*;

fn foreign_bond(mode: u8) -> crate::engine::observed::Link {
    let mut link = plain(20, "bond0", false);
    let mut options = crate::engine::existing::desired_options(&Engine::new(&config(), 7));
    options.mode = mode;
    link.kind = Kind::Bond(options);
    link.up = true;
    link
}

fn start_with(config: &Config, links: &[crate::engine::observed::Link]) -> World {
    let mut world = World::read(Engine::new(config, 7), links.iter().cloned());
    world.run();
    world
}

#[test]
fn a_stray_empty_bond_is_taken_over() {
    let world = start_with(&config(), &[foreign_bond(0), plain(WLAN0, "wlan0", true)]);
    let (bond, options) = world.bond();
    assert_eq!((bond, options.mode), (20, 1));
    assert_eq!(world.link(WLAN0).master, Some(20));
    assert!(
        !world.link(20).ours,
        "what another made is not marked as ours"
    );
}

#[test]
fn a_foreign_bond_with_strangers_is_left_alone() {
    let mut stranger = plain(30, "eth7", false);
    stranger.master = Some(20);
    let mut config = config();
    // eth7 has to be of interest to be seen at all: as a link of the file.
    config.links[0].name = Matcher::Name(name("eth7"));
    let world = start_with(
        &config,
        &[foreign_bond(1), stranger, plain(WLAN0, "wlan0", true)],
    );
    assert_eq!(world.link(WLAN0).master, None);
    let refusals = world.engine.refusals();
    assert!(
        refusals
            .iter()
            .any(|r| r.link == "bond0" && r.text.contains("eth7")),
        "{refusals:?}"
    );
}

#[test]
fn a_member_of_another_bond_is_not_stolen() {
    let mut other = foreign_bond(1);
    other.index = 21;
    other.name = name("team7");
    let mut taken = plain(WLAN0, "wlan0", true);
    taken.master = Some(21);
    let world = start_with(&config(), &[other, taken, plain(WLAN1, "wlan1", true)]);
    assert_eq!(world.link(WLAN0).master, Some(21));
    assert_eq!(world.link(WLAN1).master, Some(world.bond().0));
    let refusals = world.engine.refusals();
    assert!(
        refusals
            .iter()
            .any(|r| r.link == "wlan0" && r.text.contains("team7")),
        "{refusals:?}"
    );
}

#[test]
fn an_interface_that_is_no_bond_is_refused() {
    let mut bridge = plain(20, "bond0", false);
    bridge.kind = Kind::Bridge;
    let world = start_with(&config(), &[bridge, plain(WLAN0, "wlan0", true)]);
    assert_eq!(world.link(WLAN0).master, None);
    assert!(world.engine.refusals()[0].text.contains("no bond"));
}
