//! The thinking. Pure: no system call, no clock, no allocation that grows.
pub mod action;
pub mod event;
pub mod observed;
