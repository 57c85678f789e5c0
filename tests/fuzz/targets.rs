//! What each fuzz target does with one input. Shared by the fuzzer and by
//! `tests/corpus.rs`, which replays the corpora in every test run.
//!
//! A new target: one line in the table, one file in `fuzz_targets/`, one `[[bin]]`, and
//! a folder with seeds in `corpus/`.
use wifibond::config;
use wifibond::wire::{control, wpa};

type Target = fn(&[u8]);

/// Name (also of the folder in `corpus/`) and what is done with an input.
pub const TARGETS: &[(&str, Target)] = &[
    ("config", parse_config),
    ("control", parse_control),
    ("wpa", parse_wpa),
];

pub fn run(name: &str, input: &[u8]) {
    let (_, target) = TARGETS
        .iter()
        .find(|(known, _)| *known == name)
        .expect("a name of the table");
    target(input);
}

/// Any bytes give a configuration or an error with a place and words.
fn parse_config(input: &[u8]) {
    match config::parse(input) {
        Ok(config) => {
            assert!(config.wifi.is_empty() || config.country.is_some());
            assert!(config.bond.miimon_ms > 0);
            assert_eq!(
                config.bond.primary.is_none(),
                config.bond.members.is_empty()
            );
            config::not_supported_yet(&config);
        }
        Err(error) => {
            assert!(error.line >= 1 && error.column >= 1 && !error.what.is_empty());
            assert_ne!(&*error.what, config::UNREADABLE);
            let mut report = String::new();
            let written = config::report(&mut report, "F", input, &error, config::InForce::BuiltIn);
            assert!(written.is_ok());
        }
    }
}

/// A line is a request that is written as it was read, or none.
fn parse_control(input: &[u8]) {
    let Ok(text) = core::str::from_utf8(input) else {
        return;
    };
    if let Some(request) = control::parse(text) {
        let line = request.to_string();
        assert!(!line.contains('\n'));
        assert_eq!(control::parse(&line), Some(request));
    }
    if let Some((_, rest)) = control::parse_answer(text) {
        assert!(text.ends_with(rest));
    }
}

/// Any text of wpa_supplicant is a message; a signal is a plausible one.
fn parse_wpa(input: &[u8]) {
    let Ok(text) = core::str::from_utf8(input) else {
        return;
    };
    if let wpa::Message::Disabled { ssid, .. } = wpa::parse(text) {
        assert!(text.contains(ssid));
    }
    wpa::parse_status(text);
    if let Some(signal) = wpa::parse_signal(text) {
        assert!((-120..0).contains(&signal));
    }
}
