//! The control socket: connections, requests and answers.
pub mod answers;
pub mod clients;
mod metrics;
mod planner;
mod reloads;
mod requests;
