//! Files: whole, atomic, bounded.
use super::Result;

/// Replaces `path` by `contents`, all or nothing, also through a power cut.
pub fn write_atomic(path: &str, contents: &[u8], mode: u32) -> Result<()> {
    todo!()
}

/// Reads at most `limit` bytes of a regular file or a FIFO; more is EFBIG.
pub fn read(path: &str, limit: usize) -> Result<Vec<u8>> {
    todo!()
}

/// Makes a directory with exactly this mode, or checks that one is there, is ours and
/// no wider. A wider mode of our own is narrowed.
pub fn ensure_dir(path: &str, mode: u32) -> Result<()> {
    todo!()
}

/// Removes a file. One that is not there is fine.
pub fn remove(path: &str) -> Result<()> {
    todo!()
}

/// The names in a directory, each given to `each`; a directory that is not there is empty.
pub fn list(path: &str, each: &mut dyn FnMut(&str)) -> Result<()> {
    todo!()
}
