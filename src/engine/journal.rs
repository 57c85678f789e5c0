//! What happened: a ring of records, the newest [`CAPACITY`] of them. The daemon
//! writes each to the log; `wifibond events` shows them.
use crate::config::IfName;
use core::fmt::{self, Write};
use heapless::String;
use std::collections::VecDeque;

/// Records kept.
pub const CAPACITY: usize = 128;

/// A record's text, cut where it does not fit.
pub type Text = String<192>;

/// Formats into a bounded text; what does not fit is cut at a character's border.
pub fn clip<const N: usize>(arguments: fmt::Arguments<'_>) -> String<N> {
    struct Clip<const N: usize>(String<N>);
    impl<const N: usize> Write for Clip<N> {
        fn write_str(&mut self, s: &str) -> fmt::Result {
            for c in s.chars() {
                if self.0.push(c).is_err() {
                    return Err(fmt::Error);
                }
            }
            Ok(())
        }
    }
    let mut out = Clip(String::new());
    let _ = out.write_fmt(arguments);
    out.0
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// The program started, stopped, read its file.
    Program,
    /// An adapter came or went.
    Adapter,
    /// Carrier, authorisation, wrong passphrase.
    Radio,
    /// The active member changed.
    Switch,
    /// No member carries traffic.
    Outage,
    /// A wpa_supplicant died or was restarted.
    Supplicant,
    /// A lease was got, refused, given back or has ended.
    Lease,
    /// Something is refused or failed.
    Trouble,
    /// Notifications were lost and all was read again.
    Resync,
}

impl RecordKind {
    /// The word in `events --json`; stable.
    pub fn word(self) -> &'static str {
        match self {
            RecordKind::Program => "program",
            RecordKind::Adapter => "adapter",
            RecordKind::Radio => "radio",
            RecordKind::Switch => "switch",
            RecordKind::Outage => "outage",
            RecordKind::Supplicant => "supplicant",
            RecordKind::Lease => "lease",
            RecordKind::Trouble => "trouble",
            RecordKind::Resync => "resync",
        }
    }
}

/// The active member changed, or the same one carries traffic again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    pub from: IfName,
    pub to: IfName,
    /// How long no authorised member was active, as the kernel's notifications
    /// tell it. `None` at the first time: nothing was interrupted.
    pub outage_ms: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Counts from 1; a gap means that records fell out of the ring.
    pub number: u32,
    /// Milliseconds since boot.
    pub at_ms: u64,
    pub kind: RecordKind,
    /// The interface it speaks of; empty for the program itself.
    pub link: IfName,
    pub text: Text,
    pub switch: Option<Switch>,
}

#[derive(Debug)]
pub struct Journal {
    /// Has the room for [`CAPACITY`] from the start.
    records: VecDeque<Record>,
    written: u32,
}

impl Default for Journal {
    fn default() -> Self {
        Journal {
            records: VecDeque::with_capacity(CAPACITY),
            written: 0,
        }
    }
}

impl Journal {
    pub fn write(&mut self, now: u64, kind: RecordKind, link: &str, text: fmt::Arguments<'_>) {
        self.push(now, kind, link, text, None);
    }

    pub fn write_switch(&mut self, now: u64, switch: Switch, cause: fmt::Arguments<'_>) {
        let to = switch.to.clone();
        self.push(now, RecordKind::Switch, &to, cause, Some(switch));
    }

    fn push(
        &mut self,
        now: u64,
        kind: RecordKind,
        link: &str,
        text: fmt::Arguments<'_>,
        switch: Option<Switch>,
    ) {
        if self.records.len() >= CAPACITY {
            self.records.pop_front();
        }
        self.written += 1;
        let record = Record {
            number: self.written,
            at_ms: now,
            kind,
            link: IfName::try_from(link).unwrap_or_default(),
            text: clip(text),
            switch,
        };
        self.records.push_back(record);
    }

    /// Records with a number above this one, oldest first.
    pub fn since(&self, number: u32) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(move |r| r.number > number)
    }

    /// How many were ever written.
    pub fn written(&self) -> u32 {
        self.written
    }
}
