//! Simulated USB Wi-Fi adapters (`mac80211_hwsim`), plugged and pulled at run time.
//!
//! Facts this rests on (drivers/net/wireless/mac80211_hwsim.c, Linux 6.1):
//! a radio hears those made in the same network namespace, wherever they are moved
//! later; `DEL_RADIO` finds only radios of the namespace it comes from; of two radios
//! those hear each other whose debugfs `group` masks have a bit in common.

use super::{Namespace, Thing, genl};
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;

const FAMILY: &str = "MAC80211_HWSIM";
const NEW_RADIO: u8 = 4;
const DEL_RADIO: u8 = 5;
/// Without a final NUL.
const RADIO_NAME: u16 = 17;
const PERM_ADDR: u16 = 22;
const REG_CUSTOM_REG: u16 = 12;
/// Channels 1 to 11, 14, 36 to 44 and 149 to 165 (`hwsim_world_regdom_custom_01`).
const FEW: u32 = 0;

/// Channels 1 to 11 and 149 to 165 (`hwsim_world_regdom_custom_02`).
const FEWER: u32 = 1;

/// What a radio can tune to: the length of a full scan hangs on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    /// 2.4 and 5 GHz without radar channels: a scan takes a second.
    Few,
    /// The same without 14 and 36 to 48.
    Fewer,
    /// Three bands, as a good adapter: over four seconds.
    All,
}

/// The group every radio starts in, and one that nobody else is in.
const IN_RANGE: &str = "1";
const OUT_OF_RANGE: &str = "2";

/// In dBm, what the radios have when nobody sets it.
const TRANSMIT_POWER: i32 = 20;

/// Where radios are made. The namespace a radio is made in decides, for good, whom it
/// can hear (`hwsim_net_get_netgroup()`), wherever it is moved later.
pub struct Air {
    pub ns: Rc<Namespace>,
    /// Of the radios plugged in from now on.
    pub channels: Cell<Channels>,
}

impl Air {
    pub fn new() -> Rc<Air> {
        Rc::new(Air {
            ns: Namespace::new("air", &[]),
            channels: Cell::new(Channels::Few),
        })
    }
}

pub struct Radio {
    pub mac: String,
    /// The interface's name at the last plug or rename.
    name: RefCell<String>,
    phy: String,
    plugged: Cell<bool>,
    air: Rc<Air>,
    home: Rc<Namespace>,
}

impl Radio {
    /// An adapter in the hand. `phy` is the name of its wireless device.
    pub fn new(air: &Rc<Air>, home: &Rc<Namespace>, phy: &str, mac: &str) -> Radio {
        Radio {
            mac: mac.to_owned(),
            name: RefCell::default(),
            phy: phy.to_owned(),
            plugged: Cell::new(false),
            air: air.clone(),
            home: home.clone(),
        }
    }

    /// Plugs it in: its interface appears at home, under that name from the start.
    #[track_caller]
    pub fn plug(&self, interface: &str) {
        assert!(
            !self.plugged.replace(true),
            "{}: plugged in already",
            self.phy
        );
        let mac = parse_mac(&self.mac);
        let channels = self.air.channels.get();
        let rules = match channels {
            Channels::Fewer => FEWER,
            Channels::Few | Channels::All => FEW,
        };
        let rules = rules.to_ne_bytes();
        let attributes: [genl::Attribute; 3] = [
            (RADIO_NAME, self.phy.as_bytes()),
            (PERM_ADDR, &mac),
            (REG_CUSTOM_REG, &rules),
        ];
        let attributes = match channels {
            Channels::Few | Channels::Fewer => &attributes[..],
            Channels::All => &attributes[..2],
        };
        let made = self
            .air
            .ns
            .inside(|| genl::command(FAMILY, NEW_RADIO, attributes));
        // The acknowledgement carries the radio's number.
        assert!(
            made >= 0,
            "a new radio: {}",
            std::io::Error::from_raw_os_error(-made)
        );
        // The air is empty between two plugs, so the new interface is wlan0 there.
        if interface != "wlan0" {
            self.air.ns.ip(&format!("link set wlan0 name {interface}"));
        }
        self.air.ns.run(
            "iw",
            &["phy", &self.phy, "set", "netns", &self.home.pid.to_string()],
        );
        self.name.replace(interface.to_owned());
    }

    /// Pulls it out.
    #[track_caller]
    pub fn unplug(&self) {
        let gone = self.remove();
        assert_eq!(
            gone,
            0,
            "{}: {}",
            self.phy,
            std::io::Error::from_raw_os_error(-gone)
        );
    }

    /// What udev may do a moment after an adapter appeared. The interface is down then.
    #[track_caller]
    pub fn rename(&self, interface: &str) {
        self.home
            .ip(&format!("link set {} name {interface}", self.interface()));
        self.name.replace(interface.to_owned());
    }

    pub fn interface(&self) -> String {
        self.name.borrow().clone()
    }

    /// Nobody hears it any more, and it hears nobody.
    #[track_caller]
    pub fn out_of_range(&self) {
        self.set("group", OUT_OF_RANGE);
    }

    #[track_caller]
    pub fn in_range(&self) {
        self.set("group", IN_RANGE);
    }

    /// The strength at which others hear it, in dBm: -80 to -1. (hwsim adds the sender's
    /// `rx_rssi` to its transmit power, whatever the name says.)
    #[track_caller]
    pub fn received_at(&self, dbm: i32) {
        // The file takes unsigned numbers only, and makes an int of them.
        self.set(
            "rx_rssi",
            &(i64::from(dbm - TRANSMIT_POWER) as u64).to_string(),
        );
    }

    /// `iw dev … link`: the access point it is associated with, or "Not connected.".
    pub fn association(&self) -> String {
        self.home
            .attempt("iw", &["dev", &self.interface(), "link"])
            .unwrap_or_else(|e| e)
    }

    fn set(&self, knob: &str, value: &str) {
        let file = PathBuf::from(format!(
            "/sys/kernel/debug/ieee80211/{}/hwsim/{knob}",
            self.phy
        ));
        std::fs::write(&file, value).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }

    fn remove(&self) -> i32 {
        if !self.plugged.replace(false) {
            return 0;
        }
        let name: &[(u16, &[u8])] = &[(RADIO_NAME, self.phy.as_bytes())];
        self.home.inside(|| genl::command(FAMILY, DEL_RADIO, name))
    }
}

impl Thing for Radio {
    fn testimony(&self) -> String {
        let plugged = if self.plugged.get() {
            "plugged in"
        } else {
            "pulled out"
        };
        format!(
            "--- adapter {} {} ({plugged})\n{}",
            self.interface(),
            self.mac,
            self.association()
        )
    }

    fn clear(&self) {
        let gone = self.remove();
        if gone != 0 {
            eprintln!(
                "{}: not removed: {}",
                self.phy,
                std::io::Error::from_raw_os_error(-gone)
            );
        }
    }
}

fn parse_mac(text: &str) -> [u8; 6] {
    let mut mac = [0; 6];
    let mut digits = text.split(':');
    for octet in &mut mac {
        *octet = digits
            .next()
            .and_then(|d| u8::from_str_radix(d, 16).ok())
            .expect("a MAC address");
    }
    mac
}
