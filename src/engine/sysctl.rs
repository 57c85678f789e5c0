//! Settings of the kernel for the links that we give addresses: made once, and given back
//! when a link is no longer ours.
use super::contract::action::{Action, SettingRequest};
use super::contract::settings::Sysctls;
use super::observed::Link;
use super::time::Instant;
use super::{Engine, address};
use crate::config::Ipv6Mode;

/// As it should be; `None`: as it was before we came.
fn wanted(engine: &Engine, link: &Link) -> Option<Sysctls> {
    let block = address::block(engine, link).filter(|_| !engine.is_stopping())?;
    let on = block.ipv6.mode != Ipv6Mode::Off;
    Some(Sysctls {
        routers: on.then(|| {
            block
                .ipv6
                .metric
                .saturating_add(address::step(engine, link))
                .max(1)
        }),
    })
}

/// The next link whose sysctls are to be set or restored.
pub fn next(engine: &Engine, now: Instant) -> Option<Action> {
    let parts = address::all(engine).map(|part| part.link);
    let changed = engine.interfaces.iter();
    let changed = changed.filter(|one| one.restore.sysctls.is_some());
    let former = changed.filter_map(|one| engine.observed.link(one.index));
    let mut steps = parts.chain(former).filter_map(|link| {
        let interface = engine.interfaces.get(link.index);
        let done = interface.and_then(|one| one.restore.sysctls);
        let values = wanted(engine, link);
        let same = match (values, done) {
            (Some(wanted), Some(done)) => Some(wanted) == done,
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if same {
            return None;
        }
        let (link, name) = (link.index, link.name.clone());
        engine.offer(now, SettingRequest::Sysctls { link, name, values })
    });
    steps.next()
}

impl Engine {
    pub(super) fn setting_done(&mut self, now: Instant, request: &SettingRequest) {
        match request {
            SettingRequest::Ipv6 { link, enabled, .. } => {
                if let Some(interface) = self.interfaces.entry(*link) {
                    interface.restore.ipv6_off = !enabled;
                }
            }
            SettingRequest::Sysctls { link, values, .. } => {
                if let Some(interface) = self.interfaces.entry(*link) {
                    interface.restore.sysctls = values.map(Some);
                }
                // Routes of before have another metric: the next advertisement moves them.
                self.ask_routers(now, *link);
            }
            SettingRequest::AllHosts { link, received } => {
                if let Some(interface) = self.interfaces.entry(*link) {
                    interface.all_hosts = *received;
                }
            }
        }
    }
}
