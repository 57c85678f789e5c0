//! The overlay and the packages: the same input gives the same bytes, the files are those that
//! are listed in `files`, units and files of other programs' formats are good, and pacman itself
//! installs, checks, upgrades and removes the package. What is looked at is in the script
//! `checks`. Runs on the workstation: `cargo test --test package`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Directory of all checks of this run, with the overlays and packages in it.
fn work() -> &'static Path {
    static WORK: OnceLock<PathBuf> = OnceLock::new();
    WORK.get_or_init(|| {
        let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("package");
        // What an earlier run left.
        if work.exists() {
            std::fs::remove_dir_all(&work).expect("an old directory to be removed");
        }
        std::fs::create_dir_all(&work).expect("a directory");
        run("prepare", &work);
        work
    })
}

#[track_caller]
fn run(check: &str, work: &Path) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/package/checks");
    let mut command = Command::new(script);
    let output = command.arg(check).arg(work).output().expect("the checks");
    // Shown by libtest when the test fails, and with --nocapture.
    println!("{}", String::from_utf8_lossy(&output.stdout));
    println!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{check}: {}", output.status);
}

/// A test for each check.
macro_rules! checks {
    ($($test:ident: $check:literal;)*) => {
        $(
            #[test]
            fn $test() {
                run($check, work());
            }
        )*
    };
}

checks! {
    the_same_input_gives_the_same_bytes: "reproducible";
    the_overlay_has_these_files: "files";
    the_package_has_the_version_of_the_program: "version_is_the_programs";
    systemd_has_nothing_to_say_against_the_units: "units";
    firewalls_are_before_the_network: "order";
    their_exposure_is_1_8_at_most: "security";
    pacman_installs_checks_upgrades_and_removes: "pacman_life";
    the_hooks_leave_what_is_the_user_s: "hooks";
    makepkg_makes_the_same_package: "recipe";
    other_managers_are_told_to_keep_off_and_given_back: "keep_off";
    image_build_refuses_what_cannot_work: "refusals";
    a_card_for_raspberry_pi_imager_has_no_file_of_its_own: "imager";
    links_in_a_root_file_system_lead_nobody_out_of_it: "links";
    a_boot_partition_that_appears_late_is_mounted: "late_boot_partition";
    a_release_has_all_that_belongs_to_it: "release";
    every_board_is_known_its_quirks_with_their_source: "boards";
}
