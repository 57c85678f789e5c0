//! wpa_supplicant's control protocol (its src/common/wpa_ctrl.h and
//! wpa_supplicant/ctrl_iface.c): commands as text, events as `<level>text`.
//!
//! An unknown event is no error: new versions add some.

/// What we ask of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Request {
    Attach,
    Ping,
    Status,
    SignalPoll,
    Reconfigure,
}

impl Request {
    pub fn text(self) -> &'static str {
        match self {
            Request::Attach => "ATTACH",
            Request::Ping => "PING",
            Request::Status => "STATUS",
            Request::SignalPoll => "SIGNAL_POLL",
            Request::Reconfigure => "RECONFIGURE",
        }
    }
}

/// One datagram from wpa_supplicant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    /// The answer to a request.
    Reply(&'a str),
    ScanStarted,
    /// The scan found none of our networks.
    NotFound,
    /// Authentication or association begins. The name as wpa_supplicant shows it;
    /// empty where it shows none.
    Associating {
        ssid: &'a str,
    },
    Associated,
    Connected,
    Disconnected {
        /// IEEE 802.11 reason code.
        reason: u16,
        /// We ended it, not the access point.
        local: bool,
    },
    /// The network is left alone for a while. `wrong_key`: because its passphrase is
    /// wrong; the name is in wpa_supplicant's printf escapes.
    Disabled {
        ssid: &'a str,
        wrong_key: bool,
        /// For so many seconds.
        seconds: u32,
    },
    /// The access point refused. WPA3 shows a wrong passphrase so: status 15 in an
    /// SAE confirm (IEEE 802.11-2020, table 9-50: challenge failure).
    AuthRejected {
        sae: bool,
        status: u16,
    },
    AssocRejected {
        status: u16,
    },
    /// An authenticator asks: EAP begins.
    EapStarted,
    EapFailed,
    EapSucceeded,
    /// The authentication server's certificate is not accepted.
    BadCertificate {
        /// OpenSSL's words.
        why: &'a str,
    },
    Terminating,
    Other,
}

/// Reads one datagram. Never fails: what is not known is [`Message::Other`].
pub fn parse(text: &str) -> Message<'_> {
    let text = text.trim_end_matches(['\n', '\0']);
    let Some(event) = text.strip_prefix('<').and_then(after_level) else {
        return Message::Reply(text);
    };
    let (name, rest) = event.split_once(' ').unwrap_or((event, ""));
    match name {
        "CTRL-EVENT-SCAN-STARTED" => Message::ScanStarted,
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
            sae: number::<u8>(rest, "auth_type") == 3,
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
        "CTRL-EVENT-TERMINATING" => Message::Terminating,
        "Associated" => Message::Associated,
        "Trying" => Message::Associating { ssid: tried(rest) },
        "SME:" if rest.starts_with("Trying") => Message::Associating { ssid: tried(rest) },
        _ => Message::Other,
    }
}

/// The name in `… (SSID='name' freq=2412 MHz)`.
fn tried(text: &str) -> &str {
    let name = text.split_once("(SSID='").map_or("", |(_, rest)| rest);
    name.rsplit_once("' freq=").map_or("", |(name, _)| name)
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

/// What `STATUS` tells, as far as we use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status<'a> {
    /// `COMPLETED`, `SCANNING`, …; empty if the reply is none.
    pub state: &'a str,
    /// In wpa_supplicant's printf escapes.
    pub ssid: &'a str,
    pub bssid: &'a str,
    /// MHz; 0 if unknown.
    pub frequency: u32,
    /// IEEE 802.1X's state: `AUTHENTICATED`, `HELD` after a refusal, …; empty without it.
    pub pae: &'a str,
}

pub fn parse_status(reply: &str) -> Status<'_> {
    Status {
        state: line(reply, "wpa_state"),
        ssid: line(reply, "ssid"),
        bssid: line(reply, "bssid"),
        frequency: line(reply, "freq").parse().unwrap_or(0),
        pae: line(reply, "Supplicant PAE state"),
    }
}

/// The signal in dBm from a reply to `SIGNAL_POLL`. wpa_supplicant says -9999 or 0
/// where the driver knows none.
pub fn parse_signal(reply: &str) -> Option<i16> {
    let signal: i16 = line(reply, "RSSI").parse().ok()?;
    (-120..0).contains(&signal).then_some(signal)
}

/// The value of the line `key=value`.
fn line<'a>(text: &'a str, key: &str) -> &'a str {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .find(|(name, _)| *name == key)
        .map_or("", |(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_as_wpa_supplicant_2_10_writes_them() {
        assert_eq!(
            parse(
                "<3>CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:05:00 completed [id=0 id_str=]"
            ),
            Message::Connected
        );
        assert_eq!(
            parse(
                "<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:05:00 reason=3 locally_generated=1"
            ),
            Message::Disconnected {
                reason: 3,
                local: true
            }
        );
        assert_eq!(
            parse(
                "<3>CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid=\"my ssid=\\\"x\\\" net\" auth_failures=1 duration=10 reason=WRONG_KEY"
            ),
            Message::Disabled {
                ssid: "my ssid=\\\"x\\\" net",
                wrong_key: true,
                seconds: 10
            }
        );
        assert_eq!(
            parse(
                "<3>CTRL-EVENT-AUTH-REJECT 02:00:00:00:05:00 auth_type=3 auth_transaction=2 status_code=15"
            ),
            Message::AuthRejected {
                sae: true,
                status: 15
            }
        );
        assert_eq!(
            parse("<3>SME: Trying to authenticate with 02:00:00:00:05:00 (SSID='a' freq=2412 MHz)"),
            Message::Associating { ssid: "a" }
        );
        assert_eq!(
            parse(
                "<3>CTRL-EVENT-EAP-TLS-CERT-ERROR reason=1 depth=0 subject='/CN=a err='b' err='unable to get local issuer certificate'"
            ),
            Message::BadCertificate {
                why: "unable to get local issuer certificate"
            }
        );
        assert_eq!(
            parse("<3>CTRL-EVENT-EAP-FAILURE EAP authentication failed"),
            Message::EapFailed
        );
        assert_eq!(
            parse("<3>CTRL-EVENT-EAP-SUCCESS EAP authentication completed successfully"),
            Message::EapSucceeded
        );
        assert_eq!(
            parse("<3>CTRL-EVENT-EAP-STARTED EAP authentication started"),
            Message::EapStarted
        );
        assert_eq!(parse("<3>CTRL-EVENT-SCAN-STARTED "), Message::ScanStarted);
        assert_eq!(parse("<3>CTRL-EVENT-SOMETHING-NEW x"), Message::Other);
    }

    #[test]
    fn what_is_no_event_is_a_reply() {
        assert_eq!(parse("OK\n"), Message::Reply("OK"));
        assert_eq!(parse("<x>OK"), Message::Reply("<x>OK"));
        assert_eq!(parse(""), Message::Reply(""));
    }

    #[test]
    fn status_and_signal() {
        let status =
            parse_status("bssid=02:00:00:00:05:00\nfreq=2412\nssid=a=b c\nwpa_state=COMPLETED\n");
        assert_eq!(
            status,
            Status {
                state: "COMPLETED",
                ssid: "a=b c",
                bssid: "02:00:00:00:05:00",
                frequency: 2412,
                pae: "",
            }
        );
        let wired = "wpa_state=ASSOCIATED\nSupplicant PAE state=HELD\nEAP state=FAILURE\n";
        assert_eq!(parse_status(wired).pae, "HELD");
        assert_eq!(parse_status("FAIL\n"), Status::default());
        assert_eq!(parse_signal("RSSI=-30\nLINKSPEED=54\n"), Some(-30));
        assert_eq!(parse_signal("RSSI=-9999\n"), None);
        assert_eq!(parse_signal("FAIL\n"), None);
    }
}
