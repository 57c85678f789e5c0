//! An access point: a radio at a LAN and a real hostapd that bridges it in.

use super::lan::BRIDGE;
use super::lan::SINK;
use super::{Air, Lan, Process, Radio, Thing, wait_for, wait_until};
use nix::sys::signal::Signal;
use std::cell::{Cell, RefCell};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

/// hostapd's own answers. The start takes a second on an emulated machine.
const SOON: Duration = Duration::from_secs(20);
/// The same on a channel where it has to listen for radars for a minute first.
const LISTENED: Duration = Duration::from_secs(80);

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Security {
    Open,
    Wpa2,
    Wpa3,
    Mixed,
    /// Open and encrypted.
    Owe,
    /// WPA2 with protected management frames, for which it insists on SHA-256.
    Protected,
    /// IEEE 802.1X, with a server of its own.
    Eap,
}

/// What it says when the kernel refuses its channel, or beacons on it.
const REFUSED: [&str; 2] = [
    "Failed to set beacon parameters",
    "Could not set channel for kernel driver",
];

/// The usual network and its key: in nearly every test hostapd would derive it from the passphrase,
/// which takes the emulated processor a tenth of a second.
const USUAL: ((&[u8], &str), &str) = (
    (b"Hotspot", "correct horse"),
    "e0c6db968c1a574e241ff48270ff22e991040043bbd2b5b90ad51ab9dc364e7c",
);

/// What the access point offers.
#[derive(Clone)]
pub struct Network {
    pub ssid: Vec<u8>,
    pub security: Security,
    pub passphrase: String,
    pub hidden: bool,
    /// In the 2.4 GHz band, or from 36 on at 5 GHz.
    pub channel: u8,
    /// More lines for hostapd.
    pub extra: Vec<String>,
}

impl Network {
    pub fn new(ssid: &str, security: Security, passphrase: &str) -> Network {
        Network {
            ssid: ssid.as_bytes().to_vec(),
            security,
            passphrase: passphrase.to_owned(),
            hidden: false,
            channel: 1,
            extra: Vec::new(),
        }
    }

    pub fn open(ssid: &str) -> Network {
        Network::new(ssid, Security::Open, "")
    }

    pub fn wpa2(ssid: &str, passphrase: &str) -> Network {
        Network::new(ssid, Security::Wpa2, passphrase)
    }

    pub fn ssid(mut self, octets: &[u8]) -> Network {
        self.ssid = octets.to_vec();
        self
    }

    pub fn hidden(mut self) -> Network {
        self.hidden = true;
        self
    }

    pub fn channel(mut self, channel: u8) -> Network {
        self.channel = channel;
        self
    }

    /// In MHz.
    pub fn frequency(&self) -> u32 {
        let channel = u32::from(self.channel);
        match channel {
            0..36 => 2407 + 5 * channel,
            _ => 5000 + 5 * channel,
        }
    }

    /// The access point has to listen for radars first, and to leave when it hears one.
    fn has_radars(&self) -> bool {
        (52..149).contains(&self.channel)
    }

    fn hostapd_lines(&self, directory: &Path) -> String {
        let ssid: String = self
            .ssid
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect();
        // Without 802.11n: its block acknowledgement on simulated radios now and then ends
        // in a receiver that drops everything as old, for ever, with the station authorised
        // and no error (kernel 6.1; most runs of a hundred fail-overs on a busy machine).
        let mut text = format!(
            "ssid2={ssid}\nhw_mode={}\nchannel={}\nieee80211n=0\nwmm_enabled=1\n",
            if self.channel < 36 { "g" } else { "a" },
            self.channel
        );
        if self.has_radars() {
            text += "country_code=BE\nieee80211d=1\nieee80211h=1\n";
        }
        if self.hidden {
            text += "ignore_broadcast_ssid=1\n";
        }
        let (keys, protection) = match self.security {
            Security::Open => return text + &self.extra.join("\n"),
            Security::Owe => ("OWE", 2),
            Security::Protected => ("WPA-PSK-SHA256", 2),
            Security::Eap => ("WPA-EAP", 0),
            Security::Wpa2 => ("WPA-PSK", 0),
            Security::Wpa3 => ("SAE", 2),
            Security::Mixed => ("WPA-PSK SAE", 1),
        };
        text +=
            &format!("wpa=2\nrsn_pairwise=CCMP\nwpa_key_mgmt={keys}\nieee80211w={protection}\n");
        text += &match self.security {
            Security::Eap => super::enterprise::server_lines(directory),
            Security::Owe => String::new(),
            Security::Wpa2 if (&*self.ssid, &*self.passphrase) == USUAL.0 => {
                format!("wpa_psk={}\n", USUAL.1)
            }
            _ => format!("wpa_passphrase={}\n", self.passphrase),
        };
        text + &self.extra.join("\n")
    }
}

pub struct AccessPoint {
    pub name: String,
    pub radio: Radio,
    pub network: RefCell<Network>,
    pub(super) lan: Rc<Lan>,
    hostapd: RefCell<Option<Process>>,
    dir: PathBuf,
    calls: Cell<u32>,
}

impl AccessPoint {
    /// On the air when this returns. `name` is also its interface's.
    pub fn new(
        name: &str,
        air: &Rc<Air>,
        lan: &Rc<Lan>,
        network: Network,
        dir: &Path,
    ) -> AccessPoint {
        let number: u32 = name
            .trim_start_matches(char::is_alphabetic)
            .parse()
            .unwrap_or(0);
        let radio = Radio::new(
            air,
            &lan.ns,
            &format!("radio-{name}"),
            &format!("02:aa:00:00:00:{number:02x}"),
        );
        radio.plug(name);
        let ap = AccessPoint {
            name: name.to_owned(),
            radio,
            network: network.into(),
            lan: lan.clone(),
            hostapd: RefCell::default(),
            dir: dir.to_owned(),
            calls: Cell::new(0),
        };
        ap.start();
        ap
    }

    pub fn bssid(&self) -> &str {
        &self.radio.mac
    }

    /// Switches it on.
    #[track_caller]
    pub fn start(&self) {
        let file = self.dir.join(format!("{}.conf", self.name));
        let head = format!(
            "interface={}\nbridge={BRIDGE}\ndriver=nl80211\nctrl_interface={}\n",
            self.name,
            self.dir.join("hostapd").display()
        );
        std::fs::write(
            &file,
            head + &self.network.borrow().hostapd_lines(&self.dir),
        )
        .expect("hostapd's file");
        let soon = match self.network.borrow().has_radars() {
            true => LISTENED,
            false => SOON,
        };
        // When the last of all radios becomes idle, as this one may by its own set-up, the kernel goes
        // back to the world's rules and then sets the country again (net/wireless/reg.c,
        // restore_regulatory_settings); it refuses beacons in between. An init system would start it again.
        let mut hostapd = self.launch(&file);
        wait_until("an access point on the air", soon, || {
            let running = hostapd.running();
            let log = hostapd.log();
            if !running {
                let refused = REFUSED.iter().any(|words| log.contains(words));
                assert!(refused, "hostapd ended:\n{log}");
                hostapd = self.launch(&file);
            }
            running && log.contains("AP-ENABLED")
        });
        self.hostapd.replace(Some(hostapd));
    }

    fn launch(&self, file: &Path) -> Process {
        let log = self.dir.join(format!("{}.hostapd", self.name));
        let _ = std::fs::remove_file(&log);
        let mut command = self.lan.ns.command("hostapd");
        // -f: a line at a time; its standard output would come in blocks.
        command.arg("-t").arg("-f").arg(&log).arg(file);
        Process::start(command, &log)
    }

    /// Switches it off in order: it says good-bye to its stations.
    #[track_caller]
    pub fn stop(&self) {
        let hostapd = self.hostapd.take().expect("an access point that is on");
        hostapd.terminate(SOON);
    }

    /// Switches it off without a word, as a power cut does: its beacons end.
    #[track_caller]
    pub fn cut_power(&self) {
        // A dying hostapd's interface would still say good-bye: first out of range.
        self.radio.out_of_range();
        self.hostapd
            .take()
            .expect("an access point that is on")
            .kill9();
    }

    /// Back after [`cut_power`](Self::cut_power).
    #[track_caller]
    pub fn restore_power(&self) {
        self.radio.in_range();
        self.start();
    }

    /// hostapd hangs: stations stay, and the kernel goes on to send beacons and to forward
    /// frames, but nobody can join or renew keys.
    #[track_caller]
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Undoes it.
    #[track_caller]
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    #[track_caller]
    fn signal(&self, signal: Signal) {
        let hostapd = self.hostapd.borrow();
        let hostapd = hostapd.as_ref().expect("an access point that is on");
        hostapd.signal(signal);
    }

    pub fn log(&self) -> String {
        self.hostapd
            .borrow()
            .as_ref()
            .map(Process::log)
            .unwrap_or_default()
    }

    #[track_caller]
    pub fn wait_log(&self, text: &str, limit: Duration) {
        wait_for(&format!("{text:?} from hostapd"), limit, || {
            self.log().contains(text).then_some(())
        });
    }

    /// How often this station has associated so far.
    pub fn associations(&self, mac: &str) -> usize {
        self.log()
            .matches(&format!("STA {mac} IEEE 802.11: associated"))
            .count()
    }

    /// Sends this station away; it may come back at once.
    #[track_caller]
    pub fn deauthenticate(&self, mac: &str) {
        assert_eq!(self.ask(&format!("DEAUTHENTICATE {mac}")).trim(), "OK");
    }

    /// Drops this station and does not say so to it: it goes on as if nothing had happened.
    #[track_caller]
    pub fn forget(&self, mac: &str) {
        // Both hostapd and the kernel: alone with its frames, hostapd would answer none of them.
        assert_eq!(self.ask(&format!("DEAUTHENTICATE {mac} tx=0")).trim(), "OK");
    }

    /// Stations that are authorised.
    pub fn stations(&self) -> Vec<String> {
        let dump = self
            .lan
            .ns
            .run("iw", &["dev", &self.name, "station", "dump"]);
        dump.split("Station ")
            .filter(|entry| entry.contains("authorized:\tyes"))
            .filter_map(|entry| entry.split_whitespace().next().map(str::to_owned))
            .collect()
    }

    /// Every station stays associated, and nothing passes any more.
    #[track_caller]
    pub fn drop_frames(&self) {
        self.lan.ns.ip(&format!("link set {} nomaster", self.name));
    }

    /// This station stays associated, and nothing to or from it passes any more. (Frames
    /// to it go to the sink; the port is locked: it takes frames only from stations whose
    /// address the bridge has there.)
    #[track_caller]
    pub fn drop_frames_of(&self, mac: &str) {
        for station in self.stations().iter().filter(|station| *station != mac) {
            self.forward(station, &self.name, &["static"]);
        }
        self.forward(mac, SINK, &["static", "sticky"]);
        self.lan.ns.ip(&format!(
            "link set {} type bridge_slave locked on",
            self.name
        ));
    }

    /// Undoes both. A port that leaves the bridge forgets its lock and its addresses.
    #[track_caller]
    pub fn pass_frames(&self) {
        for port in [SINK, &self.name] {
            self.lan.ns.ip(&format!("link set {port} nomaster"));
            self.lan.ns.ip(&format!("link set {port} master {BRIDGE}"));
        }
    }

    fn forward(&self, mac: &str, port: &str, how: &[&str]) {
        let args = [&["fdb", "replace", mac, "dev", port, "master"], how].concat();
        self.lan.ns.run("bridge", &args);
    }

    /// One question to hostapd over its control socket.
    #[track_caller]
    pub fn ask(&self, question: &str) -> String {
        self.calls.set(self.calls.get() + 1);
        let own = self
            .dir
            .join(format!("{}.ask{}", self.name, self.calls.get()));
        let socket = UnixDatagram::bind(&own).expect("a socket for hostapd's answer");
        socket.set_read_timeout(Some(SOON)).expect("a deadline");
        socket
            .connect(self.dir.join("hostapd").join(&self.name))
            .expect("hostapd's control socket");
        socket.send(question.as_bytes()).expect("asking hostapd");
        let mut answer = [0; 4096];
        let length = socket.recv(&mut answer).expect("hostapd's answer");
        let _ = std::fs::remove_file(own);
        String::from_utf8_lossy(&answer[..length]).into_owned()
    }
}

impl Thing for AccessPoint {
    fn testimony(&self) -> String {
        format!(
            "{}\n--- {}: hostapd\n{}",
            self.radio.testimony(),
            self.name,
            self.log()
        )
    }

    fn clear(&self) {
        self.hostapd.replace(None);
        self.radio.clear();
    }
}
