//! `wifibond status` for people: which member carries the traffic, since when, what is wrong,
//! and what happened lately.
use super::build::{status, uplink};
use super::footer::{identity_part, start_part};
use super::list::List;
use super::model::{BondStatus, LinkStatus, MemberStatus, Status};
use super::shown::Span;
use crate::config::IfName;
use crate::engine::Engine;
use crate::engine::health::Condition;
use crate::engine::journal::Record;
use crate::engine::select::Why;
use crate::engine::time::Instant;
use crate::engine::trial::Progress;
use core::fmt::{self, Display, Formatter, Write};

/// Events at the end of the page.
const LAST_EVENTS: u32 = 5;
/// Characters of a name's column, without and with a USB port beside one of the names.
const NAME: usize = 10;
const NAME_AND_PORT: usize = 20;

/// The page.
pub struct Page<'a> {
    status: Status<'a>,
    engine: &'a Engine,
    now: Instant,
}

/// The page at this time. `fault`: why the file is not in force.
pub fn page<'a>(engine: &'a Engine, fault: Option<&'a str>, now: Instant) -> Page<'a> {
    let mut status = status(engine, now);
    status.file_fault = fault;
    Page {
        status,
        engine,
        now,
    }
}

impl Page<'_> {
    /// Some link may carry traffic and has an address: the exit code is 0.
    pub fn online(&self) -> bool {
        self.status.online
    }
}

impl Display for Page<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", headline(self.engine))?;
        if let Some(bond) = &self.status.bond {
            bond_part(bond, f)?;
        }
        f.write_str("\nLinks\n")?;
        let ports = self.status.links.iter().any(|link| link.port.is_some());
        let width = if ports { NAME_AND_PORT } else { NAME };
        for link in &self.status.links {
            link_part(link, width, f)?;
        }
        if !self.status.dns.is_empty() {
            f.write_str("  name servers")?;
            for server in &self.status.dns {
                write!(f, " {}", server.0)?;
            }
            writeln!(f)?;
        }
        identity_part(&self.status, f)?;
        start_part(&self.status, f)?;
        if let Some(Progress::Unconfirmed { until }) = self.engine.trial().progress() {
            let left = Span((until - self.now).0);
            writeln!(
                f,
                "  the new file is taken back in {left} unless `wifibond confirm` follows"
            )?;
        }
        if self.status.file_fault.is_some() || !self.status.problems.is_empty() {
            f.write_str("\nProblems\n")?;
            if let Some(fault) = self.status.file_fault {
                writeln!(f, "  the file is not in force: {fault}")?;
            }
            for problem in &self.status.problems {
                match problem.link.is_empty() {
                    true => writeln!(f, "  {}", problem.text)?,
                    false => writeln!(f, "  {}: {}", problem.link, problem.text)?,
                }
            }
        }
        let journal = self.engine.journal();
        f.write_str("\nLast events\n")?;
        for record in journal.since(journal.written().saturating_sub(LAST_EVENTS)) {
            let ago = Span((self.now - record.at).0);
            writeln!(f, "  {ago:>9} ago  {}", Line(record))?;
        }
        Ok(())
    }
}

/// One line: online or not, through what.
pub struct Headline<'a> {
    online: bool,
    uplink: Option<&'a IfName>,
    /// The bond and its active member.
    bond: Option<(&'a IfName, &'a IfName)>,
}

/// The first line of [`page`], without working out the rest of it.
pub fn headline(engine: &Engine) -> Headline<'_> {
    let bond = &engine.config.bond;
    let active = engine.failover().now();
    let active = active.and_then(|(index, _)| engine.observed().link(index));
    Headline {
        online: engine.is_online(),
        uplink: uplink(engine),
        bond: active
            .filter(|_| !bond.members.is_empty())
            .map(|link| (&bond.name, &link.name)),
    }
}

impl Display for Headline<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.online, self.uplink) {
            (true, Some(link)) => write!(f, "ONLINE through {link}")?,
            (true, None) => f.write_str("ONLINE, without a default route")?,
            (false, _) => f.write_str("NOT ONLINE")?,
        }
        match self.bond {
            Some((bond, active)) if self.uplink == Some(bond) => write!(f, " ({active})"),
            Some((bond, active)) => write!(f, "; {bond} stands by on {active}"),
            None => Ok(()),
        }
    }
}

fn bond_part(bond: &BondStatus<'_>, f: &mut Formatter<'_>) -> fmt::Result {
    write!(f, "\nBond {}: ", bond.name)?;
    match (bond.active, bond.since_ms, bond.outage_ms) {
        (Some(active), Some(since), _) => write!(f, "{active} is active since {}", Span(since))?,
        (_, _, Some(outage)) => write!(
            f,
            "no member carries traffic since {} ({})",
            Span(outage),
            bond.outage_cause.unwrap_or("")
        )?,
        _ => f.write_str("no member has carried traffic yet")?,
    }
    writeln!(f, ", switches: {}", bond.switches)?;
    options_part(bond, f)?;
    let ports = bond.members.iter().any(|member| member.port.is_some());
    let width = if ports { NAME_AND_PORT } else { NAME };
    for member in &bond.members {
        member_part(member, bond.active == Some(member.name), width, f)?;
    }
    for missing in &bond.missing {
        let name = Cell(&missing.0);
        writeln!(f, "    {name:<width$} {}", Why::Unplugged)?;
    }
    Ok(())
}

/// The bond's options as the kernel has them.
fn options_part(bond: &BondStatus<'_>, f: &mut Formatter<'_>) -> fmt::Result {
    let (Some(mode), Some(miimon), Some(up), Some(down)) = (
        bond.mode,
        bond.miimon_ms,
        bond.updelay_ms,
        bond.downdelay_ms,
    ) else {
        return Ok(());
    };
    let mut list = List::new(f, 4)?;
    list.add(format_args!("{mode}"))?;
    list.add(format_args!("miimon {miimon} ms"))?;
    list.add(format_args!("updelay {up} ms"))?;
    list.add(format_args!("downdelay {down} ms"))?;
    list.add(format_args!(
        "fail_over_mac {}",
        bond.fail_over_mac.unwrap_or("?")
    ))?;
    let reselect = bond.primary_reselect;
    match bond.kernel_primary_reselect {
        Some(kernel) if kernel != reselect => list.add(format_args!(
            "primary_reselect {reselect} (kernel: {kernel})"
        ))?,
        _ => list.add(format_args!("primary_reselect {reselect}"))?,
    }
    writeln!(f)
}

/// A name with its USB port: `wifi1, USB 1-1.2`.
struct Ported<'a>(&'a str, Option<&'a str>);

impl Display for Ported<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)?;
        match self.1 {
            Some(port) => write!(f, ", USB {port}"),
            None => Ok(()),
        }
    }
}

fn member_part(
    member: &MemberStatus<'_>,
    active: bool,
    width: usize,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    let mark = if active { '*' } else { ' ' };
    let name = Ported(member.name, member.port);
    write!(f, "  {mark} {:<width$} ", Cell(&name))?;
    let mut list = List::after(f, width + 5);
    match member.ssid {
        Some(ssid) => list.add(format_args!("{} on \"{ssid}\"", member.state.0))?,
        None => list.add(format_args!("{}", member.state.0))?,
    }
    // That it is bad is its state.
    if member.health != Condition::Bad.word() && member.health != Condition::Unknown.word() {
        list.add(format_args!("{}", member.health))?;
    }
    if let Some(signal) = member.signal_dbm {
        list.add(format_args!("{signal} dBm"))?;
    }
    if let Some(mhz) = member.frequency {
        list.add(format_args!("{mhz} MHz"))?;
    }
    if let Some(ms) = member.association_ms {
        match member.search_ms {
            Some(search) => list.add(format_args!("found in {search} ms, joined in {ms} ms"))?,
            None => list.add(format_args!("joined in {ms} ms"))?,
        }
    }
    if let Some(mac) = &member.mac {
        list.add(format_args!("{}", mac.0))?;
    }
    if let Some(speed) = member.speed_mbps {
        let duplex = match member.full_duplex {
            Some(true) => " full duplex",
            Some(false) => " half duplex",
            None => "",
        };
        list.add(format_args!("{speed} Mbit/s{duplex}"))?;
    }
    if let Some(mii) = member.mii.filter(|mii| *mii != "up") {
        list.add(format_args!("link {mii}"))?;
    }
    if let Some(repair) = &member.repair {
        list.add(format_args!("under repair: {}", repair.0))?;
    }
    if let Some(rest) = member.repair_rest_ms {
        list.add(format_args!("repair goes on in {}", Span(rest)))?;
    }
    if let Some(ms) = member.left_alone_ms {
        list.add(format_args!("left alone for {}", Span(ms)))?;
    }
    if let Some(lost) = member.probes_lost.filter(|lost| *lost > 0) {
        list.add(format_args!("probes lost in a row: {lost}"))?;
    }
    if member.primary {
        list.add(format_args!("primary"))?;
    }
    if let Some(hold) = member.hold_ms.filter(|_| member.primary && !active) {
        let hold = Span(hold);
        list.add(format_args!("preferred again in {hold}"))?;
    }
    if let Some(why) = &member.waits {
        list.add(format_args!("{}", why.0))?;
    }
    if let Some(failures) = member.failures.filter(|failures| *failures > 0) {
        list.add(format_args!("link failures: {failures}"))?;
    }
    if let Some(fault) = &member.fault {
        write!(f, "\n{:16}{}", "", fault.0)?;
    }
    writeln!(f)
}

fn link_part(link: &LinkStatus<'_>, width: usize, f: &mut Formatter<'_>) -> fmt::Result {
    let indent = width + 3;
    write!(f, "  {:<width$} ", Cell(&Ported(link.name.0, link.port)))?;
    let mut list = List::after(f, indent);
    match (link.present, link.carrier) {
        (false, _) => return writeln!(f, "missing"),
        (true, false) => list.add(format_args!("{}", Why::NoCarrier))?,
        (true, true) => list.add(format_args!("carrier"))?,
    }
    for (n, port) in link.members.iter().flatten().enumerate() {
        list.separator = if n == 0 { " of " } else { ", " };
        let without = if port.carrier { "" } else { " (no carrier)" };
        list.add(format_args!("{}{without}", port.name))?;
    }
    list.separator = ", ";
    if let Some(auth) = &link.auth {
        list.add(format_args!("{}", auth.0))?;
    }
    for address in &link.addresses {
        list.add(format_args!("{} ({})", address.address.0, address.from))?;
    }
    writeln!(f)?;
    if let Some(lease) = &link.lease {
        lease.write(f, indent)?;
    } else if let Some(asking) = link.asking_ms {
        writeln!(
            f,
            "{:indent$}no lease yet, asking since {}",
            "",
            Span(asking)
        )?;
    }
    if let Some(lease) = &link.lease6 {
        lease.write(f, indent)?;
    } else if let Some(asking) = link.asking6_ms {
        let asking = Span(asking);
        writeln!(
            f,
            "{:indent$}no DHCPv6 lease yet, asking since {asking}",
            ""
        )?;
    }
    for route in &link.routes {
        write!(f, "{:indent$}route {}", "", route.to.0)?;
        if let Some(via) = &route.via {
            write!(f, " via {}", via.0)?;
        }
        write!(f, " metric {}", route.metric)?;
        if let Some(src) = &route.src {
            write!(f, " src {}", src.0)?;
        }
        if route.onlink {
            f.write_str(" onlink")?;
        }
        if let Some(mtu) = route.mtu {
            write!(f, " mtu {mtu}")?;
        }
        // What goes without saying: "link" without a gateway, "global" with one.
        match (route.scope, &route.via) {
            (None | Some("global"), Some(_)) | (None | Some("link"), None) => {}
            (Some(scope), _) => write!(f, " scope {scope}")?,
        }
        writeln!(f)?;
    }
    Ok(())
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

/// Pads a value's text to the width asked for.
struct Cell<'a, T: Display>(&'a T);

impl<T: Display> Display for Cell<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut text: heapless::String<48> = heapless::String::new();
        let _ = write!(text, "{}", self.0);
        f.pad(&text)
    }
}
