//! The control socket: connections, requests and answers.
pub mod answers;
pub mod clients;
mod planner;
mod reloads;
mod requests;
