//! Whether a gateway answers, for `wait-online`, which is a process of its own.
use crate::daemon::kernel_io::exchange::exchange;
use crate::engine::time::Millis;
use crate::kernel::{REQUEST_BYTES, neighbour as messages};
use crate::system::neighbour;
use crate::system::netlink::{Protocol, Requests};
use std::net::IpAddr;

/// The kernel only has to read its table.
const ANSWER_WITHIN: Millis = Millis(1_000);

/// Makes the kernel resolve the gateway's hardware address, and returns whether it has: ARP and
/// neighbour discovery alone, as many gateways do not answer pings. The first call after a while
/// is too early for the answer.
pub fn answers(interface: &str, address: IpAddr) -> Result<bool, String> {
    let Some(index) = neighbour::index(interface) else {
        return Ok(false);
    };
    // It may be unreachable at the moment: that is a valid result.
    if let Err(e) = neighbour::resolve(interface, index, address) {
        if matches!(e.errno, libc::EPERM | libc::EACCES) {
            return Err(format!("{e}: run it as root"));
        }
        return Ok(false);
    }
    let mut requests = Requests::open(Protocol::Route).map_err(|e| format!("netlink: {e}"))?;
    let mut buffer = [0; REQUEST_BYTES];
    let seq = requests.next_seq();
    let request = messages::get_neighbour(index, address, seq, &mut buffer);
    let mut is_connected = false;
    // ENOENT: the kernel has no entry of it.
    let _ = exchange(&mut requests, seq, request, ANSWER_WITHIN, &mut |frame| {
        is_connected |= messages::is_connected(frame.kind, frame.payload);
    });
    Ok(is_connected)
}
