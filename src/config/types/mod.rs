//! The checked configuration. A value of these types cannot break a rule of the
//! file's grammar; the raw, unchecked shapes live beside the reader.
//!
//! All tables are bounded; the limits are part of the contract with the user and
//! are named in the errors.
mod ip;

use super::bounded::Bounded;
use super::choice::{Choice, choice};
use core::fmt;
use core::net::IpAddr;
use heapless::{String, Vec};
pub use ip::*;

/// Wi-Fi networks in one file.
pub const MAX_NETWORKS: usize = 16;
/// Entries of `bond.members`, `wifi[].members` and `bridges[].members`.
pub const MAX_MEMBERS: usize = 8;
/// Entries of `links`.
pub const MAX_LINKS: usize = 8;
/// Entries of `bridges`.
pub const MAX_BRIDGES: usize = 2;
/// The grammar's version this program understands.
pub const VERSION: u32 = 1;

/// A network interface's name as the kernel takes it: 1 to 15 bytes, no `/`, `:`
/// or white space, not `.` or `..` (`dev_valid_name()` in net/core/dev.c).
pub type IfName = String<15>;
/// A path on the appliance.
pub type Path = String<128>;

/// A MAC address.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Mac(pub [u8; 6]);

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that must never be shown. It has no `Display`; `Debug` prints stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<const N: usize>(String<N>);

impl<const N: usize> Secret<N> {
    pub fn new(text: String<N>) -> Self {
        Secret(text)
    }
    /// The secret itself: only for writing it where it has to go.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The length of a DHCP unique identifier: 2 octets of type, then 1 to 128 (RFC 8415, 11.1).
pub const MAX_DUID: usize = 2 + 128;
pub const MIN_DUID: usize = 2 + 1;
pub type Duid = Vec<u8, MAX_DUID>;

/// The whole file.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// ISO 3166 alpha-2, upper case. Present as soon as `wifi` is not empty.
    pub country: Option<[u8; 2]>,
    /// Sent to DHCP servers; `None`: the kernel's host name.
    pub hostname: Option<String<63>>,
    /// `None`: made from the board's own adapter.
    pub duid: Option<Duid>,
    pub wifi: Bounded<Network, MAX_NETWORKS>,
    /// No members: no bond is made.
    pub bond: Bond,
    pub bridges: Bounded<Bridge, MAX_BRIDGES>,
    /// Interfaces of their own. The default (`wired:*`, DHCP, metric 10) is already filled in.
    pub links: Bounded<Link, MAX_LINKS>,
    pub radio: Radio,
    pub health: Health,
}

/// A Wi-Fi network's name: 1 to 32 arbitrary octets (IEEE 802.11-2020, 9.4.2.2).
pub type Ssid = Vec<u8, 32>;

#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    pub ssid: Ssid,
    pub key: Key,
    pub security: Security,
    /// Higher is preferred.
    pub priority: u8,
    /// The access point does not send its name: ask for it by name.
    pub hidden: bool,
    /// Only this access point.
    pub bssid: Option<Mac>,
    /// Only on these members; empty: on all.
    pub members: Vec<Matcher, MAX_MEMBERS>,
}

/// What opens the network. Fits `security`: `None` with `open` and `owe`, `Eap` with `eap`,
/// a passphrase with `wpa3` and `wpa2-wpa3`, either kind with `wpa2`.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "tables of fixed size, nothing boxed"
)]
pub enum Key {
    None,
    /// 8 to 63 octets, no control characters.
    Passphrase(Secret<63>),
    /// 64 hexadecimal digits.
    Psk(Secret<64>),
    Eap(Eap),
}

choice! {
    pub enum Security {
        Open = "open",
        /// Open to all, and encrypted (RFC 8110).
        Owe = "owe",
        Wpa2 = "wpa2",
        Wpa3 = "wpa3",
        Wpa2Wpa3 = "wpa2-wpa3",
        Eap = "eap",
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Eap {
    pub method: EapMethod,
    /// How the password travels inside the tunnel; of no meaning with TLS.
    pub inner: EapInner,
    pub identity: String<128>,
    /// The name shown outside the tunnel, which anybody can read.
    pub anonymous_identity: Option<String<128>>,
    pub password: Option<Secret<128>>,
    pub ca_cert: Option<Path>,
    /// The server's certificate has to be for this name, or for one below it.
    pub domain: Option<DnsName>,
    pub client_cert: Option<Path>,
    pub private_key: Option<Path>,
}

impl Eap {
    /// The files that it needs on the appliance, with their keys.
    pub fn files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        [
            ("ca_cert", &self.ca_cert),
            ("client_cert", &self.client_cert),
            ("private_key", &self.private_key),
        ]
        .into_iter()
        .filter_map(|(key, path)| path.as_ref().map(|path| (key, path)))
    }
}

choice! {
    pub enum EapMethod {
        Peap = "peap",
        Ttls = "ttls",
        Tls = "tls",
    }
}

choice! {
    pub enum EapInner {
        MsChapV2 = "mschapv2",
        Pap = "pap",
        Gtc = "gtc",
    }
}

/// How an adapter is named in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matcher {
    /// The kernel's name.
    Name(IfName),
    /// The permanent hardware address.
    Mac(Mac),
    /// A USB port, as the kernel names it: `1-1.2`.
    UsbPort(String<31>),
    /// Any USB adapter.
    UsbAny,
    /// The kernel driver's name.
    Driver(String<31>),
    /// Any Wi-Fi adapter, whatever its name.
    WifiAny,
    /// Any Ethernet adapter of hardware, and `eth0` whatever it is.
    WiredAny,
}

impl Matcher {
    /// May it mean several adapters?
    pub fn is_pattern(&self) -> bool {
        match self {
            Matcher::Name(_) | Matcher::Mac(_) | Matcher::UsbPort(_) => false,
            Matcher::UsbAny | Matcher::Driver(_) | Matcher::WifiAny | Matcher::WiredAny => true,
        }
    }
}

impl fmt::Display for Matcher {
    /// The same words as in the file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Matcher::Name(name) => f.write_str(name),
            Matcher::Mac(mac) => write!(f, "mac:{mac}"),
            Matcher::UsbPort(port) => write!(f, "usb:{port}"),
            Matcher::UsbAny => f.write_str("usb:*"),
            Matcher::Driver(driver) => write!(f, "driver:{driver}"),
            Matcher::WifiAny => f.write_str("wifi:*"),
            Matcher::WiredAny => f.write_str("wired:*"),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Bond {
    pub name: IfName,
    pub members: Vec<Matcher, MAX_MEMBERS>,
    /// The preferred member; `None` only when `members` is empty.
    pub primary: Option<Matcher>,
    pub primary_reselect: PrimaryReselect,
    pub fail_over_mac: FailOverMac,
    /// Milliseconds; never 0, which would end link monitoring.
    pub miimon_ms: u32,
    /// Milliseconds; a multiple of `miimon_ms`.
    pub updelay_ms: u32,
    /// Milliseconds; a multiple of `miimon_ms`.
    pub downdelay_ms: u32,
    /// Of its wired members.
    pub wired_auth: Option<Eap>,
    pub ip: IpBlock,
}

choice! {
    pub enum PrimaryReselect {
        Always = "always",
        Better = "better",
        Failure = "failure",
    }
}

choice! {
    pub enum FailOverMac {
        /// All members take the bond's address. `None` and `Follow` are for wired members: they
        /// are refused with `wifi:*`, and the engine uses `Active` as soon as a member is Wi-Fi.
        None = "none",
        Active = "active",
        Follow = "follow",
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Bridge {
    pub name: IfName,
    pub members: Vec<Matcher, MAX_MEMBERS>,
    pub ip: IpBlock,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The interface, or several: each is a link of its own then.
    pub name: Matcher,
    pub wired_auth: Option<Eap>,
    pub ip: IpBlock,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Radio {
    pub power_save: bool,
    pub legacy_rates: bool,
    /// Metres.
    pub distance_m: Option<u32>,
    pub unblock: bool,
}

impl Default for Radio {
    fn default() -> Self {
        Radio {
            power_save: false,
            legacy_rates: false,
            distance_m: None,
            unblock: true,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    pub probe: Probe,
    pub interval_ms: u32,
    pub fail_after: u32,
    pub recover_after: u32,
    pub hold_s: u32,
    pub repair: bool,
}

impl Default for Health {
    fn default() -> Self {
        Health {
            probe: Probe::Gateway,
            interval_ms: 200,
            fail_after: 3,
            recover_after: 10,
            hold_s: 30,
            repair: true,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Probe {
    Gateway,
    Address(IpAddr),
    Off,
}
