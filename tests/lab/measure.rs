//! What a running wifibond costs, with the process beside it that carries out its requests to
//! the kernel: memory, and how often it wakes up.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Resident memory in KiB.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// Heap, stacks and written data: nobody else's.
    pub anon: u64,
    /// `anon` and its share of the pages it has in common with others.
    pub proportional: u64,
}

impl Memory {
    #[track_caller]
    pub fn of(pid: i32) -> Memory {
        let sum = |file: &str, name: &str| {
            let pids = with_helper(pid).into_iter();
            pids.map(|pid| field(&proc_file(pid, file), name)).sum()
        };
        Memory {
            anon: sum("status", "RssAnon:"),
            proportional: sum("smaps_rollup", "Pss:"),
        }
    }

    /// The share of each part of it in KiB: a file, the stack, the heap, other memory.
    #[track_caller]
    pub fn parts(pid: i32) -> BTreeMap<String, u64> {
        let mut parts = BTreeMap::new();
        let mut part = String::new();
        let pids = with_helper(pid).into_iter();
        let smaps: String = pids.map(|pid| proc_file(pid, "smaps")).collect();
        for line in smaps.lines() {
            let mut words = line.split_whitespace();
            let first = words.next().unwrap_or_default();
            if !first.ends_with(':') {
                // from-to, permissions, offset, device, inode, and a name if there is one.
                part = words.nth(4).unwrap_or("[other]").to_owned();
            } else if first == "Pss:" {
                let kib = words.next().and_then(|kib| kib.parse::<u64>().ok());
                *parts.entry(part.clone()).or_default() += kib.unwrap_or(0);
            }
        }
        parts
    }
}

/// Counts how often a process was given a processor after it had waited for something.
pub struct Wakeups {
    pid: i32,
    since: Instant,
    switches: u64,
}

impl Wakeups {
    #[track_caller]
    pub fn of(pid: i32) -> Wakeups {
        Wakeups {
            pid,
            since: Instant::now(),
            switches: switches(pid),
        }
    }

    /// Lets time pass until `period` is over since the count began; the wake-ups in it.
    #[track_caller]
    pub fn after(self, period: Duration) -> u64 {
        let_pass(period.saturating_sub(self.since.elapsed()));
        switches(self.pid) - self.switches
    }
}

/// Voluntary context switches: the kernel counts one each time the process goes to
/// sleep, so also one for each time it wakes up again. All threads of both are counted.
fn switches(pid: i32) -> u64 {
    let threads =
        |pid: i32| std::fs::read_dir(format!("/proc/{pid}/task")).expect("a running process");
    let pids = with_helper(pid).into_iter();
    pids.flat_map(threads)
        .flatten()
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("status")).ok())
        .map(|status| field(&status, "voluntary_ctxt_switches:"))
        .sum()
}

/// The process, and the one beside it for requests to the kernel, which must be there.
#[track_caller]
fn with_helper(pid: i32) -> [i32; 2] {
    let parent = format!("PPid:\t{pid}");
    let is_helper = |other: &i32| {
        let status = std::fs::read_to_string(format!("/proc/{other}/status")).unwrap_or_default();
        let mut lines = status.lines();
        lines.next() == Some("Name:\twifibond-kernel") && lines.any(|line| line == parent)
    };
    let all = std::fs::read_dir("/proc").expect("processes").flatten();
    let mut pids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    [pid, pids.find(is_helper).expect("a helper")]
}

#[track_caller]
fn proc_file(pid: i32, name: &str) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/{name}")).expect("a running process")
}

#[track_caller]
fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let value = line.and_then(|rest| rest.split_whitespace().next());
    value
        .and_then(|value| value.parse().ok())
        .unwrap_or_else(|| panic!("no {name} in {text}"))
}

/// The rounds of a benchmark: its first argument, or 5.
pub fn rounds() -> usize {
    let given = std::env::args().nth(1);
    given.and_then(|text| text.parse().ok()).unwrap_or(5)
}

/// Whether a row of a benchmark is to be measured: all are where no further arguments, words of
/// their names, are given.
pub fn is_wanted(row: &str) -> bool {
    let mut words = std::env::args().skip(2).peekable();
    words.peek().is_none() || words.any(|word| row.contains(&word))
}

/// The value in the middle.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The one place where time itself is what is waited for: a period to measure over.
pub fn let_pass(period: Duration) {
    std::thread::sleep(period);
}
