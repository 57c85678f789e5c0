//! Files: whole, atomic, bounded.
use super::error::{of, of_nix};
use super::{Error, Result};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Replaces `path` by `contents` with these permission bits, all or nothing, also through a power
/// cut. Blocks until the card has written it. Writes `path` with `.new` appended on the way.
pub fn write_atomic(path: &str, contents: &[u8], mode: u32) -> Result<()> {
    replace(path, contents, mode, true)?;
    let directory = Path::new(path).parent().unwrap_or(Path::new("/"));
    let directory = File::open(directory).map_err(of("open"))?;
    match directory.sync_all().map_err(of("fsync")) {
        // Some file systems cannot sync a directory; the rename has happened.
        Err(e) if e.errno == nix::libc::EINVAL => Ok(()),
        other => other,
    }
}

/// As [`write_atomic`] without waiting for a card: for files in memory (`/run`).
pub fn write_in_memory(path: &str, contents: &[u8], mode: u32) -> Result<()> {
    replace(path, contents, mode, false)
}

fn replace(path: &str, contents: &[u8], mode: u32, sync: bool) -> Result<()> {
    let new = format!("{path}.new");
    let written = write_new(&new, contents, mode, sync)
        .and_then(|()| fs::rename(&new, path).map_err(of("rename")));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

fn write_new(path: &str, contents: &[u8], mode: u32, sync: bool) -> Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(of("unlink")(e)),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode);
    let mut file = options.open(path).map_err(of("open"))?;
    file.write_all(contents).map_err(of("write"))?;
    match sync {
        true => file.sync_all().map_err(of("fsync")),
        false => Ok(()),
    }
}

/// Writes into a file that is there, as those of sysfs: all at once, and it is not made.
pub fn write_in_place(path: &str, contents: &[u8]) -> Result<()> {
    let file = File::options().write(true).open(path);
    let written = file.and_then(|mut file| file.write_all(contents));
    written.map_err(of("write"))
}

/// Reads a file of at most `limit` bytes. EFBIG: it has more. Blocks on a FIFO without a writer.
pub fn read(path: &str, limit: usize) -> Result<Vec<u8>> {
    read_all(File::open(path).map_err(of("open"))?, limit)
}

fn read_all(file: impl Read, limit: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One more than allowed distinguishes a full file from one that is too long.
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most)
        .read_to_end(&mut bytes)
        .map_err(of("read"))?;
    if bytes.len() > limit {
        return Err(Error {
            call: "read",
            errno: nix::libc::EFBIG,
        });
    }
    Ok(bytes)
}

/// As [`read`], of a regular file alone: EISDIR or EINVAL for anything else, as reading it could
/// block. EAGAIN: it is being written, and no two readings were the same.
pub fn read_regular(path: &str, limit: usize) -> Result<Vec<u8>> {
    let mut options = OpenOptions::new();
    // A FIFO would be waited for, a terminal taken.
    let flags = nix::libc::O_NONBLOCK | nix::libc::O_NOCTTY;
    options.read(true).custom_flags(flags);
    let file = options.open(path).map_err(of("open"))?;
    let found = file.metadata().map_err(of("stat"))?;
    let errno = match (found.is_file(), found.is_dir()) {
        (true, _) if found.len() > limit as u64 => nix::libc::EFBIG,
        (true, _) => {
            return settled(&mut || {
                let mut again = &file;
                again.rewind().map_err(of("lseek"))?;
                read_all(again, limit)
            });
        }
        (false, true) => nix::libc::EISDIR,
        (false, false) => nix::libc::EINVAL,
    };
    Err(Error {
        call: "open",
        errno,
    })
}

/// Readings of a file that is being written, at most.
const READINGS: usize = 4;

/// What two readings one after the other have in common; EAGAIN: no two did.
fn settled(read: &mut dyn FnMut() -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    let mut last = read()?;
    for _ in 1..READINGS {
        let next = read()?;
        if next == last {
            return Ok(next);
        }
        last = next;
    }
    Err(Error {
        call: "read",
        errno: nix::libc::EAGAIN,
    })
}

/// Reads `name` in `directory` with the rights of the directory's owner: a regular file of that
/// owner with one name, and no link. ELOOP for a symbolic link, EPERM for anything else.
pub fn read_own(directory: &str, name: &str, limit: usize) -> Result<Vec<u8>> {
    let owner = fs::metadata(directory).map_err(of("stat"))?.uid();
    let mut options = OpenOptions::new();
    options
        .read(true)
        .custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK);
    let file = options
        .open(format!("{directory}/{name}"))
        .map_err(of("open"))?;
    let found = file.metadata().map_err(of("stat"))?;
    if !found.is_file() || found.uid() != owner || found.nlink() != 1 {
        return Err(Error {
            call: "open",
            errno: nix::libc::EPERM,
        });
    }
    read_all(file, limit)
}

/// Makes a directory with exactly these permission bits, or sets them where one of this user is
/// there. ENOTDIR: something else is there, also a symbolic link; EPERM: another user's.
pub fn ensure_dir(path: &str, mode: u32) -> Result<()> {
    match DirBuilder::new().mode(mode).recursive(false).create(path) {
        Ok(()) => {}
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(e) => return Err(of("mkdir")(e)),
    }
    let found = fs::symlink_metadata(path).map_err(of("stat"))?;
    if !found.is_dir() {
        return Err(Error {
            call: "mkdir",
            errno: nix::libc::ENOTDIR,
        });
    }
    if found.uid() != nix::unistd::geteuid().as_raw() {
        return Err(Error {
            call: "mkdir",
            errno: nix::libc::EPERM,
        });
    }
    if found.mode() & 0o777 != mode {
        fs::set_permissions(path, Permissions::from_mode(mode)).map_err(of("chmod"))?;
    }
    Ok(())
}

/// Sets the group of a file or directory, where there is a group of that name.
pub fn give_to_group(path: &str, group: &str) -> Result<()> {
    let group = nix::unistd::Group::from_name(group).map_err(of_nix("getgrnam"))?;
    match group {
        None => Ok(()),
        Some(group) => nix::unistd::chown(path, None, Some(group.gid)).map_err(of_nix("chown")),
    }
}

/// Locks `path`, a file or a directory, exclusively (flock(2)); waits while another process has
/// it locked. The lock ends when what is returned is dropped.
pub fn lock(path: &str) -> Result<File> {
    let file = File::open(path).map_err(of("open"))?;
    file.lock().map_err(of("flock"))?;
    Ok(file)
}

/// Removes a file. Also `Ok` where there is none.
pub fn remove(path: &str) -> Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(of("unlink")(e)),
        _ => Ok(()),
    }
}

/// The target of a symbolic link; `None`: something else, nothing, or not UTF-8.
pub fn link(path: &str) -> Option<String> {
    let target = fs::read_link(path).ok()?;
    target.to_str().map(Into::into)
}

/// Removes an empty directory. Also `Ok` where there is none. ENOTEMPTY: it is not empty.
pub fn remove_dir(path: &str) -> Result<()> {
    match fs::remove_dir(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(of("rmdir")(e)),
        _ => Ok(()),
    }
}

/// Removes a file, a link, or a directory with all that is in it; links are not followed. Also
/// `Ok` where there is nothing.
pub fn remove_whole(path: &str) -> Result<()> {
    match fs::symlink_metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Ok(found) if found.is_dir() => fs::remove_dir_all(path).map_err(of("rmdir")),
        _ => remove(path),
    }
}

/// Distinguishes a file from a later one of the same name, or after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
    /// Seconds and nanoseconds since 1970.
    modified: (i64, i64),
}

/// The identity of `path` itself, not of the target of a symbolic link; `None`: nothing is there.
pub fn identity(path: &str) -> Option<Identity> {
    let found = fs::symlink_metadata(path).ok()?;
    Some(Identity {
        device: found.dev(),
        inode: found.ino(),
        modified: (found.mtime(), found.mtime_nsec()),
    })
}

/// Whether something is at `path`, also a symbolic link without a target; see [`exists`].
pub fn is_there(path: &str) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Replaces `to` by `from`, atomically; both on one file system, otherwise EXDEV.
pub fn rename(from: &str, to: &str) -> Result<()> {
    fs::rename(from, to).map_err(of("rename"))
}

/// When a file was last written, in seconds since 1970; `None`: it is not there, or before 1970.
pub fn modified(path: &str) -> Option<u64> {
    let found = fs::metadata(path).ok()?;
    u64::try_from(found.mtime()).ok()
}

/// Whether something is at `path` after symbolic links are followed; see [`is_there`].
pub fn exists(path: &str) -> bool {
    Path::new(path).exists()
}

/// Calls `each` with every name in a directory, in no order; names that are not UTF-8 are left
/// out. A directory that is not there is empty.
pub fn list(path: &str, each: &mut dyn FnMut(&str)) -> Result<()> {
    let entries = match fs::read_dir(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(of("opendir"))?,
    };
    for entry in entries {
        let name = entry.map_err(of("readdir"))?.file_name();
        if let Some(name) = name.to_str() {
            each(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str) -> String {
        let place = format!(
            "{}/files-{}-{name}",
            std::env::temp_dir().display(),
            std::process::id()
        );
        let _ = fs::remove_dir_all(&place);
        fs::create_dir(&place).unwrap();
        place
    }

    #[test]
    fn what_is_no_regular_file_is_not_waited_for() {
        let place = place("kinds");
        let path = |name: &str| format!("{place}/{name}");
        let errno = |name: &str| read_regular(&path(name), 10).unwrap_err().errno;
        nix::unistd::mkfifo(path("fifo").as_str(), nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert_eq!(errno("fifo"), nix::libc::EINVAL);
        assert_eq!(errno("."), nix::libc::EISDIR);
        assert_eq!(errno("none"), nix::libc::ENOENT);
        std::os::unix::fs::symlink("circle", path("circle")).unwrap();
        assert_eq!(errno("circle"), nix::libc::ELOOP);
        // A file of 2 GiB without blocks; it is not read.
        File::create(path("large"))
            .unwrap()
            .set_len(1 << 31)
            .unwrap();
        assert_eq!(errno("large"), nix::libc::EFBIG);
        fs::write(path("ten"), "0123456789").unwrap();
        std::os::unix::fs::symlink("ten", path("link")).unwrap();
        assert_eq!(read_regular(&path("link"), 10).unwrap(), b"0123456789");
        fs::remove_dir_all(place).unwrap();
    }

    #[test]
    fn a_file_that_is_being_written_is_read_again() {
        let mut texts = ["{", "{ }", "{ }", "{ } "].into_iter();
        let mut read = || Ok(texts.next().unwrap().as_bytes().to_vec());
        assert_eq!(settled(&mut read).unwrap(), b"{ }");
        let mut length = 0;
        let mut read = || {
            length += 1;
            Ok(vec![0; length])
        };
        assert_eq!(settled(&mut read).unwrap_err().errno, nix::libc::EAGAIN);
        assert_eq!(length, READINGS);
    }
}
