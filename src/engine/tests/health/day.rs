//! A long time of what is ordinary: short gaps, scans, load, losses. None of it moves the traffic.
use super::*;
use crate::engine::contract::event::Start;
use crate::engine::random::Random;

/// Between two incidents, on average.
const EVERY_MS: u64 = 10_000;

/// A time without answers that is shorter than three misses take.
const GAP_MS: u64 = 80;

impl Lab {
    fn gap(&mut self, member: Index, ms: u64) {
        let before = self.paths.insert(member, Path::Dead);
        self.wait(ms);
        if let Some(path) = before {
            self.paths.insert(member, path);
        }
    }

    /// The adapter is away from its channel for a moment, again and again.
    fn scan(&mut self, member: Index, channels: u64) {
        // Nobody answers here for the wpa_supplicant: it is replaced now and then.
        let how = Start::Spawned;
        self.world
            .handle(Event::SupplicantStarted { link: member, how });
        self.run();
        let connected = "<3>CTRL-EVENT-CONNECTED - Connection to 02:00 completed";
        for text in ["OK", connected, "<3>CTRL-EVENT-SCAN-STARTED "] {
            self.world.supplicant_says(member, text);
        }
        // Frames wait until it is back; some are lost.
        for channel in 0..channels {
            let path = if channel % 4 == 3 {
                Path::Dead
            } else {
                Path::Answers(65)
            };
            self.paths.insert(member, path);
            self.wait(60);
            self.paths.insert(member, Path::Answers(3));
            self.wait(60);
        }
        self.world
            .supplicant_says(member, "<3>CTRL-EVENT-SCAN-RESULTS ");
    }

    /// So many hours, with an incident on one or the other member every ten seconds.
    fn pass(&mut self, hours: u64, seed: u64) {
        let mut random = Random::new(seed);
        let end = self.world.now + hours * 3_600_000;
        while self.world.now < end {
            let member = [WLAN0, WLAN1][random.draw() as usize % 2];
            match random.draw() % 4 {
                0 => self.gap(member, 1 + random.draw() % GAP_MS),
                1 => self.scan(member, 1 + random.draw() % 20),
                2 => {
                    // Load: the path is slower for a while.
                    for delay in [10, 25, 45, 70, 45, 25, 10, 3] {
                        self.paths.insert(member, Path::Answers(delay));
                        self.wait(1_000);
                    }
                }
                _ => {
                    self.paths.insert(member, Path::Loses(3, 10));
                    self.wait(10_000);
                    self.paths.insert(member, Path::Answers(3));
                }
            }
            self.wait(random.draw() % (2 * EVERY_MS));
            assert_eq!(self.switches(), 0, "at {} ms, seed {seed}", self.world.now);
        }
    }
}

#[test]
fn a_day_of_scans_losses_and_load_without_a_switch() {
    let mut lab = Lab::new();
    lab.world.engine.checks_idle = false;
    lab.pass(24, 20_261_129);
    assert_eq!(lab.active(), Some(WLAN0));
}
