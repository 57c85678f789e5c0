//! Which networks the scans have found (`print_bss_info()` in wpa_supplicant's ctrl_iface.c).
use super::{signal, unescape};
use heapless::Vec;

/// An access point that was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The octets of its name (SSID).
    pub ssid: Vec<u8, 32>,
    /// In dBm; `None`: unknown.
    pub signal: Option<i16>,
}

/// The access points of a reply to [`Request::Heard`](super::Request::Heard), in its order; one that hides
/// its name is left out. wpa_supplicant ends a reply at 4096 octets, with a whole line.
pub fn heard(reply: &str) -> impl Iterator<Item = Heard> {
    let mut level = None;
    reply.lines().filter_map(move |line| {
        let (key, value) = line.split_once('=')?;
        match key {
            "level" => {
                level = signal(value);
                None
            }
            "ssid" => {
                let ssid = unescape(value)?;
                let shown = ssid.iter().any(|octet| *octet != 0);
                let signal = level.take();
                shown.then_some(Heard { ssid, signal })
            }
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_access_point_has_its_name_and_its_signal() {
        let reply = "level=-40\nssid=Hotspot\nlevel=-9999\nssid=a=b\\\\c\nlevel=-50\nssid=\\x00\\x00\n\
                     level=-51\nssid=\nssid=late\nid=3\nlevel";
        let found: std::vec::Vec<_> = heard(reply)
            .map(|one| (one.ssid.to_vec(), one.signal))
            .collect();
        let expected = [
            (b"Hotspot".to_vec(), Some(-40)),
            (b"a=b\\c".to_vec(), None),
            (b"late".to_vec(), None),
        ];
        assert_eq!(found, expected);
        assert_eq!(heard("FAIL").count(), 0);
        assert_eq!(heard("").count(), 0);
    }
}
