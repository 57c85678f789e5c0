//! Paths to values, in steps from the outermost brackets inwards.

/// One step of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'t> {
    Key(&'t str),
    Index(usize),
}

/// Steps in one path. The grammar needs 6 (`links[0].ipv4.routes[0].to`).
pub type Steps<'t> = heapless::Vec<Step<'t>, 8>;
