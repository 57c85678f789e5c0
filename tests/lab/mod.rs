//! The laboratory: boxes, adapters, access points and cables for the tests that run
//! as root inside the virtual machine (see `architecture.md`, Tests).
//!
//! Everything a test makes belongs to its [`Lab`]: the handles it hands out may be
//! dropped or kept, nothing happens to the things themselves. When the test ends,
//! well or badly, the lab takes all of it away again. After a failure it first
//! prints what each thing has to say: wifibond, hostapd, the kernel.
//!
//! Tests take turns, because they share one kernel and its clock.
//! There is no way to skip: what cannot be made panics, and the test fails.

// The tests and each benchmark use their own part of the laboratory.
#![allow(dead_code, unused_imports)]

mod access_point;
pub mod arp;
pub mod enterprise;
pub mod fake_dhcp;
mod flood;
pub mod gateway;
mod genl;
pub mod health;
mod lan;
pub mod leasing;
pub mod measure;
mod namespace;
pub mod path;
pub mod pi;
mod pinger;
mod plain;
mod process;
mod radio;
pub mod rtnl;
pub mod scene;
pub mod status;
pub mod trials;
mod wait;

pub use access_point::{AccessPoint, Network, Security};
pub use enterprise::Authenticator;
pub use fake_dhcp::{FakeDhcp, ServerBehaviour};
pub use flood::Flood;
pub use lan::{Cable, Lan};
pub use leasing::{RANGE, one_line};
pub use measure::{Memory, Wakeups};
pub use namespace::Namespace;
pub use path::{Fault, Way};
pub use pi::Pi;
pub use pinger::{Pinger, Pings};
pub use plain::{Plain, Supplicant};
pub use process::Process;
pub use radio::{Air, Channels, Radio};
pub use scene::Scene;
pub use wait::{wait_for, wait_until};

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::process::Command;
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Whose turn it is. A failed test poisons it, which concerns nobody else.
static TURN: Mutex<()> = Mutex::new(());

/// Something a lab owns.
pub trait Thing {
    /// What it has to say after a failure.
    fn testimony(&self) -> String;
    /// Takes it away. Never panics: it may run while another panic unwinds.
    fn clear(&self);
}

/// One test's laboratory.
pub struct Lab {
    name: String,
    /// Logs and sockets. Outside every box's `/tmp`, seen by the test alone.
    dir: PathBuf,
    air: Rc<Air>,
    things: RefCell<Vec<Rc<dyn Thing>>>,
    serial: Cell<u32>,
    _turn: MutexGuard<'static, ()>,
}

impl Lab {
    /// Waits for its turn, then starts with nothing.
    pub fn new() -> Lab {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let name = std::thread::current().name().unwrap_or("main").to_owned();
        let dir = PathBuf::from(format!(
            "/tmp/lab-{}-{}",
            std::process::id(),
            name.replace("::", "-")
        ));
        std::fs::create_dir_all(&dir).expect("a directory for the logs");
        std::fs::write("/dev/kmsg", kernel_mark(&name)).expect("/dev/kmsg takes a mark");
        Lab {
            air: Air::new(),
            things: RefCell::default(),
            serial: Cell::new(0),
            _turn: turn,
            name,
            dir,
        }
    }

    /// What radios plugged in from now on can tune to. At first: few channels.
    pub fn set_channels(&self, channels: Channels) {
        self.air.channels.set(channels);
    }

    /// A Raspberry Pi without any adapter.
    pub fn pi(&self) -> Rc<Pi> {
        self.keep(Pi::new(&self.dir))
    }

    /// A local network whose gateway has `address`, for example `192.168.43.1/24`.
    pub fn lan(&self, address: &str) -> Rc<Lan> {
        let name = format!("lan{}", self.next());
        self.keep(Lan::new(&name, address, &self.dir))
    }

    /// An access point that bridges `network` into `lan`. On the air when this returns.
    pub fn access_point(&self, lan: &Rc<Lan>, network: Network) -> Rc<AccessPoint> {
        let name = format!("ap{}", self.next());
        self.keep(AccessPoint::new(&name, &self.air, lan, network, &self.dir))
    }

    /// A simulated adapter, plugged into `home` under the name `interface`.
    pub fn radio(&self, home: &Rc<Namespace>, interface: &str, mac: &str) -> Rc<Radio> {
        let phy = format!("radio{}", self.next());
        let radio = self.keep(Radio::new(&self.air, home, &phy, mac));
        radio.plug(interface);
        radio
    }

    /// A cable between `lan` and the Pi's `interface`, plugged in.
    pub fn cable(&self, lan: &Rc<Lan>, pi: &Pi, interface: &str) -> Rc<Cable> {
        let name = format!("cable{}", self.next());
        self.keep(Cable::new(&name, lan, &pi.ns, interface))
    }

    /// An authenticator at the LAN's end of a cable.
    pub fn authenticator(&self, lan: &Lan, cable: &Cable) -> Rc<Authenticator> {
        self.keep(Authenticator::new(lan, cable, &self.dir))
    }

    /// A network namespace for whatever else a test needs.
    pub fn namespace(&self, name: &str) -> Rc<Namespace> {
        self.keep_rc(Namespace::new(name, &[]))
    }

    /// The kernel's messages since the test began.
    pub fn kernel_log(&self) -> String {
        kernel_log_since(&self.name)
    }

    fn next(&self) -> u32 {
        self.serial.set(self.serial.get() + 1);
        self.serial.get()
    }

    fn keep<T: Thing + 'static>(&self, thing: T) -> Rc<T> {
        self.keep_rc(Rc::new(thing))
    }

    fn keep_rc<T: Thing + 'static>(&self, thing: Rc<T>) -> Rc<T> {
        self.things.borrow_mut().push(thing.clone());
        thing
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let things = self.things.take();
        if std::thread::panicking() {
            for thing in &things {
                eprintln!("{}", thing.testimony());
            }
            eprintln!("--- kernel\n{}", kernel_log_since(&self.name));
        }
        for thing in things.iter().rev() {
            thing.clear();
        }
        self.air.ns.clear();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn kernel_mark(test: &str) -> String {
    format!("<6>wifibond lab: {test} begins")
}

/// The kernel's log since the test began.
fn kernel_log_since(test: &str) -> String {
    let Ok(output) = Command::new("dmesg").output() else {
        return "dmesg cannot be run".to_owned();
    };
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    let mark = kernel_mark(test);
    let from = log.rfind(&mark[3..]).unwrap_or(0);
    log[from..].to_owned()
}
