//! SD cards as image/build makes them, booted as emulated Raspberry Pis with systemd. Each
//! test is one or two boots; what is looked at inside is a job of the same name in
//! jobs/. Runs on the workstation: `cargo test --test card`.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

/// Where the boot partition begins on a card of ours.
const BOOT_AT: &str = "4M";

#[derive(Clone, Copy)]
struct Board {
    name: &'static str,
    arch: &'static str,
    target: &'static str,
}

const PI3: Board = Board {
    name: "emulated",
    arch: "aarch64",
    target: "aarch64-unknown-linux-musl",
};
const PI2: Board = Board {
    name: "emulated-32",
    arch: "armv7h",
    target: "armv7-unknown-linux-musleabihf",
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn place() -> PathBuf {
    let place = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("card");
    fs::create_dir_all(&place).unwrap();
    place
}

#[track_caller]
fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn build_tool() -> Command {
    Command::new(root().join("image/build"))
}

/// The card of a board, made once in a run of this program, and the radio tool for it.
/// Several runs share those in `$WIFIBOND_CARDS`: the first makes them.
fn card(board: Board) -> PathBuf {
    static MADE: Mutex<Vec<&str>> = Mutex::new(Vec::new());
    let shared = std::env::var_os("WIFIBOND_CARDS").map(PathBuf::from);
    let path = shared.clone().unwrap_or_else(place);
    let path = path.join(format!("{}.img", board.name));
    let mut made = MADE.lock().unwrap_or_else(|e| e.into_inner());
    let lock = fs::File::create(path.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let theirs = shared.is_some() && path.exists();
    if !theirs && !made.contains(&board.name) {
        let making = path.with_extension("making");
        let rootfs = run(Command::new(root().join("board/emulated/rootfs")).arg(board.arch));
        let rootfs = String::from_utf8(rootfs.stdout).unwrap();
        run(build_tool()
            .args(["--board", board.name, "--rootfs", rootfs.trim(), "--out"])
            .arg(&making)
            .arg("--config")
            .arg(root().join("board/emulated/wifibond.json")));
        run(Command::new(root().join("cross/cargo"))
            .current_dir(root())
            .args(["build", "--locked", "--release", "--package", "radio"])
            .args(["--target", board.target]));
        fs::rename(making, &path).unwrap();
        made.push(board.name);
    }
    path
}

/// A card of its own, to be spoilt.
fn copy(board: Board, name: &str) -> PathBuf {
    let path = place().join(format!("{name}.img"));
    run(Command::new("cp")
        .args(["--sparse=always"])
        .args([&card(board), &path]));
    path
}

/// A file on the boot partition: new content, or none.
fn put(image: &Path, name: &str, content: Option<&[u8]>) {
    let partition = format!("{}@@{BOOT_AT}", image.display());
    let inside = format!("::/{name}");
    match content {
        None => {
            run(Command::new("mdel").args(["-i", &partition, &inside]));
        }
        Some(content) => {
            let file = image.with_extension("content");
            fs::write(&file, content).unwrap();
            run(Command::new("mcopy")
                .args(["-o", "-i", &partition])
                .arg(&file)
                .arg(&inside));
        }
    }
}

fn get(image: &Path, name: &str) -> Vec<u8> {
    let partition = format!("{}@@{BOOT_AT}", image.display());
    run(Command::new("mtype").args(["-i", &partition, &format!("::/{name}")])).stdout
}

/// What comes along into the machine: the simulated world and the job.
fn rider(board: Board, job: &str) -> PathBuf {
    // With it comes the radio tool.
    card(board);
    let rider = place().join(format!("{job}-{}.rider", board.name));
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".into());
    let radio = root().join(target).join(board.target).join("release/radio");
    run(Command::new(root().join("board/emulated/rider"))
        .arg(&rider)
        .arg(radio));
    fs::copy(root().join("tests/card/jobs/lib"), rider.join("bin/lib")).unwrap();
    fs::copy(root().join("tests/card/jobs").join(job), rider.join("job")).unwrap();
    let probe = fs::read_to_string(root().join("tests/card/jobs/at-online.service")).unwrap();
    wanted_unit(&rider, "multi-user.target", "at-online.service", &probe);
    rider
}

/// A unit of the test's own that a target wants.
fn wanted_unit(rider: &Path, target: &str, name: &str, text: &str) {
    unit(rider, name, text);
    let wants = rider.join("units").join(format!("{target}.wants"));
    fs::create_dir_all(&wants).unwrap();
    std::os::unix::fs::symlink(Path::new("..").join(name), wants.join(name)).unwrap();
}

/// A drop-in for wifibond.service, or a unit of the test's own, for this boot alone.
fn unit(rider: &Path, name: &str, text: &str) {
    let path = rider.join("units").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[track_caller]
fn boot(board: Board, image: &Path, rider: &Path) {
    let mut command = Command::new(root().join("board/emulated/card"));
    command.arg(board.name).arg(image).arg(rider);
    if std::env::var_os("WIFIBOND_CARD_TIMEOUT").is_none() {
        command.env("WIFIBOND_CARD_TIMEOUT", "1500");
    }
    let output = command.output().unwrap();
    // Shown by libtest when the test fails, and with --nocapture.
    println!("{}", String::from_utf8_lossy(&output.stdout));
    println!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}", output.status);
}

/// From the file of a fresh card, with nothing but the network filled in.
#[test]
fn a_cold_start_a_reboot_and_a_whole_life() {
    let image = copy(PI3, "fresh");
    let text = fresh_file()
        .replace("name of your network", "Hotspot")
        .replace("its passphrase", "correct horse");
    put(&image, "wifibond.json", Some(text.as_bytes()));
    let rider = rider(PI3, "whole-life");
    fs::copy(
        root().join("tests/card/jobs/start"),
        rider.join("bin/start"),
    )
    .unwrap();
    // The unit's own 30 s would hold up the test.
    unit(
        &rider,
        "wifibond.service.d/test.conf",
        "[Service]\nWatchdogSec=6\n",
    );
    let firewall = "[Unit]\nBefore=network-pre.target\nWants=network-pre.target\n\
        [Service]\nType=oneshot\n\
        ExecStart=/bin/sh -c 'sleep 3; [ -e /run/wifibond ] || touch /run/firewall-was-first'\n";
    wanted_unit(&rider, "multi-user.target", "firewall.service", firewall);
    boot(PI3, &image, &rider);
}

#[test]
fn a_cold_start_in_32_bits_with_a_file_of_windows() {
    let image = copy(PI2, "windows");
    let text = fs::read_to_string(root().join("board/emulated/wifibond.json")).unwrap();
    let text = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    put(&image, "wifibond.json", None);
    put(&image, "wifibond.json.txt", Some(text.as_bytes()));
    boot(PI2, &image, &rider(PI2, "start"));
}

/// The file that image/build puts on a fresh card.
fn fresh_file() -> String {
    fs::read_to_string(root().join("image/overlay/usr/share/wifibond/wifibond.json")).unwrap()
}

#[test]
fn no_file_then_a_wrong_one_then_a_newer_one() {
    let image = copy(PI3, "no-file");
    put(&image, "wifibond.json", None);
    let rider = rider(PI3, "no-file-and-wrong-ones");
    // The network adapter has no driver until the job loads it.
    let without = "[Unit]\nDefaultDependencies=no\nBefore=systemd-udev-trigger.service systemd-udevd.service\n\
        [Service]\nType=oneshot\nExecStart=/bin/sh -c 'mkdir -p /run/modprobe.d; \
        printf \"blacklist cdc_ether\\nblacklist rndis_host\\n\" >/run/modprobe.d/without.conf'\n";
    wanted_unit(&rider, "sysinit.target", "without.service", without);
    boot(PI3, &image, &rider);
}

#[test]
fn a_read_only_root_and_a_full_one() {
    let image = copy(PI3, "read-only-root");
    let line = String::from_utf8(get(&image, "cmdline.txt")).unwrap();
    put(
        &image,
        "cmdline.txt",
        Some(line.replace(" rw ", " ro ").as_bytes()),
    );
    boot(PI3, &image, &rider(PI3, "read-only-and-full-root"));
}

#[test]
fn a_boot_partition_that_comes_late_and_parts_that_are_pulled_out() {
    let image = copy(PI3, "late");
    // The emulator takes its kernel from there, so it stays; but nobody finds it by its name
    // until the job gives it back.
    let partition = format!("{}@@{BOOT_AT}", image.display());
    run(Command::new("mlabel").args(["-i", &partition, "-N", "deadbeef", "::"]));
    boot(PI3, &image, &rider(PI3, "late-and-pulled-out"));
}

/// A card for a board that cannot be emulated: its kernel and modules are of another kind.
#[test]
fn a_card_for_another_board_is_verified() {
    let rootfs = run(Command::new(root().join("board/emulated/rootfs")).arg(PI3.arch));
    let rootfs = String::from_utf8(rootfs.stdout).unwrap();
    let tarball = place().join("another.tar");
    let make = r#"
        set -e
        zstd -q -d -f "$1" -o "$2"
        more=$(mktemp -d)
        mkdir -p "$more/boot" "$more/usr/lib/modules/0.0-another/kernel/drivers/net/bonding"
        for file in bootcode.bin start.elf fixup.dat bcm2710-rpi-3-b.dtb; do echo >"$more/boot/$file"; done
        echo >"$more/usr/lib/modules/0.0-another/kernel/drivers/net/bonding/bonding.ko"
        tar --delete -f "$2" ./usr/lib/modules ./boot/initramfs-linux.img ./boot/bcm2837-rpi-3-b.dtb
        tar -r -f "$2" -C "$more" --owner=0 --group=0 .
        rm -r "$more"
    "#;
    run(Command::new("bash")
        .args(["-c", make, "bash", rootfs.trim()])
        .arg(&tarball));
    let out = place().join("another.img");
    let output = run(build_tool()
        .args(["--board", "rpi3", "--verify", "--rootfs"])
        .arg(&tarball)
        .arg("--out")
        .arg(&out));
    let printed = String::from_utf8_lossy(&output.stdout);
    println!("{printed}");
    assert!(
        printed.contains("it boots, and wifibond answers"),
        "{printed}"
    );
    assert!(printed.contains("ONLINE through eth0"), "{printed}");
    // The file of a fresh card, to be edited.
    let file = String::from_utf8(get(&out, "wifibond.json")).unwrap();
    assert_eq!(file, fresh_file());
}
