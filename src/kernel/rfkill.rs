//! `struct rfkill_event`: number (4), type, operation, soft, hard
//! (include/uapi/linux/rfkill.h).
use crate::engine::contract::event::Event;
use crate::engine::contract::settings::Switch;

const TYPE_WLAN: u8 = 1;
const OP_ADD: u8 = 0;
const OP_DELETE: u8 = 1;
const OP_CHANGE: u8 = 2;

/// `None`: no Wi-Fi, or nothing known.
pub fn parse(event: &[u8]) -> Option<Event<'static>> {
    let [a, b, c, d, kind, operation, soft, hard] = *event.first_chunk::<8>()?;
    let number = u32::from_ne_bytes([a, b, c, d]);
    match operation {
        _ if kind != TYPE_WLAN => None,
        OP_ADD | OP_CHANGE => Some(Event::Rfkill(Switch {
            number,
            soft: soft != 0,
            hard: hard != 0,
        })),
        OP_DELETE => Some(Event::RfkillGone(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events() {
        let number = 7_u32.to_ne_bytes();
        let event = |rest: [u8; 4]| [number, rest].concat();
        assert!(matches!(
            parse(&event([1, 0, 1, 0])),
            Some(Event::Rfkill(Switch {
                number: 7,
                soft: true,
                hard: false
            }))
        ));
        assert!(matches!(
            parse(&event([1, 2, 0, 1])),
            Some(Event::Rfkill(Switch {
                number: 7,
                soft: false,
                hard: true
            }))
        ));
        assert!(matches!(
            parse(&event([1, 1, 0, 0])),
            Some(Event::RfkillGone(7))
        ));
        assert!(parse(&event([2, 0, 1, 0])).is_none(), "Bluetooth");
        assert!(
            parse(&event([1, 3, 1, 0])).is_none(),
            "all of a kind: only ever written"
        );
        assert!(parse(&number).is_none());
    }
}
