//! Configuration files as people write them, right and wrong. Each wrong one in
//! `config/wrong` stands beside the exact message that its writer gets.
mod meaning;

use meaning::good;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use wifibond::config::{
    self, Config, FailOverMac, InForce, Ipv6Mode, Key, Matcher, PrimaryReselect, Probe, Security,
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

fn report(bytes: &[u8], error: &config::ConfigError) -> String {
    let mut report = String::new();
    config::report(
        &mut report,
        "wifibond.json",
        bytes,
        error,
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

#[test]
fn each_wrong_file_gets_its_exact_message() {
    let wrong = files("wrong", "json");
    assert!(wrong.len() >= 50, "only {} wrong files", wrong.len());
    let mut different = String::new();
    for path in &wrong {
        let file = name(path);
        let expected = fs::read_to_string(path.with_extension("expected"))
            .unwrap_or_else(|_| panic!("{file} has no .expected file"));
        let bytes = fs::read(path).unwrap();
        let said = match config::parse(&bytes) {
            Ok(_) => String::from("(taken for good)\n"),
            Err(error) => format!("{}\n", error.display_with(file)),
        };
        if said != expected {
            different += &format!("expected {expected}     got {said}\n");
        }
    }
    assert!(different.is_empty(), "{different}");
}

#[test]
fn each_expected_message_has_its_file() {
    for path in files("wrong", "expected") {
        assert!(
            path.with_extension("json").exists(),
            "{} is left over",
            name(&path)
        );
    }
}

#[test]
fn the_report_is_for_windows_and_tells_no_secret() {
    for path in files("wrong", "json") {
        let bytes = fs::read(&path).unwrap();
        let error = config::parse(&bytes).unwrap_err();
        let report = report(&bytes, &error);
        assert_no_secret(&error.to_string(), name(&path));
        assert_no_secret(&report, name(&path));
        assert!(report.contains(&*error.what), "{report}");
        let bare = report.replace("\r\n", "");
        assert!(
            !bare.contains(['\r', '\n']),
            "{}: a bare CR or LF",
            name(&path)
        );
    }
}

#[test]
fn the_whole_report() {
    let bytes = fs::read(folder("wrong/151-same-route-twice.json")).unwrap();
    let error = config::parse(&bytes).unwrap_err();
    let mut text = String::new();
    config::report(&mut text, "wifibond.json", &bytes, &error, InForce::BuiltIn).unwrap();
    let expected = "\
wifibond cannot use wifibond.json.

Line 3, column 75, in bond.ipv4.routes[1].metric:
  a second route to 10.1.0.0/16 with metric 100, beside that of bond.ipv4.routes[0]
What would be right:
  the kernel keeps only one of them: give one another metric

The place (stars hide what nobody else should read):
  \"routes\": [ { \"to\": \"10.1.0.0/16\", \"via\": \"192.168.43.1\" }, { \"to\": \"10.1.0.0/16\", \"…
                                                              ^

No file has worked yet: until one does, the box asks for an address
on every cable (DHCP) and does nothing else.
This report goes away with the next good file.
";
    assert_eq!(text.replace("\r\n", "\n"), expected);
}

#[test]
fn the_built_in_default_is_a_cable() {
    let file = br#"{ "bond": { "members": [] } }"#;
    assert!(*config::built_in() == *good(file, "built-in"));
    assert_eq!(config::built_in().links[0].name, Matcher::WiredAny);
}

#[test]
fn what_is_allowed_and_unwise_is_said() {
    let said = |file: &str| {
        let bytes = fs::read(folder("good").join(file)).unwrap();
        let notices = config::notices(&good(&bytes, file));
        notices.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(said("smallest.json"), Vec::<String>::new());
    let whole = said("whole.json");
    let place = "links[0].wired_auth: without `ca_cert`";
    assert!(
        whole.iter().any(|line| line.starts_with(place)),
        "{place} in {whole:#?}"
    );
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
    let Err(error) = config::parse(bytes) else {
        return;
    };
    assert!(error.line >= 1 && error.column >= 1);
    assert!(!error.what.is_empty() && &*error.what != config::UNREADABLE);
    assert_no_secret(&error.to_string(), of);
    assert_no_secret(&report(bytes, &error), of);
}

/// Every place of a file; in the slow emulated machine every hundredth, as the same code
/// meets them all on the workstation.
const STEP: usize = if cfg!(target_env = "musl") { 101 } else { 1 };

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
