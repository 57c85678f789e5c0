//! What a fault costs, at 10 ms pings: the kernel's bond alone, made with `ip`,
//! against wifibond, in one and the same machine.
//!
//!     cargo test --release --target aarch64-unknown-linux-musl --test failover -- [ROUNDS]
//!
//! Two faults: the access point deauthenticates the active member; the primary has a
//! wrong passphrase while the second member is good. Fails if wifibond is worse than
//! the kernel by more than the noise of an emulated machine, or loses a ping to the
//! wrong passphrase.

#[cfg(all(target_arch = "aarch64", target_env = "musl"))]
#[path = "../lab/mod.rs"]
mod lab;

#[cfg(all(target_arch = "aarch64", target_env = "musl"))]
mod inside {
    use crate::lab::measure::{let_pass, median};
    use crate::lab::scene::{ADDRESS, LONG, PASSPHRASE, SSID, config};
    use crate::lab::{Pings, Plain, Scene, status};
    use serde_json::json;
    use std::time::Duration;

    /// In milliseconds; differences below this are noise.
    const NOISE: f64 = 20.0;
    /// The kernel's bond meets a wrong passphrase about every 20 s.
    const WRONG_FOR: Duration = Duration::from_secs(60);

    /// Of the pings that see an outage.
    const INTERVAL: Duration = Duration::from_millis(10);
    /// Deauthentications of one bond.
    const IN_A_ROW: usize = 3;

    fn network(passphrase: &str) -> String {
        format!("ssid=\"{SSID}\"\npsk=\"{passphrase}\"\nkey_mgmt=WPA-PSK")
    }

    fn plain(scene: &Scene, passphrases: [&str; 2]) -> Plain {
        let [first, second] = passphrases.map(network);
        Plain::start(&scene.pi.ns, &format!("{ADDRESS}/24"), [&first, &second])
    }

    fn outages(scene: &Scene) -> impl Iterator<Item = f64> {
        (0..IN_A_ROW).map(|_| scene.outage(INTERVAL))
    }

    fn pings_for(scene: &Scene, period: Duration) -> Pings {
        let pings = scene.pings();
        let_pass(period);
        pings.stop()
    }

    /// Both medians: the kernel's, ours. In turns, so that both meet the same load.
    fn deauthentication(rounds: usize) -> (f64, f64) {
        let (mut kernel, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let scene = Scene::new();
            let stack = plain(&scene, [PASSPHRASE, PASSPHRASE]);
            kernel.extend(outages(&scene));
            drop((stack, scene));
            ours.extend(outages(&Scene::running()));
        }
        println!("deauthentication, outages in ms: kernel {kernel:?}, wifibond {ours:?}");
        (median(&mut kernel), median(&mut ours))
    }

    /// Pings lost to a wrong passphrase on the primary: the kernel's, ours.
    fn wrong_passphrase() -> (Pings, Pings) {
        let scene = Scene::new();
        let stack = plain(&scene, ["wrong horse", PASSPHRASE]);
        stack.supplicants[1].wait_up(LONG);
        let kernel = pings_for(&scene, WRONG_FOR);
        drop((stack, scene));
        let scene = Scene::new();
        let mut config = config();
        config["wifi"] = json!([
            { "ssid": SSID, "passphrase": "wrong horse", "members": ["wlan0"] },
            { "ssid": SSID, "passphrase": PASSPHRASE, "members": ["wlan1"] },
        ]);
        scene.pi.start(&config);
        scene
            .pi
            .wait("wlan1 active", LONG, |st| status::active(st) == "wlan1");
        scene.answers();
        (kernel, pings_for(&scene, WRONG_FOR))
    }

    pub fn run(rounds: usize) {
        let (kernel, ours) = deauthentication(rounds);
        println!("deauthentication, median: kernel {kernel} ms, wifibond {ours} ms");
        let (by_kernel, by_us) = wrong_passphrase();
        for (who, pings) in [("kernel", &by_kernel), ("wifibond", &by_us)] {
            let (lost, sent, longest) = (pings.lost(), pings.sent, pings.longest_outage());
            println!(
                "wrong passphrase on the primary, {who}: {lost} of {sent} lost, longest {longest:.1?}"
            );
        }
        assert!(
            ours <= kernel + NOISE,
            "an outage of {ours} ms; the kernel alone: {kernel} ms"
        );
        assert_eq!(by_us.lost(), 0);
    }
}

#[cfg(all(target_arch = "aarch64", target_env = "musl"))]
fn main() {
    let rounds = lab::measure::rounds();
    inside::run(rounds);
}

#[cfg(not(all(target_arch = "aarch64", target_env = "musl")))]
fn main() {
    panic!("this runs inside the virtual machine only, which has radios");
}
