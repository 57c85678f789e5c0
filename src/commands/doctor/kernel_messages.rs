//! Messages of the kernel that mean an adapter, or its power, is failing. They stay in its log
//! after the adapter works again, so each is quoted with how often it is there.
use super::Find;
use super::finding::{FIRMWARE, KERNEL};
use super::machine::Machine;
use crate::kernel::messages::{KNOWN, Message, messages};
use crate::system::kernel_log;

/// Files of firmware that are named.
const MOST_FILES: usize = 8;
/// Where the kernel looks for them, and in which forms (drivers/base/firmware_loader).
const PLACES: [&str; 2] = ["/usr/lib/firmware", "/lib/firmware"];
const FORMS: [&str; 3] = ["", ".xz", ".zst"];
/// What Debian and Raspberry Pi OS have them in, by the beginning of their names.
const PACKAGES: [(&str, &str); 14] = [
    ("ath9k_htc/", "firmware-ath9k-htc"),
    ("ath", "firmware-atheros"),
    ("ar", "firmware-atheros"),
    ("carl9170", "firmware-linux-free"),
    ("htc_", "firmware-atheros"),
    ("brcm/", "firmware-brcm80211"),
    ("cypress/", "firmware-brcm80211"),
    ("iwlwifi-", "firmware-iwlwifi"),
    ("libertas/", "firmware-libertas"),
    ("mediatek/", "firmware-misc-nonfree firmware-mediatek"),
    ("mt", "firmware-misc-nonfree firmware-mediatek"),
    ("rt2", "firmware-misc-nonfree firmware-mediatek"),
    ("rt3", "firmware-misc-nonfree firmware-mediatek"),
    ("rt", "firmware-realtek"),
];

/// The messages that were found, each of a kind once: the last one, and how often; and the firmware
/// that is missing.
pub(super) fn find(machine: &Machine, path: &str, find: Find<'_>) {
    let mut seen: Vec<(usize, String)> = vec![(0, String::new()); KNOWN.len()];
    let mut files: Vec<String> = Vec::new();
    let read = kernel_log::each_record(path, &mut |record| {
        for message in messages(record) {
            let known = message.known();
            if let Some(place) = KNOWN.iter().position(|one| Some(one) == known) {
                seen[place].0 += 1;
                seen[place].1 = message.text.chars().take(160).collect();
            }
            if let Some(file) = missing(machine, &message)
                && files.len() < MOST_FILES
                && !files.iter().any(|other| other == file)
            {
                files.push(file.into());
            }
        }
    });
    if let Err(e) = read {
        log::debug!("{path}: {e}");
    }
    for (known, (count, last)) in KNOWN.iter().zip(&seen) {
        let (means, cure) = known.means.split_once(": ").unwrap_or((known.means, ""));
        let times = match count {
            0 => continue,
            1 => String::new(),
            _ => format!(" ({count} times)"),
        };
        let what = format!("\"{last}\"{times}: {means}");
        find(&KERNEL, "kernel", &what, cure);
    }
    for file in files {
        let mut packages = PACKAGES.iter();
        let known = packages.find(|(begin, _)| file.starts_with(begin));
        let cure = match (file.as_str(), known) {
            ("regulatory.db", _) => {
                "`apt install wireless-regdb` or `pacman -S wireless-regdb`".into()
            }
            (_, Some((_, package))) => {
                format!("one of `apt install {package}` or `pacman -S linux-firmware`")
            }
            (_, None) => format!(
                "the package that has {file}: `apt-file search {file}` or `pacman -S linux-firmware`"
            ),
        };
        let what = format!("the kernel did not find the firmware {file}");
        find(&FIRMWARE, "kernel", &what, &cure);
    }
}

/// The file that a driver has asked for and that is still missing (-2: ENOENT): the kernel's own message
/// (`fw_get_filesystem_firmware()`), and Debian's. Drivers ask for several in turn: one whose device has
/// an interface has found another; one whose device is not there any more needs none.
fn missing<'m>(machine: &Machine, message: &Message<'m>) -> Option<&'m str> {
    let between = |begin: &str, end: &str| {
        let (_, rest) = message.text.split_once(begin)?;
        rest.strip_suffix(end)
    };
    let file = between("Direct firmware load for ", " failed with error -2")
        .or_else(|| between("firmware: failed to load ", " (-2)"))?;
    let is_there = |place: &str| {
        let mut forms = FORMS.iter();
        forms.any(|form| machine.has(&format!("{place}/{file}{form}")))
    };
    if PLACES.iter().any(|place| is_there(place)) {
        return None;
    }
    if file == "regulatory.db" {
        return Some(file);
    }
    // `+usb:1-1.2:1.0`, or by the number of its device file: `c189:3`.
    let (kind, name) = message.device?.split_once(':')?;
    let device = match kind.split_at_checked(1)? {
        ("+", bus) => format!("/sys/bus/{bus}/devices/{name}"),
        ("c", major) => format!("/sys/dev/char/{major}:{name}"),
        _ => return None,
    };
    // PCI's class 2: a network controller (include/linux/pci_ids.h).
    let class = machine.word(&format!("{device}/class"));
    if !class.is_empty() && !class.starts_with("0x02") {
        return None;
    }
    let parts = machine.list(&device);
    let mut nets = parts.iter().flat_map(|part| [part.as_str(), ""]);
    let works = nets.any(|part| !machine.list(&format!("{device}/{part}/net")).is_empty());
    (!parts.is_empty() && !works).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::Machine;

    #[test]
    fn messages_of_dying_adapters_are_quoted_and_no_others() {
        let path = std::env::temp_dir().join(format!("kernel-messages-{}", std::process::id()));
        let log = "6,1,1,-;usb 1-1.2: new high-speed USB device number 4 using dwc2\n\
            3,2,2,-;rtw_8822bu 1-1.2:1.2: read register 0x4 failed with -71\n\
            3,3,3,-;rtw_8822bu 1-1.2:1.2: read register 0x8 failed with -71\n\
            3,4,4,-;mt7921u 1-1.3:1.3: Message 00020002 (seq 5) timeout\n\
            3,5,5,-;ath: phy0: Target is unresponsive\n\
            1,6,6,-;hwmon hwmon1: Undervoltage detected!\n\
            6,7,7,-;wlan0: authenticated\n";
        std::fs::write(&path, log).expect("a file");
        let mut found = Vec::new();
        let machine = Machine::at("/nowhere");
        super::find(
            &machine,
            path.to_str().expect("UTF-8"),
            &mut |_, place, what, cure| {
                found.push(format!("{place}: {what}: {cure}"));
            },
        );
        let _ = std::fs::remove_file(&path);
        let quoted = [
            "kernel: \"rtw_8822bu 1-1.2:1.2: read register 0x8 failed with -71\" (2 times): the USB adapter",
            "kernel: \"mt7921u 1-1.3:1.3: Message 00020002 (seq 5) timeout\": the firmware",
            "kernel: \"ath: phy0: Target is unresponsive\": the adapter",
            "kernel: \"hwmon hwmon1: Undervoltage detected!\": the power supply",
        ];
        assert_eq!(found.len(), quoted.len(), "{found:#?}");
        for (found, quoted) in found.iter().zip(quoted) {
            assert!(found.starts_with(quoted), "{found}");
        }
        super::find(&machine, "/nowhere/kmsg", &mut |_, _, what, _| {
            panic!("{what}")
        });
    }
}
