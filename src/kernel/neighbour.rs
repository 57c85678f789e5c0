//! One entry of the neighbour table (net/core/neighbour.c).
use super::attributes::attributes;
use super::encode::{REQUEST_BYTES, Request};
use core::net::IpAddr;
use libc::{NDA_DST, NUD_NOARP, NUD_PERMANENT, NUD_REACHABLE, RTM_GETNEIGH, RTM_NEWNEIGH};
use netlink_packet_core::NLM_F_ACK;

const AF_INET: u8 = libc::AF_INET as u8;
const AF_INET6: u8 = libc::AF_INET6 as u8;
/// The states in which the entry is used without a check (include/net/neighbour.h): confirmed
/// lately, or set by an administrator, or on a link without address resolution.
const NUD_CONNECTED: u16 = NUD_REACHABLE | NUD_PERMANENT | NUD_NOARP;
/// Octets of `struct ndmsg`: family, padding (3), index (4), state (2), flags, type.
const HEADER: usize = 12;
/// Where the state is in it.
const STATE: core::ops::Range<usize> = 8..10;

/// Requests the entry of one neighbour on the interface with the index `link` (Linux 5.0 and
/// later). The kernel answers ENOENT where it has none.
pub fn get_neighbour(
    link: u32,
    address: IpAddr,
    seq: u32,
    buffer: &mut [u8; REQUEST_BYTES],
) -> &[u8] {
    let mut request = Request::new(buffer, RTM_GETNEIGH, NLM_F_ACK, seq);
    let family = match address {
        IpAddr::V4(_) => AF_INET,
        IpAddr::V6(_) => AF_INET6,
    };
    let [a, b, c, d] = link.to_ne_bytes();
    request.raw(&[family, 0, 0, 0, a, b, c, d, 0, 0, 0, 0]);
    match address {
        IpAddr::V4(v4) => request.attribute(NDA_DST, &v4.octets()),
        IpAddr::V6(v6) => request.attribute(NDA_DST, &v6.octets()),
    }
    request.end()
}

/// Whether this answer to [`get_neighbour`] has the entry in a connected state.
pub fn is_connected(kind: u16, payload: &[u8]) -> bool {
    let Some((header, rest)) = payload.split_first_chunk::<HEADER>() else {
        return false;
    };
    let state = header.get(STATE).and_then(super::attributes::number);
    let named = attributes(rest).any(|(kind, _)| kind == NDA_DST);
    kind == RTM_NEWNEIGH
        && named
        && state.is_some_and(|state| state & u32::from(NUD_CONNECTED) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_and_its_answers() {
        let buffer = &mut [0xee; REQUEST_BYTES];
        let gateway = IpAddr::from([192, 168, 43, 1]);
        let request = get_neighbour(5, gateway, 7, buffer);
        let expected = [
            &[36, 0, 0, 0, 30, 0, 5, 0, 7, 0, 0, 0, 0, 0, 0, 0][..],
            &[2, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0],
            &[8, 0, 1, 0, 192, 168, 43, 1],
        ]
        .concat();
        assert_eq!(request, expected);
        let answer = |state: u8| {
            let header = [2, 0, 0, 0, 5, 0, 0, 0, state, 0, 0, 1];
            [&header[..], &[8, 0, 1, 0, 192, 168, 43, 1]].concat()
        };
        for (state, there) in [
            (0x01, false),
            (0x02, true),
            (0x04, false),
            (0x20, false),
            (0x80, true),
        ] {
            assert_eq!(is_connected(28, &answer(state)), there, "{state:x}");
        }
        assert!(!is_connected(29, &answer(0x02)), "it is gone");
        assert!(!is_connected(28, &answer(0x02)[..11]));
    }
}
