//! `wifibond wait-online`: returns when the bond or a link has an address and its gateway
//! answers.
use super::gateway;
use super::{Exit, Outcome, ask};
use crate::wire::control::Request;
use lexopt::prelude::*;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// As systemd-networkd-wait-online has it.
const TIMEOUT_S: u64 = 120;
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(200);

pub fn main(parser: &mut lexopt::Parser) -> Outcome {
    let mut seconds = TIMEOUT_S;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("timeout") => {
                let value = parser.value()?.string()?;
                seconds = value.parse().map_err(|_| {
                    super::wrong_usage(format_args!(
                        "--timeout: \"{value}\" is no number of seconds (0: for ever)"
                    ))
                })?;
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let began = Instant::now();
    loop {
        let missing = match look()? {
            None => return Ok(0),
            Some(missing) => missing,
        };
        if seconds != 0 && began.elapsed() >= Duration::from_secs(seconds) {
            return Err(Exit {
                code: 1,
                message: format!("not online after {seconds} s: {missing}"),
            });
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// `None`: online. Otherwise what is missing.
fn look() -> Result<Option<String>, Exit> {
    let ways = match ask::ask(Request::Ways) {
        Ok((_, ways)) => ways,
        // It may be just starting.
        Err(exit) if exit.code == 4 => return Ok(Some(exit.message)),
        Err(exit) => return Err(exit),
    };
    let mut missing = String::from("no link has an address; see `wifibond status`");
    let (mut gateways, mut links) = (0, 0);
    for way in ways.lines() {
        let Some((link, gateway)) = way.split_once(' ') else {
            continue;
        };
        links += 1;
        let Ok(gateway) = gateway.parse::<IpAddr>() else {
            continue;
        };
        gateways += 1;
        let answers = gateway::answers(link, gateway);
        if answers.map_err(|message| Exit { code: 1, message })? {
            return Ok(None);
        }
        missing = format!("{link}: the gateway {gateway} does not answer");
    }
    // A network without any way out has nobody to ask.
    match links > 0 && gateways == 0 {
        true => Ok(None),
        false => Ok(Some(missing)),
    }
}
