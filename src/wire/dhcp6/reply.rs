//! What a server says.
use super::{Kind, MAX_LEASED, ServerId, Status, code};
use crate::config::{DnsName, Duid, MAX_DNS};
use crate::wire::names;
use core::net::Ipv6Addr;
use heapless::Vec;

/// Why a message is none for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// Shorter than its fixed part.
    Frame,
    /// Neither an Advertise nor a Reply.
    Kind,
    /// Without the identifier of the server or of the client (RFC 8415, 16.3 and 16.10).
    Identifier,
}

/// One address lent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leased {
    pub address: Ipv6Addr,
    /// Seconds; `u32::MAX` has no end; never more than `valid_s`.
    pub preferred_s: u32,
    /// 0: no longer lent.
    pub valid_s: u32,
}

/// What a server says of our association.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    pub status: Status,
    /// 0: the client may choose.
    pub renew_s: u32,
    pub rebind_s: u32,
    pub addresses: Vec<Leased, MAX_LEASED>,
}

/// An Advertise or a Reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub kind: Kind,
    pub xid: u32,
    pub server: ServerId,
    /// Whom it is for; empty: the identifier is longer than RFC 8415 allows.
    pub client: Duid,
    pub preference: u8,
    /// Of the message as a whole.
    pub status: Status,
    pub association: Option<Offered>,
    pub dns: Vec<Ipv6Addr, MAX_DNS>,
    pub search: Vec<DnsName, MAX_DNS>,
    pub time_servers: Vec<Ipv6Addr, MAX_DNS>,
    pub rapid_commit: bool,
    /// Seconds until what it told without an association is asked for again.
    pub refresh_s: Option<u32>,
    /// Seconds; within the bounds of RFC 8415, 21.24.
    pub most_solicit_s: Option<u32>,
    pub most_inform_s: Option<u32>,
}

/// The server's word on the association `iaid`; others in the message are not ours.
pub fn parse(message: &[u8], iaid: u32) -> Result<Reply, Malformed> {
    let (header, rest) = message.split_first_chunk::<4>().ok_or(Malformed::Frame)?;
    let [kind, a, b, c] = *header;
    let kind = match kind {
        2 => Kind::Advertise,
        7 => Kind::Reply,
        _ => return Err(Malformed::Kind),
    };
    let options = Options(rest);
    let server = options.get(code::SERVER).ok_or(Malformed::Identifier)?;
    let server = ServerId::from_slice(server).map_err(|_| Malformed::Identifier)?;
    let client = options.get(code::CLIENT).ok_or(Malformed::Identifier)?;
    if server.is_empty() {
        return Err(Malformed::Identifier);
    }
    let limit = |code| number(options.get(code)).filter(|s| (60..=86_400).contains(s));
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
    /// Up to the end, or to what makes no sense.
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

/// Without the option all is well (RFC 8415, 21.13).
fn status(options: Options<'_>) -> Status {
    match options.get(code::STATUS) {
        None | Some([0, 0, ..]) => Status::Success,
        Some([0, 2, ..]) => Status::NoAddresses,
        Some([0, 3, ..]) => Status::NoBinding,
        Some([0, 4, ..]) => Status::NotOnLink,
        Some([0, 5, ..]) => Status::UseMulticast,
        Some(_) => Status::Failed,
    }
}

/// `None`: another association, or one whose times make no sense (RFC 8415, 21.4).
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

/// `None`: no address that a host can have, or one with times that make no sense or with
/// a refusal of its own (RFC 8415, 21.6).
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
        && status(Options(rest)) == Status::Success;
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

/// Unicast addresses of the NTP option (RFC 5908, 4.1), then those of the old one. Names
/// and multicast groups of it are left out: timesyncd would take the names, but a name
/// server that can tell them may come later than the option.
fn time_servers(options: Options<'_>, list: &mut Vec<Ipv6Addr, MAX_DNS>) {
    const ADDRESS: u16 = 1;
    let ntp = options.all(code::NTP).flat_map(|v| Options(v).all(ADDRESS));
    let old: Vec<Ipv6Addr, MAX_DNS> = addresses(options.get(code::SNTP_SERVERS));
    let each = ntp.filter_map(|v| <[u8; 16]>::try_from(v).ok());
    for address in each.map(Ipv6Addr::from).filter(is_host).chain(old) {
        if !list.contains(&address) {
            let _ = list.push(address);
        }
    }
}
