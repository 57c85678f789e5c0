//! The page of `wifibond status`: its first line, and what it looks like in a width.
use super::*;
use crate::engine::status::list::Layout;
use crate::wire::control::Tone;

const WRONG: &str = "<3>CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid=\"Hotspot\" auth_failures=1 duration=10 reason=WRONG_KEY";

fn page(world: &World, columns: usize) -> String {
    let layout = Layout {
        columns,
        tones: false,
    };
    let page = status::text::page(&world.engine, None, world.at());
    page.laid_out(layout).to_string()
}

fn answer(world: &World) -> String {
    let page = page(world, 300);
    page.lines().next().expect("a line").to_owned()
}

#[test]
fn the_answer_says_through_what_since_when_and_why() {
    let mut world = World::usual();
    assert!(answer(&world).starts_with("OFFLINE"), "{}", answer(&world));
    world.join(WLAN0);
    world.wait(5_000);
    assert_eq!(answer(&world), "ONLINE through bond0 (wlan0) for 5 s");
    world.join(WLAN1);
    world.wait(60_000);
    assert_eq!(answer(&world), "ONLINE through bond0 (wlan0) for 1 min");
    world.pull(WLAN0);
    world.wait(200_000);
    assert_eq!(
        answer(&world),
        "ONLINE through bond0 (wlan1), because wlan0 was unplugged 3 min ago"
    );
    // It comes back, and is preferred: that is why it is the one.
    world.plug(WLAN0, "wlan0");
    world.join(WLAN0);
    world.wait(400_000);
    let back = answer(&world);
    assert!(
        back.starts_with("ONLINE through bond0 (wlan0) for "),
        "{back}"
    );
    assert!(
        back.ends_with(" min: the primary wlan0 can carry traffic again"),
        "{back}"
    );
}

/// The kernel sets an adapter down before it takes it away.
#[test]
fn one_that_is_set_down_and_gone_at_once_was_unplugged() {
    let mut world = World::both();
    let mut down = world.link(WLAN0).clone();
    (down.up, down.carrier) = (false, false);
    world.handle(Event::Link(down));
    world.handle(Event::Time);
    world.pull(WLAN0);
    world.wait(5_000);
    assert_eq!(
        answer(&world),
        "ONLINE through bond0 (wlan1), because wlan0 was unplugged 5 s ago"
    );
    assert_eq!(world.recorded("wlan0 was set down"), 0);
    // What happened long before is what happened.
    let mut world = World::both();
    world.lose(WLAN0);
    world.wait(5_000);
    world.pull(WLAN0);
    assert_eq!(
        answer(&world),
        "ONLINE through bond0 (wlan1), because wlan0 lost its carrier 5 s ago"
    );
}

#[test]
fn one_that_comes_back_itself_has_no_reason() {
    let mut world = World::usual();
    world.join(WLAN0);
    world.lose(WLAN0);
    world.wait(120_000);
    let lost = answer(&world);
    assert!(lost.starts_with("OFFLINE for 2 min"), "{lost}");
    world.join(WLAN0);
    world.wait(1_000);
    assert_eq!(answer(&world), "ONLINE through bond0 (wlan0) for 1 s");
}

#[test]
fn the_answer_names_what_is_refused_or_not_there() {
    let mut world = World::usual();
    world.wait(3_000);
    world.supplicant_says(WLAN0, WRONG);
    world.wait(60_000);
    let refused = answer(&world);
    assert_eq!(
        refused,
        "OFFLINE for 1 min: wlan0: wrong passphrase for \"Hotspot\""
    );
    let mut world = World::start(&config(), &[]);
    world.wait(125_000);
    assert_eq!(
        answer(&world),
        "OFFLINE for 2 min: no adapter of the file is plugged in"
    );
}

#[test]
fn an_outage_of_which_no_present_cause_is_known_has_the_one_that_began_it() {
    let mut world = World::both();
    world.pull(WLAN0);
    world.wait(1_000);
    world.lose(WLAN1);
    world.wait(10_000);
    let lost = answer(&world);
    assert!(
        lost.ends_with(", because wlan1 lost its carrier 10 s ago"),
        "{lost}"
    );
}

#[test]
fn a_page_fits_every_width_and_says_the_same_in_each() {
    let mut world = World::both();
    world.pull(WLAN0);
    world.wait(90_000);
    let words = |page: &str| -> Vec<String> {
        let mut words: Vec<String> = page.split_whitespace().map(str::to_owned).collect();
        words.retain(|word| !["MEMBER", "SIGNAL", "STATE", "LINK"].contains(&word.as_str()));
        words
    };
    for columns in [20, 40, 59, 60, 80, 300] {
        let page = page(&world, columns);
        for line in page.lines() {
            assert!(line.chars().count() <= columns, "{columns}: {line:?}");
            assert_eq!(line.trim_end(), line);
        }
        for word in ["ONLINE", "wlan1", "unplugged", "active-backup", "carrier"] {
            assert!(words(&page).iter().any(|w| w.contains(word)), "{page}");
        }
    }
}

/// As Debian names a USB adapter.
#[test]
fn long_names_fit_too() {
    let mut config = config();
    config.bond.members = core::iter::once(Matcher::WifiAny).collect();
    config.bond.primary = Some(Matcher::WifiAny);
    let mut world = World::start(&config, &[(WLAN0, "wlx00c0ca123456", true)]);
    world.join_only(WLAN0);
    world.wait(5_000);
    for columns in [40, 60, 65, 80] {
        let page = page(&world, columns);
        assert!(page.contains("wlx00c0ca123456"), "{page}");
        for line in page.lines() {
            assert!(line.chars().count() <= columns, "{columns}: {line:?}");
        }
    }
}

#[test]
fn marks_of_tones_are_all_that_colour_adds() {
    let world = World::both();
    let marked = status::text::page(&world.engine, None, world.at());
    let marked = marked.laid_out(Layout {
        columns: 80,
        tones: true,
    });
    let marked = marked.to_string();
    assert!(marked.starts_with(Tone::Good.mark()));
    let plain: String = marked.chars().filter(|c| Tone::of(*c).is_none()).collect();
    assert_eq!(plain, page(&world, 80));
}
