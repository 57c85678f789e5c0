//! The names of links, for texts about them.
use crate::engine::observed::Index;

/// A table of links that knows their names.
pub trait Names {
    /// `?` where there is none.
    fn name_of(&self, link: Index) -> &str;
}
