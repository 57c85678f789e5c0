//! The status as OpenMetrics 1.0 text (`wifibond status --metrics`): a table for each kind of
//! thing, a line a family. What is unknown has no sample, and a family without one is left out.
//!
//! Gauges and counters alone: node_exporter's collector of text files refuses other types.
use crate::engine::status::{BondStatus, LinkStatus, MemberStatus, Status};
use std::fmt::{self, Display, Write};

/// A sample in thousandths of its family's unit, which is a base unit. `None`: unknown.
type Value = Option<i64>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Gauge,
    /// Its samples are named `_total` (OpenMetrics 1.0, 5.1.1).
    Counter,
}
use Kind::{Counter, Gauge};

/// A metric family.
struct Family {
    kind: Kind,
    /// Without `wifibond_` before it and the unit behind it.
    name: &'static str,
    /// Empty: none.
    unit: &'static str,
    /// Plain words, which need no escapes.
    help: &'static str,
}

/// Families, and the function that gives a thing's samples in the same order.
macro_rules! families {
    ($table:ident, $values:ident($thing:ident: $of:ty) {
        $($kind:ident $name:literal $unit:literal $help:literal => $value:expr;)+
    }) => {
        static $table: &[Family] =
            &[$(Family { kind: $kind, name: $name, unit: $unit, help: $help }),+];

        fn $values($thing: $of) -> Vec<Value> {
            vec![$($value),+]
        }
    };
}

/// The box; milliseconds of its last outage.
struct Whole<'a>(&'a Status<'a>, Option<u64>);

/// A member; whether it carries the traffic.
struct Member<'a>(&'a MemberStatus<'a>, bool);

families! { WHOLE, whole(w: &Whole<'_>) {
    Gauge "online" "" "Some link may carry traffic and has an address." => flag(w.0.online);
    Gauge "file_in_force" "" "The newest file is in force." =>
        flag(w.0.file_fault.is_none() && w.0.file_state != "set aside");
    Gauge "problems" "" "Refusals and failures at present." => length(w.0.problems.len());
    Gauge "start" "seconds" "From the start of the program to an address." =>
        span(w.0.start.as_ref().and_then(|start| start.online_ms));
    Gauge "last_outage" "seconds" "Outage of the last change of the active member." => span(w.1);
}}

families! { BOND, bond(b: &BondStatus<'_>) {
    Gauge "active" "seconds" "Since the active member became active." => span(b.since_ms);
    Gauge "outage" "seconds" "Since no member carries traffic, 0 while one does." =>
        span(if b.active.is_some() { Some(0) } else { b.outage_ms });
    Counter "switches" "" "Changes of the active member." => count(b.switches);
    Gauge "members_missing" "" "Entries of bond.members that no adapter matches." =>
        length(b.missing.len());
}}

families! { MEMBER, member(m: &Member<'_>) {
    Gauge "member_active" "" "It carries the traffic." => flag(m.1);
    Gauge "member_primary" "" "It is the one that bond.primary means." => flag(m.0.primary);
    Gauge "member_carrier" "" "It has carrier, which of Wi-Fi means associated." => flag(m.0.carrier);
    Gauge "member_authorized" "" "It is in the bond, and traffic may pass." => flag(m.0.authorized);
    Gauge "member_healthy" "" "The host that is probed answers through it." =>
        m.0.healthy.and_then(flag);
    Gauge "member_probes_lost" "" "Probes without an answer in a row." =>
        m.0.probes_lost.and_then(count);
    Counter "member_repairs" "" "Measures of repair carried out on it." => m.0.repairs.and_then(count);
    Counter "member_link_failures" "" "Link failures that the bonding driver has counted." =>
        m.0.failures.and_then(count);
    Counter "member_supplicant_restarts" "" "Starts of a wpa_supplicant that ended by itself." =>
        count(m.0.supplicant_restarts);
    Gauge "member_signal" "dbm" "Signal of its access point." => m.0.signal_dbm.and_then(count);
    Gauge "member_frequency" "hertz" "Frequency of its channel." => scaled(m.0.frequency, 1_000_000);
    Gauge "member_speed" "bytes_per_second" "Speed of its link." => scaled(m.0.speed_mbps, 125_000);
    Gauge "member_hold" "seconds" "Until the traffic may return to it." => span(m.0.hold_ms);
    Gauge "member_search" "seconds" "Search for its network at the last join." => span(m.0.search_ms);
    Gauge "member_association" "seconds" "Association and handshake of the last join." =>
        span(m.0.association_ms);
}}

families! { LINK, link(l: &LinkStatus<'_>) {
    Gauge "link_present" "" "The interface exists." => flag(l.present);
    Gauge "link_carrier" "" "It has carrier, which of a bond means an authorised member." =>
        flag(l.carrier);
    Gauge "link_addresses" "" "Addresses that the kernel has on it." => length(l.addresses.len());
    Gauge "link_lease" "seconds" "Until its DHCPv4 lease ends." =>
        seconds(l.lease.as_ref().and_then(|lease| lease.expires_s));
    Gauge "link_lease6" "seconds" "Until its DHCPv6 lease ends." =>
        seconds(l.lease6.as_ref().and_then(|lease| lease.expires_s));
    Gauge "link_asking" "seconds" "Since it asks for a DHCPv4 lease and has none." =>
        span(l.asking_ms);
    Gauge "link_asking6" "seconds" "Since it asks for DHCPv6 and has no answer." =>
        span(l.asking6_ms);
}}

families! { INFO, info(_constant: ()) {
    Gauge "info" "" "The program and the state of the newest file." => flag(true);
}}

families! { MEMBER_INFO, member_info(_constant: ()) {
    Gauge "member_info" "" "What the adapter is, and its network." => flag(true);
}}

fn flag(flag: bool) -> Value {
    Some(if flag { 1000 } else { 0 })
}

fn count(number: impl Into<i64>) -> Value {
    number.into().checked_mul(1000)
}

fn scaled(number: Option<u32>, factor: i64) -> Value {
    count(i64::from(number?) * factor)
}

/// Milliseconds are thousandths of the unit already.
fn span(ms: Option<u64>) -> Value {
    i64::try_from(ms?).ok()
}

fn seconds(s: Option<u64>) -> Value {
    i64::try_from(s?).ok().and_then(count)
}

fn length(length: usize) -> Value {
    i64::try_from(length).ok().and_then(count)
}

/// What tells a thing from others of its kind, and its samples.
struct Row<'a> {
    /// Names and values; what is unknown has no label.
    labels: &'a [(&'static str, Option<&'a str>)],
    values: Vec<Value>,
}

/// The page. `last_outage_ms` is that of the last change of the active member.
pub fn page(status: &Status<'_>, last_outage_ms: Option<u64>) -> String {
    let mut out = String::new();
    let about = [
        ("version", Some(env!("CARGO_PKG_VERSION"))),
        ("file", Some(status.file_state)),
        ("uplink", status.uplink.map(|link| link.as_str())),
    ];
    write(
        INFO,
        &[Row {
            labels: &about,
            values: info(()),
        }],
        &mut out,
    );
    let values = whole(&Whole(status, last_outage_ms));
    write(
        WHOLE,
        &[Row {
            labels: &[],
            values,
        }],
        &mut out,
    );
    if let Some(found) = &status.bond {
        let labels = &[("bond", Some(found.name.as_str()))];
        write(
            BOND,
            &[Row {
                labels,
                values: bond(found),
            }],
            &mut out,
        );
        members(found, &mut out);
    }
    let names: Vec<_> = status
        .links
        .iter()
        .map(|l| [("link", Some(l.name.0))])
        .collect();
    let rows = status.links.iter().zip(&names);
    let rows: Vec<_> = rows
        .map(|(l, labels)| Row {
            labels,
            values: link(l),
        })
        .collect();
    write(LINK, &rows, &mut out);
    out.push_str("# EOF\n");
    out
}

fn members(bond: &BondStatus<'_>, out: &mut String) {
    let labels: Vec<_> = bond
        .members
        .iter()
        .map(|m| {
            [
                ("member", Some(m.name.as_str())),
                ("port", m.port),
                ("driver", m.driver),
                ("ssid", m.ssid),
            ]
        })
        .collect();
    let infos = labels.iter().map(|labels| Row {
        labels,
        values: member_info(()),
    });
    write(MEMBER_INFO, &infos.collect::<Vec<_>>(), out);
    let rows = bond.members.iter().zip(&labels).map(|(m, labels)| Row {
        labels: &labels[..1],
        values: member(&Member(m, bond.active == Some(m.name))),
    });
    write(MEMBER, &rows.collect::<Vec<_>>(), out);
}

/// Each family with all its samples behind it, as the format demands.
fn write(table: &[Family], rows: &[Row<'_>], out: &mut String) {
    for (place, family) in table.iter().enumerate() {
        let mut has_head = false;
        for row in rows {
            if let Some(value) = row.values.get(place).copied().flatten() {
                if !has_head {
                    let _ = family.write_head(out);
                }
                has_head = true;
                let _ = family.write_sample(row, value, out);
            }
        }
    }
}

impl Family {
    fn write_head(&self, out: &mut String) -> fmt::Result {
        let kind = match self.kind {
            Gauge => "gauge",
            Counter => "counter",
        };
        writeln!(out, "# TYPE {self} {kind}")?;
        if !self.unit.is_empty() {
            writeln!(out, "# UNIT {self} {}", self.unit)?;
        }
        writeln!(out, "# HELP {self} {}", self.help)
    }

    fn write_sample(&self, row: &Row<'_>, value: i64, out: &mut String) -> fmt::Result {
        let total = if self.kind == Counter { "_total" } else { "" };
        write!(out, "{self}{total}")?;
        let mut before = '{';
        for (name, text) in row.labels {
            if let Some(text) = text {
                write!(out, "{before}{name}=\"")?;
                escape(text, out);
                out.push('"');
                before = ',';
            }
        }
        out.push_str(if before == ',' { "} " } else { " " });
        let (sign, size) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
        write!(out, "{sign}{}", size / 1000)?;
        match size % 1000 {
            0 => writeln!(out),
            rest => writeln!(out, ".{rest:03}"),
        }
    }
}

impl Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = if self.unit.is_empty() { "" } else { "_" };
        write!(f, "wifibond_{}{line}{}", self.name, self.unit)
    }
}

/// A label's value: the three characters that have escapes (OpenMetrics 1.0, 4.1).
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests;
