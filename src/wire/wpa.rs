//! wpa_supplicant's control protocol.

/// What we ask of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    Ping,
    Attach,
    Status,
    SignalPoll,
    Reconfigure,
    Reassociate,
    Terminate,
}
