//! Files as people's editors leave them, under a running daemon: a sample of those in
//! `tests/config`, where each stands beside what `check` says of it.

use crate::lab::scene::{SHORT, config};
use crate::lab::{Scene, status, wait_until};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::fs;
use std::os::unix::fs::symlink;

const FILE: &str = "/boot/wifibond.json";
const REPORT: &str = "/boot/wifibond-report.txt";

macro_rules! stored {
    ($($name:literal),+ $(,)?) => {
        &[$((
            include_bytes!(concat!("../config/wrong/", $name, ".json")),
            include_str!(concat!("../config/wrong/", $name, ".expected")),
        )),+]
    };
}

const WRONG: &[(&[u8], &str)] = stored![
    "008-utf16-without-mark",
    "011-nul-filled",
    "017-typographic-close-passphrase",
    "040-quote-inside-passphrase",
    "092-passphrase-octets",
    "210-textedit-smart-quotes",
    "214-notepad-ansi",
    "215-textedit-rtf",
    "230-many-mistakes",
    "231-one-in-each-part",
    "232-more-than-sixteen",
    "237-passphrase-not-closed",
    "245-country-qq",
    "254-adapter-in-three-places",
];

/// `reload`, `check` and the report say the same of each, and the network stays.
#[test]
fn no_wrong_file_harms_a_running_box() {
    let s = Scene::running();
    let before = (s.pi.supplicants(), s.associations());
    let file = s.pi.ns.path(FILE);
    for (bytes, expected) in WRONG {
        fs::write(&file, bytes).expect("a file");
        // Without the file's name.
        let first = expected.lines().next().expect("a line");
        let first = &first[first.find(".json").expect("a name") + ".json".len()..];
        for call in [&["reload"][..], &["check", FILE]] {
            let (code, _, said) = s.pi.wifibond(call);
            assert_eq!(code, 1, "{call:?}: {said}");
            assert!(said.contains(&format!("{FILE}{first}")), "{call:?}: {said}");
        }
        let marks: Vec<&str> = expected.lines().filter(|l| l.starts_with("  ")).collect();
        let place: Vec<&str> = first.split(':').collect();
        let place = format!("Line {}, column {}", place[1], place[2]);
        wait_until("its report", SHORT, || {
            let report = s.pi.ns.read(REPORT).unwrap_or_default();
            let lines: Vec<&str> = report.lines().collect();
            report.contains(&place) && marks.iter().all(|mark| lines.contains(mark))
        });
        let report = s.pi.ns.read(REPORT).unwrap_or_default();
        assert!(!report.contains("s3cret"), "{report}");
    }
    s.answers();
    assert_eq!((s.pi.supplicants(), s.associations()), before);
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let s = Scene::running();
    let file = s.pi.ns.path(FILE);
    fs::remove_file(&file).expect("removed");
    let refused = |words: &str| {
        let (code, _, said) = s.pi.wifibond(&["reload"]);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(words), "{words} in {said}");
    };
    fs::create_dir(&file).expect("a directory");
    refused("this is a directory");
    fs::remove_dir(&file).expect("removed");
    mkfifo(file.as_path(), Mode::S_IRWXU).expect("a pipe");
    refused("this is no regular file");
    fs::remove_file(&file).expect("removed");
    for (target, words) in [
        ("/dev/zero", "this is no regular file"),
        ("wifibond.json", "a link that leads in a circle"),
        ("gone.json", "a link to a file that is not there"),
    ] {
        symlink(target, &file).expect("a link");
        refused(words);
        fs::remove_file(&file).expect("removed");
    }
    let large = fs::File::create(&file).expect("a file");
    large.set_len(2 << 30).expect("a hole");
    refused("larger than 64 KiB");
    s.answers();
}

/// In capitals, with comments, a trailing comma and UTF-16: taken, and said.
#[test]
fn an_odd_file_is_taken_with_its_notices() {
    let s = Scene::running();
    fs::remove_file(s.pi.ns.path(FILE)).expect("removed");
    let text = serde_json::to_string_pretty(&config()).expect("JSON");
    let text = text.strip_suffix("\n}").expect("an object");
    let text = format!("// mine\n{text}, }}\n").replace('\n', "\r\n");
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    let bytes: Vec<u8> = [0xff, 0xfe].into_iter().chain(units).collect();
    fs::write(s.pi.ns.path("/boot/WIFIBOND.JSON"), bytes).expect("a file");
    let (code, said, complaint) = s.pi.wifibond(&["reload"]);
    assert_eq!(code, 0, "{complaint}");
    for words in [
        "WIFIBOND.JSON:1:1: a comment",
        ": a comma after the last element",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
    s.pi.wait("both members", SHORT, |st| {
        status::authorized(st, "wlan0") && status::authorized(st, "wlan1")
    });
    wait_until("no report", SHORT, || s.pi.ns.read(REPORT).is_none());
}
