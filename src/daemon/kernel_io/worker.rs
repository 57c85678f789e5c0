//! Requests to the kernel, as the helper carries them out: none has an upper limit of time.
//!
//! rtnetlink and nl80211 carry a request out inside `sendmsg()`, and nearly all of them take
//! the rtnl lock, which a driver may hold for half a minute (`ndo_open()` of a USB adapter).
//! So they run in a process beside the loop; see [`super::machine`] for the other side.
use super::exchange::exchange;
use super::groups::Groups;
use super::nl80211::Wifi;
use super::sysctls;
use crate::config::IfName;
use crate::daemon::failure;
use crate::daemon::time;
use crate::engine::contract::action::{KernelAction, KernelRequest, ReadRequest, Scope};
use crate::engine::contract::event::{Event, Failure};
use crate::engine::contract::settings::Switch;
use crate::engine::observed::{Address, Facts, Index, KernelRoute, Link, MAX_LINKS, Medium};
use crate::engine::time::{Instant, Millis};
use crate::kernel::{self, Ended, REQUEST_BYTES};
use crate::system::ethtool;
use crate::system::netlink::{Protocol, Requests};
use crate::system::rfkill;
use crate::system::udev;
use heapless::Vec;

/// No answer takes longer on a healthy machine, once the request was carried out.
const ANSWER_WITHIN: Millis = Millis(5_000);
/// After that an interface is used under the name that it has.
const NAMED_WITHIN: Millis = Millis(3_000);
/// A dump that was interrupted by changes is repeated so often.
const DUMPS: usize = 5;

/// What a request gives, in order; `Done` is the last. Switches are told of at any time.
#[allow(clippy::large_enum_variant, reason = "one at a time, and never kept")]
#[derive(Debug)]
pub enum Answer {
    /// A dump begins.
    Begins(Scope),
    /// A link, with its facts.
    Link(Link),
    /// An address.
    Address(Address),
    /// A route.
    Route(KernelRoute),
    /// The dump is complete.
    Ends(Scope),
    /// A station's access point has been silent for so long.
    Inactive(Index, Millis),
    /// A switch of a radio, between requests too.
    Switch(Switch),
    /// The switch of this number is gone.
    SwitchGone(u32),
    /// The outcome of the request.
    Done(Result<(), Failure>),
}

impl Answer {
    /// As the engine takes it; `None` for `Done`.
    pub fn event(self) -> Option<Event<'static>> {
        Some(match self {
            Answer::Begins(scope) => Event::DumpBegins(scope),
            Answer::Link(link) => Event::Link(link),
            Answer::Address(address) => Event::Address(address),
            Answer::Route(route) => Event::Route(route),
            Answer::Ends(scope) => Event::DumpEnds(scope),
            Answer::Inactive(link, time) => Event::Inactive { link, time },
            Answer::Switch(switch) => Event::Rfkill(switch),
            Answer::SwitchGone(number) => Event::RfkillGone(number),
            Answer::Done(_) => return None,
        })
    }
}

/// What is known of a link that rtnetlink does not carry.
struct Known {
    index: Index,
    name: IfName,
    /// When it was first seen.
    since: Instant,
    carrier: bool,
    up: bool,
    facts: Facts,
}

/// The helper's sockets, and what it knows of links.
pub struct Worker {
    requests: Requests,
    wifi: Wifi,
    groups: Groups,
    known: Vec<Known, MAX_LINKS>,
}

type Give<'g> = dyn FnMut(Answer) + 'g;
/// Writes a request with its number.
type Write<'w> = dyn Fn(u32, &mut [u8; REQUEST_BYTES]) -> &[u8] + 'w;

impl Worker {
    /// An error is a text for the log.
    pub fn open() -> Result<Self, String> {
        let requests = Requests::open(Protocol::Route);
        Ok(Worker {
            requests: requests.map_err(|e| format!("netlink requests: {e}"))?,
            wifi: Wifi::default(),
            groups: Groups::default(),
            known: Vec::new(),
        })
    }

    /// Carries one out; everything read goes to `give`.
    pub fn carry_out(
        &mut self,
        request: &KernelRequest,
        give: &mut Give<'_>,
    ) -> Result<(), Failure> {
        match request {
            KernelRequest::Change(change) => self.change(change),
            KernelRequest::Read(request) => self.read(*request, give),
            KernelRequest::Setting(request) => sysctls::carry_out(request, &mut self.groups),
            KernelRequest::Radio(request) => self.wifi.carry_out(*request),
        }
    }

    fn read(&mut self, request: ReadRequest, give: &mut Give<'_>) -> Result<(), Failure> {
        match request {
            ReadRequest::Tables(scope) => self.read_all(scope, give),
            ReadRequest::Link { link } => self
                .ask(give, &|seq, buffer| kernel::get_link(link, seq, buffer))
                .map(|_| ()),
            ReadRequest::Medium { link } => self.inspect(link, give),
            ReadRequest::Inactive { link } => {
                if let Some(time) = self.wifi.inactive(link)? {
                    give(Answer::Inactive(link, time));
                }
                Ok(())
            }
        }
    }

    fn change(&mut self, action: &KernelAction) -> Result<(), Failure> {
        let mut buffer = [0; REQUEST_BYTES];
        let seq = self.requests.next_seq();
        let request = kernel::encode(action, time::now(), seq, &mut buffer);
        exchange(&mut self.requests, seq, request, ANSWER_WITHIN, &mut |_| {})
            .map(|_| ())
            .map_err(|failure| hint(action, failure))
    }

    /// Asks again whether a link is Wi-Fi.
    fn inspect(&mut self, link: Index, give: &mut Give<'_>) -> Result<(), Failure> {
        self.ask(give, &|seq, buffer| kernel::get_link(link, seq, buffer))?;
        let unknown = |k: &&Known| k.index == link && k.facts.medium == Medium::Unknown;
        match self.known.iter().find(unknown) {
            Some(k) if is_unnamed(link, k.since) => {
                Err(failure(libc::EAGAIN, &"udev has not given it its name yet"))
            }
            Some(_) => Err(failure(0, &"the kernel does not answer (nl80211)")),
            None => Ok(()),
        }
    }

    /// Asks, and gives every message of the answer.
    fn ask(&mut self, give: &mut Give<'_>, write: &Write<'_>) -> Result<Ended, Failure> {
        let mut buffer = [0; REQUEST_BYTES];
        let seq = self.requests.next_seq();
        let request = write(seq, &mut buffer);
        let (wifi, known) = (&mut self.wifi, &mut self.known);
        exchange(
            &mut self.requests,
            seq,
            request,
            ANSWER_WITHIN,
            &mut |frame| match kernel::decode(frame.kind, frame.payload) {
                Ok(Some(Event::Link(mut link))) => {
                    link.facts = facts(wifi, known, &link);
                    give(Answer::Link(link));
                }
                Ok(Some(Event::Address(address))) => give(Answer::Address(address)),
                Ok(Some(Event::Route(route))) => give(Answer::Route(route)),
                Ok(_) => {}
                Err(e) => {
                    log::warn!("netlink message of kind {} makes no sense: {e}", frame.kind);
                }
            },
        )
    }

    /// Reads everything of a scope afresh.
    fn read_all(&mut self, scope: Scope, give: &mut Give<'_>) -> Result<(), Failure> {
        for _ in 0..DUMPS {
            give(Answer::Begins(scope));
            if self.read_once(scope, give)? == Ended::Complete {
                give(Answer::Ends(scope));
                return Ok(());
            }
        }
        let text = "the kernel's tables change too fast to be read";
        Err(failure(0, &text))
    }

    fn read_once(&mut self, scope: Scope, give: &mut Give<'_>) -> Result<Ended, Failure> {
        let all: [&Write<'_>; 3] = [
            &kernel::dump_links,
            &kernel::dump_addresses,
            &kernel::dump_routes,
        ];
        let dumps = match scope {
            Scope::All => &all[..],
            Scope::Routes => &all[2..],
        };
        let mut whole = Ended::Complete;
        for dump in dumps {
            let ended = self.ask(give, dump)?;
            if ended == Ended::Interrupted {
                whole = ended;
            }
        }
        Ok(whole)
    }
}

/// Asked once, when a link is first seen under its name; a cable's speed again each time it
/// gets carrier. Never on a loss: while an adapter is being removed the kernel holds its lock
/// for up to a second, and an answer would have to wait for that.
fn facts(wifi: &mut Wifi, known: &mut Vec<Known, MAX_LINKS>, link: &Link) -> Facts {
    let found = known.iter().position(|k| k.index == link.index);
    if let Some(old) = found.map(|place| &mut known[place])
        && old.name == link.name
    {
        if link.carrier && !old.carrier && !old.facts.is_wifi() {
            (old.facts.speed, old.facts.full_duplex) = ethtool::speed(&link.name);
        }
        // The mode of a Wi-Fi interface changes while it is down alone
        // (`cfg80211_change_iface()` in net/wireless/util.c).
        let up = old.facts.is_wifi() && link.up && !old.up;
        if up || old.facts.medium == Medium::Unknown {
            set_medium(&mut old.facts, wifi, link, old.since);
        }
        (old.carrier, old.up) = (link.carrier, link.up);
        return old.facts.clone();
    }
    let (speed, full_duplex) = ethtool::speed(&link.name);
    let mut facts = Facts {
        driver: ethtool::driver(&link.name),
        speed,
        full_duplex,
        ..Facts::default()
    };
    let since = found.map_or_else(time::now, |place| known[place].since);
    set_medium(&mut facts, wifi, link, since);
    // The oldest makes room.
    if let Some(place) = found.or(known.is_full().then_some(0)) {
        known.remove(place);
    }
    let _ = known.push(Known {
        index: link.index,
        name: link.name.clone(),
        since,
        carrier: link.carrier,
        up: link.up,
        facts: facts.clone(),
    });
    facts
}

/// It may get another name soon. Then it must not be set up.
fn is_unnamed(link: Index, since: Instant) -> bool {
    udev::is_naming(link) && time::now() < since + NAMED_WITHIN
}

/// An answer that does not come leaves what was known. Until udev is done with an adapter nothing is
/// known of it, so that it is not used.
fn set_medium(facts: &mut Facts, wifi: &mut Wifi, link: &Link, since: Instant) {
    if link.hardware && facts.medium == Medium::Unknown && is_unnamed(link.index, since) {
        return;
    }
    match wifi.medium(link.index) {
        Medium::Unknown => return,
        medium => facts.medium = medium,
    }
    if facts.is_wifi() && facts.rfkill.is_none() {
        facts.rfkill = rfkill::of_interface(&link.name);
    }
}

/// Replaces the text of an error that has a usual cure by that cure.
fn hint(action: &KernelAction, refused: Failure) -> Failure {
    let cure = match (action, refused.errno) {
        (KernelAction::CreateBond { .. }, libc::EOPNOTSUPP) => {
            "the kernel has no bonding driver: modprobe bonding max_bonds=0, or install its modules"
        }
        (KernelAction::CreateBridge { .. }, libc::EOPNOTSUPP) => {
            "the kernel has no bridge driver: modprobe bridge, or install its modules"
        }
        (KernelAction::SetUp { up: true, .. }, libc::ERFKILL) => {
            "the radio is blocked: rfkill unblock wifi"
        }
        (KernelAction::AddRoute { .. }, libc::EEXIST) => {
            "another program made a route with this destination and metric"
        }
        _ => return refused,
    };
    failure(refused.errno, &cure)
}
