//! The ladder of measures for a member that passes nothing.
use super::*;
use crate::engine::contract::action::UsbMeasure;

/// A measure that is known by the action that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Join,
    Supplicant,
    Bond,
    Usb(UsbMeasure),
}

const LADDER: [Measure; 5] = [
    Measure::Join,
    Measure::Supplicant,
    Measure::Bond,
    Measure::Usb(UsbMeasure::Reset),
    Measure::Usb(UsbMeasure::Replug),
];

pub fn measure(action: &Action) -> Option<(Index, Measure)> {
    match action {
        Action::Supplicant(link, step) => match step {
            SupplicantStep::Reconfigure => Some((*link, Measure::Join)),
            SupplicantStep::Stop { .. } => Some((*link, Measure::Supplicant)),
            _ => None,
        },
        Action::Repair {
            link,
            port,
            measure,
            ..
        } => {
            assert_eq!(port, "1-1.2");
            Some((*link, Measure::Usb(*measure)))
        }
        Action::Kernel(Change(KernelAction::SetMaster(link, None))) => Some((*link, Measure::Bond)),
        _ => None,
    }
}

pub fn repairing() -> Config {
    let mut config = lab::config();
    config.health.repair = true;
    config
}

impl Lab {
    fn measures(&mut self) -> Vec<(Index, Measure)> {
        let done = core::mem::take(&mut self.done);
        done.iter().filter_map(measure).collect()
    }

    /// Time passes; the radio leaves its network at each measure and joins it again after
    /// 0.5 s. It passes traffic after `cure`.
    fn wedge(&mut self, cure: Option<Measure>, ms: u64) -> Vec<(u64, Measure)> {
        let (mut seen, mut joins) = (vec![], None);
        let end = self.world.now + ms;
        while self.world.now < end {
            self.wait(50);
            for (link, measure) in self.measures() {
                assert_eq!(link, WLAN0, "another member was touched: {measure:?}");
                seen.push((self.world.now, measure));
                let link = self.world.engine.observed().link(WLAN0).unwrap();
                if link.carrier {
                    self.world.cut(WLAN0);
                }
                joins = Some(self.world.now + 500);
                if cure == Some(measure) {
                    self.paths.insert(WLAN0, Path::Answers(3));
                }
            }
            if joins.is_some_and(|at| self.world.now >= at) {
                let link = self.world.engine.observed().link(WLAN0).unwrap();
                if link.master.is_some() && link.up {
                    joins = None;
                    self.world.join_only(WLAN0);
                }
            }
        }
        seen
    }

    fn begin_wedged(usb: bool) -> Lab {
        Lab::begin_wedged_with(&repairing(), usb)
    }

    fn begin_wedged_with(config: &Config, usb: bool) -> Lab {
        let mut lab = Lab::with(config);
        lab.world.engine.checks_idle = false;
        let port = usb.then(|| "1-1.2".try_into().unwrap());
        lab.world.edit(WLAN0, |link| link.usb_port = port);
        lab.measures();
        lab.paths.insert(WLAN0, Path::Dead);
        lab.until("a switch", 600, |lab| lab.active() == Some(WLAN1));
        lab
    }
}

#[test]
fn the_gentlest_measure_that_helps_is_the_last() {
    for (place, cure) in LADDER.iter().enumerate() {
        let mut lab = Lab::begin_wedged(true);
        let began = lab.world.now;
        let seen = lab.wedge(Some(*cure), 28_000);
        let mut measures: Vec<Measure> = seen.iter().map(|(_, measure)| *measure).collect();
        // The wpa_supplicant goes before the member leaves the bond, and once for itself.
        measures.dedup();
        assert_eq!(measures, LADDER[..=place]);
        let last = seen.last().unwrap().0;
        assert!(last - began < 20_000, "{seen:?}");
        assert!(seen[0].0 - began >= 4_500, "not at once: {seen:?}");
        assert_eq!(lab.condition(WLAN0), Condition::Healthy);
        assert_eq!(lab.world.recorded("repaired: "), 1);
        let status = lab.world.status();
        let members = &status.bond.as_ref().unwrap().members;
        let count = u32::try_from(place + 1).unwrap();
        assert_eq!(
            (members[0].repairs, members[1].repairs),
            (Some(count), Some(0))
        );
        assert_eq!(lab.switches(), 1);
    }
}

#[test]
fn what_nothing_helps_is_tried_again_after_growing_rests() {
    let mut lab = Lab::begin_wedged(true);
    let seen = lab.wedge(None, 1_000_000);
    let begins: Vec<u64> = seen
        .iter()
        .filter(|(_, m)| *m == Measure::Join)
        .map(|(at, _)| *at)
        .collect();
    assert!(begins.len() >= 4, "{begins:?}");
    let rests: Vec<u64> = begins.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (number, rest) in rests.iter().enumerate() {
        let least = 60_000 << number;
        assert!((least..least + 50_000).contains(rest), "{rests:?}");
    }
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN1), 1));
}

#[test]
fn the_rest_after_the_last_measure_is_in_the_status() {
    let mut lab = Lab::begin_wedged(false);
    lab.wedge(None, 30_000);
    let page = status::text::page(&lab.world.engine, None, lab.world.at()).to_string();
    assert!(page.contains("repair goes on in "), "{page}");
    let members = lab.world.status().bond.unwrap().members;
    let rest = members[0].repair_rest_ms.expect("a rest");
    assert!((1..60_000).contains(&rest), "{rest}");
    assert!(members[0].repair.is_none() && members[1].repair_rest_ms.is_none());
    // It is over, and the first measure is tried again.
    lab.measures();
    let seen = lab.wedge(None, rest + 1_000);
    assert_eq!(seen.first().unwrap().1, Measure::Join, "{seen:?}");
    let members = lab.world.status().bond.unwrap().members;
    assert!(members[0].repair_rest_ms.is_none());
}

#[test]
fn nothing_is_repaired_that_works_or_is_out_of_range() {
    let mut lab = Lab::with(&repairing());
    lab.measures();
    // Out of range: its carrier goes a second after its last answer.
    lab.paths.insert(WLAN0, Path::Dead);
    lab.wait(1_000);
    lab.world.cut(WLAN0);
    lab.wait(60_000);
    // The gateway dies.
    lab.hosts.clear();
    lab.wait(60_000);
    assert_eq!(lab.measures(), []);
    assert_eq!(lab.world.recorded("repair "), 0);
}

#[test]
fn a_file_may_leave_repairing_out() {
    let mut lab = Lab::new();
    lab.measures();
    lab.paths.insert(WLAN0, Path::Dead);
    lab.wait(60_000);
    assert_eq!((lab.active(), lab.measures()), (Some(WLAN1), vec![]));
}

#[test]
fn a_person_asks_for_one_measure_after_the_other() {
    let mut lab = Lab::new();
    let engine = &lab.world.engine;
    assert!(
        engine
            .may_repair(WLAN0)
            .unwrap_err()
            .contains("carries the traffic")
    );
    assert_eq!(engine.may_repair(WLAN1), Ok(()));
    lab.measures();
    for measure in [
        Measure::Join,
        Measure::Supplicant,
        Measure::Bond,
        Measure::Join,
    ] {
        lab.world.handle(Event::Repair(WLAN1));
        lab.wait(1_000);
        let seen = lab.measures();
        assert_eq!(seen.last(), Some(&(WLAN1, measure)), "{seen:?}");
        assert!(
            lab.world.link(WLAN1).master.is_some(),
            "it is back in the bond"
        );
        // One at a time, though the file leaves repairing out.
        lab.wait(20_000);
        assert_eq!(lab.measures(), []);
    }
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
}

#[test]
fn an_adapter_at_no_usb_port_has_three_measures() {
    let mut lab = Lab::begin_wedged(false);
    let seen = lab.wedge(None, 55_000);
    let mut measures: Vec<Measure> = seen.iter().map(|(_, measure)| *measure).collect();
    measures.dedup();
    assert_eq!(measures, LADDER[..3]);
}

/// The reset makes the kernel enumerate the adapter anew: another interface of the same name.
#[test]
fn an_adapter_that_comes_back_as_another_interface_goes_on_where_it_was() {
    let mut lab = Lab::begin_wedged(true);
    let seen = lab.wedge(None, 13_000);
    assert_eq!(
        seen.last().unwrap().1,
        Measure::Usb(UsbMeasure::Reset),
        "{seen:?}"
    );
    lab.world.handle(Event::LinkGone(WLAN0));
    lab.wait(1_000);
    lab.paths.insert(9, Path::Answers(3));
    let mut link = plain(9, "wlan0", true);
    link.usb_port = Some("1-1.2".try_into().unwrap());
    lab.world.handle(Event::Link(link));
    lab.wait(500);
    lab.world.join_only(9);
    // Ten answers, one a second.
    lab.wait(12_000);
    assert_eq!(lab.world.recorded("repaired: its USB device is reset"), 1);
    assert_eq!(lab.active(), Some(WLAN1), "held");
    let count = lab.world.status().bond.unwrap().members[0].repairs;
    assert_eq!(count, Some(4));
}

/// As drivers without `pre_reset` do, and then its firmware does not start.
#[test]
fn one_that_comes_back_as_another_interface_and_never_joins_is_not_given_up() {
    let mut lab = Lab::begin_wedged(true);
    lab.wedge(None, 13_000);
    lab.measures();
    let (mut seen, mut index) = (vec![], WLAN0);
    let end = lab.world.now + 150_000;
    while lab.world.now < end {
        lab.wait(100);
        let usb = |(link, measure)| {
            assert_ne!(link, WLAN1, "another member was touched: {measure:?}");
            matches!(measure, Measure::Usb(_)).then_some(measure)
        };
        let measures: Vec<Measure> = lab.measures().into_iter().filter_map(usb).collect();
        if !measures.is_empty() || index == WLAN0 {
            lab.world.handle(Event::LinkGone(index));
            index += 10;
            let mut link = plain(index, "wlan0", true);
            link.usb_port = Some("1-1.2".try_into().unwrap());
            lab.world.handle(Event::Link(link));
        }
        seen.extend(measures);
    }
    let (reset, replug) = (UsbMeasure::Reset, UsbMeasure::Replug);
    let expected = [replug, reset, replug].map(Measure::Usb);
    assert_eq!(seen, expected, "a rest lies between");
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN1), 1));
}

fn with_power() -> Config {
    let mut config = repairing();
    config.health.port_power = true;
    config
}

fn power(lab: &Lab) -> usize {
    lab.world
        .recorded("repair 6 of 6: the power of its USB port is switched off and on")
}

#[test]
fn the_power_of_a_port_is_left_alone_while_another_member_works() {
    let mut lab = Lab::begin_wedged_with(&with_power(), true);
    let seen = lab.wedge(None, 200_000);
    let mut measures: Vec<Measure> = seen.iter().map(|(_, measure)| *measure).collect();
    measures.dedup();
    assert_eq!(measures[..5], LADDER);
    assert!(
        !measures.contains(&Measure::Usb(UsbMeasure::Power)),
        "{measures:?}"
    );
}

#[test]
fn the_power_of_a_port_is_the_last_measure_while_no_other_member_works() {
    for asked in [true, false] {
        let config = if asked { with_power() } else { repairing() };
        let mut lab = Lab::begin_wedged_with(&config, true);
        // The other one is lost while the measures go on.
        lab.wedge(None, 8_000);
        lab.world.cut(WLAN1);
        let seen = lab.wedge(None, 30_000);
        let last = seen.last().unwrap().1;
        let expected = match asked {
            true => UsbMeasure::Power,
            false => UsbMeasure::Replug,
        };
        assert_eq!(last, Measure::Usb(expected), "{seen:?}");
        assert_eq!(power(&lab), usize::from(asked));
        let members = lab.world.status().bond.unwrap().members;
        assert!(members[0].repair_rest_ms.is_some(), "{members:?}");
    }
}

/// It stopped passing traffic before it was switched off: no adapter is at fault. But one that does
/// not find the network that another member is in may be.
#[test]
fn a_member_whose_access_point_is_gone_is_not_repaired_further() {
    for (other, further) in [("Upstairs", false), ("Hotspot", true)] {
        let mut lab = Lab::begin_wedged(true);
        let says = |lab: &mut Lab, link: Index, text: &str| {
            lab.world.handle(Event::Supplicant { link, text });
            lab.wait(1_000);
        };
        let trying =
            |ssid| format!("<3>Trying to associate with SSID (SSID='{ssid}' freq=2412 MHz)");
        let connected = "<3>CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:06:00 completed";
        for (link, ssid) in [(WLAN0, "Hotspot"), (WLAN1, other)] {
            says(&mut lab, link, &trying(ssid));
            says(&mut lab, link, connected);
        }
        lab.wait(2_500);
        assert_eq!(lab.measures(), [(WLAN0, Measure::Join)]);
        lab.world.cut(WLAN0);
        says(
            &mut lab,
            WLAN0,
            "<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:05:00 reason=4",
        );
        for _ in 0..300 {
            says(&mut lab, WLAN0, "<3>CTRL-EVENT-SCAN-STARTED ");
            says(&mut lab, WLAN0, "<3>CTRL-EVENT-NETWORK-NOT-FOUND ");
        }
        assert_eq!(!lab.measures().is_empty(), further, "{other}");
        if further {
            continue;
        }
        // It is back, and so is the member.
        lab.paths.insert(WLAN0, Path::Answers(3));
        says(&mut lab, WLAN0, &trying("Hotspot"));
        lab.world.join_only(WLAN0);
        lab.until("good", 20_000, |lab| {
            lab.condition(WLAN0) == Condition::Healthy
        });
        assert_eq!(lab.measures(), []);
    }
}

/// The other one died while this one was in its rest.
#[test]
fn where_no_member_works_measures_are_tried_all_the_same() {
    let mut lab = Lab::begin_wedged(false);
    lab.wedge(None, 30_000);
    lab.measures();
    lab.world.cut(WLAN1);
    let seen = lab.wedge(None, 120_000);
    assert!(
        seen.iter().any(|(_, measure)| *measure == Measure::Join),
        "{seen:?}"
    );
}

/// It may be the adapter that keeps the box from being online with the file.
#[test]
fn members_are_repaired_while_a_file_of_the_start_is_tried() {
    let mut lab = Lab::begin_wedged(false);
    lab.wedge(None, 3_000);
    lab.world.before = Some(repairing());
    let starts = crate::engine::contract::event::TrialEvent::Starts;
    lab.world.cut(WLAN1);
    lab.world.handle(Event::Trial(starts));
    let seen = lab.wedge(None, 110_000);
    assert!(lab.world.engine.trial().is_on());
    assert!(
        seen.iter().any(|(_, measure)| *measure != Measure::Join),
        "{seen:?}"
    );
}
