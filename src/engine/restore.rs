//! What was changed on an interface, and is given back when it is no longer ours.
use super::sysctl::Values;

/// Empty: it is as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Restore {
    /// It was up, and was set down to become a member.
    pub was_up: bool,
    /// Its IPv6 was turned off.
    pub ipv6_off: bool,
    /// Its sysctls; `Some(None)`: the previous instance changed them, to what is not known.
    pub sysctls: Option<Option<Values>>,
    /// Settings of its radio were changed…
    pub radio: bool,
    /// …rates left out among them,
    pub rates: bool,
    /// and a distance set.
    pub distance: bool,
}

impl Restore {
    pub fn forget_radio(&mut self) {
        (self.radio, self.rates, self.distance) = (false, false, false);
    }
}
