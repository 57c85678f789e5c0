//! A Raspberry Pi as wifibond sees it: its own network, `/boot`, `/run` and lasting
//! state, and the program under test.

use super::process::output_text;
use super::{Namespace, Process, Thing, wait_for};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

const PROGRAM: &str = "/usr/bin/wifibond";
/// As it is released, and another build of it; tests/vm/runner puts both there.
pub const RELEASED: &str = "/job/released";
pub const OTHER: &str = "/job/other";
const CONFIG: &str = "/boot/wifibond.json";
const CONTROL: &str = "/run/wifibond/control.sock";
/// Between two questions for the status.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// From its start the program listens within this.
const START_LIMIT: Duration = Duration::from_secs(20);
/// An ordered stop: each of its steps is bounded, and this is above their sum.
const STOP_LIMIT: Duration = Duration::from_secs(20);

pub struct Pi {
    pub ns: Rc<Namespace>,
    daemon: RefCell<Option<Process>>,
    /// Its log has every step.
    pub wordy: Cell<bool>,
    /// What is started as the daemon, and asks it.
    program: Cell<&'static str>,
    dir: PathBuf,
}

impl Pi {
    pub fn new(dir: &Path) -> Pi {
        for place in ["/boot", "/run", "/tmp", "/var/lib/wifibond"] {
            std::fs::create_dir_all(place).expect("a place to mount on");
        }
        let ns = Namespace::new("pi", &["/boot", "/run", "/var/lib/wifibond", "/tmp"]);
        // Its own /etc, as the program may write resolv.conf there.
        ns.run("cp", &["-a", "/etc", "/tmp/etc"]);
        ns.run("mount", &["--bind", "/tmp/etc", "/etc"]);
        Pi {
            ns,
            daemon: RefCell::default(),
            wordy: Cell::new(false),
            program: Cell::new(PROGRAM),
            dir: dir.to_owned(),
        }
    }

    /// From now on the program is the one that is released.
    #[track_caller]
    pub fn run_released(&self) {
        assert!(
            Path::new(RELEASED).exists(),
            "the released program is missing, or older than its sources: cross/build \
             aarch64-unknown-linux-musl"
        );
        self.program.set(RELEASED);
    }

    /// From now on the program is another build.
    #[track_caller]
    pub fn run_other(&self) {
        assert!(
            Path::new(OTHER).exists(),
            "no other program to compare with: WIFIBOND_OTHER must name one for this machine"
        );
        self.program.set(OTHER);
    }

    /// Writes the configuration and starts the program. Returns when it answers.
    #[track_caller]
    pub fn start(&self, config: &Value) {
        self.write_config(&config.to_string());
        self.start_again();
    }

    /// Starts the program with the file that is there. Returns when it answers.
    #[track_caller]
    pub fn start_again(&self) {
        self.launch();
        wait_for("an answer of wifibond", START_LIMIT, || {
            self.assert_alive();
            self.try_status().map(drop)
        });
    }

    /// Starts the program with the file that is there, and waits for nothing.
    #[track_caller]
    pub fn launch(&self) {
        assert!(!self.running(), "wifibond runs already");
        let mut command = self.ns.command(self.program.get());
        command.args(["run", "--config", CONFIG]);
        if self.wordy.get() {
            command.env("WIFIBOND_LOG", "debug");
        }
        self.daemon
            .replace(Some(Process::start(command, &self.log_file())));
    }

    pub fn write_config(&self, text: &str) {
        std::fs::write(self.ns.path(CONFIG), text).expect("the box's /boot takes a file");
    }

    /// Writes another configuration and has it read: `wifibond reload`.
    #[track_caller]
    pub fn reload_with(&self, config: &Value) {
        self.write_config(&config.to_string());
        self.call(&["reload"]);
    }

    /// The same, whatever comes of it: also where the box is not online with it.
    #[track_caller]
    pub fn force_with(&self, config: &Value) {
        self.write_config(&config.to_string());
        self.call(&["reload", "--force"]);
    }

    /// Runs a command of wifibond that must succeed; its standard output.
    #[track_caller]
    pub fn call(&self, args: &[&str]) -> String {
        output_text(self.output(args))
            .unwrap_or_else(|e| panic!("wifibond {}: {e}", args.join(" ")))
    }

    /// Runs a command of wifibond: exit code, standard output, standard error.
    #[track_caller]
    pub fn wifibond(&self, args: &[&str]) -> (i32, String, String) {
        let output = self
            .output(args)
            .unwrap_or_else(|e| panic!("wifibond {}: {e}", args.join(" ")));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().unwrap_or(-1);
        (code, text(&output.stdout), text(&output.stderr))
    }

    fn output(&self, args: &[&str]) -> std::io::Result<Output> {
        self.ns
            .command(self.program.get())
            .args(args)
            .stdin(Stdio::null())
            .output()
    }

    /// What `status --json` says; `None` while nothing answers. Asked over the control
    /// socket: a process for each of so many questions would take most of the machine's time.
    #[track_caller]
    pub fn try_status(&self) -> Option<Value> {
        let answer = ask(&self.ns.path(CONTROL), "status json").ok()?;
        let (code, text) = answer.split_once('\n')?;
        assert!(
            code == "0" || code == "3",
            "status ends with {code}: {text}"
        );
        let status = serde_json::from_str(text);
        Some(status.unwrap_or_else(|e| panic!("status --json is no JSON, {e}: {text}")))
    }

    /// What the command `wifibond status --json` says.
    #[track_caller]
    pub fn status(&self) -> Value {
        let (code, text, complaint) = self.wifibond(&["status", "--json"]);
        assert!(
            code == 0 || code == 3,
            "status exits with {code}: {text}{complaint}"
        );
        serde_json::from_str(&text)
            .unwrap_or_else(|e| panic!("status --json is no JSON, {e}: {text}"))
    }

    /// What `events --json` says.
    #[track_caller]
    pub fn events(&self) -> Value {
        let text = self.call(&["events", "--json"]);
        serde_json::from_str(&text)
            .unwrap_or_else(|e| panic!("events --json is no JSON, {e}: {text}"))
    }

    /// Asks for the status until `condition` holds, and gives that status back.
    #[track_caller]
    pub fn wait(&self, what: &str, limit: Duration, condition: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + limit;
        loop {
            let status = self.try_status();
            if let Some(status) = status.as_ref().filter(|status| condition(status)) {
                return status.clone();
            }
            self.assert_alive();
            assert!(
                Instant::now() < end,
                "waited {limit:?} in vain for: {what}; status: {status:#?}"
            );
            std::thread::sleep(ASK_EVERY);
        }
    }

    /// Checks that `condition` holds at every look during `period`.
    #[track_caller]
    pub fn stays(&self, what: &str, period: Duration, condition: impl Fn(&Value) -> bool) {
        let end = Instant::now() + period;
        while Instant::now() < end {
            let status = self.try_status().expect("a running wifibond");
            assert!(
                condition(&status),
                "does not hold any more: {what}; status: {status:#}"
            );
            std::thread::sleep(ASK_EVERY);
        }
    }

    /// Waits until the program's log has `text`.
    #[track_caller]
    pub fn wait_log(&self, text: &str, limit: Duration) {
        wait_for(&format!("{text:?} in the log"), limit, || {
            self.assert_alive();
            self.log().contains(text).then_some(())
        });
    }

    #[track_caller]
    fn assert_alive(&self) {
        let ended = self.daemon.borrow().as_ref().and_then(Process::exit);
        assert!(
            ended.is_none(),
            "wifibond has ended: {ended:?}\n{}",
            self.log()
        );
    }

    /// The program's log since the box was made.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log_file()).unwrap_or_default()).into_owned()
    }

    /// What others left in the box: wpa_supplicants started by hand.
    fn logs(&self) -> String {
        let files = std::fs::read_dir(self.ns.path("/tmp"))
            .into_iter()
            .flatten()
            .flatten();
        let logs = files
            .map(|file| file.path())
            .filter(|path| path.extension().is_some_and(|e| e == "log"));
        let text = |path: PathBuf| std::fs::read_to_string(&path).unwrap_or_default();
        logs.map(|path| format!("--- {}\n{}", path.display(), text(path.clone())))
            .collect()
    }

    fn log_file(&self) -> PathBuf {
        self.dir.join("wifibond.log")
    }

    pub fn running(&self) -> bool {
        self.daemon.borrow().as_ref().is_some_and(Process::running)
    }

    /// The daemon's process id.
    #[track_caller]
    pub fn pid(&self) -> i32 {
        self.daemon
            .borrow()
            .as_ref()
            .expect("a started wifibond")
            .pid()
    }

    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        self.daemon
            .borrow()
            .as_ref()
            .expect("a started wifibond")
            .signal(signal);
    }

    /// The daemon dies without a chance to say anything. Its children are left alone.
    #[track_caller]
    pub fn kill9(&self) {
        self.daemon.take().expect("a started wifibond").kill9();
    }

    /// SIGTERM, and its exit status.
    #[track_caller]
    pub fn terminate(&self) -> ExitStatus {
        self.daemon
            .take()
            .expect("a started wifibond")
            .terminate(STOP_LIMIT)
    }

    #[track_caller]
    pub fn wait_exit(&self, limit: Duration) -> ExitStatus {
        self.daemon
            .take()
            .expect("a started wifibond")
            .wait_exit(limit)
    }

    /// The wpa_supplicants of the box.
    pub fn supplicants(&self) -> Vec<i32> {
        self.ns.processes_named("wpa_supplicant")
    }

    /// Whose traffic the kernel's bond carries now; empty: nobody's.
    pub fn kernel_active(&self) -> String {
        self.ns.link("bond0", "bonding/active_slave")
    }

    /// The bond's members, as the kernel lists them.
    pub fn kernel_members(&self) -> Vec<String> {
        let mut members: Vec<String> = self
            .ns
            .link("bond0", "bonding/slaves")
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        members.sort();
        members
    }
}

/// One line to the control socket, and the answer.
fn ask(socket: &Path, line: &str) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    // As long as the program's own commands wait.
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    writeln!(stream, "{line}")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

impl Thing for Pi {
    fn testimony(&self) -> String {
        let status = match self.output(&["status", "--json"]) {
            Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
            Err(e) => format!("{e}\n"),
        };
        let bond = self.ns.read("/proc/net/bonding/bond0").unwrap_or_default();
        let (logs, own) = (self.logs(), self.log());
        format!(
            "{}{bond}{logs}--- wifibond status\n{status}--- wifibond's log\n{own}",
            self.ns.testimony()
        )
    }

    fn clear(&self) {
        self.daemon.replace(None);
        self.ns.clear();
    }
}
