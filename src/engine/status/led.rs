//! How the box is, for somebody who sees nothing but an LED.
use crate::engine::Engine;
use crate::engine::observed::Link;
use crate::engine::select::is_primary;

/// From worst to best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// No adapter is in a network, no cable has carrier.
    Offline,
    /// One is, and nothing has an address yet.
    Connecting,
    /// The traffic goes through a member of the bond that is not the primary.
    OnBackup,
    /// Online by the primary, or by a cable.
    Online,
}

/// The condition of the box.
pub fn condition(engine: &Engine) -> Condition {
    if !engine.is_online() {
        let mut links = engine.observed().links();
        let own = |link: &Link| super::build::has_block(engine, link) && engine.authorised(link);
        return match links.any(|link| link.carrier && (engine.passes(link).is_ok() || own(link))) {
            true => Condition::Connecting,
            false => Condition::Offline,
        };
    }
    let bond = &engine.config().bond;
    if super::build::uplink(engine) != Some(&bond.name) || bond.primary.is_none() {
        return Condition::Online;
    }
    let member = engine.failover().now().map(|(index, _)| index);
    let member = member.and_then(|index| engine.observed().link(index));
    match member.is_some_and(|link| is_primary(bond, link)) {
        true => Condition::Online,
        false => Condition::OnBackup,
    }
}
