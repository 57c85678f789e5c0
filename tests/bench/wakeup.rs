//! What a wake-up without a change costs the engine of a box at rest: instructions, as
//! `valgrind --tool=callgrind` counts them, and allocations.
//!
//!     cargo test --release --test wakeup -- [OTHER PROGRAM]
//!
//! With another build of this program it measures that one as well, and fails where this one
//! is not at least twice as cheap for each kind of cause.

#[path = "../scene/mod.rs"]
mod scene;

use scene::Memory;
use scene::rest::{Cause, Rest};
use std::process::Command;

/// Wake-ups of one run; another does twice as many, and the difference is what these cost.
const WAKE_UPS: u64 = 1_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["run", word, count] => run(word, count.parse().expect("a number")),
        [] => compare(None),
        [other] => compare(Some(other)),
        _ => panic!("usage: wakeup [OTHER PROGRAM]"),
    }
}

/// So many wake-ups. Prints how often each asked the allocator for memory, and how often the
/// init system was told something.
fn run(word: &str, count: u64) {
    let cause = Cause::ALL.into_iter().find(|cause| cause.word() == word);
    let cause = cause.expect("a kind of cause");
    let mut rest = Rest::begin();
    rest.check();
    let before = Memory::now();
    let told = (0..count).filter(|_| rest.wake_up(cause)).count();
    let asked = Memory::now().asked - before.asked;
    println!("{asked} {told}");
}

/// Instructions and allocations of one wake-up.
struct Cost {
    instructions: u64,
    allocations: u64,
}

fn cost(program: &str, cause: Cause) -> Cost {
    let (once, asked) = measure(program, cause, WAKE_UPS);
    let (twice, _) = measure(program, cause, 2 * WAKE_UPS);
    Cost {
        instructions: (twice - once) / WAKE_UPS,
        allocations: asked.div_ceil(WAKE_UPS),
    }
}

fn measure(program: &str, cause: Cause, count: u64) -> (u64, u64) {
    let done = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args([program, "run", cause.word(), &count.to_string()])
        .output()
        .expect("valgrind is to be installed");
    let said = String::from_utf8_lossy(&done.stdout);
    let counted = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}{counted}");
    let number = |text: &str| text.trim().parse::<u64>().expect("a number");
    let mut words = said.split(' ').map(number);
    let (asked, told) = (words.next(), words.next());
    assert_eq!(told, Some(0), "nothing has changed");
    let collected = counted.split("Collected : ").nth(1).expect("a count");
    let collected = collected.lines().next().expect("a line");
    (number(collected), asked.expect("a count"))
}

fn compare(other: Option<&str>) {
    let this = std::env::current_exe().expect("this program's file");
    let this = this.to_str().expect("a name in UTF-8");
    println!("one wake-up     instructions  allocations  before: instructions  allocations");
    let mut worst = f64::INFINITY;
    for cause in Cause::ALL {
        let after = cost(this, cause);
        let row = (cause.word(), after.instructions, after.allocations);
        print!("{:<15} {:>12} {:>12}", row.0, row.1, row.2);
        assert_eq!(after.allocations, 0, "a wake-up without a change allocates");
        let Some(before) = other.map(|other| cost(other, cause)) else {
            println!();
            continue;
        };
        #[allow(clippy::cast_precision_loss)]
        let times = before.instructions as f64 / after.instructions.max(1) as f64;
        worst = worst.min(times);
        let row = (before.instructions, before.allocations);
        println!(" {:>21} {:>12}  {times:.1} times less", row.0, row.1);
    }
    assert!(worst >= 2.0, "at least twice less is wanted: {worst:.1}");
}
