//! A process with its log in a file, ended with the thing it belongs to.

use super::wait::wait_for;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::cell::RefCell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

pub struct Process {
    child: RefCell<Child>,
    log: PathBuf,
}

impl Process {
    /// Starts `command`; both its outputs are added to `log`.
    #[track_caller]
    pub fn start(mut command: Command, log: &Path) -> Process {
        let file = File::options()
            .create(true)
            .append(true)
            .open(log)
            .expect("a log file");
        let second = file.try_clone().expect("a second descriptor");
        command.stdin(Stdio::null()).stdout(file).stderr(second);
        let child = command
            .spawn()
            .unwrap_or_else(|e| panic!("{:?} does not start: {e}", command.get_program()));
        Process {
            child: child.into(),
            log: log.to_owned(),
        }
    }

    pub fn pid(&self) -> i32 {
        self.child.borrow().id() as i32
    }

    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    pub fn running(&self) -> bool {
        self.exit().is_none()
    }

    /// How it ended, if it has.
    pub fn exit(&self) -> Option<ExitStatus> {
        self.child
            .borrow_mut()
            .try_wait()
            .expect("waiting for a child of ours")
    }

    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        assert!(
            self.running(),
            "it has ended before {signal}:\n{}",
            self.log()
        );
        kill(Pid::from_raw(self.pid()), signal).expect("signalling a child of ours");
    }

    /// SIGTERM, then its exit status.
    #[track_caller]
    pub fn terminate(&self, limit: Duration) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        self.wait_exit(limit)
    }

    #[track_caller]
    pub fn wait_exit(&self, limit: Duration) -> ExitStatus {
        wait_for("the end of a process", limit, || self.exit())
    }

    /// Waits until the log has `text`.
    #[track_caller]
    pub fn wait_log(&self, text: &str, limit: Duration) {
        wait_for(
            &format!("{text:?} in {}", self.log.display()),
            limit,
            || {
                let found = self.log().contains(text);
                assert!(
                    found || self.running(),
                    "ended without {text:?}:\n{}",
                    self.log()
                );
                found.then_some(())
            },
        );
    }

    /// SIGKILL and reap. Safe to call twice, and while a panic unwinds.
    pub fn kill9(&self) {
        let mut child = self.child.borrow_mut();
        let _ = child.kill();
        let _ = child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill9();
    }
}

/// The standard output of a finished program, or why there is none.
pub fn output_text(output: std::io::Result<Output>) -> Result<String, String> {
    let output = output.map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    Err(format!(
        "{}: {}{text}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    ))
}
