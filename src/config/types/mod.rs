//! The checked configuration. A value of these types breaks no rule of the file.
//!
//! All tables are bounded; the limits are part of the contract with the user and are named in the
//! errors.
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
/// The version of the grammar: the only value of `version`.
pub const VERSION: u32 = 1;

/// A network interface's name as the kernel accepts it: 1 to 15 bytes, no `/`, `:`
/// or white space, not `.` or `..` (`dev_valid_name()` in net/core/dev.c).
pub type IfName = String<15>;
/// An absolute path on the appliance.
pub type Path = String<128>;

/// A hardware address: EUI-48, in the order of transmission.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
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

/// Text that must never be shown, at most `N` octets. It has no `Display`; `Debug` prints stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<const N: usize>(String<N>);

impl<const N: usize> Secret<N> {
    /// Keeps the text secret from now on.
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

/// Octets of the longest DHCP unique identifier: 2 of type, then 1 to 128 (RFC 8415, 11.1).
pub const MAX_DUID: usize = 2 + 128;
/// Octets of the shortest.
pub const MIN_DUID: usize = 2 + 1;
/// A DHCP unique identifier, with its type.
pub type Duid = Vec<u8, MAX_DUID>;

/// A name in /sys/class/leds, without `/`.
pub type LedName = String<31>;

choice! {
    /// The least that the log has.
    pub enum LogLevel {
        /// Faults of the program itself.
        Error = "error",
        /// What keeps somebody offline, too.
        Warn = "warn",
        /// Each event, too.
        Info = "info",
        /// Each step, too.
        Debug = "debug",
    }
}

/// The whole file.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// ISO 3166 alpha-2, upper case. Present as soon as `wifi` is not empty.
    pub country: Option<[u8; 2]>,
    /// Sent to DHCP servers; `None`: the kernel's host name.
    pub hostname: Option<String<63>>,
    /// `None`: made from the board's own adapter.
    pub duid: Option<Duid>,
    /// What the log has; the variable `WIFIBOND_LOG` wins.
    pub log_level: LogLevel,
    /// An entry of /sys/class/leds that shows how the box is.
    pub led: Option<LedName>,
    /// Wi-Fi networks, in the order of the file.
    pub wifi: Bounded<Network, MAX_NETWORKS>,
    /// No members: no bond is made.
    pub bond: Bond,
    /// Bridges that are made.
    pub bridges: Bounded<Bridge, MAX_BRIDGES>,
    /// Interfaces of their own. The default (`wired:*`, DHCP, metric 10) is already filled in.
    pub links: Bounded<Link, MAX_LINKS>,
    /// Of every Wi-Fi adapter.
    pub radio: Radio,
    /// Supervision of the members; not carried out yet (see [`notices`](super::notices)).
    pub health: Health,
}

/// A Wi-Fi network's name: 1 to 32 arbitrary octets (IEEE 802.11-2020, 9.4.2.2).
pub type Ssid = Vec<u8, 32>;

/// A Wi-Fi network.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// The name, 1 octet or more.
    pub ssid: Ssid,
    /// Fits `security`, see [`Key`].
    pub key: Key,
    /// What wpa_supplicant accepts of the access point.
    pub security: Security,
    /// Higher is preferred.
    pub priority: u8,
    /// The access point's beacons lack the name: probe requests with the name are sent.
    pub hidden: bool,
    /// Only this access point.
    pub bssid: Option<Mac>,
    /// Only on these members; empty: on all.
    pub members: Vec<Matcher, MAX_MEMBERS>,
}

/// The credentials of a network. They fit `security`: `None` with `open` and `owe`, `Eap` with `eap`,
/// a passphrase with `wpa3` and `wpa2-wpa3`, either kind with `wpa2`.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "tables of fixed size, nothing boxed"
)]
pub enum Key {
    /// No authentication.
    None,
    /// 8 to 63 octets, no control characters.
    Passphrase(Secret<63>),
    /// The pre-shared key itself, 256 bits: 64 hexadecimal digits.
    Psk(Secret<64>),
    /// IEEE 802.1X.
    Eap(Eap),
}

choice! {
    /// Authentication and encryption of a network.
    pub enum Security {
        /// Neither.
        Open = "open",
        /// No authentication, but encryption: opportunistic wireless encryption (RFC 8110).
        Owe = "owe",
        /// A pre-shared key.
        Wpa2 = "wpa2",
        /// Simultaneous authentication of equals (IEEE 802.11-2020, 12.4).
        Wpa3 = "wpa3",
        /// Either, whichever the access point has.
        Wpa2Wpa3 = "wpa2-wpa3",
        /// IEEE 802.1X.
        Eap = "eap",
    }
}

/// Credentials for IEEE 802.1X, by EAP (RFC 3748).
#[derive(Debug, Clone, PartialEq)]
pub struct Eap {
    /// The method.
    pub method: EapMethod,
    /// The method inside the tunnel; without effect with TLS.
    pub inner: EapInner,
    /// 1 to 128 octets, no control characters.
    pub identity: String<128>,
    /// The identity sent outside the tunnel, in clear. `None`: `identity`.
    pub anonymous_identity: Option<String<128>>,
    /// With TLS, that of the private key; otherwise never `None`.
    pub password: Option<Secret<128>>,
    /// Certificates of the authorities that are trusted. `None`: the server is not verified.
    pub ca_cert: Option<Path>,
    /// The server's certificate must be for this name or one below it. Only with `ca_cert`.
    pub domain: Option<DnsName>,
    /// The client's certificate: with TLS alone, and then never `None`.
    pub client_cert: Option<Path>,
    /// Its private key, likewise.
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
    /// The EAP method.
    pub enum EapMethod {
        /// Protected EAP: a TLS tunnel, EAP inside.
        Peap = "peap",
        /// A TLS tunnel, a password inside (RFC 5281).
        Ttls = "ttls",
        /// Certificates on both sides (RFC 5216).
        Tls = "tls",
    }
}

choice! {
    /// The method inside the tunnel of PEAP or TTLS.
    pub enum EapInner {
        /// Challenge and response (RFC 2759).
        MsChapV2 = "mschapv2",
        /// The password in clear; with TTLS alone (RFC 5281, 11.2.5).
        Pap = "pap",
        /// Generic token card: the password in clear (RFC 3748, 5.6).
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
    /// Whether it may match several adapters.
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

/// The bond, always in mode active-backup (Documentation/networking/bonding.rst).
#[derive(Debug, Clone, PartialEq)]
pub struct Bond {
    /// The interface's name.
    pub name: IfName,
    /// In the order of the file; empty: no bond is made.
    pub members: Vec<Matcher, MAX_MEMBERS>,
    /// The preferred member; `None` only when `members` is empty.
    pub primary: Option<Matcher>,
    /// When the primary becomes active again.
    pub primary_reselect: PrimaryReselect,
    /// Hardware addresses of the members.
    pub fail_over_mac: FailOverMac,
    /// Milliseconds between two checks of the members' carrier; never 0, which would end link
    /// monitoring.
    pub miimon_ms: u32,
    /// Milliseconds from carrier until a member is used; a multiple of `miimon_ms`.
    pub updelay_ms: u32,
    /// Milliseconds from the loss of carrier until a member is left; a multiple of `miimon_ms`.
    pub downdelay_ms: u32,
    /// IEEE 802.1X of its wired members.
    pub wired_auth: Option<Eap>,
    /// Addresses, routes and name servers.
    pub ip: IpBlock,
}

choice! {
    /// When the primary, up again, becomes the active member (bonding.rst, `primary_reselect`).
    pub enum PrimaryReselect {
        /// At once.
        Always = "always",
        /// If its speed and duplex are better than the active member's.
        Better = "better",
        /// When the active member fails.
        Failure = "failure",
    }
}

choice! {
    /// Hardware addresses of the bond and its members (bonding.rst, `fail_over_mac`). `None` and
    /// `Follow` are for wired members: they are refused with `wifi:*`, and the engine uses
    /// `Active` as soon as a member is Wi-Fi.
    pub enum FailOverMac {
        /// All members take the bond's address.
        None = "none",
        /// The bond takes the active member's address; members keep theirs.
        Active = "active",
        /// A member takes the bond's address when it becomes active.
        Follow = "follow",
    }
}

/// A bridge.
#[derive(Debug, Clone, PartialEq)]
pub struct Bridge {
    /// The interface's name.
    pub name: IfName,
    /// Never empty, never `wifi:*`: the kernel refuses Wi-Fi stations.
    pub members: Vec<Matcher, MAX_MEMBERS>,
    /// Addresses, routes and name servers.
    pub ip: IpBlock,
}

/// An interface of its own, outside bond and bridges.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The interface, or several: each is a link of its own then.
    pub name: Matcher,
    /// IEEE 802.1X; never with `wifi:*`.
    pub wired_auth: Option<Eap>,
    /// Addresses, routes and name servers.
    pub ip: IpBlock,
}

/// Settings of every Wi-Fi adapter's radio.
#[derive(Debug, Clone, PartialEq)]
pub struct Radio {
    /// Power save mode: the receiver is off between beacons (IEEE 802.11-2020, 11.2).
    pub power_save: bool,
    /// Also send at the rates of 802.11b.
    pub legacy_rates: bool,
    /// Metres to the access point, 1 to 114750: sets the coverage class. `None`: the driver's.
    pub distance_m: Option<u32>,
    /// End blocks by software (rfkill).
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

/// How members are probed and repaired.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    /// What is probed through each member.
    pub probe: Probe,
    /// Milliseconds between two probes of a member.
    pub interval_ms: u32,
    /// Probes lost in a row until a member counts as failed; 2 or more.
    pub fail_after: u32,
    /// Probes answered in a row until it counts as good again; 1 or more.
    pub recover_after: u32,
    /// Seconds for which a member that was lost has to be good before the traffic returns to it.
    pub hold_s: u32,
    /// Try to repair a failed member.
    pub repair: bool,
    /// By the power of its USB port as well, while no other member works.
    pub port_power: bool,
    /// Start the system anew when no member has worked for long.
    pub reboot: bool,
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
            port_power: false,
            reboot: false,
        }
    }
}

/// What is probed.
#[derive(Debug, Clone, PartialEq)]
pub enum Probe {
    /// The gateway of the default route.
    Gateway,
    /// A unicast address, not loopback.
    Address(IpAddr),
    /// Nothing.
    Off,
}
