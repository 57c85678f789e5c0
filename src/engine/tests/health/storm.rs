//! A USB device that comes and goes without an end.
use super::*;

const PORT: &str = "1-1.2";
const ROOM: Index = 100;

fn adapter(index: Index, name: &str, port: &str) -> crate::engine::observed::Link {
    let mut link = plain(index, name, true);
    link.usb_port = Some(port.try_into().unwrap());
    link
}

fn repairing() -> Config {
    let mut config = lab::config();
    config.health.repair = true;
    config
}

/// wlan0 at a USB port; the index that it has now.
struct Storm {
    lab: Lab,
    index: Index,
}

impl Storm {
    fn new() -> Storm {
        let mut lab = Lab::with(&repairing());
        lab.world.engine.checks_idle = false;
        lab.world
            .edit(WLAN0, |link| link.usb_port = Some(PORT.try_into().unwrap()));
        lab.run();
        lab.done.clear();
        let index = WLAN0;
        Storm { lab, index }
    }

    /// It goes and comes so often, with so much time between; how often its wpa_supplicant was
    /// started.
    fn come_and_go(&mut self, times: u32, every_ms: u64) -> usize {
        for _ in 0..times {
            self.lab.world.handle(Event::LinkGone(self.index));
            self.lab.wait(every_ms / 2);
            self.index = self.index.max(ROOM) + 1;
            self.lab.paths.insert(self.index, Path::Answers(3));
            let link = adapter(self.index, "wlan0", PORT);
            self.lab.world.handle(Event::Link(link));
            self.lab.wait(every_ms - every_ms / 2);
        }
        self.starts()
    }

    fn starts(&mut self) -> usize {
        let done = core::mem::take(&mut self.lab.done);
        let start = |action: &&Action| match action {
            Action::Supplicant(link, SupplicantStep::Start { .. }) => *link != WLAN1,
            _ => false,
        };
        done.iter().filter(start).count()
    }

    fn problem(&self) -> Option<String> {
        let problems = self.lab.world.status().problems;
        let of = problems.iter().find(|problem| problem.link == "wlan0");
        of.map(|problem| problem.text.to_string())
    }

    fn state(&self) -> String {
        let bond = self.lab.world.status().bond.unwrap();
        bond.members[0].state.0.to_string()
    }

    fn rest(&self) -> Option<u64> {
        let bond = self.lab.world.status().bond.unwrap();
        bond.members[0].left_alone_ms
    }
}

#[test]
fn a_device_that_comes_back_six_times_in_a_minute_is_left_alone() {
    let mut storm = Storm::new();
    // Five times are no storm.
    assert_eq!(storm.come_and_go(5, 3_000), 5);
    assert_eq!((storm.problem(), storm.rest()), (None, None));
    assert_eq!(storm.come_and_go(5, 3_000), 0);
    let text = "its USB device comes and goes: it is left alone for 1 min";
    let problem = storm.problem().expect("a problem");
    assert!(problem.starts_with(text), "{problem}");
    assert!((30_000..60_000).contains(&storm.rest().unwrap()));
    let page = status::text::page(&storm.lab.world.engine, None, storm.lab.world.at()).to_string();
    assert!(page.contains("left alone for "), "{page}");
    assert_eq!(storm.state(), "its USB device comes and goes");
    assert_eq!((storm.lab.active(), storm.lab.switches()), (Some(WLAN1), 1));
    // It has come to rest: after the time it is used again.
    storm.lab.wait(61_000);
    assert_eq!(
        (storm.problem(), storm.rest(), storm.starts()),
        (None, None, 1)
    );
    let index = storm.index;
    storm.lab.world.join_only(index);
    storm.lab.wait(15_000);
    assert_eq!(storm.lab.condition(index), Condition::Healthy);
}

#[test]
fn one_that_does_not_come_to_rest_is_left_alone_for_longer_each_time() {
    let mut storm = Storm::new();
    let mut starts = storm.come_and_go(6, 3_000);
    let mut rests = vec![];
    for _ in 0..1_200 {
        starts += storm.come_and_go(1, 3_000);
        let problem = storm.problem().unwrap_or_default();
        if let Some((_, rest)) = problem.split_once("left alone for ")
            && rests.last().is_none_or(|last: &String| last != rest)
        {
            rests.push(rest.to_string());
        }
    }
    let minutes = |text: &String| text.split_once(';').map_or(text.clone(), |(m, _)| m.into());
    let rests: Vec<String> = rests.iter().map(minutes).collect();
    assert_eq!(
        rests,
        ["1 min", "2 min", "4 min", "8 min", "16 min", "32 min"]
    );
    // In an hour: with each look after a rest once at most.
    assert!(starts <= 5 + rests.len(), "{starts}");
    assert_eq!((storm.lab.active(), storm.lab.switches()), (Some(WLAN1), 1));
}

#[test]
fn a_calm_time_begins_with_the_shortest_rest_again() {
    let mut storm = Storm::new();
    for _ in 0..2 {
        storm.come_and_go(6, 3_000);
        let problem = storm.problem().expect("a problem");
        assert!(problem.contains("for 1 min"), "{problem}");
        storm.lab.wait(60_000 + 3_600_000 + 1_000);
    }
}

#[test]
fn its_repairs_rest_as_well_and_others_are_not_left_alone() {
    let mut storm = Storm::new();
    storm.come_and_go(6, 2_000);
    // It is bad, as far as that can be: nothing is done about it.
    storm.lab.paths.insert(storm.index, Path::Dead);
    storm.lab.wait(40_000);
    assert_eq!(storm.lab.world.recorded("repair "), 0);
    // The other one comes and goes at a port of its own, at a gentle pace.
    for number in 0..8 {
        storm
            .lab
            .world
            .handle(Event::LinkGone(WLAN1 + 200 * number.min(1) + number));
        let index = WLAN1 + 201 + number;
        storm.lab.paths.insert(index, Path::Answers(3));
        let link = adapter(index, "wlan1", "1-1.3");
        storm.lab.world.handle(Event::Link(link));
        storm.lab.wait(13_000);
    }
    let problems = storm.lab.world.status().problems;
    assert!(problems.iter().all(|p| p.link != "wlan1"), "{problems:?}");
}

#[test]
fn what_is_no_usb_adapter_may_come_and_go() {
    let mut lab = Lab::new();
    lab.world.engine.checks_idle = false;
    for number in 0..20 {
        let last = if number == 0 { WLAN0 } else { ROOM + number };
        lab.world.handle(Event::LinkGone(last));
        lab.paths.insert(ROOM + number + 1, Path::Answers(3));
        lab.world
            .handle(Event::Link(plain(ROOM + number + 1, "wlan0", true)));
        lab.wait(1_000);
    }
    assert_eq!(lab.world.recorded("left alone"), 0);
}

/// One that has come to rest is better than none, and a person may want it at once.
#[test]
fn where_nothing_else_carries_or_a_person_asks_it_is_used_again() {
    let mut storm = Storm::new();
    storm.come_and_go(6, 3_000);
    storm.lab.wait(61_000);
    storm.come_and_go(6, 3_000);
    assert!(storm.rest().unwrap() > 60_000);
    storm.lab.world.cut(WLAN1);
    storm.lab.wait(30_000);
    assert!(storm.rest().is_some(), "it may come anew");
    storm.lab.wait(31_000);
    assert_eq!((storm.rest(), storm.starts()), (None, 1));

    let mut storm = Storm::new();
    storm.come_and_go(6, 3_000);
    assert!(storm.rest().is_some());
    let link = storm.index;
    storm.lab.world.tell(Event::Rest { link, rest: false });
    assert_eq!(storm.rest(), None);
}
