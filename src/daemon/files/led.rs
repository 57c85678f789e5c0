//! The LED of the file: patterns that the kernel itself keeps up, by its trigger `timer`
//! (Documentation/leds/leds-class.rst). Written by root: under the init unit by `wifibond publish`.
use super::card::Job;
use super::staging;
use crate::config::LedName;
use crate::engine::status::led::Condition;
use crate::system::{self, files};

const PLACE: &str = "/sys/class/leds";
/// The trigger that it had before; of root alone, as the directory is.
const BEFORE: &str = "/run/wifibond-publish/led";
/// Where there are no units.
const BEFORE_ALONE: &str = "/run/wifibond/led-before";

/// Milliseconds on, and off; 0 off: steady.
fn pattern(condition: Option<Condition>) -> (u32, u32) {
    match condition {
        // The file is wrong, or set aside.
        None => (100, 100),
        Some(Condition::Offline) => (100, 1900),
        Some(Condition::Connecting) => (500, 500),
        Some(Condition::OnBackup) => (1900, 100),
        Some(Condition::Online) => (1000, 0),
    }
}

/// What the LED shows; written when it changes.
#[derive(Debug, Default)]
pub struct Led {
    shown: Option<(LedName, Option<Condition>)>,
    /// What the run before has left is known to be gone, or replaced.
    began: bool,
}

impl Led {
    /// It shows something, or may still show what the run before has left.
    pub fn is_in_use(&self) -> bool {
        self.shown.is_some() || !self.began
    }

    /// `condition`: `None`: the file is wrong.
    pub fn show(&mut self, name: Option<&LedName>, condition: Option<Condition>) {
        let wanted = name.map(|name| (name.clone(), condition));
        let left =
            !core::mem::replace(&mut self.began, true) && staging::staged(staging::LED).is_some();
        if self.shown == wanted && !left {
            return;
        }
        let text = wanted.as_ref().map(|(name, condition)| {
            let (on, off) = pattern(*condition);
            format!("{name} {on} {off}")
        });
        if let Err(e) = staging::stage(staging::LED, text.as_deref().map(str::as_bytes)) {
            log::warn!("{}: {e}", staging::LED);
        }
        self.shown = wanted;
        staging::bring_up_to_date(Job::Do {
            what: "led",
            path: PLACE.into(),
            work: |_| carry_out(),
        });
    }
}

/// Writes what is staged, or gives the LED back. Needs root. What fails is logged, and not tried again: a
/// kernel without that LED, or without the trigger, has none later either.
pub fn carry_out() {
    let staged = staging::staged(staging::LED);
    let text = staged
        .as_deref()
        .and_then(|text| core::str::from_utf8(text).ok());
    if let Err(e) = bring(text) {
        log::warn!("led: {e}");
    }
}

fn note() -> &'static str {
    match files::exists("/run/wifibond-publish") {
        true => BEFORE,
        false => BEFORE_ALONE,
    }
}

fn bring(text: Option<&str>) -> system::Result<()> {
    let before = files::read(note(), 128).ok();
    let before = before.and_then(|text| String::from_utf8(text).ok());
    let before = before.as_deref().and_then(|text| text.split_once(' '));
    let before = before.filter(|(other, _)| is_name(other));
    let mut words = text.unwrap_or_default().split(' ');
    let name = words.next().filter(|name| is_name(name));
    if let Some((other, trigger)) = before.filter(|(other, _)| Some(*other) != name) {
        files::remove(note())?;
        // It may be gone, as one of a keyboard.
        if let Err(e) =
            files::write_in_place(&format!("{PLACE}/{other}/trigger"), trigger.as_bytes())
        {
            log::info!("led {other}: {e}");
        }
    }
    let (Some(name), Some(on), Some(off)) = (name, words.next(), words.next()) else {
        return Ok(());
    };
    let at = |file: &str| format!("{PLACE}/{name}/{file}");
    if before.is_none_or(|(other, _)| other != name) {
        let triggers = files::read(&at("trigger"), 4096)?;
        let triggers = String::from_utf8_lossy(&triggers);
        let chosen = triggers.split(['[', ']']).nth(1).unwrap_or("none");
        files::write_in_memory(note(), format!("{name} {chosen}").as_bytes(), 0o600)?;
    }
    if off == "0" {
        files::write_in_place(&at("trigger"), b"none")?;
        let most = files::read(&at("max_brightness"), 16)?;
        return files::write_in_place(&at("brightness"), most.trim_ascii());
    }
    files::write_in_place(&at("trigger"), b"timer")?;
    files::write_in_place(&at("delay_on"), on.as_bytes())?;
    files::write_in_place(&at("delay_off"), off.as_bytes())
}

/// The text is another user's.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_differ() {
        let all = [
            None,
            Some(Condition::Offline),
            Some(Condition::Connecting),
            Some(Condition::OnBackup),
            Some(Condition::Online),
        ];
        let patterns: std::collections::BTreeSet<_> = all.into_iter().map(pattern).collect();
        assert_eq!(patterns.len(), all.len());
    }

    #[test]
    fn no_name_leads_elsewhere() {
        assert!(is_name("mmc0::") && is_name("ACT"));
        assert!(!is_name("") && !is_name("..") && !is_name("a/b"));
    }
}
