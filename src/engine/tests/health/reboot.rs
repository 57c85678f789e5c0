//! Restarting the system when no member has worked for long.
use super::*;

/// What it is, a change of the file, and the fault.
type Case = (&'static str, fn(&mut Config), fn(&mut Lab));

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

fn config() -> Config {
    let mut config = lab::config();
    config.health.repair = true;
    config.health.reboot = true;
    config
}

impl Lab {
    fn rebooting(config: &Config) -> Lab {
        let mut lab = Lab::with(config);
        lab.world.engine.checks_idle = false;
        lab.reboots();
        lab
    }

    /// How often it was asked for since the last call.
    fn reboots(&mut self) -> usize {
        let done = core::mem::take(&mut self.done);
        let reboot = |action: &&Action| **action == Action::Store(Store::Reboot);
        done.iter().filter(reboot).count()
    }

    /// Both are sent away, or come back.
    fn cut_all(&mut self) {
        for index in [WLAN0, WLAN1] {
            self.world.cut(index);
        }
    }
}

#[test]
fn after_ten_minutes_without_a_member_and_once_in_six_hours() {
    let mut lab = Lab::rebooting(&config());
    lab.cut_all();
    lab.wait(10 * MINUTE - 1_000);
    assert_eq!(lab.reboots(), 0);
    lab.wait(2_000);
    assert_eq!(lab.reboots(), 1);
    assert_eq!(lab.world.recorded("the system is restarted"), 1);
    // Nothing came of it.
    lab.wait(6 * HOUR - MINUTE);
    assert_eq!(lab.reboots(), 0);
    lab.wait(2 * MINUTE);
    assert_eq!(lab.reboots(), 1);
}

#[test]
fn six_hours_of_the_next_boot_count_as_well() {
    let mut lab = Lab::begin(&config());
    lab.world.engine.checks_idle = false;
    lab.world.handle(Event::Rebooted);
    assert_eq!(lab.world.recorded("an earlier boot ended"), 1);
    lab.wait(6 * HOUR - MINUTE);
    assert_eq!(lab.reboots(), 0);
    lab.wait(2 * MINUTE);
    assert_eq!(lab.reboots(), 1);
}

#[test]
fn members_that_work_in_between_begin_the_time_anew() {
    let mut lab = Lab::rebooting(&config());
    for _ in 0..3 {
        lab.cut_all();
        lab.wait(9 * MINUTE);
        lab.world.join_only(WLAN1);
        lab.wait(2 * MINUTE);
    }
    assert_eq!(lab.reboots(), 0);
}

#[test]
fn nothing_else_restarts_the_system() {
    let cases: [Case; 5] = [
        ("not asked for", |c| c.health.reboot = false, Lab::cut_all),
        ("no repairs", |c| c.health.repair = false, Lab::cut_all),
        ("the gateway is off", |_| (), |lab| lab.hosts.clear()),
        ("one works", |_| (), |lab| lab.world.cut(WLAN0)),
        (
            "one was set down by a person",
            |_| (),
            |lab| {
                let (link, rest) = (WLAN1, true);
                lab.world.handle(Event::Rest { link, rest });
                lab.world.cut(WLAN0);
            },
        ),
    ];
    for (what, file, fault) in cases {
        let mut config = config();
        file(&mut config);
        let mut lab = Lab::rebooting(&config);
        fault(&mut lab);
        lab.wait(30 * MINUTE);
        assert_eq!(lab.reboots(), 0, "{what}");
    }
}

#[test]
fn a_cable_that_works_is_not_cut_off() {
    let mut config = config();
    config.links[0].ip = static_block(50, 20, 10);
    let mut lab = Lab::of(
        &config,
        &[BOTH_ADAPTERS[0], BOTH_ADAPTERS[1], (ETH0, "eth0", false)],
    );
    lab.world.engine.checks_idle = false;
    lab.world.join_only(ETH0);
    lab.wait(30 * MINUTE);
    assert_eq!(lab.reboots(), 0);
    lab.world.cut(ETH0);
    lab.wait(11 * MINUTE);
    assert_eq!(lab.reboots(), 1);
}

#[test]
fn members_that_die_one_after_the_other_are_not_the_gateway_s_fault() {
    let mut lab = Lab::rebooting(&config());
    lab.paths.insert(WLAN0, Path::Dead);
    lab.wait(3_000);
    lab.paths.insert(WLAN1, Path::Dead);
    lab.wait(9 * MINUTE);
    assert_eq!(lab.reboots(), 0);
    lab.wait(2 * MINUTE);
    assert_eq!(lab.reboots(), 1);
}
