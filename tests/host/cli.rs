//! The command line's contract, as far as it needs neither root nor a network: exit
//! codes, and which words go to which stream.
use std::path::PathBuf;
use std::process::{Command, Output};

fn wifibond(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wifibond"))
        .args(arguments)
        .output()
        .expect("the program starts")
}

/// The exit code, standard output and standard error.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = wifibond(arguments);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let code = output.status.code().expect("an exit code");
    (code, text(output.stdout), text(output.stderr))
}

/// A file of its own for each test, removed at the end.
struct File(PathBuf);

impl File {
    fn new(name: &str, contents: &[u8]) -> File {
        let path = std::env::temp_dir().join(format!("wifibond-{}-{name}", std::process::id()));
        std::fs::write(&path, contents).expect("a temporary file");
        File(path)
    }
    fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

const SMALLEST: &[u8] =
    br#"{ "country": "BE", "wifi": [ { "ssid": "Hotspot", "passphrase": "correct horse" } ] }"#;

#[test]
fn a_good_file_is_good_and_nothing_more_is_said() {
    let file = File::new("good.json", SMALLEST);
    let (code, out, err) = run(&["check", file.path()]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(out, format!("{}: good\n", file.path()));
}

#[test]
fn a_wrong_file_is_1_and_says_where_on_standard_error() {
    let file = File::new("wrong.json", b"{\n  \"contry\": \"BE\"\n}\n");
    let (code, out, err) = run(&["check", file.path()]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains(&format!("{}:2:3", file.path())), "{err}");
    assert!(err.contains("country"), "names the cure: {err}");
}

#[test]
fn the_name_that_windows_makes_is_taken() {
    let file = File::new("hidden.json.txt", SMALLEST);
    let asked = file.path().strip_suffix(".txt").unwrap();
    let (code, out, _) = run(&["check", asked]);
    assert_eq!(code, 0);
    assert!(out.contains(&format!("{}: good", file.path())), "{out}");
}

#[test]
fn a_missing_file_is_1() {
    let (code, _, err) = run(&["check", "/nonexistent/wifibond.json"]);
    assert_eq!(code, 1);
    assert!(
        err.contains("/nonexistent/wifibond.json: there is no such file"),
        "{err}"
    );
}

#[test]
fn a_file_that_is_far_too_large_is_1() {
    let file = File::new("large.json", &[b' '; 200_000]);
    let (code, _, err) = run(&["check", file.path()]);
    assert_eq!(code, 1);
    assert!(err.contains("64 KiB"), "{err}");
}

#[test]
fn wrong_usage_is_2() {
    for arguments in [
        &[][..],
        &["dance"],
        &["check", "a", "b"],
        &["check", "--fast"],
        &["status", "now"],
        &["events", "-n", "many"],
        &["switch"],
        &["switch", "a b"],
        &["switch", "a", "b"],
        &["reload", "x"],
        &["release", "bond0", "5"],
        &["release", "4", "bond0"],
        &["renew", "bond0", "4", "6"],
        &["renew", "a/b"],
        &["run", "--config"],
        &["--dance"],
    ] {
        let (code, out, err) = run(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(err.contains("--help"), "{arguments:?}: {err}");
    }
}

#[test]
fn help_and_version_go_to_standard_output() {
    let (code, out, err) = run(&["--help"]);
    assert_eq!((code, err.as_str()), (0, ""));
    for command in [
        "run", "check", "plan", "status", "events", "reload", "switch", "member", "doctor",
        "renew", "release",
    ] {
        assert!(out.contains(command), "{command}");
    }
    let (code, out, _) = run(&["--version"]);
    assert_eq!(
        (code, out),
        (0, format!("wifibond {}\n", env!("CARGO_PKG_VERSION")))
    );
}

#[test]
fn waiting_ends_when_the_time_is_over_and_says_what_is_missing() {
    let began = std::time::Instant::now();
    let (code, out, err) = run(&["wait-online", "--timeout", "1"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("not online after 1 s: "), "{err}");
    assert!(began.elapsed().as_millis() >= 1_000);
    let (code, _, err) = run(&["wait-online", "--timeout", "soon"]);
    assert_eq!(code, 2, "{err}");
}

#[test]
fn that_nothing_runs_is_what_the_doctor_finds() {
    let (code, out, _) = run(&["doctor"]);
    assert_eq!(code, 1);
    assert!(out.starts_with("wifibond: "), "{out}");
    let (code, out, _) = run(&["doctor", "--json"]);
    assert_eq!(code, 1);
    let found: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(found["version"], 1);
    assert_eq!(found["findings"][0]["id"], "not-running", "{out}");
    assert_eq!(run(&["doctor", "--text"]).0, 2);
}
