//! What happened: a ring of records, the newest [`CAPACITY`] of them. The daemon
//! writes each to the log; `wifibond events` shows them.
use super::time::{Instant, Millis};
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

/// What a record is about; `events --json` has it as `kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// The program started, stopped, read its file.
    Program,
    /// An adapter came or went.
    Adapter,
    /// Carrier, authorisation, wrong passphrase.
    Radio,
    /// A member's probes are not answered, or are again.
    Health,
    /// The active member changed.
    Switch,
    /// No member carries traffic.
    Outage,
    /// A wpa_supplicant was started, adopted or ended.
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
            RecordKind::Health => "health",
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
pub struct SwitchRecord {
    /// The member before; empty the first time.
    pub from: IfName,
    /// The member that carries traffic now.
    pub to: IfName,
    /// Milliseconds without an active member that passes traffic: from the first probe that was
    /// not answered, the last frame that its access point sent it or acknowledged before, or the
    /// kernel's notification of the loss, to the notification that another member is active. `None` the first time: nothing was interrupted.
    pub outage_ms: Option<u64>,
    /// Of these until the loss was found. `None`: nothing was lost.
    pub detected_ms: Option<u64>,
    /// From the same beginning until the probed host answered through the new member. `None`: it
    /// has not, or is not probed.
    pub answered_ms: Option<u64>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Counts from 1; a gap means that records fell out of the ring.
    pub number: u32,
    /// When it was written.
    pub at: Instant,
    /// What it is about.
    pub kind: RecordKind,
    /// The interface it is about; empty for the program itself.
    pub link: IfName,
    /// What happened, in English, without the interface.
    pub text: Text,
    /// With [`RecordKind::Switch`] alone.
    pub switch: Option<SwitchRecord>,
}

/// The ring of records, in memory alone.
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
    /// Adds a record, in place of the oldest of a full ring; the text is cut to fit [`Text`].
    pub fn write(&mut self, now: Instant, kind: RecordKind, link: &str, text: fmt::Arguments<'_>) {
        self.push(now, kind, link, text, None);
    }

    /// Adds a record of kind [`RecordKind::Switch`], about the new member.
    pub fn write_switch(&mut self, now: Instant, switch: SwitchRecord, cause: fmt::Arguments<'_>) {
        let to = switch.to.clone();
        self.push(now, RecordKind::Switch, &to, cause, Some(switch));
    }

    fn push(
        &mut self,
        now: Instant,
        kind: RecordKind,
        link: &str,
        text: fmt::Arguments<'_>,
        switch: Option<SwitchRecord>,
    ) {
        if self.records.len() >= CAPACITY {
            self.records.pop_front();
        }
        self.written += 1;
        let record = Record {
            number: self.written,
            at: now,
            kind,
            link: IfName::try_from(link).unwrap_or_default(),
            text: clip(text),
            switch,
        };
        self.records.push_back(record);
    }

    /// The host that is probed has answered through the member of this switch.
    pub fn switch_answered(&mut self, number: u32, ms: u64) {
        let record = self.records.iter_mut().find(|r| r.number == number);
        if let Some(switch) = record.and_then(|record| record.switch.as_mut()) {
            switch.answered_ms = Some(ms);
        }
    }

    /// The outage that this switch ended began so much earlier than its record says.
    pub fn switch_began_earlier(&mut self, number: u32, by: Millis) {
        let record = self.records.iter_mut().find(|r| r.number == number);
        if let Some(switch) = record.and_then(|record| record.switch.as_mut()) {
            let times = [
                &mut switch.outage_ms,
                &mut switch.detected_ms,
                &mut switch.answered_ms,
            ];
            for time in times.into_iter().flatten() {
                *time += by.0;
            }
        }
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
