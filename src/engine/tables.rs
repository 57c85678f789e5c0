//! The tables of what the kernel has, filled by dumps and notifications alone.
//!
//! A dump marks every entry of its scope stale, each message freshens one, and its
//! end sweeps what nobody named. So a start, a lost message and an overrun of the
//! socket are one case.
use super::action::Scope;
use super::observed::*;
use crate::config::IpNet;
use heapless::Vec;

/// A bounded table whose entries can be swept after a dump.
#[derive(Debug)]
struct Table<T, const N: usize> {
    entries: Vec<(T, bool), N>,
}

impl<T: PartialEq, const N: usize> Table<T, N> {
    const fn new() -> Self {
        Table {
            entries: Vec::new(),
        }
    }
    /// Adds or replaces; `false` when the table is full.
    fn put(&mut self, value: T, same: impl Fn(&T) -> bool) -> bool {
        match self.entries.iter_mut().find(|(old, _)| same(old)) {
            Some(entry) => {
                *entry = (value, true);
                true
            }
            None => self.entries.push((value, true)).is_ok(),
        }
    }
    fn remove(&mut self, doomed: impl Fn(&T) -> bool) {
        self.entries.retain(|(value, _)| !doomed(value));
    }
    fn mark_stale(&mut self) {
        for entry in &mut self.entries {
            entry.1 = false;
        }
    }
    fn sweep(&mut self) {
        self.entries.retain(|(_, fresh)| *fresh);
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
    /// Something found its table full: in the last whole dump, or since.
    overflow: bool,
    /// The same for the dump that is under way.
    overflow_in_dump: bool,
}

impl Default for Observed {
    fn default() -> Self {
        Observed {
            links: Table::new(),
            addresses: Table::new(),
            routes: Table::new(),
            complete: false,
            overflow: false,
            overflow_in_dump: false,
        }
    }
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
    /// Something did not fit.
    pub fn overflow(&self) -> bool {
        self.overflow
    }
    fn overflows(&mut self) {
        self.overflow = true;
        self.overflow_in_dump = true;
    }

    pub fn put_link(&mut self, link: Link) {
        let index = link.index;
        let locked = self.link(index).is_some_and(|old| old.locked);
        let link = Link { locked, ..link };
        if !self.links.put(link, |old| old.index == index) {
            self.overflows();
        }
    }
    pub fn put_router_flags(&mut self, index: Index, flags: RouterFlags) {
        let entries = &mut self.links.entries;
        if let Some((link, _)) = entries.iter_mut().find(|(link, _)| link.index == index) {
            link.router = flags;
        }
    }
    pub fn lock(&mut self, index: Index, locked: bool) {
        let entries = &mut self.links.entries;
        if let Some((link, _)) = entries.iter_mut().find(|(link, _)| link.index == index) {
            link.locked = locked;
        }
    }
    /// A link is gone, or does not concern us any more.
    pub fn drop_link(&mut self, index: Index) {
        self.links.remove(|link| link.index == index);
        self.addresses.remove(|address| address.link == index);
        self.routes.remove(|route| route.link == index);
    }
    pub fn put_address(&mut self, address: Address) {
        let same = |old: &Address| old.link == address.link && old.net == address.net;
        if !self.addresses.put(address, same) {
            self.overflows();
        }
    }
    pub fn drop_address(&mut self, gone: &Address) {
        self.addresses
            .remove(|old| old.link == gone.link && old.net == gone.net);
    }
    pub fn put_route(&mut self, route: KernelRoute) {
        let same = |old: &KernelRoute| old.link == route.link && old.route == route.route;
        if !self.routes.put(route, same) {
            self.overflows();
        }
    }
    pub fn drop_route(&mut self, gone: &KernelRoute) {
        self.routes
            .remove(|old| old.link == gone.link && old.route == gone.route);
    }

    pub fn dump_begins(&mut self, scope: Scope) {
        self.routes.mark_stale();
        if scope == Scope::All {
            self.overflow_in_dump = false;
            self.links.mark_stale();
            self.addresses.mark_stale();
        }
    }
    pub fn dump_ends(&mut self, scope: Scope) {
        self.routes.sweep();
        if scope == Scope::All {
            self.links.sweep();
            self.addresses.sweep();
            self.overflow = self.overflow_in_dump;
            self.complete = true;
        }
    }
}
