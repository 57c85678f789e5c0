//! Messages of the kernel that mean an adapter, or its power, is failing. They stay in its log
//! after the adapter works again, so each is quoted with how often it is there.
use super::Find;
use crate::kernel::messages::{KNOWN, messages};
use crate::system::kernel_log;

/// The messages that were found, each of a kind once: the last one, and how often.
pub(super) fn find(path: &str, find: Find<'_>) {
    let mut seen: Vec<(usize, String)> = vec![(0, String::new()); KNOWN.len()];
    let read = kernel_log::each_record(path, &mut |record| {
        for message in messages(record) {
            let known = message.known();
            if let Some(place) = KNOWN.iter().position(|one| Some(one) == known) {
                seen[place].0 += 1;
                seen[place].1 = message.text.chars().take(160).collect();
            }
        }
    });
    if let Err(e) = read {
        log::debug!("{path}: {e}");
    }
    for (known, (count, last)) in KNOWN.iter().zip(&seen) {
        let means = known.means;
        match count {
            0 => {}
            1 => find("kernel", &format!("\"{last}\": {means}")),
            _ => find("kernel", &format!("\"{last}\" ({count} times): {means}")),
        }
    }
}

#[cfg(test)]
mod tests {
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
        super::find(path.to_str().expect("UTF-8"), &mut |place, what| {
            found.push(format!("{place}: {what}"));
        });
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
        super::find("/nowhere/kmsg", &mut |_, what| panic!("{what}"));
    }
}
