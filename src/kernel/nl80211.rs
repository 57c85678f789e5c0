//! nl80211, a family of generic netlink: whether an interface is Wi-Fi, and its radio's settings.
//!
//! In all requests `family` is the number that [`family`] found, `link` an interface's index and
//! `seq` the sequence number of the request.
use super::attributes::{attributes, number};
use super::encode::{REQUEST_BYTES, Request};
use crate::engine::observed::Mode;
use netlink_packet_core::{NLA_F_NESTED, NLM_F_ACK, NLM_F_DUMP};

/// The controller: the family that resolves families' names (include/uapi/linux/genetlink.h).
const GENL_ID_CTRL: u16 = 16;
const CTRL_CMD_GETFAMILY: u8 = 3;
const CTRL_VERSION: u8 = 1;
const CTRL_ATTR_FAMILY_ID: u16 = 1;
const CTRL_ATTR_FAMILY_NAME: u16 = 2;
/// include/uapi/linux/nl80211.h.
const NL80211_CMD_GET_INTERFACE: u8 = 5;
const NL80211_CMD_SET_WIPHY: u8 = 2;
const NL80211_CMD_GET_STATION: u8 = 17;
const NL80211_CMD_REQ_SET_REG: u8 = 27;
const NL80211_CMD_GET_REG: u8 = 31;
const NL80211_CMD_SET_TX_BITRATE_MASK: u8 = 57;
const NL80211_CMD_SET_POWER_SAVE: u8 = 61;
const NL80211_CMD_GET_POWER_SAVE: u8 = 62;
const NL80211_ATTR_IFINDEX: u16 = 3;
const NL80211_ATTR_IFTYPE: u16 = 5;
const NL80211_ATTR_STA_INFO: u16 = 21;
const NL80211_ATTR_REG_ALPHA2: u16 = 33;
const NL80211_ATTR_WIPHY_COVERAGE_CLASS: u16 = 89;
const NL80211_ATTR_TX_RATES: u16 = 90;
const NL80211_ATTR_PS_STATE: u16 = 93;
const NL80211_STA_INFO_INACTIVE_TIME: u16 = 1;
const NL80211_IFTYPE_ADHOC: u32 = 1;
const NL80211_IFTYPE_STATION: u32 = 2;
const NL80211_IFTYPE_AP: u32 = 3;
const NL80211_IFTYPE_MONITOR: u32 = 6;
const NL80211_IFTYPE_MESH_POINT: u32 = 7;
const NL80211_BAND_2GHZ: u16 = 0;
const NL80211_TXRATE_LEGACY: u16 = 1;
/// 6 to 54 Mbit/s in units of 500 kbit/s: the rates of 802.11g that 802.11b has not.
const RATES_OF_G: [u8; 8] = [12, 18, 24, 36, 48, 72, 96, 108];
/// Octets of `struct genlmsghdr`: command, version, reserved (2).
const GENERIC_HEADER: usize = 4;

/// Requests the number of the family "nl80211" (`CTRL_CMD_GETFAMILY`). The kernel answers
/// ENOENT where cfg80211 is neither built in nor loaded.
pub fn find_family(seq: u32, buffer: &mut [u8; REQUEST_BYTES]) -> &[u8] {
    let mut request = Request::new(buffer, GENL_ID_CTRL, NLM_F_ACK, seq);
    request.raw(&[CTRL_CMD_GETFAMILY, CTRL_VERSION, 0, 0]);
    request.attribute(CTRL_ATTR_FAMILY_NAME, b"nl80211\0");
    request.end()
}

/// The family's number, from the answer to [`find_family`]; it differs from boot to boot.
pub fn family(payload: &[u8]) -> Option<u16> {
    let found =
        attributes(payload.get(GENERIC_HEADER..)?).find(|(kind, _)| *kind == CTRL_ATTR_FAMILY_ID);
    found
        .and_then(|(_, value)| number(value))
        .and_then(|id| u16::try_from(id).ok())
}

/// `NL80211_CMD_GET_INTERFACE`. The kernel answers ENODEV for an interface that is not Wi-Fi.
pub fn get_interface(family: u16, link: u32, seq: u32, buffer: &mut [u8; REQUEST_BYTES]) -> &[u8] {
    interface_request(family, NL80211_CMD_GET_INTERFACE, link, seq, buffer).end()
}

/// The mode of `link`, from an answer to [`get_interface`]; `None`: it is about another interface.
pub fn mode(payload: &[u8], link: u32) -> Option<Mode> {
    let rest = payload.get(GENERIC_HEADER..).unwrap_or(&[]);
    let (mut same, mut mode) = (false, None);
    for (kind, value) in attributes(rest) {
        match kind {
            NL80211_ATTR_IFINDEX => same = number(value) == Some(link),
            NL80211_ATTR_IFTYPE => mode = number(value),
            _ => {}
        }
    }
    mode.filter(|_| same).map(|mode| match mode {
        NL80211_IFTYPE_ADHOC => Mode::AdHoc,
        NL80211_IFTYPE_STATION => Mode::Station,
        NL80211_IFTYPE_AP => Mode::AccessPoint,
        NL80211_IFTYPE_MONITOR => Mode::Monitor,
        NL80211_IFTYPE_MESH_POINT => Mode::Mesh,
        other => Mode::Other(other),
    })
}

/// `NL80211_CMD_GET_STATION` as a dump: of an interface in station mode its access point alone.
pub fn get_stations(family: u16, link: u32, seq: u32, buffer: &mut [u8; REQUEST_BYTES]) -> &[u8] {
    let mut request = Request::new(buffer, family, NLM_F_DUMP, seq);
    request.raw(&[NL80211_CMD_GET_STATION, 0, 0, 0]);
    request.attribute(NL80211_ATTR_IFINDEX, &link.to_ne_bytes());
    request.end()
}

/// Milliseconds since the access point last sent a frame to this station, or acknowledged one of it,
/// from an answer to [`get_stations`]; `None`: the driver does not say. What is sent to all does
/// not count, beacons among it (`ieee80211_sta_last_active()` in net/mac80211/sta_info.c,
/// `ieee80211_rx_h_sta_process()` in rx.c); a multiple of the kernel's tick.
pub fn inactive_ms(payload: &[u8]) -> Option<u32> {
    let rest = payload.get(GENERIC_HEADER..)?;
    let (_, station) = attributes(rest).find(|(kind, _)| *kind == NL80211_ATTR_STA_INFO)?;
    let (_, time) =
        attributes(station).find(|(kind, _)| *kind == NL80211_STA_INFO_INACTIVE_TIME)?;
    number(time)
}

/// The start of a request about one interface.
fn interface_request(
    family: u16,
    command: u8,
    link: u32,
    seq: u32,
    buffer: &mut Buffer,
) -> Request<'_> {
    let mut request = Request::new(buffer, family, NLM_F_ACK, seq);
    request.raw(&[command, 0, 0, 0]);
    request.attribute(NL80211_ATTR_IFINDEX, &link.to_ne_bytes());
    request
}

type Buffer = [u8; REQUEST_BYTES];

/// `NL80211_CMD_GET_POWER_SAVE`: whether power save is on.
pub fn get_power_save(family: u16, link: u32, seq: u32, buffer: &mut Buffer) -> &[u8] {
    interface_request(family, NL80211_CMD_GET_POWER_SAVE, link, seq, buffer).end()
}

/// `NL80211_CMD_SET_POWER_SAVE`.
pub fn set_power_save(family: u16, link: u32, on: bool, seq: u32, buffer: &mut Buffer) -> &[u8] {
    let mut request = interface_request(family, NL80211_CMD_SET_POWER_SAVE, link, seq, buffer);
    request.attribute(NL80211_ATTR_PS_STATE, &u32::from(on).to_ne_bytes());
    request.end()
}

/// Whether power save is on, from the answer to [`get_power_save`].
pub fn power_save(payload: &[u8]) -> Option<bool> {
    let rest = payload.get(GENERIC_HEADER..)?;
    let (_, state) = attributes(rest).find(|(kind, _)| *kind == NL80211_ATTR_PS_STATE)?;
    number(state).map(|state| state != 0)
}

/// `NL80211_CMD_SET_TX_BITRATE_MASK`: the rates for sending in the 2.4 GHz band, with `legacy`
/// all, else without those of 802.11b. Other bands keep all; without any rates in the request
/// the kernel sets its defaults (`nl80211_set_tx_bitrate_mask()` in net/wireless/nl80211.c).
pub fn set_rates(family: u16, link: u32, legacy: bool, seq: u32, buffer: &mut Buffer) -> &[u8] {
    let mut request = interface_request(family, NL80211_CMD_SET_TX_BITRATE_MASK, link, seq, buffer);
    if !legacy {
        request.nested(NL80211_ATTR_TX_RATES | NLA_F_NESTED, |rates| {
            rates.nested(NL80211_BAND_2GHZ | NLA_F_NESTED, |band| {
                band.attribute(NL80211_TXRATE_LEGACY, &RATES_OF_G);
            });
        });
    }
    request.end()
}

/// `NL80211_CMD_SET_WIPHY` with a coverage class: air propagation time in steps of 3 µs (450 m).
/// It is the radio's, so it holds for all its interfaces.
pub fn set_coverage(family: u16, link: u32, class: u8, seq: u32, buffer: &mut Buffer) -> &[u8] {
    let mut request = interface_request(family, NL80211_CMD_SET_WIPHY, link, seq, buffer);
    request.attribute(NL80211_ATTR_WIPHY_COVERAGE_CLASS, &[class]);
    request.end()
}

/// `NL80211_CMD_REQ_SET_REG`: the country, ISO 3166 alpha-2. A hint: the kernel acknowledges
/// before it has looked the country up, also where it finds none.
pub fn set_country(family: u16, code: [u8; 2], seq: u32, buffer: &mut Buffer) -> &[u8] {
    let mut request = Request::new(buffer, family, NLM_F_ACK, seq);
    request.raw(&[NL80211_CMD_REQ_SET_REG, 0, 0, 0]);
    request.attribute(NL80211_ATTR_REG_ALPHA2, &[code[0], code[1], 0]);
    request.end()
}

/// `NL80211_CMD_GET_REG`: the regulatory domain in force.
pub fn get_country(family: u16, seq: u32, buffer: &mut Buffer) -> &[u8] {
    let mut request = Request::new(buffer, family, NLM_F_ACK, seq);
    request.raw(&[NL80211_CMD_GET_REG, 0, 0, 0]);
    request.end()
}

/// The country from the answer to [`get_country`]. "00" is the world regulatory domain, "98" an
/// intersection of several (net/wireless/reg.c).
pub fn country(payload: &[u8]) -> Option<[u8; 2]> {
    let rest = payload.get(GENERIC_HEADER..)?;
    let (_, code) = attributes(rest).find(|(kind, _)| *kind == NL80211_ATTR_REG_ALPHA2)?;
    code.first_chunk().copied()
}
