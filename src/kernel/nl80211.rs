//! Generic netlink: is an interface Wi-Fi?
use super::encode::REQUEST_BYTES;

/// Asks for the number of the family "nl80211" (`CTRL_CMD_GETFAMILY`). The kernel's
/// ENOENT means that it knows no Wi-Fi at all.
pub fn find_family(seq: u32, buffer: &mut [u8; REQUEST_BYTES]) -> &[u8] {
    todo!()
}

/// The family's number, from the answer to [`find_family`].
pub fn family(payload: &[u8]) -> Option<u16> {
    todo!()
}

/// `NL80211_CMD_GET_INTERFACE`. ENODEV means: not Wi-Fi.
pub fn get_interface(family: u16, link: u32, seq: u32, buffer: &mut [u8; REQUEST_BYTES]) -> &[u8] {
    todo!()
}

/// True when an answer to [`get_interface`] is about `link` and names its interface type.
pub fn is_wifi(payload: &[u8], link: u32) -> bool {
    todo!()
}
