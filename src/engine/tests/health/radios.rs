//! All members miss the same answers at one time: what their radios count tells a dead gateway from
//! adapters that died together.
use super::repair::{Measure, measure, repairing};
use super::*;

const MINUTE: u64 = 60_000;

impl Lab {
    /// Both radios count their frames.
    fn counting(config: &Config) -> Lab {
        let mut lab = Lab::with(config);
        lab.world.engine.checks_idle = false;
        lab.packets = [(WLAN0, (7, 1)), (WLAN1, (7, 1))].into();
        lab.done.clear();
        lab
    }

    fn both_dead(&mut self) {
        self.paths = [(WLAN0, Path::Dead), (WLAN1, Path::Dead)].into();
    }

    /// Time passes; a member leaves its network at each measure, and is back 0.5 s later. Says who
    /// joined it anew, and when. Never are both out of it.
    fn wait_joining(&mut self, ms: u64) -> Vec<(u64, Index)> {
        let mut seen = vec![];
        let mut out: Option<(Index, u64)> = None;
        let end = self.world.now + ms;
        while self.world.now < end || out.is_some() {
            self.wait(50);
            let done = core::mem::take(&mut self.done);
            for (member, measure) in done.iter().filter_map(measure) {
                let other = out.filter(|(other, _)| *other != member);
                assert_eq!(
                    other, None,
                    "one at a time: {measure:?} of {member}, {seen:?}"
                );
                if measure == Measure::Join {
                    seen.push((self.world.now, member));
                }
                if self.world.link(member).carrier {
                    self.world.cut(member);
                }
                out = Some((member, self.world.now + 500));
            }
            if let Some((member, at)) = out {
                let link = self.world.link(member);
                if self.world.now >= at && link.master.is_some() && link.up {
                    out = None;
                    self.world.join_only(member);
                }
            }
        }
        seen
    }
}

/// Undervoltage: both stay associated, and send nothing that arrives.
#[test]
fn two_adapters_that_die_together_are_repaired_one_after_the_other() {
    let mut lab = Lab::counting(&repairing());
    lab.both_dead();
    lab.until("one is bad", 8_000, |lab| {
        [WLAN0, WLAN1]
            .map(|member| lab.condition(member))
            .contains(&Condition::Bad)
    });
    let text = "bad: its access point acknowledges nothing";
    assert!(lab.world.recorded(text) > 0);
    // The measure that helps is the first.
    let mut first = None;
    for _ in 0..200 {
        let seen = lab.wait_joining(100);
        if let Some((_, member)) = seen.first() {
            first = Some(*member);
            lab.paths.insert(*member, Path::Answers(3));
            break;
        }
    }
    let first = first.expect("one joins its network anew");
    lab.wait_joining(15_000);
    assert_eq!(lab.active(), Some(first), "it carries the traffic");
    assert_eq!(lab.condition(first), Condition::Healthy);
    // The other one, too, is not given up.
    let other = if first == WLAN0 { WLAN1 } else { WLAN0 };
    assert_eq!(lab.condition(other), Condition::Bad);
    assert!(
        lab.world
            .engine
            .repairs
            .count(&format!("wlan{}", other - WLAN0))
            > 0
    );
}

#[test]
fn no_two_members_are_repaired_at_once_while_none_works() {
    let mut lab = Lab::counting(&repairing());
    lab.both_dead();
    let seen = lab.wait_joining(200_000);
    for member in [WLAN0, WLAN1] {
        let count = seen.iter().filter(|(_, of)| *of == member).count();
        assert!(count > 0, "{seen:?}");
    }
    assert!(lab.active().is_some(), "the least bad one carries");
}

/// The access point takes their frames: the fault lies behind it.
#[test]
fn members_whose_frames_are_acknowledged_are_not_at_fault() {
    for alike in [true, false] {
        let mut lab = Lab::counting(&repairing());
        lab.acknowledges = true;
        match alike {
            true => lab.both_dead(),
            false => lab.hosts.clear(),
        }
        lab.wait(2 * MINUTE);
        assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
        assert_eq!(lab.world.recorded("bad: "), 0);
        assert_eq!(lab.done.iter().find_map(measure), None);
    }
}

/// The gateway is off, and one adapter as well.
#[test]
fn of_two_that_miss_alike_the_one_without_acknowledgements_is_left() {
    let mut lab = Lab::counting(&repairing());
    lab.packets.remove(&WLAN1);
    lab.both_dead();
    lab.until("the other one", 8_000, |lab| lab.active() == Some(WLAN1));
    assert_eq!(lab.condition(WLAN0), Condition::Bad);
    assert_eq!(lab.condition(WLAN1), Condition::Suspect);
    // Its frames are acknowledged again, and the gateway is still off.
    lab.acknowledges = true;
    lab.wait_joining(20_000);
    assert_eq!(lab.condition(WLAN0), Condition::Suspect);
    let text = "frames are acknowledged again";
    assert_eq!(lab.world.recorded(text), 1);
}

/// It acknowledges what it does not know the sender of, or passes nothing on.
#[test]
fn in_a_long_silence_one_member_at_a_time_joins_anew_and_ever_less_often() {
    let mut lab = Lab::counting(&repairing());
    lab.acknowledges = true;
    lab.both_dead();
    let began = lab.world.now;
    let seen = lab.wait_joining(150 * MINUTE);
    let at: Vec<u64> = seen.iter().map(|(at, _)| (at - began) / 1_000).collect();
    // After 3 min, and pauses of 3, 6, 12, 24, 48 and then 60 min.
    for (at, least) in at.iter().zip([180, 360, 720, 1_440, 2_880, 5_760]) {
        assert!((least..least + 60).contains(at), "{seen:?}");
    }
    assert_eq!(at.len(), 6, "{seen:?}");
    // By turns, the one that stands by first.
    let members: Vec<Index> = seen.iter().map(|(_, member)| *member).collect();
    assert_eq!(members, [WLAN1, WLAN0, WLAN1, WLAN0, WLAN1, WLAN0]);
    assert_eq!(lab.world.recorded("bad: "), 0);
    // What it helped is used.
    lab.paths.insert(WLAN1, Path::Answers(3));
    lab.until("it is used", 10_000, |lab| lab.active() == Some(WLAN1));
    // The next silence begins anew.
    lab.paths.insert(WLAN0, Path::Answers(3));
    lab.wait_joining(40_000);
    for member in [WLAN0, WLAN1] {
        assert_eq!(lab.condition(member), Condition::Healthy);
    }
    lab.both_dead();
    let began = lab.world.now;
    let seen = lab.wait_joining(4 * MINUTE);
    let at = seen.first().map(|(at, _)| at - began);
    assert!(
        at.is_some_and(|at| (170_000..200_000).contains(&at)),
        "{seen:?}"
    );
}

#[test]
fn a_file_without_repairs_has_none_in_a_silence_either() {
    let mut lab = Lab::counting(&lab::config());
    lab.acknowledges = true;
    lab.both_dead();
    assert_eq!(lab.wait_joining(20 * MINUTE), []);
}

/// Some answer no question from 0.0.0.0, and pass traffic.
#[test]
fn a_gateway_that_has_never_answered_is_no_reason_to_join_anew() {
    let mut lab = Lab::begin(&repairing());
    lab.world.engine.checks_idle = false;
    lab.acknowledges = true;
    lab.packets = [(WLAN0, (7, 1)), (WLAN1, (7, 1))].into();
    lab.hosts.clear();
    for member in [WLAN0, WLAN1] {
        lab.world.join_only(member);
        lab.run();
    }
    lab.done.clear();
    assert_eq!(lab.wait_joining(20 * MINUTE), []);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
}

/// There is no other one to compare it with.
#[test]
fn the_only_member_is_repaired_where_nothing_is_acknowledged() {
    let mut lab = Lab::begin(&repairing());
    lab.world.engine.checks_idle = false;
    lab.packets = [(WLAN0, (7, 1))].into();
    lab.world.join_only(WLAN0);
    lab.wait(5_000);
    lab.done.clear();
    lab.paths.insert(WLAN0, Path::Dead);
    let began = lab.world.now;
    let seen = lab.wait_joining(8_000);
    assert!(
        seen.first().is_some_and(|(at, _)| at - began >= 5_000),
        "{seen:?}"
    );
    lab.paths.insert(WLAN0, Path::Answers(3));
    lab.wait_joining(40_000);
    assert_eq!(lab.condition(WLAN0), Condition::Healthy);
    assert_eq!(lab.world.recorded("repaired: "), 1);
}
