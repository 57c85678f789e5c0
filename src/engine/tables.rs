//! The tables of what the kernel has, filled by dumps and notifications alone.
//!
//! A dump marks every entry of its scope stale, each message freshens one, and its
//! end sweeps what nobody named. So a start, a lost message and an overrun of the
//! socket are one case.
use super::contract::action::Scope;
use super::observed::*;
use crate::config::{Bounded, IpNet};

/// A bounded table whose entries can be swept after a dump.
#[derive(Debug)]
struct Table<T, const N: usize> {
    entries: Bounded<(T, bool), N>,
    /// Something did not fit: in the last whole dump, or since.
    overflow: bool,
    /// The same for the dump that is under way.
    overflow_in_dump: bool,
}

impl<T: PartialEq, const N: usize> Table<T, N> {
    fn new() -> Self {
        Table {
            entries: Bounded::with_room(),
            overflow: false,
            overflow_in_dump: false,
        }
    }
    /// Adds or replaces. In a full table one of `lesser`, or one that the present dump has
    /// not named yet, makes room; where there is none, that is kept in mind.
    fn put(&mut self, value: T, same: impl Fn(&T) -> bool, lesser: impl Fn(&T) -> bool) {
        let found = self.entries.iter().position(|(old, _)| same(old));
        if let Some(place) = found {
            self.entries[place] = (value, true);
            return;
        }
        if self.entries.is_full() {
            let spare = |(old, fresh): &(T, bool)| !fresh || lesser(old);
            let Some(place) = self.entries.iter().position(spare) else {
                self.overflow = true;
                self.overflow_in_dump = true;
                return;
            };
            self.entries.remove(place);
        }
        let _ = self.entries.push((value, true));
    }
    /// `true`: there is room again for what did not fit.
    fn remove(&mut self, doomed: impl Fn(&T) -> bool) -> bool {
        let was_full = self.entries.is_full();
        self.entries.retain(|(value, _)| !doomed(value));
        self.overflow && was_full && !self.entries.is_full()
    }
    fn dump_begins(&mut self) {
        self.overflow_in_dump = false;
        for entry in &mut self.entries {
            entry.1 = false;
        }
    }
    fn dump_ends(&mut self) {
        self.entries.retain(|(_, fresh)| *fresh);
        self.overflow = self.overflow_in_dump;
    }
    fn iter(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().map(|(value, _)| value)
    }
}

/// What the kernel has, as far as we keep it.
#[derive(Debug)]
pub struct Observed {
    links: Table<Link, MAX_LINKS>,
    addresses: Table<Address, MAX_ADDRESSES>,
    routes: Table<KernelRoute, MAX_ROUTES>,
    /// A whole dump has been read since the start.
    complete: bool,
}

impl Default for Observed {
    fn default() -> Self {
        Observed {
            links: Table::new(),
            addresses: Table::new(),
            routes: Table::new(),
            complete: false,
        }
    }
}

/// A route of another's that is no default route: only shown.
fn is_lesser(route: &KernelRoute) -> bool {
    route.protocol != OUR_PROTOCOL && route.route.to.prefix != 0
}

impl Observed {
    pub fn links(&self) -> impl Iterator<Item = &Link> {
        self.links.iter()
    }
    pub fn link(&self, index: Index) -> Option<&Link> {
        self.links().find(|link| link.index == index)
    }
    pub fn by_name(&self, name: &str) -> Option<&Link> {
        self.links().find(|link| link.name == name)
    }
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.addresses.iter()
    }
    pub fn addresses_of(&self, index: Index) -> impl Iterator<Item = &Address> {
        self.addresses().filter(move |a| a.link == index)
    }
    pub fn has_address(&self, index: Index, net: IpNet) -> bool {
        self.addresses_of(index).any(|a| a.net == net)
    }
    pub fn routes(&self) -> impl Iterator<Item = &KernelRoute> {
        self.routes.iter()
    }
    /// One more would not fit, or did not.
    pub fn is_full_of_links(&self) -> bool {
        self.links.entries.is_full()
    }
    pub fn is_complete(&self) -> bool {
        self.complete
    }
    /// What does not fit, and how much would.
    pub fn overflow(&self) -> Option<(&'static str, usize)> {
        if self.links.overflow {
            return Some(("interfaces", MAX_LINKS));
        }
        if self.addresses.overflow {
            return Some(("addresses", MAX_ADDRESSES));
        }
        self.routes.overflow.then_some(("routes", MAX_ROUTES))
    }

    pub fn put_link(&mut self, link: Link) {
        let index = link.index;
        self.links.put(link, |old| old.index == index, |_| false);
    }
    pub fn put_router_flags(&mut self, index: Index, flags: RouterFlags) {
        let entries = &mut self.links.entries;
        if let Some((link, _)) = entries.iter_mut().find(|(link, _)| link.index == index) {
            link.router = flags;
        }
    }
    /// A link is gone, or does not concern us any more. `true`, as of the next two: something
    /// that did not fit may do so now.
    pub fn drop_link(&mut self, index: Index) -> bool {
        let links = self.links.remove(|link| link.index == index);
        let addresses = self.addresses.remove(|address| address.link == index);
        let routes = self.routes.remove(|route| route.link == index);
        links || addresses || routes
    }
    pub fn put_address(&mut self, address: Address) {
        let same = |old: &Address| old.link == address.link && old.net == address.net;
        self.addresses.put(address, same, |_| false);
    }
    pub fn drop_address(&mut self, gone: &Address) -> bool {
        self.addresses
            .remove(|old| old.link == gone.link && old.net == gone.net)
    }
    pub fn put_route(&mut self, route: KernelRoute) {
        let same = |old: &KernelRoute| old.link == route.link && old.route.is_twin(&route.route);
        if is_lesser(&route) && self.routes.entries.is_full() && !self.routes.iter().any(same) {
            return;
        }
        self.routes.put(route, same, is_lesser);
    }
    pub fn drop_route(&mut self, gone: &KernelRoute) -> bool {
        self.routes
            .remove(|old| old.link == gone.link && old.route.is_twin(&gone.route))
    }

    pub fn dump_begins(&mut self, scope: Scope) {
        self.routes.dump_begins();
        if scope == Scope::All {
            self.links.dump_begins();
            self.addresses.dump_begins();
        }
    }
    pub fn dump_ends(&mut self, scope: Scope) {
        self.routes.dump_ends();
        if scope == Scope::All {
            self.links.dump_ends();
            self.addresses.dump_ends();
            self.complete = true;
        }
    }
}
