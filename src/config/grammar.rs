//! The file's grammar, once: each line has a key and the kind of its value.
//!
//! The checks that explain (`shape.rs`) and the reader (`document.rs`) follow these
//! tables. Rules between fields, and of single values, are in `checked/`.
use super::choice::{Choice, Words};
use super::path::Step;
use super::types::{
    EapInner, EapMethod, FailOverMac, Ipv6Mode, MAX_ADDRESSES, MAX_BRIDGES, MAX_DNS, MAX_LINKS,
    MAX_MEMBERS, MAX_NETWORKS, MAX_ROUTES, PrimaryReselect, RouteScope, Security,
};

/// The kind of a value.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Any text; the rules of its value are in `checked/`.
    Text,
    /// A text that no message and no report may show.
    Secret,
    /// One of some words.
    Choice(Words),
    /// A whole number.
    Number {
        /// The least value.
        min: u32,
        /// The greatest value.
        max: u32,
        /// The reason of the limits, for the error; may be empty.
        why: &'static str,
    },
    /// `true` or `false`.
    Flag,
    /// A list of texts.
    Texts {
        /// The most entries.
        max: usize,
    },
    /// A list of objects.
    Objects {
        /// What each is.
        of: &'static Object,
        /// The most entries.
        max: usize,
    },
    /// An object.
    Object(&'static Object),
}

/// An object of the file: which keys it may have.
pub struct Object {
    /// Its path as people write it: `wifi[]`, `ipv4`; empty for the file itself.
    pub place: &'static str,
    /// At most 32: `shape.rs` has one bit for each.
    pub fields: &'static [Field],
}

/// A key and the kind of its value.
pub struct Field {
    /// Without quotes.
    pub key: &'static str,
    /// Its value's kind.
    pub kind: Kind,
}

const IAID: &str = "it has 32 bits";

/// The file itself.
pub static FILE: Object = Object {
    place: "",
    fields: &[
        number("version", 1, 1, ""),
        field("country", Kind::Text),
        field("hostname", Kind::Text),
        field("duid", Kind::Text),
        objects("wifi", &NETWORK, MAX_NETWORKS),
        field("bond", Kind::Object(&BOND)),
        objects("bridges", &BRIDGE, MAX_BRIDGES),
        objects("links", &LINK, MAX_LINKS),
        field("radio", Kind::Object(&RADIO)),
        field("health", Kind::Object(&HEALTH)),
    ],
};

static NETWORK: Object = Object {
    place: "wifi[]",
    fields: &[
        field("ssid", Kind::Text),
        field("ssid_hex", Kind::Text),
        field("passphrase", Kind::Secret),
        field("psk", Kind::Secret),
        choice::<Security>("security"),
        number("priority", 0, 255, "the highest is preferred"),
        field("hidden", Kind::Flag),
        field("bssid", Kind::Text),
        texts("members", MAX_MEMBERS),
        field("eap", Kind::Object(&EAP)),
    ],
};

static EAP: Object = Object {
    place: "eap",
    fields: &[
        choice::<EapMethod>("method"),
        choice::<EapInner>("inner"),
        field("identity", Kind::Secret),
        field("anonymous_identity", Kind::Secret),
        field("password", Kind::Secret),
        field("ca_cert", Kind::Text),
        field("domain", Kind::Text),
        field("client_cert", Kind::Text),
        field("private_key", Kind::Text),
    ],
};

static BOND: Object = Object {
    place: "bond",
    fields: &[
        field("name", Kind::Text),
        texts("members", MAX_MEMBERS),
        field("primary", Kind::Text),
        choice::<PrimaryReselect>("primary_reselect"),
        choice::<FailOverMac>("fail_over_mac"),
        number(
            "miimon_ms",
            10,
            10_000,
            "0 disables link monitoring, and no member is ever left",
        ),
        number("updelay_ms", 0, 600_000, ""),
        number("downdelay_ms", 0, 600_000, ""),
        field("wired_auth", Kind::Object(&EAP)),
        field("ipv4", Kind::Object(&IPV4)),
        field("ipv6", Kind::Object(&IPV6)),
        texts("dns", MAX_DNS),
        texts("search", MAX_DNS),
    ],
};

static BRIDGE: Object = Object {
    place: "bridges[]",
    fields: &[
        field("name", Kind::Text),
        texts("members", MAX_MEMBERS),
        field("ipv4", Kind::Object(&IPV4)),
        field("ipv6", Kind::Object(&IPV6)),
        texts("dns", MAX_DNS),
        texts("search", MAX_DNS),
    ],
};

static LINK: Object = Object {
    place: "links[]",
    fields: &[
        field("name", Kind::Text),
        field("wired_auth", Kind::Object(&EAP)),
        field("ipv4", Kind::Object(&IPV4)),
        field("ipv6", Kind::Object(&IPV6)),
        texts("dns", MAX_DNS),
        texts("search", MAX_DNS),
    ],
};

static IPV4: Object = Object {
    place: "ipv4",
    fields: &[
        field("dhcp", Kind::Flag),
        number("iaid", 0, u32::MAX, IAID),
        number("metric", 0, u32::MAX, ""),
        texts("addresses", MAX_ADDRESSES),
        objects("routes", &ROUTE, MAX_ROUTES),
        field("link_local", Kind::Flag),
        field("fallback", Kind::Object(&FALLBACK)),
    ],
};

static IPV6: Object = Object {
    place: "ipv6",
    fields: &[
        choice::<Ipv6Mode>("mode"),
        number("iaid", 0, u32::MAX, IAID),
        number("metric", 1, u32::MAX, "the kernel takes 0 as 1024"),
        texts("addresses", MAX_ADDRESSES),
        objects("routes", &ROUTE, MAX_ROUTES),
    ],
};

static ROUTE: Object = Object {
    place: "routes[]",
    fields: &[
        field("to", Kind::Text),
        field("via", Kind::Text),
        number("metric", 0, u32::MAX, ""),
        field("src", Kind::Text),
        field("onlink", Kind::Flag),
        // ip_metrics_convert() in net/ipv4/metrics.c reduces what is above to 65520.
        number(
            "mtu",
            68,
            65_520,
            "IPv4 needs 68 (RFC 791), and the kernel keeps no more",
        ),
        choice::<RouteScope>("scope"),
    ],
};

static FALLBACK: Object = Object {
    place: "fallback",
    fields: &[
        field("address", Kind::Text),
        field("gateway", Kind::Text),
        number("after_s", 1, 3_600, ""),
    ],
};

static RADIO: Object = Object {
    place: "radio",
    fields: &[
        field("power_save", Kind::Flag),
        field("legacy_rates", Kind::Flag),
        // `NL80211_ATTR_WIPHY_COVERAGE_CLASS` is one byte, in steps of 450 m.
        number(
            "distance_m",
            1,
            255 * 450,
            "the kernel counts 255 steps of 450 m",
        ),
        field("unblock", Kind::Flag),
    ],
};

static HEALTH: Object = Object {
    place: "health",
    fields: &[
        field("probe", Kind::Text),
        number("interval_ms", 50, 60_000, ""),
        number(
            "fail_after",
            2,
            100,
            "one lost probe is ordinary while an adapter scans",
        ),
        number("recover_after", 1, 1_000, ""),
        number("hold_s", 0, 3_600, ""),
        field("repair", Kind::Flag),
        field("port_power", Kind::Flag),
        field("reboot", Kind::Flag),
    ],
};

/// Every object of the grammar.
pub static ALL: &[&Object] = &[
    &FILE, &NETWORK, &EAP, &BOND, &BRIDGE, &LINK, &IPV4, &IPV6, &ROUTE, &FALLBACK, &RADIO, &HEALTH,
];

const fn field(key: &'static str, kind: Kind) -> Field {
    Field { key, kind }
}

const fn choice<T: Choice>(key: &'static str) -> Field {
    field(key, Kind::Choice(Words::of::<T>()))
}

const fn number(key: &'static str, min: u32, max: u32, why: &'static str) -> Field {
    field(key, Kind::Number { min, max, why })
}

const fn texts(key: &'static str, max: usize) -> Field {
    field(key, Kind::Texts { max })
}

const fn objects(key: &'static str, of: &'static Object, max: usize) -> Field {
    field(key, Kind::Objects { of, max })
}

impl Object {
    /// The position of a key among the fields.
    pub fn position(&self, key: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.key == key)
    }

    /// The field of a key; `None`: the object does not have it.
    pub fn field(&self, key: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.key == key)
    }
}

impl Kind {
    /// The kind of this list's elements; `None`: it is not a list.
    pub fn element(self) -> Option<Kind> {
        self.part(Step::Index(0))
    }

    /// The kind one step further in; `None`: the grammar has nothing there.
    pub fn part(self, step: Step<'_>) -> Option<Kind> {
        match (self, step) {
            (Kind::Object(object), Step::Key(key)) => object.field(key).map(|field| field.kind),
            (Kind::Texts { .. }, Step::Index(_)) => Some(Kind::Text),
            (Kind::Objects { of, .. }, Step::Index(_)) => Some(Kind::Object(of)),
            _ => None,
        }
    }
}

/// The kind at a path; `None`: the grammar has nothing there.
pub fn resolve<'t>(mut steps: &mut dyn Iterator<Item = Step<'t>>) -> Option<Kind> {
    Iterator::try_fold(&mut steps, Kind::Object(&FILE), Kind::part)
}

/// Whether any object of the grammar has this key.
pub fn knows(key: &str) -> bool {
    ALL.iter().any(|object| object.field(key).is_some())
}
