//! How long joining a network takes: wpa_supplicant by itself, with its defaults, beside wifibond, in
//! one and the same machine. Adapters have three bands; what wpa_supplicant starts with is what `ip`
//! and its own file make of it (`lab::Plain`).
//!
//!     WIFIBOND_VM_TIMEOUT=7200 cross/cargo test --release \
//!         --target aarch64-unknown-linux-musl --test joining -- [ROUNDS [WORD...]]
//!
//! Prints a table of medians with the bars, and fails where wifibond misses one. With words only the
//! rows that have one of them in their names.

#[cfg(all(target_arch = "aarch64", target_env = "musl"))]
#[path = "../lab/mod.rs"]
mod lab;

#[cfg(all(target_arch = "aarch64", target_env = "musl"))]
mod inside {
    use crate::lab::leasing::one_line;
    use crate::lab::measure::{is_wanted, median};
    use crate::lab::path::PACKETS;
    use crate::lab::scene::{ADDRESS, GATEWAY, LONG, MAC0, MAC1, PASSPHRASE, SSID, config};
    use crate::lab::trials::ask_again_soon;
    use crate::lab::{Network, Pinger, Plain, Scene, wait_for, wait_until};
    use std::time::{Duration, Instant};

    /// Most access points are on channels like this one.
    const COMMON: u8 = 6;
    /// The last channels on which an adapter may ask.
    const RARE: u8 = 165;
    /// dnsmasq's range, and that it tries an address before it offers it: its default.
    const RANGE: &str = "192.168.43.100,192.168.43.110,255.255.255.0,1h";
    /// A search over all channels is under way after this.
    const AWAY: Duration = Duration::from_secs(12);

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Case {
        Known,
        Common,
        Rare,
        BackInRange,
        OtherChannel,
        FrameLost,
        HandshakeFailed,
        KnownWithLease,
        UnknownWithLease,
    }

    /// What wifibond may need.
    enum Bar {
        /// In milliseconds.
        Within(f64),
        /// In parts of the plain one.
        Ratio(f64),
    }

    const CASES: [(Case, &str, Bar); 9] = [
        (
            Case::Known,
            "start to authorised, known network",
            Bar::Within(600.0),
        ),
        (
            Case::Common,
            "the same, unknown network on channel 6",
            Bar::Within(1500.0),
        ),
        (
            Case::Rare,
            "the same, channel 165, both members",
            Bar::Ratio(0.55),
        ),
        (
            Case::BackInRange,
            "back in range to carrying",
            Bar::Within(700.0),
        ),
        (
            Case::OtherChannel,
            "access point on another channel to carrying",
            Bar::Ratio(0.5),
        ),
        (
            Case::FrameLost,
            "start to authorised, message 3 of each handshake lost once",
            // A second more than without.
            Bar::Within(1600.0),
        ),
        (
            Case::HandshakeFailed,
            "all of them lost for 3 s, from the last one",
            Bar::Within(2000.0),
        ),
        (
            Case::KnownWithLease,
            "start to first ping, known network, DHCP",
            Bar::Within(1000.0),
        ),
        (
            Case::UnknownWithLease,
            "the same, unknown network",
            Bar::Within(6000.0),
        ),
    ];

    fn scene(case: Case) -> Scene {
        let channel = match case {
            Case::Rare => RARE,
            _ => COMMON,
        };
        let mut network = Network::wpa2(SSID, PASSPHRASE).channel(channel);
        network.extra.push(PACKETS.to_owned());
        let scene = Scene::three_bands(network);
        if matches!(case, Case::KnownWithLease | Case::UnknownWithLease) {
            scene.lan.serve_dhcp_by_default(RANGE);
        }
        scene
    }

    /// One of the two ways to have a bond.
    trait Way {
        fn start(&mut self, scene: &Scene, case: Case);
        /// It is stopped; what it has learned stays.
        fn stop(&mut self, scene: &Scene);
    }

    struct ByHand(Option<Plain>);

    impl Way for ByHand {
        fn start(&mut self, scene: &Scene, _: Case) {
            let block = format!("ssid=\"{SSID}\"\npsk=\"{PASSPHRASE}\"\nkey_mgmt=WPA-PSK");
            let ns = &scene.pi.ns;
            let plain = Plain::without_address(ns, [&block, &block]);
            ns.ip(&format!("address add {ADDRESS}/24 dev bond0"));
            ns.ip(&format!("route add default via {GATEWAY} dev bond0"));
            self.0 = Some(plain);
        }

        fn stop(&mut self, scene: &Scene) {
            if let Some(plain) = self.0.take() {
                plain.stop(&scene.pi.ns);
            }
        }
    }

    struct Ours;

    impl Way for Ours {
        fn start(&mut self, scene: &Scene, case: Case) {
            let file = match case {
                Case::KnownWithLease | Case::UnknownWithLease => one_line(),
                _ => config(),
            };
            scene.pi.write_config(&file.to_string());
            scene.pi.launch();
        }

        fn stop(&mut self, scene: &Scene) {
            scene.pi.terminate();
        }
    }

    fn up(scene: &Scene, name: &str) -> bool {
        scene.pi.ns.link(name, "operstate") == "up"
    }

    fn both_up(scene: &Scene) {
        wait_until("both authorised", LONG, || {
            up(scene, "wlan0") && up(scene, "wlan1")
        });
    }

    fn first_answer(scene: &Scene, begun: Instant) -> f64 {
        let pinger = Pinger::start(&scene.pi.ns, GATEWAY, Duration::from_millis(5));
        let first = wait_for("the first answer", LONG, || pinger.first_answer());
        pinger.stop();
        (first - begun).as_millis() as f64
    }

    /// In milliseconds.
    fn once(case: Case, way: &mut dyn Way) -> f64 {
        let scene = scene(case);
        let lossy = matches!(case, Case::FrameLost | Case::HandshakeFailed);
        let learned = lossy || matches!(case, Case::Known | Case::KnownWithLease);
        let away = matches!(case, Case::BackInRange | Case::OtherChannel);
        if learned || away {
            way.start(&scene, case);
            both_up(&scene);
            first_answer(&scene, Instant::now());
        }
        if learned {
            // What it has learned is on the card.
            wait_until("places", LONG, || {
                scene.pi.ns.read("/var/lib/wifibond/places").is_some() || !scene.pi.running()
            });
            way.stop(&scene);
        }
        if away {
            scene.ap.cut_power();
            wait_until("both out", LONG, || {
                !up(&scene, "wlan0") && !up(&scene, "wlan1")
            });
            std::thread::sleep(AWAY);
        }
        let begun = Instant::now();
        let elapsed = || begun.elapsed().as_millis() as f64;
        let took = match case {
            Case::Known | Case::Common => {
                way.start(&scene, case);
                wait_until("one authorised", LONG, || {
                    up(&scene, "wlan0") || up(&scene, "wlan1")
                });
                elapsed()
            }
            Case::FrameLost => {
                let faults = [MAC0, MAC1].map(|mac| scene.ap.loses_message(mac, 3));
                way.start(&scene, case);
                wait_until("one authorised", LONG, || {
                    up(&scene, "wlan0") || up(&scene, "wlan1")
                });
                assert!(faults.iter().any(|fault| fault.dropped() > 0));
                elapsed()
            }
            Case::HandshakeFailed => {
                let faults = [MAC0, MAC1].map(|mac| scene.ap.loses_all(mac, 3));
                way.start(&scene, case);
                wait_until("both handshakes lost", LONG, || {
                    faults.iter().all(|fault| fault.dropped() >= 4)
                });
                let last = Instant::now();
                drop(faults);
                wait_until("one authorised", LONG, || {
                    up(&scene, "wlan0") || up(&scene, "wlan1")
                });
                last.elapsed().as_millis() as f64
            }
            Case::Rare => {
                way.start(&scene, case);
                both_up(&scene);
                elapsed()
            }
            Case::BackInRange | Case::OtherChannel => {
                if case == Case::OtherChannel {
                    scene.ap.network.borrow_mut().channel = 157;
                }
                scene.ap.restore_power();
                first_answer(&scene, Instant::now())
            }
            Case::KnownWithLease | Case::UnknownWithLease => {
                way.start(&scene, case);
                first_answer(&scene, begun)
            }
        };
        way.stop(&scene);
        took
    }

    /// How many bars are missed.
    pub fn run(rounds: usize) -> usize {
        ask_again_soon();
        let mut missed = 0;
        for (case, what, bar) in CASES {
            if !is_wanted(what) {
                continue;
            }
            let (mut plain, mut ours) = (Vec::new(), Vec::new());
            for _ in 0..rounds {
                // By hand there is no lease, but a static address: what is compared is the radio.
                plain.push(once(case, &mut ByHand(None)));
                ours.push(once(case, &mut Ours));
            }
            println!("{what}: plain {plain:?} ms, wifibond {ours:?} ms");
            let (plain, ours) = (median(&mut plain), median(&mut ours));
            let (bar, kept) = match bar {
                Bar::Within(ms) => (format!("{ms} ms"), ours <= ms),
                Bar::Ratio(ratio) => (format!("{ratio} of plain"), ours <= plain * ratio),
            };
            missed += usize::from(!kept);
            let word = if kept { "" } else { "  MISSED" };
            println!("{what:50} plain {plain:6} ms, wifibond {ours:5} ms, bar {bar}{word}");
        }
        missed
    }
}

#[cfg(all(target_arch = "aarch64", target_env = "musl"))]
fn main() {
    let missed = inside::run(lab::measure::rounds());
    assert_eq!(missed, 0, "bars are missed");
}

#[cfg(not(all(target_arch = "aarch64", target_env = "musl")))]
fn main() {
    panic!("this runs inside the virtual machine only, which has radios");
}
