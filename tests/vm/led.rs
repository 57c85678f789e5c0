//! The LED of the file, and the level of the log.

use crate::lab::scene::{LONG, SHORT, config};
use crate::lab::{Scene, status, wait_until};
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;

// include/uapi/linux/uinput.h, for arm64.
const UI_SET_EVBIT: u64 = 0x4004_5564;
const UI_SET_LEDBIT: u64 = 0x4004_5569;
const UI_DEV_CREATE: u64 = 0x5501;
const EV_LED: i32 = 0x11;
const LED_CAPSL: i32 = 1;
/// Of `struct uinput_user_dev`, which begins with the name.
const USER_DEV: usize = 80 + 8 + 4 + 4 * 64 * 4;

/// A keyboard's LED, which is an LED class device like any other.
struct Keyboard {
    _device: File,
    led: String,
}

impl Keyboard {
    fn new(s: &Scene) -> Keyboard {
        let modules = &["-a", "uinput", "ledtrig_timer"];
        s.pi.ns.run("modprobe", modules);
        let mut device = File::options()
            .write(true)
            .open("/dev/uinput")
            .expect("uinput");
        for (request, value) in [(UI_SET_EVBIT, EV_LED), (UI_SET_LEDBIT, LED_CAPSL)] {
            // SAFETY: both take an int.
            let result = unsafe { nix::libc::ioctl(device.as_raw_fd(), request as _, value) };
            assert_eq!(result, 0);
        }
        let mut description = [0; USER_DEV];
        description[..8].copy_from_slice(b"keyboard");
        device.write_all(&description).expect("a description");
        // SAFETY: it takes nothing.
        let result = unsafe { nix::libc::ioctl(device.as_raw_fd(), UI_DEV_CREATE as _) };
        assert_eq!(result, 0);
        let mut leds = std::fs::read_dir("/sys/class/leds").expect("LEDs");
        let led = leds.find_map(|led| {
            let name = led.expect("an LED").file_name();
            Some(name.to_str()?.to_owned()).filter(|name| name.ends_with("::capslock"))
        });
        Keyboard {
            _device: device,
            led: led.expect("its LED"),
        }
    }

    fn read(&self, file: &str) -> String {
        let path = format!("/sys/class/leds/{}/{file}", self.led);
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.trim().to_owned()
    }

    fn trigger(&self) -> String {
        let all = self.read("trigger");
        all.split(['[', ']']).nth(1).unwrap_or_default().to_owned()
    }

    /// It blinks so, in milliseconds.
    #[track_caller]
    fn blinks(&self, on: &str, off: &str) {
        wait_until(&format!("on for {on} ms, off for {off} ms"), SHORT, || {
            self.trigger() == "timer"
                && (&*self.read("delay_on"), &*self.read("delay_off")) == (on, off)
        });
    }

    #[track_caller]
    fn is_steady(&self) {
        wait_until("steady light", SHORT, || {
            self.trigger() == "none" && self.read("brightness") == self.read("max_brightness")
        });
    }
}

fn with_led(keyboard: &Keyboard) -> Value {
    let mut config = config();
    config["led"] = json!(keyboard.led);
    config
}

#[test]
fn an_led_shows_how_the_box_is() {
    let s = Scene::new();
    let keyboard = Keyboard::new(&s);
    let before = keyboard.trigger();
    s.ap.stop();
    s.pi.start(&with_led(&keyboard));
    keyboard.blinks("100", "1900");
    s.ap.start();
    s.ready();
    keyboard.is_steady();
    // The primary is out of range.
    s.wlan0.out_of_range();
    s.pi.wait("wlan1 active", LONG, |st| status::active(st) == "wlan1");
    keyboard.blinks("1900", "100");
    s.wlan0.in_range();
    s.pi.wait("wlan0 active", LONG, |st| status::active(st) == "wlan0");
    keyboard.is_steady();
    // A file that is wrong.
    s.pi.write_config("{");
    let (code, ..) = s.pi.wifibond(&["reload"]);
    assert_eq!(code, 1);
    keyboard.blinks("100", "100");
    // It is given back with the key, and at the end.
    s.pi.reload_with(&config());
    wait_until("as before", SHORT, || keyboard.trigger() == before);
    s.pi.reload_with(&with_led(&keyboard));
    keyboard.is_steady();
    assert!(s.pi.terminate().success());
    wait_until("as before", SHORT, || keyboard.trigger() == before);
}

#[test]
fn the_log_has_what_the_file_asks_for() {
    let s = Scene::new();
    let mut config = config();
    config["log_level"] = json!("warn");
    s.start(&config);
    let begun = s.pi.log().len();
    let first = s.pi.log();
    config["log_level"] = json!("debug");
    s.pi.reload_with(&config);
    s.ready();
    wait_until("each step", SHORT, || {
        s.pi.log()[begun..].contains("debug: ")
    });
    // Of the start alone: before the file was read.
    let associated = first.matches("info: ").count();
    assert!(associated < 5, "{first}");
}
