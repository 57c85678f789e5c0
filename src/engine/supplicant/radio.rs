//! What an adapter is doing, and what keeps it from joining, as users see it.
use crate::engine::time::{Instant, Millis};
use crate::wire::wpa::Packets;
use core::fmt;
use heapless::String;

/// What the radio is doing; shown by its `Display` form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Radio {
    /// No message yet, or its wpa_supplicant has ended.
    Starting,
    /// `SCANNING`, and not associated.
    Scanning,
    /// The last scan found no network of the file.
    NotFound,
    /// `AUTHENTICATING` or `ASSOCIATING` (IEEE 802.11-2020, 11.3).
    Associating,
    /// Associated; the keys are not there yet.
    Associated,
    /// `COMPLETED`: the handshake is done, traffic may pass.
    Authorised,
    /// Not associated, and not scanning.
    Disconnected,
}

impl fmt::Display for Radio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Radio::Starting => "starting",
            Radio::Scanning => "scanning",
            Radio::NotFound => "no known network in range",
            Radio::Associating => "associating",
            Radio::Associated => "associated, not yet authorised",
            Radio::Authorised => "authorised",
            Radio::Disconnected => "disconnected",
        })
    }
}

/// A name with wpa_supplicant's escapes: up to four characters an octet.
pub type SsidText = String<128>;

/// Why it cannot join; stays until it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// For this network.
    WrongPassphrase(SsidText),
    /// By the access point, with this status code (IEEE 802.11-2020, 9.4.1.9).
    Rejected(u16),
    /// EAP failure: the server refused the credentials (RFC 3748, 4.2).
    Refused,
    /// The server's certificate was not accepted; OpenSSL's text.
    Certificate(String<64>),
}

impl Fault {
    /// What a person may do about it.
    pub fn cure(&self) -> &'static str {
        match self {
            Fault::WrongPassphrase(_) => "Correct it in the file: capitals count.",
            Fault::Rejected(_) => "Is there room for one more? Does it let in known devices alone?",
            Fault::Refused => "Correct these in the file, or ask who runs the network.",
            Fault::Certificate(_) => {
                "Is it the right \"ca_cert\", and is the date of the box right?"
            }
        }
    }

    /// The same settings would be refused again.
    pub fn is_final(&self) -> bool {
        match self {
            Fault::WrongPassphrase(_) | Fault::Refused | Fault::Certificate(_) => true,
            Fault::Rejected(_) => false,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::WrongPassphrase(ssid) => write!(f, "wrong passphrase for \"{ssid}\""),
            Fault::Rejected(status) => {
                write!(f, "refused by the access point (802.11 status {status})")
            }
            Fault::Refused => {
                f.write_str("the server refused the identity, its password or its certificate")
            }
            Fault::Certificate(why) => {
                write!(f, "the server's certificate is not accepted: {why}")
            }
        }
    }
}

/// How long an adapter took to join its network.
#[derive(Debug, Clone, Copy, Default)]
pub struct JoinTimes {
    /// From the beginning of the search to that of the association; `None`: there was no search of
    /// ours.
    pub search: Option<Millis>,
    /// When the association began; `None`: before we were attached.
    pub(super) began: Option<Instant>,
    /// From there to the keys.
    pub association: Option<Millis>,
}

/// What a message changed, for the journal.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing that is recorded.
    Nothing,
    /// What it is doing now.
    Radio(Radio),
    /// A new fault.
    Fault(Fault),
    /// Nothing that is recorded; its signal was read, or could not be.
    Signal,
    /// A handshake failed, and is tried again at once; why.
    TriesAgain(&'static str),
    /// It does not take the file that it was given.
    FileRefused,
    /// What became of the frames that it sent.
    Packets(Packets),
    /// Nothing that is recorded; the message has the networks that were heard.
    Heard,
}
