//! What other programs get: the JSON Schema, the man pages, completions for shells, metrics, and
//! rules and dashboard for them. What is made of the program's own tables is made here, and held
//! against the file that is installed.
//!
//! `WIFIBOND_BLESS=1` writes these files anew: look at what has changed.
mod completions;
mod manual;
mod prometheus;
mod reference;
mod schema;
mod structure;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn place(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    let whole = place(path);
    fs::read_to_string(&whole).unwrap_or_else(|e| panic!("{}: {e}", whole.display()))
}

/// The file is what is made of the tables now.
#[track_caller]
fn assert_made(path: &str, made: &str) {
    if std::env::var_os("WIFIBOND_BLESS").is_some() {
        fs::create_dir_all(place(path).parent().expect("a folder")).expect("a folder");
        fs::write(place(path), made).expect("a file");
    }
    assert!(
        read(path) == made,
        "{path} is not what the tables say now: WIFIBOND_BLESS=1 cargo test --test host -- tools"
    );
}

/// Runs another program, which `tests/setup tools` brings.
#[track_caller]
fn run(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    let output = command
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    output
        .output()
        .unwrap_or_else(|e| panic!("{program}: {e}: `tests/setup tools` installs it"))
}

/// What it wrote to its standard output; it has to succeed.
#[track_caller]
fn said(program: &str, arguments: &[&str]) -> String {
    let output = run(program, arguments);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{program}: {out}\n{err}");
    out
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The program's own words.
fn help() -> String {
    said(env!("CARGO_BIN_EXE_wifibond"), &["--help"])
}

/// The commands that `wifibond --help` lists.
fn commands() -> Vec<String> {
    let help = help();
    let lines = help.lines().filter_map(|line| line.strip_prefix("  "));
    let words = lines.filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
    let mut commands: Vec<String> = words
        .filter_map(|line| line.split(' ').next().map(str::to_owned))
        .collect();
    commands.dedup();
    assert!(commands.len() >= 14, "{commands:?}");
    commands
}

/// The options that it lists, each with its command.
fn options() -> Vec<(String, String)> {
    let (help, mut command, mut found) = (help(), String::new(), Vec::new());
    for line in help.lines() {
        if let Some(first) = line
            .strip_prefix("  ")
            .and_then(|line| line.split(' ').next())
            && first.starts_with(|c: char| c.is_ascii_lowercase())
        {
            command = first.to_owned();
        }
        // Words of the description stand elsewhere: an option is in brackets.
        for option in line.split('[').skip(1).filter(|part| part.starts_with('-')) {
            let word = option.split([' ', ']']).next().unwrap_or_default();
            found.push((command.clone(), word.to_owned()));
        }
    }
    assert!(found.len() >= 7, "{found:?}");
    found
}
