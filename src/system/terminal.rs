//! The terminal that a command writes to: its size, and the signals that concern it.
use super::error::of;
use super::poll::{Interest, Poll};
use super::{Result, clock};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

/// Rows and columns of the terminal at standard output (TIOCGWINSZ, ioctl_tty(2)). `None`: it is no
/// terminal, or, as most serial ones, does not know.
pub fn size() -> Option<(u16, u16)> {
    let mut size = libc::winsize {
        ws_row: 0,
        ws_col: 0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: the kernel writes a winsize to where the pointer points, which is one.
    let done = unsafe { libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &raw mut size) };
    (done == 0 && size.ws_row > 0 && size.ws_col > 0).then_some((size.ws_row, size.ws_col))
}

/// What ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// Its time is over.
    Time,
    /// The screen has another size (SIGWINCH), or was given to others meanwhile (SIGCONT).
    Redraw,
    /// SIGINT, SIGTERM or SIGHUP.
    Stop,
    /// SIGTSTP, of Ctrl-Z: the terminal is about to be given to others. See [`suspend`].
    Suspend,
}

/// Waits that signals end.
pub struct Waits {
    stop: UnixStream,
    redraw: UnixStream,
    suspend: UnixStream,
    poll: Poll<Woken>,
}

impl Waits {
    /// Installs the handlers, once in a process.
    pub fn install() -> Result<Self> {
        Ok(Waits {
            stop: caught(&[SIGINT, SIGTERM, SIGHUP])?,
            redraw: caught(&[SIGWINCH, SIGCONT])?,
            suspend: caught(&[SIGTSTP])?,
            poll: Poll::with_room(3)?,
        })
    }

    /// Waits for so many milliseconds at most.
    pub fn wait(&mut self, ms: u64) -> Result<Woken> {
        let until = clock::boot_ms() + ms;
        loop {
            let mut interests = self.poll.begin();
            interests.add(self.stop.as_fd(), Woken::Stop, Interest::Read);
            interests.add(self.redraw.as_fd(), Woken::Redraw, Interest::Read);
            interests.add(self.suspend.as_fd(), Woken::Suspend, Interest::Read);
            interests.wait(Some(until))?;
            match self.poll.take_ready().map(|ready| ready.token) {
                Some(Woken::Redraw) => {
                    let _ = self.redraw.read(&mut [0; 64]);
                    return Ok(Woken::Redraw);
                }
                Some(Woken::Suspend) => {
                    let _ = self.suspend.read(&mut [0; 64]);
                    return Ok(Woken::Suspend);
                }
                Some(woken) => return Ok(woken),
                None if clock::boot_ms() >= until => return Ok(Woken::Time),
                // The handler's own end of a wait: what it wrote comes with the next one.
                None => {}
            }
        }
    }
}

/// What SIGTSTP does where it is not caught: this process stops until SIGCONT, unless nobody could send
/// that (an orphaned process group, setpgid(2)).
pub fn suspend() -> Result<()> {
    let failed = |e: Errno| of("sigaction")(e.into());
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: the default action runs no code of this process.
    let ours = unsafe { sigaction(Signal::SIGTSTP, &default) }.map_err(failed)?;
    let raised = raise(Signal::SIGTSTP);
    // SAFETY: the handler that was there, which is to be there again.
    unsafe { sigaction(Signal::SIGTSTP, &ours) }.map_err(failed)?;
    raised.map_err(failed)
}

fn caught(signals: &[i32]) -> Result<UnixStream> {
    let (read, write) = UnixStream::pair().map_err(of("socketpair"))?;
    for signal in signals {
        let end = write.try_clone().map_err(of("dup"))?;
        signal_hook::low_level::pipe::register(*signal, end).map_err(of("sigaction"))?;
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::super::testing::in_a_process;
    use super::*;

    #[test]
    fn a_wait_ends_at_its_time_or_with_a_signal() {
        in_a_process(|| {
            let mut waits = Waits::install().unwrap();
            assert_eq!(waits.wait(1), Ok(Woken::Time));
            for signal in [Signal::SIGWINCH, Signal::SIGCONT] {
                raise(signal).unwrap();
                assert_eq!(waits.wait(60_000), Ok(Woken::Redraw));
            }
            assert_eq!(waits.wait(1), Ok(Woken::Time));
            raise(Signal::SIGTSTP).unwrap();
            assert_eq!(waits.wait(60_000), Ok(Woken::Suspend));
            raise(Signal::SIGINT).unwrap();
            assert_eq!(waits.wait(60_000), Ok(Woken::Stop));
        });
    }
}
