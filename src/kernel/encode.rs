//! The engine's actions → requests.
use crate::engine::action::KernelAction;

/// Room enough for any request.
pub const REQUEST_BYTES: usize = 256;

/// One request, acknowledged by the kernel.
pub fn encode<'b>(
    action: &KernelAction,
    seq: u32,
    buffer: &'b mut [u8; REQUEST_BYTES],
) -> &'b [u8] {
    todo!()
}

pub fn dump_links(seq: u32, buffer: &mut [u8; REQUEST_BYTES]) -> &[u8] {
    todo!()
}
pub fn dump_addresses(seq: u32, buffer: &mut [u8; REQUEST_BYTES]) -> &[u8] {
    todo!()
}
pub fn dump_routes(seq: u32, buffer: &mut [u8; REQUEST_BYTES]) -> &[u8] {
    todo!()
}
