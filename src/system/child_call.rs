//! One call in a process of its own: the caller does not wait for it, and is told how it ended.
use super::Result;
use super::children::{self, Exit, Process};
use super::error::of;
use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

/// What it comes to: an error number and a text.
pub type Outcome = core::result::Result<(), (i32, String)>;

/// Longer answers are cut.
const MOST_BYTES: usize = 512;

/// A call under way. Its descriptor is readable once it has ended.
#[derive(Debug)]
pub struct ChildCall {
    process: Process,
    answer: UnixStream,
}

/// How it ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// With this outcome.
    Done(Outcome),
    /// Its process ended before it had one.
    Died(Exit),
}

/// Starts `call` in a copy of this process, which SIGALRM ends after `limit_s` seconds (0: no
/// limit); see [`children::fork`]. It goes on when this process ends.
pub fn start(limit_s: u32, call: &mut dyn FnMut() -> Outcome) -> Result<ChildCall> {
    let (answer, theirs) = UnixStream::pair().map_err(of("socketpair"))?;
    answer.set_nonblocking(true).map_err(of("fcntl"))?;
    let process = children::fork(theirs.as_fd(), limit_s, &mut |mut stream| {
        let _ = match call() {
            Ok(()) => write!(stream, "0"),
            Err((errno, text)) => write!(stream, "{errno} {text}"),
        };
    })?;
    Ok(ChildCall { process, answer })
}

impl ChildCall {
    /// `None`: it has not ended.
    pub fn take(&mut self) -> Result<Option<End>> {
        let Some(exit) = self.process.reap()? else {
            return Ok(None);
        };
        let mut bytes = [0; MOST_BYTES];
        let length = match self.answer.read(&mut bytes) {
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => 0,
            other => other.map_err(of("read"))?,
        };
        let text = String::from_utf8_lossy(&bytes[..length]);
        Ok(Some(parse(&text).map_or(End::Died(exit), End::Done)))
    }

    /// Ends its process (SIGKILL).
    #[cfg(test)]
    pub fn kill(&self) {
        self.process.signal(children::Signal::Kill).unwrap();
    }
}

fn parse(text: &str) -> Option<Outcome> {
    if text == "0" {
        return Some(Ok(()));
    }
    let (errno, text) = text.split_once(' ')?;
    Some(Err((errno.parse().ok()?, text.into())))
}

impl AsFd for ChildCall {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.process.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::readable;
    use super::*;
    use nix::libc;

    fn end(limit_s: u32, call: &mut dyn FnMut() -> Outcome) -> End {
        let mut call = start(limit_s, call).unwrap();
        assert!(readable(&call, 20_000), "it runs on");
        call.take().unwrap().unwrap()
    }

    #[test]
    fn it_passes_on_what_a_call_comes_to() {
        assert_eq!(end(20, &mut || Ok(())), End::Done(Ok(())));
        let error = (libc::EACCES, "a text: with \"signs\"\nand ü".to_owned());
        let told = end(20, &mut || Err(error.clone()));
        assert_eq!(told, End::Done(Err(error)));
        let End::Done(Err((7, text))) = end(20, &mut || Err((7, "x".repeat(2_000)))) else {
            panic!("no error");
        };
        assert_eq!(text.len(), MOST_BYTES - 2);
    }

    #[test]
    fn a_call_without_an_end_holds_nobody_up_and_is_ended() {
        let mut call = start(1, &mut || {
            loop {
                std::thread::park();
            }
        })
        .unwrap();
        assert_eq!(call.take(), Ok(None));
        assert!(readable(&call, 20_000), "it runs on");
        let exit = Exit::Signal(libc::SIGALRM);
        assert_eq!(call.take(), Ok(Some(End::Died(exit))));
        // Without a message: the hook would write it to this process's standard error.
        let died = end(20, &mut || std::panic::resume_unwind(Box::new(())));
        assert_eq!(died, End::Died(Exit::Code(101)));
    }
}
