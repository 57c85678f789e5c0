//! Where log lines go.

/// Once, at the start of the program.
pub fn init() {
    todo!()
}
