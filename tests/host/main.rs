//! What needs neither root nor a network: the command line, files, the README, the corpora.

mod cli;
mod config;
mod corpus;
mod files;
#[cfg(not(target_env = "musl"))]
mod readme;
#[cfg(not(target_env = "musl"))]
mod tools;
