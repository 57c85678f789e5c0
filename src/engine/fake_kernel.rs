//! A fake kernel: what an action would change, as the events it would cause.
//!
//! `wifibond plan` carries its steps out here instead of on the machine, and the
//! engine's tests are based on it. It has only what the engine can see.
use super::Engine;
use super::contract::action::{
    Action, KernelAction, KernelRequest, RadioRequest, ReadRequest, Scope, SupplicantStep,
};
use super::contract::event::{Event, Failure, Start};
use super::contract::settings::Switch;
use super::observed::*;
use super::time::Instant;
use crate::config::IfName;

/// What a step of the engine turned into.
pub enum Effect {
    /// The kernel changed.
    Changed,
    /// A wpa_supplicant was started on this link.
    Supplicant(Index),
    /// The engine is done.
    Exit,
}

/// Carries one action out on the engine's own view, and reports the outcome.
pub fn perform(engine: &mut Engine, now: Instant, action: Action) -> Effect {
    let mut effect = Effect::Changed;
    let result = match &action {
        Action::Kernel(KernelRequest::Change(kernel)) => change(engine, now, kernel),
        Action::Kernel(KernelRequest::Read(ReadRequest::Tables(scope))) => {
            reread(engine, now, *scope)
        }
        Action::Kernel(KernelRequest::Read(ReadRequest::Link { link })) => {
            edit_or_fail(engine, now, *link, |_| {})
        }
        Action::Kernel(KernelRequest::Radio(RadioRequest::Unblock { switch, .. })) => {
            if let Some(switch) = engine.switch(*switch) {
                let switch = Switch {
                    soft: false,
                    ..switch
                };
                engine.handle(now, Event::Rfkill(switch));
            }
            Ok(())
        }
        Action::Supplicant(link, step) => {
            let (link, step) = (*link, step.clone());
            return supplicant(engine, now, link, &step, action);
        }
        Action::Kernel(_)
        | Action::Send { .. }
        | Action::Store(_)
        | Action::File(_)
        | Action::Repair { .. } => Ok(()),
        Action::Exit => {
            effect = Effect::Exit;
            Ok(())
        }
    };
    engine.handle(now, Event::Done(action, result));
    effect
}

/// It does at once what it is asked to.
fn supplicant(
    engine: &mut Engine,
    now: Instant,
    link: Index,
    step: &SupplicantStep,
    action: Action,
) -> Effect {
    if let SupplicantStep::Start { .. } = step {
        let how = Start::Spawned;
        engine.handle(now, Event::SupplicantStarted { link, how });
    }
    engine.handle(now, Event::Done(action, Ok(())));
    match step {
        SupplicantStep::Start { .. } => return Effect::Supplicant(link),
        SupplicantStep::Stop { .. } => engine.handle(now, Event::SupplicantExited { link }),
        _ => engine.handle(now, Event::Supplicant { link, text: "OK" }),
    }
    Effect::Changed
}

/// A read of the fake kernel finds what was known.
fn reread(engine: &mut Engine, now: Instant, scope: Scope) -> Result<(), Failure> {
    let routes: heapless::Vec<KernelRoute, MAX_ROUTES> =
        engine.observed.routes().copied().collect();
    let links: heapless::Vec<Link, MAX_LINKS> = engine.observed.links().cloned().collect();
    let addresses: heapless::Vec<Address, MAX_ADDRESSES> =
        engine.observed.addresses().copied().collect();
    engine.handle(now, Event::DumpBegins(scope));
    if scope == Scope::All {
        for link in links {
            engine.handle(now, Event::Link(link));
        }
        for address in addresses {
            engine.handle(now, Event::Address(address));
        }
    }
    for route in routes {
        engine.handle(now, Event::Route(route));
    }
    engine.handle(now, Event::DumpEnds(scope));
    Ok(())
}

/// A link that plays no part yet: down, no carrier.
pub fn plain(index: Index, name: &str, wifi: bool) -> Link {
    let mac = crate::config::Mac([2, 0, 0, 0, (index >> 8) as u8, index as u8]);
    Link {
        index,
        name: IfName::try_from(name).unwrap_or_default(),
        mac: Some(mac),
        permanent_mac: Some(mac),
        up: false,
        carrier: false,
        oper: Oper::Down,
        master: None,
        kind: Kind::Plain,
        port: None,
        ours: false,
        usb_port: None,
        hardware: true,
        router: RouterFlags::default(),
        facts: Facts {
            medium: match wifi {
                true => Medium::Wifi(Mode::Station),
                false => Medium::Wired,
            },
            ..Facts::default()
        },
    }
}

/// Changes a link and reports it.
pub(super) fn edit(
    engine: &mut Engine,
    now: Instant,
    index: Index,
    change: impl FnOnce(&mut Link),
) -> bool {
    let Some(mut link) = engine.observed.link(index).cloned() else {
        return false;
    };
    change(&mut link);
    engine.handle(now, Event::Link(link));
    true
}

fn edit_or_fail(
    engine: &mut Engine,
    now: Instant,
    index: Index,
    change: impl FnOnce(&mut Link),
) -> Result<(), Failure> {
    match edit(engine, now, index, change) {
        true => Ok(()),
        false => Err(Failure {
            errno: 19,
            text: super::journal::clip(format_args!("no such link")),
        }),
    }
}

fn change(engine: &mut Engine, now: Instant, action: &KernelAction) -> Result<(), Failure> {
    let event = match action {
        KernelAction::CreateBond { name, options } => fresh(engine, name, Kind::Bond(*options)),
        KernelAction::CreateBridge { name } => fresh(engine, name, Kind::Bridge),
        KernelAction::DeleteLink { link } => Event::LinkGone(*link),
        KernelAction::SetMaster(link, master) => return set_master(engine, now, *link, *master),
        KernelAction::AddAddress {
            link, net, metric, ..
        } => our_address(*link, *net, *metric),
        KernelAction::AddAddress6 { link, net, .. } => our_address(*link, *net, 0),
        KernelAction::DeleteAddress { link, net } => {
            let mut known = engine.observed.addresses_of(*link);
            let Some(address) = known.find(|a| a.net == *net) else {
                return Ok(());
            };
            Event::AddressGone(*address)
        }
        KernelAction::AddRoute { link, route, .. } => Event::Route(our_route(*link, *route)),
        KernelAction::DeleteRoute { link, route } => Event::RouteGone(our_route(*link, *route)),
        _ => {
            return match action.changed_link() {
                Some(link) => edit_or_fail(engine, now, link, |link| action.apply(link)),
                None => Ok(()),
            };
        }
    };
    engine.handle(now, event);
    Ok(())
}

/// A link that was just created.
fn fresh(engine: &Engine, name: &str, kind: Kind) -> Event<'static> {
    let highest = engine.observed.links().map(|l| l.index).max().unwrap_or(0);
    let mut link = plain(highest + 1, name, false);
    link.kind = kind;
    Event::Link(link)
}

/// The bonding driver sets its members up, and down when they leave; a bridge does neither.
fn set_master(
    engine: &mut Engine,
    now: Instant,
    link: Index,
    master: Option<Index>,
) -> Result<(), Failure> {
    let of = |index: Index| engine.observed.link(index);
    let old = of(link).and_then(|link| link.master);
    let is_bond = |link: &Link| matches!(link.kind, Kind::Bond(_));
    let bonded = master.or(old).and_then(of).is_some_and(is_bond);
    edit_or_fail(engine, now, link, |l| {
        l.master = master;
        if bonded {
            l.up = master.is_some();
        }
        l.port = master.filter(|_| bonded).map(|_| Port {
            active: false,
            mii: Mii::Down,
            failures: 0,
            permanent_mac: l.permanent_mac,
        });
    })
}

fn our_address(link: Index, net: crate::config::IpNet, metric: u32) -> Event<'static> {
    Event::Address(Address {
        link,
        net,
        protocol: OUR_PROTOCOL,
        metric,
        tentative: false,
        duplicate: false,
    })
}

fn our_route(link: Index, route: crate::config::Route) -> KernelRoute {
    KernelRoute {
        link,
        route,
        protocol: OUR_PROTOCOL,
    }
}

/// The member joins its network: authorised, and the bond has carrier.
pub fn join(engine: &mut Engine, now: Instant, index: Index) {
    edit(engine, now, index, |link| {
        link.carrier = true;
        link.oper = Oper::Up;
        if let Some(port) = &mut link.port {
            port.mii = Mii::Up;
        }
    });
    let mut port = index;
    while let Some(master) = engine.observed.link(port).and_then(|link| link.master) {
        edit(engine, now, master, |master| {
            master.carrier = true;
            master.oper = Oper::Up;
            if let Kind::Bond(options) = &mut master.kind {
                options.active = options.active.or(Some(index));
            }
        });
        port = master;
    }
}
