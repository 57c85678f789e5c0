//! Power, USB, radios, firmware and the clock.
use super::super::{clock, hardware, kernel_messages};
use super::*;
use std::os::unix::fs::symlink;

impl Root {
    fn hardware(&self) -> Vec<String> {
        let mut found = Vec::new();
        hardware::find(&self.machine(), &OURS, &mut |kind, place, what, cure| {
            found.push(format!("{} {place}: {what}: {cure}", kind.id));
        });
        found
    }

    fn firmware(&self, log: &str) -> Vec<String> {
        self.put("/log", log);
        let path = self.0.join("log");
        let mut found = Vec::new();
        let path = path.to_str().expect("a path in UTF-8");
        kernel_messages::find(&self.machine(), path, &mut |kind, place, what, cure| {
            found.push(format!("{} {place}: {what}: {cure}", kind.id));
        });
        found
    }

    /// A Wi-Fi adapter at a USB port.
    fn radio(&self, name: &str, port: &str) {
        self.put(&format!("/sys/class/net/{name}/phy80211/name"), "phy0\n");
        self.put(&format!("/sys/bus/usb/devices/{port}/speed"), "480\n");
        let link = self.0.join(format!("sys/class/net/{name}/device"));
        symlink(format!("../../../{port}:1.0"), link).expect("a link");
    }
}

#[test]
fn a_voltage_that_is_too_low_is_found() {
    let alarm = |root: &Root, value: &str| {
        root.put("/sys/class/hwmon/hwmon0/name", "cpu_thermal\n");
        root.put("/sys/class/hwmon/hwmon0/in0_lcrit_alarm", "1\n");
        root.put("/sys/class/hwmon/hwmon1/name", "rpi_volt\n");
        root.put("/sys/class/hwmon/hwmon1/in0_lcrit_alarm", value);
    };
    let root = Root::new("voltage");
    alarm(&root, "0\n");
    assert_eq!(root.hardware(), [""; 0]);
    alarm(&root, "1\n");
    let found = root.hardware();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("undervoltage power: the supply voltage is too low now: "));
}

#[test]
fn the_current_of_a_raspberry_pi_5_is_found_where_usb_needs_it() {
    let root = Root::new("current");
    let put = |name: &str, value: [u8; 4]| {
        let path = root.0.join("proc/device-tree/chosen/power");
        fs::create_dir_all(&path).expect("a directory");
        fs::write(path.join(name), value).expect("a file");
    };
    put("max_current", 3000_u32.to_be_bytes());
    assert_eq!(root.hardware(), [""; 0], "half of it says nothing");
    put("usb_max_current_enable", [0; 4]);
    assert_eq!(root.hardware(), [""; 0], "nothing is at USB");
    root.radio("wlan0", "1-1");
    let found = root.hardware();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("usb-current usb: the power supply gives 3000 mA"));
    put("usb_max_current_enable", [0, 0, 0, 1]);
    assert_eq!(root.hardware(), [""; 0]);
    put("usb_max_current_enable", [0; 4]);
    put("max_current", 5000_u32.to_be_bytes());
    assert_eq!(root.hardware(), [""; 0]);
}

#[test]
fn radios_that_are_switched_off_are_found() {
    let root = Root::new("rfkill");
    let put = |soft: &str, hard: &str| {
        let place = "/sys/class/net/wlan0/phy80211/rfkill3";
        root.put(&format!("{place}/soft"), soft);
        root.put(&format!("{place}/hard"), hard);
    };
    put("0\n", "0\n");
    assert_eq!(root.hardware(), [""; 0]);
    put("1\n", "0\n");
    let soft = "rfkill wlan0: its radio is switched off by rfkill: `rfkill unblock wifi`";
    assert_eq!(root.hardware(), [soft]);
    put("1\n", "1\n");
    let found = root.hardware();
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("by hardware"), "{found:?}");
}

#[test]
fn two_adapters_at_one_usb_2_hub_are_noted() {
    for (ports, hub, speed, found) in [
        (["1-1.2", "1-1.3"], "1-1", "480", true),
        (["1-1", "1-2"], "usb1", "480", true),
        (["1-1.2", "1-1.3"], "1-1", "5000", false),
        (["1-1.2", "1-2"], "1-1", "480", false),
        (["1-1.2", "1-1.3.1"], "1-1", "480", false),
        (["1-1", "2-1"], "usb1", "480", false),
    ] {
        let root = Root::new("hub");
        root.put(&format!("/sys/bus/usb/devices/{hub}/speed"), speed);
        root.radio("wlan0", ports[0]);
        root.radio("wlan1", ports[1]);
        let all = root.hardware();
        let said = format!("same-hub wlan0, wlan1: both are at the USB 2 hub {hub}: ");
        assert_eq!(all.len(), usize::from(found), "{ports:?}: {all:?}");
        assert!(all.iter().all(|one| one.starts_with(&said)), "{all:?}");
    }
}

#[test]
fn firmware_that_is_missing_is_named_with_its_package() {
    let root = Root::new("firmware");
    let line = |device: &str, file: &str| {
        format!(
            "4,1,1,-;x {device}: Direct firmware load for {file} failed with error -2\n \
             SUBSYSTEM=usb\n DEVICE=+usb:{device}\n"
        )
    };
    let log = line("1-1.2:1.0", "rtw88/rtw8822b_fw.bin");
    // Unplugged since.
    assert_eq!(root.firmware(&log), [""; 0]);
    root.put("/sys/bus/usb/devices/1-1.2:1.0/uevent", "");
    let found = root.firmware(&(log.clone() + &log));
    assert_eq!(
        found,
        [
            "firmware-missing kernel: the kernel did not find the firmware rtw88/rtw8822b_fw.bin: \
             one of `apt install firmware-realtek` or `pacman -S linux-firmware`"
        ]
    );
    // Another error, another file: the driver has one that works, or it has been installed since.
    assert_eq!(root.firmware(&log.replace("-2", "-12")), [""; 0]);
    root.put("/sys/bus/usb/devices/1-1.3:1.0/net/wlan1/ifindex", "4\n");
    assert_eq!(
        root.firmware(&line("1-1.3:1.0", "iwlwifi-9.ucode")),
        [""; 0]
    );
    root.put("/lib/firmware/rtw88/rtw8822b_fw.bin.xz", "");
    assert_eq!(root.firmware(&log), [""; 0]);
    // As Debian's kernel says it, of a device that is named by its number.
    let debian = "4,1,1,-;usb 1-1.4: firmware: failed to load rtlwifi/rtl8192cufw.bin (-2)\n DEVICE=c189:4\n";
    assert_eq!(root.firmware(debian), [""; 0]);
    root.put("/sys/dev/char/189:4/1-1.4:1.0/uevent", "");
    assert!(root.firmware(debian)[0].contains("the firmware rtlwifi/rtl8192cufw.bin: "));
    root.put("/sys/dev/char/189:4/1-1.4:1.0/net/wlan0/ifindex", "4\n");
    assert_eq!(root.firmware(debian), [""; 0]);
    let regulatory = "4,1,1,-;platform regulatory.0: Direct firmware load for regulatory.db failed with error -2\n";
    assert!(root.firmware(regulatory)[0].contains("wireless-regdb"));
    root.put("/usr/lib/firmware/regulatory.db", "");
    assert_eq!(root.firmware(regulatory), [""; 0]);
}

#[test]
fn a_clock_that_is_wrong_for_certificates_is_found() {
    let root = Root::new("clock");
    root.put(
        "/ca.pem",
        include_str!("../../../../tests/lab/certificates/ca.pem"),
    );
    let find = |now: u64, path: &str| -> Vec<String> {
        let mut found = Vec::new();
        let place = "wifi[0].eap.ca_cert";
        clock::find(
            &root.machine(),
            now,
            place,
            path,
            &mut |_, place, what, _| {
                found.push(format!("{place}: {what}"));
            },
        );
        found
    };
    // 1970, a day before it begins, and its first second.
    let begin = 1_795_243_425;
    assert_eq!(
        find(60, "/ca.pem"),
        ["wifi[0].eap.ca_cert: the clock says 1970-01-01T00:01:00Z"]
    );
    assert_eq!(
        find(begin - 86_400, "/ca.pem"),
        [
            "wifi[0].eap.ca_cert: the clock says 2026-11-20T06:43:45Z, and /ca.pem begins at \
          2026-11-21T06:43:45Z"
        ]
    );
    assert_eq!(find(begin, "/ca.pem"), [""; 0]);
    assert_eq!(find(begin - 1, "/missing.pem"), [""; 0]);
}
