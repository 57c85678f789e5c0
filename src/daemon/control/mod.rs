//! The control socket: connections, requests and answers.
pub mod answers;
pub mod clients;
mod planner;
mod requests;
