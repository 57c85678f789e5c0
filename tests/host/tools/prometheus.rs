//! The metrics in Prometheus' own tools: `promtool`, node_exporter, and a Prometheus with our rules.
//! The page is `tests/tools/metrics.txt`, which the program wrote in the machine; that it is what
//! the program writes, `tests/vm/metrics.rs` says.
use super::{place, read, run, said, text};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const PAGE: &str = "tests/tools/metrics.txt";
const RULES: &str = "image/overlay/usr/share/wifibond/wifibond.rules.yml";
const DASHBOARD: &str = "image/overlay/usr/share/wifibond/wifibond.dashboard.json";
const SCRIPT: &str = "image/overlay/usr/lib/wifibond/metrics";

/// The names of all samples of the page.
fn names() -> BTreeSet<String> {
    let page = read(PAGE);
    let samples = page.lines().filter(|line| !line.starts_with('#'));
    let names = samples.filter_map(|line| line.split(['{', ' ']).next());
    names.map(str::to_owned).collect()
}

/// The names of metrics in a text.
fn named(text: &str) -> BTreeSet<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c| !word(c));
    words
        .filter(|name| name.starts_with("wifibond_"))
        .map(str::to_owned)
        .collect()
}

/// A folder of its own, with a program `wifibond` of this script; removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("wifibond-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a temporary folder");
        Folder(folder)
    }

    fn program(&self, script: &str) {
        let program = self.0.join("wifibond");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("a script");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("its mode");
    }

    /// Calls the script of `wifibond-metrics.service`.
    fn collect(&self) {
        let path = format!(
            "{}:{}",
            self.0.display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let mut command = Command::new(place(SCRIPT));
        let status = command
            .arg(self.0.join("w.prom"))
            .env("PATH", path)
            .status();
        assert!(status.expect("the script").success());
    }

    /// The names of the files in it, but for the program.
    fn files(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(&self.0).expect("a folder");
        let names = entries.map(|e| {
            e.expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        });
        names.filter(|name| name != "wifibond").collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// In the older format the head of a counter has the name of its samples: with that difference
/// `promtool check metrics`, which knows that format alone, has nothing to say.
#[test]
fn promtool_has_nothing_to_say_against_the_page() {
    let page = read(PAGE);
    let mut older = String::new();
    let counters: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"))
        .collect();
    assert!(counters.len() >= 4);
    for line in page.lines() {
        let name = line.split(' ').nth(2).unwrap_or_default();
        match line.starts_with("# ") && counters.contains(name) {
            true => older += &line.replacen(name, &format!("{name}_total"), 1),
            false => older += line,
        }
        older.push('\n');
    }
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped());
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.expect("promtool: `tests/setup tools` installs it");
    let input = child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(older.as_bytes());
    input.expect("a reader");
    let output = child.wait_with_output().expect("its end");
    let complaint = text(&output.stdout) + &text(&output.stderr);
    assert!(
        output.status.success() && complaint.is_empty(),
        "{complaint}"
    );
}

#[test]
fn each_rule_has_its_tests_and_they_hold() {
    said("promtool", &["check", "rules", RULES]);
    said("promtool", &["test", "rules", "tests/tools/rules.test.yml"]);
    let (rules, tests) = (read(RULES), read("tests/tools/rules.test.yml"));
    let alerts = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    let mut count = 0;
    for alert in alerts {
        let fires = format!("alertname: {alert}\n        exp_alerts:");
        let is_silent = format!("alertname: {alert} }}");
        assert!(
            tests.contains(&fires) && tests.contains(&is_silent),
            "{alert}"
        );
        count += 1;
    }
    assert_eq!(count, 11);
}

#[test]
fn rules_and_dashboard_name_no_metric_that_the_program_does_not_write() {
    let known = names();
    let dashboard: Value = serde_json::from_str(&read(DASHBOARD)).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    assert!(panels.len() >= 10);
    let mut asked = String::new();
    for panel in panels {
        for target in panel["targets"].as_array().expect("targets") {
            let query = target["expr"].as_str().expect("a query");
            assert!(!named(query).is_empty(), "{query}");
            asked += query;
            asked.push('\n');
        }
    }
    for (file, text) in [
        (RULES, read(RULES)),
        (DASHBOARD, asked + &dashboard["templating"].to_string()),
    ] {
        // The name of the group, and of the template, is no metric's.
        for name in named(&text) {
            assert!(known.contains(&name), "{file}: {name}");
        }
    }
    let tests = named(&read("tests/tools/rules.test.yml"));
    assert!(tests.iter().all(|name| known.contains(name)), "{tests:?}");
}

#[test]
fn a_real_prometheus_has_every_series_and_our_rules() {
    let folder = Folder::new("stack");
    folder.program(&format!("cat '{}'", place(PAGE).display()));
    let script = place("tests/tools/stack.py");
    let of = |path: &str| place(path).display().to_string();
    let home = folder.0.display().to_string();
    let script = script.display().to_string();
    let output = run(
        "/usr/bin/python3",
        &["-B", &script, &of(SCRIPT), &of(RULES), &home],
    );
    let complaint = text(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let seen: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let list = |key: &str| seen[key].as_array().cloned().unwrap_or_default();
    assert_eq!(list("rules").len(), 11);
    for rule in list("rules") {
        assert_eq!(rule["health"], "ok", "{rule}");
    }
    for target in list("targets") {
        assert_eq!(target["health"], "up", "{target}");
    }
    let faults = list("faults");
    assert!(
        !faults.is_empty() && faults.iter().all(|one| one["value"][1] == "0"),
        "{faults:?}"
    );
    for job in ["node", "direct"] {
        let of_job = list("series").into_iter().filter(|one| one["job"] == job);
        let found: BTreeSet<String> = of_job
            .filter_map(|one| one["__name__"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(found, names(), "{job}");
    }
    // The name of the network as it was on the air, by wpa_supplicant's escapes.
    let mut infos = list("series").into_iter();
    let ssid = infos.find_map(|one| one["ssid"].as_str().map(str::to_owned));
    assert_eq!(ssid.as_deref(), Some(r#"a\"b\\c\n} 7"#));
}

#[test]
fn the_collected_file_is_whole_or_not_there() {
    let folder = Folder::new("collect");
    let only = BTreeSet::from(["w.prom".to_owned()]);
    let content = || fs::read_to_string(folder.0.join("w.prom")).expect("the file");
    folder.program("echo wifibond_online 1");
    folder.collect();
    assert_eq!(
        (folder.files(), &*content()),
        (only.clone(), "wifibond_online 1\n")
    );
    // Not online.
    folder.program("echo wifibond_online 0; exit 3");
    folder.collect();
    assert_eq!((folder.files(), &*content()), (only, "wifibond_online 0\n"));
    // Half an answer, or none.
    folder.program("echo wifibond_on; exit 4");
    folder.collect();
    assert_eq!(folder.files(), BTreeSet::new());
    folder.program("exit 4");
    folder.collect();
    assert_eq!(folder.files(), BTreeSet::new());
}
