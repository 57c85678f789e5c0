//! `wifibond plan`: what would change. A running daemon is asked, which knows what it has done
//! already; without one, the machine is read as `run` reads it.
use super::{Exit, Outcome, ask, check, optional_file, say};
use crate::daemon::{self, file};
use crate::engine::{Engine, plan};
use crate::system::clock;

pub fn main(parser: &mut lexopt::Parser) -> Outcome {
    let named = optional_file(parser)?;
    let read = named.as_deref().map(check::load).transpose()?;
    match ask::plan(read.as_ref().map(|(text, _)| text.bytes.as_slice())) {
        Ok((0, body)) => return say(&body),
        Ok((code, body)) => {
            return Err(Exit {
                code,
                message: body.trim_end().into(),
            });
        }
        Err(exit) if exit.code == ask::NOT_RUNNING => {}
        Err(exit) => return Err(exit),
    }
    let (_, config) = match read {
        Some(read) => read,
        None => check::load(file::DEFAULT)?,
    };
    let mut engine = Box::new(Engine::new(&config));
    daemon::read_machine(&mut engine).map_err(|message| Exit { code: 1, message })?;
    let mut body = String::new();
    let is_current = daemon::resolver_is_current;
    plan::of_start(&mut engine, clock::boot_ms(), &is_current, &mut body);
    say(&body)
}
