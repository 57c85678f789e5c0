//! Taking in what a wpa_supplicant says.
use super::{Change, Fault, Radio, Supplicant};
use crate::engine::journal::clip;
use crate::wire::wpa::{self, Message, Request};

/// How an access point answers a wrong passphrase in WPA3 (IEEE 802.11-2020, table
/// 9-50: challenge failure).
const SAE_CHALLENGE_FAILED: u16 = 15;

impl Supplicant {
    /// Takes in one datagram.
    pub fn hear(&mut self, text: &str) -> Change {
        match wpa::parse(text) {
            Message::Reply(reply) => self.hear_reply(reply),
            // A connected adapter scans too, to roam: that changes nothing.
            Message::ScanStarted if self.radio == Radio::Authorised => Change::Nothing,
            Message::ScanStarted => self.change(Radio::Scanning),
            Message::NotFound => self.change(Radio::NotFound),
            Message::Associating { ssid } => {
                self.trying = clip(format_args!("{ssid}"));
                self.change(Radio::Associating)
            }
            Message::Associated => self.change(Radio::Associated),
            Message::EapStarted => {
                self.port.asked();
                Change::Nothing
            }
            // A cable's later rounds end with these words alone.
            Message::EapSucceeded if self.wired => self.authorise(),
            Message::EapSucceeded => Change::Nothing,
            Message::EapFailed => self.refuse(Fault::Refused),
            Message::BadCertificate { why } => {
                self.refuse(Fault::Certificate(clip(format_args!("{why}"))))
            }
            Message::Connected => {
                self.settling = None;
                self.ask(Request::Status);
                self.authorise()
            }
            Message::Disconnected { .. } => {
                self.port.left();
                self.change(Radio::Disconnected)
            }
            Message::Disabled {
                ssid,
                wrong_key: true,
                ..
            } => self.set_fault(Fault::WrongPassphrase(clip(format_args!("{ssid}")))),
            Message::AuthRejected {
                sae: true,
                status: SAE_CHALLENGE_FAILED,
            } => self.set_fault(Fault::WrongPassphrase(self.trying.clone())),
            Message::AuthRejected { status, .. } | Message::AssocRejected { status } => {
                match self.fault {
                    Some(Fault::WrongPassphrase(_)) => Change::Nothing,
                    _ => self.set_fault(Fault::Rejected(status)),
                }
            }
            Message::Disabled { .. } | Message::Terminating | Message::Other => Change::Nothing,
        }
    }

    fn change(&mut self, radio: Radio) -> Change {
        if self.radio == radio {
            return Change::Nothing;
        }
        self.unjoined(radio);
        Change::Radio(radio)
    }

    fn authorise(&mut self) -> Change {
        self.fault = None;
        self.port.authorise();
        self.change(Radio::Authorised)
    }

    /// By an authentication server. On a cable there is no "disconnected" then.
    fn refuse(&mut self, fault: Fault) -> Change {
        self.port.refused();
        if self.wired {
            self.unjoined(Radio::Disconnected);
        }
        match self.fault {
            // What comes after it is its consequence.
            Some(Fault::Certificate(_)) if fault == Fault::Refused => Change::Nothing,
            _ => self.set_fault(fault),
        }
    }

    fn set_fault(&mut self, fault: Fault) -> Change {
        if self.fault.as_ref() == Some(&fault) {
            return Change::Nothing;
        }
        self.fault = Some(fault.clone());
        Change::Fault(fault)
    }

    fn hear_reply(&mut self, reply: &str) -> Change {
        match self.asked.take().map(|(request, _)| request) {
            Some(Request::Status) => self.hear_status(&wpa::parse_status(reply)),
            Some(Request::SignalPoll) => {
                self.signal_dbm = wpa::parse_signal(reply);
                Change::Nothing
            }
            Some(Request::Reconfigure) if reply.starts_with("FAIL") => Change::FileRefused,
            Some(Request::Reconfigure) => {
                self.refused = None;
                Change::Nothing
            }
            Some(Request::Attach | Request::Ping) | None => Change::Nothing,
        }
    }

    fn hear_status(&mut self, status: &wpa::Status<'_>) -> Change {
        if self.wired && status.pae == "HELD" {
            return self.refuse(Fault::Refused);
        }
        let radio = match status.state {
            "COMPLETED" => Radio::Authorised,
            "SCANNING" => Radio::Scanning,
            "AUTHENTICATING" | "ASSOCIATING" => Radio::Associating,
            "ASSOCIATED" | "4WAY_HANDSHAKE" | "GROUP_HANDSHAKE" => Radio::Associated,
            "DISCONNECTED" | "INACTIVE" | "INTERFACE_DISABLED" => Radio::Disconnected,
            _ => return Change::Nothing,
        };
        let news = self.change(radio);
        if radio == Radio::Authorised {
            self.port.authorise();
            self.ssid = clip(format_args!("{}", status.ssid));
            self.frequency = status.frequency;
        }
        news
    }
}
