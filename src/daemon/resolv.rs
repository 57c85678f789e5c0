//! resolv.conf: ours in the run directory, and a copy of it in /etc where nobody else
//! has one.
//!
//! /etc/resolv.conf is taken when it is missing, leads nowhere, or names no server; what
//! stood there is kept beside it and comes back on stop. Anything else has an owner.
//!
//! Time servers go into a drop-in of systemd-timesyncd, where systemd runs.
use super::RUN_DIR;
use crate::engine::Engine;
use crate::engine::dns;
use crate::engine::event::Failure;
use crate::system::files;

const ETC: &str = "/etc/resolv.conf";
const KEPT: &str = "/etc/resolv.conf.before-wifibond";
/// Systemd's run-time directory, and what we put there.
const SYSTEMD: &str = "/run/systemd";
const TIME_DIR: &str = "/run/systemd/timesyncd.conf.d";
const TIME: &str = "/run/systemd/timesyncd.conf.d/50-wifibond.conf";
const MOST_BYTES: usize = 64 * 1024;

fn ours() -> String {
    format!("{RUN_DIR}/resolv.conf")
}

pub fn write(engine: &Engine) -> Result<(), Failure> {
    let resolver = dns::resolver(engine);
    write_time(&resolver);
    let text = resolver.to_string();
    // The run directory is root's alone, so a link to this file would lead everybody else
    // nowhere: /etc gets a copy.
    files::write_atomic(&ours(), text.as_bytes(), 0o644)
        .map_err(|e| super::failure(e.errno, &format_args!("{}: {e}", ours())))?;
    match owner() {
        Owner::Us | Owner::Nobody => take(&text),
        Owner::Other => {
            log::debug!("{ETC} has an owner: left alone");
            Ok(())
        }
    }
}

/// The file is there, with this very text.
pub fn is_current(engine: &Engine) -> bool {
    let text = dns::resolver(engine).to_string();
    files::read(&ours(), MOST_BYTES).is_ok_and(|have| have == text.as_bytes())
}

#[derive(Debug, PartialEq, Eq)]
enum Owner {
    Us,
    Nobody,
    Other,
}

const MARK: &str = "# Made by wifibond";

fn owner() -> Owner {
    match files::read(ETC, MOST_BYTES) {
        Ok(text) if text.starts_with(MARK.as_bytes()) => Owner::Us,
        Ok(text) if names_no_server(&text) => Owner::Nobody,
        // Missing, or a link that leads nowhere.
        Err(e) if e.errno == libc::ENOENT => Owner::Nobody,
        Ok(_) | Err(_) => Owner::Other,
    }
}

fn names_no_server(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let server = |line: &str| line.trim_start().starts_with("nameserver");
    !text.lines().any(server)
}

fn take(text: &str) -> Result<(), Failure> {
    if files::read(ETC, MOST_BYTES).is_ok_and(|have| have == text.as_bytes()) {
        return Ok(());
    }
    if owner() == Owner::Nobody
        && files::is_there(ETC)
        && let Err(e) = files::rename(ETC, KEPT)
    {
        log::info!("{ETC}: {e}; name servers are in {}", ours());
        return Ok(());
    }
    if let Err(e) = files::write_atomic(ETC, text.as_bytes(), 0o644) {
        log::info!("{ETC}: {e}; name servers are in {}", ours());
    }
    Ok(())
}

fn write_time(resolver: &dns::Resolver) {
    if !files::exists(SYSTEMD) {
        return;
    }
    let written = match resolver.time.is_empty() {
        true => files::remove(TIME),
        false => files::ensure_dir(TIME_DIR, 0o755).and_then(|()| {
            let text = dns::TimeServers(resolver).to_string();
            files::write_atomic(TIME, text.as_bytes(), 0o644)
        }),
    };
    if let Err(e) = written {
        log::info!("{TIME}: {e}");
    }
}

/// On stop: what stood there before.
pub fn give_back() {
    if let Err(e) = files::remove(TIME) {
        log::info!("{TIME}: {e}");
    }
    if owner() != Owner::Us {
        return;
    }
    let back = match files::is_there(KEPT) {
        true => files::rename(KEPT, ETC),
        false => files::remove(ETC),
    };
    if let Err(e) = back {
        log::info!("{ETC}: {e}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_servers_has_no_owner() {
        assert!(names_no_server(b""));
        assert!(names_no_server(
            b"# Resolver configuration file.\n# nameserver x\n"
        ));
        assert!(!names_no_server(b"search lan\n nameserver 9.9.9.9\n"));
    }
}
