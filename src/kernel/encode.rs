//! The engine's actions → rtnetlink requests.
use super::frame::{ALIGNMENT, HEADER};
use super::names::{ifa, ifla, rta};
use crate::config::{IpNet, Route};
use crate::engine::contract::action::{BondOption, KernelAction};
use crate::engine::observed::{BondOptions, OUR_ALIAS, OUR_PROTOCOL};
use crate::engine::time::Instant;
use core::net::IpAddr;
use libc::{
    RTM_DELADDR, RTM_DELLINK, RTM_DELROUTE, RTM_GETADDR, RTM_GETLINK, RTM_GETROUTE, RTM_NEWADDR,
    RTM_NEWLINK, RTM_NEWROUTE, RTM_SETLINK,
};
use netlink_packet_core::{Emitable, Nla};
use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REPLACE, NLM_F_REQUEST,
};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::address::AddressHeader;
use netlink_packet_route::link::{
    BondFailOverMac, BondMode, BondPrimaryReselect, InfoBond, LinkFlags, LinkHeader,
};
use netlink_packet_route::route::{RouteFlags, RouteHeader, RouteProtocol, RouteScope, RouteType};

/// Octets of a buffer that has room for any request of this module.
pub const REQUEST_BYTES: usize = 256;
/// Octets of an interface's name with its NUL (include/uapi/linux/if.h).
const IFNAMSIZ: usize = 16;

/// One request being written, into a buffer with room for every request of this module.
pub(super) struct Request<'b> {
    buffer: &'b mut [u8; REQUEST_BYTES],
    at: usize,
}

impl<'b> Request<'b> {
    /// Begins with `struct nlmsghdr`: length (4, see [`Request::end`]), type (2), flags (2),
    /// sequence number (4), port (4).
    pub(super) fn new(
        buffer: &'b mut [u8; REQUEST_BYTES],
        kind: u16,
        flags: u16,
        seq: u32,
    ) -> Self {
        buffer.fill(0);
        buffer[4..6].copy_from_slice(&kind.to_ne_bytes());
        buffer[6..8].copy_from_slice(&(NLM_F_REQUEST | flags).to_ne_bytes());
        buffer[8..12].copy_from_slice(&seq.to_ne_bytes());
        Request { buffer, at: HEADER }
    }

    fn header(&mut self, header: &dyn Emitable) {
        let length = header.buffer_len();
        header.emit(&mut self.buffer[self.at..self.at + length]);
        self.at += length;
    }

    /// Octets as they are, padded to the alignment of netlink.
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.buffer[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len().next_multiple_of(ALIGNMENT);
    }

    /// An attribute: `struct nlattr`, then the value.
    pub(super) fn attribute(&mut self, kind: u16, value: &[u8]) {
        let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
        self.raw(
            &length
                .to_ne_bytes()
                .into_iter()
                .chain(kind.to_ne_bytes())
                .collect::<heapless::Vec<u8, 4>>(),
        );
        self.raw(value);
    }

    /// An attribute whose value is what `inside` writes.
    pub(super) fn nested(&mut self, kind: u16, inside: impl FnOnce(&mut Self)) {
        let start = self.at;
        self.attribute(kind, &[]);
        inside(self);
        let length = u16::try_from(self.at - start).unwrap_or(u16::MAX);
        self.buffer[start..start + 2].copy_from_slice(&length.to_ne_bytes());
    }

    fn address(&mut self, kind: u16, address: IpAddr) {
        match address {
            IpAddr::V4(v4) => self.attribute(kind, &v4.octets()),
            IpAddr::V6(v6) => self.attribute(kind, &v6.octets()),
        }
    }

    /// Fills in the length; the request.
    pub(super) fn end(self) -> &'b [u8] {
        let length = u32::try_from(self.at).unwrap_or(u32::MAX);
        self.buffer[..4].copy_from_slice(&length.to_ne_bytes());
        &self.buffer[..self.at]
    }
}

fn family(address: IpAddr) -> AddressFamily {
    match address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    }
}

fn link_header(index: u32) -> LinkHeader {
    LinkHeader {
        index,
        ..LinkHeader::default()
    }
}

/// The request for one action, which the kernel is to acknowledge. `now` is in milliseconds
/// since boot: lifetimes are sent as seconds from now.
pub fn encode<'b>(
    action: &KernelAction,
    now: Instant,
    seq: u32,
    buffer: &'b mut [u8; REQUEST_BYTES],
) -> &'b [u8] {
    let (kind, flags) = match action {
        KernelAction::CreateBond { .. } | KernelAction::CreateBridge { .. } => {
            (RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL)
        }
        KernelAction::SetBond(..) => (RTM_NEWLINK, 0),
        KernelAction::SetAlias { .. }
        | KernelAction::SetUp { .. }
        | KernelAction::SetMaster(..) => (RTM_SETLINK, 0),
        KernelAction::DeleteLink { .. } => (RTM_DELLINK, 0),
        KernelAction::AddAddress { again: false, .. } => (RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL),
        KernelAction::AddAddress { again: true, .. } => (RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE),
        KernelAction::AddAddress6 { .. } => (RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE),
        KernelAction::DeleteAddress { .. } => (RTM_DELADDR, 0),
        KernelAction::AddRoute { .. } => (RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL),
        KernelAction::DeleteRoute { .. } => (RTM_DELROUTE, 0),
    };
    let mut request = Request::new(buffer, kind, NLM_F_ACK | flags, seq);
    match action {
        KernelAction::CreateBond { name, options } => create_bond(&mut request, name, options),
        KernelAction::CreateBridge { name } => {
            new_link(&mut request, name);
            request.nested(ifla::LINKINFO, |info| {
                info.attribute(ifla::INFO_KIND, b"bridge");
            });
        }
        KernelAction::SetBond(bond, option) => {
            request.header(&link_header(*bond));
            bond_info(&mut request, &[bond_option(*option)]);
        }
        KernelAction::SetAlias { link } => {
            request.header(&link_header(*link));
            request.attribute(ifla::IFALIAS, OUR_ALIAS.as_bytes());
        }
        KernelAction::DeleteLink { link } => request.header(&link_header(*link)),
        KernelAction::SetUp { link, up } => {
            let mut header = link_header(*link);
            header.change_mask = LinkFlags::Up;
            header.flags.set(LinkFlags::Up, *up);
            request.header(&header);
        }
        KernelAction::SetMaster(link, master) => {
            request.header(&link_header(*link));
            request.attribute(ifla::MASTER, &master.unwrap_or(0).to_ne_bytes());
        }
        KernelAction::AddAddress {
            link,
            net,
            until,
            metric,
            again: _,
        } => {
            address(&mut request, *link, net);
            broadcast(&mut request, net);
            request.attribute(ifa::PROTO, &[OUR_PROTOCOL]);
            request.attribute(ifa::RT_PRIORITY, &metric.to_ne_bytes());
            if let Some(until) = until {
                lifetime(&mut request, *until, *until, now);
            }
        }
        KernelAction::AddAddress6 {
            link,
            net,
            preferred,
            until,
        } => {
            address(&mut request, *link, net);
            request.attribute(ifa::PROTO, &[OUR_PROTOCOL]);
            request.attribute(ifa::FLAGS, &libc::IFA_F_NOPREFIXROUTE.to_ne_bytes());
            lifetime(&mut request, *preferred, *until, now);
        }
        KernelAction::DeleteAddress { link, net } => address(&mut request, *link, net),
        KernelAction::AddRoute { link, route } => {
            self::route(&mut request, *link, route);
            if let Some(mtu) = route.mtu {
                request.nested(rta::METRICS, |metrics| {
                    metrics.attribute(rta::RTAX_MTU, &mtu.to_ne_bytes());
                });
            }
        }
        KernelAction::DeleteRoute { link, route } => self::route(&mut request, *link, route),
    }
    request.end()
}

fn new_link(request: &mut Request<'_>, name: &str) {
    request.header(&link_header(0));
    let mut bytes = [0; IFNAMSIZ];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    request.attribute(ifla::IFNAME, &bytes[..=name.len()]);
}

fn create_bond(request: &mut Request<'_>, name: &str, options: &BondOptions) {
    new_link(request, name);
    // bond_changelink() in drivers/net/bonding/bond_netlink.c sets them in an order of its own,
    // with miimon before the delays.
    bond_info(
        request,
        &[
            bond_option(BondOption::Mode(options.mode)),
            bond_option(BondOption::Miimon(options.miimon_ms)),
            bond_option(BondOption::Updelay(options.updelay_ms)),
            bond_option(BondOption::Downdelay(options.downdelay_ms)),
            bond_option(BondOption::FailOverMac(options.fail_over_mac)),
            bond_option(BondOption::PrimaryReselect(options.primary_reselect)),
            bond_option(BondOption::PeerNotifications(options.peer_notifications)),
        ],
    );
}

fn bond_info(request: &mut Request<'_>, options: &[InfoBond]) {
    request.nested(ifla::LINKINFO, |info| {
        info.attribute(ifla::INFO_KIND, b"bond");
        info.nested(ifla::INFO_DATA, |data| {
            for option in options {
                let mut value = [0; 4];
                let length = option.value_len().min(value.len());
                option.emit_value(&mut value[..length]);
                data.attribute(option.kind(), &value[..length]);
            }
        });
    });
}

fn bond_option(option: BondOption) -> InfoBond {
    match option {
        BondOption::Mode(mode) => InfoBond::Mode(BondMode::from(mode)),
        BondOption::Miimon(ms) => InfoBond::MiiMon(ms),
        BondOption::Updelay(ms) => InfoBond::UpDelay(ms),
        BondOption::Downdelay(ms) => InfoBond::DownDelay(ms),
        BondOption::Primary(index) => InfoBond::Primary(index.unwrap_or(0)),
        BondOption::PrimaryReselect(word) => {
            InfoBond::PrimaryReselect(BondPrimaryReselect::from(word))
        }
        BondOption::FailOverMac(word) => InfoBond::FailOverMac(BondFailOverMac::from(word)),
        BondOption::PeerNotifications(count) => InfoBond::NumPeerNotif(count),
        BondOption::Active(index) => InfoBond::ActivePort(index.unwrap_or(0)),
    }
}

fn address(request: &mut Request<'_>, link: u32, net: &IpNet) {
    let mut header = AddressHeader::default();
    (header.family, header.prefix_len) = (family(net.address), net.prefix);
    header.index = link;
    request.header(&header);
    request.address(ifa::LOCAL, net.address);
    request.address(ifa::ADDRESS, net.address);
}

/// The broadcast address: all host bits set. Prefixes of 31 and 32 bits have none (RFC 3021).
fn broadcast(request: &mut Request<'_>, net: &IpNet) {
    if let IpAddr::V4(v4) = net.address
        && net.prefix < 31
    {
        let hosts = u32::MAX >> net.prefix;
        request.attribute(ifa::BROADCAST, &(u32::from(v4) | hosts).to_be_bytes());
    }
}

/// `struct ifa_cacheinfo`: preferred and valid lifetime in seconds, then two times that the
/// kernel fills in. All ones: without an end. `preferred`, `until` and `now` are in milliseconds
/// since boot.
fn lifetime(request: &mut Request<'_>, preferred: Instant, until: Instant, now: Instant) {
    let seconds = |end: Instant| match end.finite() {
        None => u32::MAX,
        Some(end) => u32::try_from((end - now).seconds_begun().0).unwrap_or(u32::MAX),
    };
    let preferred = seconds(preferred).to_ne_bytes();
    // The kernel refuses 0 (EINVAL).
    let valid = seconds(until).max(1).to_ne_bytes();
    let zero = [0; 4];
    request.attribute(
        ifa::CACHEINFO,
        [preferred, valid, zero, zero].as_flattened(),
    );
}

fn route(request: &mut Request<'_>, link: u32, route: &Route) {
    let header = RouteHeader {
        address_family: family(route.to.address),
        destination_prefix_length: route.to.prefix,
        table: libc::RT_TABLE_MAIN,
        protocol: RouteProtocol::Other(OUR_PROTOCOL),
        kind: RouteType::Unicast,
        scope: RouteScope::from(route.scope.0),
        flags: match route.onlink {
            true => RouteFlags::Onlink,
            false => RouteFlags::empty(),
        },
        ..RouteHeader::default()
    };
    request.header(&header);
    if route.to.prefix > 0 {
        request.address(rta::DST, route.to.address);
    }
    if let Some(via) = route.via {
        request.address(rta::GATEWAY, via);
    }
    if let Some(src) = route.src {
        request.address(rta::PREFSRC, src);
    }
    request.attribute(rta::OIF, &link.to_ne_bytes());
    request.attribute(rta::PRIORITY, &route.metric.to_ne_bytes());
}

/// Requests one link, by its index.
pub fn get_link(link: u32, seq: u32, buffer: &mut [u8; REQUEST_BYTES]) -> &[u8] {
    let mut request = Request::new(buffer, RTM_GETLINK, NLM_F_ACK, seq);
    request.header(&link_header(link));
    request.end()
}

/// Requests all links.
pub fn dump_links(seq: u32, buffer: &mut [u8; REQUEST_BYTES]) -> &[u8] {
    let mut request = Request::new(buffer, RTM_GETLINK, NLM_F_DUMP, seq);
    request.header(&link_header(0));
    request.end()
}

/// Requests the addresses of both families.
pub fn dump_addresses(seq: u32, buffer: &mut [u8; REQUEST_BYTES]) -> &[u8] {
    let mut request = Request::new(buffer, RTM_GETADDR, NLM_F_DUMP, seq);
    request.header(&AddressHeader::default());
    request.end()
}

/// Requests the routes of both families, in all tables.
pub fn dump_routes(seq: u32, buffer: &mut [u8; REQUEST_BYTES]) -> &[u8] {
    let mut request = Request::new(buffer, RTM_GETROUTE, NLM_F_DUMP, seq);
    request.header(&RouteHeader::default());
    request.end()
}
