//! `wifibond check`: is the file right?
use super::{Exit, Outcome, optional_file, say};
use crate::config::{self, Config};
use crate::daemon::file;

pub fn main(parser: &mut lexopt::Parser) -> Outcome {
    let path = optional_file(parser)?.unwrap_or_else(|| file::DEFAULT.into());
    let (file::Text { path, .. }, config) = load(&path)?;
    let mut text = file::notes(&config);
    let lacking = file::lacking(&config, &mut text);
    if !lacking.is_empty() {
        say(&text)?;
        let message = format!("{path}: files that it needs:\n{}", lacking.trim_end());
        return Err(Exit { code: 1, message });
    }
    text.push_str(&format!("{path}: good\n"));
    say(&text)
}

/// A file, once it is found to be right.
pub fn load(path: &str) -> Result<(file::Text, Box<Config>), Exit> {
    let wrong = |message| Exit { code: 1, message };
    let text = file::read(path).map_err(wrong)?;
    match config::parse(&text.bytes) {
        Ok(config) => Ok((text, config)),
        Err(error) => Err(wrong(format!("{}", error.display_with(&text.path)))),
    }
}
