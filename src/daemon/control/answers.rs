//! The texts that requests of the control socket are answered with.
use super::metrics;
use crate::config;
use crate::daemon::time;
use crate::daemon::utc::Utc;
use crate::engine::Engine;
use crate::engine::journal::Record;
use crate::engine::select::Why;
use crate::engine::status::list::Layout;
use crate::engine::status::text::{self, Line};
use crate::engine::status::{self, MemberStatus, Shown};
use crate::engine::time::{Instant, Seconds};
use crate::wire::control::{CERTIFICATE, Form};
use serde::Serialize;
use std::fmt::{Display, Write};

/// The largest status.
const STATUS_BYTES: usize = 24 * 1024;

/// The status and its exit code: 0 online, 3 not.
pub fn status(engine: &Engine, fault: Option<&str>, now: Instant, form: Form) -> (u8, String) {
    let page = text::page(engine, fault, now);
    let code = if page.online() { 0 } else { 3 };
    if let Form::Page { columns } = form {
        let layout = Layout {
            columns: columns.into(),
            tones: true,
        };
        return (code, format!("{}", page.laid_out(layout)));
    }
    let mut status = status::status(engine, now);
    status.file_fault = fault;
    if form == Form::Metrics {
        return (code, metrics::page(&status, last_outage(engine)));
    }
    let mut buffer = vec![0; STATUS_BYTES];
    match serde_json_core::to_slice(&status, &mut buffer) {
        Ok(length) => {
            buffer.truncate(length);
            buffer.push(b'\n');
            (code, String::from_utf8(buffer).unwrap_or_default())
        }
        Err(_) => (1, "the status does not fit\n".into()),
    }
}

/// Milliseconds of the last switch's outage, of those that are still in the journal.
fn last_outage(engine: &Engine) -> Option<u64> {
    let switches = engine.journal().since(0).filter_map(|r| r.switch.as_ref());
    switches.filter_map(|switch| switch.outage_ms).last()
}

/// The lines of a [`Request::Doctor`](crate::wire::control::Request::Doctor): a file that is not in
/// force, what keeps the box from being online, present problems, what drivers cannot do, members on
/// one channel, and certificates.
pub fn doctor(engine: &Engine, fault: Option<&str>, now: Instant) -> String {
    let mut text = String::new();
    let mut find = |kind: &str, place: &str, what: &dyn Display, cure: &str| {
        let _ = writeln!(text, "{kind}\t{place}\t{what}\t{cure}");
    };
    if let Some(fault) = fault {
        let what = format_args!("the file is not in force: {fault}");
        find("file", "", &what, "mend it, then `wifibond reload`");
    }
    let status = status::status(engine, now);
    if !status.online {
        not_online(&status, &mut find);
    }
    for problem in &status.problems {
        find("problem", &problem.link, &problem.text, "");
    }
    engine.radio_findings(&mut |kind, place, what, cure| find(kind, place, &what, cure));
    if let Some(bond) = &status.bond {
        one_channel(&bond.members, &mut find);
    }
    config::each_eap(engine.config(), &mut |place, eap| {
        for (key, path) in eap.files().filter(|(key, _)| key.ends_with("_cert")) {
            let place = format!("{place}.{key}");
            find(CERTIFICATE, &place, path, "");
        }
    });
    text
}

/// Called with each finding: its kind, what it is about, what is wrong, and what to do.
type Find<'f> = &'f mut dyn FnMut(&str, &str, &dyn Display, &str);

/// What each member and link lacks. A member that is authorised and may not carry all the same
/// has its reason in the status alone.
fn not_online(status: &status::Status<'_>, find: Find<'_>) {
    find("not-online", "", &"not online", "");
    if let Some(bond) = &status.bond {
        for member in bond.members.iter().filter(|member| !member.authorized) {
            find("interface", member.name, &member.state.0, "");
        }
        for missing in &bond.missing {
            find("interface", &missing.0.to_string(), &Why::Unplugged, "");
        }
    }
    for link in &status.links {
        let what = match (link.present, link.carrier, link.asking_ms) {
            (false, _, _) => "missing",
            (true, false, _) => "no carrier",
            (true, true, Some(_)) => "no lease yet",
            (true, true, None) => continue,
        };
        find("interface", link.name.0, &what, "");
    }
}

/// Members that are authorised on one frequency.
fn one_channel(members: &[MemberStatus<'_>], find: Find<'_>) {
    for (n, member) in members.iter().enumerate() {
        let Some(mhz) = member.frequency.filter(|_| member.authorized) else {
            continue;
        };
        let same = |other: &&MemberStatus<'_>| other.authorized && other.frequency == Some(mhz);
        if let Some(other) = members.iter().skip(n + 1).find(same) {
            let place = format!("{}, {}", member.name, other.name);
            let what = format_args!("both are on one channel ({mhz} MHz)");
            let cure = "a network on another channel or band for one of them (`members` of `wifi`), where there is one";
            find("same-channel", &place, &what, cure);
        }
    }
}

/// The names of all interfaces that are ours, one a line.
pub fn links(engine: &Engine, now: Instant) -> String {
    let status = status::status(engine, now);
    let mut text = String::new();
    if let Some(bond) = &status.bond {
        for member in &bond.members {
            let _ = writeln!(text, "{}", member.name);
        }
    }
    for link in &status.links {
        let _ = writeln!(text, "{}", link.name.0);
        for port in link.members.iter().flatten() {
            let _ = writeln!(text, "{}", port.name);
        }
    }
    text
}

#[derive(Serialize)]
struct EventJson<'a> {
    number: u32,
    at: Shown<Utc>,
    ago_ms: u64,
    kind: &'static str,
    link: &'a str,
    text: &'a str,
    from: Option<&'a str>,
    to: Option<&'a str>,
    outage_ms: Option<u64>,
    detected_ms: Option<u64>,
    answered_ms: Option<u64>,
}

/// The newest `count` events, oldest first: a JSON array, or a line each with its age, since the
/// command's user has a time zone of their own.
pub fn events(engine: &Engine, json: bool, count: u32) -> String {
    let now = (time::now(), time::wall());
    let journal = engine.journal();
    let records = journal.since(journal.written().saturating_sub(count));
    let mut out = String::new();
    if !json {
        for record in records {
            let _ = writeln!(out, "{} {}", (now.0 - record.at).0, Line(record));
        }
        return out;
    }
    let mut between = "[\n";
    for record in records {
        out.push_str(between);
        write_json(record, now, &mut out);
        between = ",\n";
    }
    out.push_str(if out.is_empty() { "[]\n" } else { "\n]\n" });
    out
}

fn write_json(record: &Record, now: (Instant, Seconds), out: &mut String) {
    let switch = record.switch.as_ref();
    let event = EventJson {
        number: record.number,
        at: Shown(when(record, now)),
        ago_ms: (now.0 - record.at).0,
        kind: record.kind.word(),
        link: &record.link,
        text: &record.text,
        from: switch.map(|s| s.from.as_str()),
        to: switch.map(|s| s.to.as_str()),
        outage_ms: switch.and_then(|s| s.outage_ms),
        detected_ms: switch.and_then(|s| s.detected_ms),
        answered_ms: switch.and_then(|s| s.answered_ms),
    };
    // The longest text, every character escaped, leaves room to spare.
    let mut buffer = [0; 2048];
    if let Ok(length) = serde_json_core::to_slice(&event, &mut buffer) {
        out.push_str(core::str::from_utf8(&buffer[..length]).unwrap_or("null"));
    }
}

/// A record's time by the wall clock as it is set now: a Pi has no real-time clock, so times
/// noted before the first synchronisation would stay wrong.
fn when(record: &Record, (now, wall): (Instant, Seconds)) -> Utc {
    Utc(wall - (now - record.at).whole_seconds())
}
