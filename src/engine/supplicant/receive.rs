//! Taking in a wpa_supplicant's messages.
use super::{Change, Fault, JoinTimes, Radio, Supplicant};
use crate::config;
use crate::engine::journal::clip;
use crate::engine::time::Millis;
use crate::wire::wpa::{self, Channels, Message, Request};

/// How an access point answers a wrong passphrase in WPA3 (IEEE 802.11-2020, table
/// 9-50: challenge failure).
const SAE_CHALLENGE_FAILED: u16 = 15;

/// An access point repeats a message of the handshake within this.
const REPEATED_WITHIN: Millis = Millis(1_500);
/// A network is joined anew for that so often at most.
const JOINED_ANEW_EVERY: Millis = Millis(60_000);

impl Supplicant {
    /// Takes in one datagram.
    pub fn receive(&mut self, text: &str) -> Change {
        match wpa::parse(text) {
            Message::Reply(reply) => self.reply(reply),
            // A connected adapter scans too, to roam.
            Message::ScanStarted if self.radio == Radio::Authorised => {
                self.scanning = true;
                Change::Nothing
            }
            Message::ScanEnded => {
                self.scanning = false;
                self.scan.ended(self.last_message);
                Change::Nothing
            }
            Message::ScanFailed => {
                self.scanning = false;
                self.scan.failed(self.last_message);
                Change::Nothing
            }
            // It goes on looking.
            Message::ScanStarted if self.radio == Radio::NotFound => Change::Nothing,
            Message::ScanStarted => self.change(Radio::Scanning),
            Message::NotFound => {
                self.scan.judged(self.last_message, Channels::NONE);
                // It goes on in the network that it is in.
                let out = self.radio != Radio::Authorised && self.scan.is_idle();
                match out && self.found_nothing() {
                    true => Change::Radio(Radio::NotFound),
                    false => Change::Nothing,
                }
            }
            Message::Associating { ssid, frequency } => {
                if self.looks_for_better() && self.ssid != ssid {
                    self.leave();
                }
                self.tried_better |= !self.left.is_empty() && self.left != ssid;
                self.trying = clip(format_args!("{ssid}"));
                self.finds_none = false;
                // Authentication and association are announced each.
                if !matches!(self.radio, Radio::Associating | Radio::Associated) {
                    let now = self.last_message;
                    self.times = JoinTimes {
                        search: self.scan.sought_for(now),
                        began: Some(now),
                        association: None,
                    };
                }
                let channel = Channels::one(frequency);
                self.scan.judged(self.last_message, channel);
                self.change(Radio::Associating)
            }
            Message::ChannelSwitched { frequency } => {
                if self.radio == Radio::Authorised {
                    self.frequency = frequency;
                    self.scan.moved();
                }
                Change::Nothing
            }
            Message::RegulatoryChange => {
                self.scan.forget_channels();
                Change::Nothing
            }
            Message::Associated => {
                self.negotiated = None;
                self.change(Radio::Associated)
            }
            Message::KeysNegotiated => match self.last_message_lost() {
                true => Change::TriesAgain("the access point lacks the handshake's last message"),
                false => Change::Nothing,
            },
            Message::EapStarted => {
                self.port.asked();
                Change::Nothing
            }
            // A re-authentication on a cable ends with this event alone.
            Message::EapSucceeded if self.wired => self.authorise(),
            Message::EapSucceeded => Change::Nothing,
            Message::EapFailed => self.refuse(Fault::Refused),
            Message::BadCertificate { why } => {
                self.refuse(Fault::Certificate(clip(format_args!("{why}"))))
            }
            Message::Connected => {
                self.settling = None;
                self.seeking = false;
                self.arrive();
                self.finds_none = false;
                self.ask(Request::Status);
                self.authorise()
            }
            Message::Disconnected { .. } => {
                if self.looks_for_better() {
                    self.leave();
                }
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
            Message::SignalChanged { above, signal } => {
                if let (Radio::Authorised, Some(dbm)) = (self.radio, signal) {
                    match above {
                        true => self.signal.read(self.last_message, dbm),
                        false => self.signal.fell(self.last_message, dbm),
                    }
                }
                self.signal_read()
            }
            Message::Disabled { .. } | Message::Terminating | Message::Other => Change::Nothing,
        }
    }

    /// The name of its network, with escapes: also while the answer that has it is awaited.
    pub fn network(&self) -> &str {
        match self.ssid.is_empty() {
            true => &self.trying,
            false => &self.ssid,
        }
    }

    /// The handshake failed in a network in which the passphrase was right before: its frames may have been
    /// lost, and wpa_supplicant puts the network off as if the passphrase were wrong, until its file
    /// is read again. `false`: that was tried since it was last in a network.
    pub fn tries_again(&mut self) -> bool {
        let first = !core::mem::replace(&mut self.tried_again, true);
        if first {
            self.ask(Request::Reconfigure);
        }
        first
    }

    /// The access point has repeated message 3 of the handshake, as it lacks message 4. That is sent again,
    /// but encrypted now, which the access point does not take; it would give up after three seconds.
    /// `true`: the network is joined anew, not more often than once in a while, as one that is slow
    /// repeats the message each time.
    fn last_message_lost(&mut self) -> bool {
        let now = self.last_message;
        let before = self.negotiated.replace(now);
        let repeated = before.is_some_and(|at| now < at + REPEATED_WITHIN);
        let lately = self
            .joined_anew
            .is_some_and(|at| now < at + JOINED_ANEW_EVERY);
        let lost = repeated && !lately;
        if lost {
            self.joined_anew = Some(now);
            self.ask(Request::Reassociate);
        }
        lost
    }

    /// No network of the file is on any channel. `true`: that is new.
    pub fn found_nothing(&mut self) -> bool {
        self.finds_none = true;
        self.ask(Request::Heard);
        self.change(Radio::NotFound) != Change::Nothing
    }

    /// For a network of higher priority.
    fn leave(&mut self) {
        self.leaves = true;
        self.left.clone_from(&self.ssid);
    }

    /// It is in a network: where it is back in the one that it left, the better one has not let it in.
    fn arrive(&mut self) {
        self.leaves = false;
        let back = self.left == self.trying;
        self.left.clear();
        match core::mem::take(&mut self.tried_better) && back {
            true => self.scan.refused(),
            false if !back => self.scan.let_in(),
            false => {}
        }
    }

    fn change(&mut self, radio: Radio) -> Change {
        if self.radio == radio {
            return Change::Nothing;
        }
        self.unjoined(radio);
        self.since = self.last_message;
        Change::Radio(radio)
    }

    fn authorise(&mut self) -> Change {
        self.fault = None;
        self.tried_again = false;
        self.scan.joined();
        if let Some(began) = self.times.began.take() {
            self.times.association = Some(self.last_message - began);
        }
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

    fn reply(&mut self, reply: &str) -> Change {
        match self.asked.take().map(|(request, _)| request) {
            Some(Request::Status) => self.status(&wpa::parse_status(reply)),
            Some(Request::SignalPoll) => {
                self.signal_dbm = wpa::parse_signal(reply);
                if let (Radio::Authorised, Some(dbm)) =
                    (self.radio, wpa::parse_average_signal(reply))
                {
                    self.signal.read(self.last_message, dbm);
                }
                self.signal_read()
            }
            Some(Request::PacketCounts) => {
                wpa::parse_packets(reply).map_or(Change::Nothing, Change::Packets)
            }
            Some(Request::Reconfigure) if reply.starts_with("FAIL") => Change::FileRefused,
            Some(Request::Reconfigure) => {
                self.refused = None;
                Change::Nothing
            }
            Some(Request::Channels) => {
                self.scan.told_channels(reply);
                Change::Nothing
            }
            Some(Request::Heard) => Change::Heard,
            Some(Request::ScanChannels(_)) => {
                self.scan.replied(self.last_message, reply);
                Change::Nothing
            }
            Some(
                Request::Attach
                | Request::Ping
                | Request::SignalMonitor
                | Request::Scan
                | Request::Reassociate,
            )
            | None => Change::Nothing,
        }
    }

    /// What came of a scan would have begun by now.
    fn signal_read(&mut self) -> Change {
        self.seeking &= self.scanning || self.is_asking(Request::Scan);
        Change::Signal
    }

    fn status(&mut self, status: &wpa::Status<'_>) -> Change {
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
        let change = self.change(radio);
        if radio == Radio::Authorised {
            self.port.authorise();
            self.ssid = clip(format_args!("{}", status.ssid));
            self.frequency = status.frequency;
            self.bssid = config::mac(status.bssid);
        }
        change
    }
}
