//! Settings of the kernel for one interface: changed, and given back also after a crash.
//!
//! A file `was.INDEX` in the run directory holds what was set before we came, a line
//! `FAMILY NAME VALUE` each.
use super::{failure, marks};
use crate::engine::Engine;
use crate::engine::event::{Event, Failure};
use crate::engine::observed::Index;
use crate::engine::sysctl::Values;
use crate::system::{self, clock, files, sysctl};
use std::fmt::Write;

const WAS: &str = "was.";
const WAS_BYTES: usize = 512;

/// 1: the first address of a network may go without the others (Linux: ip-sysctl).
const PROMOTE: (&str, &str) = ("ipv4", "promote_secondaries");
/// The metric of default routes out of advertisements (Linux 5.12 and later).
const METRIC: (&str, &str) = ("ipv6", "ra_defrtr_metric");
/// 1: a route through a link without carrier is passed over, as if it were gone.
const LINKDOWN: (&str, &str) = ("ipv6", "ignore_routes_with_linkdown");
/// 0: no advertisements are taken in.
const ACCEPT: (&str, &str) = ("ipv6", "accept_ra");
const ALL: [(&str, &str); 4] = [PROMOTE, METRIC, LINKDOWN, ACCEPT];

/// `None` gives back what was set before.
pub fn set(link: Index, name: &str, values: Option<Values>) -> Result<(), Failure> {
    let mark = marks::path(WAS, link);
    let done = match values {
        Some(values) => keep(&mark, name).and_then(|()| change(&mark, name, values)),
        None => give_back(&mark, name, &ALL).and_then(|()| files::remove(&mark)),
    };
    done.map_err(|e| failure(e.errno, &e))
}

/// Once: after a crash the file has what was before the first of us.
fn keep(mark: &str, name: &str) -> system::Result<()> {
    if files::exists(mark) {
        return Ok(());
    }
    let mut was = String::new();
    for (family, setting) in ALL {
        if let Some(value) = sysctl::read(family, name, setting)? {
            let _ = writeln!(was, "{family} {setting} {value}");
        }
    }
    files::write_atomic(mark, was.as_bytes(), 0o600)
}

fn change(mark: &str, name: &str, values: Values) -> system::Result<()> {
    let write =
        |(family, setting): (&str, &str), value: &str| sysctl::write(family, name, setting, value);
    write(PROMOTE, "1")?;
    let Some(metric) = values.routers else {
        return give_back(mark, name, &[METRIC, LINKDOWN, ACCEPT]);
    };
    write(METRIC, &metric.to_string())?;
    write(LINKDOWN, "1")?;
    match sysctl::read(ACCEPT.0, name, ACCEPT.1)?.as_deref() {
        Some("0") => write(ACCEPT, "1"),
        _ => Ok(()),
    }
}

fn give_back(mark: &str, name: &str, which: &[(&str, &str)]) -> system::Result<()> {
    if !files::exists(mark) {
        return Ok(());
    }
    let was = files::read(mark, WAS_BYTES)?;
    for line in core::str::from_utf8(&was).unwrap_or("").lines() {
        let mut words = line.split(' ');
        let known = which
            .iter()
            .find(|(family, setting)| words.clone().take(2).eq([*family, *setting]));
        if let (Some((family, setting)), Some(value)) = (known, words.nth(2)) {
            sysctl::write(family, name, setting, value)?;
        }
    }
    Ok(())
}

/// Tells the engine what an earlier daemon changed. Before the links are read: they are
/// kept for it.
pub fn left_over(engine: &mut Engine) {
    marks::each(WAS, &mut |link| {
        engine.handle(clock::boot_ms(), Event::Tuned(link));
    });
}

pub fn clean(engine: &Engine) {
    marks::clean(WAS, engine);
}
