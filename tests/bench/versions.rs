//! Two builds of wifibond in one and the same machine, in turns: the released program as it is
//! now, and another one, for example of an earlier commit.
//!
//!     cross/build aarch64-unknown-linux-musl
//!     WIFIBOND_OTHER=/path/to/wifibond cross/cargo test --release \
//!         --target aarch64-unknown-linux-musl --test versions -- [ROUNDS]
//!
//! Measures, of both: the first answered ping after a start, with a static address and with a
//! fresh lease; the outage when the access point deauthenticates the active member; the memory
//! (PSS) after a start with a lease, a status, a reload and a fail-over; the size of the file.
//! Prints medians, ranges and ratios, and fails where the build of now is worse by more than
//! the noise of an emulated machine. Long runs need WIFIBOND_VM_TIMEOUT, in seconds.

#[cfg(all(target_arch = "aarch64", target_env = "musl"))]
#[path = "../lab/mod.rs"]
mod lab;

#[cfg(all(target_arch = "aarch64", target_env = "musl"))]
mod inside {
    use crate::lab::measure::median;
    use crate::lab::pi::{OTHER, RELEASED};
    use crate::lab::scene::{PASSPHRASE, SSID, config};
    use crate::lab::trials::ask_again_soon;
    use crate::lab::{Channels, Lab, Memory, Network, Pi, RANGE, Scene, one_line};
    use std::time::Duration;

    /// Of the pings that see an outage: it is only some milliseconds long.
    const INTERVAL: Duration = Duration::from_millis(1);
    /// Deauthentications of one bond.
    const IN_A_ROW: usize = 3;

    /// What is measured, in which unit, and how much more of it is noise: a factor, an amount.
    const MEASURES: [(&str, &str, f64, f64); 5] = [
        ("start to first ping, static address", "ms", 1.05, 0.0),
        ("start to first ping, fresh lease", "ms", 1.05, 0.0),
        ("outage at a deauthentication", "ms", 1.0, 3.0),
        ("memory in use", "KiB", 1.01, 0.0),
        ("size of the program", "bytes", 1.0, 0.0),
    ];
    type Figures = [Vec<f64>; MEASURES.len()];

    struct Build {
        name: &'static str,
        choose: fn(&Pi),
        file: &'static str,
        figures: Figures,
    }

    impl Build {
        fn scene(&self, channels: Channels) -> Scene {
            let lab = Lab::new();
            lab.set_channels(channels);
            let scene = Scene::within(lab, Network::wpa2(SSID, PASSPHRASE));
            (self.choose)(&scene.pi);
            scene
        }

        /// With a static address: the start, then some fail-overs.
        fn fixed(&self) -> (f64, Vec<f64>) {
            let scene = self.scene(Channels::All);
            scene.pi.write_config(&config().to_string());
            let start = scene.first_answer(|| scene.pi.launch());
            scene.ready();
            (
                start,
                (0..IN_A_ROW).map(|_| scene.outage(INTERVAL)).collect(),
            )
        }

        fn leased(&self) -> f64 {
            let scene = self.scene(Channels::All);
            scene.lan.serve_dhcp(RANGE);
            scene.pi.write_config(&one_line().to_string());
            scene.first_answer(|| scene.pi.launch())
        }

        fn memory(&self) -> f64 {
            let scene = self.scene(Channels::Few);
            scene.lan.serve_dhcp(RANGE);
            scene.use_all();
            println!("{}: {:?}", self.name, Memory::parts(scene.pi.pid()));
            Memory::of(scene.pi.pid()).proportional as f64
        }

        fn measure(&mut self) {
            let (start, outages) = self.fixed();
            let size = std::fs::metadata(self.file).expect("a program").len();
            let new: Figures = [
                vec![start],
                vec![self.leased()],
                outages,
                vec![self.memory()],
                vec![size as f64],
            ];
            println!("{}: {new:?}", self.name);
            for (all, new) in self.figures.iter_mut().zip(new) {
                all.extend(new);
            }
        }
    }

    /// The median, and all in order around it.
    fn summary(values: &mut [f64]) -> (f64, String) {
        let middle = median(values);
        let range = format!("{middle} ({} to {})", values[0], values[values.len() - 1]);
        (middle, range)
    }

    /// What got worse, in words.
    pub fn run(rounds: usize) -> Vec<String> {
        let build = |name, choose, file| Build {
            name,
            choose,
            file,
            figures: Figures::default(),
        };
        let mut other = build("other", Pi::run_other, OTHER);
        let mut now = build("now", Pi::run_released, RELEASED);
        ask_again_soon();
        // The first association of a machine also sets the regulatory domain. Both, so that
        // a program that is missing is known at once.
        for build in [&other, &now] {
            build.leased();
        }
        for round in 1..=rounds {
            println!("round {round} of {rounds}");
            other.measure();
            now.measure();
        }
        let mut worse = Vec::new();
        for (i, (what, unit, factor, amount)) in MEASURES.into_iter().enumerate() {
            let (before, range_before) = summary(&mut other.figures[i]);
            let (after, range_after) = summary(&mut now.figures[i]);
            let line = format!(
                "{what}, {unit}: other {range_before}, now {range_after}, ratio {:.3}",
                after / before
            );
            println!("{line}");
            if after > before * factor + amount {
                worse.push(line);
            }
        }
        worse
    }
}

#[cfg(all(target_arch = "aarch64", target_env = "musl"))]
fn main() {
    let rounds = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(7);
    let worse = inside::run(rounds);
    assert!(worse.is_empty(), "worse than the other: {worse:#?}");
}

#[cfg(not(all(target_arch = "aarch64", target_env = "musl")))]
fn main() {
    panic!("this runs inside the virtual machine only, which has radios");
}
