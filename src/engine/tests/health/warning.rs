//! Messages of the kernel that an adapter is failing.
use super::*;
use crate::engine::contract::event::Warning;

const PORT: &str = "1-1.2";

fn of(text: &str) -> Warning<'_> {
    Warning {
        text,
        device: None,
        radio_of: "",
    }
}

impl Lab {
    fn probing() -> Lab {
        let mut lab = Lab::new();
        for (index, port) in [(WLAN0, PORT), (WLAN1, "1-1.20")] {
            lab.world.edit(index, |link| {
                link.usb_port = Some(port.try_into().unwrap());
                link.facts.driver = "brcmfmac".try_into().unwrap();
            });
        }
        lab.run();
        lab
    }

    /// The kernel says so: of whom that is recorded.
    fn warn(&mut self, warning: Warning<'_>) -> Vec<String> {
        let before = self.world.engine.journal().written();
        self.world.handle(Event::Warning(warning));
        self.run();
        let records = self.world.engine.journal().since(before);
        let text = format!("the kernel says \"{}\"", warning.text);
        let of = |record: &crate::engine::journal::Record| {
            assert_eq!(
                (record.kind, record.text.as_str()),
                (RecordKind::Health, text.as_str())
            );
            record.link.to_string()
        };
        records.map(of).collect()
    }
}

#[test]
fn a_message_names_an_adapter_in_several_ways() {
    let text = "rtw_8822bu 1-1.2:1.2: read register 0x4 failed with -71";
    let usb = Some("+usb:1-1.2:1.0");
    let cases = [
        (of(text), Some("wlan0")),
        (
            of("usb 1-1.2: device descriptor read/64, error -71"),
            Some("wlan0"),
        ),
        (
            of("usb 1-1.20: device descriptor read/64, error -71"),
            Some("wlan1"),
        ),
        (
            of("rtl8192cu 1-1.3:1.0 wlan1: chip reset failed"),
            Some("wlan1"),
        ),
        (
            Warning {
                device: usb,
                ..of("chip reset failed")
            },
            Some("wlan0"),
        ),
        (
            Warning {
                device: Some("n3"),
                ..of("chip reset failed")
            },
            Some("wlan1"),
        ),
        (
            Warning {
                radio_of: "wlan1",
                ..of("ath: phy7: Target is unresponsive")
            },
            Some("wlan1"),
        ),
        // Others.
        (of("usb 1-1: device descriptor read/64, error -71"), None),
        (of("wlan10: chip reset failed"), None),
        (of("hwmon hwmon1: Undervoltage detected!"), None),
        (
            Warning {
                device: Some("n33"),
                ..of("chip reset failed")
            },
            None,
        ),
        (
            Warning {
                device: Some("+usb:1-1"),
                ..of("chip reset failed")
            },
            None,
        ),
        (
            Warning {
                device: Some("c189:3"),
                ..of("chip reset failed")
            },
            None,
        ),
        // Of two adapters with that driver it is not known which one is meant.
        (
            of("brcmfmac: brcmf_fw_crashed: Firmware has halted or crashed"),
            None,
        ),
        (of(": chip reset failed"), None),
    ];
    for (warning, named) in cases {
        let mut lab = Lab::probing();
        let recorded = lab.warn(warning);
        assert_eq!(
            recorded,
            named.into_iter().collect::<Vec<_>>(),
            "{warning:?}"
        );
    }
}

#[test]
fn the_only_adapter_of_a_driver_is_named_by_it() {
    let mut lab = Lab::probing();
    lab.world.edit(WLAN1, |link| {
        link.facts.driver = "rtw88".try_into().unwrap()
    });
    let text = "brcmfmac: brcmf_fw_crashed: Firmware has halted or crashed";
    assert_eq!(lab.warn(of(text)), ["wlan0"]);
}

#[test]
fn the_adapter_is_asked_at_once_and_nothing_else_follows() {
    let mut lab = Lab::probing();
    // A standby member is asked once a second.
    let mut least = usize::MAX;
    for offset in [100, 300, 500] {
        lab.wait(21_000 + offset);
        let before = lab.probes[&WLAN1];
        lab.warn(of("wlan1: chip reset failed"));
        least = least.min(lab.probes[&WLAN1] - before);
    }
    assert_eq!(least, 1);
    lab.wait(10_000);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
    lab.warn(of("wlan0: chip reset failed"));
    lab.wait(10_000);
    assert_eq!((lab.active(), lab.switches()), (Some(WLAN0), 0));
    assert_eq!(lab.condition(WLAN0), Condition::Healthy);
    // One that is dead is found at once, and not at its next probe.
    lab.wait(1_000);
    lab.paths.insert(WLAN1, Path::Dead);
    lab.warn(of("wlan1: chip reset failed"));
    let took = lab.until("bad", 2_000, |lab| lab.condition(WLAN1) == Condition::Bad);
    assert!(took < 400, "{took} ms");
}

#[test]
fn a_driver_that_repeats_itself_counts_at_growing_intervals() {
    let mut lab = Lab::probing();
    let mut recorded = 0;
    let begin = lab.probes[&WLAN1];
    for number in 0..1_000 {
        let text = format!("wlan1: read register {number} failed with -71");
        recorded += lab.warn(of(&text)).len();
        lab.wait(21);
    }
    assert_eq!(recorded, 2);
    let probes = lab.probes[&WLAN1] - begin;
    assert!(probes <= 21 + 3 + 3, "{probes} in 21 s");
    // The other one has a time of its own.
    assert_eq!(lab.warn(of("wlan0: chip reset failed")), ["wlan0"]);
}
