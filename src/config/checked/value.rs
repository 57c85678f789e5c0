//! Single values: text → names, addresses, adapters. The callers add the position and the path to
//! an error.
use crate::config::syntax;
use crate::config::types::{DnsName, IfName, IpNet, Mac, Matcher, Ssid};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use heapless::String;
use heapless::string::StringView;

/// Room for a text without its escapes; the longest value, a DNS name, has 253 octets.
pub type Buffer = String<256>;

/// Replaces JSON's escapes by their characters, surrogate pairs included. `false`: no room.
/// The scanner has checked that every escape is valid.
pub fn unescape(raw: &str, out: &mut StringView) -> bool {
    let mut at = 0;
    while let Some(c) = raw.get(at..).and_then(|rest| rest.chars().next()) {
        let (c, length) = if c == '\\' {
            escape(raw, at)
        } else {
            (c, c.len_utf8())
        };
        if out.push(c).is_err() {
            return false;
        }
        at += length;
    }
    true
}

fn escape(raw: &str, at: usize) -> (char, usize) {
    let c = match raw.as_bytes().get(at + 1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(raw, at),
        Some(c) => char::from(*c),
        None => '\\',
    };
    (c, 2)
}

fn unicode(raw: &str, at: usize) -> (char, usize) {
    let lost = char::REPLACEMENT_CHARACTER;
    match (syntax::unit(raw, at), syntax::unit(raw, at + 6)) {
        (Some(high @ 0xd800..=0xdbff), Some(low @ 0xdc00..=0xdfff)) => {
            let c = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            (char::from_u32(c).unwrap_or(lost), 12)
        }
        (Some(unit), _) => (char::from_u32(unit).unwrap_or(lost), 6),
        (None, _) => (lost, 2),
    }
}

/// The text without escapes: `raw` itself where it has none, else in `buffer`.
/// Empty where it does not fit: no value of the grammar is that long.
pub fn plain<'b>(raw: &'b str, buffer: &'b mut Buffer) -> &'b str {
    if !raw.contains('\\') {
        return raw;
    }
    buffer.clear();
    if unescape(raw, buffer) { buffer } else { "" }
}

/// A hardware address in six pairs of hexadecimal digits with colons.
pub fn mac(text: &str) -> Option<Mac> {
    let mut octets = [0; 6];
    let mut parts = text.split(':');
    for octet in &mut octets {
        *octet = hex_octet(parts.next()?)?;
    }
    parts.next().is_none().then_some(Mac(octets))
}

/// The octet of exactly two hexadecimal digits.
pub fn hex_octet(text: &str) -> Option<u8> {
    let hex = text.len() == 2 && text.bytes().all(|c| c.is_ascii_hexdigit());
    hex.then(|| u8::from_str_radix(text, 16).ok()).flatten()
}

/// Octets in pairs of hexadecimal digits, `N` at most.
pub fn hex_octets<const N: usize>(text: &str) -> Option<heapless::Vec<u8, N>> {
    let mut octets = heapless::Vec::new();
    for pair in text.as_bytes().chunks(2) {
        let octet = hex_octet(core::str::from_utf8(pair).ok()?)?;
        octets.push(octet).ok()?;
    }
    Some(octets)
}

/// The name of a network, in the same form.
pub fn hex_ssid(text: &str) -> Option<Ssid> {
    hex_octets(text).filter(|ssid| !ssid.is_empty())
}

/// A name that the kernel accepts for an interface, or what is wrong with it.
pub fn if_name(text: &str) -> Result<IfName, &'static str> {
    // The kernel replaces %d by a number: `wlan%d`. It takes a non-breaking space for a space.
    let odd = |c: char| c.is_control() || matches!(c, ' ' | '\u{a0}' | '/' | ':' | '%');
    if text.is_empty() || text.len() > 15 {
        return Err("an interface's name has 1 to 15 characters");
    }
    if text.contains(odd) {
        return Err("an interface's name has no spaces and none of / : %");
    }
    // "all" and "default" are taken in /proc/sys/net/ipv4/conf.
    if matches!(text, "." | ".." | "all" | "default" | "lo") {
        return Err("this name is taken by the kernel");
    }
    IfName::try_from(text).map_err(|_| "an interface's name has 1 to 15 characters")
}

const MATCHERS: &str = "an adapter is \"NAME\", \"mac:AA:BB:CC:DD:EE:FF\", \"usb:1-1.2\", \"usb:*\", \"driver:NAME\", \"wifi:*\" or \"wired:*\"";

/// How an adapter is named, or what is wrong with it.
pub fn matcher(text: &str) -> Result<Matcher, &'static str> {
    let Some((kind, rest)) = text.split_once(':') else {
        return if_name(text).map(Matcher::Name);
    };
    let found = match kind {
        "mac" => mac(rest).filter(is_one_adapter).map(Matcher::Mac),
        "usb" if rest == "*" => Some(Matcher::UsbAny),
        "usb" if is_usb_port(rest) => String::try_from(rest).ok().map(Matcher::UsbPort),
        "wifi" if rest == "*" => Some(Matcher::WifiAny),
        "wired" if rest == "*" => Some(Matcher::WiredAny),
        "driver" if is_driver(rest) => String::try_from(rest).ok().map(Matcher::Driver),
        _ => None,
    };
    found.ok_or(MATCHERS)
}

/// Whether one adapter can have it: not zero, and not the address of a
/// group.
pub fn is_one_adapter(mac: &Mac) -> bool {
    mac.0 != [0; 6] && mac.0[0] & GROUP == 0
}

/// The group bit (I/G) of a hardware address, in its first octet.
const GROUP: u8 = 1;

/// `BUS-PORT.PORT…`, the kernel's name of a USB device.
fn is_usb_port(text: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    match text.split_once('-') {
        Some((bus, ports)) => number(bus) && ports.split('.').all(number),
        None => false,
    }
}

fn is_driver(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-'))
}

/// One label of a DNS name, 1 to 63 letters, digits and `-` (RFC 1123, 2.1).
pub fn is_label(text: &str) -> bool {
    let known = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(known)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// A DNS name of such labels, 253 octets at most, without a dot at the end. `None`: not one.
pub fn dns_name(text: &str) -> Option<DnsName> {
    text.split('.')
        .all(is_label)
        .then(|| DnsName::try_from(text).ok())
        .flatten()
}

/// An address's bits, left-aligned, so that one calculation serves both families.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()) << 96,
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

fn host_mask(net: &IpNet) -> u128 {
    u128::MAX.checked_shr(u32::from(net.prefix)).unwrap_or(0)
}

/// The longest prefix of the family: one host.
pub fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The network's first address: host bits zero.
pub fn network(net: &IpNet) -> IpNet {
    let bits = bits(net.address) & !host_mask(net);
    let address = match net.address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits((bits >> 96) as u32)),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(bits)),
    };
    IpNet { address, ..*net }
}

/// Whether it is the last address of an IPv4 network, the broadcast address.
pub fn is_broadcast(net: &IpNet) -> bool {
    let ones = (bits(net.address) | !host_mask(net)) >> 96 == 0xffff_ffff;
    net.address.is_ipv4() && net.prefix < 31 && ones
}

/// Whether the address is in the network.
pub fn contains(net: &IpNet, address: IpAddr) -> bool {
    net.address.is_ipv4() == address.is_ipv4()
        && (bits(net.address) ^ bits(address)) & !host_mask(net) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(address: &str, prefix: u8) -> IpNet {
        IpNet {
            address: address.parse().unwrap(),
            prefix,
        }
    }

    #[test]
    fn escapes_become_characters() {
        let mut out: String<32> = String::new();
        assert!(unescape(
            r#"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00z"#,
            &mut out
        ));
        assert_eq!(out, "a\"\\/\u{8}\u{c}\n\r\té😀z");
        let mut small: String<2> = String::new();
        assert!(!unescape("abc", &mut small));
    }

    #[test]
    fn adapters_are_named_in_seven_ways() {
        for text in [
            "wlan0",
            "mac:02:00:00:00:00:01",
            "usb:1-1.2",
            "usb:*",
            "driver:rtl88x2bu",
            "wifi:*",
            "wired:*",
        ] {
            assert_eq!(std::format!("{}", matcher(text).unwrap()), text);
        }
        for text in [
            "",
            "wlan 0",
            "0123456789abcdef",
            "mac:01:00:5e:00:00:01",
            "usb:1",
            "usb:",
            "driver:",
            "pci:0",
            "wifi:",
            "wifi:wlan0",
            "wired:eth*",
            "lo",
        ] {
            assert!(matcher(text).is_err(), "{text}");
        }
        assert_eq!(mac("02:00:00:00:00"), None);
        assert_eq!(mac("02:00:00:00:00:01:02"), None);
        assert_eq!(mac("2:0:0:0:0:1"), None);
        assert_eq!(hex_octet("+1"), None);
    }

    #[test]
    fn networks_are_counted_from_the_left() {
        let lan = net("192.168.43.150", 24);
        assert_eq!(network(&lan), net("192.168.43.0", 24));
        assert!(contains(&lan, "192.168.43.1".parse().unwrap()));
        assert!(!contains(&lan, "192.168.44.1".parse().unwrap()));
        assert!(!contains(&lan, "::1".parse().unwrap()));
        assert!(is_broadcast(&net("192.168.43.255", 24)));
        assert!(!is_broadcast(&net("192.168.43.255", 21)));
        assert!(!is_broadcast(&net("10.0.0.1", 31)));
        assert_eq!(network(&net("10.1.2.3", 0)), net("0.0.0.0", 0));
        assert_eq!(network(&net("10.1.2.3", 32)), net("10.1.2.3", 32));
        assert_eq!(network(&net("fd00::5", 64)), net("fd00::", 64));
        assert_eq!(network(&net("fd00::5", 128)), net("fd00::5", 128));
        assert!(contains(&net("::", 0), "fd00::5".parse().unwrap()));
    }

    #[test]
    fn names_for_the_dns() {
        assert!(dns_name("lan.example-1.org").is_some());
        for text in ["", "-a", "a-", "a..b", "a_b", "a b", ".", "a."] {
            assert!(dns_name(text).is_none(), "{text}");
        }
    }
}
