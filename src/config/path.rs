//! Paths to values, in steps from the outermost brackets inwards.

/// One step of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'t> {
    /// Into an object, by its key.
    Key(&'t str),
    /// Into a list, by the element's position from 0.
    Index(usize),
}

/// A path. The grammar needs 6 steps (`links[0].ipv4.routes[0].to`).
pub type Steps<'t> = heapless::Vec<Step<'t>, 8>;
