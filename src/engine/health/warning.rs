//! Messages of the kernel that an adapter is failing: a first sign. Whether traffic passes it is
//! asked at once, and only the answer decides.
use crate::engine::Engine;
use crate::engine::contract::event::Warning;
use crate::engine::observed::{Index, Link};
use crate::engine::roles::MAX_PORTS;
use crate::engine::time::{Instant, Millis};
use heapless::Vec;

/// A driver that fails repeats itself: one message of an adapter counts, and no other for so long.
const ONE_IN: Millis = Millis(10_000);
/// Some drivers say such things of adapters that work: while it goes on, the time is doubled up to this.
const LONGEST: Millis = Millis(600_000);

/// A message of the kernel that counted.
#[derive(Debug, Clone, Copy)]
pub struct Warned {
    at: Instant,
    /// No other one counts for so long.
    pause: Millis,
}

impl Warned {
    /// Another one came; `None`: it does not count.
    fn next(last: Option<Warned>, now: Instant) -> Option<Warned> {
        let pause = match last {
            Some(last) if now < last.at + last.pause => return None,
            Some(last) if now < last.at + last.pause * 2 => (last.pause * 2).min(LONGEST),
            Some(_) | None => ONE_IN,
        };
        Some(Warned { at: now, pause })
    }
}

impl Engine {
    /// `false`: nothing that decisions follow from has changed.
    pub(in crate::engine) fn warned(&mut self, now: Instant, warning: Warning<'_>) -> bool {
        let mut counts = false;
        for index in self.named_in(warning) {
            let Some(interface) = self.interfaces.get_mut(index) else {
                continue;
            };
            let health = &mut interface.health;
            let Some(warned) = Warned::next(health.warned, now) else {
                continue;
            };
            health.warned = Some(warned);
            if let Some(prober) = &mut health.prober {
                prober.hurry(now);
            }
            counts = true;
            let text = format_args!("the kernel says \"{}\"", warning.text);
            self.note_health(now, index, text);
        }
        counts
    }

    fn named_in(&self, warning: Warning<'_>) -> Vec<Index, MAX_PORTS> {
        let links = self.present_members();
        let named = links.iter().filter(|link| names(warning, link));
        let named: Vec<Index, MAX_PORTS> = named.map(|link| link.index).collect();
        // A driver that names no device: it is the only one that it has.
        let driver = warning
            .text
            .split_once(':')
            .map_or("", |(driver, _)| driver);
        let mut of_driver = links.iter().filter(|link| link.facts.driver == driver);
        match (named.is_empty(), of_driver.next(), of_driver.next()) {
            (true, Some(only), None) if !driver.is_empty() => {
                core::iter::once(only.index).collect()
            }
            _ => named,
        }
    }
}

/// By its number, its name, its USB port or its radio.
fn names(warning: Warning<'_>, link: &Link) -> bool {
    let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let port = link.usb_port.as_deref();
    let mut words = warning.text.split(|c| !of_name(c));
    if words.any(|word| word == link.name || Some(word) == port) || warning.radio_of == link.name {
        return true;
    }
    let device = warning.device.unwrap_or_default();
    match (device.strip_prefix("+usb:"), device.strip_prefix('n')) {
        (Some(usb), _) => usb.split(':').next() == port,
        (None, Some(number)) => number.parse() == Ok(link.index),
        (None, None) => false,
    }
}
