//! `wifibond check`: validates a file.
use super::{Exit, Outcome, optional_file, say};
use crate::config::{self, Good};
use crate::daemon::files::config_file;

/// Exit code 1: the file is wrong, or a file that it names is missing.
pub fn main(parser: &mut lexopt::Parser) -> Outcome {
    let path = optional_file(parser)?.unwrap_or_else(|| config_file::DEFAULT.into());
    let (file, good) = load(&path)?;
    let path = &file.path;
    let mut text = config_file::notes(&file, &good.notices);
    let lacking = config_file::lacking(&good.config, &mut text);
    if !lacking.is_empty() {
        say(&text)?;
        let message = format!("{path}: files that it needs:\n{}", lacking.trim_end());
        return Err(Exit::failed(message));
    }
    text.push_str(&format!("{path}: good\n"));
    say(&text)
}

/// A valid file, with its configuration. Otherwise all its errors are the message.
pub fn load(path: &str) -> Result<(config_file::Text, Good), Exit> {
    let text = config_file::read(path).map_err(Exit::failed)?;
    match config::read(&text.bytes) {
        Ok(good) => Ok((text, good)),
        Err(errors) => {
            let list = config_file::listed(&text.path, &text.bytes, &errors);
            Err(Exit::failed(list))
        }
    }
}
