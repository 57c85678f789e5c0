//! Where log lines go.
//!
//! To a terminal simple_logger writes them. Elsewhere this module does: it ignores a closed
//! standard error, and marks each line's priority for the journal.
use log::{Level, LevelFilter, Log, Metadata, Record};
use nix::libc::{LOG_DEBUG, LOG_ERR, LOG_INFO, LOG_WARNING};
use simple_logger::SimpleLogger;
use std::io::{IsTerminal, Write};

/// Sets the logger and the level of the variable `WIFIBOND_LOG` (default: info). To be called
/// once, at the start of the program.
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

/// The level of the file, unless the variable `WIFIBOND_LOG` has one.
pub fn set_level(level: LevelFilter) {
    if std::env::var_os("WIFIBOND_LOG").is_none() {
        log::set_max_level(level);
    }
}

/// simple_logger panics where it cannot write. A terminal that was hung up is no longer one
/// (EIO): from then on [`Lines`] writes.
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

/// Lines to standard error; failures are ignored.
struct Lines {
    /// Each line begins with its priority, as in `<6>text` (sd-daemon(3)).
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
            Level::Error => LOG_ERR,
            Level::Warn => LOG_WARNING,
            Level::Info => LOG_INFO,
            Level::Debug | Level::Trace => LOG_DEBUG,
        };
        let mut out = std::io::stderr().lock();
        // The reader may have gone: the program goes on.
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
