//! Numbers of the kernel's interface that no crate used here names.
//!
//! Message kinds and flags come from libc, netlink-packet-core and netlink-packet-route; these
//! are the attributes that are read or written one by one (see `attributes.rs` for why).

/// include/uapi/linux/if_link.h.
pub(super) mod ifla {
    pub const ADDRESS: u16 = 1;
    pub const IFNAME: u16 = 3;
    pub const MASTER: u16 = 10;
    pub const PROTINFO: u16 = 12;
    pub const OPERSTATE: u16 = 16;
    pub const LINKINFO: u16 = 18;
    pub const IFALIAS: u16 = 20;
    pub const AF_SPEC: u16 = 26;
    pub const PERM_ADDRESS: u16 = 54;
    pub const PARENT_DEV_NAME: u16 = 56;
    pub const PARENT_DEV_BUS_NAME: u16 = 57;
    /// Within `LINKINFO`.
    pub const INFO_KIND: u16 = 1;
    pub const INFO_DATA: u16 = 2;
    pub const INFO_SLAVE_KIND: u16 = 4;
    pub const INFO_SLAVE_DATA: u16 = 5;
    /// Within `PROTINFO`, and within `AF_SPEC` under AF_INET6.
    pub const INET6_FLAGS: u16 = 1;
}

/// include/uapi/linux/if_addr.h.
pub(super) mod ifa {
    pub const ADDRESS: u16 = 1;
    pub const LOCAL: u16 = 2;
    pub const BROADCAST: u16 = 4;
    pub const CACHEINFO: u16 = 6;
    pub const FLAGS: u16 = 8;
    pub const RT_PRIORITY: u16 = 9;
    pub const PROTO: u16 = 11;
}

/// include/uapi/linux/rtnetlink.h.
pub(super) mod rta {
    pub const DST: u16 = 1;
    pub const OIF: u16 = 4;
    pub const GATEWAY: u16 = 5;
    pub const PRIORITY: u16 = 6;
    pub const PREFSRC: u16 = 7;
    pub const METRICS: u16 = 8;
    pub const MULTIPATH: u16 = 9;
    pub const TABLE: u16 = 15;
    pub const VIA: u16 = 18;
    /// Within `METRICS`.
    pub const RTAX_MTU: u16 = 2;
}
