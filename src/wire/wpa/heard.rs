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
    /// Seconds since it was last heard.
    pub age: u32,
}

/// The access points of a reply to [`Request::Heard`](super::Request::Heard), in its order; one that hides
/// its name is left out, as is one without an age. wpa_supplicant leaves out what does not fit into 4096
/// octets.
pub fn heard(reply: &str) -> impl Iterator<Item = Heard> {
    let (mut level, mut seconds) = (None, None);
    reply.lines().filter_map(move |line| {
        let (key, value) = line.split_once('=')?;
        match key {
            "level" => level = signal(value),
            "age" => seconds = value.parse().ok(),
            "ssid" => {
                let (signal, age) = (level.take(), seconds.take());
                let ssid = unescape(value)?;
                let shown = ssid.iter().any(|octet| *octet != 0);
                let age = age.filter(|_| shown)?;
                return Some(Heard { ssid, signal, age });
            }
            _ => {}
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_access_point_has_its_name_and_its_signal() {
        let reply = "level=-40\nage=0\nssid=Hotspot\nlevel=-9999\nage=70\nssid=a=b\\\\c\nage=1\nlevel=-50\n\
                     ssid=\\x00\\x00\nlevel=-51\nage=2\nssid=\nssid=ageless\nage=3\nssid=late\nid=3\nlevel";
        let found: std::vec::Vec<_> = heard(reply)
            .map(|one| (one.ssid.to_vec(), one.signal, one.age))
            .collect();
        let expected = [
            (b"Hotspot".to_vec(), Some(-40), 0),
            (b"a=b\\c".to_vec(), None, 70),
            (b"late".to_vec(), None, 3),
        ];
        assert_eq!(found, expected);
        assert_eq!(heard("FAIL").count(), 0);
        assert_eq!(heard("").count(), 0);
    }
}
