//! `wifibond publish`: carries out, as root, what the daemon may not write itself. Started by
//! `wifibond-publish.path`; nobody needs to call it.
use super::Outcome;
use crate::daemon::{file, publish};
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
    publish::main(&path);
    Ok(0)
}
