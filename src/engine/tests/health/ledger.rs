//! When an outage began, as the record of its end has it.
use super::*;
use crate::engine::journal::SwitchRecord;
use crate::engine::time::Millis;

fn last(lab: &Lab) -> SwitchRecord {
    let records = lab.world.engine.journal().since(0);
    records
        .filter_map(|r| r.switch.clone())
        .last()
        .expect("a switch")
}

/// wlan0 dies at some time within an interval; its access point sent to it until then. The daemon
/// has the answer 5 ms after the switch. Gives how long the outage was, and its record.
fn outage_of(dies_after: u64, sent_until: impl Fn(u64) -> u64) -> (u64, SwitchRecord) {
    let mut lab = Lab::new();
    lab.hold_inactive = true;
    lab.wait(dies_after);
    let died = lab.world.now;
    lab.paths.insert(WLAN0, Path::Dead);
    let took = lab.until("a switch", 600, |lab| lab.active() == Some(WLAN1));
    lab.wait(5);
    let asked = lab.inactive.take().expect("the question");
    let link = WLAN0;
    let time = Millis(lab.world.now.saturating_sub(sent_until(died)));
    lab.world.handle(Event::Inactive { link, time });
    lab.world.succeed(asked);
    lab.wait(100);
    assert_eq!(lab.inactive, None, "asked once");
    (took, last(&lab))
}

#[test]
fn an_outage_begins_with_the_last_frame_to_the_member() {
    for dies_after in (0..200).step_by(7) {
        let (took, switch) = outage_of(dies_after, |died| died);
        let [outage, detected, answered] =
            [switch.outage_ms, switch.detected_ms, switch.answered_ms].map(Option::unwrap);
        assert!(outage.abs_diff(took) <= 4, "{outage} of {took} ms");
        assert!(detected <= outage && outage <= answered, "{switch:?}");
        assert!(answered <= outage + 10, "{switch:?}");
    }
}

/// What was answered last is a time at which it worked; nothing is earlier.
#[test]
fn without_other_traffic_it_begins_with_the_last_answer() {
    for dies_after in (0..200).step_by(7) {
        let (took, switch) = outage_of(dies_after, |died| died.saturating_sub(5_000));
        let outage = switch.outage_ms.unwrap();
        assert!(
            (took - 4..=took + 220).contains(&outage),
            "{outage} of {took} ms"
        );
    }
}

/// Its access point acknowledges what is lost behind it.
#[test]
fn a_member_that_still_has_acknowledgements_is_counted_from_the_first_miss() {
    let (took, switch) = outage_of(50, |_| u64::MAX);
    let outage = switch.outage_ms.unwrap();
    assert!(
        outage <= took && outage + 220 > took,
        "{outage} of {took} ms"
    );
}

#[test]
fn what_the_kernel_notified_is_exact() {
    let mut lab = Lab::new();
    lab.hold_inactive = true;
    lab.world.cut(WLAN0);
    lab.until("a switch", 600, |lab| lab.active() == Some(WLAN1));
    lab.wait(1_000);
    assert_eq!(lab.inactive, None);
}
