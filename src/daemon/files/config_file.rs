//! Reading a configuration file, and checks of what it names.
use crate::config::{self, Config};
use crate::system::{files, host};

/// The default path of the file.
pub const DEFAULT: &str = "/boot/wifibond.json";

/// What was read, and from where.
pub struct Text {
    /// Where it was found.
    pub path: String,
    /// At most [`config::MAX_FILE`] + 1: a larger file is an error.
    pub bytes: Vec<u8>,
}

/// Reads the file. Windows hides the ending of known types, so that people make
/// `wifibond.json.txt` without seeing it: that name is taken where the right one is
/// missing.
pub fn read(path: &str) -> Result<Text, String> {
    let attempt = |path: &str| {
        // One byte more than allowed, so that the check finds it too large.
        files::read(path, config::MAX_FILE + 1)
    };
    match attempt(path) {
        Ok(bytes) => Ok(Text {
            path: path.into(),
            bytes,
        }),
        Err(e) if e.errno == libc::ENOENT => {
            let hidden = format!("{path}.txt");
            match attempt(&hidden) {
                Ok(bytes) => Ok(Text {
                    path: hidden,
                    bytes,
                }),
                Err(_) => Err(format!("{path}: there is no such file")),
            }
        }
        Err(e) if e.errno == libc::EFBIG => Err(format!(
            "{path}: larger than {} KiB: this is not a wifibond configuration",
            config::MAX_FILE / 1024
        )),
        Err(e) => Err(format!("{path}: {e}")),
    }
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

/// One line a part that is not carried out, or that is unwise.
pub fn notes(config: &Config) -> String {
    let mut text = String::new();
    for notice in config::notices(config) {
        text.push_str(&format!("{notice}\n"));
    }
    text
}
