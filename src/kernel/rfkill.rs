//! Events of /dev/rfkill. `struct rfkill_event`: index (4, host byte order), type, operation,
//! soft, hard (include/uapi/linux/rfkill.h).
use crate::engine::contract::event::Event;
use crate::engine::contract::settings::Switch;

const RFKILL_TYPE_WLAN: u8 = 1;
const RFKILL_OP_ADD: u8 = 0;
const RFKILL_OP_DEL: u8 = 1;
const RFKILL_OP_CHANGE: u8 = 2;

/// One event. `None`: another radio than Wi-Fi, an unknown operation, or too short.
pub fn parse(event: &[u8]) -> Option<Event<'static>> {
    let [a, b, c, d, kind, operation, soft, hard] = *event.first_chunk::<8>()?;
    let number = u32::from_ne_bytes([a, b, c, d]);
    match operation {
        _ if kind != RFKILL_TYPE_WLAN => None,
        RFKILL_OP_ADD | RFKILL_OP_CHANGE => Some(Event::Rfkill(Switch {
            number,
            soft: soft != 0,
            hard: hard != 0,
        })),
        RFKILL_OP_DEL => Some(Event::RfkillGone(number)),
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
