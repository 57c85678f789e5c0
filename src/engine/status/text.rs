//! `wifibond status` for people: which member carries the traffic, since when, what is wrong,
//! and what happened lately.
use super::build::status;
use super::footer::{file_part, identity_part, problems_part, start_part};
use super::headline::headline;
use super::list::{Layout, List};
use super::model::Status;
use super::rows::{bond_part, links_part, options_part};
use super::shown::Age;
use crate::engine::Engine;
use crate::engine::journal::Record;
use crate::engine::time::Instant;
use crate::wire::control::Tone;
use core::fmt::{self, Display, Formatter};

/// Events at the end of the page.
const LAST_EVENTS: u32 = 5;
/// The page.
pub struct Page<'a> {
    status: Status<'a>,
    engine: &'a Engine,
    now: Instant,
    layout: Layout,
}

/// The page at this time. `fault`: why the file is not in force.
pub fn page<'a>(engine: &'a Engine, fault: Option<&'a str>, now: Instant) -> Page<'a> {
    let mut status = status(engine, now);
    status.file_fault = fault;
    Page {
        status,
        engine,
        now,
        layout: Layout::PLAIN,
    }
}

impl Page<'_> {
    /// The same page for another terminal than [`Layout::PLAIN`]'s.
    pub fn laid_out(self, layout: Layout) -> Self {
        Page { layout, ..self }
    }

    /// Some link may carry traffic and has an address: the exit code is 0.
    pub fn online(&self) -> bool {
        self.status.online
    }
}

impl Display for Page<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let layout = self.layout;
        let headline = headline(self.engine, Some(self.now));
        layout.tone(headline.tone(), f)?;
        f.write_str(headline.word())?;
        layout.tone(Tone::Plain, f)?;
        let place = (headline.word().len(), 2);
        layout.sentence(f, place, format_args!("{}", headline.rest()))?;
        file_part(self.engine, self.now, layout, f)?;
        problems_part(&self.status, layout, f)?;
        if let Some(bond) = &self.status.bond {
            bond_part(bond, layout, f)?;
        }
        links_part(&self.status.links, layout, f)?;
        let journal = self.engine.journal();
        f.write_str("\nLast events\n")?;
        for record in journal.since(journal.written().saturating_sub(LAST_EVENTS)) {
            let ago = Age((self.now - record.at).0);
            let line = Line(record);
            match layout.is_wide() {
                true => {
                    write!(f, "  {ago:>11} ago  ")?;
                    layout.sentence(f, (19, 19), format_args!("{line}"))?;
                }
                false => {
                    f.write_str("  ")?;
                    layout.sentence(f, (2, 4), format_args!("{ago} ago: {line}"))?;
                }
            }
        }
        f.write_str("\nDetails\n")?;
        if let Some(bond) = &self.status.bond {
            options_part(bond, layout, f)?;
        }
        if !self.status.dns.is_empty() {
            let mut list = List::new(f, layout, 2)?;
            list.separator = " ";
            list.add(format_args!("name servers"))?;
            for server in &self.status.dns {
                list.add(format_args!("{}", server.0))?;
            }
            writeln!(f)?;
        }
        identity_part(&self.status, layout, f)?;
        start_part(&self.status, layout, f)
    }
}

/// A record as one line: `wlan0: authorised`.
pub struct Line<'a>(pub &'a Record);

impl Display for Line<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let record = self.0;
        if let Some(switch) = &record.switch {
            match switch.from.as_str() {
                "" => write!(f, "{} is active: {}", switch.to, record.text)?,
                from => write!(f, "{from} -> {}: {}", switch.to, record.text)?,
            }
            return match switch.outage_ms {
                Some(ms) => write!(f, " (outage {ms} ms)"),
                None => Ok(()),
            };
        }
        if !record.link.is_empty() {
            write!(f, "{}: ", record.link)?;
        }
        f.write_str(&record.text)
    }
}
