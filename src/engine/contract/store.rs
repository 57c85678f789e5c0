//! Files of our own: what outlives this process, or is meant for others.
use crate::config::IfName;
use crate::engine::observed::Index;
use crate::engine::time::Instant;
use crate::wire::Family;
use heapless::String;

/// What is written, or removed where there is nothing to be kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Store {
    /// For a restart in this boot; the content is the server's message, and as a second part, where
    /// it is `lasting`, the leases of all networks.
    Lease {
        /// Of the lease.
        link: Index,
        /// The link's name, which names the file.
        name: IfName,
        /// The protocol.
        family: Family,
        /// When it was asked for; `None`: the file is removed.
        obtained: Option<Instant>,
        /// `true`: the second part is written to the card.
        lasting: bool,
    },
    /// A link was up before we took it; or is so again.
    WasUp {
        /// The link.
        link: Index,
        /// `false`: it has been set up again.
        was_up: bool,
    },
    /// For the next start, something about a link.
    Note {
        /// The link.
        link: Index,
        /// What is noted.
        note: Note,
    },
    /// resolv.conf, and as a second part, where there are time servers, a drop-in of
    /// systemd-timesyncd (timesyncd.conf(5)).
    Resolver {
        /// Nothing has been written since the start.
        first: bool,
    },
    /// Where networks were joined, for the next boot; the content is the file.
    Places,
    /// The keys of networks, derived from their passphrases; the content is the file.
    Keys,
    /// The report beside the configuration file on what keeps the box from its network; the content
    /// is its text, empty where there is nothing to report.
    Report,
    /// That the system is to be restarted by its init system; and, for the next boot, that it was
    /// asked for.
    Reboot,
}

/// Something about a link that the next start has to know: a file `NAME.INDEX` in the run
/// directory, which goes with the link. It comes back as
/// [`Event::Noted`](super::event::Event::Noted), before the links are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Note {
    /// Its driver did not answer.
    Slow {
        /// Times in a row; 0: no longer.
        times: u8,
    },
}

impl Note {
    /// What the files are called, without the link's index.
    pub const FILES: [&str; 1] = ["slow."];

    /// Which of [`Note::FILES`] it is.
    pub fn file(self) -> &'static str {
        match self {
            Note::Slow { .. } => "slow.",
        }
    }

    /// What is written; `None`: the file is removed.
    pub fn text(self) -> Option<String<8>> {
        let text = |n: u8| String::try_from(n.to_string().as_str()).unwrap_or_default();
        match self {
            Note::Slow { times } => (times > 0).then(|| text(times)),
        }
    }

    /// As it was written to the file of this name. A file that cannot be read still says that
    /// there was something; `None`: nothing of ours.
    pub fn parse(file: &str, text: &str) -> Option<Note> {
        match file {
            "slow." => Some(Note::Slow {
                times: text.trim().parse().unwrap_or(1),
            }),
            _ => None,
        }
    }
}

impl Store {
    pub(super) fn link(&self) -> Option<Index> {
        match self {
            Store::Lease { link, .. } | Store::WasUp { link, .. } | Store::Note { link, .. } => {
                Some(*link)
            }
            Store::Resolver { .. }
            | Store::Places
            | Store::Keys
            | Store::Report
            | Store::Reboot => None,
        }
    }

    /// See [`Action::is_ordered`](super::action::Action::is_ordered): the helper writes to the
    /// same file.
    pub(super) fn is_ordered(&self) -> bool {
        matches!(self, Store::WasUp { .. })
    }

    pub(super) fn is_a_change(&self) -> bool {
        matches!(self, Store::Resolver { .. } | Store::Reboot)
    }

    pub(super) fn words(&self) -> &'static str {
        match self {
            Store::Lease { family, .. } => match family {
                Family::V4 => "keep the lease on disk",
                Family::V6 => "keep the lease of DHCPv6 on disk",
            },
            Store::WasUp { .. } => "keep in mind that it was up",
            Store::Note { note, .. } => match note {
                Note::Slow { .. } => "note that its driver is slow",
            },
            Store::Resolver { .. } => "write resolv.conf",
            Store::Places => "keep the channels of networks",
            Store::Keys => "keep the keys of networks",
            Store::Report => "write the report",
            Store::Reboot => "restart the system",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_read_back_and_nothing_else_is() {
        let note = Note::Slow { times: 3 };
        assert!(Note::FILES.contains(&note.file()));
        assert_eq!(Note::parse(note.file(), &note.text().unwrap()), Some(note));
        assert_eq!(Note::Slow { times: 0 }.text(), None);
        for text in ["", "x", "1000"] {
            let once = Some(Note::Slow { times: 1 });
            assert_eq!(Note::parse("slow.", text), once, "{text:?}");
        }
        assert_eq!(Note::parse("fast.", "3"), None);
    }
}
