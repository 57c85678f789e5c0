//! Power, USB and radios, as the kernel has them in /sys and /proc.
use super::Find;
use super::finding::{POWER, RFKILL, SAME_HUB, USB_CURRENT};
use super::machine::Machine;

const SUPPLY: &str = "the board's own power supply, a short cable, or a hub with power of its own";
/// Milliampere of the supply that a Raspberry Pi 5 lets its USB ports have 1.6 A of.
const FULL_SUPPLY: u32 = 5000;

/// All of it.
pub fn find(machine: &Machine, ours: &[&str], find: Find<'_>) {
    voltage(machine, find);
    let radios = ours.iter().copied().filter(|name| {
        let phy = machine.list(&format!("/sys/class/net/{name}/phy80211"));
        !phy.is_empty()
    });
    let radios: Vec<&str> = radios.collect();
    for name in &radios {
        switch(machine, name, find);
    }
    let ports: Vec<(&str, String)> = ours
        .iter()
        .filter_map(|name| Some((*name, port(machine, name)?)))
        .collect();
    usb_current(machine, &ports, find);
    hubs(machine, &radios, &ports, find);
}

/// By the driver raspberrypi-hwmon, whose alarm is of its last question to the firmware, 2 s ago at
/// most. (The Raspberry Pi's own kernels have `get_throttled` beside it, and print a warning with a
/// stack trace when it is read: drivers/firmware/raspberrypi.c.)
fn voltage(machine: &Machine, find: Find<'_>) {
    for hwmon in machine.list("/sys/class/hwmon") {
        let file = |name: &str| machine.word(&format!("/sys/class/hwmon/{hwmon}/{name}"));
        if file("name") == "rpi_volt" && file("in0_lcrit_alarm") == "1" {
            return find(&POWER, "power", "the supply voltage is too low now", SUPPLY);
        }
    }
}

/// Raspberry Pi 5: what its firmware agreed on with the supply, and lets the ports have.
fn usb_current(machine: &Machine, ports: &[(&str, String)], find: Find<'_>) {
    let number = |name: &str| -> Option<u32> {
        let bytes = machine.bytes(&format!("/proc/device-tree/chosen/power/{name}"))?;
        bytes.try_into().ok().map(u32::from_be_bytes)
    };
    let (Some(most), Some(0)) = (number("max_current"), number("usb_max_current_enable")) else {
        return;
    };
    if most < FULL_SUPPLY && !ports.is_empty() {
        let what =
            format!("the power supply gives {most} mA, so all USB ports together have 600 mA");
        let cure =
            "a supply of 5 A; or, where it can give that, `usb_max_current_enable=1` in config.txt";
        find(&USB_CURRENT, "usb", &what, cure);
    }
}

fn switch(machine: &Machine, name: &str, find: Find<'_>) {
    let phy = format!("/sys/class/net/{name}/phy80211");
    for switch in machine.list(&phy) {
        if !switch.starts_with("rfkill") {
            continue;
        }
        let is_on = |kind: &str| machine.word(&format!("{phy}/{switch}/{kind}")) == "1";
        if is_on("hard") {
            let cure = "the switch or key for radios on this machine";
            find(&RFKILL, name, "its radio is switched off by hardware", cure);
        } else if is_on("soft") {
            let cure = "`rfkill unblock wifi`";
            find(&RFKILL, name, "its radio is switched off by rfkill", cure);
        }
    }
}

/// The kernel's name of its USB device: `1-1.2`.
fn port(machine: &Machine, name: &str) -> Option<String> {
    let device = machine.link(&format!("/sys/class/net/{name}/device"))?;
    let (port, _) = device.rsplit('/').next()?.split_once(':')?;
    let is_port = port.contains('-') && !machine.word(&usb(port, "speed")).is_empty();
    is_port.then(|| port.into())
}

fn usb(device: &str, file: &str) -> String {
    format!("/sys/bus/usb/devices/{device}/{file}")
}

/// `1-1` of `1-1.2`, and `usb1`, the bus itself, of `1-1`.
fn hub(port: &str) -> Option<String> {
    match port.rsplit_once('.') {
        Some((hub, _)) => Some(hub.into()),
        None => port.split_once('-').map(|(bus, _)| format!("usb{bus}")),
    }
}

fn hubs(machine: &Machine, radios: &[&str], ports: &[(&str, String)], find: Find<'_>) {
    let radios: Vec<_> = ports
        .iter()
        .filter(|(name, _)| radios.contains(name))
        .collect();
    for (n, (name, port)) in radios.iter().enumerate() {
        for (other, other_port) in radios.iter().skip(n + 1) {
            let Some(hub) = hub(port).filter(|hub| self::hub(other_port).as_ref() == Some(hub))
            else {
                continue;
            };
            if machine.word(&usb(&hub, "speed")) == "480" {
                let what = format!("both are at the USB 2 hub {hub}");
                let cure = "a port of another bus for one of them, where the board has one";
                find(&SAME_HUB, &format!("{name}, {other}"), &what, cure);
            }
        }
    }
}
