//! The error of all system calls.
use core::fmt;

/// The result of a system call.
pub type Result<T> = core::result::Result<T, Error>;

/// A system call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    /// The call's name as in its manual page: "open", "bind", ….
    pub call: &'static str,
    /// The error number, positive (errno(3)).
    pub errno: i32,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = nix::errno::Errno::from_raw(self.errno).desc();
        write!(f, "{}: {words}", self.call)
    }
}

/// Names the call of a failed standard-library operation.
pub(super) fn of(call: &'static str) -> impl Fn(std::io::Error) -> Error {
    move |e| Error {
        call,
        errno: e.raw_os_error().unwrap_or(nix::libc::EIO),
    }
}

/// Names the call of a failed nix operation.
pub(super) fn of_nix(call: &'static str) -> impl Fn(nix::errno::Errno) -> Error {
    move |e| Error {
        call,
        errno: e as i32,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_error_says_what_was_tried_and_why_it_failed() {
        let error = std::fs::File::open("/none/at/all").map_err(super::of("open"));
        assert_eq!(
            error.unwrap_err().to_string(),
            "open: No such file or directory"
        );
        let error = super::of_nix("bind")(nix::errno::Errno::EADDRINUSE);
        assert_eq!(error.to_string(), "bind: Address already in use");
    }
}
