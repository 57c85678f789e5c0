//! Where log lines go.
//!
//! On a terminal simple_logger writes them. Elsewhere our own does: it survives a
//! reader that goes away, and marks each line's priority for the journal.
use log::{Level, LevelFilter, Log, Metadata, Record};
use std::io::{IsTerminal, Write};

/// Once, at the start of the program.
pub fn init() {
    let level = std::env::var("WIFIBOND_LOG")
        .ok()
        .and_then(|word| word.parse().ok())
        .unwrap_or(LevelFilter::Info);
    if std::io::stderr().is_terminal() {
        let logger = simple_logger::SimpleLogger::new().with_level(level);
        let _ = logger.init();
        return;
    }
    let journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let logger: &'static Lines = if journal { &JOURNAL } else { &PLAIN };
    if log::set_logger(logger).is_ok() {
        log::set_max_level(level);
    }
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
