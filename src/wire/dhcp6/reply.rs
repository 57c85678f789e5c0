//! Messages of servers.
use super::{MAX_LEASED, MessageType, ServerId, StatusCode, code};
use crate::config::{DnsName, Duid, MAX_DNS};
use crate::wire::names;
use core::net::Ipv6Addr;
use heapless::Vec;

/// Why a message is refused as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// Shorter than its type and transaction identifier.
    Frame,
    /// Neither an Advertise nor a Reply.
    Kind,
    /// Without the identifier of the client or a usable one of the server (RFC 8415, 16.3 and
    /// 16.10).
    Identifier,
}

/// One leased address (RFC 8415, 21.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leased {
    /// One that a host can have, not link-local.
    pub address: Ipv6Addr,
    /// Seconds from now; `u32::MAX`: without an end; never more than `valid_s`.
    pub preferred_s: u32,
    /// Seconds from now; `u32::MAX`: without an end; 0: the lease has ended.
    pub valid_s: u32,
}

/// A server's answer about the client's association (RFC 8415, 21.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// Of the association alone.
    pub status: StatusCode,
    /// T1: seconds from now until the client renews; 0: the client chooses.
    pub renew_s: u32,
    /// T2: seconds from now until the client rebinds; 0: the client chooses. Not below T1.
    pub rebind_s: u32,
    /// Without duplicates, the first [`MAX_LEASED`].
    pub addresses: Vec<Leased, MAX_LEASED>,
}

/// An Advertise or a Reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// [`MessageType::Advertise`] or [`MessageType::Reply`].
    pub kind: MessageType,
    /// That of the request which it answers; 24 bits.
    pub xid: u32,
    /// The server's DUID.
    pub server: ServerId,
    /// The DUID of the client that it is for; empty: longer than RFC 8415 allows.
    pub client: Duid,
    /// Higher is preferred; 0 without the option (RFC 8415, 21.8).
    pub preference: u8,
    /// Of the message as a whole.
    pub status: StatusCode,
    /// `None`: the message has no valid association with the client's IAID.
    pub association: Option<Offered>,
    /// Name servers, in the server's order of preference (RFC 3646, 3).
    pub dns: Vec<Ipv6Addr, MAX_DNS>,
    /// Search domains (RFC 3646, 4).
    pub search: Vec<DnsName, MAX_DNS>,
    /// Unicast addresses of NTP servers (RFC 5908), then of SNTP servers (RFC 4075).
    pub time_servers: Vec<Ipv6Addr, MAX_DNS>,
    /// The server answers a Solicit with a Reply (RFC 8415, 21.14).
    pub rapid_commit: bool,
    /// Seconds until options that came without an association are to be asked for again
    /// (RFC 8415, 21.23).
    pub refresh_s: Option<u32>,
    /// SOL_MAX_RT in seconds, within the bounds of RFC 8415, 21.24.
    pub most_solicit_s: Option<u32>,
    /// INF_MAX_RT in seconds, within the bounds of RFC 8415, 21.25.
    pub most_inform_s: Option<u32>,
}

/// What SOL_MAX_RT and INF_MAX_RT may be, in seconds; others are ignored (RFC 8415, 21.24 and
/// 21.25).
const MAX_RT: core::ops::RangeInclusive<u32> = 60..=86_400;

/// Reads a message; of its associations the one with this `iaid`. Whether it answers a request
/// of this client is for the caller to check.
pub fn parse(message: &[u8], iaid: u32) -> Result<Reply, Malformed> {
    let (header, rest) = message.split_first_chunk::<4>().ok_or(Malformed::Frame)?;
    let [kind, a, b, c] = *header;
    let mut kinds = [MessageType::Advertise, MessageType::Reply].into_iter();
    let kind = kinds.find(|k| *k as u8 == kind);
    let kind = kind.ok_or(Malformed::Kind)?;
    let options = Options(rest);
    let server = options.get(code::SERVER).ok_or(Malformed::Identifier)?;
    let server = ServerId::from_slice(server).map_err(|_| Malformed::Identifier)?;
    let client = options.get(code::CLIENT).ok_or(Malformed::Identifier)?;
    if server.is_empty() {
        return Err(Malformed::Identifier);
    }
    let limit = |code| number(options.get(code)).filter(|s| MAX_RT.contains(s));
    let mut reply = Reply {
        kind,
        xid: u32::from_be_bytes([0, a, b, c]),
        server,
        client: Vec::from_slice(client).unwrap_or_default(),
        preference: match options.get(code::PREFERENCE) {
            Some([preference]) => *preference,
            _ => 0,
        },
        status: status(options),
        association: options.all(code::ASSOCIATION).find_map(|v| ours(v, iaid)),
        dns: addresses(options.get(code::NAME_SERVERS)),
        search: options
            .get(code::SEARCH)
            .map_or_else(Vec::new, names::search),
        time_servers: Vec::new(),
        rapid_commit: options.get(code::RAPID_COMMIT).is_some(),
        refresh_s: number(options.get(code::REFRESH)),
        most_solicit_s: limit(code::SOL_MAX_RT),
        most_inform_s: limit(code::INF_MAX_RT),
    };
    time_servers(options, &mut reply.time_servers);
    Ok(reply)
}

#[derive(Clone, Copy)]
struct Options<'m>(&'m [u8]);

impl<'m> Options<'m> {
    /// Up to the end, or to the first whose length exceeds the rest.
    fn each(self) -> impl Iterator<Item = (u16, &'m [u8])> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let ([a, b, c, d], after) = rest.split_first_chunk::<4>()?;
            let length = usize::from(u16::from_be_bytes([*c, *d]));
            let (value, after) = after.split_at_checked(length)?;
            rest = after;
            Some((u16::from_be_bytes([*a, *b]), value))
        })
    }

    fn all(self, wanted: u16) -> impl Iterator<Item = &'m [u8]> {
        self.each()
            .filter(move |(code, _)| *code == wanted)
            .map(|(_, value)| value)
    }

    fn get(self, wanted: u16) -> Option<&'m [u8]> {
        self.all(wanted).next()
    }
}

fn number(value: Option<&[u8]>) -> Option<u32> {
    Some(u32::from_be_bytes(value?.try_into().ok()?))
}

/// No option means success (RFC 8415, 21.13).
fn status(options: Options<'_>) -> StatusCode {
    let Some(value) = options.get(code::STATUS) else {
        return StatusCode::Success;
    };
    let code = value.first_chunk().map(|code| u16::from_be_bytes(*code));
    let known = [
        StatusCode::Success,
        StatusCode::NoAddresses,
        StatusCode::NoBinding,
        StatusCode::NotOnLink,
        StatusCode::UseMulticast,
    ];
    let found = known.into_iter().find(|known| code == Some(*known as u16));
    found.unwrap_or(StatusCode::Failed)
}

/// `None`: another association, or one whose T1 is later than its T2 (RFC 8415, 21.4).
fn ours(value: &[u8], iaid: u32) -> Option<Offered> {
    let (id, rest) = value.split_first_chunk::<4>()?;
    let (renew, rest) = rest.split_first_chunk::<4>()?;
    let (rebind, rest) = rest.split_first_chunk::<4>()?;
    if u32::from_be_bytes(*id) != iaid {
        return None;
    }
    let (renew_s, rebind_s) = (u32::from_be_bytes(*renew), u32::from_be_bytes(*rebind));
    if renew_s > rebind_s && rebind_s > 0 {
        return None;
    }
    let options = Options(rest);
    let mut addresses = Vec::new();
    for leased in options.all(code::ADDRESS).filter_map(leased) {
        if !addresses
            .iter()
            .any(|l: &Leased| l.address == leased.address)
        {
            let _ = addresses.push(leased);
        }
    }
    Some(Offered {
        status: status(options),
        renew_s,
        rebind_s,
        addresses,
    })
}

/// `None`: not an address that a host can have, preferred for longer than it is valid, or with
/// a status of failure (RFC 8415, 21.6).
fn leased(value: &[u8]) -> Option<Leased> {
    let (address, rest) = value.split_first_chunk::<16>()?;
    let (preferred, rest) = rest.split_first_chunk::<4>()?;
    let (valid, rest) = rest.split_first_chunk::<4>()?;
    let address = Ipv6Addr::from(*address);
    let preferred_s = u32::from_be_bytes(*preferred);
    let valid_s = u32::from_be_bytes(*valid);
    let good = is_host(&address)
        && !address.is_unicast_link_local()
        && preferred_s <= valid_s
        && status(Options(rest)) == StatusCode::Success;
    good.then_some(Leased {
        address,
        preferred_s,
        valid_s,
    })
}

fn is_host(address: &Ipv6Addr) -> bool {
    !address.is_unspecified() && !address.is_loopback() && !address.is_multicast()
}

fn addresses<const N: usize>(value: Option<&[u8]>) -> Vec<Ipv6Addr, N> {
    let mut list = Vec::new();
    let octets = value.unwrap_or(&[]).as_chunks::<16>().0;
    for address in octets.iter().copied().map(Ipv6Addr::from).filter(is_host) {
        if !list.contains(&address) {
            let _ = list.push(address);
        }
    }
    list
}

/// Unicast addresses of the NTP option (RFC 5908, 4.1), then those of the SNTP option. Names
/// and multicast groups are left out: timesyncd would take names, but the name server that can
/// resolve them may come later than the option.
fn time_servers(options: Options<'_>, list: &mut Vec<Ipv6Addr, MAX_DNS>) {
    /// `NTP_SUBOPTION_SRV_ADDR`.
    const ADDRESS: u16 = 1;
    let ntp = options.all(code::NTP).flat_map(|v| Options(v).all(ADDRESS));
    let sntp: Vec<Ipv6Addr, MAX_DNS> = addresses(options.get(code::SNTP_SERVERS));
    let each = ntp.filter_map(|v| <[u8; 16]>::try_from(v).ok());
    for address in each.map(Ipv6Addr::from).filter(is_host).chain(sntp) {
        if !list.contains(&address) {
            let _ = list.push(address);
        }
    }
}
