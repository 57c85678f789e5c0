//! What `wifibond status` shows: a view of the engine, as JSON and as text.
mod bond;
mod build;
mod footer;
mod headline;
mod lease;
pub mod led;
mod link;
pub mod list;
mod model;
mod rows;
mod shown;
pub mod status_line;
pub mod text;

pub use build::{problems, status};
pub use model::*;
pub use shown::*;
