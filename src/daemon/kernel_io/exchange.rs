//! One request to the kernel over netlink, and its answer.
use crate::engine::contract::event::Failure;
use crate::engine::time::Millis;
use crate::kernel::{self, Ended, Reply};
use crate::system::netlink::Requests;

/// One request, its answer frame by frame, and its end.
pub fn exchange(
    requests: &mut Requests,
    seq: u32,
    request: &[u8],
    within: Millis,
    each: &mut dyn FnMut(kernel::Frame<'_>),
) -> Result<Ended, Failure> {
    let mut reply = Reply::new(seq);
    requests
        .exchange(request, within.0, &mut |datagram| {
            reply.take(datagram, each)
        })
        .unwrap_or_else(|e| Err(e.into()))
}
