//! `wifibond run`: the daemon, in the foreground.
use super::{Exit, Outcome};
use crate::daemon::Daemon;
use crate::system::log;

pub fn main(parser: &mut lexopt::Parser) -> Outcome {
    let path = super::config_option(parser)?;
    log::init();
    let failed = |message| Exit { code: 1, message };
    let daemon = Daemon::start(&path).map_err(failed)?;
    daemon.run().map_err(failed)?;
    Ok(0)
}
