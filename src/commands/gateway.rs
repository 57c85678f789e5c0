//! Does a gateway answer? For `wait-online`, which asks from a process of its own.
use crate::daemon::exchange::exchange;
use crate::kernel::{REQUEST_BYTES, neighbour as messages};
use crate::system::neighbour;
use crate::system::netlink::{Protocol, Requests};
use std::net::IpAddr;

/// The kernel has it in a table.
const ANSWER_WITHIN_MS: u64 = 1_000;

/// Has the kernel ask for it, and looks whether it has answered yet. ARP and neighbour
/// discovery alone: many gateways do not answer pings.
pub fn answers(interface: &str, address: IpAddr) -> Result<bool, String> {
    let Some(index) = neighbour::index(interface) else {
        return Ok(false);
    };
    // It may be unreachable just now: that is an answer, too.
    if let Err(e) = neighbour::poke(interface, index, address) {
        if matches!(e.errno, libc::EPERM | libc::EACCES) {
            return Err(format!("{e}: run it as root"));
        }
        return Ok(false);
    }
    let mut requests = Requests::open(Protocol::Route).map_err(|e| format!("netlink: {e}"))?;
    let mut buffer = [0; REQUEST_BYTES];
    let seq = requests.next_seq();
    let request = messages::get_neighbour(index, address, seq, &mut buffer);
    let mut there = false;
    // ENOENT: the kernel has not heard of it.
    let _ = exchange(
        &mut requests,
        seq,
        request,
        ANSWER_WITHIN_MS,
        &mut |frame| {
            there |= messages::is_there(frame.kind, frame.payload);
        },
    );
    Ok(there)
}
