//! UDP traffic from one box to another, as much as a USB adapter carries.

use super::Namespace;
use nix::sched::{CloneFlags, setns};
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

const PORT: u16 = 9;
/// Fills a frame.
const OCTETS: usize = 1400;
/// 28 Mbit/s in bursts: what a good USB adapter carries in the 2.4 GHz band.
const BURST: usize = 25;
const PAUSE: Duration = Duration::from_millis(10);

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    received: AtomicU64,
}

/// Ends when it is dropped.
pub struct Flood {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Flood {
    /// From `from` to the address `address` of `to`.
    pub fn start(from: &Namespace, to: &Namespace, address: &str) -> Flood {
        let shared = Arc::<Shared>::default();
        // A socket for the datagrams: without one the kernel answers with ICMP errors.
        let (net, sink) = (to.net(), shared.clone());
        let local = address.to_owned();
        let receiver = std::thread::spawn(move || {
            setns(net, CloneFlags::CLONE_NEWNET).expect("entering a network namespace");
            let socket = UdpSocket::bind((local.as_str(), PORT)).expect("a port");
            let wait = Some(Duration::from_millis(100));
            socket.set_read_timeout(wait).expect("a deadline");
            let mut datagram = [0; OCTETS];
            while !sink.stop.load(Ordering::Relaxed) {
                if socket.recv(&mut datagram).is_ok() {
                    sink.received.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        let (net, source) = (from.net(), shared.clone());
        let remote = address.to_owned();
        let sender = std::thread::spawn(move || {
            setns(net, CloneFlags::CLONE_NEWNET).expect("entering a network namespace");
            let socket = UdpSocket::bind("0.0.0.0:0").expect("a port");
            // Simulated radios have no limit of their own: without this one, the emulated
            // processors would do nothing else, and beacons would be lost.
            while !source.stop.load(Ordering::Relaxed) {
                for _ in 0..BURST {
                    let _ = socket.send_to(&[0; OCTETS], (remote.as_str(), PORT));
                }
                std::thread::sleep(PAUSE);
            }
        });
        Flood {
            shared,
            threads: vec![receiver, sender],
        }
    }

    /// Datagrams that have arrived so far.
    pub fn received(&self) -> u64 {
        self.shared.received.load(Ordering::Relaxed)
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let ended = thread.join();
            assert!(
                ended.is_ok() || std::thread::panicking(),
                "the flood ended before it was stopped"
            );
        }
    }
}
