//! What the README promises, held against the files and tests it names. What needs the
//! program to run is in `documented`.

use std::fs;
use std::path::{Path, PathBuf};
use wifibond::config;

fn place(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    let whole = place(path);
    fs::read_to_string(&whole).unwrap_or_else(|e| panic!("{}: {e}", whole.display()))
}

/// The text from a heading up to the next one that ends it.
fn section<'a>(readme: &'a str, heading: &str, end: &str) -> &'a str {
    let from = readme
        .find(heading)
        .unwrap_or_else(|| panic!("no {heading:?}"));
    let rest = &readme[from + heading.len()..];
    &rest[..rest.find(end).unwrap_or(rest.len())]
}

/// The rows of all tables in a text, without their heads.
fn rows(text: &str) -> Vec<Vec<String>> {
    let lines: Vec<&str> = text.lines().collect();
    let is_head = |n: usize| {
        lines[n].starts_with("| ---") || lines.get(n + 1).is_some_and(|l| l.starts_with("| ---"))
    };
    let table = (0..lines.len()).filter(|n| lines[*n].starts_with('|') && !is_head(*n));
    let cells = |n: usize| {
        let row = lines[n].trim_start_matches('|').trim_end();
        let row = row.strip_suffix(" |").unwrap_or(row);
        // An empty cell is `| |`: the bar alone divides, with no blank of its own behind it.
        row.split(" |").map(|cell| cell.trim().to_owned()).collect()
    };
    table.map(cells).collect()
}

/// `file: test`, each of a test that is there and runs: in `tests`, or a unit test in `src`.
fn assert_are_tests(named: &str, row: &str) {
    for one in named.split(", ") {
        let one = one.trim_matches('`');
        let (file, test) = one
            .split_once(": ")
            .unwrap_or_else(|| panic!("{one:?} in {row}"));
        let path = [
            format!("tests/vm/{file}.rs"),
            format!("tests/host/{file}.rs"),
            format!("tests/{file}/main.rs"),
            format!("src/{file}.rs"),
        ];
        let path = path
            .into_iter()
            .find(|path| place(path).exists())
            .unwrap_or_else(|| panic!("{row}: no file of tests is {file:?}"));
        let text = read(&path);
        let head = format!("fn {test}() ");
        let at = text
            .find(&head)
            .unwrap_or_else(|| panic!("{row}: {path} has no {test}"));
        let attributes: Vec<&str> = text[..at]
            .lines()
            .rev()
            .map(str::trim)
            .take_while(|line| line.starts_with("#[") || line.starts_with("//"))
            .collect();
        assert!(attributes.contains(&"#[test]"), "{row}: {test} is no test");
        let ignored = attributes
            .iter()
            .any(|a| a.starts_with("#[ignore") || a.starts_with("#[should_panic"));
        assert!(!ignored, "{row}: {test} does not run");
    }
}

#[test]
fn every_row_for_those_who_come_from_elsewhere_names_a_test_or_a_reason() {
    let readme = read("README.md");
    let rows = rows(section(&readme, "### Piece by piece", "\n## "));
    assert!(rows.len() >= 80, "only {} rows", rows.len());
    for row in rows {
        let [old, here, test] = row.as_slice() else {
            panic!("a row without three cells: {row:?}");
        };
        if !test.is_empty() {
            assert_are_tests(test, old);
            continue;
        }
        let reason = here.strip_prefix("left out");
        assert!(reason.is_some_and(|why| why.len() > 10), "{old}: no reason");
    }
}

/// The options that the five pages have: of the units and files of ArchWiki's "Wireless
/// bonding", and of netctl.profile(5) for the kinds ethernet, wireless, bond and bridge.
const OPTIONS: &[(&str, &str)] = &[
    (
        "#### Units and modules",
        "max_bonds mode miimon fail_over_mac primary_reselect PRIMARY master@ slave@ \
         supplicant@ BindsTo RequiredBy ExecReload Restart -Dnl80211 -Dwext -Dwired -b \
         bitrates distance power_save rfkill /proc/net/bonding/bond0 Conflicts OnFailure",
    ),
    (
        "#### wpa_supplicant.conf",
        "ctrl_interface ctrl_interface_group update_config eapol_version ap_scan fast_reauth \
         country ssid psk priority scan_ssid bssid key_mgmt proto pairwise group ieee80211w eap \
         identity ca_cert phase2 wpa_cli wpa_gui",
    ),
    (
        "#### dhclient and dhcp6c",
        "dhclient@ dhcp6c@ sleep initial-interval reboot timeout retry dhcp-client-identifier \
         host-name profile ia-na ia-pd rapid-commit authentication domain-name-servers \
         domain-name ntp-servers script id-assoc keyinfo",
    ),
    ("#### network.conf and static@", "static@ ADDRS ROUTES"),
    (
        "#### netctl",
        "Description Connection Interface BindsToInterfaces After RequiredBy ExecUpPost \
         ExecDownPre hooks interfaces ForceConnect Mode LinkOptions MACAddress FwdDelay MaxAge \
         SkipForwardingDelay TimeoutUp IP IP6 Address Gateway Routes Address6 Gateway6 Routes6 \
         DHCPClient DHCP6Client DHCPReleaseOnStop DhcpcdOptions DhclientOptions \
         DhclientOptions6 IPCustom Hostname DNS DNSDomain DNSSearch DNSOptions TimeoutDHCP \
         TimeoutDAD SkipDAD SkipNoCarrier Auth8021X WPAConfigFile WPADriver TimeoutCarrier \
         TimeoutWPA Security ESSID AP Key Hidden AdHoc ScanFrequencies Priority \
         WPAConfigSection Country WPAGroup RFKill ExcludeAuto netctl-ifplugd@eth0",
    ),
];

#[test]
fn each_option_of_the_old_pages_has_a_row() {
    let readme = read("README.md");
    for (heading, options) in OPTIONS {
        let rows = rows(section(&readme, heading, "\n#"));
        let old: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
        let words: Vec<&str> = old
            .iter()
            .flat_map(|cell| cell.split([' ', '`', ',', ':', '=', '(', ')', ';']))
            .collect();
        for option in options.split_whitespace() {
            assert!(words.contains(&option), "{heading}: no row for {option}");
        }
    }
}

#[test]
fn the_examples_are_good_and_as_long_as_the_readme_says() {
    let readme = read("README.md");
    let table = rows(section(&readme, "### The four set-ups", "\n### "));
    let files = fs::read_dir(place("image/examples")).expect("the examples");
    assert_eq!(table.len(), files.count());
    for row in table {
        let path = row[0].trim_matches('`');
        let text = read(path);
        if let Err(error) = config::parse(text.as_bytes()) {
            panic!("{path}: {error}");
        }
        let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
        assert_eq!(row[2], lines.to_string(), "{path}");
        assert_are_tests(&row[4], path);
    }
}

/// Code in the text: between single backticks, which may stand on two lines.
fn spans(readme: &str) -> Vec<String> {
    let mut blocks = readme.split("\n```");
    let mut prose = blocks.next().unwrap_or_default().to_owned();
    // Every second piece is a block; the rest of its first line names its language.
    for outside in blocks.skip(1).step_by(2) {
        prose.push_str(outside);
    }
    prose
        .split("\n\n")
        .flat_map(|paragraph| paragraph.split('`').skip(1).step_by(2))
        .map(|span| span.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// Where a piece of a file may belong: `@` stands for it.
const PLACES: &[&str] = &[
    "@",
    "{ @ }",
    r#"{ "bond": { @ } }"#,
    r#"{ "bond": { "members": @ } }"#,
    r#"{ "bond": { "ipv4": { @ } } }"#,
    r#"{ "bond": { "ipv4": { "addresses": @ } } }"#,
    r#"{ "bond": { "ipv4": { "routes": @ } } }"#,
    r#"{ "bond": { "members": ["eth1"] }, "links": [ { "name": "eth0", @ } ] }"#,
    r#"{ "bond": { "members": ["eth2"] }, "links": [], "bridges": [ { "name": "br0", @ } ] }"#,
];

#[test]
fn each_piece_of_json_in_the_readme_is_good() {
    let readme = read("README.md");
    let blocks = readme
        .split("\n```json\n")
        .skip(1)
        .map(|rest| rest.split("\n```").next().unwrap_or_default().to_owned());
    let is_json = |span: &String| {
        (span.starts_with('"') && span.contains("\":")) || span.starts_with(['{', '['])
    };
    let pieces: Vec<String> = blocks
        .chain(spans(&readme).into_iter().filter(is_json))
        .collect();
    assert!(pieces.len() >= 4, "{pieces:?}");
    for piece in pieces {
        let good = |place: &&&str| config::parse(place.replace('@', &piece).as_bytes()).is_ok();
        assert!(PLACES.iter().any(|p| good(&p)), "nowhere good: {piece}");
    }
}

/// `a.b[].c` as a file that has nothing there but `null`.
fn file_with(path: &str) -> String {
    path.rsplit('.').fold("null".to_owned(), |inner, key| {
        match key.strip_suffix("[]") {
            Some(list) => format!("{{ \"{list}\": [{inner}] }}"),
            None => format!("{{ \"{key}\": {inner} }}"),
        }
    })
}

#[test]
fn the_keys_of_the_file_are_known_to_the_program() {
    let readme = read("README.md");
    let table = rows(section(&readme, "## The file", "\n## "));
    let mut count = 0;
    for row in table {
        let Some(first) = row[0].strip_prefix('`') else {
            continue;
        };
        let whole = first.split('`').next().unwrap_or_default();
        let parent = whole.rsplit_once('.').map_or("", |(parent, _)| parent);
        // "`bond.ipv4`, `ipv6`": the ones after the first are its neighbours.
        for (n, key) in row[0].split('`').skip(1).step_by(2).enumerate() {
            let path = match (n, parent) {
                (0, _) | (_, "") => key.to_owned(),
                _ => format!("{parent}.{key}"),
            };
            let error = config::parse(file_with(&path).as_bytes()).expect_err("null is no value");
            let unknown = error.iter().any(|error| error.what.contains("unknown key"));
            assert!(!unknown, "{path}: {error}");
            count += 1;
        }
    }
    assert!(count >= 30, "only {count} keys");
}

/// The program's own source in one piece.
fn source(directory: &Path, text: &mut String) {
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        if path.is_dir() {
            source(&path, text);
        } else if path.extension().is_some_and(|e| e == "rs") {
            text.push_str(&fs::read_to_string(&path).expect("UTF-8"));
        }
    }
}

#[test]
fn the_program_says_what_the_readme_explains() {
    let readme = read("README.md");
    let mut program = String::new();
    source(&place("src"), &mut program);
    let table = rows(section(&readme, "## When the box is dead", "\n## "));
    assert!(table.len() >= 10);
    for row in table {
        let message = row[0].trim_matches('`');
        // Names of the example, in place of which the program puts the real ones.
        let spoken = message
            .replace("\"Hotspot\"", "\n")
            .replace("br9", "\n")
            .replace("192.168.43.1", "\n")
            .replace("-80", "\n")
            .replace("-60", "\n");
        // One mode of several, which are named elsewhere.
        let spoken = spoken.replace("access point mode", "\naccess point mode\n");
        for piece in spoken.lines().map(str::trim) {
            assert!(
                program.contains(piece),
                "nothing says {piece:?} ({message})"
            );
        }
    }
}

#[test]
fn the_defaults_are_those_of_the_program() {
    let readme = read("README.md");
    let file = config::parse(b"{}").expect("`{}` is a good file");
    let (bond, radio, health) = (&file.bond, &file.radio, &file.health);
    let table = rows(section(&readme, "## The file", "\n## "));
    let row = |key: &str| {
        let named = |row: &&Vec<String>| row[0].starts_with(&format!("`{key}`"));
        let row = table.iter().find(named);
        row.unwrap_or_else(|| panic!("no row for {key}"))
    };
    let word = |value: &dyn std::fmt::Debug| format!("`{value:?}`").to_lowercase();
    for (key, default) in [
        ("bond.name", format!("`{}`", bond.name)),
        ("bond.primary_reselect", word(&bond.primary_reselect)),
        ("bond.fail_over_mac", word(&bond.fail_over_mac)),
        (
            "bond.miimon_ms",
            format!(
                "{}, {}, {}",
                bond.miimon_ms, bond.updelay_ms, bond.downdelay_ms
            ),
        ),
        ("radio.power_save", radio.power_save.to_string()),
        ("radio.legacy_rates", radio.legacy_rates.to_string()),
        ("radio.unblock", radio.unblock.to_string()),
        ("health.probe", word(&health.probe)),
        ("health.interval_ms", health.interval_ms.to_string()),
        ("health.fail_after", health.fail_after.to_string()),
        ("health.recover_after", health.recover_after.to_string()),
        ("health.hold_s", health.hold_s.to_string()),
        ("health.repair", health.repair.to_string()),
        ("health.port_power", health.port_power.to_string()),
        ("health.reboot", health.reboot.to_string()),
    ] {
        assert_eq!(row(key)[1], default, "{key}");
    }
    for (key, metric) in [("bond.ipv4", 100), ("links[]", 10)] {
        let block = if key == "links[]" {
            &file.links[0].ip
        } else {
            &bond.ip
        };
        assert_eq!((block.ipv4.metric, block.ipv4.dhcp), (metric, true));
        let all = row(key).join(" ");
        let said = format!("DHCP, metric {metric}");
        assert!(all.contains(&said), "{said} is not in {all}");
    }
}
