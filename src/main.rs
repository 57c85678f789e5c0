//! The program: its arguments go to `wifibond::commands`.
use std::process::ExitCode;

fn main() -> ExitCode {
    wifibond::commands::main(std::env::args_os())
}
