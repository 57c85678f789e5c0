//! The kernel's messages, as /dev/kmsg has them (Documentation/ABI/testing/dev-kmsg): one record a
//! read.
use super::error::{of, of_nix};
use super::{Result, turn};
use nix::errno::Errno;
use nix::libc;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;

/// Where the kernel has its messages.
pub const PATH: &str = "/dev/kmsg";

/// A record is never longer (`CONSOLE_EXT_LOG_MAX`, kernel/printk). A longer one could not be read,
/// nor what comes after it.
const RECORD_BYTES: usize = 8192;
/// More records than any kernel keeps.
const MOST_RECORDS: usize = 1 << 17;

fn open(path: &str) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(libc::O_NONBLOCK);
    options.open(path).map_err(of("open"))
}

/// Calls `each` with every record that is still there, oldest first. EPERM: this user may not read
/// them (`kernel.dmesg_restrict`).
pub fn each_record(path: &str, each: &mut dyn FnMut(&[u8])) -> Result<()> {
    let mut log = open(path)?;
    let mut record = vec![0; RECORD_BYTES];
    for _ in 0..MOST_RECORDS {
        match log.read(&mut record) {
            Ok(0) => return Ok(()),
            Ok(length) => each(&record[..length]),
            Err(e) if e.raw_os_error() == Some(libc::EAGAIN) => return Ok(()),
            // Overwritten meanwhile: the next read gives the oldest that is left.
            Err(e) if e.raw_os_error() == Some(libc::EPIPE) => {}
            Err(e) => return Err(of("read")(e)),
        }
    }
    Ok(())
}

/// The records that come from now on.
#[derive(Debug)]
pub struct Follower(File);

impl Follower {
    /// Those that are there already are passed over. Errors as of [`each_record`].
    pub fn open(path: &str) -> Result<Self> {
        let mut log = open(path)?;
        log.seek(SeekFrom::End(0)).map_err(of("lseek"))?;
        Ok(Follower(log))
    }

    /// Calls `each` with the records that have come, up to [`TURN`](turn::TURN); `true`: there is
    /// nothing left.
    pub fn take_in(&self, each: &mut dyn FnMut(&[u8])) -> Result<bool> {
        let mut record = [0; RECORD_BYTES];
        turn::turn(&mut || match nix::unistd::read(&self.0, &mut record) {
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(false),
            // The device has no end: what has one is readable for ever.
            Ok(0) => Err(of_nix("read")(Errno::ENODATA)),
            Ok(length) => {
                each(&record[..length]);
                Ok(true)
            }
            // As above.
            Err(Errno::EPIPE) => Ok(true),
            Err(e) => Err(of_nix("read")(e)),
        })
    }
}

impl AsFd for Follower {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
impl From<std::os::fd::OwnedFd> for Follower {
    fn from(fd: std::os::fd::OwnedFd) -> Self {
        Follower(fd.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn all_that_is_there_or_what_comes_from_now_on() {
        let path = std::env::temp_dir().join(format!("kernel-log-{}", std::process::id()));
        std::fs::write(&path, "6,1,17,-;first\n").expect("a file");
        let name = path.to_str().expect("UTF-8");
        let mut seen = Vec::new();
        each_record(name, &mut |record| seen.push(record.to_vec())).expect("read");
        assert_eq!(seen, [b"6,1,17,-;first\n"]);
        let follower = Follower::open(name).expect("opened");
        let mut more = OpenOptions::new().append(true).open(&path).expect("a file");
        more.write_all(b"6,2,18,-;second\n").expect("written");
        seen.clear();
        let ended = follower.take_in(&mut |record| seen.push(record.to_vec()));
        assert_eq!(seen, [b"6,2,18,-;second\n"]);
        assert_eq!(ended.unwrap_err().errno, libc::ENODATA, "a file has an end");
        let _ = std::fs::remove_file(&path);
        let missing = each_record("/nowhere/kmsg", &mut |_| {}).unwrap_err();
        assert_eq!(missing.errno, libc::ENOENT);
        assert_eq!(Follower::open("/nowhere/kmsg").unwrap_err(), missing);
    }
}
