//! `wifibond check`: validates a file.
use super::{Exit, Outcome, optional_file, say};
use crate::config::{self, Config};
use crate::daemon::files::config_file;

/// Exit code 1: the file is wrong, or a file that it names is missing.
pub fn main(parser: &mut lexopt::Parser) -> Outcome {
    let path = optional_file(parser)?.unwrap_or_else(|| config_file::DEFAULT.into());
    let (config_file::Text { path, .. }, config) = load(&path)?;
    let mut text = config_file::notes(&config);
    let lacking = config_file::lacking(&config, &mut text);
    if !lacking.is_empty() {
        say(&text)?;
        let message = format!("{path}: files that it needs:\n{}", lacking.trim_end());
        return Err(Exit::failed(message));
    }
    text.push_str(&format!("{path}: good\n"));
    say(&text)
}

/// A valid file, with its configuration.
pub fn load(path: &str) -> Result<(config_file::Text, Box<Config>), Exit> {
    let text = config_file::read(path).map_err(Exit::failed)?;
    match config::parse(&text.bytes) {
        Ok(config) => Ok((text, config)),
        Err(error) => Err(Exit::failed(format!("{}", error.display_with(&text.path)))),
    }
}
