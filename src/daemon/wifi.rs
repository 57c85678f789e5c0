//! nl80211 as the daemon uses it: which links are Wi-Fi, and the settings of their radios.
//!
//! A file `radio.INDEX` in the run directory says what has to be given back: how power save
//! was before we came (`1`, `0`, or `-` where nobody knows), then `r` if rates were left out
//! and `d` if a distance was set.
use super::kernel_io::exchange;
use super::{failure, marks};
use crate::engine::Engine;
use crate::engine::event::{Event, Failure};
use crate::engine::observed::{Index, Medium};
use crate::engine::radio::Setting;
use crate::kernel::{self, REQUEST_BYTES, nl80211};
use crate::system::netlink::{Protocol, Requests};
use crate::system::{clock, files};

/// Asked so often, should the answer be lost.
const QUESTIONS: usize = 3;
const MARK: &str = "radio.";
/// A driver that does not answer within this is not asked further.
const ANSWER_WITHIN_MS: u64 = 1_000;
const MARK_BYTES: usize = 8;
const RATES: char = 'r';
const DISTANCE: char = 'd';

/// Generic netlink with the number of nl80211, where the kernel knows Wi-Fi: the family
/// comes with the first driver.
#[derive(Default)]
pub struct Wifi(Option<(Requests, u16)>);

type Buffer = [u8; REQUEST_BYTES];
/// Writes a request: the family's number, the request's, and where to.
type Write<'w> = dyn Fn(u16, u32, &mut Buffer) -> &[u8] + 'w;

impl Wifi {
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
        let answer = exchange(requests, seq, request, ANSWER_WITHIN_MS, each).map(|_| ());
        match answer {
            // The number is nobody's any more: the module has been taken out since.
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

    fn power_save(&mut self, link: Index) -> Result<Option<bool>, Failure> {
        let mut state = None;
        self.ask(
            &|family, seq, buffer| nl80211::get_power_save(family, link, seq, buffer),
            &mut |frame| state = state.or(nl80211::power_save(frame.payload)),
        )?;
        Ok(state)
    }

    /// Makes a setting, and notes once how it was before.
    pub fn set(&mut self, link: Index, setting: Setting) -> Result<(), Failure> {
        let letter = match setting {
            Setting::LegacyRates(false) => Some(RATES),
            Setting::CoverageClass(1..) => Some(DISTANCE),
            Setting::PowerSave(_) | Setting::LegacyRates(true) | Setting::CoverageClass(0) => None,
        };
        self.keep(link, letter)?;
        self.make(link, setting)
    }

    fn make(&mut self, link: Index, setting: Setting) -> Result<(), Failure> {
        match setting {
            Setting::PowerSave(on) => self.set_power_save(link, on),
            Setting::LegacyRates(on) => {
                self.tell(&|family, seq, buffer| nl80211::set_rates(family, link, on, seq, buffer))
            }
            Setting::CoverageClass(class) => self.tell(&|family, seq, buffer| {
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
    fn keep(&mut self, link: Index, letter: Option<char>) -> Result<(), Failure> {
        let mark = marks::path(MARK, link);
        let old = files::read(&mark, MARK_BYTES).ok();
        let mut text = match old.as_deref().map(String::from_utf8_lossy) {
            Some(text) => text.into_owned(),
            None => String::from(match self.power_save(link) {
                Ok(Some(true)) => "1",
                Ok(Some(false)) => "0",
                Ok(None) | Err(_) => "-",
            }),
        };
        if let Some(letter) = letter.filter(|letter| !text.contains(*letter)) {
            text.push(letter);
        } else if old.is_some() {
            return Ok(());
        }
        files::write_atomic(&mark, text.as_bytes(), 0o600).map_err(|e| failure(e.errno, &e))
    }

    /// What was changed, and nothing else.
    pub fn restore(&mut self, link: Index) -> Result<(), Failure> {
        let mark = marks::path(MARK, link);
        let was = files::read(&mark, MARK_BYTES).unwrap_or_default();
        let was = String::from_utf8_lossy(&was);
        let steps = [
            was.contains(RATES).then_some(Setting::LegacyRates(true)),
            was.contains(DISTANCE).then_some(Setting::CoverageClass(0)),
            was.starts_with('1').then_some(Setting::PowerSave(true)),
            was.starts_with('0').then_some(Setting::PowerSave(false)),
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
        files::remove(&mark).map_err(|e| failure(e.errno, &e))?;
        result
    }

    pub fn set_country(&mut self, code: [u8; 2]) -> Result<(), Failure> {
        if self.country()? == Some(code) {
            return Ok(());
        }
        self.tell(&|family, seq, buffer| nl80211::set_country(family, code, seq, buffer))
    }

    pub fn check_country(&mut self, code: [u8; 2]) -> Result<(), Failure> {
        match self.country()? {
            Some(now) if now == code => Ok(()),
            // What an adapter's own country and ours have in common.
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
    let mut requests = Requests::open(Protocol::Generic).map_err(|e| failure(e.errno, &e))?;
    let mut buffer = [0; REQUEST_BYTES];
    let seq = requests.next_seq();
    let request = nl80211::find_family(seq, &mut buffer);
    let mut family = None;
    exchange(
        &mut requests,
        seq,
        request,
        ANSWER_WITHIN_MS,
        &mut |frame| {
            family = family.or(nl80211::family(frame.payload));
        },
    )?;
    let unnamed = || failure(0, &"the kernel does not tell nl80211's number");
    family.map(|family| (requests, family)).ok_or_else(unnamed)
}

/// Tells the engine which radios an earlier daemon changed. Before the links are read: they
/// are kept for it.
pub fn left_over(engine: &mut Engine) {
    marks::each(MARK, &mut |link| {
        let mark = files::read(&marks::path(MARK, link), MARK_BYTES).unwrap_or_default();
        let mark = String::from_utf8_lossy(&mark);
        let changed = Event::RadioChanged {
            link,
            rates: mark.contains(RATES),
            distance: mark.contains(DISTANCE),
        };
        engine.handle(clock::boot_ms(), changed);
    });
}

pub fn clean(engine: &Engine) {
    marks::clean(MARK, engine);
}
