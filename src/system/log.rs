//! Where log lines go.
//!
//! On a terminal simple_logger writes them. Elsewhere our own does: it survives a
//! reader that goes away, and marks each line's priority for the journal.
use log::{Level, LevelFilter, Log, Metadata, Record};
use simple_logger::SimpleLogger;
use std::io::{IsTerminal, Write};

/// Once, at the start of the program.
pub fn init() {
    let level = std::env::var("WIFIBOND_LOG")
        .ok()
        .and_then(|word| word.parse().ok())
        .unwrap_or(LevelFilter::Info);
    // simple_logger writes to standard output.
    if std::io::stderr().is_terminal() && std::io::stdout().is_terminal() {
        let logger = Terminal(SimpleLogger::new().with_level(level));
        if log::set_boxed_logger(Box::new(logger)).is_ok() {
            log::set_max_level(level);
        }
        return;
    }
    let journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let logger: &'static Lines = if journal { &JOURNAL } else { &PLAIN };
    if log::set_logger(logger).is_ok() {
        log::set_max_level(level);
    }
}

/// simple_logger panics where it cannot write. A terminal that has gone is none any more
/// (EIO): from then on the lines go the way that takes no harm.
struct Terminal(SimpleLogger);

impl Log for Terminal {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.0.enabled(metadata)
    }
    fn log(&self, record: &Record<'_>) {
        match std::io::stdout().is_terminal() {
            true => self.0.log(record),
            false => PLAIN.log(record),
        }
    }
    fn flush(&self) {}
}

struct Lines {
    /// `<6>text` (sd-daemon(3)).
    priorities: bool,
}

static JOURNAL: Lines = Lines { priorities: true };
static PLAIN: Lines = Lines { priorities: false };

impl Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &Record<'_>) {
        let priority = match record.level() {
            Level::Error => 3,
            Level::Warn => 4,
            Level::Info => 6,
            Level::Debug | Level::Trace => 7,
        };
        let mut out = std::io::stderr().lock();
        // Nobody reads it any more: that is no reason to end.
        let _ = match self.priorities {
            true => writeln!(out, "<{priority}>{}", record.args()),
            false => writeln!(
                out,
                "{}: {}",
                record.level().as_str().to_ascii_lowercase(),
                record.args()
            ),
        };
    }
    fn flush(&self) {}
}
