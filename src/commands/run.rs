//! `wifibond run`: the daemon, in the foreground.
use super::{Exit, Outcome};
use crate::daemon::Daemon;
use crate::system::log;

/// Returns after an ordered stop. Exit code 1: the daemon could not start, or its loop failed.
pub fn main(parser: &mut lexopt::Parser) -> Outcome {
    let path = super::config_option(parser)?;
    log::init();
    let daemon = Daemon::start(&path).map_err(Exit::failed)?;
    daemon.run().map_err(Exit::failed)?;
    Ok(0)
}
