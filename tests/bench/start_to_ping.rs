//! From the start to the first answered ping through bond0: the plain sequence (`ip`,
//! two wpa_supplicants, a static address) against `wifibond run`, in turns, in one
//! and the same machine.
//!
//!     cargo test --release --target aarch64-unknown-linux-musl --test start_to_ping -- [ROUNDS]
//!
//! Fails if wifibond's median is longer than the plain one by more than the noise of
//! an emulated machine.

#[cfg(all(target_arch = "aarch64", target_env = "musl"))]
#[path = "../lab/mod.rs"]
mod lab;

/// Differences below this are noise.
const NOISE: f64 = 1.05;

#[cfg(all(target_arch = "aarch64", target_env = "musl"))]
mod inside {
    use crate::lab::measure::median;
    use crate::lab::scene::{ADDRESS, GATEWAY, PASSPHRASE, SSID, config};
    use crate::lab::trials::ask_again_soon;
    use crate::lab::{Channels, Lab, Network, Plain, Scene};

    /// Time from just before `start` to the first answer, in milliseconds.
    fn first_answer(start: impl FnOnce(&Scene)) -> f64 {
        let lab = Lab::new();
        lab.set_channels(Channels::All);
        let scene = Scene::within(lab, Network::wpa2(SSID, PASSPHRASE));
        scene.first_answer(|| start(&scene))
    }

    fn plain() -> f64 {
        let network = format!("ssid=\"{SSID}\"\npsk=\"{PASSPHRASE}\"\nkey_mgmt=WPA-PSK");
        let mut stack = None;
        first_answer(|scene| {
            let ns = &scene.pi.ns;
            stack = Some(Plain::start(
                ns,
                &format!("{ADDRESS}/24"),
                [&network, &network],
            ));
            ns.ip(&format!("route add default via {GATEWAY} dev bond0"));
        })
    }

    fn wifibond() -> f64 {
        first_answer(|scene| scene.pi.start(&config()))
    }

    /// The ratio of the medians.
    pub fn run(rounds: usize) -> f64 {
        ask_again_soon();
        // The first association of a machine also sets the regulatory domain.
        plain();
        let (mut by_hand, mut by_us) = (Vec::new(), Vec::new());
        for round in 1..=rounds {
            by_hand.push(plain());
            by_us.push(wifibond());
            println!(
                "round {round}: plain {} ms, wifibond {} ms",
                by_hand[round - 1],
                by_us[round - 1]
            );
        }
        let (by_hand, by_us) = (median(&mut by_hand), median(&mut by_us));
        println!(
            "median: plain {by_hand} ms, wifibond {by_us} ms, ratio {:.3}",
            by_us / by_hand
        );
        by_us / by_hand
    }
}

#[cfg(all(target_arch = "aarch64", target_env = "musl"))]
fn main() {
    let rounds = lab::measure::rounds();
    let ratio = inside::run(rounds);
    assert!(
        ratio <= NOISE,
        "wifibond takes {ratio:.3} times as long as the plain sequence"
    );
}

#[cfg(not(all(target_arch = "aarch64", target_env = "musl")))]
fn main() {
    panic!("this runs inside the virtual machine only, which has radios; noise {NOISE}");
}
