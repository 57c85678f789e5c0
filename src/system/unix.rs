//! UNIX sockets (unix(7)).
use super::error::{of, of_nix};
use super::{Error, Result, turn};
use core::fmt;
use nix::libc;
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::Duration;

/// A datagram socket connected to one peer. Never blocks. Its path is removed when it is dropped.
#[derive(Debug)]
pub struct Datagram {
    socket: UnixDatagram,
    own: PathBuf,
}

impl Datagram {
    /// Binds to the path `own`, replacing what is there, and connects to `peer`. ENOENT or
    /// ECONNREFUSED: no process listens there.
    pub fn connect(own: &str, peer: &str) -> Result<Self> {
        super::files::remove(own)?;
        let socket = UnixDatagram::bind(own).map_err(of("bind"))?;
        let datagram = Datagram {
            socket,
            own: own.into(),
        };
        datagram.socket.set_nonblocking(true).map_err(of("fcntl"))?;
        datagram.socket.connect(peer).map_err(of("connect"))?;
        Ok(datagram)
    }
    /// Sends one datagram. EAGAIN: the peer's queue is full; ECONNREFUSED: the peer has ended.
    pub fn send(&self, bytes: &[u8]) -> Result<()> {
        self.socket.send(bytes).map(|_| ()).map_err(of("send"))
    }
    /// Calls `each` with what has come, up to [`TURN`](turn::TURN) datagrams; `true`: there is
    /// nothing left. What is longer than the buffer is cut.
    pub fn take_in(&self, buffer: &mut [u8], each: &mut dyn FnMut(&[u8])) -> Result<bool> {
        turn::read(self.as_fd(), buffer, each)
    }
}

impl Drop for Datagram {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.own);
    }
}

impl AsFd for Datagram {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
impl From<std::os::fd::OwnedFd> for Datagram {
    fn from(fd: std::os::fd::OwnedFd) -> Self {
        Datagram {
            socket: fd.into(),
            own: PathBuf::new(),
        }
    }
}

/// Why the control socket cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenError {
    /// Another daemon listens there.
    InUse,
    /// A system call failed.
    System(Error),
}

impl fmt::Display for ListenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListenError::InUse => f.write_str("another wifibond is running"),
            ListenError::System(error) => error.fmt(f),
        }
    }
}

/// The control socket's server side. Its path is removed when it is dropped.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    path: PathBuf,
}

impl Listener {
    /// Listens at `path`, replacing a stale socket. The directory must exist (see
    /// `files::ensure_dir`). The socket gets mode 0660: who may search its directory and is of its
    /// group may connect.
    pub fn open(path: &str) -> core::result::Result<Self, ListenError> {
        let socket = match bind(path) {
            Err(e) if e.errno == libc::EADDRINUSE => {
                // A stale socket, or is a daemon listening?
                if UnixStream::connect(path).is_ok() {
                    return Err(ListenError::InUse);
                }
                super::files::remove(path).map_err(ListenError::System)?;
                bind(path)
            }
            other => other,
        };
        let socket = socket.map_err(ListenError::System)?;
        Ok(Listener {
            socket,
            path: path.into(),
        })
    }
    /// The next client; `None`: none is waiting.
    pub fn accept(&self) -> Result<Option<Connection>> {
        loop {
            let stream = match self.socket.accept() {
                Ok((stream, _)) => stream,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(None),
                // It was closed again before it was accepted.
                Err(e) if e.kind() == ErrorKind::ConnectionAborted => continue,
                Err(e) => return Err(of("accept")(e)),
            };
            stream.set_nonblocking(true).map_err(of("fcntl"))?;
            let peer = getsockopt(&stream, PeerCredentials).map_err(of_nix("getsockopt"))?;
            let trusted = peer.uid() == 0 || peer.uid() == nix::unistd::geteuid().as_raw();
            return Ok(Some(Connection { stream, trusted }));
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The directory is open to root, this user and its group alone, so no other process can connect
/// before the mode is set.
fn bind(path: &str) -> Result<UnixListener> {
    let socket = UnixListener::bind(path).map_err(of("bind"))?;
    let mode = std::fs::Permissions::from_mode(0o660);
    std::fs::set_permissions(path, mode).map_err(of("chmod"))?;
    socket.set_nonblocking(true).map_err(of("fcntl"))?;
    Ok(socket)
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// A client's connection. Never blocks.
#[derive(Debug)]
pub struct Connection {
    stream: UnixStream,
    trusted: bool,
}

/// What a read or write came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// So many octets, at least 1.
    Bytes(usize),
    /// It would block.
    Later,
    /// The client has closed the connection, or its half of it.
    Closed,
}

impl Connection {
    /// Whether the client is root or this process's user (SO_PEERCRED, unix(7)); any other is of the
    /// socket's group.
    pub fn is_trusted(&self) -> bool {
        self.trusted
    }
    /// Reads what is there, up to the buffer's length.
    pub fn read(&self, buffer: &mut [u8]) -> Result<Moved> {
        moved((&self.stream).read(buffer), "read")
    }
    /// Writes as much as there is room for.
    pub fn write(&self, bytes: &[u8]) -> Result<Moved> {
        moved((&self.stream).write(bytes), "write")
    }
}

fn moved(result: std::io::Result<usize>, call: &'static str) -> Result<Moved> {
    match result {
        Ok(0) => Ok(Moved::Closed),
        Ok(count) => Ok(Moved::Bytes(count)),
        Err(e) => match e.kind() {
            ErrorKind::WouldBlock | ErrorKind::Interrupted => Ok(Moved::Later),
            ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => Ok(Moved::Closed),
            _ => Err(of(call)(e)),
        },
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// The commands' side: connects; every later read and write ends with EAGAIN after `limit_ms`
/// milliseconds. `None`: without a limit. ENOENT or ECONNREFUSED: no daemon listens.
pub fn connect(path: &str, limit_ms: Option<u64>) -> Result<UnixStream> {
    let stream = UnixStream::connect(path).map_err(of("connect"))?;
    let limit = limit_ms.map(Duration::from_millis);
    stream.set_read_timeout(limit).map_err(of("setsockopt"))?;
    stream.set_write_timeout(limit).map_err(of("setsockopt"))?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{readable, taken};
    use super::*;

    fn path(name: &str) -> String {
        let name = format!("wifibond-{}-{name}", std::process::id());
        std::env::temp_dir().join(name).to_str().unwrap().into()
    }

    #[test]
    fn a_visitor_of_our_own_user_is_trusted_and_heard() {
        let path = path("control");
        let listener = Listener::open(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o660);
        assert!(listener.accept().unwrap().is_none());
        let mut visitor = connect(&path, Some(5000)).unwrap();
        assert!(readable(&listener, 5000));
        let connection = listener.accept().unwrap().unwrap();
        assert!(connection.is_trusted());
        let mut buffer = [0; 8];
        assert_eq!(connection.read(&mut buffer), Ok(Moved::Later));
        visitor.write_all(b"words").unwrap();
        assert_eq!(connection.read(&mut buffer), Ok(Moved::Bytes(5)));
        assert_eq!(&buffer[..5], b"words");
        assert_eq!(connection.write(b"an answer"), Ok(Moved::Bytes(9)));
        drop(visitor);
        assert_eq!(connection.write(b"more"), Ok(Moved::Closed));
    }

    #[test]
    fn a_stale_socket_is_replaced_and_one_that_is_listened_on_is_not() {
        let path = path("stale");
        // Its path stays.
        drop(UnixListener::bind(&path).unwrap());
        let listener = Listener::open(&path).unwrap();
        assert_eq!(Listener::open(&path).unwrap_err(), ListenError::InUse);
        connect(&path, None).unwrap();
        drop(listener);
        assert!(!super::super::files::is_there(&path));
        assert_eq!(connect(&path, None).unwrap_err().errno, libc::ENOENT);
    }

    #[test]
    fn datagrams_go_to_one_peer_and_the_path_goes_with_the_socket() {
        let (own, peer) = (path("own"), path("peer"));
        assert_eq!(Datagram::connect(&own, &peer).unwrap_err().call, "connect");
        assert!(!super::super::files::is_there(&own));
        let server = UnixDatagram::bind(&peer).unwrap();
        let datagram = Datagram::connect(&own, &peer).unwrap();
        let mut buffer = [0; 4];
        let come = || taken(|each| datagram.take_in(&mut [0; 4], each));
        assert!(come().is_empty());
        datagram.send(b"PING").unwrap();
        let (length, from) = server.recv_from(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"PING");
        server.send_to_addr(b"PONG, and more", &from).unwrap();
        assert_eq!(come(), [b"PONG"]);
        drop(datagram);
        assert!(!super::super::files::is_there(&own));
        std::fs::remove_file(peer).unwrap();
    }
}
