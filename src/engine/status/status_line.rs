//! The line for `systemctl status`, put together only when something may have changed.
use super::headline::headline;
use crate::engine::Engine;
use crate::engine::journal::clip;
use heapless::String;

/// The line that the init system was last given.
#[derive(Debug, Default)]
pub struct StatusLine {
    line: String<192>,
    /// The engine's revision that it shows.
    revision: Option<u32>,
}

impl StatusLine {
    /// Empty before the first [`StatusLine::changed`].
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The line, where it is another than the last one.
    pub fn changed(&mut self, engine: &Engine) -> Option<&str> {
        let revision = Some(engine.revision());
        if self.revision == revision {
            return None;
        }
        self.revision = revision;
        let line = clip(format_args!("{}", headline(engine, None)));
        if self.line == line {
            return None;
        }
        self.line = line;
        Some(&self.line)
    }
}
