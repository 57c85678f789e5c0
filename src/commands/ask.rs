//! The commands that ask the running daemon: reload, report, confirm, switch, member, renew, release.
use super::{Exit, FAILED, NOT_ONLINE, NOT_RUNNING, Outcome, say};
use crate::daemon::CONTROL;
use crate::system::unix;
use crate::wire::control::{self, Leases, Order, Reload, Request, SEND, SPLIT};
use lexopt::prelude::*;
use std::io::{IsTerminal, Read, Write};
use std::net::Shutdown;

/// Milliseconds within which the daemon answers, also while it waits for a slow driver.
const ANSWER_WITHIN_MS: u64 = 10_000;
/// The same of a reload: it is answered when it is known whether the file works.
const RELOADED_WITHIN_MS: u64 = 60_000;

/// Sends one request; the exit code and the text of the answer.
pub(super) fn ask(request: Request<'_>) -> Result<(u8, String), Exit> {
    exchange(request, None, within_ms(request))
}

/// As [`ask`], for one who asks again soon: it waits for so many milliseconds at most.
pub(super) fn ask_within(request: Request<'_>, ms: u64) -> Result<(u8, String), Exit> {
    exchange(request, None, ms)
}

fn within_ms(request: Request<'_>) -> u64 {
    match request {
        Request::Reload(_) => RELOADED_WITHIN_MS,
        _ => ANSWER_WITHIN_MS,
    }
}

/// What this file, or the daemon's own, would change: exit code and text.
pub(super) fn plan(file: Option<&[u8]>) -> Result<(u8, String), Exit> {
    let follows = file.is_some();
    exchange(Request::Plan { follows }, file, ANSWER_WITHIN_MS)
}

/// `file` is sent when the daemon asks for it.
fn exchange(request: Request<'_>, file: Option<&[u8]>, within: u64) -> Result<(u8, String), Exit> {
    let not_running = |e: crate::system::Error| match e.errno {
        libc::ENOENT | libc::ECONNREFUSED => Exit {
            code: NOT_RUNNING,
            message: "not running (systemctl start wifibond)".into(),
        },
        libc::EACCES | libc::EPERM => Exit {
            code: FAILED,
            message: "only root and the group wifibond may ask: use sudo, or as root \
                      `usermod -aG wifibond USER` and log in again"
                .into(),
        },
        _ => Exit {
            code: NOT_RUNNING,
            message: format!("{CONTROL}: {e}"),
        },
    };
    let mut stream = unix::connect(CONTROL, Some(within)).map_err(not_running)?;
    let broken = |e: std::io::Error| Exit {
        code: NOT_RUNNING,
        message: format!("the daemon does not answer: {e}"),
    };
    writeln!(stream, "{request}").map_err(broken)?;
    let mut answer = String::new();
    if let Some(file) = file {
        let mut first = [0; SEND.len()];
        stream.read_exact(&mut first).map_err(broken)?;
        match first == *SEND.as_bytes() {
            true => {
                stream.write_all(file).map_err(broken)?;
                stream.shutdown(Shutdown::Write).map_err(broken)?;
            }
            // The answer has begun: it is a refusal.
            false => answer.push_str(&String::from_utf8_lossy(&first)),
        }
    }
    stream.read_to_string(&mut answer).map_err(broken)?;
    match control::parse_answer(&answer) {
        Some((code, text)) => Ok((code, text.into())),
        None => Err(Exit {
            code: NOT_RUNNING,
            message: "the daemon gave no answer".into(),
        }),
    }
}

/// Asks, and shows the answer: on standard error when it is a refusal.
fn show(request: Request<'_>) -> Outcome {
    let (code, body) = ask(request)?;
    match code {
        0 | NOT_ONLINE => say(&body).map(|_| code),
        code => Err(Exit {
            code,
            message: body.trim_end().into(),
        }),
    }
}

/// `wifibond reload`.
pub fn reload(parser: &mut lexopt::Parser) -> Outcome {
    let mut how = Reload::Plain;
    while let Some(argument) = parser.next()? {
        let next = match argument {
            Long("force") => Reload::Force,
            Long("confirm") => {
                let value = parser.value()?.string()?;
                let seconds = control::confirm_s(&value).ok_or_else(|| {
                    let most = control::MAX_CONFIRM_S;
                    super::wrong_usage(format_args!(
                        "--confirm: \"{value}\" is no number of seconds from 1 to {most}"
                    ))
                })?;
                Reload::Confirm(seconds)
            }
            other => return Err(other.unexpected().into()),
        };
        if how != Reload::Plain {
            return Err(super::wrong_usage("reload: --force or --confirm, and once"));
        }
        how = next;
    }
    if std::io::stdout().is_terminal() {
        eprintln!("trying the file: this may take half a minute where networks have changed");
    }
    let (code, body) = ask(Request::Reload(how))?;
    // What the file changes is a result also where it is taken back.
    let (changes, verdict) = match code {
        0 => (body.as_str(), ""),
        _ => body.split_once(SPLIT).unwrap_or(("", &body)),
    };
    say(changes)?;
    match code {
        0 => Ok(0),
        code => {
            let message = verdict.trim_end().into();
            Err(Exit { code, message })
        }
    }
}

/// `wifibond report`: exit code 1 where there is something to report, which is its result.
pub fn report(parser: &mut lexopt::Parser) -> Outcome {
    match parser.next()? {
        Some(other) => Err(other.unexpected().into()),
        None => {
            let (code, body) = ask(Request::Report)?;
            say(&body).map(|_| code)
        }
    }
}

/// `wifibond confirm`.
pub fn confirm(parser: &mut lexopt::Parser) -> Outcome {
    match parser.next()? {
        Some(other) => Err(other.unexpected().into()),
        None => show(Request::Confirm),
    }
}

/// `wifibond renew`.
pub fn renew(parser: &mut lexopt::Parser) -> Outcome {
    let words = lease_words(parser)?;
    show(Request::Renew(leases(&words, "renew")?))
}

/// `wifibond release`.
pub fn release(parser: &mut lexopt::Parser) -> Outcome {
    let words = lease_words(parser)?;
    show(Request::Release(leases(&words, "release")?))
}

/// `[LINK] [4|6]`.
fn lease_words(parser: &mut lexopt::Parser) -> Result<Vec<String>, Exit> {
    let mut words = Vec::new();
    while let Some(argument) = parser.next()? {
        match argument {
            Value(word) if words.len() < 2 => words.push(word.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(words)
}

fn leases<'w>(words: &'w [String], verb: &str) -> Result<Leases<'w>, Exit> {
    let mut words = words.iter().map(String::as_str);
    let wrong = || {
        super::wrong_usage(format_args!(
            "{verb}: as in `wifibond {verb}`, `wifibond {verb} bond0` or `wifibond {verb} bond0 4` \
             (4: DHCPv4, 6: DHCPv6)"
        ))
    };
    Leases::parse(words.next(), words.next()).ok_or_else(wrong)
}

/// `wifibond switch`.
pub fn switch(parser: &mut lexopt::Parser) -> Outcome {
    let member = match parser.next()? {
        Some(Value(member)) => member.string()?,
        Some(other) => return Err(other.unexpected().into()),
        None => {
            return Err(super::wrong_usage(
                "switch: name the member, as in `wifibond switch wlan1`",
            ));
        }
    };
    if let Some(other) = parser.next()? {
        return Err(other.unexpected().into());
    }
    match control::is_name(&member) {
        true => show(Request::Switch(&member)),
        false => Err(super::wrong_usage(format_args!(
            "switch: \"{member}\" is no interface's name"
        ))),
    }
}

/// `wifibond member`.
pub fn member(parser: &mut lexopt::Parser) -> Outcome {
    let mut words: Vec<String> = Vec::new();
    while let Some(argument) = parser.next()? {
        match argument {
            Value(word) if words.len() < 2 => words.push(word.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let usage = "member: as in `wifibond member wlan1 down`, or up, reassociate or repair";
    let [name, order] = words.as_slice() else {
        return Err(super::wrong_usage(usage));
    };
    match Order::parse(order) {
        Some(order) if control::is_name(name) => show(Request::Member { name, order }),
        _ => Err(super::wrong_usage(usage)),
    }
}
