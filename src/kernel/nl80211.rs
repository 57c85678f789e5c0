//! Generic netlink: is an interface Wi-Fi, and the settings of its radio.
use super::attributes::{attributes, number};
use super::encode::{REQUEST_BYTES, Request};
use crate::engine::observed::Mode;
use netlink_packet_core::{NLA_F_NESTED, NLM_F_ACK};

/// The controller's own family (include/uapi/linux/genetlink.h).
const GENL_ID_CTRL: u16 = 16;
const CTRL_CMD_GETFAMILY: u8 = 3;
const CTRL_ATTR_FAMILY_ID: u16 = 1;
const CTRL_ATTR_FAMILY_NAME: u16 = 2;
/// include/uapi/linux/nl80211.h.
const NL80211_CMD_GET_INTERFACE: u8 = 5;
const NL80211_CMD_SET_WIPHY: u8 = 2;
const NL80211_CMD_REQ_SET_REG: u8 = 27;
const NL80211_CMD_GET_REG: u8 = 31;
const NL80211_CMD_SET_TX_BITRATE_MASK: u8 = 57;
const NL80211_CMD_SET_POWER_SAVE: u8 = 61;
const NL80211_CMD_GET_POWER_SAVE: u8 = 62;
const NL80211_ATTR_IFINDEX: u16 = 3;
const NL80211_ATTR_IFTYPE: u16 = 5;
const NL80211_ATTR_REG_ALPHA2: u16 = 33;
const NL80211_ATTR_WIPHY_COVERAGE_CLASS: u16 = 89;
const NL80211_ATTR_TX_RATES: u16 = 90;
const NL80211_ATTR_PS_STATE: u16 = 93;
const NL80211_IFTYPE_ADHOC: u32 = 1;
const NL80211_IFTYPE_STATION: u32 = 2;
const NL80211_IFTYPE_AP: u32 = 3;
const NL80211_IFTYPE_MONITOR: u32 = 6;
const NL80211_IFTYPE_MESH_POINT: u32 = 7;
const NL80211_BAND_2GHZ: u16 = 0;
const NL80211_TXRATE_LEGACY: u16 = 1;
/// 6 to 54 Mbit/s in units of 500 kbit/s: the rates of 802.11g that 802.11b has not.
const RATES_OF_G: [u8; 8] = [12, 18, 24, 36, 48, 72, 96, 108];
/// `struct genlmsghdr`: command, version, reserved (2).
const GENERIC_HEADER: usize = 4;

/// Asks for the number of the family "nl80211" (`CTRL_CMD_GETFAMILY`). The kernel's
/// ENOENT means that it knows no Wi-Fi at all.
pub fn find_family(seq: u32, buffer: &mut [u8; REQUEST_BYTES]) -> &[u8] {
    let mut request = Request::new(buffer, GENL_ID_CTRL, NLM_F_ACK, seq);
    request.raw(&[CTRL_CMD_GETFAMILY, 1, 0, 0]);
    request.attribute(CTRL_ATTR_FAMILY_NAME, b"nl80211\0");
    request.end()
}

/// The family's number, from the answer to [`find_family`].
pub fn family(payload: &[u8]) -> Option<u16> {
    let found =
        attributes(payload.get(GENERIC_HEADER..)?).find(|(kind, _)| *kind == CTRL_ATTR_FAMILY_ID);
    found
        .and_then(|(_, value)| number(value))
        .and_then(|id| u16::try_from(id).ok())
}

/// `NL80211_CMD_GET_INTERFACE`. ENODEV means: not Wi-Fi.
pub fn get_interface(family: u16, link: u32, seq: u32, buffer: &mut [u8; REQUEST_BYTES]) -> &[u8] {
    let mut request = Request::new(buffer, family, NLM_F_ACK, seq);
    request.raw(&[NL80211_CMD_GET_INTERFACE, 0, 0, 0]);
    request.attribute(NL80211_ATTR_IFINDEX, &link.to_ne_bytes());
    request.end()
}

/// The mode of `link`, from an answer to [`get_interface`] that is about it.
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

/// What is told, or asked, about one interface.
fn about(family: u16, command: u8, link: u32, seq: u32, buffer: &mut Buffer) -> Request<'_> {
    let mut request = Request::new(buffer, family, NLM_F_ACK, seq);
    request.raw(&[command, 0, 0, 0]);
    request.attribute(NL80211_ATTR_IFINDEX, &link.to_ne_bytes());
    request
}

type Buffer = [u8; REQUEST_BYTES];

pub fn get_power_save(family: u16, link: u32, seq: u32, buffer: &mut Buffer) -> &[u8] {
    about(family, NL80211_CMD_GET_POWER_SAVE, link, seq, buffer).end()
}

pub fn set_power_save(family: u16, link: u32, on: bool, seq: u32, buffer: &mut Buffer) -> &[u8] {
    let mut request = about(family, NL80211_CMD_SET_POWER_SAVE, link, seq, buffer);
    request.attribute(NL80211_ATTR_PS_STATE, &u32::from(on).to_ne_bytes());
    request.end()
}

/// From the answer to [`get_power_save`].
pub fn power_save(payload: &[u8]) -> Option<bool> {
    let rest = payload.get(GENERIC_HEADER..)?;
    let (_, state) = attributes(rest).find(|(kind, _)| *kind == NL80211_ATTR_PS_STATE)?;
    number(state).map(|state| state != 0)
}

/// Rates sent in the 2.4 GHz band: all, or those of 802.11g alone. Other bands keep all;
/// without any rates the kernel goes back to its defaults (`nl80211_set_tx_bitrate_mask()`).
pub fn set_rates(family: u16, link: u32, legacy: bool, seq: u32, buffer: &mut Buffer) -> &[u8] {
    let mut request = about(family, NL80211_CMD_SET_TX_BITRATE_MASK, link, seq, buffer);
    if !legacy {
        request.nested(NL80211_ATTR_TX_RATES | NLA_F_NESTED, |rates| {
            rates.nested(NL80211_BAND_2GHZ | NLA_F_NESTED, |band| {
                band.attribute(NL80211_TXRATE_LEGACY, &RATES_OF_G);
            });
        });
    }
    request.end()
}

pub fn set_coverage(family: u16, link: u32, class: u8, seq: u32, buffer: &mut Buffer) -> &[u8] {
    let mut request = about(family, NL80211_CMD_SET_WIPHY, link, seq, buffer);
    request.attribute(NL80211_ATTR_WIPHY_COVERAGE_CLASS, &[class]);
    request.end()
}

/// A hint: the kernel looks the country up and answers before it has.
pub fn set_country(family: u16, code: [u8; 2], seq: u32, buffer: &mut Buffer) -> &[u8] {
    let mut request = Request::new(buffer, family, NLM_F_ACK, seq);
    request.raw(&[NL80211_CMD_REQ_SET_REG, 0, 0, 0]);
    request.attribute(NL80211_ATTR_REG_ALPHA2, &[code[0], code[1], 0]);
    request.end()
}

pub fn get_country(family: u16, seq: u32, buffer: &mut Buffer) -> &[u8] {
    let mut request = Request::new(buffer, family, NLM_F_ACK, seq);
    request.raw(&[NL80211_CMD_GET_REG, 0, 0, 0]);
    request.end()
}

/// From the answer to [`get_country`]: the rules in force. "00" is the world's, "98" what an
/// adapter's own country and ours have in common.
pub fn country(payload: &[u8]) -> Option<[u8; 2]> {
    let rest = payload.get(GENERIC_HEADER..)?;
    let (_, code) = attributes(rest).find(|(kind, _)| *kind == NL80211_ATTR_REG_ALPHA2)?;
    code.first_chunk().copied()
}
