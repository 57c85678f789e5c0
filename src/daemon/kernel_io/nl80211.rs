//! nl80211 as the daemon uses it: which links are Wi-Fi, and the settings of their radios.
use super::exchange::exchange;
use super::restore::{DISTANCE, Ledger, POWER_SAVE, RATES};
use crate::daemon::failure;
use crate::engine::contract::action::RadioRequest;
use crate::engine::contract::event::Failure;
use crate::engine::contract::settings::RadioSetting;
use crate::engine::observed::{Index, Medium};
use crate::engine::time::Millis;
use crate::kernel::{self, REQUEST_BYTES, nl80211};
use crate::system::netlink::{Protocol, Requests};
use crate::system::rfkill::Rfkill;

/// Asked so often, should the answer be lost.
const QUESTIONS: usize = 3;
/// A driver that does not answer within this is not asked further.
const ANSWER_WITHIN: Millis = Millis(1_000);

/// Generic netlink with the number of nl80211, where the kernel knows Wi-Fi: the family
/// comes with the first driver.
#[derive(Default)]
pub struct Wifi(Option<(Requests, u16)>);

type Buffer = [u8; REQUEST_BYTES];
/// Writes a request: the family's number, the request's, and where to.
type Write<'w> = dyn Fn(u16, u32, &mut Buffer) -> &[u8] + 'w;

impl Wifi {
    pub fn carry_out(&mut self, request: RadioRequest) -> Result<(), Failure> {
        match request {
            RadioRequest::Set { link, setting } => self.set(link, setting),
            RadioRequest::Restore { link } => self.restore(link),
            RadioRequest::SetCountry { code } => self.set_country(code),
            RadioRequest::CheckCountry { code } => self.check_country(code),
            RadioRequest::Unblock { switch, .. } => Rfkill::open()
                .and_then(|mut device| device.unblock(switch))
                .map_err(Failure::from),
        }
    }

    fn ask(
        &mut self,
        write: &Write<'_>,
        each: &mut dyn FnMut(kernel::Frame<'_>),
    ) -> Result<(), Failure> {
        if self.0.is_none() {
            self.0 = Some(find_nl80211()?);
        }
        let none = || failure(libc::ENOENT, &"the kernel knows no Wi-Fi");
        let (requests, family) = self.0.as_mut().ok_or_else(none)?;
        let mut buffer = [0; REQUEST_BYTES];
        let seq = requests.next_seq();
        let request = write(*family, seq, &mut buffer);
        let answer = exchange(requests, seq, request, ANSWER_WITHIN, each).map(|_| ());
        match answer {
            // The family's number is no longer in use: the module has been removed since.
            Err(e) if e.errno == libc::ENOENT => {
                self.0 = None;
                Err(failure(libc::ESTALE, &"nl80211 has another number now"))
            }
            answer => answer,
        }
    }

    /// ENODEV: nl80211 does not know the interface. Anything else than that and an answer
    /// leaves it open.
    pub fn medium(&mut self, link: Index) -> Medium {
        for _ in 0..QUESTIONS {
            let mut mode = None;
            let answer = self.ask(
                &|family, seq, buffer| nl80211::get_interface(family, link, seq, buffer),
                &mut |frame| mode = mode.or(nl80211::mode(frame.payload, link)),
            );
            match (answer, mode) {
                (Ok(()), Some(mode)) => return Medium::Wifi(mode),
                (Err(e), _) if matches!(e.errno, libc::ENODEV | libc::ENOENT) => {
                    return Medium::Wired;
                }
                (Ok(()), None) => log::warn!("link {link}: is it Wi-Fi? An answer without a mode"),
                (Err(e), _) => log::warn!("link {link}: is it Wi-Fi? {}", e.text),
            }
        }
        Medium::Unknown
    }

    /// How long ago the access point last sent a frame to this station or acknowledged one; `None`:
    /// the driver does not say, or there is no access point.
    pub fn inactive(&mut self, link: Index) -> Result<Option<Millis>, Failure> {
        let mut time = None;
        self.ask(
            &|family, seq, buffer| nl80211::get_stations(family, link, seq, buffer),
            &mut |frame| time = time.or(nl80211::inactive_ms(frame.payload)),
        )?;
        Ok(time.map(|ms| Millis(ms.into())))
    }

    fn power_save(&mut self, link: Index) -> Result<Option<bool>, Failure> {
        let mut state = None;
        self.ask(
            &|family, seq, buffer| nl80211::get_power_save(family, link, seq, buffer),
            &mut |frame| state = state.or(nl80211::power_save(frame.payload)),
        )?;
        Ok(state)
    }

    /// Makes a setting, and notes once how it was before.
    fn set(&mut self, link: Index, setting: RadioSetting) -> Result<(), Failure> {
        let change = match setting {
            RadioSetting::LegacyRates(false) => Some(RATES),
            RadioSetting::CoverageClass(1..) => Some(DISTANCE),
            RadioSetting::PowerSave(_)
            | RadioSetting::LegacyRates(true)
            | RadioSetting::CoverageClass(0) => None,
        };
        self.keep(link, change)?;
        self.make(link, setting)
    }

    fn make(&mut self, link: Index, setting: RadioSetting) -> Result<(), Failure> {
        match setting {
            RadioSetting::PowerSave(on) => self.set_power_save(link, on),
            RadioSetting::LegacyRates(on) => {
                self.tell(&|family, seq, buffer| nl80211::set_rates(family, link, on, seq, buffer))
            }
            RadioSetting::CoverageClass(class) => self.tell(&|family, seq, buffer| {
                nl80211::set_coverage(family, link, class, seq, buffer)
            }),
        }
    }

    fn tell(&mut self, write: &Write<'_>) -> Result<(), Failure> {
        self.ask(write, &mut |_| {})
    }

    /// Read back: some drivers accept it and change nothing.
    fn set_power_save(&mut self, link: Index, on: bool) -> Result<(), Failure> {
        match self.power_save(link) {
            Ok(Some(now)) if now == on => return Ok(()),
            // A driver that knows no power save has none to turn off.
            Err(e) if e.errno == libc::EOPNOTSUPP && !on => return Ok(()),
            Ok(_) => {}
            Err(e) => return Err(e),
        }
        self.tell(&|family, seq, buffer| nl80211::set_power_save(family, link, on, seq, buffer))?;
        match self.power_save(link)? {
            Some(now) if now != on => Err(failure(
                libc::EOPNOTSUPP,
                &"accepted, but power save did not change",
            )),
            _ => Ok(()),
        }
    }

    /// Notes how it was, once, and what is going to be changed.
    fn keep(&mut self, link: Index, change: Option<&str>) -> Result<(), Failure> {
        let mut ledger = Ledger::of(link);
        let known = ledger.has(POWER_SAVE);
        if !known {
            let state = match self.power_save(link) {
                Ok(Some(true)) => "on",
                Ok(Some(false)) => "off",
                Ok(None) | Err(_) => "unknown",
            };
            ledger.add(&format!("{POWER_SAVE} {state}"));
        }
        if let Some(change) = change.filter(|change| !ledger.has(change)) {
            ledger.add(change);
        } else if known {
            return Ok(());
        }
        ledger.write().map_err(Failure::from)
    }

    /// What was changed, and nothing else.
    fn restore(&mut self, link: Index) -> Result<(), Failure> {
        let mut ledger = Ledger::of(link);
        let steps = [
            ledger.has(RATES).then_some(RadioSetting::LegacyRates(true)),
            ledger
                .has(DISTANCE)
                .then_some(RadioSetting::CoverageClass(0)),
            match ledger.lines(POWER_SAVE).next() {
                Some("on") => Some(RadioSetting::PowerSave(true)),
                Some("off") => Some(RadioSetting::PowerSave(false)),
                _ => None,
            },
        ];
        let mut result = Ok(());
        for setting in steps.into_iter().flatten() {
            match self.make(link, setting) {
                // What a driver cannot do, it never did.
                Err(e) if e.errno == libc::EOPNOTSUPP => {}
                // It hangs: the rest would, too.
                Err(e) if e.errno == libc::ETIMEDOUT => {
                    result = Err(e);
                    break;
                }
                Err(e) => result = Err(e),
                Ok(()) => {}
            }
        }
        for word in [POWER_SAVE, RATES, DISTANCE] {
            ledger.remove(word);
        }
        ledger.write()?;
        result
    }

    fn set_country(&mut self, code: [u8; 2]) -> Result<(), Failure> {
        if self.country()? == Some(code) {
            return Ok(());
        }
        self.tell(&|family, seq, buffer| nl80211::set_country(family, code, seq, buffer))
    }

    fn check_country(&mut self, code: [u8; 2]) -> Result<(), Failure> {
        match self.country()? {
            Some(now) if now == code => Ok(()),
            // 98: the intersection of two domains; 99: a driver's own, of an unknown country
            // (is_intersected_alpha2() and is_unknown_alpha2() in net/wireless/reg.c).
            Some([b'9', b'8' | b'9']) => Ok(()),
            _ => Err(failure(0, &"the kernel keeps other rules")),
        }
    }

    fn country(&mut self) -> Result<Option<[u8; 2]>, Failure> {
        let mut code = None;
        self.ask(
            &|family, seq, buffer| nl80211::get_country(family, seq, buffer),
            &mut |frame| code = code.or(nl80211::country(frame.payload)),
        )?;
        Ok(code)
    }
}

/// ENOENT while no Wi-Fi driver is loaded.
fn find_nl80211() -> Result<(Requests, u16), Failure> {
    let mut requests = Requests::open(Protocol::Generic)?;
    let mut buffer = [0; REQUEST_BYTES];
    let seq = requests.next_seq();
    let request = nl80211::find_family(seq, &mut buffer);
    let mut family = None;
    exchange(&mut requests, seq, request, ANSWER_WITHIN, &mut |frame| {
        family = family.or(nl80211::family(frame.payload));
    })?;
    let unnamed = || failure(0, &"the kernel does not tell nl80211's number");
    family.map(|family| (requests, family)).ok_or_else(unnamed)
}
