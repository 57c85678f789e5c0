//! `wifibond publish`: carries out, as root, what the daemon may not write itself. Started by
//! `wifibond-publish.path`; nobody needs to call it. Exit code 1: something could not be
//! carried out and is to be tried again.
use super::Outcome;
use crate::daemon::publish;
use crate::system::log;

pub fn main(parser: &mut lexopt::Parser) -> Outcome {
    let path = super::config_option(parser)?;
    log::init();
    Ok(u8::from(!publish::main(&path)))
}
