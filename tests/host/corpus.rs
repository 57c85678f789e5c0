//! Replays what the fuzzer has found so far: the corpus of each target, and the inputs
//! that once made it fail.
use std::fs;
use std::path::Path;

#[path = "../fuzz/targets.rs"]
mod targets;

fn corpora() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus")
}

#[test]
fn every_input_is_handled() {
    for (name, target) in targets::TARGETS {
        let inputs =
            fs::read_dir(corpora().join(name)).unwrap_or_else(|_| panic!("{name} has no corpus"));
        let mut count = 0;
        for input in inputs {
            let path = input.unwrap().path();
            // Shown when the target panics.
            println!("{}", path.display());
            target(&fs::read(&path).unwrap());
            count += 1;
        }
        assert!(count > 0, "the corpus of {name} is empty");
    }
}

#[test]
fn every_corpus_has_its_target() {
    for corpus in fs::read_dir(corpora()).unwrap() {
        let name = corpus.unwrap().file_name();
        let known = targets::TARGETS.iter().any(|(target, _)| name == *target);
        assert!(known, "{name:?} is not in the table of targets");
    }
}

#[test]
fn every_target_can_be_fuzzed() {
    let manifest = fs::read_to_string(corpora().join("../Cargo.toml")).unwrap();
    for (name, _) in targets::TARGETS {
        assert!(
            manifest.contains(&format!("name = \"{name}\"")),
            "{name} has no [[bin]]"
        );
        targets::run(name, b"");
    }
}
