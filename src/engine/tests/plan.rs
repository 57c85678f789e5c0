//! `plan` beside a running daemon: the engine as it is, and a file.
use super::*;
use crate::engine::plan;

fn plan_of(world: &mut World, config: &Config) -> String {
    let (mut text, now) = (String::new(), world.at());
    plan::of_change(&mut world.engine, now, config, &mut text);
    text
}

#[test]
fn its_own_configuration_leaves_nothing_to_do() {
    assert_eq!(plan_of(&mut World::settled(), &config()), "nothing to do\n");
}

#[test]
fn another_configuration_leaves_the_difference_and_what_waits_for_a_cable() {
    let mut other = config();
    other.bond.ip = static_block(43, 77, 100);
    let text = plan_of(&mut World::settled(), &other);
    let (now, later) = text
        .split_once("once eth0 has carrier:\n")
        .expect("both parts");
    let (words, now) = now.split_once("now:\n").expect("both parts");
    let lines: Vec<&str> = now.lines().collect();
    assert!(
        words.starts_with("bond.ipv4.addresses: 192.168.43.150/24 -> 192.168.43.77/24\n"),
        "{words}"
    );
    assert!(lines.contains(&"  bond0: add 192.168.43.77/24"), "{text}");
    assert!(
        lines.contains(&"  bond0: remove 192.168.43.150/24"),
        "{text}"
    );
    assert!(
        lines.iter().all(|line| line.starts_with("  bond0: ")),
        "{text}"
    );
    assert!(later.contains("  eth0: add 192.168.0.106/24"), "{text}");
}

/// New networks are read by one member after the other; a plan shows both turns.
#[test]
fn each_member_s_turn_is_shown() {
    let mut other = config();
    other.links.clear();
    other.wifi[0].priority = 7;
    let text = plan_of(&mut World::settled(), &other);
    for member in ["wlan0", "wlan1"] {
        let line = format!("  {member}: give wpa_supplicant its new file\n");
        assert_eq!(text.matches(&line).count(), 1, "{text}");
    }
}

/// Its wpa_supplicants would start once the keys are derived.
#[test]
fn a_start_with_a_passphrase_is_planned_to_its_end() {
    let mut config = config();
    config.wifi[0].security = Security::Wpa2;
    config.wifi[0].key = Key::Passphrase(Secret::new("correct horse".try_into().unwrap()));
    let links = BOTH_ADAPTERS.map(|(index, name, wifi)| plain(index, name, wifi));
    let mut world = World::read(Engine::new(&config, 7), links);
    let (mut text, now) = (String::new(), world.at());
    plan::of_start(&mut world.engine, now, &|_| false, &mut text);
    for member in ["wlan0", "wlan1"] {
        let line = format!("  {member}: start wpa_supplicant\n");
        assert_eq!(text.matches(&line).count(), 1, "{text}");
    }
}

/// Of this configuration, in lines.
fn meaning(world: &World, change: impl FnOnce(&mut Config)) -> Vec<String> {
    let (mut text, mut other) = (String::new(), world.engine.config().clone());
    change(&mut other);
    world.engine.write_changes(&other, &mut text);
    text.lines().map(Into::into).collect()
}

#[test]
fn a_change_is_told_with_whom_it_touches() {
    let world = World::settled();
    assert_eq!(meaning(&world, |_| ()), [""; 0]);
    assert_eq!(
        meaning(&world, |other| other.bond.miimon_ms = 50),
        [
            "bond.miimon_ms: 100 -> 50",
            "not touched: wlan0, wlan1, eth0, bond0",
            "no connection is interrupted",
        ]
    );
    let lines = meaning(&world, |other| other.wifi[0].priority = 7);
    assert_eq!(
        lines[1..],
        [
            "wlan1 tries the new settings first, wlan0 follows",
            "not touched: eth0, bond0",
        ]
    );
    let lines = meaning(&world, |other| {
        other.bond.members.pop();
        other.bond.ip = static_block(43, 77, 100);
    });
    let after = &lines[lines.len() - 3..];
    assert_eq!(
        after,
        [
            "wlan1: member of bond0 -> not used",
            "bond0: addresses, routes or name servers change",
            "not touched: wlan0, eth0",
        ]
    );
}

/// The steps are those that the words promise.
#[test]
fn the_words_on_turns_are_those_of_the_steps() {
    let mut world = World::settled();
    let mut other = world.engine.config().clone();
    other.wifi[0].priority = 7;
    let text = plan_of(&mut world, &other);
    let (words, steps) = text.split_once("now:\n").expect("both");
    assert!(words.contains("wlan1 tries the new settings first, wlan0 follows"));
    let given = |member| {
        let line = format!("  {member}: give wpa_supplicant its new file\n");
        steps.find(&line).expect("its turn")
    };
    assert!(given("wlan1") < given("wlan0"), "{text}");
}
