//! Configuration files as people write them: good, odd and wrong. Each odd one in `config/odd` and
//! each wrong one in `config/wrong` stands beside the exact words that its writer gets.
//!
//! `WIFIBOND_BLESS=1` writes these words anew: look at what has changed.
mod meaning;

use meaning::good;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use wifibond::config::{
    self, Config, ConfigErrors, FailOverMac, InForce, Ipv6Mode, Key, Matcher, PrimaryReselect,
    Probe, Security,
};

/// Every secret in the data files is made of this, and nothing else in them is.
const SECRET: &str = "s3cret-horse";

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/config")
        .join(name)
}

/// The files of a folder with one extension, in order.
fn files(name: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder(name)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    files.sort();
    files
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

fn report(bytes: &[u8], errors: &ConfigErrors) -> String {
    let mut report = String::new();
    config::report(
        &mut report,
        "wifibond.json",
        bytes,
        errors,
        InForce::LastGood,
    )
    .unwrap();
    report
}

/// Neither the secret nor a piece of it.
fn assert_no_secret(text: &str, of: &str) {
    for piece in SECRET.as_bytes().windows(4) {
        let piece = std::str::from_utf8(piece).unwrap();
        assert!(!text.contains(piece), "{of}: \"{piece}\" shows in:\n{text}");
    }
}

/// What `wifibond check` says of a wrong file.
fn list(file: &str, bytes: &[u8], errors: &ConfigErrors) -> String {
    let mut list = String::new();
    config::list(&mut list, file, bytes, errors).unwrap();
    list
}

/// What `wifibond check` says of the file: its errors, or its notices.
fn said(file: &str, bytes: &[u8]) -> String {
    match config::read(bytes) {
        Ok(good) => {
            let notices = good.notices.iter();
            let mut text: String = notices.map(|n| format!("{file}:{n}\n")).collect();
            if good.notices.more > 0 {
                text += &format!("and {} more\n", good.notices.more);
            }
            text += &format!("{file}: good\n");
            text
        }
        Err(errors) => list(file, bytes, &errors),
    }
}

/// Each file of the folder gets the words that stand beside it.
fn assert_said(folder: &str, least: usize) {
    let paths = files(folder, "json");
    assert!(paths.len() >= least, "only {} files", paths.len());
    let mut different = String::new();
    for path in &paths {
        let file = name(path);
        let beside = path.with_extension("expected");
        let said = said(file, &fs::read(path).unwrap());
        if std::env::var_os("WIFIBOND_BLESS").is_some() {
            fs::write(&beside, &said).unwrap();
        }
        let expected =
            fs::read_to_string(&beside).unwrap_or_else(|_| panic!("{file} has no .expected file"));
        assert_eq!(folder == "odd", said.ends_with(": good\n"), "{said}");
        if said != expected {
            different += &format!("expected {expected}     got {said}\n");
        }
    }
    assert!(different.is_empty(), "{different}");
}

#[test]
fn each_wrong_file_gets_its_exact_message() {
    assert_said("wrong", 220);
}

#[test]
fn each_odd_file_is_taken_and_gets_its_exact_notices() {
    assert_said("odd", 20);
}

#[test]
fn each_expected_message_has_its_file() {
    for path in files("wrong", "expected")
        .iter()
        .chain(&files("odd", "expected"))
    {
        let is_there = path.with_extension("json").exists();
        assert!(is_there, "{} is left over", name(path));
    }
}

/// Place, reason and cure, the lines of the file and the marks are those of `check`.
#[test]
fn the_report_says_what_check_says_for_windows_and_tells_no_secret() {
    for path in files("wrong", "json") {
        let file = name(&path);
        let bytes = fs::read(&path).unwrap();
        let errors = config::parse(&bytes).unwrap_err();
        let (report, list) = (report(&bytes, &errors), list("F", &bytes, &errors));
        assert_no_secret(&list, file);
        assert_no_secret(&report, file);
        for error in errors.iter() {
            assert!(!error.what.is_empty() && !error.cure.is_empty(), "{file}");
            let place = format!("\nLine {}, column {}", error.line, error.column);
            for words in [&*place, &*error.path, &*error.what, &*error.cure] {
                assert!(report.contains(words), "{words} in {report}");
            }
        }
        for line in list.lines().filter(|line| line.starts_with("  ")) {
            assert!(
                report.contains(&format!("{line}\r\n")),
                "{line} in {report}"
            );
        }
        let bare = report.replace("\r\n", "");
        assert!(!bare.contains(['\r', '\n']), "{file}: a bare CR or LF");
    }
}

#[test]
fn the_whole_report() {
    let bytes = fs::read(folder("wrong/230-many-mistakes.json")).unwrap();
    let errors = config::parse(&bytes).unwrap_err();
    let mut text = String::new();
    config::report(
        &mut text,
        "wifibond.json",
        &bytes,
        &errors,
        InForce::BuiltIn,
    )
    .unwrap();
    let expected = "\
wifibond cannot use wifibond.json.

Line 2, column 14, in country:
  no country has this code
What would be right:
  \"QA\" is Qatar
The place (stars hide what nobody else should read):
    \"country\": \"QQ\",
               ^

Line 3, column 48, in wifi[0].passphrase:
  too short: 6 octets
What would be right:
  a passphrase has 8 to 63
The place:
    \"wifi\": [ { \"ssid\": \"***\", \"passphrase\": \"***\" } ],
                                             ^

Line 5, column 79, in bond.ipv4.routes[0].via:
  this gateway cannot be reached: it is not in 192.168.43.0/24
What would be right:
  write a gateway in that network, or give the block an address in the gateway's
The place:
  \"192.168.43.150/24\"], \"routes\": [ { \"to\": \"default\", \"via\": \"192.168.1.1\" } ] } }
                                                              ^

No file has worked yet: until one does, the box asks for an address
on every cable (DHCP) and does nothing else.
This report goes away with the next good file.
";
    assert_eq!(text.replace("\r\n", "\n"), expected);
}

#[test]
fn a_file_of_an_earlier_version_that_worked_still_works() {
    let file = br#"{ "country": "QQ", "wifi": [ { "ssid": "x", "passphrase": "s3cret-horse" } ] }"#;
    assert!(config::parse(file).is_err());
    let config = config::parse_kept(file).unwrap();
    assert_eq!(config.country, Some(*b"QQ"));
    assert!(config::parse_kept(b"{ \"country\": \"Q\" }").is_err());
}

#[test]
fn the_built_in_default_is_a_cable() {
    let file = br#"{ "bond": { "members": [] } }"#;
    assert!(*config::built_in() == *good(file, "built-in"));
    assert_eq!(config::built_in().links[0].name, Matcher::WiredAny);
}

#[test]
fn what_is_allowed_and_unwise_is_said() {
    let said = |file: &str| said("F", &fs::read(folder("good").join(file)).unwrap());
    assert_eq!(said("smallest.json"), "F: good\n");
    let whole = said("whole.json");
    let place = ": links[0].wired_auth: without `ca_cert`";
    assert!(whole.contains(place), "{place} in {whole}");
}

#[test]
fn every_encoding_of_a_good_file_means_the_same() {
    for path in files("good", "json") {
        let text = fs::read_to_string(&path).unwrap();
        let plain = good(text.as_bytes(), name(&path));
        let windows = text.replace("\r\n", "\n").replace('\n', "\r\n");
        let units = || windows.encode_utf16();
        let encodings = [
            [b"\xef\xbb\xbf", windows.as_bytes()].concat(),
            [
                b"\xff\xfe".to_vec(),
                units().flat_map(u16::to_le_bytes).collect(),
            ]
            .concat(),
            [
                b"\xfe\xff".to_vec(),
                units().flat_map(u16::to_be_bytes).collect(),
            ]
            .concat(),
        ];
        for bytes in encodings {
            assert!(plain == good(&bytes, name(&path)), "{}", name(&path));
        }
    }
}

/// A file with one slip of the finger: taken or refused, never a panic, never a secret.
fn slip(bytes: &[u8], of: &str) {
    let errors = match config::read(bytes) {
        Ok(good) => good.notices,
        Err(errors) => errors,
    };
    let mut last = (1, 1);
    for error in errors.iter() {
        assert!((error.line, error.column) >= last && !error.what.is_empty());
        last = (error.line, error.column);
    }
    assert_no_secret(&list("F", bytes, &errors), of);
}

/// Every place of a file; in the slow emulated machine every hundredth, as the same code
/// meets them all on the workstation.
const STEP: usize = if cfg!(target_env = "musl") { 101 } else { 3 };

#[test]
fn any_byte_may_be_lost() {
    for path in files("good", "json") {
        let bytes = fs::read(&path).unwrap();
        for n in (0..bytes.len()).step_by(STEP) {
            let mut bytes = bytes.clone();
            bytes.remove(n);
            slip(&bytes, name(&path));
            slip(&bytes[..n], name(&path));
        }
    }
}

#[test]
fn any_byte_may_be_too_many() {
    for path in files("good", "json") {
        let bytes = fs::read(&path).unwrap();
        for n in (0..bytes.len()).step_by(STEP) {
            for c in *b"\",:{}[]\\\n 0x" {
                let mut bytes = bytes.clone();
                bytes.insert(n, c);
                slip(&bytes, name(&path));
                bytes.remove(n + 1);
                slip(&bytes, name(&path));
            }
        }
    }
}
