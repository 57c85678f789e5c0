//! The machine's files, below a root directory that tests choose.
use crate::system::files;

/// Octets of the largest file that is read.
const MOST_BYTES: usize = 64 * 1024;

/// A machine by its files.
pub(super) struct Machine {
    /// Empty: this machine.
    root: String,
}

impl Machine {
    /// This machine.
    pub fn here() -> Self {
        Machine {
            root: String::new(),
        }
    }

    /// The files below the directory `root`.
    #[cfg(test)]
    pub fn at(root: &str) -> Self {
        Machine { root: root.into() }
    }

    /// A file; `None`: it cannot be read, or has more than [`MOST_BYTES`].
    pub fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        files::read(&format!("{}{path}", self.root), MOST_BYTES).ok()
    }

    /// The same as text.
    pub fn text(&self, path: &str) -> Option<String> {
        let bytes = self.bytes(path)?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The same without the space around it; empty where it cannot be read.
    pub fn word(&self, path: &str) -> String {
        let text = self.text(path).unwrap_or_default();
        text.trim().into()
    }

    /// The target of a symbolic link.
    pub fn link(&self, path: &str) -> Option<String> {
        files::link(&format!("{}{path}", self.root))
    }

    pub fn has(&self, path: &str) -> bool {
        files::exists(&format!("{}{path}", self.root))
    }

    /// The names in a directory, sorted.
    pub fn list(&self, path: &str) -> Vec<String> {
        let mut names = Vec::new();
        let _ = files::list(&format!("{}{path}", self.root), &mut |name| {
            insert(&mut names, name);
        });
        names
    }

    /// All interfaces but the loopback.
    pub fn interfaces(&self) -> Vec<String> {
        let mut names = self.list("/sys/class/net");
        names.retain(|name| name != "lo" && name != "bonding_masters");
        names
    }
}

/// Adds a name in its place, unless it is there.
pub(super) fn insert(names: &mut Vec<String>, name: &str) {
    let place = names.partition_point(|other| other.as_str() < name);
    if names.get(place).is_none_or(|other| other != name) {
        names.insert(place, name.into());
    }
}

/// The name that systemd-escape(1) escaped: `\xHH` stands for an octet.
pub(super) fn unescaped(name: &str) -> String {
    let mut out = Vec::new();
    let mut rest = name.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = match tail {
            [b'x', high, low, ..] if *first == b'\\' => {
                let digits = [*high, *low];
                let digits = core::str::from_utf8(&digits).unwrap_or("");
                u8::from_str_radix(digits, 16).ok()
            }
            _ => None,
        };
        out.push(code.unwrap_or(*first));
        rest = rest
            .get(if code.is_some() { 4 } else { 1 }..)
            .unwrap_or(&[]);
    }
    String::from_utf8_lossy(&out).into_owned()
}
