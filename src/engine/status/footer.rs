//! The end of the page of `wifibond status`: who we are to servers, and what the start took.
use super::list::List;
use super::model::{LinkStatus, Status};
use super::shown::Octets;
use core::fmt::{self, Display, Formatter};

/// The client identifiers that DHCP servers see: for a fixed address there.
pub(super) fn identity_part(status: &Status<'_>, f: &mut Formatter<'_>) -> fmt::Result {
    let asks = |link: &&LinkStatus<'_>| link.iaid.or(link.iaid6).is_some();
    let mut links = status.links.iter().filter(asks).peekable();
    let (Some(duid), Some(_)) = (&status.duid, links.peek()) else {
        return Ok(());
    };
    let mut list = List::new(f, 2)?;
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
pub(super) fn start_part(status: &Status<'_>, f: &mut Formatter<'_>) -> fmt::Result {
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
    let mut list = List::new(f, 2)?;
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
