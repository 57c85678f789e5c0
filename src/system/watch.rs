//! Watching the path of a file that may not exist yet: its directory by inotify(7), and the mount
//! table, whose changes poll(2) reports as POLLERR on `/proc/self/mountinfo` (proc(5),
//! fs/namespace.c `mnt_warn_timestamp_expiry()` and fs/proc_namespace.c `mounts_poll()`).
use super::Result;
use super::error::{of, of_nix};
use super::turn::turn;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor};
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

/// What may have happened to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// Something else happened.
    Nothing,
    /// It was made, or its permissions changed: its content may be incomplete.
    Begun,
    /// It was written and closed, or moved there, or its directory appeared.
    Done,
}

/// A watch on one path.
pub struct Watch {
    mounts: File,
    inotify: Inotify,
    /// The deepest directory of the path that exists.
    watched: Option<WatchDescriptor>,
    /// `watched` is the file's own directory.
    is_close: bool,
    file: PathBuf,
    /// Another name in that directory that stands for it.
    other: &'static str,
}

impl Watch {
    /// Watches `file`, whether it exists or not, and what has the name `other` beside it.
    pub fn new(file: &str, other: &'static str) -> Result<Self> {
        let flags = InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK;
        let mut watch = Watch {
            mounts: File::open("/proc/self/mountinfo").map_err(of("open"))?,
            inotify: Inotify::init(flags).map_err(of_nix("inotify_init1"))?,
            watched: None,
            is_close: false,
            file: file.into(),
            other,
        };
        watch.find();
        Ok(watch)
    }

    /// The mount table: to be polled for no events, as it only ever reports POLLERR. Then call
    /// [`Watch::remounted`].
    pub fn mounts(&self) -> BorrowedFd<'_> {
        self.mounts.as_fd()
    }

    /// The inotify descriptor: readable when something happened. Then call [`Watch::take`].
    pub fn directory(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }

    /// After a change of the mount table: another file system may be at the path now.
    pub fn remounted(&mut self) -> Sign {
        self.find();
        Sign::Done
    }

    /// Reads the events of the directory; the most significant one counts.
    pub fn take(&mut self) -> Sign {
        let mut sign = Sign::Nothing;
        let mut moved = false;
        let _ = turn(&mut || {
            let Ok(events) = self.inotify.read_events() else {
                return Ok(false);
            };
            for event in events {
                let here = Some(event.wd) == self.watched;
                if event.mask.contains(AddWatchFlags::IN_Q_OVERFLOW) {
                    moved = true;
                } else if here && (event.name.is_none() || !self.is_close) {
                    // The directory itself was removed, or one below it may have been made.
                    moved = true;
                } else if here && event.name.is_some_and(|name| self.is_meant(&name)) {
                    let whole = AddWatchFlags::IN_CLOSE_WRITE | AddWatchFlags::IN_MOVED_TO;
                    sign = sign.max(match event.mask.intersects(whole) {
                        true => Sign::Done,
                        false => Sign::Begun,
                    });
                }
            }
            Ok(true)
        });
        match moved {
            true => self.remounted(),
            false => sign,
        }
    }

    /// FAT ignores case, and Windows adds `.txt` to a name.
    fn is_meant(&self, name: &std::ffi::OsStr) -> bool {
        let (Some(name), Some(own)) = (name.to_str(), self.file.file_name()) else {
            return false;
        };
        let own = own.to_str().unwrap_or_default();
        name == self.other
            || name.eq_ignore_ascii_case(own)
            || name.len() == own.len() + 4
                && name.to_ascii_lowercase().strip_suffix(".txt")
                    == Some(own.to_ascii_lowercase().as_str())
    }

    /// Watches the file's directory, or the deepest one on the way to it.
    fn find(&mut self) {
        let before = self.watched.take();
        // A directory that is made meanwhile is found in the next round.
        for _ in 0..ROUNDS {
            let Some((directory, is_close)) = self.deepest() else {
                break;
            };
            self.is_close = is_close;
            let last = self.watched;
            self.watched = self.inotify.add_watch(&directory, mask()).ok();
            if last.is_some() && last == self.watched {
                break;
            }
            self.drop_watch(last);
            if is_close {
                break;
            }
        }
        self.drop_watch(before);
    }

    fn drop_watch(&self, old: Option<WatchDescriptor>) {
        if let Some(old) = old.filter(|old| Some(*old) != self.watched) {
            // The kernel has dropped that of a file system that is gone.
            let _ = self.inotify.rm_watch(old);
        }
    }

    fn deepest(&self) -> Option<(PathBuf, bool)> {
        let parent = match self.file.parent() {
            Some(parent) if parent == Path::new("") => Path::new("."),
            Some(parent) => parent,
            None => return None,
        };
        let found = parent.ancestors().find(|directory| directory.is_dir())?;
        Some((found.into(), found == parent))
    }
}

/// Directories made one below the other while the path is being searched, at most.
const ROUNDS: usize = 8;

fn mask() -> AddWatchFlags {
    AddWatchFlags::IN_ONLYDIR
        | AddWatchFlags::IN_CREATE
        | AddWatchFlags::IN_ATTRIB
        | AddWatchFlags::IN_CLOSE_WRITE
        | AddWatchFlags::IN_MOVED_TO
        | AddWatchFlags::IN_DELETE_SELF
        | AddWatchFlags::IN_MOVE_SELF
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::turn::TURN;
    use std::fs;

    fn place(name: &str) -> PathBuf {
        let place = std::env::temp_dir().join(format!("wifibond-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&place);
        fs::create_dir(&place).unwrap();
        place
    }

    #[test]
    fn a_file_that_is_written_is_begun_and_then_done() {
        use std::io::Write;
        let place = place("watch");
        let path = place.join("a.json");
        let mut watch = Watch::new(path.to_str().unwrap(), "b.toml").unwrap();
        assert_eq!(watch.take(), Sign::Nothing);
        let mut file = File::create(&path).unwrap();
        assert_eq!(watch.take(), Sign::Begun);
        file.write_all(b"{}").unwrap();
        assert_eq!(watch.take(), Sign::Nothing);
        drop(file);
        assert_eq!(watch.take(), Sign::Done);
        fs::write(place.join("a.json~"), "x").unwrap();
        fs::write(place.join(".a.json.swp"), "x").unwrap();
        assert_eq!(watch.take(), Sign::Nothing);
        fs::rename(place.join("a.json~"), place.join("A.JSON.txt")).unwrap();
        assert_eq!(watch.take(), Sign::Done);
        fs::write(place.join("b.toml"), "x").unwrap();
        assert_eq!(watch.take(), Sign::Done);
        fs::remove_dir_all(place).unwrap();
    }

    #[test]
    fn a_flood_of_files_ends_with_the_turn() {
        let place = place("watch-flood");
        let mut watch = Watch::new(place.join("a.json").to_str().unwrap(), "b.toml").unwrap();
        // The kernel gives as many events at once as 4 KiB hold: 15 of these. It makes one of
        // two that are alike and follow each other.
        let names = ["b", "c"].map(|letter| place.join(letter.repeat(250)));
        for _ in 0..8 * TURN {
            for name in &names {
                File::create(name).unwrap();
            }
        }
        assert_eq!(watch.take(), Sign::Nothing);
        assert!(watch.inotify.read_events().is_ok(), "a turn took all");
        fs::remove_dir_all(place).unwrap();
    }

    #[test]
    fn a_directory_that_comes_goes_and_comes_again_is_followed() {
        let place = place("watch-far");
        let far = place.join("b/c");
        let path = far.join("a.json");
        let mut watch = Watch::new(path.to_str().unwrap(), "b.toml").unwrap();
        for _ in 0..3 {
            fs::create_dir_all(&far).unwrap();
            assert_eq!(watch.take(), Sign::Done);
            fs::write(&path, "{}").unwrap();
            assert_eq!(watch.take(), Sign::Done);
            fs::remove_dir_all(place.join("b")).unwrap();
            assert_eq!(watch.take(), Sign::Done);
            // The events of the new watch itself; then no more.
            let _ = watch.take();
            assert_eq!(watch.take(), Sign::Nothing);
        }
        fs::remove_dir_all(place).unwrap();
    }
}
