//! The kernel's own messages, as /dev/kmsg has them (Documentation/ABI/testing/dev-kmsg), and those
//! of them that mean an adapter, or its power, is failing.

/// One message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// In ASCII without control characters: the kernel escapes all others.
    pub text: &'a str,
    /// `DEVICE=`, where a driver named its device: `+usb:1-1.2:1.0`, `n5` (an interface's index).
    pub device: Option<&'a str>,
}

/// The messages in what was read. Those that programs wrote (another facility than 0, which the
/// kernel keeps for itself: `devkmsg_write()` in kernel/printk/printk.c) are left out.
pub fn messages(read: &[u8]) -> impl Iterator<Item = Message<'_>> {
    let mut rest = read.split(|octet| *octet == b'\n').peekable();
    core::iter::from_fn(move || {
        loop {
            let first = rest.next()?;
            // Lines that begin with a space are fields of the record before them.
            let mut device = None;
            while let Some(field) = rest.next_if(|line| line.first() == Some(&b' ')) {
                device = device.or(field.strip_prefix(b" DEVICE=").and_then(plain));
            }
            if let Some(text) = text(first) {
                return Some(Message { text, device });
            }
        }
    })
}

/// `PRIORITY,NUMBER,TIME,FLAGS;TEXT`: the priority has the facility above its three lowest bits.
fn text(line: &[u8]) -> Option<&str> {
    let at = line.iter().position(|octet| *octet == b';')?;
    let mut fields = line[..at].split(|octet| *octet == b',');
    let priority: u32 = plain(fields.next()?)?.parse().ok()?;
    let text = plain(&line[at + 1..])?;
    (priority < 8 && !text.is_empty()).then_some(text)
}

fn plain(octets: &[u8]) -> Option<&str> {
    let shown = |octet: &u8| octet.is_ascii_graphic() || *octet == b' ';
    let text = core::str::from_utf8(octets).ok()?;
    octets.iter().all(shown).then_some(text)
}

impl<'a> Message<'a> {
    /// What it means, where it is one of [`KNOWN`].
    pub fn known(&self) -> Option<&'static Known> {
        let is = |known: &&Known| known.parts.iter().all(|part| self.text.contains(part));
        KNOWN.iter().find(is)
    }

    /// The radio that it names: `phy0` of `ieee80211 phy0: …` or `ath: phy0: …`.
    pub fn radio(&self) -> Option<&'a str> {
        let mut words = self.text.split([' ', ':']);
        words.find(|word| {
            let number = word.strip_prefix("phy").unwrap_or_default();
            !number.is_empty() && number.bytes().all(|octet| octet.is_ascii_digit())
        })
    }
}

/// A kind of message, what it means, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Known {
    /// All of these are in the message.
    parts: &'static [&'static str],
    /// For people.
    pub means: &'static str,
}

const PORT: &str = "the USB adapter no longer answers: another port, a shorter cable or a hub with power of its own; then another adapter";
const FIRMWARE: &str = "the firmware of the adapter has stopped: `wifibond member NAME repair`; newer firmware, or another adapter, if it comes again";

const POWER: &str = "the power supply is too weak, or its cable too thin: the board's own supply, or adapters at a hub with power of its own";

const fn known(parts: &'static [&'static str], means: &'static str) -> Known {
    Known { parts, means }
}

/// By driver, and where the messages come from.
pub const KNOWN: &[Known] = &[
    // rtw88 (drivers/net/wireless/realtek/rtw88/usb.c, tx.c).
    known(&["read register", "failed with"], PORT),
    known(&["write register", "failed with"], PORT),
    known(&["failed to get tx report from firmware"], FIRMWARE),
    // mt76 (drivers/net/wireless/mediatek/mt76/usb.c, mcu.c; mt7921).
    known(&["vendor request", "failed:"], PORT),
    known(&["mt7", "Message", "timeout"], FIRMWARE),
    known(&["chip reset failed"], FIRMWARE),
    // ath9k_htc (drivers/net/wireless/ath/ath9k/htc_hst.c, hif_usb.c).
    known(
        &["Target is unresponsive"],
        "the adapter was not reset by a warm reboot: unplug it, or switch the box off and on",
    ),
    // brcmfmac (drivers/net/wireless/broadcom/brcm80211/brcmfmac).
    known(&["brcmfmac", "irmware", "halted"], FIRMWARE),
    known(&["brcmfmac", "scan error"], FIRMWARE),
    // USB (drivers/usb/core/hub.c).
    known(&["device descriptor read", "error -71"], PORT),
    known(&["unable to enumerate USB device"], PORT),
    known(
        &["over-current"],
        "a USB port was switched off because too much current flowed: fewer adapters on it, or a hub with power of its own",
    ),
    // The Raspberry Pi's firmware (drivers/hwmon/raspberrypi-hwmon.c).
    known(&["Undervoltage detected"], POWER),
    known(&["Under-voltage detected"], POWER),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn all(read: &str) -> Vec<(&str, Option<&str>)> {
        let all = messages(read.as_bytes());
        all.map(|message| (message.text, message.device)).collect()
    }

    #[test]
    fn the_text_and_the_device_of_each_message_and_nothing_else() {
        let read = "6,1,17,-;first; with more\n SUBSYSTEM=usb\n DEVICE=+usb:1-1.2\n\
            3,2,18,-,caller=T1;second\nno record\n\n4,3,19,c;third\n DEVICE=n5\n DEVICE=n6\n";
        let expected = [
            ("first; with more", Some("+usb:1-1.2")),
            ("second", None),
            ("third", Some("n5")),
        ];
        assert_eq!(all(read), expected);
        // Of a program, which may have written anything: daemon's facility, and the user's.
        assert_eq!(all("30,4,20,-;usb 1-1.2: written\n12,5,21,-;too\n"), []);
        let broken =
            "-1,1,1,-;a\n,1,1,-;b\n6;c\n6,1,1,-;\n6,1,1,-;d\u{7f}\n6,1,1,-\n99999999999,;e";
        assert_eq!(all(broken), [("c", None)]);
        assert_eq!(messages(b"6,1,1,-;\xff\n 6,1,1,-;x\n").next(), None);
    }

    #[test]
    fn the_radio_that_is_named() {
        for (text, radio) in [
            ("ath: phy0: Target is unresponsive", Some("phy0")),
            (
                "ieee80211 phy12: brcmf_cfg80211_scan: scan error (-110)",
                Some("phy12"),
            ),
            ("phy: phyx: phy physical", None),
        ] {
            let device = None;
            assert_eq!(Message { text, device }.radio(), radio, "{text}");
        }
    }

    #[test]
    fn what_is_known_has_all_its_parts() {
        let known = |text| {
            Message { text, device: None }
                .known()
                .map(|known| known.means)
        };
        let text = "rtw_8822bu 1-1.2:1.2: read register 0x4 failed with -71";
        assert_eq!(known(text), Some(PORT));
        assert_eq!(known("rtw_8822bu 1-1.2:1.2: read register 0x4"), None);
        assert_eq!(
            known("brcmfmac: brcmf_fw_crashed: Firmware has halted"),
            Some(FIRMWARE)
        );
    }
}
