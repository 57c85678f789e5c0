//! A turn of receiving: what has come, up to a bound, as the budget of the kernel's NAPI.
//!
//! poll(2) is level-triggered: what a turn leaves ends the next wait at once, and by then the
//! other descriptors have had their turns. So a flood on one socket delays neither the others
//! nor the watchdog for long. No socket of `system` returns single messages without waiting, so
//! the loop always receives by turns.
use super::Result;
use super::error::of_nix;
use nix::errno::Errno;
use std::os::fd::BorrowedFd;

/// Messages of one descriptor in one turn.
pub const TURN: usize = 64;

/// Calls `take` until it finds nothing (`false`), fails, or the turn is over. `true`: there is
/// nothing left; `false`: there may be more.
pub(super) fn turn(take: &mut dyn FnMut() -> Result<bool>) -> Result<bool> {
    for _ in 0..TURN {
        if !take()? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A turn of one `read()` a message, on a descriptor that does not block. What is longer than
/// the buffer is cut. `true`: there is nothing left.
pub(super) fn read(
    fd: BorrowedFd<'_>,
    buffer: &mut [u8],
    each: &mut dyn FnMut(&[u8]),
) -> Result<bool> {
    turn(&mut || match nix::unistd::read(fd, buffer) {
        Ok(length) => {
            each(&buffer[..length]);
            Ok(true)
        }
        Err(Errno::EAGAIN | Errno::EINTR) => Ok(false),
        Err(e) => Err(of_nix("read")(e)),
    })
}

/// Sockets with more messages than a turn takes, for the tests of those that receive.
#[cfg(test)]
pub mod flood {
    use super::*;
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
    use std::os::fd::{AsFd, OwnedFd};

    /// Messages left by one turn.
    pub const LEFT: usize = 9;
    /// Messages in the socket before the first turn.
    pub const MESSAGES: usize = TURN + LEFT;

    /// A connection that keeps each message whole, as the sockets do that it replaces.
    pub fn pair() -> (OwnedFd, OwnedFd) {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags).unwrap()
    }

    /// The end with the messages, and the other one, which must be kept.
    pub fn of(message: &[u8]) -> (OwnedFd, OwnedFd) {
        let (here, there) = pair();
        for _ in 0..MESSAGES {
            nix::unistd::write(&there, message).unwrap();
        }
        (here, there)
    }

    /// How many messages are left.
    pub fn left(socket: &impl AsFd) -> usize {
        let mut buffer = [0; 64];
        let read = || nix::unistd::read(socket.as_fd(), &mut buffer);
        core::iter::repeat_with(read)
            .take_while(|r| r.is_ok())
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    #[test]
    fn a_source_without_an_end_ends_with_the_turn() {
        let mut taken = 0;
        let emptied = turn(&mut || {
            taken += 1;
            assert!(taken <= TURN, "it takes on and on");
            Ok(true)
        });
        assert_eq!((emptied, taken), (Ok(false), TURN));
    }

    #[test]
    fn the_next_turn_takes_the_rest() {
        let (socket, _peer) = flood::of(b"message");
        let mut taken = 0;
        let mut take = || {
            read(socket.as_fd(), &mut [0; 16], &mut |message| {
                assert_eq!(message, b"message");
                taken += 1;
            })
        };
        assert_eq!(take(), Ok(false));
        assert_eq!(take(), Ok(true));
        assert_eq!(taken, flood::MESSAGES);
    }
}
