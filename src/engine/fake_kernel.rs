//! A fake kernel: what an action would change, as the events it would cause.
//!
//! `wifibond plan` carries its steps out here instead of on the machine, and the
//! engine's tests live on it. It knows only what the engine can see.
use super::Engine;
use super::contract::action::{Action, BondOption, KernelAction, Scope};
use super::contract::event::{Event, Failure, Start};
use super::observed::*;
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

/// Carries one action out on the engine's own view, and tells it the outcome.
pub fn perform(engine: &mut Engine, now: u64, action: Action) -> Effect {
    let mut effect = Effect::Changed;
    let result = match &action {
        Action::Kernel(kernel) => change(engine, now, kernel),
        Action::StartSupplicant { link, .. } => {
            engine.handle(
                now,
                Event::SupplicantStarted {
                    link: *link,
                    how: Start::Spawned,
                },
            );
            effect = Effect::Supplicant(*link);
            Ok(())
        }
        Action::StopSupplicant { link, .. } => {
            let link = *link;
            engine.handle(now, Event::Done(action.clone(), Ok(())));
            engine.handle(now, Event::SupplicantExited { link });
            return effect;
        }
        Action::AskSupplicant { link, .. }
        | Action::AttachSupplicant { link }
        | Action::ReconfigureSupplicant { link } => {
            let link = *link;
            engine.handle(now, Event::Done(action.clone(), Ok(())));
            engine.handle(now, Event::Supplicant { link, text: "OK" });
            return effect;
        }
        Action::Resync(scope) => reread(engine, now, *scope),
        Action::ReadLink { link } => edit_or_fail(engine, now, *link, |_| {}),
        Action::Exit => {
            effect = Effect::Exit;
            Ok(())
        }
        Action::SetIpv6 { .. }
        | Action::Inspect { .. }
        | Action::SetRadio { .. }
        | Action::RestoreRadio { .. }
        | Action::SetCountry { .. }
        | Action::CheckCountry { .. }
        | Action::Unblock { .. }
        | Action::NoteUp { .. }
        | Action::NoteSlow { .. }
        | Action::SetSysctls { .. }
        | Action::SendDhcp6 { .. }
        | Action::ReleaseDhcp6 { .. }
        | Action::StoreLease6 { .. }
        | Action::SolicitRouter { .. }
        | Action::AnnounceAddresses { .. }
        | Action::WriteResolver
        | Action::SendDhcp4 { .. }
        | Action::SendArp { .. }
        | Action::ReleaseDhcp4 { .. }
        | Action::StoreLease { .. } => Ok(()),
    };
    engine.handle(now, Event::Done(action, result));
    effect
}

/// A read of the fake kernel finds what was known.
fn reread(engine: &mut Engine, now: u64, scope: Scope) -> Result<(), Failure> {
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

/// Changes a link and tells the engine.
pub fn edit(engine: &mut Engine, now: u64, index: Index, change: impl FnOnce(&mut Link)) -> bool {
    let Some(mut link) = engine.observed.link(index).cloned() else {
        return false;
    };
    change(&mut link);
    engine.handle(now, Event::Link(link));
    true
}

fn edit_or_fail(
    engine: &mut Engine,
    now: u64,
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

fn change(engine: &mut Engine, now: u64, action: &KernelAction) -> Result<(), Failure> {
    match action {
        KernelAction::CreateBond { name, options } => {
            let highest = engine.observed.links().map(|l| l.index).max().unwrap_or(0);
            let mut link = plain(highest + 1, name, false);
            link.kind = Kind::Bond(*options);
            engine.handle(now, Event::Link(link));
            Ok(())
        }
        KernelAction::CreateBridge { name } => {
            let highest = engine.observed.links().map(|l| l.index).max().unwrap_or(0);
            let mut link = plain(highest + 1, name, false);
            link.kind = Kind::Bridge;
            engine.handle(now, Event::Link(link));
            Ok(())
        }
        KernelAction::SetBond { bond, option } => {
            edit_or_fail(engine, now, *bond, |link| set_option(link, *option))
        }
        KernelAction::SetAlias { link } => edit_or_fail(engine, now, *link, |l| l.ours = true),
        KernelAction::DeleteLink { link } => {
            engine.handle(now, Event::LinkGone(*link));
            Ok(())
        }
        KernelAction::SetUp { link, up } => edit_or_fail(engine, now, *link, |l| {
            l.up = *up;
            l.carrier &= *up;
        }),
        KernelAction::SetMaster { link, master } => set_master(engine, now, *link, *master),
        KernelAction::AddAddress {
            link, net, metric, ..
        } => put_address(engine, now, *link, *net, *metric),
        KernelAction::AddAddress6 { link, net, .. } => put_address(engine, now, *link, *net, 0),
        KernelAction::DeleteAddress { link, net } => {
            let gone = engine
                .observed
                .addresses_of(*link)
                .find(|a| a.net == *net)
                .copied();
            if let Some(address) = gone {
                engine.handle(now, Event::AddressGone(address));
            }
            Ok(())
        }
        KernelAction::AddRoute { link, route, .. } => {
            engine.handle(now, Event::Route(our_route(*link, *route)));
            Ok(())
        }
        KernelAction::DeleteRoute { link, route } => {
            engine.handle(now, Event::RouteGone(our_route(*link, *route)));
            Ok(())
        }
    }
}

/// The bonding driver sets its members up, and down when they leave; a bridge does neither.
fn set_master(
    engine: &mut Engine,
    now: u64,
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

fn put_address(
    engine: &mut Engine,
    now: u64,
    link: Index,
    net: crate::config::IpNet,
    metric: u32,
) -> Result<(), Failure> {
    let address = Address {
        link,
        net,
        protocol: OUR_PROTOCOL,
        metric,
        tentative: false,
        duplicate: false,
    };
    engine.handle(now, Event::Address(address));
    Ok(())
}

fn our_route(link: Index, route: crate::config::Route) -> KernelRoute {
    KernelRoute {
        link,
        route,
        protocol: OUR_PROTOCOL,
    }
}

fn set_option(link: &mut Link, option: BondOption) {
    let Kind::Bond(options) = &mut link.kind else {
        return;
    };
    match option {
        BondOption::Mode(mode) => options.mode = mode,
        BondOption::Miimon(ms) => {
            options.miimon_ms = ms;
            options.arp_interval_ms = 0;
        }
        BondOption::Updelay(ms) => options.updelay_ms = ms,
        BondOption::Downdelay(ms) => options.downdelay_ms = ms,
        BondOption::Primary(primary) => options.primary = primary,
        BondOption::PrimaryReselect(word) => options.primary_reselect = word,
        BondOption::FailOverMac(word) => options.fail_over_mac = word,
        BondOption::PeerNotifications(count) => options.peer_notifications = count,
        BondOption::Active(active) => options.active = active,
    }
}

/// The member joins its network: authorised, and the bond has carrier.
pub fn join(engine: &mut Engine, now: u64, index: Index) {
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
