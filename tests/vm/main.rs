//! The program from outside, in the emulated machine: one module for each subject. `lab` makes
//! the boxes, adapters and access points.
//!
//! `cargo test --target aarch64-unknown-linux-musl` boots the machine for it; on a workstation
//! it is empty. `lab_works` proves the laboratory with plain tools: if that fails, look there
//! before you look at the program.
#![cfg(all(target_arch = "aarch64", target_env = "musl"))]

#[path = "../lab/mod.rs"]
mod lab;

mod bridges;
mod cable;
mod channels;
mod clocks;
mod coming_from;
mod coming_from_dhcp;
mod crowded;
mod documented;
mod enterprise;
mod examples;
mod foreign;
mod handshakes;
mod health_back;
mod health_dead;
mod health_gateway;
mod health_loss;
mod health_quality;
mod health_repair;
mod health_warning;
mod hotplug;
mod idle;
mod ipv6;
mod joining;
mod kernel_view;
mod lab_faults;
mod lab_works;
mod late_file;
mod lease_marathon;
mod lease_networks;
mod lease_servers;
mod leases;
mod lifecycle;
mod link_local;
mod memory;
mod neighbours;
mod networks;
mod odd_files;
mod online;
mod parts;
mod plan;
mod radio;
mod reload;
mod resync;
mod service;
mod stalled;
mod supplicant;
mod terminal;
mod trial;
mod visitors;
mod which;
