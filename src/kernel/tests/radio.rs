//! nl80211's settings, byte by byte (include/uapi/linux/nl80211.h).
use super::*;
use crate::kernel::nl80211::*;

const FAMILY: u16 = 30;
const LINK: u32 = 3;

/// The request behind its netlink header, which is checked here.
fn body(request: &[u8]) -> &[u8] {
    let frame = frames(request).next().unwrap().unwrap();
    // NLM_F_REQUEST | NLM_F_ACK.
    assert_eq!((frame.kind, frame.flags, frame.seq), (FAMILY, 5, 9));
    frame.payload
}

/// `struct genlmsghdr`, and NL80211_ATTR_IFINDEX.
fn about(command: u8) -> Vec<u8> {
    [&[command, 0, 0, 0], &[8, 0, 3, 0][..], &LINK.to_ne_bytes()].concat()
}

#[test]
fn settings_as_bytes() {
    let buffer = &mut [0xee; REQUEST_BYTES];
    let save = body(set_power_save(FAMILY, LINK, false, 9, buffer)).to_vec();
    assert_eq!(save, [about(61), vec![8, 0, 93, 0, 0, 0, 0, 0]].concat());
    let save = body(set_power_save(FAMILY, LINK, true, 9, buffer)).to_vec();
    assert_eq!(save, [about(61), vec![8, 0, 93, 0, 1, 0, 0, 0]].concat());
    assert_eq!(body(get_power_save(FAMILY, LINK, 9, buffer)), about(62));
    let coverage = body(set_coverage(FAMILY, LINK, 5, 9, buffer)).to_vec();
    assert_eq!(coverage, [about(2), vec![5, 0, 89, 0, 5, 0, 0, 0]].concat());
    // All rates: no attribute.
    assert_eq!(body(set_rates(FAMILY, LINK, true, 9, buffer)), about(57));
    // NL80211_ATTR_TX_RATES { band 0 { NL80211_TXRATE_LEGACY } }, in units of 500 kbit/s.
    let rates = [
        &[20, 0, 90, 0x80, 16, 0, 0, 0x80, 12, 0, 1, 0][..],
        &[12, 18, 24, 36, 48, 72, 96, 108],
    ];
    let request = body(set_rates(FAMILY, LINK, false, 9, buffer)).to_vec();
    assert_eq!(request, [about(57), rates.concat()].concat());
    let country = body(set_country(FAMILY, *b"BE", 9, buffer)).to_vec();
    assert_eq!(country, [27, 0, 0, 0, 7, 0, 33, 0, b'B', b'E', 0, 0]);
    assert_eq!(body(get_country(FAMILY, 9, buffer)), [31, 0, 0, 0]);
}

#[test]
fn a_station_s_inactive_time() {
    let buffer = &mut [0xee; REQUEST_BYTES];
    let request = get_stations(FAMILY, LINK, 9, buffer);
    let frame = frames(request).next().unwrap().unwrap();
    // NLM_F_REQUEST | NLM_F_DUMP.
    assert_eq!((frame.kind, frame.flags), (FAMILY, 0x301));
    assert_eq!(frame.payload, about(17));
    // NL80211_ATTR_STA_INFO { NL80211_STA_INFO_SIGNAL, NL80211_STA_INFO_INACTIVE_TIME }
    let answer = [
        &about(19)[..],
        &[20, 0, 21, 0x80, 5, 0, 7, 0, 0xd8, 0, 0, 0],
        &[8, 0, 1, 0],
        &1_234_u32.to_ne_bytes(),
    ];
    assert_eq!(inactive_ms(&answer.concat()), Some(1_234));
    // Without, and cut.
    assert_eq!(inactive_ms(&about(19)), None);
    assert_eq!(inactive_ms(&answer[..3].concat()), None);
    assert_eq!(inactive_ms(&[]), None);
}

#[test]
fn answers_are_read() {
    let payload = |datagram| frames(datagram).next().unwrap().unwrap().payload;
    assert_eq!(power_save(payload(golden!("power-save"))), Some(true));
    assert_eq!(country(payload(golden!("country"))), Some(*b"BE"));
    assert_eq!(power_save(payload(golden!("country"))), None);
    assert_eq!(country(payload(golden!("power-save"))), None);
    assert_eq!(country(&[]), None);
}
