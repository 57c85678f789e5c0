//! wpa_supplicant's control protocol (its src/common/wpa_ctrl.h and
//! wpa_supplicant/ctrl_iface.c): commands as text, events as `<level>text`.
//!
//! An unknown event is no error: new versions add some.
mod channels;
mod heard;
mod ssid;

pub use channels::{Capability, Channels, parse_capability};
pub use heard::{Heard, heard};
pub use ssid::unescape;

use core::fmt::Write;
use heapless::String;

/// A command of its control interface (wpa_supplicant/ctrl_iface.c).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Request {
    /// Send events to this socket from now on; the reply is `OK`.
    Attach,
    /// The reply is `PONG`.
    Ping,
    /// The reply is read by [`parse_status`].
    Status,
    /// The reply is read by [`parse_signal`]; `FAIL` where the driver cannot tell.
    SignalPoll,
    /// The reply is read by [`parse_packets`]; `FAIL` where the driver cannot tell.
    PacketCounts,
    /// Report with [`Message::SignalChanged`] when the signal crosses [`MONITORED`], and each time
    /// it has moved on by 4 dB; `FAIL` where the driver cannot.
    SignalMonitor,
    /// Look for access points, and change to one that is clearly stronger.
    Scan,
    /// Look for access points on these channels alone, and join a network that is found; `FAIL-BUSY`
    /// while it scans or joins.
    ScanChannels(Channels),
    /// Which channels the adapter may use; the reply is read by [`parse_capability`].
    Channels,
    /// Which networks its scans have found; the reply is read by [`heard`].
    Heard,
    /// Read the configuration file again.
    Reconfigure,
    /// Join the network anew, without a scan where one has just ended.
    Reassociate,
}

/// Octets of the longest request: all channels.
pub const REQUEST_BYTES: usize = 528;

impl Request {
    /// The datagram's text.
    pub fn text(self) -> String<REQUEST_BYTES> {
        let mut text = String::new();
        let written = match self {
            Request::ScanChannels(channels) => {
                write!(text, "SCAN freq={}", channels.frequencies(","))
            }
            other => text.write_str(other.words()),
        };
        debug_assert!(written.is_ok(), "longer than all channels");
        text
    }

    fn words(self) -> &'static str {
        match self {
            Request::Attach => "ATTACH",
            Request::Ping => "PING",
            Request::Status => "STATUS",
            Request::SignalPoll => "SIGNAL_POLL",
            Request::PacketCounts => "PKTCNT_POLL",
            // [`MONITORED`].
            Request::SignalMonitor => "SIGNAL_MONITOR THRESHOLD=-70 HYSTERESIS=4",
            Request::Scan | Request::ScanChannels(_) => "SCAN",
            Request::Channels => "GET_CAPABILITY freq",
            // `WPA_BSS_MASK_LEVEL`, `_AGE` and `_SSID`: with more, fewer networks would fit into a reply.
            Request::Heard => "BSS RANGE=ALL MASK=0x1280",
            Request::Reconfigure => "RECONFIGURE",
            Request::Reassociate => "REASSOCIATE",
        }
    }
}

/// One datagram from wpa_supplicant: a reply, or an event of src/common/wpa_ctrl.h.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    /// The answer to a request.
    Reply(&'a str),
    /// `CTRL-EVENT-SCAN-RESULTS`.
    ScanEnded,
    /// `CTRL-EVENT-SCAN-FAILED`: the driver did not begin it.
    ScanFailed,
    /// `CTRL-EVENT-SCAN-STARTED`.
    ScanStarted,
    /// `CTRL-EVENT-NETWORK-NOT-FOUND`: the scan found no network of the configuration.
    NotFound,
    /// `Trying to …`: authentication or association begins.
    Associating {
        /// The name in wpa_supplicant's printf escapes; empty where the event has none.
        ssid: &'a str,
        /// Centre frequency of the access point's primary channel in MHz; 0 where the event has none.
        frequency: u32,
    },
    /// `Associated with …`: the key handshake follows.
    Associated,
    /// `WPA: Key negotiation completed`: the last message of a handshake was sent.
    KeysNegotiated,
    /// `CTRL-EVENT-CONNECTED`: the handshake is complete.
    Connected,
    /// `CTRL-EVENT-DISCONNECTED`.
    Disconnected {
        /// Reason code (IEEE 802.11-2020, table 9-49); 0 where the event has none.
        reason: u16,
        /// This station ended it, not the access point.
        local: bool,
    },
    /// `CTRL-EVENT-SSID-TEMP-DISABLED`: the network is not tried for a while.
    Disabled {
        /// The name in wpa_supplicant's printf escapes.
        ssid: &'a str,
        /// Because the passphrase is wrong: the four-way handshake failed (`WRONG_KEY`).
        wrong_key: bool,
        /// For so many seconds.
        seconds: u32,
    },
    /// `CTRL-EVENT-AUTH-REJECT`: the access point refused authentication.
    AuthRejected {
        /// The authentication algorithm was SAE (WPA3).
        sae: bool,
        /// Status code (IEEE 802.11-2020, table 9-50). With SAE a wrong passphrase shows as
        /// 15, challenge failure, in the confirm message.
        status: u16,
    },
    /// `CTRL-EVENT-ASSOC-REJECT`: the access point refused association.
    AssocRejected {
        /// Status code (IEEE 802.11-2020, table 9-50); 0 where the event has none.
        status: u16,
    },
    /// `CTRL-EVENT-EAP-STARTED`: an authenticator sent the first EAP request.
    EapStarted,
    /// `CTRL-EVENT-EAP-FAILURE`.
    EapFailed,
    /// `CTRL-EVENT-EAP-SUCCESS`.
    EapSucceeded,
    /// `CTRL-EVENT-EAP-TLS-CERT-ERROR`: the authentication server's certificate is refused.
    BadCertificate {
        /// OpenSSL's reason, in English.
        why: &'a str,
    },
    /// `CTRL-EVENT-SIGNAL-CHANGE`, after [`Request::SignalMonitor`].
    SignalChanged {
        /// Above [`MONITORED`].
        above: bool,
        /// In dBm; `None`: unknown.
        signal: Option<i16>,
    },
    /// `CTRL-EVENT-CHANNEL-SWITCH`: the access point has announced another channel, and is there now.
    ChannelSwitched {
        /// As in [`Message::Associating`].
        frequency: u32,
    },
    /// `CTRL-EVENT-REGDOM-CHANGE`: an adapter may use other channels from now on.
    RegulatoryChange,
    /// `CTRL-EVENT-TERMINATING`: wpa_supplicant is about to exit.
    Terminating,
    /// Any other event.
    Other,
}

/// `WLAN_AUTH_SAE`: the authentication algorithm's number (IEEE 802.11-2020, 9.4.1.1).
const AUTH_SAE: u8 = 3;

/// Reads one datagram. Never fails: what is not known is [`Message::Other`].
pub fn parse(text: &str) -> Message<'_> {
    let text = text.trim_end_matches(['\n', '\0']);
    let Some(event) = text.strip_prefix('<').and_then(after_level) else {
        return Message::Reply(text);
    };
    let (name, rest) = event.split_once(' ').unwrap_or((event, ""));
    match name {
        "CTRL-EVENT-SCAN-STARTED" => Message::ScanStarted,
        "CTRL-EVENT-SCAN-RESULTS" => Message::ScanEnded,
        "CTRL-EVENT-SCAN-FAILED" => Message::ScanFailed,
        "CTRL-EVENT-CHANNEL-SWITCH" => Message::ChannelSwitched {
            frequency: number(rest, "freq"),
        },
        "CTRL-EVENT-REGDOM-CHANGE" => Message::RegulatoryChange,
        "CTRL-EVENT-NETWORK-NOT-FOUND" => Message::NotFound,
        "CTRL-EVENT-CONNECTED" => Message::Connected,
        "CTRL-EVENT-DISCONNECTED" => Message::Disconnected {
            reason: number(rest, "reason"),
            local: number::<u8>(rest, "locally_generated") == 1,
        },
        "CTRL-EVENT-SSID-TEMP-DISABLED" => Message::Disabled {
            ssid: quoted(rest, "ssid").unwrap_or(""),
            wrong_key: word(rest, "reason") == Some("WRONG_KEY"),
            seconds: number(rest, "duration"),
        },
        "CTRL-EVENT-AUTH-REJECT" => Message::AuthRejected {
            sae: number::<u8>(rest, "auth_type") == AUTH_SAE,
            status: number(rest, "status_code"),
        },
        "CTRL-EVENT-ASSOC-REJECT" => Message::AssocRejected {
            status: number(rest, "status_code"),
        },
        "CTRL-EVENT-EAP-STARTED" => Message::EapStarted,
        "CTRL-EVENT-EAP-SUCCESS" => Message::EapSucceeded,
        "CTRL-EVENT-EAP-FAILURE" => Message::EapFailed,
        "CTRL-EVENT-EAP-TLS-CERT-ERROR" => Message::BadCertificate {
            why: rest
                .rsplit_once("err='")
                .map_or("", |(_, why)| why.strip_suffix('\'').unwrap_or(why)),
        },
        "CTRL-EVENT-SIGNAL-CHANGE" => Message::SignalChanged {
            above: number::<u8>(rest, "above") == 1,
            signal: word(rest, "signal").and_then(signal),
        },
        "CTRL-EVENT-TERMINATING" => Message::Terminating,
        "Associated" => Message::Associated,
        "WPA:" if rest.starts_with("Key negotiation completed ") => Message::KeysNegotiated,
        "Trying" => tried(rest),
        "SME:" if rest.starts_with("Trying") => tried(rest),
        _ => Message::Other,
    }
}

/// From `… (SSID='name' freq=2412 MHz)`.
fn tried(text: &str) -> Message<'_> {
    let name = text.split_once("(SSID='").map_or("", |(_, rest)| rest);
    let (ssid, rest) = name.rsplit_once("' freq=").unwrap_or(("", ""));
    let frequency = rest.split(' ').next().and_then(|mhz| mhz.parse().ok());
    Message::Associating {
        ssid,
        frequency: frequency.unwrap_or(0),
    }
}

/// What follows `3>` of `<3>text`.
fn after_level(text: &str) -> Option<&str> {
    let (level, event) = text.split_once('>')?;
    level.parse::<u8>().ok().map(|_| event)
}

/// The value of `key=value` among words.
fn word<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.split(' ')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| *name == key)
        .map(|(_, value)| value)
}

fn number<T: core::str::FromStr + Default>(text: &str, key: &str) -> T {
    word(text, key)
        .and_then(|value| value.parse().ok())
        .unwrap_or_default()
}

/// The value of `key="value"`; the value may hold spaces and escaped quotes.
fn quoted<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let mut from = 0;
    loop {
        let at = from + text[from..].find(key)?;
        let after = &text[at + key.len()..];
        if let Some(value) = after.strip_prefix("=\"") {
            return closing_quote(value).map(|end| &value[..end]);
        }
        from = at + key.len();
    }
}

/// Where the quote that ends this text is.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at),
            _ => {}
        }
    }
    None
}

/// The fields of a reply to `STATUS` that are used; a text is empty where the reply lacks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status<'a> {
    /// `COMPLETED`, `SCANNING`, … (`wpa_supplicant_state_txt()`).
    pub state: &'a str,
    /// The network's name in wpa_supplicant's printf escapes.
    pub ssid: &'a str,
    /// The access point's address, with colons.
    pub bssid: &'a str,
    /// Centre frequency of the primary channel in MHz; 0 if unknown.
    pub frequency: u32,
    /// State of the IEEE 802.1X supplicant: `AUTHENTICATED`, `HELD` after a refusal, ….
    pub pae: &'a str,
}

/// Reads a reply to `STATUS`: a `key=value` a line. Never fails.
pub fn parse_status(reply: &str) -> Status<'_> {
    Status {
        state: line(reply, "wpa_state"),
        ssid: line(reply, "ssid"),
        bssid: line(reply, "bssid"),
        frequency: line(reply, "freq").parse().unwrap_or(0),
        pae: line(reply, "Supplicant PAE state"),
    }
}

/// The signal in dBm from a reply to `SIGNAL_POLL`. `None`: wpa_supplicant writes -9999 or 0
/// where the driver reports none.
pub fn parse_signal(reply: &str) -> Option<i16> {
    signal(line(reply, "RSSI"))
}

/// The same, averaged over many frames where the driver does that.
pub fn parse_average_signal(reply: &str) -> Option<i16> {
    signal(line(reply, "AVG_RSSI")).or_else(|| parse_signal(reply))
}

fn signal(text: &str) -> Option<i16> {
    let signal = text.parse().ok()?;
    SIGNALS.contains(&signal).then_some(signal)
}

/// The signal in dBm at which [`Request::SignalMonitor`] asks for an event.
pub const MONITORED: i16 = -70;

/// What a receiver can report, in dBm.
const SIGNALS: core::ops::Range<i16> = -120..0;

/// What became of the frames that this station sent, since it joined; both wrap around.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packets {
    /// Frames sent (`NL80211_STA_INFO_TX_PACKETS`); by most drivers those that failed are among it.
    pub sent: u32,
    /// Frames that were never acknowledged (`NL80211_STA_INFO_TX_FAILED`).
    pub failed: u32,
}

/// The counters from a reply to `PKTCNT_POLL`. `None`: the driver has none.
pub fn parse_packets(reply: &str) -> Option<Packets> {
    let count = |key| line(reply, key).parse().ok();
    Some(Packets {
        sent: count("TXGOOD")?,
        failed: count("TXBAD")?,
    })
}

/// The value of the line `key=value`.
fn line<'a>(text: &'a str, key: &str) -> &'a str {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .find(|(name, _)| *name == key)
        .map_or("", |(_, value)| value)
}

#[cfg(test)]
mod tests;
