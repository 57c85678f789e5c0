//! What is done with the USB device of an adapter that does not work.

/// One measure. Each makes the kernel probe the device's drivers again: the interface goes, and one
/// with another index comes, unless the driver keeps it through a reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UsbMeasure {
    /// Reset its port and set it up as it was (`USBDEVFS_RESET`).
    Reset,
    /// Take its configuration away, then give it one again (`authorized`, 0 and 1).
    Replug,
    /// Switch the power of its port off, then on again (`disable` of the port, 1 and 0). Where
    /// its hub switches several ports at once, or none, so be it.
    Power,
}

impl UsbMeasure {
    /// Before and after the port, as a phrase.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            UsbMeasure::Reset => ("reset USB device", ""),
            UsbMeasure::Replug => ("take USB device", " out and in again"),
            UsbMeasure::Power => ("switch the power of USB port", " off and on"),
        }
    }
}
