//! Reading a configuration file, and checks of what it names.
use super::report;
use crate::config::{self, Config, preseed};
use crate::system::{self, files, host};

/// The default path of the file.
pub const DEFAULT: &str = "/boot/wifibond.json";

/// What was read, and from where.
pub struct Text {
    /// Where it was found.
    pub path: String,
    /// At most [`config::MAX_FILE`].
    pub bytes: Vec<u8>,
    /// What was found beside it and is not read, one a line.
    pub note: String,
}

/// Reads the file at `path`. Where that is missing, the same name in other capitals is taken: FAT
/// does not tell them apart, other file systems do. Then the name with `.txt` behind it: Windows
/// hides the ending of known types, so that people make it without seeing it. Then what Raspberry Pi
/// Imager has written beside it, as a file of ours.
///
/// Anything but a regular file is an error, but for a pipe of the shell (`/dev/fd/63`).
pub fn read(path: &str) -> Result<Text, String> {
    if path.ends_with(".toml") {
        return read_preseed(path);
    }
    if path.starts_with("/dev/") {
        let bytes = files::read(path, config::MAX_FILE).map_err(|e| why(path, e))?;
        return Ok(Text {
            path: path.into(),
            bytes,
            note: String::new(),
        });
    }
    let mut found = Found::beside(path);
    let preseed = beside(path, preseed::NAME);
    let is_preseed = files::exists(&preseed);
    let Some(chosen) = found.candidates.first().cloned() else {
        return match is_preseed {
            true => read_preseed(&preseed),
            false => Err(found.nothing(path)),
        };
    };
    let bytes = files::read_regular(&chosen, config::MAX_FILE).map_err(|e| why(&chosen, e))?;
    let mut note = String::new();
    for other in found
        .candidates
        .drain(1..)
        .chain(is_preseed.then_some(preseed))
    {
        note.push_str(&format!(
            "{chosen}: {other} is there too, and is not read: take one of the two away\n"
        ));
    }
    Ok(Text {
        path: chosen,
        bytes,
        note,
    })
}

/// The file of this name in the directory of another one.
fn beside(path: &str, name: &str) -> String {
    match path.rsplit_once('/') {
        Some((directory, _)) => format!("{directory}/{name}"),
        None => name.into(),
    }
}

/// The file of Raspberry Pi Imager. The places in errors are those of what is made of it.
fn read_preseed(path: &str) -> Result<Text, String> {
    let bytes = files::read_regular(path, config::MAX_FILE).map_err(|e| why(path, e))?;
    let text = config::decode(&bytes).map_err(|errors| format!("{path}:{errors}"))?;
    let json = preseed::to_json(&text).map_err(|e| format!("{path}: {e}"))?;
    Ok(Text {
        path: format!("{path} (as wifibond.json)"),
        bytes: json.into_bytes(),
        note: String::new(),
    })
}

/// Candidates and similar names that are kept.
const MOST_NAMES: usize = 4;

/// What a directory has that may be the file.
struct Found {
    /// Paths, the first one is taken.
    candidates: Vec<String>,
    /// Names that are none, and look like it.
    similar: Vec<String>,
}

impl Found {
    fn beside(path: &str) -> Found {
        let (directory, name) = match path.rsplit_once('/') {
            Some(("", name)) => ("/", name),
            Some(parts) => parts,
            None => (".", path),
        };
        let stem = name.split('.').next().unwrap_or(name);
        // Lower ranks are better; then the order of the alphabet.
        let mut names: Vec<(u8, String)> = Vec::new();
        let mut similar = Vec::new();
        let listed = files::list(directory, &mut |other| {
            let rank = rank(name, other);
            let begins = other.trim_start_matches(['.', '~', '$']).get(..stem.len());
            if let Some(rank) = rank.filter(|rank| *rank > 0) {
                keep(&mut names, (rank, other.into()));
            } else if rank.is_none()
                && begins.is_some_and(|begins| begins.eq_ignore_ascii_case(stem))
                && !stem.is_empty()
                && other != report::REPORT
                && other.len() < 64
                && !other.contains(char::is_control)
            {
                keep(&mut similar, other.into());
            }
        });
        if let Err(e) = listed {
            log::debug!("{directory}: {e}");
        }
        // Found without the directory, which may be unreadable.
        let mut candidates = Vec::new();
        let mut identities = Vec::new();
        let others = names.into_iter().map(|(_, name)| beside(path, &name));
        for candidate in std::iter::once(path.to_owned()).chain(others) {
            // On FAT the two names are one file.
            match files::identity(&candidate) {
                Some(identity) if !identities.contains(&identity) => {
                    identities.push(identity);
                    candidates.push(candidate);
                }
                _ => {}
            }
        }
        Found {
            candidates,
            similar,
        }
    }

    /// The error that there is no file.
    fn nothing(&self, path: &str) -> String {
        match self.similar.first() {
            None => format!("{path}: there is no such file"),
            Some(other) => format!(
                "{path}: there is no such file; \"{other}\" is there: if that is meant, give it this name"
            ),
        }
    }
}

/// Keeps the first ones in their order.
fn keep<T: Ord>(list: &mut Vec<T>, entry: T) {
    let place = list.partition_point(|other| *other < entry);
    list.insert(place, entry);
    list.truncate(MOST_NAMES);
}

/// 0: it is the name; 1: in other capitals; 2: with `.txt`, in any capitals; `None`: another name.
fn rank(name: &str, other: &str) -> Option<u8> {
    let txt = |other: &str| {
        let (begin, end) = other.split_at_checked(name.len())?;
        let same = begin.eq_ignore_ascii_case(name) && end.eq_ignore_ascii_case(".txt");
        same.then_some(2)
    };
    match other {
        _ if other == name => Some(0),
        _ if other.eq_ignore_ascii_case(name) => Some(1),
        _ => txt(other),
    }
}

/// Why the file at `path` cannot be read.
fn why(path: &str, e: system::Error) -> String {
    let what = match e.errno {
        libc::ENOENT => "a link to a file that is not there",
        libc::ELOOP => "a link that leads in a circle",
        libc::EISDIR => "this is a directory: the file has to have this name",
        libc::EINVAL => "this is no regular file",
        libc::EAGAIN => "it changes while it is read: try again when it is written",
        libc::EFBIG => {
            return format!(
                "{path}: larger than {} KiB: this is not a wifibond configuration",
                config::MAX_FILE / 1024
            );
        }
        _ => return format!("{path}: {e}"),
    };
    format!("{path}: {what}")
}

/// Octets of the largest certificate or key that is read.
const MAX_CERTIFICATE: usize = 256 * 1024;

/// Files that the configuration names and that are not there, or of no use; one a line.
/// `notes` gets those that this user cannot look at.
pub fn lacking(config: &Config, notes: &mut String) -> String {
    let mut text = String::new();
    config::each_eap(config, &mut |place, eap| {
        for (key, path) in eap.files() {
            let what = match files::read_regular(path, MAX_CERTIFICATE) {
                Ok(bytes) if bytes.is_empty() => "is empty".into(),
                Ok(_) => continue,
                Err(e) => match e.errno {
                    libc::ENOENT | libc::ENOTDIR => {
                        "there is no such file: copy it to the box, or correct the path".into()
                    }
                    // The daemon is root, and may.
                    libc::EACCES if !host::is_root() => {
                        let what = "only root can see whether it is there";
                        notes.push_str(&format!("{place}.{key}: {path}: {what}\n"));
                        continue;
                    }
                    libc::EINVAL => "is no regular file".into(),
                    libc::EISDIR => "is a directory: name the file in it".into(),
                    libc::EFBIG => "is too large for a certificate or a key".into(),
                    _ => e.to_string(),
                },
            };
            text.push_str(&format!("{place}.{key}: {path}: {what}\n"));
        }
    });
    text
}

/// All errors of a file, as `check` shows them.
pub fn listed(path: &str, bytes: &[u8], errors: &config::ConfigErrors) -> String {
    let mut list = String::new();
    let _ = config::list(&mut list, path, bytes, errors);
    list.truncate(list.trim_end().len());
    list
}

/// One line a notice on the file.
pub fn notes(file: &Text, notices: &config::ConfigErrors) -> String {
    let mut text = file.note.clone();
    for notice in notices.iter() {
        text.push_str(&format!("{}:{notice}\n", file.path));
    }
    if notices.more > 0 {
        text.push_str(&format!("and {} more\n", notices.more));
    }
    text
}
