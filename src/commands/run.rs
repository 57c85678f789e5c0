//! `wifibond run`: the daemon, in the foreground.
use super::{Exit, Outcome};
use crate::daemon::{Daemon, file};
use crate::system::log;
use lexopt::prelude::*;

pub fn main(parser: &mut lexopt::Parser) -> Outcome {
    let mut path = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("config") => path = Some(parser.value()?.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    log::init();
    let path = path.unwrap_or_else(|| file::DEFAULT.into());
    let failed = |message| Exit { code: 1, message };
    let daemon = Daemon::start(&path).map_err(failed)?;
    daemon.run().map_err(failed)?;
    Ok(0)
}
