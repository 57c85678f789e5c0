//! What `wifibond status` shows of the bond and its members.
use super::model::{BondStatus, MemberStatus, State};
use super::shown::Shown;
use crate::engine::Engine;
use crate::engine::contract::describe;
use crate::engine::existing;
use crate::engine::health::{Condition, Health};
use crate::engine::observed::{Link, Mii};
use crate::engine::roles;
use crate::engine::select::{self, Why};
use crate::engine::supplicant::Radio;
use crate::engine::time::Instant;

pub fn bond_status(engine: &Engine, now: Instant) -> Option<BondStatus<'_>> {
    let config = &engine.config.bond;
    if config.members.is_empty() {
        return None;
    }
    let have = engine.usable_bond().map(|(_, have)| have);
    let present = engine.present_members();
    // A pattern may match several: the first of them is the one that is preferred.
    let mut links = present.iter();
    let primary = links.find(|link| select::is_primary(config, link));
    let primary = primary.map(|link| link.index);
    let active = engine.failover.now();
    let outage = engine.failover.outage();
    Some(BondStatus {
        name: &config.name,
        mode: have.map(|have| existing::mode_name(have.mode)),
        miimon_ms: have.map(|have| have.miimon_ms),
        updelay_ms: have.map(|have| have.updelay_ms),
        downdelay_ms: have.map(|have| have.downdelay_ms),
        fail_over_mac: have.map(|have| describe::fail_over_mac(have.fail_over_mac)),
        primary_reselect: config.primary_reselect.word(),
        kernel_primary_reselect: have.map(|have| describe::primary_reselect(have.primary_reselect)),
        active: active
            .and_then(|(i, _)| engine.observed.link(i))
            .map(|l| &l.name),
        since_ms: active.map(|(_, since)| (now - since).0),
        switches: engine.failover.switches(),
        probed: engine.probed().map(Shown),
        members: present
            .into_iter()
            .map(|link| MemberStatus {
                primary: primary == Some(link.index),
                ..member_status(engine, now, link)
            })
            .collect(),
        missing: config
            .members
            .iter()
            .filter(|m| {
                let mut links = engine.observed.links();
                !links.any(|link| roles::matches(m, link))
            })
            .map(Shown)
            .collect(),
        outage_ms: outage.map(|(_, at)| (now - at).0),
        outage_cause: outage.map(|(cause, _)| cause),
    })
}

fn member_status<'a>(engine: &'a Engine, now: Instant, link: &'a Link) -> MemberStatus<'a> {
    let health = engine.health(link.index);
    let condition = health.map_or(Condition::Unknown, Health::condition);
    let supplicant = engine.supplicant(link.index);
    let is_member = engine.in_bond(link);
    let joined = supplicant.filter(|s| s.radio == Radio::Authorised && !s.ssid.is_empty());
    MemberStatus {
        name: &link.name,
        port: link.usb_port.as_deref(),
        mac: roles::own_mac(link).map(Shown),
        carrier: link.carrier,
        authorized: is_member && engine.authorised(link),
        ssid: joined.map(|s| s.ssid.as_str()),
        signal_dbm: joined.and_then(|s| s.signal_dbm),
        search_ms: joined.and_then(|s| s.times.search).map(|ms| ms.0),
        association_ms: joined.and_then(|s| s.times.association).map(|ms| ms.0),
        healthy: match condition {
            Condition::Unknown => None,
            Condition::Healthy | Condition::Suspect => Some(true),
            Condition::Bad => Some(false),
        },
        health: condition.word(),
        repair: engine.repairs.current(&link.name).map(Shown),
        probes_lost: health.and_then(Health::missed),
        gateway_mac: health.and_then(Health::target_mac).map(Shown),
        hold_ms: health
            .and_then(|h| h.held_until(now))
            .map(|at| (at - now).0),
        waits: engine.waits(now, link).map(Shown),
        repair_rest_ms: engine
            .repairs
            .rests_until(&link.name)
            .filter(|until| *until > now)
            .map(|at| (at - now).0),
        left_alone_ms: engine.storms.until(link).map(|at| (at - now).0),
        repairs: Some(engine.repairs.count(&link.name)),
        primary: false,
        state: Shown(match (engine.eligible(link), supplicant) {
            (Err(why), _) if why.outranks_radio() => State::Ineligible(why),
            (_, Some(supplicant)) => State::Radio(supplicant),
            (_, None) if engine.is_left_alone(link) => State::LeftAlone,
            (_, None) if link.facts.is_wifi() => State::NoNetwork,
            (_, None) if engine.is_unauthorised(link.index) && link.carrier => State::NoSupplicant,
            (_, None) if !link.carrier => State::Ineligible(Why::NoCarrier),
            (_, None) => State::Carrier,
        }),
        fault: supplicant.and_then(|s| s.fault.as_ref()).map(Shown),
        frequency: joined.map(|s| s.frequency).filter(|mhz| *mhz != 0),
        // The words of /proc/net/bonding (drivers/net/bonding/bond_main.c).
        mii: link.port.map(|port| match port.mii {
            Mii::Up => "up",
            Mii::Fail => "going down",
            Mii::Down => "down",
            Mii::Back => "going back",
        }),
        speed_mbps: link.facts.speed.filter(|_| link.carrier),
        full_duplex: link.facts.full_duplex.filter(|_| link.carrier),
        failures: link.port.map(|port| port.failures),
        supplicant_restarts: supplicant.map_or(0, |s| s.restarts),
        driver: Some(link.facts.driver.as_str()).filter(|driver| !driver.is_empty()),
    }
}
