//! The first line of the page, which is also the line for `systemctl status`: online or not, through
//! what, since when and why.
use super::build::uplink;
use super::shown::Age;
use crate::config::IfName;
use crate::engine::Engine;
use crate::engine::health::Measure;
use crate::engine::observed::Link;
use crate::engine::roles::own_link;
use crate::engine::select::Why;
use crate::engine::supplicant::{Fault, Supplicant};
use crate::engine::time::Instant;
use crate::wire::control::Tone;
use core::fmt::{self, Display, Formatter};

/// One line: online or not, through what, since when and why, as far as that is known.
pub struct Headline<'a> {
    engine: &'a Engine,
    /// `None`: without times, which would be another text every second.
    now: Option<Instant>,
    online: bool,
    uplink: Option<&'a IfName>,
    /// The active member, and since when.
    active: Option<(&'a IfName, Instant)>,
}

/// The first line of the page; without `now` it has no times.
pub fn headline(engine: &Engine, now: Option<Instant>) -> Headline<'_> {
    let active = engine.failover().now();
    Headline {
        engine,
        now,
        online: engine.is_online(),
        uplink: uplink(engine),
        active: active
            .and_then(|(index, since)| Some((&engine.observed().link(index)?.name, since)))
            .filter(|_| has_members(engine)),
    }
}

fn has_members(engine: &Engine) -> bool {
    !engine.config.bond.members.is_empty()
}

impl Headline<'_> {
    /// Of [`Headline::word`].
    pub fn tone(&self) -> Tone {
        if self.online { Tone::Good } else { Tone::Bad }
    }

    /// The word that answers.
    pub fn word(&self) -> &'static str {
        if self.online { "ONLINE" } else { "OFFLINE" }
    }

    /// What follows [`Headline::word`].
    pub fn rest(&self) -> Rest<'_> {
        Rest(self)
    }

    fn since(&self, before: &str, at: Instant, f: &mut Formatter<'_>) -> fmt::Result {
        match self.now {
            Some(now) => write!(f, "{before}{}", Age((now - at).0)),
            None => Ok(()),
        }
    }

    /// Why no member carries traffic, with the time.
    fn lost(&self, cause: &str, at: Instant, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, ", because {cause}")?;
        match self.now {
            Some(now) => write!(f, " {} ago", Age((now - at).0)),
            None => Ok(()),
        }
    }

    /// Why the active member is the one, or since when it is.
    fn reason(&self, since: Instant, f: &mut Formatter<'_>) -> fmt::Result {
        match self.engine.failover().reason() {
            Some(reason) if reason.lost => self.lost(&reason.cause, reason.at, f),
            Some(reason) => {
                self.since(" for ", since, f)?;
                write!(f, ": {}", reason.cause)
            }
            None => self.since(" for ", since, f),
        }
    }

    fn online_rest(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let bond = &self.engine.config.bond.name;
        match self.uplink {
            Some(link) => write!(f, " through {link}")?,
            None => f.write_str(", without a default route")?,
        }
        match self.active {
            Some((active, since)) if self.uplink == Some(bond) => {
                write!(f, " ({active})")?;
                self.reason(since, f)?;
            }
            Some((active, _)) => write!(f, "; {bond} stands by on {active}")?,
            None if !has_members(self.engine) => {}
            None => match self.engine.failover().outage() {
                Some((cause, at)) => {
                    write!(f, "; no member of {bond} carries traffic")?;
                    self.lost(cause, at, f)?;
                }
                None => write!(f, "; no member of {bond} has carried traffic yet")?,
            },
        }
        Ok(())
    }

    fn offline_rest(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(at) = self.engine.offline_since() {
            self.since(" for ", at, f)?;
        }
        match cause(self.engine) {
            Some(cause) => write!(f, ": {cause}"),
            None => match self.engine.failover().outage() {
                Some((cause, at)) => self.lost(cause, at, f),
                None => Ok(()),
            },
        }
    }
}

/// See [`Headline::rest`].
pub struct Rest<'a>(&'a Headline<'a>);

impl Display for Rest<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0.online {
            true => self.0.online_rest(f)?,
            false => self.0.offline_rest(f)?,
        }
        match under_repair(self.0.engine) {
            Some((name, measure)) => write!(f, "; {name} is under repair: {measure}"),
            None => Ok(()),
        }
    }
}

impl Display for Headline<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.word(), self.rest())
    }
}

fn under_repair(engine: &Engine) -> Option<(&IfName, Measure)> {
    let members = engine.observed.links().filter(|link| engine.in_bond(link));
    let mut repaired = members.filter_map(|link| {
        let measure = engine.repairs.current(&link.name)?;
        Some((&link.name, measure))
    });
    repaired.next()
}

/// Why nothing is online at present; each is something that is known.
enum Cause<'a> {
    /// The first adapter that an access point or a server refuses.
    Fault(&'a IfName, &'a Fault),
    /// Every adapter is kept off by rfkill: the first of them.
    Blocked(&'a IfName, Why),
    /// No adapter of the file is there.
    NoAdapter,
    OutOfRange,
    /// A link that could carry traffic asks for its first lease.
    NoLease(&'a IfName),
}

impl Display for Cause<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Fault(name, fault) => write!(f, "{name}: {fault}"),
            Cause::Blocked(name, why) => write!(f, "{name} is {why}"),
            Cause::NoAdapter => f.write_str("no adapter of the file is plugged in"),
            Cause::OutOfRange => f.write_str("no network of the file is in range"),
            Cause::NoLease(name) => write!(f, "no lease is had through {name}"),
        }
    }
}

fn cause(engine: &Engine) -> Option<Cause<'_>> {
    let asks = |link: &&Link| {
        let can = match link.name == engine.config.bond.name {
            true => engine.failover().now().is_some(),
            false => engine.authorised(link),
        };
        let client = engine.dhcp4(&link.name);
        can && client
            .is_some_and(|client| client.waiting_since.is_some() && client.lease().is_none())
    };
    if let Some(link) = engine.observed.links().find(asks) {
        return Some(Cause::NoLease(&link.name));
    }
    let faulty = |s: &Supplicant| s.fault.as_ref().is_some_and(Fault::is_final);
    if let Some(supplicant) = engine.supplicants().find(|s| faulty(s)) {
        return Some(Cause::Fault(&supplicant.name, supplicant.fault.as_ref()?));
    }
    let ours = |link: &&Link| {
        engine.is_present_member(link.index) || own_link(&engine.config, link).is_some()
    };
    let adapters = || engine.observed.links().filter(ours);
    let Some(first) = adapters().next() else {
        return engine.observed.is_complete().then_some(Cause::NoAdapter);
    };
    if adapters().all(|link| engine.blocked(link).is_some()) {
        let why = Why::Blocked(engine.blocked(first)?);
        return Some(Cause::Blocked(&first.name, why));
    }
    // A cable without carrier is one of several ways; that it is out is in the table.
    let mut wifi = adapters().filter(|link| link.facts.is_wifi()).peekable();
    wifi.peek()?;
    let finds_none = |link: &Link| {
        engine
            .supplicant(link.index)
            .is_some_and(Supplicant::finds_none)
    };
    wifi.all(|link| finds_none(link) || engine.blocked(link).is_some())
        .then_some(Cause::OutOfRange)
}
