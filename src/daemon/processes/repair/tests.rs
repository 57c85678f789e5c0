//! With directories in place of /sys, /dev and the run directory. A FIFO that nobody reads is a
//! driver that hangs: opening it does not end.
use super::*;
use crate::config::IfName;
use crate::system::testing::readable;
use crate::system::usb::testing::Tree;
use std::fs::{self, File};
use std::io::Read;

const START: Instant = Instant::from_ms(1_000);
const PORT: &str = "1-1.2";

fn action(port: &str, measure: UsbMeasure) -> Action {
    Action::Repair {
        link: 3,
        name: IfName::try_from("wlan0").unwrap(),
        port: port.try_into().unwrap(),
        measure,
    }
}

struct World {
    tree: Tree,
    repairs: Repairs,
    told: std::vec::Vec<(Action, Result<(), Failure>)>,
}

impl World {
    fn new(test: &str, limit_s: u32) -> Self {
        let tree = Tree::new(&format!("repair-{test}"));
        let run = format!("{}/run", tree.root);
        fs::create_dir(&run).unwrap();
        let repairs = Repairs {
            usb: tree.usb.clone(),
            directory: run,
            limit_s,
            ..Repairs::default()
        };
        World {
            tree,
            repairs,
            told: std::vec![],
        }
    }

    fn start(&mut self, port: &str, measure: UsbMeasure) -> Result<(), Failure> {
        let port_name = &port.try_into().unwrap();
        self.repairs
            .start(&action(port, measure), port_name, measure, START)
    }

    /// Until the one at this place has ended.
    fn end(&mut self, place: usize) {
        let mut fds = std::vec![];
        self.repairs.interests(&mut |fd, _| fds.push(fd));
        assert!(readable(fds[place], 20_000), "it runs on");
        let told = &mut self.told;
        self.repairs.ended(place, &mut |event| keep(told, event));
        self.repairs.sweep(START);
    }

    fn look(&mut self, now: Instant) {
        let told = &mut self.told;
        self.repairs.look(now, &mut |event| keep(told, event));
    }

    fn hang(&self, path: &str) {
        fs::remove_file(path).unwrap();
        let mode = nix::sys::stat::Mode::S_IRWXU;
        nix::unistd::mkfifo(path, mode).unwrap();
    }

    fn is_noted(&self) -> bool {
        fs::exists(format!("{}/run/unauthorized.{PORT}", self.tree.root)).unwrap()
    }

    fn set_authorized(&self, text: &str) {
        fs::write(self.tree.attribute("authorized"), text).unwrap();
    }

    /// What was told last.
    fn failure(&self) -> &Failure {
        self.told.last().unwrap().1.as_ref().unwrap_err()
    }
}

fn keep(told: &mut std::vec::Vec<(Action, Result<(), Failure>)>, event: Event<'_>) {
    match event {
        Event::Done(action, result) => told.push((action, result)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_rung_that_ends_is_told_with_its_outcome() {
    let mut world = World::new("ends", 20);
    world.start(PORT, UsbMeasure::Replug).unwrap();
    assert!(world.is_noted());
    assert_eq!(world.repairs.poll_at(), Some(START + Millis(20_000)));
    world.end(0);
    assert_eq!(world.told, [(action(PORT, UsbMeasure::Replug), Ok(()))]);
    assert!(!world.is_noted());
    assert!(world.repairs.slots.is_empty());
    assert_eq!(world.repairs.poll_at(), None);
    // A file has no such request.
    world.start(PORT, UsbMeasure::Reset).unwrap();
    world.end(0);
    assert_eq!(world.told[1].0, action(PORT, UsbMeasure::Reset));
    assert_eq!(world.failure().errno, libc::ENOTTY);
    let node = world.tree.node();
    let expected = format!("{node}: USBDEVFS_RESET: Not a typewriter");
    assert!(expected.starts_with(world.failure().text.as_str()));
    // Nothing of a port that is none is left, and nothing is written.
    world.start("../1-1.2", UsbMeasure::Reset).unwrap();
    world.end(0);
    assert_eq!(world.failure().text, "../1-1.2: open: Invalid argument");
}

#[test]
fn a_reset_that_hangs_is_ended_in_time() {
    let mut world = World::new("hangs", 1);
    world.hang(&world.tree.node());
    world.start(PORT, UsbMeasure::Reset).unwrap();
    world.end(0);
    assert_eq!(world.failure().errno, libc::ETIMEDOUT);
    assert_eq!(world.failure().text, "did not end within 1 s");
    // It has ended: the next one is begun.
    world.start(PORT, UsbMeasure::Reset).unwrap();
    world.end(0);
    assert_eq!(world.told.len(), 2);
}

#[test]
fn one_that_does_not_end_keeps_its_place_and_nothing_waits_for_it() {
    let mut world = World::new("stays", 20);
    let path = world.tree.attribute("authorized");
    world.hang(&path);
    world.start(PORT, UsbMeasure::Replug).unwrap();
    world.look(START + Millis(19_999));
    assert!(world.told.is_empty());
    world.look(START + Millis(20_000));
    assert_eq!(world.failure().text, "did not end within 20 s");
    assert_eq!(world.repairs.poll_at(), None);
    let busy = world.start(PORT, UsbMeasure::Reset).unwrap_err();
    assert_eq!(busy.errno, libc::EBUSY);
    // Another device is served meanwhile, and a third one refused.
    world.start("1-1.3", UsbMeasure::Reset).unwrap();
    let full = world.start("1-1.4", UsbMeasure::Reset).unwrap_err();
    assert_eq!(full.errno, libc::EBUSY);
    world.end(1);
    assert_eq!(world.failure().errno, libc::ENOENT);
    assert!(world.is_noted());
    // The driver goes on: so does the process, to its end, and it is told once alone.
    let mut written = std::string::String::new();
    let mut fifo = File::open(&path).unwrap();
    while written != "01" {
        fifo.read_to_string(&mut written).unwrap();
    }
    drop(fifo);
    fs::remove_file(&path).unwrap();
    world.set_authorized("1\n");
    world.end(0);
    assert_eq!(world.told.len(), 2);
    assert!(!world.is_noted());
    assert!(world.repairs.slots.is_empty());
}

#[test]
fn a_device_left_without_drivers_is_given_them_again() {
    let mut world = World::new("left", 20);
    let note = format!("{}/run/unauthorized.{PORT}", world.tree.root);
    fs::write(&note, "").unwrap();
    world.set_authorized("0\n");
    world.repairs.give_back(START, true);
    assert_eq!(world.repairs.slots.len(), 1);
    world.end(0);
    let text = fs::read_to_string(world.tree.attribute("authorized")).unwrap();
    assert_eq!(text, "1\n");
    assert!(!world.is_noted());
    // Nobody asked for it.
    assert!(world.told.is_empty());
    // Without a file it is somebody else's doing, and left so.
    world.set_authorized("0\n");
    world.repairs.give_back(START, true);
    assert!(world.repairs.slots.is_empty());
    // Of a device that is gone there is nothing to be given back.
    fs::write(&note, "").unwrap();
    fs::remove_dir_all(format!("{}/sys/1-1.2", world.tree.root)).unwrap();
    world.repairs.give_back(START, true);
    assert!(world.repairs.slots.is_empty() && !world.is_noted());
}

#[test]
fn a_device_that_cannot_be_given_back_is_tried_again_a_minute_later() {
    let mut world = World::new("again", 20);
    let note = format!("{}/run/unauthorized.{PORT}", world.tree.root);
    fs::write(&note, "").unwrap();
    world.set_authorized("0\n");
    world.repairs.give_back(START, false);
    assert!(world.repairs.slots.is_empty() && world.is_noted());
    assert_eq!(world.repairs.poll_at(), Some(START + AGAIN));
    world.look(START + Millis(59_999));
    assert!(world.repairs.slots.is_empty());
    world.look(START + AGAIN);
    world.end(0);
    assert!(!world.is_noted());
    assert_eq!(world.repairs.poll_at(), None);
}

#[test]
fn a_replug_whose_process_is_killed_is_completed() {
    let mut world = World::new("killed", 20);
    let path = world.tree.attribute("authorized");
    world.hang(&path);
    world.start(PORT, UsbMeasure::Replug).unwrap();
    world.repairs.slots[0].call.kill();
    assert!(readable(&world.repairs.slots[0].call, 20_000));
    // As it is between the two.
    fs::remove_file(&path).unwrap();
    world.set_authorized("0\n");
    world.end(0);
    let why = "its process was ended by signal 9";
    assert_eq!(world.failure().text, why);
    assert_eq!(
        world.repairs.slots[0].step,
        Step::SwitchOn(Switch::Authorized)
    );
    world.end(0);
    assert_eq!(fs::read_to_string(&path).unwrap(), "1\n");
    assert!(!world.is_noted() && world.repairs.slots.is_empty());
}

#[test]
fn a_missing_right_is_named() {
    let text = |errno| {
        let error = crate::system::Error {
            call: "open",
            errno,
        };
        let path = "/sys/bus/usb/devices/1-1.4.3/authorized".into();
        let (number, text) = told(Err(Fault { path, error })).unwrap_err();
        assert_eq!(number, errno);
        // All of it is shown.
        assert_eq!(failure(number, &text).text, text.as_str());
        text
    };
    assert!(text(libc::EACCES).ends_with("(60-wifibond.rules gives it)"));
    assert!(text(libc::EPERM).contains("DeviceAllow="));
    assert!(text(libc::EROFS).contains("ReadWritePaths="));
    assert!(text(libc::ENODEV).ends_with("open: No such device"));
}

#[test]
fn a_port_left_without_power_is_given_it_again() {
    let mut world = World::new("power", 20);
    let path = world.tree.port();
    let note = format!("{}/run/unpowered.{PORT}", world.tree.root);
    world.start(PORT, UsbMeasure::Power).unwrap();
    assert!(fs::exists(&note).unwrap());
    world.end(0);
    assert_eq!(world.told, [(action(PORT, UsbMeasure::Power), Ok(()))]);
    assert!(!fs::exists(&note).unwrap());
    // After a crash in between there is no device, and still a port.
    fs::write(&note, "").unwrap();
    fs::write(&path, "1\n").unwrap();
    fs::remove_dir_all(format!("{}/sys/1-1.2", world.tree.root)).unwrap();
    world.repairs.give_back(START, true);
    assert_eq!(world.repairs.slots[0].step, Step::SwitchOn(Switch::Power));
    world.end(0);
    assert_eq!(fs::read_to_string(&path).unwrap(), "0\n");
    assert!(!fs::exists(&note).unwrap() && world.repairs.slots.is_empty());
}
