//! The control socket's protocol, both sides of it: a request is one line of words;
//! an answer is the exit code on a line of its own, then the text.
use super::Family;
use core::fmt;

/// A request of a command to the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request<'a> {
    /// The status: exit code 0 online, 3 not online.
    Status(Form),
    /// The journal: switches and other changes.
    Events {
        /// As JSON; otherwise a line each: its age in milliseconds, a blank, the text.
        json: bool,
        /// At most this many entries: the newest.
        count: u32,
    },
    /// Read the configuration file again and change what differs.
    Reload(Reload),
    /// What the report beside the file says: exit code 1 where there is something to report.
    Report,
    /// The file in force is to stay: see [`Reload::Confirm`].
    Confirm,
    /// Make the member of this name active.
    Switch(&'a str),
    /// Ask for leases again, now.
    Renew(Leases<'a>),
    /// Give leases back, until the next [`Request::Renew`].
    Release(Leases<'a>),
    /// Change one member alone.
    Member {
        /// The interface's name.
        name: &'a str,
        /// The change.
        order: Order,
    },
    /// Findings of the daemon, one a line: its kind, what it is about, what is wrong, and what to do, with
    /// tabs between. Of the kind [`CERTIFICATE`]: a block of the file, and a certificate that it names.
    Doctor,
    /// Links with an address, each with its gateway: a line `LINK GATEWAY` each, `-` for none.
    Ways,
    /// The names of all interfaces that the daemon manages, one a line: for `doctor`.
    Links,
    /// What a file would change. Where one follows, the daemon answers [`SEND`] when it may be
    /// sent; it ends with the sender's half of the connection.
    Plan {
        /// The file follows; otherwise it is the daemon's own, as it is now.
        follows: bool,
    },
}

/// How a status is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One object.
    Json,
    /// OpenMetrics 1.0.
    Metrics,
    /// A page for people, with the marks of [`Tone`].
    Page {
        /// Characters in a line: [`LEAST_COLUMNS`] to [`MOST_COLUMNS`].
        columns: u16,
    },
}

/// The narrowest and the widest page.
pub const LEAST_COLUMNS: u16 = 20;
/// See [`LEAST_COLUMNS`].
pub const MOST_COLUMNS: u16 = 300;

/// What a colour says, where there are colours; the words beside it say it, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Neither.
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// Not yet, or no longer, as it should be.
    Warning,
    /// It does not work.
    Bad,
}

impl Tone {
    /// The character of a page that begins this tone; no other text has it.
    pub fn mark(self) -> char {
        match self {
            Tone::Plain => '\u{1}',
            Tone::Good => '\u{2}',
            Tone::Warning => '\u{3}',
            Tone::Bad => '\u{4}',
        }
    }

    /// The tone that this character begins. `None`: it is text.
    pub fn of(mark: char) -> Option<Tone> {
        let mut tones = [Tone::Plain, Tone::Good, Tone::Warning, Tone::Bad].into_iter();
        tones.find(|tone| tone.mark() == mark)
    }
}

/// The daemon's line that asks for the file of [`Request::Plan`].
pub const SEND: &str = "send\n";

/// Between what a file that was refused would have changed and why it was, in the answer to
/// [`Request::Reload`].
pub const SPLIT: char = '\0';

/// No finding: see [`Request::Doctor`].
pub const CERTIFICATE: &str = "certificate";

impl Request<'_> {
    /// It changes something, so the daemon takes it from root and its own user alone.
    pub fn is_change(&self) -> bool {
        match self {
            Request::Status(_)
            | Request::Events { .. }
            | Request::Doctor
            | Request::Ways
            | Request::Links
            | Request::Report
            | Request::Plan { .. } => false,
            Request::Reload(_)
            | Request::Confirm
            | Request::Switch(_)
            | Request::Renew(_)
            | Request::Release(_)
            | Request::Member { .. } => true,
        }
    }
}

/// How a file is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    /// It is taken back where the box is not online with it.
    Plain,
    /// Also where it is not confirmed within so many seconds once it is: 1 to [`MAX_CONFIRM_S`].
    Confirm(u32),
    /// It stays, whatever comes of it.
    Force,
}

/// The longest time to confirm a file, in seconds: a day.
pub const MAX_CONFIRM_S: u32 = 86_400;

/// Which leases a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Leases<'a> {
    /// Of this link; `None`: of all.
    pub link: Option<&'a str>,
    /// Of this family; `None`: of both.
    pub family: Option<Family>,
}

fn family(word: &str) -> Option<Family> {
    match word {
        "4" => Some(Family::V4),
        "6" => Some(Family::V6),
        _ => None,
    }
}

impl<'a> Leases<'a> {
    /// `[LINK] [4|6]`. A single 4 or 6 is a family, not a link. `None`: wrong words.
    pub fn parse(first: Option<&'a str>, second: Option<&'a str>) -> Option<Leases<'a>> {
        let (link, family) = match (first, second) {
            (Some(link), Some(family)) => (Some(link), Some(self::family(family)?)),
            (Some(word), None) => match family(word) {
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

    /// Whether leases of this family are among them.
    pub fn means(&self, family: Family) -> bool {
        self.family.is_none_or(|meant| meant == family)
    }
}

impl fmt::Display for Leases<'_> {
    /// Each word with a space in front.
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

/// A change of one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Set it down until [`Order::Up`].
    Down,
    /// Set it up again.
    Up,
    /// Read its networks again and associate anew.
    Reassociate,
    /// Carry out the next measure of its repair.
    Repair,
}

impl Order {
    /// The change that a word of the command line stands for.
    pub fn parse(word: &str) -> Option<Order> {
        match word {
            "down" => Some(Order::Down),
            "up" => Some(Order::Up),
            "reassociate" => Some(Order::Reassociate),
            "repair" => Some(Order::Repair),
            _ => None,
        }
    }
    fn word(self) -> &'static str {
        match self {
            Order::Down => "down",
            Order::Up => "up",
            Order::Reassociate => "reassociate",
            Order::Repair => "repair",
        }
    }
}

/// Reads a request's line, with or without its LF. `None`: not a request.
pub fn parse(line: &str) -> Option<Request<'_>> {
    let mut words = line.trim_end_matches('\n').split(' ');
    let verb = words.next()?;
    let (first, second, rest) = (words.next(), words.next(), words.next());
    match (verb, first, second, rest) {
        ("status", Some("json"), None, None) => Some(Request::Status(Form::Json)),
        ("status", Some("metrics"), None, None) => Some(Request::Status(Form::Metrics)),
        ("status", Some("text"), Some(columns), None) => {
            let columns: u16 = columns.parse().ok()?;
            let fits = (LEAST_COLUMNS..=MOST_COLUMNS).contains(&columns);
            fits.then_some(Request::Status(Form::Page { columns }))
        }
        ("events", Some(form), Some(count), None) => Some(Request::Events {
            json: is_json(form)?,
            count: count.parse().ok()?,
        }),
        ("reload", None, None, None) => Some(Request::Reload(Reload::Plain)),
        ("reload", Some("force"), None, None) => Some(Request::Reload(Reload::Force)),
        ("reload", Some("confirm"), Some(seconds), None) => {
            Some(Request::Reload(Reload::Confirm(confirm_s(seconds)?)))
        }
        ("report", None, None, None) => Some(Request::Report),
        ("confirm", None, None, None) => Some(Request::Confirm),
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

/// Octets of an interface's name: `IFNAMSIZ` less the NUL (include/uapi/linux/if.h).
const MAX_NAME: usize = 15;

/// The seconds of [`Reload::Confirm`]. `None`: not a number, or out of range.
pub fn confirm_s(word: &str) -> Option<u32> {
    let seconds = word.parse().ok()?;
    (1..=MAX_CONFIRM_S).contains(&seconds).then_some(seconds)
}

fn is_json(form: &str) -> Option<bool> {
    match form {
        "json" => Some(true),
        "text" => Some(false),
        _ => None,
    }
}

/// Whether this can be an interface's name: 1 to 15 octets (`IFNAMSIZ` less the NUL), no white
/// space, control character or `/`.
pub fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_NAME
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '/')
}

impl fmt::Display for Request<'_> {
    /// The line without its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = |json| if json { "json" } else { "text" };
        match self {
            Request::Status(Form::Json) => f.write_str("status json"),
            Request::Status(Form::Metrics) => f.write_str("status metrics"),
            Request::Status(Form::Page { columns }) => write!(f, "status text {columns}"),
            Request::Events { json, count } => write!(f, "events {} {count}", form(*json)),
            Request::Reload(Reload::Plain) => f.write_str("reload"),
            Request::Reload(Reload::Force) => f.write_str("reload force"),
            Request::Reload(Reload::Confirm(seconds)) => write!(f, "reload confirm {seconds}"),
            Request::Confirm => f.write_str("confirm"),
            Request::Report => f.write_str("report"),
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

/// The exit code and the text of an answer. `None`: no line with a code, as where the
/// connection ended early.
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
            Request::Status(Form::Json),
            Request::Status(Form::Metrics),
            Request::Status(Form::Page { columns: 20 }),
            Request::Status(Form::Page { columns: 300 }),
            Request::Events {
                json: true,
                count: 7,
            },
            Request::Events {
                json: false,
                count: u32::MAX,
            },
            Request::Reload(Reload::Plain),
            Request::Reload(Reload::Force),
            Request::Reload(Reload::Confirm(60)),
            Request::Confirm,
            Request::Report,
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
                order: Order::Repair,
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
            "status text",
            "status text 19",
            "status text 301",
            "status text 80 80",
            "events json -1",
            "events json",
            "reload now",
            "reload confirm",
            "reload confirm 0",
            "reload confirm 86401",
            "reload force 1",
            "confirm 1",
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
        assert_eq!(parse_answer("3\nOFFLINE\n"), Some((3, "OFFLINE\n")));
        assert_eq!(parse_answer("0\n"), Some((0, "")));
        assert_eq!(parse_answer("0"), None);
        assert_eq!(parse_answer("x\ny"), None);
    }
}
