//! Builds the status out of the engine.
use super::bond::bond_status;
use super::link::link_status;
use super::model::{MAX_PROBLEMS, Problem, StartStatus, Status};
use super::shown::{Octets, Shown};
use crate::config::{Bounded, IfName, Matcher};
use crate::engine::contract::describe::Phrase;
use crate::engine::observed::Link;
use crate::engine::startup::Stage;
use crate::engine::time::Instant;
use crate::engine::{Engine, address, dns, existing, journal};
use core::net::IpAddr;

/// The status at this time.
pub fn status(engine: &Engine, now: Instant) -> Status<'_> {
    let mut links = Bounded::new();
    // Our bond first, then the links of the file.
    if !engine.config.bond.members.is_empty() && !existing::is_bond_in_bridge(&engine.config) {
        let _ = links.push(link_status(engine, now, &engine.config.bond.name));
    }
    for bridge in &engine.config.bridges {
        let _ = links.push(link_status(engine, now, &bridge.name));
    }
    for (place, entry) in engine.config.links.iter().enumerate() {
        let own = engine.own_links.0.iter().filter(|own| own.entry == place);
        let mut found = own
            .filter_map(|own| engine.observed.link(own.link))
            .peekable();
        // One by its name is shown also while it is missing, or cannot be used.
        if let (None, Matcher::Name(name)) = (found.peek(), &entry.name) {
            let _ = links.push(link_status(engine, now, name));
        }
        for link in found {
            let _ = links.push(link_status(engine, now, &link.name));
        }
    }
    Status {
        version: 1,
        online: engine.is_online(),
        uplink: uplink(engine),
        bond: bond_status(engine, now),
        links,
        start: start(engine),
        duid: Some(engine.duid())
            .filter(|duid| !duid.is_empty())
            .map(|duid| Shown(Octets(duid))),
        dns: dns::resolver(engine)
            .servers
            .into_iter()
            .map(Shown)
            .collect(),
        file_fault: None,
        file_state: engine.trial().word(),
        file_until_ms: engine.trial().until().map(|at| (at - now).0),
        problems: problems(engine, now),
    }
}

fn start(engine: &Engine) -> Option<StartStatus> {
    let startup = engine.startup();
    let took = |stage| startup.took(stage).map(|ms| ms.0);
    startup.is_measured().then(|| StartStatus {
        program_ms: took(Stage::Program),
        adapter_ms: took(Stage::AdapterUp),
        search_ms: took(Stage::Search),
        association_ms: took(Stage::Association),
        address_ms: took(Stage::Address),
        online_ms: startup.whole().map(|ms| ms.0),
    })
}

/// The link of the best default route.
pub(super) fn uplink(engine: &Engine) -> Option<&IfName> {
    let defaults = engine.observed.routes().filter(|r| r.route.to.prefix == 0);
    let best = defaults
        .filter(|r| engine.observed.link(r.link).is_some_and(|l| l.carrier))
        .min_by_key(|r| (r.route.to.address.is_ipv6(), r.route.metric))?;
    engine.observed.link(best.link).map(|link| &link.name)
}

/// A link of its own, or a bridge.
pub(super) fn has_block(engine: &Engine, link: &Link) -> bool {
    link.name != engine.config.bond.name && address::block(engine, link).is_some()
}

/// It may carry traffic and has an address.
fn is_usable(engine: &Engine, link: &Link) -> bool {
    let can = match link.name == engine.config.bond.name {
        true => engine.failover.now().is_some(),
        false => address::block(engine, link).is_some() && engine.authorised(link),
    };
    let mut addresses = engine.observed.addresses_of(link.index);
    can && addresses
        .any(|a| !a.tentative && !a.duplicate && !address::is_link_local(&a.net.address))
}

impl Engine {
    /// Some link may carry traffic and has an address.
    pub fn is_online(&self) -> bool {
        self.observed.links().any(|link| is_usable(self, link))
    }

    /// As [`Engine::is_online`], and it is not this one.
    pub(in crate::engine) fn is_online_beside(&self, name: &str) -> bool {
        let mut others = self.observed.links().filter(|link| link.name != name);
        others.any(|link| is_usable(self, link))
    }

    /// Links that may carry traffic and have an address, each with its gateways, or with none.
    pub fn each_gateway(&self, each: &mut dyn FnMut(&IfName, Option<IpAddr>)) {
        for link in self.observed.links().filter(|link| is_usable(self, link)) {
            let routes = self.observed.routes();
            let of_link = routes.filter(|r| r.link == link.index && r.route.to.prefix == 0);
            let mut gateways = of_link.filter_map(|r| r.route.via).peekable();
            if gateways.peek().is_none() {
                each(&link.name, None);
            }
            for gateway in gateways {
                each(&link.name, Some(gateway));
            }
        }
    }
}

/// What is refused, late or failing at present; of more than [`MAX_PROBLEMS`], the first ones.
pub fn problems(engine: &Engine, now: Instant) -> Bounded<Problem, MAX_PROBLEMS> {
    let mut list = Bounded::new();
    for refusal in engine.refusals() {
        let _ = list.push(Problem {
            link: refusal.link.clone(),
            text: refusal.text.clone(),
        });
    }
    engine.each_delay(now, &mut |link, text| {
        let link = link.and_then(|index| engine.observed.link(index));
        let link = link.map_or(IfName::new(), |link| link.name.clone());
        let _ = list.push(Problem { link, text });
    });
    for supplicant in engine.supplicants() {
        if let Some(fault) = &supplicant.fault {
            let text = journal::clip(format_args!("{fault}"));
            let _ = list.push(Problem {
                link: supplicant.name.clone(),
                text,
            });
        }
    }
    for (action, failure) in engine.failing(now) {
        let link = action
            .link()
            .and_then(|index| engine.observed.link(index))
            .map_or(engine.config.bond.name.clone(), |link| link.name.clone());
        let words = Phrase(action, &engine.observed);
        let text = journal::clip(format_args!("cannot {words}: {}", failure.text));
        let _ = list.push(Problem { link, text });
    }
    list
}
