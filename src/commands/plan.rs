//! `wifibond plan`: what would change. A running daemon is asked, which knows what it has changed
//! already; without one, the machine is read as `run` reads it.
use super::{Exit, NOT_RUNNING, Outcome, ask, check, optional_file, say};
use crate::daemon::engine::EngineHandle;
use crate::daemon::files::{config_file, leases, resolv};
use crate::daemon::kernel_io::worker::Worker;
use crate::engine::contract::action::{Action, KernelRequest, ReadRequest, Scope};
use crate::engine::contract::event::Event;

/// Exit code 1: the file is wrong, or the machine cannot be read.
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
        Err(exit) if exit.code == NOT_RUNNING => {}
        Err(exit) => return Err(exit),
    }
    let (_, good) = match read {
        Some(read) => read,
        None => check::load(config_file::DEFAULT)?,
    };
    // It sends nothing: no number has to differ.
    let mut engine = EngineHandle::new(&good.config, 0);
    read_machine(&mut engine).map_err(Exit::failed)?;
    let mut body = String::new();
    engine.plan_start(&resolv::is_current, &mut body);
    say(&body)
}

/// Reads the machine once into an engine.
fn read_machine(engine: &mut EngineHandle) -> Result<(), String> {
    let mut worker = Worker::open()?;
    leases::load(&mut |event| engine.tell(event));
    let all = KernelRequest::Read(ReadRequest::Tables(Scope::All));
    let read = worker.carry_out(&all, &mut |answer| {
        if let Some(event) = answer.event() {
            engine.tell(event);
        }
    });
    let failed = read.as_ref().err().map(|failure| failure.text.to_string());
    engine.tell(Event::Done(Action::Kernel(all), read));
    failed.map_or(Ok(()), Err)
}
