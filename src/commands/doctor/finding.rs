//! Findings: of which kind each is, and how they are shown.
use serde::Serialize;

/// What is found again under the same name, for other programs too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// As in `doctor --json`; never renamed.
    pub id: &'static str,
    pub severity: &'static str,
    /// Why it matters.
    pub why: &'static str,
}

const ERROR: &str = "error";
const WARNING: &str = "warning";
/// It may be as it has to be: not counted in the exit code.
const NOTE: &str = "note";

const fn kind(id: &'static str, severity: &'static str, why: &'static str) -> Kind {
    Kind { id, severity, why }
}

pub const NOT_RUNNING: Kind = kind("not-running", ERROR, "nobody manages the network");
pub const MANAGER: Kind = kind(
    "other-manager",
    ERROR,
    "two programs set up one interface, and undo each other's work",
);
pub const PROBLEM: Kind = kind("problem", WARNING, "the file asks for something else");
pub const KERNEL: Kind = kind(
    "kernel-message",
    WARNING,
    "an adapter that fails so drops out again, and may not come back by itself",
);
pub const FIRMWARE: Kind = kind(
    "firmware-missing",
    ERROR,
    "the adapter does nothing without it",
);
pub const POWER: Kind = kind(
    "undervoltage",
    ERROR,
    "USB adapters are the first to fail, and the card may be damaged",
);
pub const USB_CURRENT: Kind = kind(
    "usb-current",
    WARNING,
    "an adapter that needs more fails while it sends",
);
pub const RFKILL: Kind = kind(
    "rfkill",
    ERROR,
    "a radio that is switched off hears nothing",
);
pub const CLOCK: Kind = kind(
    "clock",
    ERROR,
    "certificates count as not valid yet, so the network is refused",
);
pub const SAME_HUB: Kind = kind(
    "same-hub",
    NOTE,
    "one fault of the hub or its power takes both, and they share 480 Mbit/s",
);
/// Those that the daemon names.
const OF_DAEMON: [Kind; 6] = [
    kind(
        "file",
        ERROR,
        "an edit has no effect, or only a part of the box does as it says",
    ),
    kind("not-online", ERROR, "no traffic gets out"),
    kind("interface", ERROR, "it carries no traffic"),
    kind(
        "country",
        WARNING,
        "the radios use only what is allowed everywhere: fewer channels, less power",
    ),
    kind("driver", WARNING, "this setting of the file has no effect"),
    kind(
        "same-channel",
        NOTE,
        "what disturbs one disturbs the other at the same time",
    ),
];

impl Kind {
    /// The kind of this name; of one that is not known, [`PROBLEM`].
    pub fn of_daemon(id: &str) -> Kind {
        let known = OF_DAEMON.into_iter().find(|kind| kind.id == id);
        known.unwrap_or(PROBLEM)
    }
}

#[derive(Serialize)]
struct Json<'a> {
    id: &'a str,
    severity: &'a str,
    place: &'a str,
    what: &'a str,
    why: &'a str,
    r#do: &'a [&'a str],
}

/// Findings as they are shown.
pub struct Findings {
    json: bool,
    text: String,
    notes: String,
    /// The last one was of this kind: why it matters was said.
    last: &'static str,
    /// Errors and warnings.
    pub count: usize,
}

impl Findings {
    pub fn new(json: bool) -> Self {
        Findings {
            json,
            text: String::new(),
            notes: String::new(),
            last: "",
            count: 0,
        }
    }

    /// `place`: what it is about, an interface mostly; empty: the whole box. `cure`: what to do;
    /// empty: that follows from `what`.
    pub fn add(&mut self, kind: &Kind, place: &str, what: &str, cure: &str) {
        let is_note = kind.severity == NOTE;
        self.count += usize::from(!is_note);
        if self.json {
            return self.add_json(kind, place, what, cure);
        }
        let out = if is_note {
            &mut self.notes
        } else {
            &mut self.text
        };
        let note = if is_note { "note: " } else { "" };
        for (part, end) in [(note, ""), (place, ": "), (what, "")] {
            if !part.is_empty() {
                out.push_str(part);
                out.push_str(end);
            }
        }
        if !cure.is_empty() {
            out.push_str(": ");
            out.push_str(cure);
        }
        out.push('\n');
        if self.last != kind.id {
            self.last = kind.id;
            out.push_str("  ");
            out.push_str(kind.why);
            out.push('\n');
        }
    }

    fn add_json(&mut self, kind: &Kind, place: &str, what: &str, cure: &str) {
        let one = [cure];
        let json = Json {
            id: kind.id,
            severity: kind.severity,
            place,
            what,
            why: kind.why,
            r#do: if cure.is_empty() { &[] } else { &one },
        };
        // Every character may be escaped.
        let text = place.len() + what.len() + kind.why.len() + cure.len();
        let mut buffer = vec![0; 256 + 6 * text];
        if let Ok(length) = serde_json_core::to_slice(&json, &mut buffer) {
            let comma = if self.text.is_empty() { "" } else { ",\n" };
            self.text.push_str(comma);
            let object = core::str::from_utf8(&buffer[..length]);
            self.text.push_str(object.unwrap_or("null"));
        }
    }

    /// All of them: text, or one JSON object.
    pub fn shown(&self) -> String {
        let Findings { text, notes, .. } = self;
        if self.json {
            return format!("{{\"version\":1,\"findings\":[\n{text}\n]}}\n");
        }
        let nothing = if self.count == 0 {
            "nothing found\n"
        } else {
            ""
        };
        format!("{nothing}{text}{notes}")
    }
}
