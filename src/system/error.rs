//! The one error wrapper.
use core::fmt;

pub type Result<T> = core::result::Result<T, Error>;

/// A system call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error {
    /// What was tried, in the words of the manual page: "open", "bind"…
    pub call: &'static str,
    /// Positive.
    pub errno: i32,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
