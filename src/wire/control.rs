//! The control socket's protocol, both sides of it: a request is one line of words;
//! an answer is the exit code on a line of its own, then the text.
use core::fmt;

/// What the commands ask the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request<'a> {
    Status {
        json: bool,
    },
    Events {
        json: bool,
        /// The newest so many.
        count: u32,
    },
    Reload,
    /// The member's name.
    Switch(&'a str),
    Renew(Leases<'a>),
    Release(Leases<'a>),
    /// One member alone.
    Member {
        name: &'a str,
        order: Order,
    },
    /// What usually goes wrong.
    Doctor,
    /// Links with an address, each with its gateway: a line `LINK GATEWAY` each, `-` for none.
    Ways,
    /// The names of all interfaces that are ours, one a line: for `doctor`.
    Links,
    /// What would change: by the daemon's file as it is now, or by the one that follows. The
    /// daemon answers [`SEND`] when it may follow; it ends with the sender's half of the
    /// connection.
    Plan {
        follows: bool,
    },
}

/// The daemon waits for the file of [`Request::Plan`].
pub const SEND: &str = "send\n";

impl Request<'_> {
    /// It changes something: for root alone.
    pub fn is_change(&self) -> bool {
        match self {
            Request::Status { .. }
            | Request::Events { .. }
            | Request::Doctor
            | Request::Ways
            | Request::Links
            | Request::Plan { .. } => false,
            Request::Reload
            | Request::Switch(_)
            | Request::Renew(_)
            | Request::Release(_)
            | Request::Member { .. } => true,
        }
    }
}

/// The leases that are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Leases<'a> {
    /// Of this link, or of all.
    pub link: Option<&'a str>,
    /// Of this kind, or of both.
    pub family: Option<Family>,
}

/// DHCPv4 or DHCPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    V4,
    V6,
}

impl Family {
    fn parse(word: &str) -> Option<Family> {
        match word {
            "4" => Some(Family::V4),
            "6" => Some(Family::V6),
            _ => None,
        }
    }
}

impl<'a> Leases<'a> {
    /// `[LINK] [4|6]`. A single 4 or 6 is a family, and no link.
    pub fn parse(first: Option<&'a str>, second: Option<&'a str>) -> Option<Leases<'a>> {
        let (link, family) = match (first, second) {
            (Some(link), Some(family)) => (Some(link), Some(Family::parse(family)?)),
            (Some(word), None) => match Family::parse(word) {
                None => (Some(word), None),
                family => (None, family),
            },
            (None, _) => (None, None),
        };
        let link = match link {
            Some(link) => Some(link).filter(|link| is_name(link))?.into(),
            None => None,
        };
        Some(Leases { link, family })
    }

    pub fn means(&self, family: Family) -> bool {
        self.family.is_none_or(|meant| meant == family)
    }
}

impl fmt::Display for Leases<'_> {
    /// Each word with a blank in front.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(link) = self.link {
            write!(f, " {link}")?;
        }
        match self.family {
            Some(Family::V4) => f.write_str(" 4"),
            Some(Family::V6) => f.write_str(" 6"),
            None => Ok(()),
        }
    }
}

/// What one member is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Down,
    Up,
    /// Read its networks again, and join anew.
    Reassociate,
}

impl Order {
    pub fn parse(word: &str) -> Option<Order> {
        match word {
            "down" => Some(Order::Down),
            "up" => Some(Order::Up),
            "reassociate" => Some(Order::Reassociate),
            _ => None,
        }
    }
    fn word(self) -> &'static str {
        match self {
            Order::Down => "down",
            Order::Up => "up",
            Order::Reassociate => "reassociate",
        }
    }
}

/// A request's line, with or without its end. `None`: no request.
pub fn parse(line: &str) -> Option<Request<'_>> {
    let mut words = line.trim_end_matches('\n').split(' ');
    let verb = words.next()?;
    let (first, second, rest) = (words.next(), words.next(), words.next());
    match (verb, first, second, rest) {
        ("status", Some(form), None, None) => Some(Request::Status {
            json: is_json(form)?,
        }),
        ("events", Some(form), Some(count), None) => Some(Request::Events {
            json: is_json(form)?,
            count: count.parse().ok()?,
        }),
        ("reload", None, None, None) => Some(Request::Reload),
        ("renew", link, family, None) => Some(Request::Renew(Leases::parse(link, family)?)),
        ("release", link, family, None) => Some(Request::Release(Leases::parse(link, family)?)),
        ("switch", Some(member), None, None) if is_name(member) => Some(Request::Switch(member)),
        ("member", Some(name), Some(order), None) if is_name(name) => Some(Request::Member {
            name,
            order: Order::parse(order)?,
        }),
        ("doctor", None, None, None) => Some(Request::Doctor),
        ("ways", None, None, None) => Some(Request::Ways),
        ("links", None, None, None) => Some(Request::Links),
        ("plan", None, None, None) => Some(Request::Plan { follows: false }),
        ("plan", Some("file"), None, None) => Some(Request::Plan { follows: true }),
        _ => None,
    }
}

fn is_json(form: &str) -> Option<bool> {
    match form {
        "json" => Some(true),
        "text" => Some(false),
        _ => None,
    }
}

/// Could this be an interface's name? At most 15 bytes (`IFNAMSIZ`), nothing odd.
pub fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 15
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '/')
}

impl fmt::Display for Request<'_> {
    /// The line without its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = |json| if json { "json" } else { "text" };
        match self {
            Request::Status { json } => write!(f, "status {}", form(*json)),
            Request::Events { json, count } => write!(f, "events {} {count}", form(*json)),
            Request::Reload => f.write_str("reload"),
            Request::Switch(member) => write!(f, "switch {member}"),
            Request::Member { name, order } => write!(f, "member {name} {}", order.word()),
            Request::Doctor => f.write_str("doctor"),
            Request::Ways => f.write_str("ways"),
            Request::Links => f.write_str("links"),
            Request::Plan { follows: false } => f.write_str("plan"),
            Request::Plan { follows: true } => f.write_str("plan file"),
            Request::Renew(leases) => write!(f, "renew{leases}"),
            Request::Release(leases) => write!(f, "release{leases}"),
        }
    }
}

/// The exit code and the text of an answer. `None`: it is none, or was cut off.
pub fn parse_answer(answer: &str) -> Option<(u8, &str)> {
    let (code, text) = answer.split_once('\n')?;
    code.parse().ok().map(|code| (code, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for request in [
            Request::Status { json: true },
            Request::Status { json: false },
            Request::Events {
                json: true,
                count: 7,
            },
            Request::Events {
                json: false,
                count: u32::MAX,
            },
            Request::Reload,
            Request::Switch("wlan1"),
            Request::Doctor,
            Request::Ways,
            Request::Links,
            Request::Plan { follows: false },
            Request::Plan { follows: true },
            Request::Member {
                name: "wlan1",
                order: Order::Reassociate,
            },
            Request::Member {
                name: "wlan1",
                order: Order::Down,
            },
            Request::Member {
                name: "wlan1",
                order: Order::Up,
            },
            Request::Renew(Leases::default()),
            Request::Renew(Leases {
                link: Some("bond0"),
                family: None,
            }),
            Request::Release(Leases {
                link: None,
                family: Some(Family::V4),
            }),
            Request::Release(Leases {
                link: Some("eth0"),
                family: Some(Family::V6),
            }),
        ] {
            assert_eq!(parse(&format!("{request}\n")), Some(request));
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for line in [
            "",
            "\n",
            "status",
            "status xml",
            "status json json",
            "events json -1",
            "events json",
            "reload now",
            "switch",
            "switch ",
            "switch a/b",
            "switch 0123456789abcdef",
            "switch a\nreload",
            "halt",
            "doctor wlan0",
            "renew bond0 5",
            "renew bond0 4 6",
            "release 4 bond0",
            "release a/b",
            "release a/b 4",
            "member wlan0",
            "member wlan0 sideways",
            "member a/b down",
        ] {
            assert_eq!(parse(line), None, "{line:?}");
        }
    }

    #[test]
    fn answers() {
        assert_eq!(parse_answer("3\nNOT ONLINE\n"), Some((3, "NOT ONLINE\n")));
        assert_eq!(parse_answer("0\n"), Some((0, "")));
        assert_eq!(parse_answer("0"), None);
        assert_eq!(parse_answer("x\ny"), None);
    }
}
