//! Processes: start, adopt, signal, reap.
//!
//! By pidfds throughout (Linux 5.3, pidfd_open(2)): a process number may be assigned again
//! between a check and a signal, a pidfd refers to one process for good.
use super::error::{of, of_nix};
use super::{Error, Result};
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::ForkResult;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// Where programs are looked up by name.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A process by its pidfd, which is readable once the process has ended.
#[derive(Debug)]
pub struct Process {
    pid: u32,
    pidfd: OwnedFd,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It exited with this code, 0 to 255.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
    /// Not a child of this process: how it ended cannot be read.
    Unknown,
}

/// The signals that are sent (signal(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM.
    Terminate,
    /// SIGKILL.
    Kill,
    /// SIGHUP.
    Hangup,
}

/// Starts `program` (an absolute path, or a name looked up in the fixed PATH), with no
/// shell, in a session of its own: it goes on when this process ends and gets no Ctrl-C of its
/// terminal. Standard input is /dev/null; output and errors go to `output`, or to /dev/null.
///
/// ENOENT: there is no such program.
pub fn spawn(program: &str, arguments: &[&str], output: Option<BorrowedFd<'_>>) -> Result<Process> {
    let target = || match output {
        Some(fd) => fd.try_clone_to_owned().map(Stdio::from).map_err(of("dup")),
        None => Ok(Stdio::null()),
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("PATH", PATH)
        .stdin(Stdio::null())
        .stdout(target()?)
        .stderr(target()?);
    // SAFETY: setsid is async-signal-safe and the closure does nothing else.
    unsafe {
        command.pre_exec(|| nix::unistd::setsid().map(|_| ()).map_err(Into::into));
    }
    let mut child = command.spawn().map_err(of("spawn"))?;
    // Dropping a `Child` neither ends nor reaps it; [`Process::reap`] does.
    adopt(child.id()).inspect_err(|_| {
        // Without a pidfd nothing would supervise it.
        let _ = child.kill();
        let _ = child.wait();
    })
}

/// Runs `work` in a copy of this process, which ends with it, or by SIGALRM after `limit_s`
/// seconds (0: no limit). The copy has standard input, output and error, and of all other
/// descriptors `stream` alone, which blocks there.
pub fn fork(
    stream: BorrowedFd<'_>,
    limit_s: u32,
    work: &mut dyn FnMut(UnixStream),
) -> Result<Process> {
    // SAFETY: the copy has this one thread. Of the locks that other threads may hold it needs
    // the allocator's alone, which fork() makes usable in the copy (musl's and glibc's do).
    let pid = match unsafe { nix::unistd::fork() }.map_err(of_nix("fork"))? {
        ForkResult::Child => alone(stream, limit_s, work),
        ForkResult::Parent { child } => child,
    };
    adopt(pid.as_raw().unsigned_abs()).inspect_err(|_| {
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
        let _ = nix::sys::wait::waitpid(pid, None);
    })
}

/// Exit codes of a copy of this process that did not finish its work: it panicked, or its
/// descriptors could not be set up.
const PANICKED: i32 = 101;
const NOT_SET_UP: i32 = 102;

/// What a copy of this process does.
fn alone(stream: BorrowedFd<'_>, limit_s: u32, work: &mut dyn FnMut(UnixStream)) -> ! {
    /// Also on a panic the copy ends here: it must not return into the caller's code.
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            end(PANICKED)
        }
    }
    /// Without the functions of atexit(3), which are the original's.
    fn end(code: i32) -> ! {
        // SAFETY: takes a number and does not return.
        unsafe { libc::_exit(code) }
    }
    let _end = End;
    for signal in [
        libc::SIGTERM,
        libc::SIGINT,
        libc::SIGHUP,
        libc::SIGUSR1,
        libc::SIGCHLD,
    ] {
        // SAFETY: the default action runs no code of this program.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    // The first descriptor behind standard error.
    const OWN: RawFd = 3;
    // SAFETY: numbers alone. What was behind the descriptors that are closed is not used any
    // more, as nothing but `work` runs from here on.
    let stream = unsafe {
        libc::alarm(limit_s);
        if libc::dup2(stream.as_raw_fd(), OWN) != OWN
            || libc::syscall(libc::SYS_close_range, OWN + 1, libc::c_uint::MAX, 0) != 0
        {
            end(NOT_SET_UP)
        }
        UnixStream::from_raw_fd(OWN)
    };
    log::set_max_level(log::LevelFilter::Off);
    if stream.set_nonblocking(false).is_ok() {
        work(stream);
    }
    end(0)
}

/// A process that something else started. ESRCH: there is none of this number.
pub fn adopt(pid: u32) -> Result<Process> {
    let number = libc::pid_t::try_from(pid).map_err(|_| Error {
        call: "pidfd_open",
        errno: libc::ESRCH,
    })?;
    // SAFETY: takes two numbers, touches no memory.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, number, 0) };
    let fd = Errno::result(fd).map_err(of_nix("pidfd_open"))?;
    // SAFETY: the kernel has just opened this descriptor; nothing else owns it.
    #[allow(clippy::cast_possible_truncation, reason = "a descriptor is an int")]
    let pidfd = unsafe { OwnedFd::from_raw_fd(fd as RawFd) };
    Ok(Process { pid, pidfd })
}

/// `/proc/PID/cmdline`: the arguments, each ended by a NUL; empty for a zombie or a thread of the
/// kernel. Cut off at the buffer's end.
pub fn cmdline(pid: u32, buffer: &mut [u8]) -> Result<&[u8]> {
    let mut file = File::open(format!("/proc/{pid}/cmdline")).map_err(of("open"))?;
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]).map_err(of("read"))? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(&buffer[..filled])
}

/// Calls `each` with the number of every process that `/proc` shows.
pub fn each(each: &mut dyn FnMut(u32)) -> Result<()> {
    super::files::list("/proc", &mut |name| {
        if let Ok(pid) = name.parse() {
            each(pid);
        }
    })
}

/// Whether it runs as this process's user: all four user ids of `/proc/PID/status` (proc(5)).
/// The owner of the directory would not do: it is root for a process that is not dumpable.
pub fn is_own(pid: u32) -> bool {
    let own = nix::unistd::geteuid().to_string();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    ids.is_some_and(|ids| ids.split_whitespace().all(|id| id == own))
}

impl Process {
    /// The process's number; after it was reaped it may be another one's.
    pub fn pid(&self) -> u32 {
        self.pid
    }
    /// Sends a signal. Also `Ok` when the process has ended already.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let number = match signal {
            Signal::Terminate => libc::SIGTERM,
            Signal::Kill => libc::SIGKILL,
            Signal::Hangup => libc::SIGHUP,
        };
        let info = core::ptr::null::<libc::siginfo_t>();
        let fd = self.pidfd.as_raw_fd();
        // SAFETY: a null siginfo is allowed: the kernel fills in the usual one.
        let sent = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fd, number, info, 0) };
        match Errno::result(sent) {
            Ok(_) | Err(Errno::ESRCH) => Ok(()),
            Err(e) => Err(of_nix("pidfd_send_signal")(e)),
        }
    }
    /// How it ended; `None`: it is running. Reaps a child, and may be called again.
    pub fn reap(&mut self) -> Result<Option<Exit>> {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG;
        match waitid(Id::PIDFd(self.pidfd.as_fd()), flags) {
            Ok(WaitStatus::StillAlive) => Ok(None),
            Ok(WaitStatus::Exited(_, code)) => Ok(Some(Exit::Code(code))),
            Ok(WaitStatus::Signaled(_, signal, _)) => Ok(Some(Exit::Signal(signal as i32))),
            Ok(_) => Ok(None),
            // Not a child, or reaped before: the pidfd is readable once it has ended.
            Err(Errno::ECHILD) => Ok(self.has_ended()?.then_some(Exit::Unknown)),
            Err(e) => Err(of_nix("waitid")(e)),
        }
    }

    fn has_ended(&self) -> Result<bool> {
        let mut fds = [PollFd::new(self.pidfd.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, PollTimeout::ZERO) {
            Ok(count) => Ok(count > 0),
            Err(Errno::EINTR) => Ok(false),
            Err(e) => Err(of_nix("poll")(e)),
        }
    }
}

impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::super::signals::Signals;
    use super::super::testing::{end, in_a_process, readable};
    use super::*;
    use std::io::Write;
    use std::time::{Duration, Instant};

    /// What `program` writes.
    fn output_of(program: &str, arguments: &[&str]) -> (String, Exit) {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let mut process = spawn(program, arguments, Some(theirs.as_fd())).unwrap();
        drop(theirs);
        let mut text = String::new();
        ours.read_to_string(&mut text).unwrap();
        (text, end(&mut process))
    }

    /// The signals of a line of `/proc/self/status`, as a mask.
    fn mask(name: &str) -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        u64::from_str_radix(line.unwrap().trim(), 16).unwrap()
    }

    #[test]
    fn a_program_has_a_session_of_its_own_and_an_empty_standard_input() {
        let script = "read -r input || echo none; exec cat /proc/self/stat";
        let (text, exit) = output_of("sh", &["-c", script]);
        assert_eq!(exit, Exit::Code(0), "{text}");
        let text = text.strip_prefix("none\n").expect("no input");
        let (pid, rest) = text.split_once(' ').unwrap();
        // State, parent, group, session (proc(5)).
        let fields: Vec<&str> = rest.rsplit(") ").next().unwrap().split(' ').collect();
        assert_eq!(&fields[2..4], [pid, pid]);
        assert_eq!(fields[1], std::process::id().to_string());
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        let error = spawn("wifibond-none", &[], None).unwrap_err();
        assert_eq!(error.errno, libc::ENOENT);
    }

    #[test]
    fn a_process_is_signalled_and_reaped_once() {
        let mut process = spawn("sleep", &["60"], None).unwrap();
        assert_eq!(process.reap(), Ok(None));
        assert!(!readable(&process, 0));
        process.signal(Signal::Terminate).unwrap();
        assert_eq!(end(&mut process), Exit::Signal(libc::SIGTERM));
        assert_eq!(process.reap(), Ok(Some(Exit::Unknown)));
        // Its number may be another's by now.
        process.signal(Signal::Kill).unwrap();
        assert_eq!(adopt(process.pid()).unwrap_err().errno, libc::ESRCH);
        assert_eq!(adopt(u32::MAX).unwrap_err().errno, libc::ESRCH);
    }

    #[test]
    fn an_adopted_process_is_held_and_known() {
        let own = adopt(std::process::id()).unwrap();
        assert!(!readable(&own, 0));
        let mut process = spawn("sleep", &["61"], None).unwrap();
        // exec closes what it closes before the new command line can be read.
        let mut buffer = [0; 64];
        let limit = Instant::now() + Duration::from_secs(20);
        while cmdline(process.pid(), &mut buffer).unwrap().is_empty() && Instant::now() < limit {
            std::thread::yield_now();
        }
        assert_eq!(
            cmdline(process.pid(), &mut buffer).unwrap(),
            b"sleep\x0061\0"
        );
        assert_eq!(cmdline(process.pid(), &mut [0; 3]).unwrap(), b"sle");
        assert!(is_own(process.pid()));
        let mut seen = false;
        each(&mut |pid| seen |= pid == process.pid()).unwrap();
        assert!(seen);
        process.signal(Signal::Kill).unwrap();
        assert_eq!(end(&mut process), Exit::Signal(libc::SIGKILL));
        assert!(!is_own(process.pid()));
    }

    #[test]
    fn a_copy_has_its_stream_alone_and_no_handler() {
        in_a_process(|| {
            let _signals = Signals::install().unwrap();
            let ours = [
                libc::SIGTERM,
                libc::SIGINT,
                libc::SIGHUP,
                libc::SIGUSR1,
                libc::SIGCHLD,
            ];
            let ours: u64 = ours.iter().map(|signal| 1 << (signal - 1)).sum();
            assert_eq!(mask("SigCgt:") & ours, ours);
            let (mut stream, theirs) = UnixStream::pair().unwrap();
            theirs.set_nonblocking(true).unwrap();
            let mut process = fork(theirs.as_fd(), 20, &mut |mut stream| {
                let mut word = [0; 5];
                stream.read_exact(&mut word).unwrap();
                let mut open = Vec::new();
                super::super::files::list("/proc/self/fd", &mut |name| open.push(name.to_owned()))
                    .unwrap();
                open.sort();
                let handled = (mask("SigCgt:") | mask("SigIgn:")) & ours;
                write!(stream, "{} {handled} {}", word.len(), open.join(",")).unwrap();
            })
            .unwrap();
            drop(theirs);
            stream.write_all(b"words").unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            // Number 4 is the list itself.
            assert_eq!(text, "5 0 0,1,2,3,4");
            assert_eq!(end(&mut process), Exit::Code(0));
        });
    }

    #[test]
    fn a_copy_ends_with_its_work_and_after_its_time() {
        let (_ours, theirs) = UnixStream::pair().unwrap();
        // Without a message: the hook would write it to this process's standard error.
        let mut failing = |_| std::panic::resume_unwind(Box::new(()));
        let mut process = fork(theirs.as_fd(), 20, &mut failing).unwrap();
        assert_eq!(end(&mut process), Exit::Code(101));
        let mut endless = |_| loop {
            std::thread::park();
        };
        let mut process = fork(theirs.as_fd(), 1, &mut endless).unwrap();
        assert_eq!(end(&mut process), Exit::Signal(libc::SIGALRM));
    }
}
