//! A child process for calls that may block without an end, and the socket pair to it.
//!
//! A process and not a thread: one that waits inside the kernel cannot be ended, and a thread in
//! that state would delay the exit of this process as long (`exit_group()` waits for all).
use super::children::{self, Process};
use super::error::of_nix;
use super::turn::turn;
use super::{Error, Result};
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::unistd::{ForkResult, fork};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// May be copied byte by byte between two processes of one program image: no pointer, no
/// reference and no descriptor in it, and nothing that has to be dropped. Numbers, and texts
/// and lists of bounded length that are held inline.
pub trait Plain: 'static {}

/// One end of the socket pair: sends `S`, receives `R`, one datagram each, in order.
pub struct Line<S, R> {
    socket: OwnedFd,
    what: PhantomData<(S, R)>,
}

impl<S: Plain, R: Plain> Line<S, R> {
    fn new(socket: OwnedFd) -> Self {
        Line {
            socket,
            what: PhantomData,
        }
    }

    /// Sends one value; waits for room with `wait`, otherwise EAGAIN. EPIPE: the other end is closed.
    pub fn send(&self, value: &S, wait: bool) -> Result<()> {
        let flags = libc::MSG_NOSIGNAL | if wait { 0 } else { libc::MSG_DONTWAIT };
        loop {
            // SAFETY: the kernel reads the bytes of a live value, padding as it is.
            let sent = unsafe {
                libc::send(
                    self.socket.as_raw_fd(),
                    core::ptr::from_ref(value).cast(),
                    size_of::<S>(),
                    flags,
                )
            };
            match Errno::result(sent) {
                Ok(_) => return Ok(()),
                Err(Errno::EINTR) => {}
                Err(e) => return Err(of_nix("send")(e)),
            }
        }
    }

    /// Waits for the next value. EPIPE: the other end is closed.
    pub fn wait(&self) -> Result<R> {
        // `None` comes without waiting alone.
        self.receive(0)?.ok_or(Error {
            call: "recv",
            errno: libc::EAGAIN,
        })
    }

    /// Waits for the next value, or until `other` is ready: `None`. A value comes first. EPIPE: the
    /// other end is closed.
    pub fn wait_beside(&self, other: Option<BorrowedFd<'_>>) -> Result<Option<R>> {
        let Some(other) = other else {
            return self.wait().map(Some);
        };
        let (line, other) = (
            PollFd::new(self.as_fd(), PollFlags::POLLIN),
            PollFd::new(other, PollFlags::POLLIN),
        );
        let mut fds = [line, other];
        loop {
            match poll(&mut fds, PollTimeout::NONE) {
                Ok(_) if fds[0].any() == Some(false) => return Ok(None),
                Ok(_) => return self.wait().map(Some),
                Err(Errno::EINTR) => {}
                Err(e) => return Err(of_nix("poll")(e)),
            }
        }
    }

    /// Calls `each` with what has come, up to [`TURN`](super::turn::TURN) values; `true`: there is
    /// nothing left. EPIPE: the other end is closed.
    pub fn take_in(&self, each: &mut dyn FnMut(R)) -> Result<bool> {
        turn(&mut || {
            let value = self.receive(libc::MSG_DONTWAIT)?;
            let more = value.is_some();
            value.into_iter().for_each(&mut *each);
            Ok(more)
        })
    }

    /// `None`: nothing has come.
    fn receive(&self, flags: libc::c_int) -> Result<Option<R>> {
        loop {
            let mut value = MaybeUninit::<R>::uninit();
            // SAFETY: the kernel writes at most the size of the place it is given.
            let got = unsafe {
                libc::recv(
                    self.socket.as_raw_fd(),
                    value.as_mut_ptr().cast(),
                    size_of::<R>(),
                    flags,
                )
            };
            match Errno::result(got) {
                // SAFETY: whole, and sent as an `R` by a process of the same image (a fork
                // without exec); `Plain` says that its bytes are all there is to it.
                Ok(length) if length.unsigned_abs() == size_of::<R>() => {
                    return Ok(Some(unsafe { value.assume_init() }));
                }
                Ok(_) => {
                    return Err(Error {
                        call: "recv",
                        errno: libc::EPIPE,
                    });
                }
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => return Ok(None),
                Err(e) => return Err(of_nix("recv")(e)),
            }
        }
    }
}

#[cfg(test)]
impl<S: Plain, R: Plain> From<OwnedFd> for Line<S, R> {
    fn from(socket: OwnedFd) -> Self {
        Line::new(socket)
    }
}

impl<S, R> AsFd for Line<S, R> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Starts `body` in a child process, named `name`, which ends with `body` or with this process.
/// To be called while there is one thread, and before descriptors are opened that the child must
/// not keep open.
pub fn start<J: Plain, A: Plain>(
    name: &core::ffi::CStr,
    body: fn(&Line<A, J>),
) -> Result<(Line<J, A>, Process)> {
    let (ours, theirs) = socketpair(
        AddressFamily::Unix,
        SockType::SeqPacket,
        None,
        SockFlag::SOCK_CLOEXEC,
    )
    .map_err(of_nix("socketpair"))?;
    let parent = nix::unistd::getpid();
    // SAFETY: there is one thread, so the child has all of the process.
    match unsafe { fork() }.map_err(of_nix("fork"))? {
        ForkResult::Parent { child } => {
            drop(theirs);
            let process = children::adopt(child.as_raw().unsigned_abs())?;
            Ok((Line::new(ours), process))
        }
        ForkResult::Child => {
            drop(ours);
            // SAFETY: numbers, and a string that lives. Signals to the group are ignored: this
            // process ends the child.
            unsafe {
                libc::prctl(libc::PR_SET_NAME, name.as_ptr());
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGUSR1] {
                    libc::signal(signal, libc::SIG_IGN);
                }
            }
            // The parent may have ended before the request above.
            if nix::unistd::getppid() == parent {
                body(&Line::new(theirs));
            }
            // SAFETY: ends the process; nothing of the parent's is dropped or flushed.
            unsafe { libc::_exit(0) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::children::Signal;
    use super::super::testing::{end, in_a_process, readable};
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Word {
        Number(u64),
        Last,
    }
    impl Plain for Word {}

    fn double(line: &Line<Word, Word>) {
        while let Ok(Word::Number(n)) = line.wait() {
            let _ = line.send(&Word::Number(2 * n), true);
        }
        let _ = line.send(&Word::Last, true);
    }

    #[test]
    fn what_is_asked_is_answered_and_its_end_is_seen() {
        let (line, mut process) = start(c"double", double).unwrap();
        assert!(line.take_in(&mut |_| unreachable!()).unwrap());
        for n in 1..50 {
            line.send(&Word::Number(n), false).unwrap();
            assert_eq!(line.wait().unwrap(), Word::Number(2 * n));
        }
        line.send(&Word::Last, false).unwrap();
        assert_eq!(line.wait().unwrap(), Word::Last);
        assert_eq!(line.wait().unwrap_err().errno, libc::EPIPE);
        while process.reap().unwrap().is_none() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn it_has_a_name_and_is_ended_by_its_line_alone() {
        let (line, mut process) = start(c"a-helper", double).unwrap();
        line.send(&Word::Number(1), false).unwrap();
        // Once it answers, it has made itself ready.
        assert_eq!(line.wait(), Ok(Word::Number(2)));
        let name = std::fs::read_to_string(format!("/proc/{}/comm", process.pid()));
        assert_eq!(name.unwrap(), "a-helper\n");
        for signal in [Signal::Terminate, Signal::Hangup] {
            process.signal(signal).unwrap();
        }
        line.send(&Word::Number(2), false).unwrap();
        assert_eq!(line.wait(), Ok(Word::Number(4)));
        drop(line);
        assert_eq!(end(&mut process), children::Exit::Code(0));
    }

    fn never_ending(line: &Line<Word, Word>) {
        line.send(&Word::Last, true).unwrap();
        loop {
            std::thread::park();
        }
    }

    #[test]
    fn it_ends_when_the_process_that_started_it_is_killed() {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let mut between = children::fork(theirs.as_fd(), 20, &mut |mut stream| {
            let (line, process) = start(c"never", never_ending).unwrap();
            // It is ready.
            line.wait().unwrap();
            stream.write_all(&process.pid().to_ne_bytes()).unwrap();
            loop {
                std::thread::park();
            }
        })
        .unwrap();
        let mut pid = [0; 4];
        ours.read_exact(&mut pid).unwrap();
        let helper = children::adopt(u32::from_ne_bytes(pid)).unwrap();
        assert!(!readable(&helper, 0));
        between.signal(Signal::Kill).unwrap();
        assert!(readable(&helper, 10_000), "it runs on");
        assert_eq!(end(&mut between), children::Exit::Signal(libc::SIGKILL));
    }

    #[test]
    fn something_else_may_be_waited_for_beside() {
        let (ours, theirs) = super::super::turn::flood::pair();
        let ours: Line<Word, Word> = ours.into();
        let theirs: Line<Word, Word> = theirs.into();
        let (mut writer, other) = UnixStream::pair().unwrap();
        writer.write_all(b"x").unwrap();
        assert_eq!(ours.wait_beside(Some(other.as_fd())), Ok(None));
        theirs.send(&Word::Last, false).unwrap();
        for beside in [Some(other.as_fd()), None] {
            assert_eq!(ours.wait_beside(beside), Ok(Some(Word::Last)));
            theirs.send(&Word::Last, false).unwrap();
        }
        ours.wait().unwrap();
        drop(theirs);
        let error = ours.wait_beside(Some(other.as_fd())).unwrap_err();
        assert_eq!(error.errno, libc::EPIPE);
    }

    #[test]
    fn what_finds_no_room_is_said() {
        in_a_process(|| {
            let (line, _process) = start(c"never", never_ending).unwrap();
            let error = loop {
                if let Err(error) = line.send(&Word::Last, false) {
                    break error;
                }
            };
            assert_eq!(error.errno, libc::EAGAIN);
        });
    }
}
