//! Generic netlink: is an interface Wi-Fi?
use super::attributes::{attributes, number};
use super::encode::{REQUEST_BYTES, Request};
use netlink_packet_core::NLM_F_ACK;

/// The controller's own family (include/uapi/linux/genetlink.h).
const GENL_ID_CTRL: u16 = 16;
const CTRL_CMD_GETFAMILY: u8 = 3;
const CTRL_ATTR_FAMILY_ID: u16 = 1;
const CTRL_ATTR_FAMILY_NAME: u16 = 2;
/// include/uapi/linux/nl80211.h.
const NL80211_CMD_GET_INTERFACE: u8 = 5;
const NL80211_ATTR_IFINDEX: u16 = 3;
const NL80211_ATTR_IFTYPE: u16 = 5;
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

/// True when an answer to [`get_interface`] is about `link` and names its interface type.
pub fn is_wifi(payload: &[u8], link: u32) -> bool {
    let rest = payload.get(GENERIC_HEADER..).unwrap_or(&[]);
    let (mut same, mut typed) = (false, false);
    for (kind, value) in attributes(rest) {
        match kind {
            NL80211_ATTR_IFINDEX => same = number(value) == Some(link),
            NL80211_ATTR_IFTYPE => typed = true,
            _ => {}
        }
    }
    same && typed
}
