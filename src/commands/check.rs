//! `wifibond check`: is the file right?
use super::{Exit, Outcome, file_argument, say};
use crate::config::{self, Config};
use crate::daemon::file;

pub fn main(parser: &mut lexopt::Parser) -> Outcome {
    let (path, config) = load(parser)?;
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

/// The checked file that the command line names.
pub fn load(parser: &mut lexopt::Parser) -> Result<(String, Box<Config>), Exit> {
    let wrong = |message| Exit { code: 1, message };
    let text = file::read(&file_argument(parser)?).map_err(wrong)?;
    match config::parse(&text.bytes) {
        Ok(config) => Ok((text.path, config)),
        Err(error) => Err(wrong(format!("{}", error.display_with(&text.path)))),
    }
}
