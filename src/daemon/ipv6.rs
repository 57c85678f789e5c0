//! Settings of IPv6 on single interfaces: changed, and given back also after a crash.
//!
//! An empty file `ipv6-off.INDEX` in the run directory says that it was us who turned IPv6
//! off: what was off before we came stays off. `ipv6-was.INDEX` holds what was set for
//! advertisements before, a line `NAME VALUE` each.
use super::{RUN_DIR, failure};
use crate::engine::Engine;
use crate::engine::event::{Event, Failure};
use crate::engine::observed::Index;
use crate::system::{self, clock, files, sysctl};
use std::fmt::Write;

const OFF: &str = "ipv6-off.";
const WAS: &str = "ipv6-was.";
const WAS_BYTES: usize = 256;
const DISABLE: &str = "disable_ipv6";
/// The metric of default routes out of advertisements (Linux 5.12 and later).
const METRIC: &str = "ra_defrtr_metric";
/// 1: a route through a link without carrier is passed over, as if it were gone.
const LINKDOWN: &str = "ignore_routes_with_linkdown";
/// 0: none are taken in.
const ACCEPT: &str = "accept_ra";

fn mark(prefix: &str, link: Index) -> String {
    format!("{RUN_DIR}/{prefix}{link}")
}

fn told(e: system::Error) -> Failure {
    failure(e.errno, &e)
}

/// Turns IPv6 on or off.
pub fn set(link: Index, name: &str, enabled: bool) -> Result<(), Failure> {
    let mark = mark(OFF, link);
    if enabled {
        if files::exists(&mark) {
            sysctl::write("ipv6", name, DISABLE, "0").map_err(told)?;
            files::remove(&mark).map_err(told)?;
        }
        return Ok(());
    }
    // A kernel without IPv6 has it off.
    let is_on = sysctl::read("ipv6", name, DISABLE).map_err(told)?;
    if is_on.as_deref() != Some("0") {
        return Ok(());
    }
    // First the mark: a crash in between must not leave it off for ever.
    files::write_atomic(&mark, b"", 0o600).map_err(told)?;
    sysctl::write("ipv6", name, DISABLE, "1").map_err(told)
}

/// Lets the kernel take in advertisements and give their default routes this metric;
/// `None` gives back what was set before.
pub fn set_routes(link: Index, name: &str, metric: Option<u32>) -> Result<(), Failure> {
    let mark = mark(WAS, link);
    let Some(metric) = metric else {
        return give_back(&mark, name).map_err(told);
    };
    if !files::exists(&mark) {
        let mut was = String::new();
        for setting in [METRIC, LINKDOWN, ACCEPT] {
            if let Some(value) = sysctl::read("ipv6", name, setting).map_err(told)? {
                let _ = writeln!(was, "{setting} {value}");
            }
        }
        files::write_atomic(&mark, was.as_bytes(), 0o600).map_err(told)?;
    }
    sysctl::write("ipv6", name, METRIC, &metric.to_string()).map_err(told)?;
    sysctl::write("ipv6", name, LINKDOWN, "1").map_err(told)?;
    let accept = sysctl::read("ipv6", name, ACCEPT).map_err(told)?;
    match accept.as_deref() {
        Some("0") => sysctl::write("ipv6", name, ACCEPT, "1").map_err(told),
        _ => Ok(()),
    }
}

fn give_back(mark: &str, name: &str) -> system::Result<()> {
    if !files::exists(mark) {
        return Ok(());
    }
    let was = files::read(mark, WAS_BYTES)?;
    for line in core::str::from_utf8(&was).unwrap_or("").lines() {
        if let Some((setting, value)) = line.split_once(' ')
            && [METRIC, LINKDOWN, ACCEPT].contains(&setting)
        {
            sysctl::write("ipv6", name, setting, value)?;
        }
    }
    files::remove(mark)
}

/// Tells the engine what a daemon before us changed. Before the links are read: they are
/// kept for it.
pub fn left_over(engine: &mut Engine) {
    each_mark(OFF, &mut |link| {
        engine.handle(clock::boot_ms(), Event::Ipv6Off(link));
    });
    each_mark(WAS, &mut |link| {
        engine.handle(clock::boot_ms(), Event::Ipv6Set(link));
    });
}

/// Removes the marks of links that are gone. After the links were read.
pub fn clean(engine: &Engine) {
    for prefix in [OFF, WAS] {
        each_mark(prefix, &mut |link| {
            if engine.observed().link(link).is_none()
                && let Err(e) = files::remove(&mark(prefix, link))
            {
                log::debug!("{}: {e}", mark(prefix, link));
            }
        });
    }
}

fn each_mark(prefix: &str, each: &mut dyn FnMut(Index)) {
    let listed = files::list(RUN_DIR, &mut |file| {
        if let Some(link) = file.strip_prefix(prefix).and_then(|n| n.parse().ok()) {
            each(link);
        }
    });
    if let Err(e) = listed {
        log::warn!("{RUN_DIR}: {e}");
    }
}
