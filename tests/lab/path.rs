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
            Treatment::Drop => None,
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
        let action = match &queue {
            None => "drop".to_owned(),
            Some(queue) => format!("mirred egress redirect dev {queue}"),
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
