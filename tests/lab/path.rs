//! Faults on a path: frames that are dropped, lost at random or delayed, by traffic control (tc)
//! at an interface on their way. Each fault ends when its [`Fault`] is dropped.
//!
//! A filter of the `clsact` qdisc selects the frames. It drops them, or redirects them to an
//! `ifb` device with the qdisc `netem`, which hands them back to where they were taken from. All
//! other frames pass as before, and several faults at one interface are independent.
//!
//! The order in Linux 6.1: an ingress filter sees a frame before the bridge and before
//! packet sockets of one protocol (`__netif_receive_skb_core()` in net/core/dev.c), an egress
//! filter before the interface's own queue (`__dev_queue_xmit()`).

use super::{AccessPoint, Namespace};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Frames that one netem holds. More than a delay of ours has under way.
const LIMIT: u32 = 20_000;
/// Filters of one interface have different preferences; 0 would let the kernel choose.
static NUMBER: AtomicU32 = AtomicU32::new(1);

/// Which frames of a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    FromStation,
    ToStation,
    Both,
}

/// What happens to the frames.
#[derive(Clone, Copy)]
pub enum Treatment {
    Drop,
    /// The first one is dropped, the next one passes, and so on.
    DropEveryOther,
    /// Percent of them are lost, at random.
    Lose(u32),
    Delay(Duration),
}

/// Where a filter sees the frames of an interface.
#[derive(Clone, Copy)]
pub enum Hook {
    Ingress,
    Egress,
}

/// A line for hostapd: EAPOL frames are packets of its interface, and are not exchanged over nl80211.
pub const PACKETS: &str = "driver_params=control_port=0";

/// A fault that lasts until this is dropped.
#[must_use]
pub struct Fault {
    filters: Vec<Filter>,
}

impl Fault {
    /// Of the frames that `matching` (words of tc-flower(8) or `matchall`, with the protocol
    /// before them) selects at one interface.
    #[track_caller]
    pub fn at(
        ns: &Rc<Namespace>,
        interface: &str,
        hook: Hook,
        matching: &str,
        treatment: Treatment,
    ) -> Fault {
        let filter = Filter::new(ns, interface, hook, matching, treatment);
        Fault {
            filters: vec![filter],
        }
    }

    /// Frames that it has dropped so far.
    #[track_caller]
    pub fn dropped(&self) -> u32 {
        self.filters.iter().map(Filter::dropped).sum()
    }
}

struct Filter {
    ns: Rc<Namespace>,
    /// The interface and the hook, as tc wants them.
    place: String,
    number: u32,
    /// The device with netem.
    queue: Option<String>,
}

impl Filter {
    #[track_caller]
    fn new(
        ns: &Rc<Namespace>,
        interface: &str,
        hook: Hook,
        matching: &str,
        treatment: Treatment,
    ) -> Filter {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // An error: an earlier fault has added it already.
        let _ = tc(ns, &format!("qdisc add dev {interface} clsact"));
        let netem = match treatment {
            Treatment::Drop | Treatment::DropEveryOther => None,
            Treatment::Lose(percent) => Some(format!("loss random {percent}%")),
            Treatment::Delay(by) => Some(format!("delay {}ms", by.as_millis())),
        };
        let queue = netem.map(|netem| {
            let queue = format!("fault{number}");
            ns.ip(&format!("link add {queue} type ifb"));
            must(
                ns,
                &format!("qdisc add dev {queue} root netem limit {LIMIT} {netem}"),
            );
            ns.ip(&format!("link set {queue} up"));
            queue
        });
        let action = match (&queue, treatment) {
            (Some(queue), _) => format!("mirred egress redirect dev {queue}"),
            (None, Treatment::DropEveryOther) => "drop random determ pass 2".to_owned(),
            (None, _) => "drop".to_owned(),
        };
        let hook = match hook {
            Hook::Ingress => "ingress",
            Hook::Egress => "egress",
        };
        let place = format!("dev {interface} {hook}");
        must(
            ns,
            &format!("filter add {place} pref {number} {matching} action {action}"),
        );
        Filter {
            ns: ns.clone(),
            place,
            number,
            queue,
        }
    }
}

impl Filter {
    #[track_caller]
    fn dropped(&self) -> u32 {
        let filters = format!("-s filter show {} pref {}", self.place, self.number);
        let filters = tc(&self.ns, &filters).unwrap_or_else(|e| panic!("{e}"));
        let counts = filters.split("(dropped ").skip(1);
        let counts = counts.filter_map(|rest| rest.split(',').next()?.parse::<u32>().ok());
        counts.sum()
    }
}

impl Drop for Filter {
    fn drop(&mut self) {
        // The namespace or the interface may be gone: then so is the fault.
        let _ = tc(
            &self.ns,
            &format!("filter del {} pref {}", self.place, self.number),
        );
        if let Some(queue) = &self.queue {
            let _ = self.ns.try_ip(&format!("link del {queue}"));
        }
    }
}

fn tc(ns: &Namespace, line: &str) -> Result<String, String> {
    ns.attempt("tc", &line.split_whitespace().collect::<Vec<_>>())
}

#[track_caller]
fn must(ns: &Namespace, line: &str) {
    tc(ns, line).unwrap_or_else(|e| panic!("{e}"));
}

/// One station's path through the access point. The station stays associated and authorised, and
/// the access point acknowledges its frames. Two things pass in spite of a fault: EAPOL frames,
/// which hostapd and the kernel exchange over nl80211; and frames to all stations, because the
/// access point sends those once for everybody.
impl AccessPoint {
    /// Its frames are dropped.
    #[track_caller]
    pub fn drops(&self, station: &str, way: Way) -> Fault {
        self.treat(station, way, Treatment::Drop)
    }

    /// So many percent of its frames are lost, at random; with both ways, of each.
    #[track_caller]
    pub fn loses(&self, station: &str, way: Way, percent: u32) -> Fault {
        self.treat(station, way, Treatment::Lose(percent))
    }

    /// Its frames arrive later; with both ways, a round trip takes twice as much longer.
    #[track_caller]
    pub fn delays(&self, station: &str, way: Way, by: Duration) -> Fault {
        self.treat(station, way, Treatment::Delay(by))
    }

    /// Of the four messages of the handshake with this station that one is lost the first time, and
    /// each other time. The access point has its EAPOL frames as packets ([`PACKETS`]).
    #[track_caller]
    pub fn loses_message(&self, station: &str, number: u8) -> Fault {
        self.message(station, number, Treatment::DropEveryOther)
    }

    /// This message of it is lost each time.
    #[track_caller]
    pub fn loses_all(&self, station: &str, number: u8) -> Fault {
        self.message(station, number, Treatment::Drop)
    }

    #[track_caller]
    fn message(&self, station: &str, number: u8, treatment: Treatment) -> Fault {
        // "Key Information" of each (IEEE 802.11-2020, 12.7.6), which is behind five octets.
        let (hook, field, [high, low]) = match number {
            1 => (Hook::Egress, "dst", [0x00, 0x8a]),
            2 => (Hook::Ingress, "src", [0x01, 0x0a]),
            3 => (Hook::Egress, "dst", [0x13, 0xca]),
            4 => (Hook::Ingress, "src", [0x03, 0x0a]),
            _ => panic!("there are four messages"),
        };
        let matching = format!(
            "protocol 0x888e u32 match ether {field} {station} \
             match u8 {high:#x} 0xff at 5 match u8 {low:#x} 0xff at 6"
        );
        Fault::at(&self.lan.ns, &self.name, hook, &matching, treatment)
    }

    #[track_caller]
    fn treat(&self, station: &str, way: Way, treatment: Treatment) -> Fault {
        let from = (Hook::Ingress, "src_mac");
        let to = (Hook::Egress, "dst_mac");
        let hooks = match way {
            Way::FromStation => vec![from],
            Way::ToStation => vec![to],
            Way::Both => vec![from, to],
        };
        let filter = |(hook, field): (Hook, &str)| {
            let matching = format!("protocol all flower {field} {station}");
            Filter::new(&self.lan.ns, &self.name, hook, &matching, treatment)
        };
        Fault {
            filters: hooks.into_iter().map(filter).collect(),
        }
    }
}
