//! The report on what keeps the box from its network: `wifibond-report.txt`, for someone who puts the
//! card into another computer. Lines end with CR LF for old editors.
//!
//! It is made when a cause has lasted, written anew when the causes are others, and taken away when
//! all has been well for some minutes. What changes all the time is no reason to write it anew: cards wear.
use super::Engine;
use super::actions::Remember;
use super::contract::action::{Action, Store};
use super::dhcp::v4::{Client, LinkLocal};
use super::fingerprint::Fingerprint;
use super::journal::RecordKind;
use super::observed::Link;
use super::roles::own_link;
use super::supplicant::{Neighbourhood, Supplicant};
use super::supplicant_file::networks;
use super::time::{Instant, Millis};
use crate::config::{Network, Ssid};
use crate::wire::wpa;
use core::fmt::{self, Display, Formatter, Write};

/// A cause that has lasted so long is reported.
const AFTER: Millis = Millis(6_000);
/// A client asks for a lease for so long before that is a cause.
const NO_LEASE: Millis = Millis(4_000);
/// Nothing is online for so long, and no other cause is known.
const OFFLINE: Millis = Millis(20_000);
/// All has been well for so long: the report is taken away.
const WELL_FOR: Millis = Millis(300_000);
const DAY: Millis = Millis(86_400_000);
/// Writes a day, at most.
const MOST_WRITES: u32 = 20;

/// What was written, and what is to be.
#[derive(Debug, Default)]
pub struct Report {
    /// A fingerprint of the causes, and since when they are these; `None`: all is well.
    causes: Option<u64>,
    since: Instant,
    /// Nothing has been online since then.
    offline: Option<Instant>,
    /// The same of what the file has.
    written: Option<u64>,
    /// Since the beginning of the day.
    writes: u32,
    day: Instant,
}

impl Report {
    fn is_due(&self, now: Instant) -> bool {
        let lasted = match self.causes {
            Some(_) => AFTER,
            None => WELL_FOR,
        };
        self.causes != self.written && now >= self.since + lasted && self.writes < MOST_WRITES
    }

    fn poll_at(&self, now: Instant) -> Option<Instant> {
        let offline = self.offline.map(|since| since + OFFLINE);
        let offline = offline.filter(|at| *at > now);
        if self.causes == self.written {
            return offline;
        }
        let due = Some(match (self.writes < MOST_WRITES, self.causes) {
            (false, _) => self.day + DAY,
            (true, Some(_)) => self.since + AFTER,
            (true, None) => self.since + WELL_FOR,
        });
        due.into_iter().chain(offline).min()
    }
}

/// What of the causes is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// What they are: another report is written when this changes.
    Causes,
    /// Also which other networks are in range, which may change all the time.
    All,
}

/// A name in quotes; what is no text is in hexadecimal.
struct Name<'a>(&'a Ssid);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match core::str::from_utf8(self.0) {
            Ok(text) => {
                f.write_char('"')?;
                // An apostrophe is shown as it is.
                for (at, part) in text.split('\'').enumerate() {
                    let apostrophe = if at == 0 { "" } else { "'" };
                    write!(f, "{apostrophe}{}", part.escape_debug())?;
                }
                f.write_char('"')
            }
            Err(_) => self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}")),
        }
    }
}

impl Engine {
    pub(super) fn update_report(&mut self, now: Instant) {
        if now >= self.report.day + DAY {
            (self.report.day, self.report.writes) = (now, 0);
        }
        match (self.is_online(), self.report.offline) {
            (true, _) => self.report.offline = None,
            (false, None) => self.report.offline = Some(now),
            (false, Some(_)) => {}
        }
        let mut sink = Fingerprint::default();
        let any = self.causes(now, Detail::Causes, &mut sink).unwrap_or(false);
        let causes = any.then_some(sink.0);
        if causes != self.report.causes {
            (self.report.causes, self.report.since) = (causes, now);
        }
    }

    /// Since when nothing is online; `None`: something is.
    pub fn offline_since(&self) -> Option<Instant> {
        self.report.offline
    }

    pub(super) fn report_poll_at(&self, now: Instant) -> Option<Instant> {
        let clients = self.observed.links().filter_map(|l| self.dhcp4(&l.name));
        let waiting = clients.filter_map(|client| Some(client.waiting_since? + NO_LEASE));
        [self.report.poll_at(now), waiting.min()]
            .into_iter()
            .flatten()
            .filter(|at| *at > now)
            .min()
    }

    pub(super) fn next_report(&self, now: Instant) -> Option<Action> {
        let due = self.report.is_due(now) && !self.is_stopping();
        due.then(|| self.offer(now, Store::Report))?
    }

    /// The whole text; nothing where all is well.
    pub fn write_report(&self, now: Instant, out: &mut dyn Write) -> fmt::Result {
        if !self.causes(now, Detail::Causes, &mut Fingerprint::default())? {
            return Ok(());
        }
        out.write_str(match self.is_online() {
            false => "The box is not on the network.\r\n\r\n",
            true => "The box is on the network, and something is wrong all the same.\r\n\r\n",
        })?;
        self.causes(now, Detail::All, out)?;
        out.write_str("\r\nThis report goes away when all has been well for five minutes.\r\n")
    }

    /// Where it could not be written, the next cause is another attempt.
    pub(super) fn report_written(&mut self, now: Instant) -> Remember {
        self.report.written = self.report.causes;
        self.report.writes += 1;
        if self.report.writes == MOST_WRITES {
            let text = format_args!("{MOST_WRITES} reports in a day: no more are written");
            self.journal.write(now, RecordKind::Trouble, "", text);
        }
        Remember::Nothing
    }

    /// A line each; `false`: there is none.
    fn causes(
        &self,
        now: Instant,
        detail: Detail,
        out: &mut dyn Write,
    ) -> Result<bool, fmt::Error> {
        let online = self.is_online();
        let mut any = self.faults(out)?;
        if !online {
            any |= self.not_joined(detail, out)?;
        }
        any |= self.without_lease(now, out)?;
        if let Some(refusal) = self.networks_refusal() {
            write!(out, "{}\r\n", refusal.text)?;
            any = true;
        }
        let long = |since: Instant| now >= since + OFFLINE;
        if !any && self.report.offline.is_some_and(long) {
            out.write_str("No cable is plugged in, and no adapter is in a network.\r\n")?;
            any = true;
        }
        Ok(any)
    }

    /// What access points and servers refuse.
    fn faults(&self, out: &mut dyn Write) -> Result<bool, fmt::Error> {
        let mut any = false;
        for supplicant in self.supplicants() {
            if let Some(fault) = supplicant.fault.as_ref().filter(|fault| fault.is_final()) {
                any = true;
                write!(out, "{}: {fault}. {}\r\n", supplicant.name, fault.cure())?;
            }
        }
        Ok(any)
    }

    /// Why no Wi-Fi adapter is in a network.
    fn not_joined(&self, detail: Detail, out: &mut dyn Write) -> Result<bool, fmt::Error> {
        if self.config.wifi.is_empty() {
            return Ok(false);
        }
        let mut any = false;
        let wifi = |link: &&Link| {
            let ours = self.is_present_member(link.index) || own_link(&self.config, link).is_some();
            link.facts.is_wifi() && ours
        };
        let mut adapters = self.observed.links().filter(wifi).peekable();
        if adapters.peek().is_none() && self.observed.is_complete() {
            out.write_str(
                "No Wi-Fi adapter that the file means was found. Is it plugged in? \
                 If it is, its driver or its firmware may be missing: `wifibond doctor` says more.\r\n",
            )?;
            return Ok(true);
        }
        let mut heard = Neighbourhood::default();
        // Adapters that seek share the channels: each knows a part.
        let seeking = self.supplicants().filter(|s| s.finds_none());
        for its in seeking.filter_map(|s| s.heard.as_ref()) {
            heard.merge(its);
        }
        for ssid in heard.of_the_file() {
            any = true;
            self.not_joined_though_heard(ssid, out)?;
        }
        let mut missed = false;
        for link in adapters {
            let supplicant = self.supplicant(link.index);
            let Some(supplicant) = supplicant.filter(|s| s.finds_none()) else {
                continue;
            };
            let absent = |network: &&Network| heard.of_the_file().all(|ssid| *ssid != network.ssid);
            let mut absent = networks(&self.config, link).filter(absent).peekable();
            if absent.peek().is_none() {
                continue;
            }
            missed = true;
            write!(out, "{}: none of these networks is in range:", link.name)?;
            absent.try_for_each(|network| write!(out, " {}", Name(&network.ssid)))?;
            out.write_str(
                ". Is the access point on? Compare the name letter by letter: capitals count.",
            )?;
            if supplicant.scan.lacks_5_ghz() {
                out.write_str(" This adapter cannot receive 5 GHz.")?;
            }
            out.write_str("\r\n")?;
        }
        if missed && detail == Detail::All && heard.names().next().is_some() {
            out.write_str("In range, the most similar name first:")?;
            heard
                .names()
                .try_for_each(|ssid| write!(out, " {}", Name(ssid)))?;
            out.write_str("\r\n")?;
        }
        Ok(any | missed)
    }

    /// A network of the file is in range, and no adapter is in it.
    fn not_joined_though_heard(&self, ssid: &Ssid, out: &mut dyn Write) -> fmt::Result {
        let name = Name(ssid);
        let tried = |s: &&Supplicant| wpa::unescape(s.tried()).as_ref() == Some(ssid);
        let fault = |s: &&Supplicant| tried(s) && s.fault.is_some();
        let Some(supplicant) = self.supplicants().find(fault) else {
            return write!(
                out,
                "{name} is in range, and does not match the file. Compare its security (open, WPA2, WPA3, \
                 a user's name), and `bssid` where that is given.\r\n"
            );
        };
        match &supplicant.fault {
            Some(fault) if !fault.is_final() => {
                let cure = fault.cure();
                write!(out, "{}: {name}: {fault}. {cure}\r\n", supplicant.name)
            }
            // It is among the causes already.
            _ => Ok(()),
        }
    }

    /// Links that ask for an address in vain.
    fn without_lease(&self, now: Instant, out: &mut dyn Write) -> Result<bool, fmt::Error> {
        let mut any = false;
        for link in self.observed.links() {
            let waits = |client: &&Client| {
                let since = client.waiting_since.filter(|_| client.lease().is_none());
                since.is_some_and(|since| now >= since + NO_LEASE)
            };
            let Some(client) = self.dhcp4(&link.name).filter(waits) else {
                continue;
            };
            any = true;
            write!(
                out,
                "{}: no address was had from a DHCP server",
                client.name
            )?;
            if let Some(net) = client.link_local.as_ref().and_then(LinkLocal::net) {
                write!(
                    out,
                    ". A computer on the same cable reaches this one by {}.\r\n",
                    net.address
                )?;
                continue;
            }
            out.write_str(match client.fallback {
                true => ": the fallback address of the file is in use.\r\n",
                false => ". Is the router on? Does it give addresses?\r\n",
            })?;
        }
        Ok(any)
    }
}
