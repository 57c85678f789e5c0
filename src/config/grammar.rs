//! The file's grammar, written once: each line below gives a key, what may stand for
//! it, and the raw field that `serde` fills.
//!
//! The tables serve the checks that explain (`shape.rs`); the structs are what
//! `serde-json-core` reads the file into. Rules between fields are in `checked/`.
use super::place::Step;
use super::types::{
    MAX_ADDRESSES, MAX_BRIDGES, MAX_DNS, MAX_LINKS, MAX_MEMBERS, MAX_NETWORKS, MAX_ROUTES,
};
use core::marker::PhantomData;
use heapless::Vec;
use serde::Deserialize;

/// Text as it stands between the quotes, escapes and all.
pub type Text<'a> = serde_json_core::str::EscapedStr<'a>;
/// A list of texts; the tables hold the smaller limits.
pub type Texts<'a> = Vec<Text<'a>, 8>;

/// What may stand for a value.
pub enum Kind {
    Text,
    /// A text that no message and no report may show.
    Secret,
    Choice(&'static [&'static str]),
    /// A whole number; `why` says where the limits come from.
    Number {
        min: u32,
        max: u32,
        why: &'static str,
    },
    Flag,
    List {
        of: &'static Kind,
        max: usize,
    },
    Object(&'static Object),
}

pub struct Object {
    /// Its place, as people write it: `wifi[]`, `ipv4`.
    pub place: &'static str,
    pub fields: &'static [Field],
}

pub struct Field {
    pub key: &'static str,
    pub kind: Kind,
}

/// The raw type and the table entry of one kind.
macro_rules! kind {
    (type $a:lifetime text) => { Text<$a> };
    (type $a:lifetime secret) => { Text<$a> };
    (type $a:lifetime choice $words:ident) => { Text<$a> };
    (type $a:lifetime number $min:literal $max:tt $why:literal) => { u32 };
    (type $a:lifetime flag) => { bool };
    (type $a:lifetime texts $max:ident) => { Texts<$a> };
    (type $a:lifetime list $max:ident $raw:ident $object:ident) => { Vec<$raw<$a>, $max> };
    (type $a:lifetime object $raw:ident $object:ident) => { $raw<$a> };

    (entry text) => { Kind::Text };
    (entry secret) => { Kind::Secret };
    (entry choice $words:ident) => { Kind::Choice($words) };
    (entry number $min:literal $max:tt $why:literal) => {
        Kind::Number { min: $min, max: $max, why: $why }
    };
    (entry flag) => { Kind::Flag };
    (entry texts $max:ident) => { Kind::List { of: &Kind::Text, max: $max } };
    (entry list $max:ident $raw:ident $object:ident) => {
        Kind::List { of: &Kind::Object(&$object), max: $max }
    };
    (entry object $raw:ident $object:ident) => { Kind::Object(&$object) };
}

macro_rules! grammar {
    ($( $place:literal $raw:ident $object:ident { $( $key:ident: $kind:tt $(($($arg:tt),*))?; )* } )*) => {
        $(
            #[derive(Deserialize, Default)]
            #[serde(deny_unknown_fields, bound(deserialize = "'de: 'a"))]
            pub struct $raw<'a> {
                $( pub $key: Option<kind!(type 'a $kind $($($arg)*)?)>, )*
                #[serde(skip)]
                text: PhantomData<&'a ()>,
            }

            pub static $object: Object = Object {
                place: $place,
                fields: &[$( Field {
                    key: stringify!($key),
                    kind: kind!(entry $kind $($($arg)*)?),
                } ),*],
            };
        )*

        /// Every object of the grammar.
        pub static ALL: &[&Object] = &[$( &$object ),*];
    };
}

/// The order is that of `Security`.
pub const SECURITY: &[&str] = &["open", "wpa2", "wpa3", "wpa2-wpa3", "eap"];
/// The order is that of `EapMethod`.
pub const EAP_METHOD: &[&str] = &["peap", "ttls", "tls"];
/// The order is that of `PrimaryReselect`.
pub const RESELECT: &[&str] = &["always", "better", "failure"];
/// The order is that of `FailOverMac`.
pub const FAIL_OVER_MAC: &[&str] = &["none", "active", "follow"];
/// The order is that of `Ipv6Mode`.
pub const IPV6_MODE: &[&str] = &["auto", "dhcp", "off"];

const U32_MAX: u32 = u32::MAX;
/// 255 coverage classes of 450 m (`NL80211_ATTR_WIPHY_COVERAGE_CLASS` is one byte).
const FARTHEST: u32 = 114_750;

grammar! {
    "" RawFile FILE {
        version: number(1, 1, "");
        country: text;
        hostname: text;
        wifi: list(MAX_NETWORKS, RawNetwork, NETWORK);
        bond: object(RawBond, BOND);
        bridges: list(MAX_BRIDGES, RawBridge, BRIDGE);
        links: list(MAX_LINKS, RawLink, LINK);
        radio: object(RawRadio, RADIO);
        health: object(RawHealth, HEALTH);
    }
    "wifi[]" RawNetwork NETWORK {
        ssid: text;
        ssid_hex: text;
        passphrase: secret;
        psk: secret;
        security: choice(SECURITY);
        priority: number(0, 255, "the highest is preferred");
        hidden: flag;
        bssid: text;
        members: texts(MAX_MEMBERS);
        eap: object(RawEap, EAP);
    }
    "eap" RawEap EAP {
        method: choice(EAP_METHOD);
        identity: secret;
        password: secret;
        ca_cert: text;
        client_cert: text;
        private_key: text;
    }
    "bond" RawBond BOND {
        name: text;
        members: texts(MAX_MEMBERS);
        primary: text;
        primary_reselect: choice(RESELECT);
        fail_over_mac: choice(FAIL_OVER_MAC);
        miimon_ms: number(10, 10_000, "0 would end the link monitoring, and no member would ever be left");
        updelay_ms: number(0, 600_000, "");
        downdelay_ms: number(0, 600_000, "");
        ipv4: object(RawIpv4, IPV4);
        ipv6: object(RawIpv6, IPV6);
        dns: texts(MAX_DNS);
        search: texts(MAX_DNS);
    }
    "bridges[]" RawBridge BRIDGE {
        name: text;
        members: texts(MAX_MEMBERS);
        ipv4: object(RawIpv4, IPV4);
        ipv6: object(RawIpv6, IPV6);
        dns: texts(MAX_DNS);
        search: texts(MAX_DNS);
    }
    "links[]" RawLink LINK {
        name: text;
        wired_auth: object(RawEap, EAP);
        ipv4: object(RawIpv4, IPV4);
        ipv6: object(RawIpv6, IPV6);
        dns: texts(MAX_DNS);
        search: texts(MAX_DNS);
    }
    "ipv4" RawIpv4 IPV4 {
        dhcp: flag;
        metric: number(0, U32_MAX, "");
        addresses: texts(MAX_ADDRESSES);
        routes: list(MAX_ROUTES, RawRoute, ROUTE);
        fallback: object(RawFallback, FALLBACK);
    }
    "ipv6" RawIpv6 IPV6 {
        mode: choice(IPV6_MODE);
        metric: number(1, U32_MAX, "the kernel takes 0 as 1024");
        addresses: texts(MAX_ADDRESSES);
        routes: list(MAX_ROUTES, RawRoute, ROUTE);
    }
    "routes[]" RawRoute ROUTE {
        to: text;
        via: text;
        metric: number(0, U32_MAX, "");
    }
    "fallback" RawFallback FALLBACK {
        address: text;
        gateway: text;
        after_s: number(1, 3_600, "");
    }
    "radio" RawRadio RADIO {
        power_save: flag;
        legacy_rates: flag;
        distance_m: number(1, FARTHEST, "the kernel counts 255 steps of 450 m");
        unblock: flag;
    }
    "health" RawHealth HEALTH {
        probe: text;
        interval_ms: number(50, 60_000, "");
        fail_after: number(2, 100, "one lost probe is ordinary while an adapter scans");
        recover_after: number(1, 1_000, "");
        hold_s: number(0, 3_600, "");
        repair: flag;
    }
}

/// What the grammar has at a path.
pub fn resolve<'t>(steps: impl Iterator<Item = Step<'t>>) -> Option<&'static Kind> {
    static ROOT: Kind = Kind::Object(&FILE);
    let mut kind = &ROOT;
    for step in steps {
        kind = match (kind, step) {
            (Kind::Object(object), Step::Key(key)) => &object.field(key)?.kind,
            (Kind::List { of, .. }, Step::Index(_)) => of,
            _ => return None,
        };
    }
    Some(kind)
}

/// Whether any object of the grammar has this key.
pub fn knows(key: &str) -> bool {
    ALL.iter().any(|object| object.field(key).is_some())
}

impl Object {
    pub fn field(&self, key: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    pub fn position(&self, key: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.key == key)
    }
}
