//! What stands around the tables of the page of `wifibond status`: the file and what is wrong, who we
//! are to servers, and what the start took.
use super::list::{Layout, List};
use super::model::{LinkStatus, Status};
use super::shown::{Age, Octets};
use crate::engine::Engine;
use crate::engine::time::Instant;
use crate::engine::trial::Progress;
use crate::wire::control::Tone;
use core::fmt::{self, Display, Formatter};

/// How far a new file is, where it is not simply in force.
pub(super) fn file_part(
    engine: &Engine,
    now: Instant,
    layout: Layout,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    let left = engine.trial().until().map(|until| Age((until - now).0));
    let Some(progress) = engine.trial().progress() else {
        return Ok(());
    };
    layout.tone(Tone::Warning, f)?;
    f.write_str("the new file ")?;
    let place = (13, 2);
    match (progress, left) {
        (Progress::Trying, Some(left)) => {
            layout.sentence(f, place, format_args!("is tried, for {left} at most"))?;
        }
        (Progress::Trying, None) => layout.sentence(f, place, format_args!("is tried"))?,
        (Progress::Unconfirmed { until }, _) => {
            let left = Age((until - now).0);
            let text = format_args!("is taken back in {left} unless `wifibond confirm` follows");
            layout.sentence(f, place, text)?;
        }
        // Why is among the problems.
        (Progress::SetAside { .. }, Some(left)) => {
            let text = format_args!("was set aside, and is tried again in {left}");
            layout.sentence(f, place, text)?;
        }
        (Progress::SetAside { .. }, None) => {
            layout.sentence(f, place, format_args!("was set aside"))?;
        }
    }
    layout.tone(Tone::Plain, f)
}

/// What is refused or failing at present.
pub(super) fn problems_part(
    status: &Status<'_>,
    layout: Layout,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    if status.file_fault.is_none() && status.problems.is_empty() {
        return Ok(());
    }
    f.write_str("\n")?;
    layout.tone(Tone::Bad, f)?;
    f.write_str("Problems\n")?;
    layout.tone(Tone::Plain, f)?;
    let place = (2, 4);
    if let Some(fault) = status.file_fault {
        f.write_str("  ")?;
        layout.sentence(f, place, format_args!("the file is not in force: {fault}"))?;
    }
    for problem in &status.problems {
        f.write_str("  ")?;
        match problem.link.is_empty() {
            true => layout.sentence(f, place, format_args!("{}", problem.text))?,
            false => {
                let text = format_args!("{}: {}", problem.link, problem.text);
                layout.sentence(f, place, text)?;
            }
        }
    }
    Ok(())
}

/// The client identifiers that DHCP servers see: for a fixed address there.
pub(super) fn identity_part(
    status: &Status<'_>,
    layout: Layout,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    let asks = |link: &&LinkStatus<'_>| link.iaid.or(link.iaid6).is_some();
    let mut links = status.links.iter().filter(asks).peekable();
    let (Some(duid), Some(_)) = (&status.duid, links.peek()) else {
        return Ok(());
    };
    let mut list = List::new(f, layout, 2)?;
    list.add(format_args!("DUID {}; IAID", duid.0))?;
    list.separator = " ";
    for link in links {
        let name = link.name.0;
        match (link.iaid, link.iaid6) {
            (Some(v4), Some(v6)) if v4 != v6 => {
                list.add(format_args!("{name} {}", Iaid(v4)))?;
                list.separator = ", ";
                list.add(format_args!("{name} for DHCPv6 {}", Iaid(v6)))?;
            }
            (v4, v6) => list.add(format_args!("{name} {}", Iaid(v4.or(v6).unwrap_or(0))))?,
        }
        list.separator = ", ";
    }
    writeln!(f)
}

/// What the start took, once it is over.
pub(super) fn start_part(
    status: &Status<'_>,
    layout: Layout,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    let start = status.start.as_ref();
    let Some((start, whole)) = start.and_then(|start| Some((start, start.online_ms?))) else {
        return Ok(());
    };
    let stages = [
        ("program", start.program_ms),
        ("adapter up", start.adapter_ms),
        ("search", start.search_ms),
        ("association", start.association_ms),
        ("address", start.address_ms),
    ];
    let mut list = List::new(f, layout, 2)?;
    list.add(format_args!("online {whole} ms after the start:"))?;
    list.separator = " ";
    for (stage, took) in stages {
        if let Some(ms) = took {
            list.add(format_args!("{stage} {ms} ms"))?;
            list.separator = ", ";
        }
    }
    writeln!(f)
}

/// As the file has it, and as servers show it.
struct Iaid(u32);

impl Display for Iaid {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.0, Octets(&self.0.to_be_bytes()))
    }
}
