//! rtnetlink messages → events.
use super::DecodeError;
use crate::engine::event::Event;

/// One message of a notification or of a dump. `None`: nothing that concerns us.
/// A link's `facts` are left empty: rtnetlink does not know them.
pub fn decode(kind: u16, payload: &[u8]) -> Result<Option<Event<'static>>, DecodeError> {
    todo!()
}
