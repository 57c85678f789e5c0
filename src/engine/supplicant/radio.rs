//! What an adapter is doing, and what keeps it from joining, in the user's words.
use core::fmt;
use heapless::String;

/// What the radio is doing, in the user's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Radio {
    Starting,
    Scanning,
    NotFound,
    Associating,
    Associated,
    Authorised,
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
    WrongPassphrase(SsidText),
    Rejected(u16),
    /// IEEE 802.1X: the server did not let us in.
    Refused,
    /// The server's certificate, in OpenSSL's words.
    Certificate(String<64>),
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

/// What a message changed, for the journal.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    Nothing,
    Radio(Radio),
    Fault(Fault),
    /// It does not take the file that it was given.
    FileRefused,
}
