//! What faults of a member cost at 10 ms pings: the kernel's bond alone, made with `ip` and two
//! wpa_supplicants, beside wifibond with its default settings, in one and the same machine.
//!
//!     WIFIBOND_VM_TIMEOUT=7200 cross/cargo test --release \
//!         --target aarch64-unknown-linux-musl --test health -- [ROUNDS]
//!
//! Each round has every fault once with both. Prints a table of medians, with the best and the
//! worst of all rounds, and the bars; fails where wifibond misses one.

#[cfg(all(target_arch = "aarch64", target_env = "musl"))]
#[path = "../lab/mod.rs"]
mod lab;

#[cfg(all(target_arch = "aarch64", target_env = "musl"))]
mod inside {
    use crate::lab::health::probing;
    use crate::lab::measure::{let_pass, median};
    use crate::lab::scene::{ADDRESS, LONG, MAC0, MAC1, PASSPHRASE, SSID};
    use crate::lab::{Plain, Scene, Way, status, wait_until};
    use serde_json::{Value, json};
    use std::any::Any;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::{Duration, Instant};

    /// An outage without an end within this counts as endless.
    const ENDLESS: Duration = Duration::from_secs(10);
    /// Until the gateway's own check of its neighbour entry.
    const STALE: Duration = Duration::from_secs(120);
    /// A member that flaps passes no frames for so long, and then all for as long.
    const FLAP: Duration = Duration::from_secs(3);
    /// Five minutes of it.
    const FLAPS: usize = 50;
    /// The program's own outage agrees with the observed one, in milliseconds.
    const AGREES: f64 = 20.0;

    /// In milliseconds: the interval of probes, and a part of it whose multiples are spread well.
    const INTERVAL: u64 = 200;
    const PHASE: u64 = 124;
    static OUTAGES: AtomicU64 = AtomicU64::new(0);

    /// A fault of wlan0, the active member.
    #[derive(Debug, Clone, Copy)]
    enum Fault {
        Deauthenticated,
        OutOfRange,
        Dead(Way),
    }

    struct Case {
        what: &'static str,
        fault: Fault,
        /// In milliseconds, instead of the default.
        interval: Option<u32>,
        /// In milliseconds: of the median, of the worst.
        bars: [f64; 2],
    }

    const NO_BAR: f64 = f64::INFINITY;
    const CASES: [Case; 6] = [
        case("deauthenticated", Fault::Deauthenticated, [20.0, NO_BAR]),
        case("out of range", Fault::OutOfRange, [NO_BAR, 400.0]),
        case("dead", Fault::Dead(Way::Both), [350.0, 600.0]),
        case(
            "dead from it",
            Fault::Dead(Way::FromStation),
            [350.0, 600.0],
        ),
        case("dead to it", Fault::Dead(Way::ToStation), [350.0, 600.0]),
        Case {
            interval: Some(100),
            ..case("dead, 100 ms", Fault::Dead(Way::Both), [250.0, NO_BAR])
        },
    ];

    const fn case(what: &'static str, fault: Fault, bars: [f64; 2]) -> Case {
        Case {
            what,
            fault,
            interval: None,
            bars,
        }
    }

    /// A scene with one of the two.
    struct Stack {
        scene: Scene,
        plain: Option<Plain>,
    }

    impl Stack {
        fn kernel() -> Stack {
            let scene = Scene::new();
            let network = format!("ssid=\"{SSID}\"\npsk=\"{PASSPHRASE}\"\nkey_mgmt=WPA-PSK");
            let address = format!("{ADDRESS}/24");
            let plain = Plain::start(&scene.pi.ns, &address, [&network, &network]);
            let plain = Some(plain);
            Stack { scene, plain }
        }

        fn wifibond(interval: Option<u32>) -> Stack {
            let scene = Scene::new();
            let mut config = probing();
            if let Some(interval) = interval {
                config["health"] = json!({ "interval_ms": interval });
            }
            scene.start(&config);
            Stack { scene, plain: None }
        }

        /// Both members pass frames, and wlan0 is active.
        fn ready(&self) {
            let s = &self.scene;
            let up = |name| s.pi.ns.link(name, "operstate") == "up";
            wait_until("both up", LONG, || up("wlan0") && up("wlan1"));
            if self.plain.is_some() {
                wait_until("wlan0 active", LONG, || s.pi.kernel_active() == "wlan0");
            } else {
                s.all_healthy();
                s.pi.call(&["switch", "wlan0"]);
            }
            // The kernel alone returns to wlan0 before that is authorised, its announcement is
            // lost, and the gateway goes on sending to wlan1: that is not counted here.
            s.pings().wait_answers(50, STALE);
        }

        /// The result ends frames being dropped; a radio out of range stays so.
        fn cause(&self, fault: Fault) -> Option<Box<dyn Any>> {
            let s = &self.scene;
            match fault {
                Fault::Deauthenticated => s.ap.deauthenticate(MAC0),
                Fault::OutOfRange => s.wlan0.out_of_range(),
                Fault::Dead(way) => return Some(Box::new(s.ap.drops(MAC0, way))),
            }
            None
        }

        /// In milliseconds; infinity: endless.
        fn outage(&self, fault: Fault) -> f64 {
            self.ready();
            let s = &self.scene;
            let pings = s.pings();
            pings.wait_answers(50, LONG);
            // Faults fall at all phases of the probes' interval.
            let number = OUTAGES.fetch_add(1, Ordering::Relaxed);
            let_pass(Duration::from_millis(number * PHASE % INTERVAL));
            let begin = Instant::now();
            let cause = self.cause(fault);
            let moved = || s.pi.kernel_active() == "wlan1";
            wait_until("a switch, or the limit", ENDLESS * 2, || {
                moved() || begin.elapsed() > ENDLESS
            });
            let outage = if moved() {
                pings.wait_answers(10, LONG);
                pings.stop().longest_outage().as_millis() as f64
            } else {
                f64::INFINITY
            };
            drop(cause);
            s.wlan0.in_range();
            outage
        }
    }

    #[derive(Default)]
    struct Figures {
        kernel: Vec<f64>,
        ours: Vec<f64>,
    }

    struct Results {
        outages: [Figures; CASES.len()],
        /// Until a dead standby member is known, in milliseconds.
        standby: Vec<f64>,
        /// How far the program's own figure of an outage is from the observed one, of each case.
        ledger: Vec<(&'static str, f64)>,
    }

    impl Results {
        fn round(&mut self) {
            let kernel = Stack::kernel();
            for (figures, case) in self.outages.iter_mut().zip(&CASES) {
                if case.interval.is_none() {
                    figures.kernel.push(kernel.outage(case.fault));
                }
            }
            drop(kernel);
            for interval in [None, Some(100)] {
                let ours = Stack::wifibond(interval);
                let cases = self.outages.iter_mut().zip(&CASES);
                for (figures, case) in cases.filter(|(_, case)| case.interval == interval) {
                    let outage = ours.outage(case.fault);
                    if outage.is_finite() {
                        let recorded = ours.scene.recorded_outage("wlan0");
                        let off = (outage - recorded.as_millis() as f64).abs();
                        self.ledger.push((case.what, off));
                    }
                    figures.ours.push(outage);
                }
                if interval.is_none() {
                    ours.ready();
                    self.standby.push(standby_known(&ours.scene));
                }
            }
        }

        fn print(&mut self) -> Vec<String> {
            let mut missed = Vec::new();
            println!("| case | bar: median, worst | kernel alone: median (range) | wifibond |");
            println!("|---|---|---|---|");
            for (figures, case) in self.outages.iter_mut().zip(&CASES) {
                let [middle, worst] = case.bars.map(bar);
                let (what, kernel) = (case.what, range(&mut figures.kernel));
                let ours = range(&mut figures.ours);
                println!("| {what} | {middle}, {worst} | {kernel} | {ours} |");
                let (median, last) = (median(&mut figures.ours), figures.ours.last());
                if median > case.bars[0] || last.is_none_or(|worst| *worst > case.bars[1]) {
                    missed.push(format!("{what}: {ours}"));
                }
            }
            let standby = range(&mut self.standby);
            println!("| standby dead: known after | –, 5000 | never | {standby} |");
            if self.standby.last().is_none_or(|worst| *worst > 5000.0) {
                missed.push(format!("standby dead: {standby}"));
            }
            for case in &CASES {
                let (near, all) = self.agreeing(Some(case.what));
                let what = case.what;
                println!("| own figure within {AGREES} ms: {what} | – | – | {near} of {all} |");
            }
            let (near, all) = self.agreeing(None);
            println!("| own figure within {AGREES} ms | 95 % | – | {near} of {all} |");
            if near * 100 < all * 95 {
                missed.push(format!("own figures: {:?}", self.ledger));
            }
            missed
        }
    }

    impl Results {
        /// Of a case, or of all: outages whose own figure agrees, and all.
        fn agreeing(&self, case: Option<&str>) -> (usize, usize) {
            let of = |(what, _): &&(&str, f64)| case.is_none_or(|case| case == *what);
            let all: Vec<_> = self.ledger.iter().filter(of).collect();
            (
                all.iter().filter(|(_, off)| *off <= AGREES).count(),
                all.len(),
            )
        }
    }

    /// In milliseconds.
    fn standby_known(s: &Scene) -> f64 {
        let fault = s.ap.drops(MAC1, Way::Both);
        let begin = Instant::now();
        let bad = |st: &Value| status::bad(st, "wlan1");
        s.pi.wait("wlan1 bad", ENDLESS, bad);
        let known = begin.elapsed();
        drop(fault);
        known.as_millis() as f64
    }

    /// Switches, and the outages together in milliseconds.
    fn flapping() -> (u64, f64) {
        let ours = Stack::wifibond(None);
        ours.ready();
        let (pings, switches) = ours.scene.flap(FLAP, FLAPS);
        (switches, pings.total_outage().as_millis() as f64)
    }

    fn bar(value: f64) -> String {
        if value.is_finite() {
            value.to_string()
        } else {
            "–".into()
        }
    }

    fn shown(value: f64) -> String {
        if value.is_finite() {
            value.to_string()
        } else {
            "endless".into()
        }
    }

    /// The median, and the best and the worst; sorts them.
    fn range(values: &mut [f64]) -> String {
        if values.is_empty() {
            return "as above".into();
        }
        let middle = shown(median(values));
        let (best, worst) = (shown(values[0]), shown(values[values.len() - 1]));
        format!("{middle} ({best} to {worst})")
    }

    /// The bars that were missed.
    pub fn run(rounds: usize) -> Vec<String> {
        let mut results = Results {
            outages: Default::default(),
            standby: Vec::new(),
            ledger: Vec::new(),
        };
        for round in 1..=rounds {
            println!("round {round} of {rounds}");
            results.round();
        }
        let (switches, outage) = flapping();
        println!("\nIn ms, {rounds} rounds.\n");
        let mut missed = results.print();
        println!("| flapping for 5 min | 5 switches, 1000 | – | {switches} switches, {outage} |");
        if switches > 5 || outage > 1000.0 {
            missed.push(format!("flapping: {switches} switches, {outage} ms"));
        }
        missed
    }
}

#[cfg(all(target_arch = "aarch64", target_env = "musl"))]
fn main() {
    let rounds = lab::measure::rounds();
    let missed = inside::run(rounds);
    assert!(missed.is_empty(), "bars missed: {missed:#?}");
}

#[cfg(not(all(target_arch = "aarch64", target_env = "musl")))]
fn main() {
    panic!("this runs inside the virtual machine only, which has radios");
}
