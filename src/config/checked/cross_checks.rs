//! Rules between parts of the file: one role for an interface, one route for a destination and
//! metric, members that exist.
use crate::config::document::Node;
use crate::config::error::{Checked, ConfigError};
use crate::config::path::{Step, Steps};
use crate::config::place::write_path;
use crate::config::types::{
    Config, IpBlock, IpNet, MAX_BRIDGES, MAX_LINKS, MAX_MEMBERS, Matcher, Route,
};
use core::fmt;
use core::net::{IpAddr, Ipv4Addr};
use heapless::{String, Vec};

/// All of them. `default_link`: the last link is a default and not in the file; `networks`: these
/// are without errors.
pub fn check(file: Node<'_>, config: &Config, default_link: bool, networks: bool) {
    if networks {
        network_members(file, config);
    }
    let before = roles(file, config);
    file.keep(bond_in_bridge(file, config));
    // An interface in two roles has its routes twice.
    if before {
        routes(file, config, default_link);
    }
}

/// A network for a member that does not exist would silently never be used.
fn network_members(file: Node<'_>, config: &Config) {
    let links = config.links.iter().map(|link| &link.name);
    let known = || config.bond.members.iter().chain(links.clone());
    let certain = |m: &Matcher| matches!(m, Matcher::Name(_) | Matcher::WiredAny);
    if !known().all(certain) {
        // What a pattern matches is known on the machine only; but no cable has a network.
        return;
    }
    for (n, network) in config.wifi.iter().enumerate() {
        for (m, member) in network.members.iter().enumerate() {
            let name = matches!(member, Matcher::Name(_));
            if name && !known().any(|matcher| matcher == member) {
                file.error(file.wrong_in(
                    &[
                        Step::Key("wifi"),
                        Step::Index(n),
                        Step::Key("members"),
                        Step::Index(m),
                    ],
                    format_args!("neither a member of the bond nor a link"),
                    format_args!(
                        "write one of `bond.members`, or leave `members` out: then it is for all"
                    ),
                ));
            }
        }
    }
}

/// The bond as a member of a bridge: it has no addresses, and no Wi-Fi.
fn bond_in_bridge(file: Node<'_>, config: &Config) -> Checked<()> {
    let Some((n, m)) = bridge_of_bond(config) else {
        return Ok(());
    };
    for key in ["ipv4", "ipv6", "dns", "search"] {
        if let Some(node) = file.get("bond").and_then(|bond| bond.get(key)) {
            return Err(node.wrong(
                format_args!(
                    "the bond is a member of bridges[{n}] and has no addresses of its own"
                ),
                format_args!("write them in bridges[{n}]"),
            ));
        }
    }
    let wifi = config.bond.members.iter().find(|m| super::bond::is_wifi(m));
    let Some(member) = wifi else { return Ok(()) };
    let steps = Role::BridgeMember(n, m).steps();
    Err(file.wrong_in(
        &steps,
        format_args!(
            "{member} in it is Wi-Fi: access points drop every frame with another station's address, \
             so nothing behind the bridge could be reached"
        ),
        format_args!("keep the bond out of bridges, or put only wired members into it"),
    ))
}

/// Which bridge has the bond as a member, and where in its list.
fn bridge_of_bond(config: &Config) -> Option<(usize, usize)> {
    let bond = &config.bond;
    let is_bond = |m: &Matcher| matches!(m, Matcher::Name(name) if *name == bond.name);
    let bridges = config.bridges.iter().enumerate();
    let mut found = bridges.filter_map(|(n, bridge)| {
        let place = bridge.members.iter().position(is_bond);
        place.map(|m| (n, m))
    });
    found.next().filter(|_| !bond.members.is_empty())
}

/// The role of an interface, with the position in the file.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    Member(usize),
    Bond,
    Bridge(usize),
    BridgeMember(usize, usize),
    Link(usize),
}

impl Role {
    fn steps(self) -> Steps<'static> {
        use Step::{Index, Key};
        let steps: &[Step<'static>] = match self {
            Role::Member(n) => &[Key("bond"), Key("members"), Index(n)],
            Role::Bond => &[Key("bond"), Key("name")],
            Role::Bridge(n) => &[Key("bridges"), Index(n), Key("name")],
            Role::BridgeMember(n, m) => &[Key("bridges"), Index(n), Key("members"), Index(m)],
            Role::Link(n) => &[Key("links"), Index(n), Key("name")],
        };
        Steps::from_iter(steps.iter().copied())
    }

    fn words(self) -> &'static str {
        match self {
            Role::Member(_) => "a member of the bond",
            Role::Bond => "the bond's own name",
            Role::Bridge(_) => "a bridge's own name",
            Role::BridgeMember(..) => "a member of a bridge",
            Role::Link(_) => "a link of its own",
        }
    }
}

/// An interface by its name, or by a matcher that only the machine can resolve.
#[derive(Clone, Copy, PartialEq)]
enum Who<'c> {
    Name(&'c str),
    Other(&'c Matcher),
}

impl fmt::Display for Who<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Name(name) => f.write_str(name),
            Who::Other(matcher) => matcher.fmt(f),
        }
    }
}

fn who(matcher: &Matcher) -> Who<'_> {
    match matcher {
        Matcher::Name(name) => Who::Name(name),
        other => Who::Other(other),
    }
}

/// Interfaces with a role in one file, at most.
const MAX_ROLES: usize = MAX_MEMBERS + 1 + MAX_BRIDGES * (1 + MAX_MEMBERS) + MAX_LINKS;

/// `false`: some interface has two roles.
fn roles(file: Node<'_>, config: &Config) -> bool {
    let mut met: Vec<(Who<'_>, Role), MAX_ROLES> = Vec::new();
    let mut single = true;
    let mut meet = |who, role| {
        let one = file.keep(one_role(file, &mut met, who, role));
        single &= one.is_some();
    };
    for (n, member) in config.bond.members.iter().enumerate() {
        meet(who(member), Role::Member(n));
    }
    if !config.bond.members.is_empty() {
        meet(Who::Name(&config.bond.name), Role::Bond);
    }
    for (n, bridge) in config.bridges.iter().enumerate() {
        meet(Who::Name(&bridge.name), Role::Bridge(n));
        for (m, member) in bridge.members.iter().enumerate() {
            meet(who(member), Role::BridgeMember(n, m));
        }
    }
    for (n, link) in config.links.iter().enumerate() {
        meet(who(&link.name), Role::Link(n));
    }
    single
}

fn one_role<'c>(
    file: Node<'_>,
    met: &mut Vec<(Who<'c>, Role), MAX_ROLES>,
    who: Who<'c>,
    role: Role,
) -> Checked<()> {
    if let Some((_, other)) = met.iter_mut().find(|(other, _)| *other == who) {
        // The bond may be a member of a bridge, of one.
        if let (Role::Bond, Role::BridgeMember(..)) = (*other, role) {
            *other = role;
            return Ok(());
        }
        return Err(file.wrong_in(
            &role.steps(),
            format_args!("{who} is {} already", other.words()),
            format_args!("an interface has one role: take it out of one of the two places"),
        ));
    }
    let _ = met.push((who, role));
    Ok(())
}

/// The blocks that take effect, with the paths of their interfaces.
fn blocks(config: &Config) -> Vec<(Steps<'static>, &IpBlock), MAX_BLOCKS> {
    use Step::{Index, Key};
    let mut blocks = Vec::new();
    let mut add = |steps: &[Step<'static>], ip| {
        let _ = blocks.push((Steps::from_iter(steps.iter().copied()), ip));
    };
    if !config.bond.members.is_empty() && bridge_of_bond(config).is_none() {
        add(&[Key("bond")], &config.bond.ip);
    }
    for (n, bridge) in config.bridges.iter().enumerate() {
        add(&[Key("bridges"), Index(n)], &bridge.ip);
    }
    for (n, link) in config.links.iter().enumerate() {
        add(&[Key("links"), Index(n)], &link.ip);
    }
    blocks
}

const MAX_BLOCKS: usize = 1 + MAX_BRIDGES + MAX_LINKS;

/// A route that the file asks for, and the steps from its interface to its metric.
#[derive(Clone, Copy)]
struct Wanted {
    to: IpNet,
    metric: u32,
    family: &'static str,
    /// The entry of `routes`; none: the default route from a lease or the fallback.
    route: Option<usize>,
}

fn wanted(ip: &IpBlock) -> impl Iterator<Item = Wanted> + '_ {
    let learnt = Wanted {
        to: IpNet {
            address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            prefix: 0,
        },
        metric: ip.ipv4.metric,
        family: "ipv4",
        route: None,
    };
    let v4 = listed("ipv4", &ip.ipv4.routes);
    let v6 = listed("ipv6", &ip.ipv6.routes);
    ip.ipv4
        .dhcp
        .then_some(learnt)
        .into_iter()
        .chain(v4)
        .chain(v6)
}

fn listed<'b>(family: &'static str, routes: &'b [Route]) -> impl Iterator<Item = Wanted> + 'b {
    routes.iter().enumerate().map(move |(n, route)| Wanted {
        to: route.to,
        metric: route.metric,
        family,
        route: Some(n),
    })
}

/// The main table has one route for a destination and metric; the kernel refuses a second one with
/// EEXIST, or silently adds it to the first as another next hop (IPv6).
fn routes(file: Node<'_>, config: &Config, default_link: bool) {
    let blocks = blocks(config);
    let each = blocks.iter().enumerate();
    let all = each.flat_map(|(b, (path, ip))| wanted(ip).map(move |route| (b, path, route)));
    let all: std::vec::Vec<(usize, &Steps<'static>, Wanted)> = all.collect();
    for (n, (b, path, route)) in all.iter().enumerate() {
        // In one block a route of the file replaces that of the lease.
        let twin = |(a, _, other): &&(usize, &Steps<'static>, Wanted)| {
            other.metric == route.metric
                && other.to == route.to
                && (a != b || other.route.is_some())
        };
        let Some((_, there, other)) = all.iter().take(n).find(twin) else {
            continue;
        };
        let there = full(there, other);
        // The default links have no position in the file.
        let unwritten = default_link && b + 1 == blocks.len();
        if unwritten && there.first() == Some(&Step::Key("bridges")) {
            // Cables beside a bridge come after it: the count leaves its metric out.
            continue;
        }
        let error = if unwritten {
            same_route(file, &there, "wired:* (links by default)", route)
        } else {
            // The route, without the step to its metric.
            let other = write_path(&mut there.iter().copied().take(there.len() - 1));
            same_route(file, &full(path, route), &other, route)
        };
        file.error(error);
    }
}

fn same_route(file: Node<'_>, at: &Steps<'static>, other: &str, route: &Wanted) -> ConfigError {
    let mut words: String<64> = String::new();
    let _ = match route.to.prefix {
        0 => fmt::write(&mut words, format_args!("default route")),
        _ => fmt::write(&mut words, format_args!("route to {}", route.to)),
    };
    let metric = route.metric;
    file.wrong_in(
        at,
        format_args!("a second {words} with metric {metric}, beside that of {other}"),
        format_args!("the kernel keeps only one of them: give one another metric"),
    )
}

/// The path of the route's metric.
fn full(interface: &Steps<'static>, route: &Wanted) -> Steps<'static> {
    let mut steps = interface.clone();
    let _ = steps.push(Step::Key(route.family));
    if let Some(n) = route.route {
        let _ = steps.push(Step::Key("routes"));
        let _ = steps.push(Step::Index(n));
    }
    let _ = steps.push(Step::Key("metric"));
    steps
}
