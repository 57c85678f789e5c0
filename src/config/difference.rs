//! What differs between two configurations, in the words of the file. No secret is ever shown, nor
//! any text of an `eap` or `wired_auth` block: something secret may stand in the wrong place there.
use super::types::{
    Bond, Config, Eap, Fallback, IpBlock, Ipv4, Ipv6, Key, Network, Probe, Route, RouteScope, Ssid,
};
use core::fmt::{Arguments, Display, Write};

/// Lines that are shown; of more it is said how many.
const MOST_LINES: usize = 40;

/// Keys that no connection needs: what is in their names.
const QUIET: [&str; 11] = [
    "log_level",
    "led",
    "health.",
    "radio.",
    "hostname",
    "primary_reselect",
    "miimon",
    "updelay",
    "downdelay",
    "dns",
    "search",
];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Value,
    /// It is not shown.
    Secret,
    /// A part with a name of its own is there.
    Part,
    /// In which order they are.
    Order,
}

/// One value of a file; a list has one for each entry.
struct Entry {
    /// `bond.miimon_ms`, or `wifi "Hotspot": priority`.
    place: String,
    /// Octets of the part's name in front, `wifi "Hotspot"`; 0: it has none.
    part: usize,
    value: String,
    kind: Kind,
}

/// All values of a file that is compared.
struct Entries {
    list: Vec<Entry>,
    /// What the places begin with: `bond.`, or `wifi "Hotspot": `.
    prefix: String,
    part: usize,
}

impl Entries {
    fn of(config: &Config) -> Vec<Entry> {
        let mut all = Entries {
            list: Vec::new(),
            prefix: String::new(),
            part: 0,
        };
        all.file(config);
        all.list
    }

    fn push(&mut self, kind: Kind, key: &str, value: &dyn Display) {
        self.list.push(Entry {
            place: format!("{}{key}", self.prefix),
            part: self.part,
            value: format!("{value}"),
            kind,
        });
    }

    fn add(&mut self, key: &str, value: &dyn Display) {
        self.push(Kind::Value, key, value);
    }

    fn secret(&mut self, key: &str, value: &str) {
        self.push(Kind::Secret, key, &value);
    }

    fn each<T: Display>(&mut self, key: &str, values: &[T]) {
        for value in values {
            self.add(key, value);
        }
    }

    /// A part with a name of its own: what follows is in it.
    fn part(&mut self, list: &str, name: Arguments<'_>) {
        self.close();
        let mut place = format!("{list} {name}");
        let mut count = 1;
        while has(&self.list, &place) {
            count += 1;
            place = format!("{list} {name} ({count})");
        }
        self.push(Kind::Order, list, &place.split_at(list.len() + 1).1);
        self.push(Kind::Part, &place, &"");
        self.part = place.len();
        self.prefix = format!("{place}: ");
    }

    /// What follows is in no part.
    fn close(&mut self) {
        self.prefix.clear();
        self.part = 0;
    }

    fn file(&mut self, config: &Config) {
        if let Some(country) = &config.country {
            self.add("country", &String::from_utf8_lossy(country));
        }
        self.each("hostname", config.hostname.as_slice());
        if let Some(duid) = &config.duid {
            self.add("duid", &Hex(duid));
        }
        self.add("log_level", &config.log_level.word());
        self.each("led", config.led.as_slice());
        for network in &config.wifi {
            self.network(network);
        }
        self.close();
        self.prefix.push_str("bond.");
        self.bond(&config.bond);
        for bridge in &config.bridges {
            self.part("bridges", format_args!("{}", bridge.name));
            self.each("members", &bridge.members);
            self.ip(&bridge.ip);
        }
        for link in &config.links {
            self.part("links", format_args!("{}", link.name));
            self.wired_auth(link.wired_auth.as_ref());
            self.ip(&link.ip);
        }
        self.close();
        let radio = &config.radio;
        self.add("radio.power_save", &radio.power_save);
        self.add("radio.legacy_rates", &radio.legacy_rates);
        self.each("radio.distance_m", radio.distance_m.as_slice());
        self.add("radio.unblock", &radio.unblock);
        let health = &config.health;
        match &health.probe {
            Probe::Gateway => self.add("health.probe", &"gateway"),
            Probe::Off => self.add("health.probe", &"off"),
            Probe::Address(address) => self.add("health.probe", address),
        }
        self.add("health.interval_ms", &health.interval_ms);
        self.add("health.fail_after", &health.fail_after);
        self.add("health.recover_after", &health.recover_after);
        self.add("health.hold_s", &health.hold_s);
        self.add("health.repair", &health.repair);
        self.add("health.port_power", &health.port_power);
        self.add("health.reboot", &health.reboot);
    }

    fn network(&mut self, network: &Network) {
        self.part("wifi", format_args!("{}", Name(&network.ssid)));
        match &network.key {
            Key::None => {}
            Key::Passphrase(secret) => self.secret("passphrase", secret.reveal()),
            Key::Psk(secret) => self.secret("psk", secret.reveal()),
            Key::Eap(eap) => self.eap("eap", eap),
        }
        self.add("security", &network.security.word());
        self.add("priority", &network.priority);
        self.add("hidden", &network.hidden);
        self.each("bssid", network.bssid.as_slice());
        self.each("members", &network.members);
    }

    fn eap(&mut self, block: &str, eap: &Eap) {
        let prefix = self.prefix.clone();
        let _ = write!(self.prefix, "{block}.");
        self.add("method", &eap.method.word());
        self.add("inner", &eap.inner.word());
        self.secret("identity", &eap.identity);
        if let Some(identity) = &eap.anonymous_identity {
            self.secret("anonymous_identity", identity);
        }
        if let Some(password) = &eap.password {
            self.secret("password", password.reveal());
        }
        if let Some(domain) = &eap.domain {
            self.secret("domain", domain);
        }
        for (key, path) in eap.files() {
            self.secret(key, path);
        }
        self.prefix = prefix;
    }

    fn wired_auth(&mut self, eap: Option<&Eap>) {
        if let Some(eap) = eap {
            self.eap("wired_auth", eap);
        }
    }

    fn bond(&mut self, bond: &Bond) {
        self.add("name", &bond.name);
        self.each("members", &bond.members);
        self.each("primary", bond.primary.as_slice());
        self.add("primary_reselect", &bond.primary_reselect.word());
        self.add("fail_over_mac", &bond.fail_over_mac.word());
        self.add("miimon_ms", &bond.miimon_ms);
        self.add("updelay_ms", &bond.updelay_ms);
        self.add("downdelay_ms", &bond.downdelay_ms);
        self.wired_auth(bond.wired_auth.as_ref());
        self.ip(&bond.ip);
    }

    fn ip(&mut self, ip: &IpBlock) {
        let Ipv4 {
            dhcp,
            iaid,
            metric,
            addresses,
            routes,
            link_local,
            fallback,
        } = &ip.ipv4;
        self.add("ipv4.dhcp", dhcp);
        self.each("ipv4.iaid", iaid.as_slice());
        self.add("ipv4.metric", metric);
        self.each("ipv4.addresses", addresses);
        self.each("ipv4.routes", routes);
        self.add("ipv4.link_local", link_local);
        self.each("ipv4.fallback", fallback.as_slice());
        let Ipv6 {
            mode,
            iaid,
            metric,
            addresses,
            routes,
        } = &ip.ipv6;
        self.add("ipv6.mode", &mode.word());
        self.each("ipv6.iaid", iaid.as_slice());
        self.add("ipv6.metric", metric);
        self.each("ipv6.addresses", addresses);
        self.each("ipv6.routes", routes);
        self.each("dns", &ip.dns);
        self.each("search", &ip.search);
    }
}

/// Hexadecimal digits.
struct Hex<'a>(&'a [u8]);

impl Display for Hex<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// A network's name in quotes; one that is no text, by its digits.
struct Name<'a>(&'a Ssid);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match core::str::from_utf8(self.0) {
            Ok(text) if !text.contains(char::is_control) => write!(f, "\"{text}\""),
            _ => Hex(self.0).fmt(f),
        }
    }
}

impl Display for Route {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.to.prefix {
            0 => f.write_str("default")?,
            _ => self.to.fmt(f)?,
        }
        if let Some(via) = self.via {
            write!(f, " via {via}")?;
        }
        write!(f, " metric {}", self.metric)?;
        if let Some(src) = self.src {
            write!(f, " src {src}")?;
        }
        if let Some(mtu) = self.mtu {
            write!(f, " mtu {mtu}")?;
        }
        if self.scope != RouteScope::usual(self.via, self.to.address) {
            match self.scope.name() {
                Some(name) => write!(f, " scope {name}")?,
                None => write!(f, " scope {}", self.scope.0)?,
            }
        }
        f.write_str(if self.onlink { " onlink" } else { "" })
    }
}

impl Display for Fallback {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}", self.address)?;
        if let Some(gateway) = self.gateway {
            write!(f, " via {gateway}")?;
        }
        write!(f, " after {} s", self.after_s)
    }
}

/// Of these values, those that are among the others, or those that are not.
fn pick<'e>(values: &[&'e str], others: &[&str], among: bool) -> Vec<&'e str> {
    let mut picked = values.to_vec();
    picked.retain(|value| others.contains(value) == among);
    picked
}

/// Writes what `new` has otherwise than `old`, a line each; of more than 40 lines, how many there are.
/// Nothing: they are the same. Returns whether no connection needs what differs.
pub fn difference(old: &Config, new: &Config, out: &mut dyn Write) -> bool {
    let (olds, news) = (Entries::of(old), Entries::of(new));
    let (mut lines, mut quiet) = (0_usize, true);
    let mut line = |text: Arguments<'_>| {
        lines += 1;
        if lines <= MOST_LINES {
            let _ = writeln!(out, "{text}");
        }
    };
    let mut told: Vec<&str> = Vec::new();
    for entry in news.iter().chain(&olds) {
        let place = entry.place.as_str();
        let (part, key) = place.split_at(entry.part);
        // All of a part that comes or goes is said with it.
        let is_whole = part.is_empty() || (has(&olds, part) && has(&news, part));
        if !is_whole || told.contains(&place) {
            continue;
        }
        told.push(place);
        let (was, is) = (at(&olds, place), at(&news, place));
        if was == is {
            continue;
        }
        let (gone, come) = (pick(&was, &is, false), pick(&is, &was, false));
        let (before, after) = (pick(&was, &is, true), pick(&is, &was, true));
        let is_harmless = QUIET.iter().any(|word| key.contains(word));
        quiet &= entry.kind == Kind::Value
            && (is_harmless || (key.ends_with("addresses") && gone.is_empty()));
        let colon = if part.is_empty() { ":" } else { "" };
        let changed = |before: &[&str], after: &[&str]| {
            let (before, after) = (before.join(", "), after.join(", "));
            format!("{place}{colon} {before} -> {after}")
        };
        match (entry.kind, &gone[..], &come[..]) {
            (Kind::Part | Kind::Secret, ..) => {
                let verb = match (was.is_empty(), is.is_empty()) {
                    (true, _) => "added",
                    (false, true) => "removed",
                    (false, false) => "changed",
                };
                line(format_args!("{place} {verb}"));
            }
            (Kind::Order, ..) if before == after => {}
            (Kind::Order, ..) | (Kind::Value, [], []) => {
                line(format_args!("{}", changed(&before, &after)));
            }
            (Kind::Value, [_], [_]) => line(format_args!("{}", changed(&gone, &come))),
            (Kind::Value, ..) => {
                for (sign, list) in [("-", &gone), ("+", &come)] {
                    for value in list {
                        line(format_args!("{place}{colon} {sign} {value}"));
                    }
                }
            }
        }
    }
    if lines > MOST_LINES {
        let _ = writeln!(out, "and {} more", lines - MOST_LINES);
    }
    quiet
}

fn at<'e>(list: &'e [Entry], place: &str) -> Vec<&'e str> {
    let here = list.iter().filter(|entry| entry.place == place);
    here.map(|entry| entry.value.as_str()).collect()
}

fn has(list: &[Entry], place: &str) -> bool {
    list.iter().any(|entry| entry.place == place)
}

#[cfg(test)]
mod tests;
