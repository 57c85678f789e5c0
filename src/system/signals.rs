//! Signals as a readable descriptor.
//!
//! signal-hook's handlers write an octet into a socket pair; signal masks are not changed, so
//! children inherit nothing.
use super::Result;
use super::error::of;
use super::turn::turn;
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

/// Which signals came since the last [`Signals::take`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Caught {
    /// SIGTERM or SIGINT.
    pub stop: bool,
    /// SIGUSR1.
    pub leave: bool,
    /// SIGHUP.
    pub reload: bool,
    /// SIGCHLD.
    pub child: bool,
}

/// The handlers; readable when a signal has come.
pub struct Signals {
    stop: UnixStream,
    leave: UnixStream,
    /// One socket pair for each signal, and `any`, which all write into: that one is polled.
    reload: UnixStream,
    child: UnixStream,
    any: UnixStream,
}

impl Signals {
    /// Installs the handlers. To be called once in a process. SIGPIPE is ignored from here on.
    pub fn install() -> Result<Self> {
        let (any, any_end) = pair()?;
        let register = |signals: &[i32]| -> Result<UnixStream> {
            let (read, write) = pair()?;
            for signal in signals {
                let end = write.try_clone().map_err(of("dup"))?;
                signal_hook::low_level::pipe::register(*signal, end).map_err(of("sigaction"))?;
                let end = any_end.try_clone().map_err(of("dup"))?;
                signal_hook::low_level::pipe::register(*signal, end).map_err(of("sigaction"))?;
            }
            Ok(read)
        };
        // Rust's runtime ignores SIGPIPE already.
        Ok(Signals {
            stop: register(&[SIGTERM, SIGINT])?,
            leave: register(&[SIGUSR1])?,
            reload: register(&[SIGHUP])?,
            child: register(&[SIGCHLD])?,
            any,
        })
    }
    /// Which signals came; several of one kind count once.
    pub fn take(&mut self) -> Caught {
        drain(&mut self.any);
        Caught {
            stop: drain(&mut self.stop),
            leave: drain(&mut self.leave),
            reload: drain(&mut self.reload),
            child: drain(&mut self.child),
        }
    }
}

fn pair() -> Result<(UnixStream, UnixStream)> {
    let (read, write) = UnixStream::pair().map_err(of("socketpair"))?;
    read.set_nonblocking(true).map_err(of("fcntl"))?;
    write.set_nonblocking(true).map_err(of("fcntl"))?;
    Ok((read, write))
}

fn drain(stream: &mut UnixStream) -> bool {
    let mut buffer = [0; 64];
    let mut any = false;
    let _ = turn(&mut || {
        let more = matches!(stream.read(&mut buffer), Ok(1..));
        any |= more;
        Ok(more)
    });
    any
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.any.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{in_a_process, readable};
    use super::*;
    use nix::sys::signal::{Signal, raise};
    use std::io::Write;

    #[test]
    fn each_signal_is_caught_once() {
        in_a_process(|| {
            let mut signals = Signals::install().unwrap();
            assert_eq!(signals.take(), Caught::default());
            let quiet = Caught::default();
            for (signal, caught) in [
                (
                    Signal::SIGTERM,
                    Caught {
                        stop: true,
                        ..quiet
                    },
                ),
                (
                    Signal::SIGINT,
                    Caught {
                        stop: true,
                        ..quiet
                    },
                ),
                (
                    Signal::SIGUSR1,
                    Caught {
                        leave: true,
                        ..quiet
                    },
                ),
                (
                    Signal::SIGHUP,
                    Caught {
                        reload: true,
                        ..quiet
                    },
                ),
                (
                    Signal::SIGCHLD,
                    Caught {
                        child: true,
                        ..quiet
                    },
                ),
            ] {
                assert!(!readable(&signals, 0));
                raise(signal).unwrap();
                raise(signal).unwrap();
                assert!(readable(&signals, 5000));
                assert_eq!(signals.take(), caught, "{signal}");
                assert_eq!(signals.take(), quiet);
            }
        });
    }

    #[test]
    fn a_flood_of_signals_ends_with_the_turn() {
        let (mut read, mut write) = pair().unwrap();
        let sent = [0; 64 * crate::system::turn::TURN + 1];
        write.write_all(&sent).unwrap();
        assert!(drain(&mut read));
        assert!(drain(&mut read), "a turn took all");
        assert!(!drain(&mut read));
    }
}
