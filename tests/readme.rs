//! What the README promises, held against the files and tests it names.
#![cfg(not(target_env = "musl"))]

use std::fs;
use std::path::Path;
use wifibond::config;

fn read(path: &str) -> String {
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&whole).unwrap_or_else(|e| panic!("{}: {e}", whole.display()))
}

/// The rows of the table under a heading, without its head.
fn rows(readme: &str, heading: &str) -> Vec<Vec<String>> {
    let from = readme
        .find(heading)
        .unwrap_or_else(|| panic!("no {heading:?}"));
    let table = readme[from..]
        .lines()
        .skip_while(|line| !line.starts_with("| ---"));
    let rows = table.skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        row.trim_matches('|')
            .split(" | ")
            .map(|cell| cell.trim().to_owned())
            .collect()
    })
    .collect()
}

/// `file: test`, each of a test that is there.
fn assert_is_a_test(named: &str, row: &str) {
    for one in named.split(", ") {
        let one = one.trim_matches('`');
        let (file, test) = one
            .split_once(": ")
            .unwrap_or_else(|| panic!("{one:?} in {row}"));
        let text = read(&format!("tests/{file}.rs"));
        assert!(
            text.contains(&format!("#[test]\nfn {test}()")),
            "{row}: tests/{file}.rs has no test {test}"
        );
    }
}

#[test]
fn every_row_for_those_who_come_from_elsewhere_names_a_test() {
    let readme = read("README.md");
    let rows = rows(&readme, "### Piece by piece");
    assert!(rows.len() >= 35, "only {} rows", rows.len());
    for row in rows {
        let [old, _, test] = row.as_slice() else {
            panic!("a row without three cells: {row:?}");
        };
        assert_is_a_test(test, old);
    }
}

/// A set-up of the old pages: our file, and the lines that they need for the same (units,
/// files, options; no empty lines, no comments).
const SET_UPS: [(&str, usize); 4] = [
    ("laptop", 140),
    ("static", 165),
    ("bridge", 105),
    ("two-adapters-and-a-cable", 35),
];

#[test]
fn the_examples_are_good_and_a_third_as_long_as_what_they_replace() {
    let readme = read("README.md");
    let table = rows(&readme, "### The four set-ups");
    assert_eq!(table.len(), SET_UPS.len());
    for ((name, theirs), row) in SET_UPS.iter().zip(table) {
        let text = read(&format!("image/examples/{name}.json"));
        if let Err(error) = config::parse(text.as_bytes()) {
            panic!("{name}.json: {error}");
        }
        let ours = text.lines().filter(|line| !line.trim().is_empty()).count();
        assert!(3 * ours < *theirs, "{name}: {ours} lines for {theirs}");
        assert_eq!(row[0], format!("`image/examples/{name}.json`"));
        assert_eq!(
            (row[2].as_str(), row[3].as_str()),
            (&*ours.to_string(), &*theirs.to_string())
        );
        assert_is_a_test(&row[4], name);
    }
}
