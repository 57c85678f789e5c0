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
    use crate::lab::scene::{ADDRESS, GATEWAY, LONG, PASSPHRASE, SSID, config};
    use crate::lab::{Channels, Lab, Network, Pinger, Plain, Scene, wait_for};
    use std::time::{Duration, Instant};

    /// New interfaces of every namespace take it over.
    const RETRANSMIT: &str = "/proc/sys/net/ipv4/neigh/default/retrans_time_ms";

    /// Time from just before `start` to the first answer.
    fn first_answer(start: impl FnOnce(&Scene)) -> Duration {
        let lab = Lab::new();
        lab.tune(Channels::All);
        let scene = Scene::within(lab, Network::wpa2(SSID, PASSPHRASE));
        let pinger = Pinger::start(&scene.pi.ns, GATEWAY, Duration::from_millis(5));
        let begin = Instant::now();
        start(&scene);
        let first = wait_for("the first answer", LONG, || pinger.first_answer());
        pinger.stop();
        assert_eq!(scene.uplink(), "bond0");
        first - begin
    }

    fn plain() -> Duration {
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

    fn wifibond() -> Duration {
        first_answer(|scene| scene.pi.start(&config()))
    }

    /// The ratio of the medians.
    pub fn run(rounds: usize) -> f64 {
        // A ping sent a moment too early must not cost the second after which the
        // kernel asks again for the gateway's MAC address: 20 ms, for both alike.
        std::fs::write(RETRANSMIT, "20").expect("a kernel with IPv4");
        // The first association of a machine also sets the regulatory domain.
        plain();
        let (mut by_hand, mut by_us) = (Vec::new(), Vec::new());
        for round in 1..=rounds {
            by_hand.push(plain().as_millis() as f64);
            by_us.push(wifibond().as_millis() as f64);
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
    let rounds = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(5);
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
