//! The tables of what the kernel has, filled by dumps and notifications alone.
//!
//! A dump marks every entry of its scope stale, each message marks one fresh, and at its end
//! those that are still stale are removed. So a start, a lost message and an overrun of the
//! socket are one case.
use super::contract::action::Scope;
use super::contract::names::Names;
use super::observed::*;
use crate::config::{Bounded, IpNet};
use core::net::IpAddr;

/// What the removal of an entry did to its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Removal {
    /// It was not there.
    Nothing,
    /// It was.
    Removed,
    /// Something that did not fit may do so now.
    RoomAgain,
}

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
    /// not named yet, is removed for it; where there is none, the overflow is noted. `false`: the
    /// table is unchanged.
    fn put(&mut self, value: T, same: impl Fn(&T) -> bool, lesser: impl Fn(&T) -> bool) -> bool {
        let found = self.entries.iter().position(|(old, _)| same(old));
        if let Some(place) = found {
            let (old, fresh) = &mut self.entries[place];
            *fresh = true;
            let another = *old != value;
            if another {
                *old = value;
            }
            return another;
        }
        if self.entries.is_full() {
            let spare = |(old, fresh): &(T, bool)| !fresh || lesser(old);
            let Some(place) = self.entries.iter().position(spare) else {
                self.overflow_in_dump = true;
                return !core::mem::replace(&mut self.overflow, true);
            };
            self.entries.remove(place);
        }
        self.entries.push((value, true)).is_ok()
    }
    fn remove(&mut self, doomed: impl Fn(&T) -> bool) -> Removal {
        let (before, was_full) = (self.entries.len(), self.entries.is_full());
        self.entries.retain(|(value, _)| !doomed(value));
        match self.entries.len() < before {
            false => Removal::Nothing,
            true if self.overflow && was_full => Removal::RoomAgain,
            true => Removal::Removed,
        }
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
    others: Table<Other, MAX_OTHERS>,
    addresses: Table<Address, MAX_ADDRESSES>,
    routes: Table<KernelRoute, MAX_ROUTES>,
    /// A whole dump has been read since the start.
    complete: bool,
}

impl Default for Observed {
    fn default() -> Self {
        Observed {
            links: Table::new(),
            others: Table::new(),
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

impl Names for Observed {
    fn name_of(&self, link: Index) -> &str {
        self.link(link).map_or("?", |link| link.name.as_str())
    }
}

impl Observed {
    /// All links kept, in no order.
    pub fn links(&self) -> impl Iterator<Item = &Link> {
        self.links.iter()
    }
    /// `None`: there is none, or it does not concern us.
    pub fn link(&self, index: Index) -> Option<&Link> {
        self.links().find(|link| link.index == index)
    }
    /// As [`Observed::link`], by its present name.
    pub fn by_name(&self, name: &str) -> Option<&Link> {
        self.links().find(|link| link.name == name)
    }
    /// Links that are not kept, in no order.
    pub fn others(&self) -> impl Iterator<Item = &Other> {
        self.others.iter()
    }
    /// All addresses kept, in no order.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.addresses.iter()
    }
    /// The addresses of one link.
    pub fn addresses_of(&self, index: Index) -> impl Iterator<Item = &Address> {
        self.addresses().filter(move |a| a.link == index)
    }
    /// Whether the link has this address, tentative or not.
    pub fn has_address(&self, index: Index, net: IpNet) -> bool {
        self.addresses_of(index).any(|a| a.net == net)
    }
    /// The link has a link-local address that is neither tentative nor a duplicate: IPv6 can be
    /// sent from it.
    pub fn can_send_ipv6(&self, index: Index) -> bool {
        let usable = |a: &Address| match a.net.address {
            IpAddr::V6(v6) => v6.is_unicast_link_local() && !a.tentative && !a.duplicate,
            IpAddr::V4(_) => false,
        };
        self.addresses_of(index).any(usable)
    }
    /// All routes kept, in no order.
    pub fn routes(&self) -> impl Iterator<Item = &KernelRoute> {
        self.routes.iter()
    }
    /// One more would not fit, or did not.
    pub fn is_full_of_links(&self) -> bool {
        self.links.entries.is_full()
    }
    /// A whole dump has been read since the start: what is not here is not there.
    pub fn is_complete(&self) -> bool {
        self.complete
    }
    /// Which entries did not fit, and how many there is room for; `None`: all did.
    pub fn overflow(&self) -> Option<(&'static str, usize)> {
        if self.links.overflow {
            return Some(("interfaces", MAX_LINKS));
        }
        if self.addresses.overflow {
            return Some(("addresses", MAX_ADDRESSES));
        }
        self.routes.overflow.then_some(("routes", MAX_ROUTES))
    }

    /// Adds or replaces a link. `false`, as with the other three: the table is unchanged.
    pub fn put_link(&mut self, link: Link) -> bool {
        let index = link.index;
        self.links.put(link, |old| old.index == index, |_| false)
    }
    /// Adds or replaces what is kept of a link that is not kept itself.
    pub fn put_other(&mut self, other: Other) {
        let index = other.index;
        let same = |old: &Other| old.index == index;
        self.others.put(other, same, |_| true);
    }
    /// It is gone, or is kept itself from now on.
    pub fn drop_other(&mut self, index: Index) {
        self.others.remove(|other| other.index == index);
    }
    /// Of a link that is not kept they are ignored.
    pub fn put_router_flags(&mut self, index: Index, flags: RouterFlags) -> bool {
        let mut entries = self.links.entries.iter_mut();
        let found = entries.find(|(link, _)| link.index == index);
        found.is_some_and(|(link, _)| core::mem::replace(&mut link.router, flags) != flags)
    }
    /// A link is gone, or does not concern us any more.
    pub fn drop_link(&mut self, index: Index) -> Removal {
        let links = self.links.remove(|link| link.index == index);
        let addresses = self.addresses.remove(|address| address.link == index);
        let routes = self.routes.remove(|route| route.link == index);
        links.max(addresses).max(routes)
    }
    /// Adds or replaces an address.
    pub fn put_address(&mut self, address: Address) -> bool {
        let same = |old: &Address| old.link == address.link && old.net == address.net;
        self.addresses.put(address, same, |_| false)
    }
    /// By its link and net.
    pub fn drop_address(&mut self, gone: &Address) -> Removal {
        self.addresses
            .remove(|old| old.link == gone.link && old.net == gone.net)
    }
    /// Adds or replaces a route. In a full table one of another program that is no default route is
    /// left out.
    pub fn put_route(&mut self, route: KernelRoute) -> bool {
        let same = |old: &KernelRoute| old.link == route.link && old.route.is_twin(&route.route);
        if is_lesser(&route) && self.routes.entries.is_full() && !self.routes.iter().any(same) {
            return false;
        }
        self.routes.put(route, same, is_lesser)
    }
    /// By its link and what the kernel has as its key; see
    /// [`Route::is_twin`](crate::config::Route::is_twin).
    pub fn drop_route(&mut self, gone: &KernelRoute) -> Removal {
        self.routes
            .remove(|old| old.link == gone.link && old.route.is_twin(&gone.route))
    }

    /// Marks all entries of the scope stale.
    pub fn dump_begins(&mut self, scope: Scope) {
        self.routes.dump_begins();
        if scope == Scope::All {
            self.links.dump_begins();
            self.others.dump_begins();
            self.addresses.dump_begins();
        }
    }
    /// Removes the entries of the scope that are still stale.
    pub fn dump_ends(&mut self, scope: Scope) {
        self.routes.dump_ends();
        if scope == Scope::All {
            self.links.dump_ends();
            self.others.dump_ends();
            self.addresses.dump_ends();
            self.complete = true;
        }
    }
}
