//! What only ethtool knows of an interface.
use heapless::String;

/// The kernel driver's name; empty where there is none.
pub fn driver(interface: &str) -> String<31> {
    todo!()
}

/// Megabit a second; `None` where the driver does not know (Wi-Fi, no link).
pub fn speed(interface: &str) -> Option<u32> {
    todo!()
}
