//! Keys of WPA2, derived from their passphrases once.
//!
//! The key is PBKDF2 of HMAC-SHA-1, the passphrase, the SSID and 4096 rounds (IEEE 802.11-2020, J.4.1).
//! wpa_supplicant derives those of all networks of its file at each start and for each adapter, before it
//! scans: 70 ms each on an emulated Pi. So they are derived here, a part at a time so that nothing else
//! waits: at the first start while the adapters are brought up, and a wpa_supplicant that has to wait for
//! the rest would itself have taken as long; for a file that is read later once a network was joined, for
//! the next start. With a key one can join that one network, and nothing more is learned of the
//! passphrase than by its own file: it is kept beside the leases, mode 0600, and never on the boot
//! partition.
//!
//! A file is one line, then one line a key:
//!
//! ```text
//! wifibond keys 1
//! NAME-IN-HEXADECIMAL CHECK KEY
//! ```
use crate::config::{self, Key, Network, Secret, Security, Ssid, hex_octets};
use crate::engine::Engine;
use crate::engine::contract::action::{Action, Store};
use crate::engine::observed::Link;
use crate::engine::roles::network_applies;
use crate::engine::supplicant::{Radio, Supplicant};
use crate::engine::time::{Instant, Millis};
use core::fmt::{self, Write};
use heapless::Vec;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// Of more networks the one that was derived longest ago is left out.
pub const MAX_KEYS: usize = config::MAX_NETWORKS;
/// Octets of the longest file.
pub const FILE_BYTES: usize = FIRST_LINE.len() + 1 + MAX_KEYS * LINE_BYTES;
const LINE_BYTES: usize = 64 + 1 + 2 * CHECK + 1 + 2 * KEY + 1;
const FIRST_LINE: &str = "wifibond keys 1";

/// Octets of a key, of what tells its passphrase, and of a digest (FIPS 180-4).
const KEY: usize = 32;
const CHECK: usize = 8;
const DIGEST: usize = 20;
const ROUNDS: u32 = 4096;
/// So many at once: a 128th of the work, and an eighth where a start waits for it.
const AT_ONCE: u32 = 64;
const AT_ONCE_FIRST: u32 = 1024;
const NEXT_AFTER: Millis = Millis(5);
const NEXT_AFTER_FIRST: Millis = Millis(1);
/// The lease comes first.
const JOINED_FOR: Millis = Millis(10_000);

/// HMAC of SHA-1 with one key (RFC 2104): a clone of it begins after the key's block.
#[derive(Clone)]
struct Keyed(Hmac<Sha1>);

impl Keyed {
    /// `None` never: HMAC takes a key of any length.
    fn new(key: &[u8]) -> Option<Keyed> {
        Hmac::new_from_slice(key).ok().map(Keyed)
    }

    /// Of these texts, one after the other.
    fn digest(&self, texts: &[&[u8]]) -> [u8; DIGEST] {
        let mut one = self.0.clone();
        texts.iter().for_each(|text| one.update(text));
        one.finalize().into_bytes().into()
    }
}

/// Whether a passphrase is the one of a key: only who has the key can tell.
fn check(key: &[u8; KEY], passphrase: &str) -> Option<[u8; CHECK]> {
    let digest = Keyed::new(key)?.digest(&[passphrase.as_bytes()]);
    digest.first_chunk().copied()
}

#[derive(Clone, PartialEq, Eq)]
struct Derived {
    ssid: Ssid,
    check: [u8; CHECK],
    key: [u8; KEY],
}

impl fmt::Debug for Derived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A key that is being derived: PBKDF2 (RFC 8018, 5.2), whose two blocks are worked out one after the
/// other.
struct Work {
    network: (Ssid, Secret<63>),
    keyed: Keyed,
    key: [u8; 2 * DIGEST],
    /// Of this block, the last digest, and the sum of all.
    block: u8,
    last: [u8; DIGEST],
    sum: [u8; DIGEST],
    left: u32,
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "block {}, {} left", self.block, self.left)
    }
}

impl Work {
    fn new(ssid: &Ssid, passphrase: &Secret<63>) -> Option<Work> {
        let keyed = Keyed::new(passphrase.reveal().as_bytes())?;
        let mut work = Work {
            network: (ssid.clone(), passphrase.clone()),
            keyed,
            key: [0; 2 * DIGEST],
            block: 0,
            last: [0; DIGEST],
            sum: [0; DIGEST],
            left: 0,
        };
        work.next_block();
        Some(work)
    }

    fn next_block(&mut self) {
        self.block += 1;
        let number = [0, 0, 0, self.block];
        self.last = self.keyed.digest(&[&self.network.0, &number]);
        self.sum = self.last;
        self.left = ROUNDS - 1;
    }

    /// A part of the work; `Some`: all of it is done.
    fn go_on(&mut self, at_once: u32) -> Option<Derived> {
        let part = self.left.min(at_once);
        for _ in 0..part {
            self.last = self.keyed.digest(&[&self.last]);
            for (sum, last) in self.sum.iter_mut().zip(self.last) {
                *sum ^= last;
            }
        }
        self.left -= part;
        if self.left > 0 {
            return None;
        }
        let done = usize::from(self.block) * DIGEST;
        self.key[done - DIGEST..done].copy_from_slice(&self.sum);
        if self.block == 1 {
            self.next_block();
            return None;
        }
        let key = self.key.first_chunk().copied()?;
        let (ssid, passphrase) = &self.network;
        Some(Derived {
            ssid: ssid.clone(),
            check: check(&key, passphrase.reveal())?,
            key,
        })
    }
}

/// The keys that are known, the newest first.
#[derive(Debug, Default)]
pub struct Keys {
    list: Vec<Derived, MAX_KEYS>,
    /// The file on the card lacks one.
    unsaved: bool,
    work: Option<Work>,
    /// When it goes on.
    next: Instant,
    /// Which network of the file lacks one; `None`: that has to be looked for.
    lacking: Option<Lacking>,
}

#[derive(Debug, Clone, Copy)]
enum Lacking {
    Nothing,
    /// The key of the network at this place.
    At(usize),
}

impl Keys {
    /// None: files are compared without.
    pub const NONE: Keys = Keys {
        list: Vec::new(),
        unsaved: false,
        work: None,
        next: Instant::ZERO,
        lacking: None,
    };

    /// The key of a network with this passphrase, where it is known.
    pub fn of(&self, ssid: &Ssid, passphrase: &str) -> Option<&[u8; KEY]> {
        let mut list = self.list.iter();
        let is = |one: &&Derived| {
            one.ssid == *ssid && check(&one.key, passphrase).as_ref() == Some(&one.check)
        };
        list.find(is).map(|one| &one.key)
    }

    /// Takes in a file, which is older than all that is known. What cannot be read is left out: that
    /// key is derived anew.
    pub fn read(&mut self, text: &str) {
        let mut lines = text.lines();
        if lines.next() != Some(FIRST_LINE) {
            return;
        }
        self.lacking = None;
        for one in lines.filter_map(parse) {
            if !self.list.iter().any(|known| known.ssid == one.ssid) {
                // Of a file that is too long the rest is left out.
                let _ = self.list.push(one);
            }
        }
    }

    /// Writes the file. An error is that of `out`: no room.
    pub fn write(&self, out: &mut dyn Write) -> fmt::Result {
        writeln!(out, "{FIRST_LINE}")?;
        for one in &self.list {
            let parts: [&[u8]; 3] = [&one.ssid, &one.check, &one.key];
            for (part, end) in parts.into_iter().zip([' ', ' ', '\n']) {
                for octet in part {
                    write!(out, "{octet:02x}")?;
                }
                out.write_char(end)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, one: Derived) {
        // One for each network: that of an earlier passphrase is of no use.
        self.list.retain(|known| known.ssid != one.ssid);
        if self.list.is_full() {
            self.list.pop();
        }
        // There is room now.
        let _ = self.list.insert(0, one);
        self.unsaved = true;
        self.lacking = None;
    }

    /// The networks of the file are others.
    pub fn networks_changed(&mut self) {
        self.lacking = None;
    }

    /// The file is being written.
    pub fn saved(&mut self) {
        self.unsaved = false;
    }
}

fn parse(line: &str) -> Option<Derived> {
    let mut words = line.split(' ');
    let (ssid, check, key) = (words.next()?, words.next()?, words.next()?);
    let ssid = config::hex_ssid(ssid)?;
    Some(Derived {
        ssid: words.next().is_none().then_some(ssid)?,
        check: hex_octets::<CHECK>(check)?.into_array().ok()?,
        key: hex_octets::<KEY>(key)?.into_array().ok()?,
    })
}

/// Its passphrase, where a key is derived from it and nothing else needs it.
pub fn passphrase(network: &Network) -> Option<&Secret<63>> {
    match &network.key {
        Key::Passphrase(secret) if network.security == Security::Wpa2 => Some(secret),
        _ => None,
    }
}

impl Engine {
    /// No wpa_supplicant runs, and one is going to: what it would derive first comes first here too.
    fn keys_come_first(&self) -> bool {
        let mut links = self.observed.links();
        let seeks = |link: &Link| self.config.wifi.iter().any(|n| network_applies(n, link));
        self.stopping.is_none()
            && self.supplicants().next().is_none()
            && links.any(|link| link.facts.is_wifi() && seeks(link))
    }

    /// Of a plan: a wpa_supplicant waits for them no longer. `false`: none does.
    pub(super) fn leave_keys_out(&mut self) -> bool {
        let waits = self.waits_for_keys();
        if waits {
            self.keys.work = None;
            self.keys.lacking = Some(Lacking::Nothing);
            self.note_change();
        }
        waits
    }

    /// A wpa_supplicant waits for them.
    pub(super) fn waits_for_keys(&self) -> bool {
        self.keys.work.is_some() && self.keys_come_first()
    }

    /// The first network that lacks its key. Of two of one name the first one alone may have it.
    fn look_for_keyless(&self) -> Lacking {
        let all = &self.config.wifi;
        let lacks = |(at, network): &(usize, &Network)| {
            let secret = passphrase(network);
            let first = || all.iter().take(*at).all(|other| other.ssid != network.ssid);
            let unknown = |secret: &Secret<63>| {
                let key = self.keys.of(&network.ssid, secret.reveal());
                key.is_none()
            };
            secret.is_some_and(|secret| first() && unknown(secret))
        };
        let at = all.iter().enumerate().find(lacks);
        at.map_or(Lacking::Nothing, |(at, _)| Lacking::At(at))
    }

    /// When the work on a key begins.
    fn keys_begin_at(&self) -> Option<Instant> {
        match self.keys.lacking {
            Some(Lacking::At(_)) if self.keys_come_first() => Some(self.keys.next),
            Some(Lacking::At(_)) => {
                let joined = |s: &&Supplicant| s.radio == Radio::Authorised && !s.wired;
                let joined = self.supplicants().filter(joined).map(|s| s.since);
                let begins = joined.min()? + JOINED_FOR;
                Some(begins.max(self.keys.next))
            }
            Some(Lacking::Nothing) | None => None,
        }
    }

    /// When a part of the work is due.
    pub(super) fn keys_poll_at(&self) -> Option<Instant> {
        match &self.keys.work {
            Some(_) => Some(self.keys.next),
            None => self.keys_begin_at(),
        }
    }

    /// Goes on with it.
    pub(super) fn update_keys(&mut self, now: Instant) {
        if self.keys.lacking.is_none() {
            self.keys.lacking = Some(self.look_for_keyless());
        }
        if self.keys_poll_at().is_none_or(|at| now < at) {
            return;
        }
        let first = self.keys_come_first();
        let (at_once, next) = match first {
            true => (AT_ONCE_FIRST, NEXT_AFTER_FIRST),
            false => (AT_ONCE, NEXT_AFTER),
        };
        self.keys.next = now + next;
        if self.keys.work.is_none() {
            self.keys.work = self.next_key();
        }
        let work = self.keys.work.as_mut();
        if let Some(derived) = work.and_then(|work| work.go_on(at_once)) {
            self.keys.add(derived);
            let lacking = self.look_for_keyless();
            self.keys.lacking = Some(lacking);
            // The next one at once: nobody starts between two.
            self.keys.work = first.then(|| self.next_key()).flatten();
        }
    }

    fn next_key(&self) -> Option<Work> {
        let Some(Lacking::At(at)) = self.keys.lacking else {
            return None;
        };
        let network = self.config.wifi.get(at)?;
        Work::new(&network.ssid, passphrase(network)?)
    }

    /// The keys are written when there is another one.
    pub(super) fn next_keys(&self, now: Instant) -> Option<Action> {
        // All in one write.
        let due = self.keys.unsaved && self.keys.work.is_none();
        due.then(|| self.offer(now, Store::Keys))?
    }
}

#[cfg(test)]
mod tests;
