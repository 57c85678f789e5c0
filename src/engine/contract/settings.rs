//! What is set on links and radios, and what of it is given back.

/// Metres that one coverage class stands for: 3 µs of air (IEEE 802.11-2020, 9.4.2.8).
pub const METRES_A_CLASS: u32 = 450;

/// One setting of a radio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RadioSetting {
    /// `NL80211_ATTR_PS_STATE`.
    PowerSave(bool),
    /// The rates of 802.11b, 1 to 11 Mbit/s, beside those of 802.11g.
    LegacyRates(bool),
    /// `NL80211_ATTR_WIPHY_COVERAGE_CLASS`: [`METRES_A_CLASS`] each.
    CoverageClass(u8),
}

impl core::fmt::Display for RadioSetting {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            RadioSetting::PowerSave(true) => f.write_str("turn power save on"),
            RadioSetting::PowerSave(false) => f.write_str("turn power save off"),
            RadioSetting::LegacyRates(true) => f.write_str("allow the rates of 802.11b"),
            RadioSetting::LegacyRates(false) => f.write_str("leave the rates of 802.11b out"),
            RadioSetting::CoverageClass(class) => {
                let metres = u32::from(*class) * METRES_A_CLASS;
                write!(f, "allow for a distance of {metres} m")
            }
        }
    }
}

/// One switch of rfkill (include/uapi/linux/rfkill.h).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch {
    /// `idx` of its events.
    pub number: u32,
    /// Blocked by software: we may end it.
    pub soft: bool,
    /// Blocked by a key or a pin of the device.
    pub hard: bool,
}

/// Sysctls of a link. `promote_secondaries` is always set with them: when an address is removed,
/// the others of its network stay, as when a lease replaces the fallback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sysctls {
    /// Router advertisements are taken in, and their default routes get this metric.
    pub routers: Option<u32>,
}

/// What was changed on a link, and is given back when it is no longer ours. Empty: the link is
/// as it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Restore {
    /// It was up, and was set down to become a member.
    pub was_up: bool,
    /// Its IPv6 was turned off.
    pub ipv6_off: bool,
    /// Its sysctls; `Some(None)`: the previous instance changed them, to what is not known.
    pub sysctls: Option<Option<Sysctls>>,
    /// Settings of its radio were changed.
    pub radio: bool,
    /// The rates of 802.11b were left out; only with `radio`.
    pub rates: bool,
    /// A distance was set; only with `radio`.
    pub distance: bool,
}

impl Restore {
    /// The radio's settings have been restored.
    pub fn forget_radio(&mut self) {
        (self.radio, self.rates, self.distance) = (false, false, false);
    }
}
