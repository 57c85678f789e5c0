//! What is known of the radios and their switches, and how it changes.
use super::Done;
use super::{
    Block, COUNTRY_WITHIN, Country, EINVAL, FOUND_WITHIN, Known, PASSING, Settings, is_ours,
};
use crate::engine::Engine;
use crate::engine::contract::action::RadioRequest;
use crate::engine::contract::event::Failure;
use crate::engine::contract::settings::{RadioSetting, Switch};
use crate::engine::interfaces::Interface;
use crate::engine::journal::{RecordKind, clip};
use crate::engine::observed::{Index, Link};
use crate::engine::time::Instant;

impl Engine {
    pub(super) fn switch_of(&self, link: &Link) -> Option<&Known> {
        let number = link.facts.rfkill?;
        let mut switches = self.radios.switches.iter();
        switches.find(|known| known.switch.number == number)
    }

    /// `wifibond member NAME up`: a soft block is lifted, also one that was obeyed so far.
    pub(in crate::engine) fn lift_block(&mut self, link: Index) {
        let number = self.observed.link(link).and_then(|link| link.facts.rfkill);
        let mut switches = self.radios.switches.iter_mut();
        let known = switches.find(|known| Some(known.switch.number) == number);
        if let Some(known) = known.filter(|known| known.switch.soft) {
            (known.obeyed, known.asked) = (false, true);
        }
    }

    pub(in crate::engine) fn blocked(&self, link: &Link) -> Option<Block> {
        let switch = self.switch_of(link)?.switch;
        match (switch.soft, switch.hard) {
            (_, true) => Some(Block::Hard),
            (true, false) => Some(Block::Soft),
            (false, false) => None,
        }
    }

    pub(in crate::engine) fn radios_poll_at(&self) -> Option<Instant> {
        match self.radios.country {
            Country::Asked(at) if !self.is_stopping() => Some(at),
            Country::Asked(_) | Country::Unset | Country::Settled | Country::Ignored => None,
        }
    }

    pub(in crate::engine) fn switch_seen(&mut self, now: Instant, switch: Switch) {
        let switches = &mut self.radios.switches;
        let mut known = switches.iter_mut();
        match known.find(|known| known.switch.number == switch.number) {
            Some(known) if known.switch == switch => return,
            Some(known) => {
                let late = now >= known.found_at + FOUND_WITHIN;
                known.obeyed = switch.soft && (known.obeyed || (!known.switch.soft && late));
                known.asked &= switch.soft;
                known.switch = switch;
            }
            None => {
                let _ = switches.push(Known {
                    switch,
                    found_at: now,
                    obeyed: false,
                    asked: false,
                });
            }
        }
        let mut links = self.observed.links();
        let link = links.find(|link| link.facts.rfkill == Some(switch.number));
        let Some(link) = link.filter(|link| is_ours(self, link)) else {
            return;
        };
        let (index, name) = (link.index, link.name.clone());
        if !switch.soft && !switch.hard {
            // What failed because of it may work now.
            self.retry.forget_link(index);
        }
        let text = match (switch.soft, switch.hard) {
            (_, true) => "switched off by a key or switch of the device (rfkill)",
            (true, false) => "switched off by rfkill",
            (false, false) => "not blocked any more (rfkill)",
        };
        self.journal
            .write(now, RecordKind::Radio, &name, format_args!("{text}"));
    }

    pub(in crate::engine) fn switch_gone(&mut self, number: u32) {
        self.radios
            .switches
            .retain(|known| known.switch.number != number);
    }

    /// The switch of this number; `None`: there is none, or it is not known.
    pub(in crate::engine) fn switch(&self, number: u32) -> Option<Switch> {
        let mut switches = self.radios.switches.iter().map(|known| known.switch);
        switches.find(|switch| switch.number == number)
    }

    /// Whether what the kernel acknowledged has happened: what it tells of switches comes before the
    /// outcome.
    pub(in crate::engine) fn radio_confirmed(&self, request: &RadioRequest) -> Result<(), Failure> {
        match request {
            RadioRequest::Unblock { switch, .. }
                if self.switch(*switch).is_some_and(|s| s.soft) =>
            {
                Err(Failure {
                    errno: 0,
                    text: clip(format_args!("something switches it off again at once")),
                })
            }
            _ => Ok(()),
        }
    }

    /// A link was seen that was there before: what its driver may have forgotten since.
    pub(in crate::engine) fn radio_seen(&mut self, new: &Link) {
        let Some(old) = self.observed.link(new.index) else {
            if new.facts.is_wifi() && self.radios.country == Country::Ignored {
                // Another driver may have rules of its own.
                self.radios.country = Country::Unset;
            }
            return;
        };
        let fell = old.up && !new.up;
        let joined = !self.authorised(old) && self.authorised(new);
        if !fell && !joined {
            return;
        }
        if let Some(Interface { radio, .. }) = self.interfaces.get_mut(new.index) {
            radio.power_save.forget();
            // Joining clears them where the last access point demanded rates of 802.11b.
            radio.legacy_rates.forget();
            if fell {
                radio.coverage.forget();
            }
        }
    }

    /// A file was read: what was refused may be asked for again.
    pub(in crate::engine) fn radios_reconfigured(&mut self, same_country: bool) {
        if !same_country || self.radios.country == Country::Ignored {
            self.radios.country = Country::Unset;
        }
        for Interface { radio, .. } in self.interfaces.iter_mut() {
            radio.power_save.try_again();
            radio.legacy_rates.try_again();
            radio.coverage.try_again();
        }
    }

    pub(super) fn radio_set(&mut self, link: Index, setting: RadioSetting) {
        let Some(interface) = self.interfaces.entry(link) else {
            return;
        };
        let (radio, restore) = (&mut interface.radio, &mut interface.restore);
        restore.radio = true;
        match setting {
            RadioSetting::PowerSave(on) => radio.power_save = Done::Yes(on),
            RadioSetting::LegacyRates(on) => {
                radio.legacy_rates = Done::Yes(on);
                restore.rates = !on;
            }
            RadioSetting::CoverageClass(class) => {
                radio.coverage = Done::Yes(class);
                restore.distance = class != 0;
            }
        }
    }

    /// `true`: the driver cannot, and is not asked again.
    pub(super) fn radio_refused(
        &mut self,
        now: Instant,
        link: Index,
        setting: RadioSetting,
        why: &Failure,
    ) -> bool {
        if PASSING.contains(&why.errno) {
            return false;
        }
        if setting == RadioSetting::LegacyRates(false) && why.errno == EINVAL {
            // The access point demands these rates: they stay while it is joined
            // (`ieee80211_set_bitrate_mask()` in net/mac80211/cfg.c).
            self.radio_set(link, setting);
            return true;
        }
        let Some(Interface { radio, .. }) = self.interfaces.entry(link) else {
            return true;
        };
        match setting {
            RadioSetting::PowerSave(on) => radio.power_save = Done::Cannot(on),
            RadioSetting::LegacyRates(on) => radio.legacy_rates = Done::Cannot(on),
            RadioSetting::CoverageClass(class) => radio.coverage = Done::Cannot(class),
        }
        if let Some(name) = self.observed.link(link).map(|link| link.name.clone()) {
            let text = format_args!("the driver cannot {setting}: {}", why.text);
            self.journal.write(now, RecordKind::Radio, &name, text);
        }
        true
    }

    pub(super) fn radio_restored(&mut self, link: Index) {
        if let Some(interface) = self.interfaces.get_mut(link) {
            interface.radio = Settings::default();
            interface.restore.forget_radio();
        }
    }

    pub(super) fn country_asked(&mut self, now: Instant) {
        self.radios.country = Country::Asked(now + COUNTRY_WITHIN);
    }

    pub(super) fn country_checked(&mut self, now: Instant, kept: bool) {
        self.radios.country = if kept {
            Country::Settled
        } else {
            Country::Ignored
        };
        if !kept && let Some([a, b]) = self.config.country {
            let text = format_args!(
                "the kernel does not take the country {}{}; see `wifibond doctor`",
                char::from(a),
                char::from(b)
            );
            self.journal.write(now, RecordKind::Trouble, "", text);
        }
    }

    /// What is not as the file has it: for `doctor`. Called with each: its kind, what it is about, what
    /// is wrong, and what to do.
    pub fn radio_findings(
        &self,
        find: &mut dyn FnMut(&'static str, &str, core::fmt::Arguments<'_>, &str),
    ) {
        if self.radios.country == Country::Ignored {
            let cure = "install wireless-regdb (regulatory.db), or correct \"country\"";
            let what = format_args!("the kernel does not take it");
            find("country", "country", what, cure);
        }
        for Interface { index, radio, .. } in self.interfaces.iter() {
            let Some(link) = self.observed.link(*index) else {
                continue;
            };
            let cannot = [
                radio.power_save.cannot().map(RadioSetting::PowerSave),
                radio.legacy_rates.cannot().map(RadioSetting::LegacyRates),
                radio.coverage.cannot().map(RadioSetting::CoverageClass),
            ];
            for setting in cannot.into_iter().flatten() {
                let cure = match setting {
                    RadioSetting::PowerSave(_) => {
                        "set it by the driver's module options, or leave power save on"
                    }
                    RadioSetting::LegacyRates(_) => {
                        "write \"legacy_rates\": true, or use an adapter that can"
                    }
                    RadioSetting::CoverageClass(_) => {
                        "take \"distance_m\" out, or use an adapter that can"
                    }
                };
                let driver = &link.facts.driver;
                let what = format_args!("its driver ({driver}) cannot {setting}");
                find("driver", &link.name, what, cure);
            }
        }
    }
}
