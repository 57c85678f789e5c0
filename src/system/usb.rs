//! USB devices by their port, the kernel's name of the device there: `1-1.2`
//! (Documentation/ABI/testing/sysfs-bus-usb).
//!
//! A reset and a change of `authorized` run in the device's drivers and may block without an
//! end: they are for a process of their own. Reading does not wait for a driver.
use super::error::{of, of_nix};
use super::{Error, files};
use core::fmt;
use core::time::Duration;
use nix::errno::Errno;
use nix::libc;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::AsRawFd;

const DEVICES: &str = "/sys/bus/usb/devices";
const NODES: &str = "/dev/bus/usb";
/// `_IO('U', 20)` (include/uapi/linux/usbdevice_fs.h).
const USBDEVFS_RESET: u32 = 0x5514;
/// Between `authorized` 0 and 1: the drivers' interfaces are gone by then, for udev, too.
const PAUSE: Duration = Duration::from_secs(1);
/// Between the power of a port off and on: a device that draws little keeps running on what is left
/// in its capacitors for a while.
const POWER_PAUSE: Duration = Duration::from_secs(3);
/// A number in sysfs.
const MOST_BYTES: usize = 16;

/// A step that failed, and the file that it was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its path; a port that is none, as it was given.
    pub path: String,
    /// What failed.
    pub error: Error,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.error)
    }
}

/// What of a device can be switched off and on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// Its configuration, with all drivers and interfaces (`authorized`).
    Authorized,
    /// The power of its port, which takes it out (`disable`; Linux 6.0 and later).
    Power,
}

/// Where the devices are: in sysfs, and their nodes.
#[derive(Debug, Clone)]
pub struct Usb {
    devices: String,
    nodes: String,
    pause: Duration,
    power_pause: Duration,
}

impl Default for Usb {
    fn default() -> Self {
        Usb {
            devices: DEVICES.into(),
            nodes: NODES.into(),
            pause: PAUSE,
            power_pause: POWER_PAUSE,
        }
    }
}

/// `BUS-PORT.PORT…`: nothing else becomes a path. A root hub, `usb1`, is none.
fn is_port(text: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    match text.split_once('-') {
        Some((bus, ports)) => number(bus) && ports.split('.').all(number),
        None => false,
    }
}

fn fault(path: &str) -> impl Fn(Error) -> Fault {
    move |error| Fault {
        path: path.into(),
        error,
    }
}

fn open(path: &str) -> Result<File, Fault> {
    let opened = OpenOptions::new().write(true).open(path);
    opened.map_err(of("open")).map_err(fault(path))
}

impl Usb {
    /// Resets the device at this port and sets it up as it was. A driver without `pre_reset` and
    /// `post_reset` is taken from the device and probed again. Needs the right to write to the
    /// device's node, no capability.
    pub fn reset(&self, port: &str) -> Result<(), Fault> {
        let (bus, device) = (self.number(port, "busnum")?, self.number(port, "devnum")?);
        let path = format!("{}/{bus:03}/{device:03}", self.nodes);
        let node = open(&path)?;
        // SAFETY: this request takes no argument and touches no memory.
        let done = unsafe { libc::ioctl(node.as_raw_fd(), USBDEVFS_RESET as _) };
        match Errno::result(done) {
            Ok(_) => Ok(()),
            // It was there when its node was opened: it did not come back as it was, and the
            // kernel takes it for pulled out and looks for it again
            // (`usb_reset_and_verify_device()` in drivers/usb/core/hub.c).
            Err(Errno::ENODEV) => Ok(()),
            Err(e) => Err(fault(&path)(of_nix("USBDEVFS_RESET")(e))),
        }
    }

    /// Switches it off, and on again. The second is tried also where the first fails.
    pub fn cycle(&self, port: &str, switch: Switch) -> Result<(), Fault> {
        let off = self.set(port, switch, false);
        if off.is_ok() {
            std::thread::sleep(match switch {
                Switch::Authorized => self.pause,
                Switch::Power => self.power_pause,
            });
        }
        // Its failure leaves the device without a driver: it is the one to be told.
        self.set(port, switch, true).and(off)
    }

    /// Switches it on.
    pub fn switch_on(&self, port: &str, switch: Switch) -> Result<(), Fault> {
        self.set(port, switch, true)
    }

    /// Whether it is switched on; `None`: there is no device, or no such switch. Does not wait for a
    /// driver (`authorized_show()` in drivers/usb/core/sysfs.c takes no lock).
    pub fn is_on(&self, port: &str, switch: Switch) -> Option<bool> {
        let path = self.file(port, switch).ok()?;
        let is_set = number(&path).ok()? != 0;
        Some(is_set == (switch == Switch::Authorized))
    }

    fn set(&self, port: &str, switch: Switch, on: bool) -> Result<(), Fault> {
        let path = self.file(port, switch)?;
        let value = match on == (switch == Switch::Authorized) {
            true => b"1",
            false => b"0",
        };
        let written = open(&path)?.write_all(value);
        written.map_err(of("write")).map_err(fault(&path))
    }

    fn file(&self, port: &str, switch: Switch) -> Result<String, Fault> {
        let own = self.attribute(port, "authorized")?;
        // The port's is its hub's, and stays while the device is gone (drivers/usb/core/port.c).
        Ok(
            match (switch, port.rsplit_once('.'), port.split_once('-')) {
                (Switch::Power, Some((hub, number)), _) => {
                    format!("{}/{hub}:1.0/{hub}-port{number}/disable", self.devices)
                }
                (Switch::Power, None, Some((bus, number))) => {
                    format!("{}/{bus}-0:1.0/usb{bus}-port{number}/disable", self.devices)
                }
                _ => own,
            },
        )
    }

    fn number(&self, port: &str, attribute: &str) -> Result<u16, Fault> {
        number(&self.attribute(port, attribute)?)
    }

    fn attribute(&self, port: &str, attribute: &str) -> Result<String, Fault> {
        match is_port(port) {
            true => Ok(format!("{}/{port}/{attribute}", self.devices)),
            false => Err(fault(port)(invalid("open"))),
        }
    }
}

fn number(path: &str) -> Result<u16, Fault> {
    let bytes = files::read(path, MOST_BYTES).map_err(fault(path))?;
    let number = core::str::from_utf8(&bytes).ok();
    let number = number.and_then(|text| text.trim().parse().ok());
    number.ok_or_else(|| fault(path)(invalid("read")))
}

fn invalid(call: &'static str) -> Error {
    Error {
        call,
        errno: libc::EINVAL,
    }
}

#[cfg(test)]
pub mod testing {
    //! A directory in place of /sys and /dev.
    use super::*;

    /// One device at port 1-1.2, number 4 of bus 1, whose node is an ordinary file.
    pub struct Tree {
        /// The directory of all of it.
        pub root: String,
        /// What finds the device there.
        pub usb: Usb,
    }

    impl Tree {
        /// In a directory of this test's own.
        pub fn new(test: &str) -> Self {
            let root = std::env::temp_dir().join(format!("usb-{test}-{}", std::process::id()));
            let root = root.to_str().unwrap().to_owned();
            let device = format!("{root}/sys/1-1.2");
            std::fs::create_dir_all(&device).unwrap();
            std::fs::create_dir_all(format!("{root}/dev/001")).unwrap();
            for (name, text) in [("busnum", "1\n"), ("devnum", "4\n"), ("authorized", "1\n")] {
                std::fs::write(format!("{device}/{name}"), text).unwrap();
            }
            std::fs::write(format!("{root}/dev/001/004"), "").unwrap();
            let usb = Usb {
                devices: format!("{root}/sys"),
                nodes: format!("{root}/dev"),
                pause: Duration::ZERO,
                power_pause: Duration::ZERO,
            };
            Tree { root, usb }
        }

        /// The path of an attribute of the device.
        pub fn attribute(&self, name: &str) -> String {
            format!("{}/sys/1-1.2/{name}", self.root)
        }

        /// The path of what switches its port, which is made where it is not there.
        pub fn port(&self) -> String {
            let directory = format!("{}/sys/1-1:1.0/1-1-port2", self.root);
            std::fs::create_dir_all(&directory).unwrap();
            let path = format!("{directory}/disable");
            if !std::fs::exists(&path).unwrap() {
                std::fs::write(&path, "0\n").unwrap();
            }
            path
        }

        /// The path of its node.
        pub fn node(&self) -> String {
            format!("{}/dev/001/004", self.root)
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.root);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::Tree;
    use super::*;

    const PORT: &str = "1-1.2";

    fn of(error: Fault) -> (String, &'static str, i32) {
        (error.path, error.error.call, error.error.errno)
    }

    #[test]
    fn a_reset_is_asked_of_the_node_of_the_device_at_the_port() {
        let tree = Tree::new("reset");
        // A file has no such request; the node that was asked is in the error.
        let error = tree.usb.reset(PORT).unwrap_err();
        let words = format!("{}: USBDEVFS_RESET: Not a typewriter", tree.node());
        assert_eq!(error.to_string(), words);
        assert_eq!(of(error), (tree.node(), "USBDEVFS_RESET", libc::ENOTTY));
        std::fs::remove_file(tree.node()).unwrap();
        let error = tree.usb.reset(PORT).unwrap_err();
        assert_eq!(of(error), (tree.node(), "open", libc::ENOENT));
    }

    #[test]
    fn a_device_that_is_gone_or_makes_no_sense_is_an_error_with_its_path() {
        let tree = Tree::new("gone");
        let path = tree.attribute("devnum");
        for (text, call, errno) in [
            ("four\n", "read", libc::EINVAL),
            ("-1\n", "read", libc::EINVAL),
            ("", "read", libc::EINVAL),
            ("123456789012345678\n", "read", libc::EFBIG),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = tree.usb.reset(PORT).unwrap_err();
            assert_eq!(of(error), (path.clone(), call, errno), "{text:?}");
        }
        std::fs::remove_dir_all(format!("{}/sys/1-1.2", tree.root)).unwrap();
        let error = tree.usb.reset(PORT).unwrap_err();
        assert_eq!(of(error), (tree.attribute("busnum"), "open", libc::ENOENT));
        let error = tree.usb.cycle(PORT, Switch::Authorized).unwrap_err();
        let path = tree.attribute("authorized");
        assert_eq!(of(error), (path, "open", libc::ENOENT));
        assert_eq!(tree.usb.is_on(PORT, Switch::Authorized), None);
    }

    #[test]
    fn a_device_is_authorized_again_after_it_was_not() {
        let mut tree = Tree::new("replug");
        let path = tree.attribute("authorized");
        tree.usb.pause = Duration::from_secs(2);
        let (usb, read) = (tree.usb.clone(), || std::fs::read(&path).unwrap());
        let working = std::thread::spawn(move || usb.cycle(PORT, Switch::Authorized));
        while read() != b"0\n" {
            assert!(!working.is_finished(), "it was never taken out");
            std::thread::yield_now();
        }
        assert_eq!(tree.usb.is_on(PORT, Switch::Authorized), Some(false));
        assert_eq!(working.join().unwrap(), Ok(()));
        assert_eq!(read(), b"1\n");
        std::fs::write(&path, "0\n").unwrap();
        tree.usb.switch_on(PORT, Switch::Authorized).unwrap();
        assert_eq!(tree.usb.is_on(PORT, Switch::Authorized), Some(true));
    }

    #[test]
    fn a_port_has_power_again_after_it_had_none() {
        let mut tree = Tree::new("power");
        let error = tree.usb.cycle(PORT, Switch::Power).unwrap_err();
        assert_eq!(
            (error.error.errno, tree.usb.is_on(PORT, Switch::Power)),
            (libc::ENOENT, None)
        );
        let path = tree.port();
        assert_eq!(error.path, path);
        tree.usb.power_pause = Duration::from_secs(2);
        let (usb, read) = (tree.usb.clone(), || std::fs::read(&path).unwrap());
        let working = std::thread::spawn(move || usb.cycle(PORT, Switch::Power));
        while read() != b"1\n" {
            assert!(!working.is_finished(), "it was never off");
            std::thread::yield_now();
        }
        assert_eq!(tree.usb.is_on(PORT, Switch::Power), Some(false));
        assert_eq!(working.join().unwrap(), Ok(()));
        assert_eq!(
            (read(), tree.usb.is_on(PORT, Switch::Power)),
            (b"0\n".to_vec(), Some(true))
        );
        std::fs::write(&path, "1\n").unwrap();
        tree.usb.switch_on(PORT, Switch::Power).unwrap();
        assert_eq!(tree.usb.is_on(PORT, Switch::Power), Some(true));
        // Of a root hub, which is no port itself.
        let file = |port| tree.usb.file(port, Switch::Power).unwrap();
        assert!(file("2-1").ends_with("/sys/2-0:1.0/usb2-port1/disable"));
        assert!(file("1-1.4.3").ends_with("/sys/1-1.4:1.0/1-1.4-port3/disable"));
    }

    #[test]
    fn what_is_no_port_is_no_path() {
        let tree = Tree::new("ports");
        for port in ["1-1", "1-1.2", "2-1.4.3.10"] {
            assert!(is_port(port), "{port}");
        }
        for port in [
            "",
            "1",
            "usb1",
            "1-",
            "-1",
            "1-1.",
            "1-.1",
            "1-1..2",
            "1-1.2/..",
            "../1-1.2",
            "1-1:1.0",
            "1-1-2",
            "1-1\0",
            "1-\u{0661}",
        ] {
            let error = tree.usb.reset(port).unwrap_err();
            assert_eq!(of(error), (port.into(), "open", libc::EINVAL), "{port:?}");
            for switch in [Switch::Authorized, Switch::Power] {
                assert!(tree.usb.cycle(port, switch).is_err(), "{port:?}");
                assert_eq!(tree.usb.is_on(port, switch), None, "{port:?}");
            }
        }
    }
}
