//! Members that are probed.
mod bad;
mod day;
mod gateway;
mod hold;
mod ipv6;
pub mod lab;
mod lease;
mod ledger;
mod networks;
mod quality;
mod radios;
mod reboot;
mod repair;
mod storm;
mod warning;

use super::*;
use crate::engine::health::Condition;
use core::net::Ipv6Addr;
use lab::{GATEWAY, Lab, Path, ROUTER};
