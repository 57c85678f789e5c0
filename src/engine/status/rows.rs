//! The tables of the page: the bond with its members, and the links.
use super::list::{Layout, List};
use super::model::{BondStatus, LinkStatus, MemberStatus, State};
use super::shown::{Age, Span};
use crate::engine::health::Condition;
use crate::engine::select::Why;
use crate::engine::supplicant::Radio;
use crate::wire::control::Tone;
use core::fmt::{self, Display, Formatter, Write};

/// The bond: who is active, the table of its members, its options.
pub(super) fn bond_part(
    bond: &BondStatus<'_>,
    layout: Layout,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    writeln!(f)?;
    let (name, switches) = (bond.name, bond.switches);
    let place = (0, 4);
    match (bond.active, bond.since_ms, bond.outage_ms) {
        (Some(active), Some(since), _) => {
            let since = Age(since);
            let text =
                format_args!("Bond {name}: {active} is active for {since}, switches: {switches}");
            layout.sentence(f, place, text)?;
        }
        (_, _, Some(outage)) => {
            let (outage, cause) = (Age(outage), bond.outage_cause.unwrap_or(""));
            let text = format_args!(
                "Bond {name}: no member carries traffic for {outage} ({cause}), \
                 switches: {switches}"
            );
            layout.sentence(f, place, text)?;
        }
        _ => {
            let text = format_args!(
                "Bond {name}: no member has carried traffic yet, switches: {switches}"
            );
            layout.sentence(f, place, text)?;
        }
    }
    let names = layout.names(bond.members.iter().any(|member| member.port.is_some()));
    if layout.is_wide() {
        let (member, signal) = ("MEMBER", "SIGNAL");
        writeln!(f, "    {member:<names$} {signal:<SIGNAL$} STATE")?;
    }
    for member in &bond.members {
        member_part(member, bond.active == Some(member.name), layout, names, f)?;
    }
    for missing in &bond.missing {
        let (name, why) = (Cell(&missing.0), Why::Unplugged);
        layout.tone(Tone::Bad, f)?;
        match layout.is_wide() {
            true => {
                let indent = names + SIGNAL + 6;
                write!(f, "    {name:<names$} {:SIGNAL$} ", "")?;
                layout.sentence(f, (indent, indent), format_args!("{why}"))?;
            }
            false => {
                writeln!(f, "  {name}")?;
                write!(f, "{:NARROW$}", "")?;
                layout.sentence(f, (NARROW, NARROW), format_args!("{why}"))?;
            }
        }
        layout.tone(Tone::Plain, f)?;
    }
    Ok(())
}

/// Characters of the column of signals.
const SIGNAL: usize = 8;
/// The indentation of details where the terminal is narrow.
const NARROW: usize = 4;

/// The bond's options as the kernel has them.
pub(super) fn options_part(
    bond: &BondStatus<'_>,
    layout: Layout,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    let (Some(mode), Some(miimon), Some(up), Some(down)) = (
        bond.mode,
        bond.miimon_ms,
        bond.updelay_ms,
        bond.downdelay_ms,
    ) else {
        return Ok(());
    };
    let mut list = List::new(f, layout, 2)?;
    list.add(format_args!("{}: {mode}", bond.name))?;
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

/// How good it is that the member is in this state.
fn tone(member: &MemberStatus<'_>) -> Tone {
    match (&member.state.0, member.healthy) {
        (_, Some(false)) => Tone::Bad,
        (State::Ineligible(_) | State::LeftAlone | State::NoSupplicant, _) => Tone::Bad,
        _ if member.fault.is_some() => Tone::Bad,
        _ if member.repair.is_some() || member.waits.is_some() => Tone::Warning,
        (State::Radio(supplicant), _) if supplicant.radio != Radio::Authorised => Tone::Warning,
        (State::NoNetwork | State::NoAuthenticator, _) => Tone::Warning,
        (State::Radio(_) | State::Carrier, _) => match member.health == Condition::Suspect.word() {
            true => Tone::Warning,
            false => Tone::Good,
        },
    }
}

fn member_part(
    member: &MemberStatus<'_>,
    active: bool,
    layout: Layout,
    names: usize,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    let mark = if active { '*' } else { ' ' };
    let name = Ported(member.name, member.port);
    let name = Cell(&name);
    let mut signal: heapless::String<16> = heapless::String::new();
    if let Some(dbm) = member.signal_dbm {
        let _ = write!(signal, "{dbm} dBm");
    }
    let mut beyond = 0;
    let indent = match layout.is_wide() {
        true => {
            write!(f, "  {mark} {name:<names$} {signal:<SIGNAL$} ")?;
            beyond = cells(&name).saturating_sub(names);
            names + SIGNAL + 6
        }
        false => {
            write!(f, "{mark} {name}")?;
            let fits = cells(&name) + signal.len() + 4 < layout.columns;
            match (signal.is_empty(), fits) {
                (true, _) => writeln!(f)?,
                (false, true) => writeln!(f, "  {signal}")?,
                (false, false) => writeln!(f, "\n{:NARROW$}{signal}", "")?,
            }
            write!(f, "{:NARROW$}", "")?;
            NARROW
        }
    };
    let mut list = List::after(f, layout, indent);
    list.skip(beyond);
    let tone = Some(tone(member));
    match member.ssid {
        Some(ssid) => list.add_toned(tone, format_args!("{} on \"{ssid}\"", member.state.0))?,
        None => list.add_toned(tone, format_args!("{}", member.state.0))?,
    }
    // That it is bad is its state.
    if member.health != Condition::Bad.word() && member.health != Condition::Unknown.word() {
        list.add(format_args!("{}", member.health))?;
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
    writeln!(f)?;
    if let Some(fault) = &member.fault {
        write!(f, "{:indent$}", "")?;
        layout.tone(Tone::Bad, f)?;
        layout.sentence(f, (indent, indent), format_args!("{}", fault.0))?;
        layout.tone(Tone::Plain, f)?;
    }
    Ok(())
}

/// How wide it is without padding.
fn cells(name: &impl core::fmt::Display) -> usize {
    name.to_string().chars().count()
}

/// The table of the links.
pub(super) fn links_part(
    links: &[LinkStatus<'_>],
    layout: Layout,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    f.write_str("\nLinks\n")?;
    let names = layout.names(links.iter().any(|link| link.port.is_some()));
    if layout.is_wide() {
        writeln!(f, "    {:<names$} STATE, ADDRESSES, ROUTES", "LINK")?;
    }
    links
        .iter()
        .try_for_each(|link| link_part(link, layout, names, f))
}

fn link_part(
    link: &LinkStatus<'_>,
    layout: Layout,
    names: usize,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    let name = Ported(link.name.0, link.port);
    let name = Cell(&name);
    let mut beyond = 0;
    let indent = match layout.is_wide() {
        true => {
            write!(f, "    {name:<names$} ")?;
            beyond = cells(&name).saturating_sub(names);
            names + 5
        }
        false => {
            write!(f, "  {name}\n{:NARROW$}", "")?;
            NARROW
        }
    };
    let line = (indent, indent);
    let mut list = List::after(f, layout, indent);
    list.skip(beyond);
    match (link.present, link.carrier) {
        (false, _) => {
            list.add_toned(Some(Tone::Bad), format_args!("missing"))?;
            return writeln!(f);
        }
        (true, false) => list.add_toned(Some(Tone::Warning), format_args!("{}", Why::NoCarrier))?,
        (true, true) => list.add_toned(Some(Tone::Good), format_args!("carrier"))?,
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
        lease.write(f, layout, indent)?;
    } else if let Some(asking) = link.asking_ms {
        write!(f, "{:indent$}", "")?;
        let asking = Age(asking);
        layout.sentence(f, line, format_args!("no lease yet, asking for {asking}"))?;
    }
    if let Some(lease) = &link.lease6 {
        lease.write(f, layout, indent)?;
    } else if let Some(asking) = link.asking6_ms {
        write!(f, "{:indent$}", "")?;
        let text = format_args!("no DHCPv6 lease yet, asking for {}", Age(asking));
        layout.sentence(f, line, text)?;
    }
    for route in &link.routes {
        write!(f, "{:indent$}", "")?;
        let mut list = List::after(f, layout, indent);
        list.separator = " ";
        list.add(format_args!("route {}", route.to.0))?;
        if let Some(via) = &route.via {
            list.add(format_args!("via {}", via.0))?;
        }
        list.add(format_args!("metric {}", route.metric))?;
        if let Some(src) = &route.src {
            list.add(format_args!("src {}", src.0))?;
        }
        if route.onlink {
            list.add(format_args!("onlink"))?;
        }
        if let Some(mtu) = route.mtu {
            list.add(format_args!("mtu {mtu}"))?;
        }
        // What goes without saying: "link" without a gateway, "global" with one.
        match (route.scope, &route.via) {
            (None | Some("global"), Some(_)) | (None | Some("link"), None) => {}
            (Some(scope), _) => list.add(format_args!("scope {scope}"))?,
        }
        writeln!(f)?;
    }
    Ok(())
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
