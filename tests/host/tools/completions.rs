//! Completions, by the shells themselves. The names are those of `tests/tools/status.json`, which
//! the program printed in the machine (`tests/vm/metrics.rs`).
use super::{commands, options, place, text};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

const BASH: &str = "image/overlay/usr/share/bash-completion/completions/wifibond";
const ZSH: &str = "image/overlay/usr/share/zsh/site-functions";
const FISH: &str = "image/overlay/usr/share/fish/vendor_completions.d/wifibond.fish";

const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

/// A folder with a program `wifibond` that prints the status, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, script: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("wifibond-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary folder");
        let program = folder.join("wifibond");
        fs::write(&program, script).expect("a script");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("its mode");
        Folder(folder)
    }

    fn with_status(name: &str) -> Folder {
        let status = place("tests/tools/status.json");
        Folder::new(name, &format!("#!/bin/sh\ncat '{}'\n", status.display()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What the shell offers behind each of these lines.
#[track_caller]
fn offered(shell: &str, lines: &[String], folder: &Folder) -> Vec<BTreeSet<String>> {
    let mut command = Command::new(shell);
    match shell {
        "bash" => {
            // As bash splits it: the last word may be empty.
            let script = r#". "$0"; for line; do
                    read -ra COMP_WORDS <<<"$line"; [[ $line != *" " ]] || COMP_WORDS+=('')
                    COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _wifibond
                    [ ${#COMPREPLY[@]} = 0 ] || printf '%s\n' "${COMPREPLY[@]}"; echo
                done"#;
            command.args(["--norc", "-c", script]).arg(place(BASH))
        }
        "zsh" => {
            let script = place("tests/tools/complete.zsh");
            command.arg("-f").arg(script).arg(place(ZSH))
        }
        _ => {
            let script = "source $argv[1]; for line in $argv[2..-1]; complete -C $line; echo; end";
            command.args(["--no-config", "-c", script]).arg(place(FISH))
        }
    };
    let path = std::env::var("PATH").unwrap_or_default();
    command
        .args(lines)
        .env("PATH", format!("{}:{path}", folder.0.display()))
        .env("HOME", &folder.0)
        .env(
            "WIFIBOND_NAMES",
            place("image/overlay/usr/lib/wifibond/names"),
        )
        .current_dir(&folder.0);
    let output = command
        .output()
        .unwrap_or_else(|e| panic!("{shell}: {e}: `tests/setup tools` installs it"));
    let complaint = text(&output.stderr);
    assert!(complaint.is_empty(), "{shell}: {complaint}");
    let (mut found, mut set) = (Vec::new(), BTreeSet::new());
    for line in text(&output.stdout).lines() {
        match line {
            "" => found.push(std::mem::take(&mut set)),
            // fish adds a description behind a tab.
            line => {
                set.insert(line.split('\t').next().unwrap_or_default().to_owned());
            }
        }
    }
    assert_eq!(found.len(), lines.len(), "{shell}: {found:?}");
    found
}

#[track_caller]
fn assert_offered(shell: &str, expected: &[(&str, &[&str])], folder: &Folder) {
    let lines: Vec<String> = expected
        .iter()
        .map(|(line, _)| format!("wifibond {line}"))
        .collect();
    for ((line, words), found) in expected.iter().zip(offered(shell, &lines, folder)) {
        let words: BTreeSet<String> = words.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(found, words, "left: {shell} for {line:?}");
    }
}

#[test]
fn every_command_and_option_is_offered_and_no_other() {
    let folder = Folder::with_status("commands");
    let known: Vec<String> = commands();
    let mut lines = vec!["wifibond ".to_owned()];
    lines.extend(known.iter().map(|command| format!("wifibond {command} -")));
    for shell in SHELLS {
        let mut found = offered(shell, &lines, &folder).into_iter();
        let mut first = found.next().expect("the commands");
        first.retain(|word| !word.starts_with('-'));
        assert_eq!(
            first,
            known.iter().cloned().collect(),
            "left: {shell}; right: --help"
        );
        for (command, mut long) in known.iter().zip(found) {
            long.retain(|word| word.starts_with('-'));
            let all = options().into_iter();
            let of: BTreeSet<String> = all
                .filter_map(|(of, option)| (of == *command).then_some(option))
                .collect();
            assert_eq!(long, of, "left: {shell} for {command}; right: --help");
        }
    }
}

#[test]
fn members_and_links_are_those_of_the_status() {
    let folder = Folder::with_status("names");
    fs::write(folder.0.join("my.json"), "{}").expect("a file");
    let expected: &[(&str, &[&str])] = &[
        ("switch ", &["wlan0", "wlan1", "eth1"]),
        ("member ", &["wlan0", "wlan1", "eth1"]),
        ("member w", &["wlan0", "wlan1"]),
        ("member wlan0 ", &["down", "up", "reassociate", "repair"]),
        ("renew ", &["bond0", "eth0", "4", "6"]),
        ("release bond0 ", &["4", "6"]),
        ("check my", &["my.json"]),
    ];
    for shell in SHELLS {
        assert_offered(shell, expected, &folder);
    }
}

#[test]
fn without_the_program_no_name_is_offered_and_nothing_is_said() {
    let script = "#!/bin/sh\necho 'wifibond: not running' >&2\nexit 4\n";
    let folder = Folder::new("silent", script);
    for shell in SHELLS {
        assert_offered(shell, &[("switch ", &[]), ("renew ", &["4", "6"])], &folder);
    }
}

/// Text of others (a network's name, the cause of an outage) is not taken for a name.
#[test]
fn no_text_of_the_status_looks_like_a_name() {
    let script = r#"#!/bin/sh
cat <<'END'
{"bond":{"name":"bond0","mode":null,"members":[{"name":"wlan0","port":null,"ssid":"\",\"links\":{\"name\":\"x\",\"port\":"}]},"links":[{"name":"eth0","port":null}]}
END
"#;
    let folder = Folder::new("odd", script);
    let expected: &[(&str, &[&str])] = &[("switch ", &["wlan0"]), ("renew ", &["eth0", "4", "6"])];
    assert_offered("bash", expected, &folder);
}
