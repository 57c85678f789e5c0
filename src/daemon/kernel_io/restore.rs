//! The ledger of what was changed on links and is given back, also after a crash: a file
//! `restore.INDEX` in the run directory for each link, a line for each change.
//!
//! | line | what was changed |
//! | --- | --- |
//! | `up` | it was up, and was set down to become a member |
//! | `ipv6` | its IPv6 was turned off |
//! | `sysctl FAMILY NAME VALUE` | a sysctl, which had this value |
//! | `power-save STATE` | its radio; power save was `on`, `off` or `unknown` |
//! | `rates` | rates of its radio were left out |
//! | `distance` | a distance was set on its radio |
use super::link_files;
use crate::daemon::engine::Tell;
use crate::engine::Engine;
use crate::engine::contract::event::{Event, Failure};
use crate::engine::contract::settings::Restore;
use crate::engine::observed::Index;
use crate::system::{self, files};

const PREFIX: &str = "restore.";
const MAX_BYTES: usize = 1024;

/// Of a link that was up.
pub const UP: &str = "up";
/// Of IPv6 that was turned off.
pub const IPV6: &str = "ipv6";
/// Of a sysctl that was changed.
pub const SYSCTL: &str = "sysctl";
/// Of a radio: power save as it was.
pub const POWER_SAVE: &str = "power-save";
/// Of a radio: rates left out.
pub const RATES: &str = "rates";
/// Of a radio: a distance set.
pub const DISTANCE: &str = "distance";

/// The lines of one link.
pub struct Ledger {
    file: String,
    text: String,
}

impl Ledger {
    /// Empty where nothing was changed yet.
    pub fn of(link: Index) -> Ledger {
        let file = link_files::path(PREFIX, link);
        let bytes = files::read(&file, MAX_BYTES).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ledger { file, text }
    }

    /// What follows the word in each of its lines.
    pub fn lines<'l>(&'l self, word: &'l str) -> impl Iterator<Item = &'l str> {
        let lines = self.text.lines();
        lines.filter_map(move |line| {
            let rest = line.strip_prefix(word)?;
            match rest.is_empty() {
                true => Some(rest),
                false => rest.strip_prefix(' '),
            }
        })
    }

    /// Whether a line begins with this word.
    pub fn has(&self, word: &str) -> bool {
        self.lines(word).next().is_some()
    }

    /// Adds a line; it is on disk after [`Ledger::write`].
    pub fn add(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Removes all lines that begin with this word.
    pub fn remove(&mut self, word: &str) {
        let other = |line: &&str| line.split(' ').next() != Some(word);
        let others = self.text.lines().filter(other);
        self.text = others.flat_map(|line| [line, "\n"]).collect();
    }

    /// Before the change is made: after a crash in between it is given back all the same.
    pub fn write(&self) -> system::Result<()> {
        match self.text.is_empty() {
            true => files::remove(&self.file),
            false => files::write_atomic(&self.file, self.text.as_bytes(), 0o600),
        }
    }

    fn summary(&self) -> Restore {
        Restore {
            was_up: self.has(UP),
            ipv6_off: self.has(IPV6),
            sysctls: self.has(SYSCTL).then_some(None),
            radio: self.has(POWER_SAVE),
            rates: self.has(RATES),
            distance: self.has(DISTANCE),
        }
    }
}

/// Notes that a link was up, or that it is so again.
pub fn note_up(link: Index, was_up: bool) -> Result<(), Failure> {
    let mut ledger = Ledger::of(link);
    ledger.remove(UP);
    if was_up {
        ledger.add(UP);
    }
    ledger.write().map_err(Failure::from)
}

/// Reports what the previous instance changed. To be called before the links are read: a link
/// that does not concern us is kept for it.
pub fn left_over(tell: &mut Tell<'_>) {
    link_files::each(PREFIX, &mut |link| {
        let restore = Ledger::of(link).summary();
        tell(Event::Changed { link, restore });
    });
}

/// Removes the ledgers of links that are gone.
pub fn clean(engine: &Engine) {
    link_files::clean(PREFIX, engine);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(text: &str) -> Ledger {
        Ledger {
            file: String::new(),
            text: text.into(),
        }
    }

    #[test]
    fn each_line_is_one_change() {
        let mut one = ledger("");
        assert_eq!(one.summary(), Restore::default());
        one.add(UP);
        one.add("sysctl ipv6 accept_ra 0");
        one.add("sysctl ipv4 promote_secondaries 1");
        one.add("power-save unknown");
        one.add(RATES);
        let values: Vec<&str> = one.lines(SYSCTL).collect();
        assert_eq!(values, ["ipv6 accept_ra 0", "ipv4 promote_secondaries 1"]);
        assert_eq!(one.lines(POWER_SAVE).next(), Some("unknown"));
        let expected = Restore {
            was_up: true,
            sysctls: Some(None),
            radio: true,
            rates: true,
            ..Restore::default()
        };
        assert_eq!(one.summary(), expected);
        // IPv6 that is off is no sysctl of the others.
        assert!(!one.has(IPV6));
        one.remove(SYSCTL);
        one.remove(UP);
        assert_eq!(one.text, "power-save unknown\nrates\n");
    }

    #[test]
    fn what_makes_no_sense_is_no_change() {
        for text in ["upwards\n", "ip\n", "\n\n", "\u{fffd}\u{fffd}", "sysctls x"] {
            assert_eq!(ledger(text).summary(), Restore::default(), "{text:?}");
        }
    }
}
