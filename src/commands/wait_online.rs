//! `wifibond wait-online`: returns when the bond or a link has an address and its gateway
//! answers.
use super::gateway;
use super::{Exit, NOT_RUNNING, Outcome, ask};
use crate::wire::control::Request;
use lexopt::prelude::*;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Seconds: the default of systemd-networkd-wait-online(8).
const TIMEOUT_S: u64 = 120;
/// Between two checks.
const CHECK_EVERY: Duration = Duration::from_millis(200);

/// Exit code 1: not online within the time.
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
        let missing = match check()? {
            None => return Ok(0),
            Some(missing) => missing,
        };
        if seconds != 0 && began.elapsed() >= Duration::from_secs(seconds) {
            let message = format!("not online after {seconds} s: {missing}");
            return Err(Exit::failed(message));
        }
        std::thread::sleep(CHECK_EVERY);
    }
}

/// `None`: online. Otherwise what is missing.
fn check() -> Result<Option<String>, Exit> {
    let ways = match ask::ask(Request::Ways) {
        Ok((_, ways)) => ways,
        // It may be starting.
        Err(exit) if exit.code == NOT_RUNNING => return Ok(Some(exit.message)),
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
        if answers.map_err(Exit::failed)? {
            return Ok(None);
        }
        missing = format!("{link}: the gateway {gateway} does not answer");
    }
    // In a network without a gateway there is nothing to resolve.
    match links > 0 && gateways == 0 {
        true => Ok(None),
        false => Ok(Some(missing)),
    }
}
