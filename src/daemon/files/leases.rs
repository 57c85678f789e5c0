//! Leases on disk, and the DUID.
//!
//! The run directory has a link's lease, written at every change, for a restart in this boot: one
//! line of text, then the server's message as it came:
//!
//! ```text
//! wifibond lease 1 BOOT-ID OBTAINED-MS
//! ```
//!
//! The state directory, which is on the card, has for the next boot the leases of all networks that
//! the link was in, as [`KeptLeases`](crate::engine::dhcp::v4::KeptLeases) writes them; of DHCPv4
//! alone: a server of DHCPv6 knows the next boot's by our DUID. Earlier versions wrote the last
//! lease there, in the other form, or `given-back` in place of its time.
//!
//! Without what cannot be read a server is asked anew.
use super::card::{self, Job};
use crate::config;
use crate::daemon::engine::Tell;
use crate::daemon::time;
use crate::daemon::{RUN_DIR, STATE_DIR};
use crate::engine::Engine;
use crate::engine::contract::event::{Event, Kept};
use crate::engine::dhcp::v4::FILE_BYTES;
use crate::engine::dhcp::{Identity, MAX_KEPT};
use crate::engine::observed::Kind;
use crate::engine::time::Instant;
use crate::system::{files, host};
use crate::wire::Family;

const FIRST_LINE: &str = "wifibond lease 1 ";
const GIVEN_BACK: &str = "given-back";
const LINE_BYTES: usize = 128;
const DUID: &str = "duid";
/// The hardware type of Ethernet in a DUID-LL (RFC 8415, 11.4).
const DUID_LL: [u8; 4] = [0, 3, 0, 1];

/// What the name of a link's file begins with.
fn prefix(family: Family) -> &'static str {
    match family {
        Family::V4 => "lease-",
        Family::V6 => "lease6-",
    }
}

/// Where a link's lease is kept for a restart in this boot.
fn path(family: Family, name: &str) -> String {
    format!("{RUN_DIR}/{}{name}", prefix(family))
}

/// Reports the leases on disk; this boot's come last, as they have a time and replace the others.
pub fn load(tell: &mut Tell<'_>) {
    // What is on the card may have been given back since: a hint, whatever its boot.
    let boot = host::boot_id();
    for (directory, family, boot) in [
        (STATE_DIR, Family::V4, ""),
        (RUN_DIR, Family::V4, &boot),
        (RUN_DIR, Family::V6, &boot),
    ] {
        let listed = files::list(directory, &mut |file| {
            let name = file.strip_prefix(prefix(family));
            if let Some(name) = name.filter(|name| !name.ends_with(".new"))
                && let Err(e) = load_one(directory, file, family, name, boot, tell)
            {
                let text = format!("{directory}/{file}: {e}: the leases in it are not known");
                tell(Event::FileTrouble { text: &text });
            }
        });
        if let Err(e) = listed {
            log::warn!("{directory}: {e}");
        }
    }
}

/// The reader may be root, for `plan`: symbolic links, FIFOs and files of other users are ignored.
fn load_one(
    directory: &str,
    file: &str,
    family: Family,
    name: &str,
    boot: &str,
    tell: &mut Tell<'_>,
) -> Result<(), String> {
    let limit = FILE_BYTES.max(LINE_BYTES + MAX_KEPT);
    let bytes = files::read_own(directory, file, limit).map_err(|e| e.to_string())?;
    let Some((kept, message)) = parse(&bytes, boot) else {
        let text = core::str::from_utf8(&bytes).map_err(|_| "is no text")?;
        tell(Event::LeasesFound { name, text });
        return Ok(());
    };
    let kept = match kept {
        Kept::OfThisBoot(at) if at > time::now() => Kept::OfBefore,
        kept => kept,
    };
    tell(Event::LeaseFound {
        family,
        name,
        message,
        kept,
    });
    Ok(())
}

/// When it was obtained, if in this boot, and the server's message.
fn parse<'b>(bytes: &'b [u8], boot: &str) -> Option<(Kept, &'b [u8])> {
    let end = bytes.iter().take(LINE_BYTES).position(|b| *b == b'\n')?;
    let line = core::str::from_utf8(&bytes[..end]).ok()?;
    let (id, at) = line.strip_prefix(FIRST_LINE)?.split_once(' ')?;
    let kept = match at {
        GIVEN_BACK => Kept::GivenBack,
        at => match (
            Instant::from_ms(at.parse().ok()?),
            !boot.is_empty() && id == boot,
        ) {
            (at, true) => Kept::OfThisBoot(at),
            (_, false) => Kept::OfBefore,
        },
    };
    Some((kept, &bytes[end + 1..]))
}

/// Writes a link's lease, or removes the one that it had; and its leases of all networks, where they
/// are given. What cannot be written is no error: the network does not depend on it.
pub fn store(
    family: Family,
    name: &str,
    obtained: Option<Instant>,
    (message, all): (&[u8], Option<&[u8]>),
) {
    match obtained {
        None => remove(family, name),
        Some(obtained) => {
            let obtained = obtained.as_ms();
            let mut bytes = format!("{FIRST_LINE}{} {obtained}\n", host::boot_id()).into_bytes();
            bytes.extend_from_slice(message);
            let path = path(family, name);
            if let Err(e) = files::write_in_memory(&path, &bytes, 0o600) {
                log::info!("{path}: {e}; the lease is not kept there");
            }
        }
    }
    if let Some(all) = all {
        card::add(Job::Write {
            path: format!("{STATE_DIR}/{}{name}", prefix(family)),
            bytes: all.to_vec(),
        });
    }
}

fn remove(family: Family, name: &str) {
    let path = path(family, name);
    if let Err(e) = files::remove(&path) {
        log::debug!("{path}: {e}");
    }
}

/// The DUID of this board: kept, so that another adapter does not change it; made anew
/// on another board, where a card was copied.
pub fn identity(engine: &Engine) -> Identity {
    let mut identity = Identity {
        host_name: host::name(),
        ..Identity::default()
    };
    let path = format!("{STATE_DIR}/{DUID}");
    let serial = host::board_serial();
    let kept = files::read(&path, LINE_BYTES).ok();
    let kept = kept.as_deref().and_then(|text| kept_duid(text, &serial));
    let mac = kept.or_else(|| first_mac(engine));
    let Some(mac) = mac else {
        return identity;
    };
    let _ = identity.duid.extend_from_slice(&DUID_LL);
    let _ = identity.duid.extend_from_slice(&mac);
    if kept.is_none() {
        let [a, b, c, d, e, f] = mac;
        let text = format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x} {serial}\n");
        let bytes = text.into_bytes();
        card::add(Job::Write { path, bytes });
    }
    identity
}

/// `MAC SERIAL`; a board without a serial number has an empty one.
fn kept_duid(text: &[u8], serial: &str) -> Option<[u8; 6]> {
    let text = core::str::from_utf8(text).ok()?;
    let (mac, board) = text.trim_end_matches('\n').split_once(' ')?;
    if board != serial {
        return None;
    }
    config::mac(mac).map(|mac| mac.0)
}

/// The permanent address of the lowest-numbered adapter: the board's own, as a rule. Where
/// there is none, of another link; never of a bond or bridge, which have others'.
fn first_mac(engine: &Engine) -> Option<[u8; 6]> {
    let links = engine.observed().links();
    let known = links.filter_map(|link| {
        let real = match link.kind {
            Kind::Plain => true,
            Kind::Other(_) => false,
            Kind::Bond(_) | Kind::Bridge => return None,
        };
        Some((!real, link.index, link.permanent_mac.or(link.mac)?))
    });
    let first = known.min_by_key(|(virtual_one, index, _)| (*virtual_one, *index));
    first.map(|(_, _, mac)| mac.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_of_this_boot_knows_its_time() {
        let file = b"wifibond lease 1 abc-1 5000\n\x02\x01\x06";
        assert_eq!(
            parse(file, "abc-1"),
            Some((
                Kept::OfThisBoot(Instant::from_ms(5000)),
                &b"\x02\x01\x06"[..]
            ))
        );
        assert_eq!(
            parse(file, "abc-2"),
            Some((Kept::OfBefore, &b"\x02\x01\x06"[..]))
        );
        assert_eq!(
            parse(file, ""),
            Some((Kept::OfBefore, &b"\x02\x01\x06"[..]))
        );
    }

    #[test]
    fn a_lease_that_was_given_back_says_so_in_any_boot() {
        let file = b"wifibond lease 1 abc-1 given-back\n\x02";
        for boot in ["abc-1", "abc-2", ""] {
            assert_eq!(parse(file, boot), Some((Kept::GivenBack, &b"\x02"[..])));
        }
    }

    #[test]
    fn what_is_no_lease() {
        for file in [
            &b""[..],
            b"\n",
            b"wifibond lease 1 abc 5000",
            b"wifibond lease 2 abc 5000\n",
            b"wifibond lease 1 abc\n",
            b"wifibond lease 1 abc x\n",
            b"wifibond lease 1 \xff 1\n",
            &[b'a'; 500],
        ] {
            assert_eq!(parse(file, "abc"), None, "{file:?}");
        }
    }

    #[test]
    fn a_copied_card_gets_a_duid_of_its_own() {
        let text = b"02:00:00:00:00:1f 10000000abcd\n";
        let mac = Some([2, 0, 0, 0, 0, 0x1f]);
        assert_eq!(kept_duid(text, "10000000abcd"), mac);
        assert_eq!(kept_duid(text, "10000000ffff"), None);
        assert_eq!(kept_duid(b"02:00:00:00:00:1f \n", ""), mac);
        for wrong in [&b"02:00 x"[..], b"", b"02:00:00:00:00:1f:00 x", b"\xff x"] {
            assert_eq!(kept_duid(wrong, "x"), None);
        }
    }
}
