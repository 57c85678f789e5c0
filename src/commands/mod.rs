//! The command line: one thin file a command.
//!
//! Results go to standard output, errors to standard error. Exit codes: 0, 1 as each
//! command defines, 2 wrong usage, 3 not online, 4 not running.
#![warn(missing_docs)]

mod ask;
mod check;
mod doctor;
mod events;
mod gateway;
mod plan;
mod publish;
mod run;
mod screen;
mod status;
mod wait_online;

use crate::system::core_dump;
use lexopt::prelude::*;
use std::ffi::OsString;
use std::process::ExitCode;

/// Exit code: refused, wrong, or something was found.
const FAILED: u8 = 1;
/// Exit code: the command line is wrong.
const WRONG_USAGE: u8 = 2;
/// Exit code of `status`: no member and no link is online.
const NOT_ONLINE: u8 = 3;
/// Exit code of the commands that ask the daemon: it does not run.
const NOT_RUNNING: u8 = 4;

const USAGE: &str = "\
usage: wifibond COMMAND

  run [--config FILE]        the daemon, in the foreground
  check [FILE]               is the file right? needs neither root nor network
  plan [FILE]                what would change on this machine
  status [--json] [--watch]  who carries the traffic, why, since when; --metrics: as
         [--metrics]         OpenMetrics text
  events [--json] [-n N]     what happened, with the outage of every switch
  reload [--confirm S]       read the file again; change only what differs; what takes the
         [--force]           box offline is taken back, with --confirm also what nobody
                             confirms within S seconds; with --force nothing is
  confirm                    the file that `reload --confirm` took stays
  report                     what wifibond-report.txt says
  switch MEMBER              make a member active now
  member MEMBER down|up      set one member down, or up again
  member MEMBER reassociate  have it read its networks and join anew
  member MEMBER repair       carry out the next measure of its repair
  doctor [--json]            what is wrong, why it matters, and what to do
  renew [LINK] [4|6]         ask for the lease again, now; 4: DHCPv4, 6: DHCPv6
  release [LINK] [4|6]       give the lease back, until the next renew
  wait-online [--timeout S]  return when a link has an address and its gateway answers
  --version, --help

FILE is /boot/wifibond.json unless named.
exit codes: 0 good, 1 refused or wrong, 2 wrong usage, 3 not online, 4 not running
";

/// An error: its message for standard error, and the exit code.
struct Exit {
    code: u8,
    message: String,
}

/// The exit code of a command, or its error.
type Outcome = Result<u8, Exit>;

fn wrong_usage(message: impl std::fmt::Display) -> Exit {
    Exit {
        code: WRONG_USAGE,
        message: format!("{message}\ntry: wifibond --help"),
    }
}

impl Exit {
    /// An error with exit code 1.
    fn failed(message: String) -> Exit {
        Exit {
            code: FAILED,
            message,
        }
    }
}

impl From<lexopt::Error> for Exit {
    fn from(error: lexopt::Error) -> Self {
        wrong_usage(error)
    }
}

/// Runs the command that these arguments name, without the program's own name.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    // Most commands have the file's passphrases in memory, and so do the processes they start.
    if let Err(e) = core_dump::forbid() {
        eprintln!("wifibond: a core dump could hold passphrases, and cannot be forbidden: {e}");
    }
    match dispatch(&mut lexopt::Parser::from_iter(arguments)) {
        Ok(code) => ExitCode::from(code),
        Err(exit) => {
            eprintln!("wifibond: {}", exit.message);
            ExitCode::from(exit.code)
        }
    }
}

fn dispatch(parser: &mut lexopt::Parser) -> Outcome {
    let command = match parser.next()? {
        Some(Value(command)) => command.string()?,
        Some(Long("version") | Short('V')) => {
            return say(concat!("wifibond ", env!("CARGO_PKG_VERSION"), "\n"));
        }
        Some(Long("help") | Short('h')) => return say(USAGE),
        Some(other) => return Err(other.unexpected().into()),
        None => return Err(wrong_usage("no command given")),
    };
    match command.as_str() {
        "run" => run::main(parser),
        "check" => check::main(parser),
        "plan" => plan::main(parser),
        "publish" => publish::main(parser),
        "status" => status::main(parser),
        "events" => events::main(parser),
        "reload" => ask::reload(parser),
        "confirm" => ask::confirm(parser),
        "report" => ask::report(parser),
        "switch" => ask::switch(parser),
        "member" => ask::member(parser),
        "doctor" => doctor::main(parser),
        "renew" => ask::renew(parser),
        "release" => ask::release(parser),
        "wait-online" => wait_online::main(parser),
        "help" => say(USAGE),
        unknown => Err(wrong_usage(format_args!(
            "there is no command \"{unknown}\""
        ))),
    }
}

/// Writes to standard output. A closed pipe (`| head`) is no error.
fn say(text: &str) -> Outcome {
    use std::io::Write;
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Exit::failed(format!("standard output: {e}")))
        }
        _ => Ok(0),
    }
}

/// The one option of `run` and `publish`: `--config FILE`.
fn config_option(parser: &mut lexopt::Parser) -> Result<String, Exit> {
    let mut file = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("config") => file = Some(parser.value()?.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(file.unwrap_or_else(|| crate::daemon::files::config_file::DEFAULT.into()))
}

/// The one optional FILE of `check` and `plan`.
fn optional_file(parser: &mut lexopt::Parser) -> Result<Option<String>, Exit> {
    let mut file = None;
    while let Some(argument) = parser.next()? {
        match argument {
            Value(path) if file.is_none() => file = Some(path.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(file)
}
