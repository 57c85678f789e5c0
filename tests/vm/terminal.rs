//! Commands at a terminal: the daemon started by hand, the status and its colours.

use crate::lab::measure::let_pass;
use crate::lab::scene::{LONG, SHORT, config};
use crate::lab::{Scene, status, wait_until};
use nix::libc;
use nix::pty::openpty;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Lines as simple_logger writes them, until the terminal goes away; that ends nothing.
#[test]
fn it_logs_there_and_outlives_it() {
    let s = Scene::new();
    let pty = openpty(None, None).expect("a pseudo-terminal");
    let end = || pty.slave.try_clone().expect("its other end");
    s.pi.write_config(&config().to_string());
    let mut command = s.pi.ns.command("/usr/bin/wifibond");
    command.args(["run", "--config", "/boot/wifibond.json"]);
    command.stdin(end()).stdout(end()).stderr(end());
    let mut daemon = command.spawn().expect("wifibond");
    drop((command, pty.slave));

    let page = Arc::new(Mutex::new(String::new()));
    let written = page.clone();
    let mut screen = File::from(pty.master);
    let reader = std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        loop {
            let count = screen.read(&mut buffer).expect("what it writes");
            let mut page = written.lock().expect("the page");
            page.push_str(&String::from_utf8_lossy(&buffer[..count]));
            // The terminal goes away with this end of it.
            if page.contains(" is active") {
                return;
            }
        }
    });
    wait_until("an adapter is said to be active", LONG, || {
        reader.is_finished()
    });
    reader.join().expect("the reader");
    let page = page.lock().expect("the page").clone();
    let line = |line: &&str| line.starts_with("INFO ") && line.contains(" is active");
    assert!(page.lines().any(|l| line(&l)), "{page}");

    s.pi.wait("both members", LONG, |st| {
        status::authorized(st, "wlan0") && status::authorized(st, "wlan1")
    });
    // More to say than before, and nobody to say it to.
    wait_until("wlan1 can be switched to", SHORT, || {
        s.pi.wifibond(&["switch", "wlan1"]).0 == 0
    });
    s.pi.wait("wlan1", SHORT, |st| status::active(st) == "wlan1");
    assert_eq!(daemon.try_wait().expect("its state"), None);
    let events = s.pi.call(&["events"]);
    assert!(events.contains("wlan1"), "{events}");
    daemon.kill().expect("its end");
    daemon.wait().expect("its end");
}

/// A terminal of so many rows and columns at which a command runs.
struct Seen {
    master: File,
    command: std::process::Child,
    /// All that was written to it.
    text: Arc<Mutex<String>>,
}

impl Seen {
    fn run(s: &Scene, args: &[&str], size: (u16, u16)) -> Seen {
        let size = winsize(size);
        let pty = openpty(Some(&size), None).expect("a pseudo-terminal");
        let mut command = s.pi.ns.command("/usr/bin/wifibond");
        command
            .args(args)
            .env("TERM", "vt100")
            .env_remove("NO_COLOR");
        // A process group of its own, as a shell's job has: it can be stopped.
        command.process_group(0);
        command.stdout(pty.slave);
        let running = command.spawn().expect("wifibond");
        drop(command);
        let master = File::from(pty.master);
        let text = Arc::new(Mutex::new(String::new()));
        let (mut reader, written) = (master.try_clone().expect("a copy"), text.clone());
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // EIO when the command has ended.
            while let Ok(count) = reader.read(&mut buffer) {
                let mut text = written.lock().expect("the text");
                text.push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        });
        Seen {
            master,
            command: running,
            text,
        }
    }

    fn take(&self) -> String {
        core::mem::take(&mut *self.text.lock().expect("the text"))
    }

    fn wait(&self, words: &str) {
        wait_until(words, SHORT, || {
            self.text.lock().expect("the text").contains(words)
        });
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.command.id()).expect("a process");
        kill(Pid::from_raw(pid), signal).expect("the signal");
    }
}

fn winsize((rows, columns): (u16, u16)) -> nix::pty::Winsize {
    nix::pty::Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

/// The page in place: what does not change is not written again, so that a serial line of 9600 baud,
/// 960 characters a second, carries it; another size and a daemon that starts anew are no end of it.
#[test]
fn the_status_is_watched_over_a_slow_line() {
    let s = Scene::running();
    let mut seen = Seen::run(&s, &["status", "--watch"], (50, 80));
    seen.wait("Last events");
    let first = seen.take();
    assert!(first.starts_with("\x1b[?25l\x1b[H\x1b[J"), "{first:?}");
    assert!(first.contains("\x1b[32mONLINE"), "{first:?}");
    // Joins are over, ages alone change.
    let_pass(Duration::from_secs(5));
    seen.take();
    let_pass(Duration::from_secs(10));
    let steady = seen.take();
    println!("{} octets in 10 s: {steady:?}", steady.len());
    assert!(!steady.contains("Last events"), "{steady:?}");
    assert!(steady.len() < 2000, "{} in 10 s", steady.len());

    let size = winsize((10, 40));
    let fd = std::os::fd::AsRawFd::as_raw_fd(&seen.master);
    // SAFETY: the kernel reads a winsize, which outlives the call.
    let set = unsafe { libc::ioctl(fd, libc::TIOCSWINSZ, &raw const size) };
    assert_eq!(set, 0);
    // It is not the terminal's own process group, which the kernel would tell.
    seen.signal(Signal::SIGWINCH);
    seen.wait("more lines");
    let narrow = seen.take();
    assert!(narrow.contains("\x1b[H\x1b[J"), "{narrow:?}");
    assert!(
        !narrow.contains("\x1b[11;"),
        "past the last row: {narrow:?}"
    );

    // Ctrl-Z: others have the terminal, with its cursor.
    seen.take();
    seen.signal(Signal::SIGTSTP);
    seen.wait("\x1b[?25h");
    let stat = format!("/proc/{}/stat", seen.command.id());
    wait_until("it has stopped", SHORT, || {
        std::fs::read_to_string(&stat).is_ok_and(|stat| stat.contains(") T "))
    });
    seen.take();
    seen.signal(Signal::SIGCONT);
    seen.wait("more lines");
    assert!(seen.take().starts_with("\x1b[?25l\x1b[H\x1b[J"));

    s.pi.terminate();
    seen.wait("not running");
    s.pi.start_again();
    seen.wait("ONLINE");
    seen.take();
    seen.signal(Signal::SIGINT);
    assert!(seen.command.wait().expect("its end").success());
    seen.wait("\x1b[?25h");
}

/// One page: colours at a terminal, and none where NO_COLOR or the reader forbid them.
#[test]
fn colours_are_for_terminals() {
    let s = Scene::running();
    for columns in [20, 40, 80, 300] {
        let mut seen = Seen::run(&s, &["status"], (24, columns));
        assert!(seen.command.wait().expect("its end").success());
        seen.wait("Last events");
        let text = seen.take();
        assert!(text.contains("\x1b[32mONLINE \x1b[m"), "{text:?}");
        let plain = text.replace("\x1b[m", "").replace("\x1b[32m", "");
        let plain = plain.replace("\x1b[33m", "").replace("\x1b[31m", "");
        for line in plain.lines() {
            assert!(line.chars().count() <= usize::from(columns), "{line:?}");
            assert!(!line.contains(char::is_control), "{line:?}");
        }
    }
    let page = |name: &str, value: &str| {
        let mut command = s.pi.ns.command("/usr/bin/wifibond");
        let out = command.arg("status").env(name, value).output();
        String::from_utf8(out.expect("a page").stdout).expect("text")
    };
    let wide = page("COLUMNS", "nonsense");
    assert!(wide.starts_with("ONLINE through bond0 (wlan0)"), "{wide}");
    let longest = |page: &str| page.lines().map(str::len).max().expect("a line");
    assert!((41..=80).contains(&longest(&wide)), "{wide}");
    assert!(longest(&page("COLUMNS", "40")) <= 40);
    let events = s.pi.call(&["events"]);
    // Each has its day, where the output is no terminal.
    let each = |line: &str| line.starts_with("20") && line.contains("+00:00 ");
    assert!(events.lines().all(each), "{events}");
    assert!(events.contains(" is active: first member"), "{events}");
}
