//! What `wifibond status` shows: a view of the engine, as JSON and as text.
mod bond;
mod build;
mod link;
mod list;
mod model;
pub mod text;

pub use build::{problems, status};
pub use model::*;
