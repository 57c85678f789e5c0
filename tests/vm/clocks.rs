//! Deadlines hold through a suspend: they are on CLOCK_BOOTTIME, which goes on meanwhile, and so
//! is the timer that ends a wait. The machine cannot be suspended here. A time namespace
//! (time_namespaces(7)) sets the two clocks apart all the same.

use nix::libc;
use nix::sched::{CloneFlags, setns, unshare};
use nix::time::{ClockId, clock_gettime};
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;
use wifibond::system::clock;
use wifibond::system::poll::Poll;

/// CLOCK_MONOTONIC is a day ahead: a deadline of CLOCK_BOOTTIME has passed there long ago.
const OFFSETS: &str = "monotonic 86400 0\nboottime 0 0\n";
const AHEAD: Duration = Duration::from_secs(86_000);

/// Says that this is the process inside.
const INSIDE: &str = "CLOCKS_APART";
const PRINTED: &str = "the clocks are apart, and the deadlines hold";

fn now(clock: ClockId) -> Duration {
    clock_gettime(clock).expect("a clock").into()
}

#[test]
fn deadlines_hold_through_a_suspend() {
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    let test = "clocks::deadlines_hold_through_a_suspend";
    let mut command = Command::new("/proc/self/exe");
    command
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1");
    // SAFETY: between fork and exec; system calls on memory made before.
    unsafe {
        command.pre_exec(|| {
            let time = CloneFlags::from_bits_retain(libc::CLONE_NEWTIME);
            unshare(time)?;
            std::fs::write("/proc/self/timens_offsets", OFFSETS)?;
            Ok(setns(File::open("/proc/self/ns/time_for_children")?, time)?)
        })
    };
    let output = command.output().expect("a process in a time namespace");
    let (printed, complaint) = (&output.stdout, &output.stderr);
    let (printed, complaint) = (
        String::from_utf8_lossy(printed),
        String::from_utf8_lossy(complaint),
    );
    assert!(
        output.status.success() && printed.contains(PRINTED),
        "{printed}{complaint}"
    );
}

fn inside() {
    let ahead = now(ClockId::CLOCK_MONOTONIC).saturating_sub(now(ClockId::CLOCK_BOOTTIME));
    assert!(ahead > AHEAD, "the clocks are not apart: {ahead:?}");
    let millis = || now(ClockId::CLOCK_BOOTTIME).as_millis() as u64;
    let (before, boot, after) = (millis(), clock::boot_ms(), millis());
    assert!(
        (before..=after).contains(&boot),
        "deadlines are at {boot}, not within {before} and {after}"
    );
    let mut poll = Poll::<()>::with_room(0).expect("a timer");
    let until = after + 50;
    poll.begin().wait(Some(until)).expect("a wait");
    assert_eq!(poll.take_ready(), None);
    let ended = millis();
    assert!(ended >= until, "the wait ended at {ended}, before {until}");
    println!("{PRINTED}");
}
