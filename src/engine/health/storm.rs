//! USB devices that come and go without an end: a driver or a cable that fails makes the kernel
//! enumerate them anew every few seconds. Each time costs a wpa_supplicant and a scan, and helps
//! nobody: such a device is left alone for a time that grows.
use crate::config::IfName;
use crate::engine::journal::{Text, clip};
use crate::engine::observed::Link;
use crate::engine::roles::{self, MAX_PORTS};
use crate::engine::time::{Instant, Millis};
use crate::engine::{Engine, Refusal};
use heapless::{String, Vec};

/// Back so often within [`WITHIN`] is a storm. Each measure of repair makes it once.
const COMES: usize = 6;
const WITHIN: Millis = Millis(60_000);
/// The first time, doubled each time up to the longest.
const FIRST: Millis = Millis(60_000);
const LONGEST: Millis = Millis(3_600_000);
/// So long after the last storm, the next one is the first again.
const CALM: Millis = Millis(3_600_000);

/// The devices, by their ports. Where there is no room, one that is not left alone makes it.
#[derive(Debug, Default)]
pub struct Storms(Vec<Device, { 2 * MAX_PORTS }>);

#[derive(Debug)]
struct Device {
    port: String<31>,
    /// Of its interface.
    name: IfName,
    /// When it came, the last times.
    came: Vec<Instant, COMES>,
    /// It is left alone until then.
    until: Option<Instant>,
    /// When the last of these times ended or ends.
    ended: Instant,
    /// These times in a row.
    storms: u32,
}

impl Device {
    fn came(&mut self, now: Instant) {
        if self.came.is_full() {
            self.came.remove(0);
        }
        let _ = self.came.push(now);
        let first = self.came.first().filter(|_| self.came.is_full());
        let storm = first.is_some_and(|first| now < *first + WITHIN);
        if storm && self.until.is_none() {
            if now >= self.ended + CALM {
                self.storms = 0;
            }
            self.storms += 1;
            let until = now + self.time();
            self.until = Some(until);
            self.ended = until;
        }
    }

    /// From when on it has been there without coming anew.
    fn at_rest(&self) -> Option<Instant> {
        self.came.last().map(|came| *came + WITHIN)
    }

    /// How long it is left alone this time.
    fn time(&self) -> Millis {
        let doublings = self.storms.saturating_sub(1).min(6);
        (FIRST * (1 << doublings)).min(LONGEST)
    }
}

impl Storms {
    fn entry(&mut self, port: &String<31>, name: &IfName) -> Option<&mut Device> {
        if !self.0.iter().any(|device| device.port == *port) {
            if self.0.is_full() {
                let idle = self.0.iter().position(|device| device.until.is_none())?;
                self.0.swap_remove(idle);
            }
            let fresh = Device {
                port: port.clone(),
                name: name.clone(),
                came: Vec::new(),
                until: None,
                ended: Instant::ZERO,
                storms: 0,
            };
            let _ = self.0.push(fresh);
        }
        self.0.iter_mut().find(|device| device.port == *port)
    }

    /// Until when the device of this adapter is left alone.
    pub fn until(&self, link: &Link) -> Option<Instant> {
        let port = link.usb_port.as_ref()?;
        self.0.iter().find(|device| device.port == *port)?.until
    }

    /// When the next of these times ends, or may.
    pub fn poll_at(&self, now: Instant) -> Option<Instant> {
        let left_alone = self.0.iter().filter(|device| device.until.is_some());
        let times = left_alone.flat_map(|device| [device.until, device.at_rest()]);
        times.flatten().filter(|at| *at > now).min()
    }

    /// A person asks for this adapter.
    pub fn end(&mut self, link: &Link) {
        let port = link.usb_port.as_ref();
        let device = self.0.iter_mut().find(|device| Some(&device.port) == port);
        if let Some(device) = device {
            device.until = None;
            device.came.clear();
        }
    }
}

impl Engine {
    /// An adapter is there that was not.
    pub(in crate::engine) fn note_coming(&mut self, now: Instant, link: &Link) {
        let is_member = roles::member_rank(&self.config, link).is_some();
        let port = link.usb_port.as_ref().filter(|_| is_member);
        if let Some(device) = port.and_then(|port| self.storms.entry(port, &link.name)) {
            device.name.clone_from(&link.name);
            device.came(now);
        }
    }

    pub(in crate::engine) fn update_storms(&mut self, now: Instant) {
        // One that has come to rest is better than none.
        let needed = self.failover.now().is_none();
        for device in &mut self.storms.0 {
            let rests = device.at_rest().is_some_and(|at| now >= at);
            device.until = device
                .until
                .filter(|until| now < *until && !(needed && rests));
        }
    }

    /// Its USB device comes and goes without an end.
    pub(in crate::engine) fn is_left_alone(&self, link: &Link) -> bool {
        self.storms.until(link).is_some()
    }

    pub(in crate::engine) fn storm_refusals(&self) -> impl Iterator<Item = Refusal> {
        let left_alone = self.storms.0.iter().filter(|d| d.until.is_some());
        left_alone.map(|device| {
            let minutes = device.time().0 / 60_000;
            let text: Text = clip(format_args!(
                "its USB device comes and goes: it is left alone for {minutes} min; another cable, port or power supply may help"
            ));
            let link = device.name.clone();
            Refusal { link, text }
        })
    }
}
