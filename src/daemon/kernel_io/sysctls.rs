//! Settings of the kernel for one interface: changed, and given back also after a crash.
use super::groups::Groups;
use super::ipv6;
use super::restore::{Ledger, SYSCTL};
use crate::engine::contract::action::SettingRequest;
use crate::engine::contract::event::Failure;
use crate::engine::contract::settings::Sysctls;
use crate::engine::observed::Index;
use crate::system::{self, sysctl};

/// 1: the first address of a network may go without the others (Linux: ip-sysctl).
const PROMOTE: (&str, &str) = ("ipv4", "promote_secondaries");
/// The metric of default routes out of advertisements (Linux 5.12 and later).
const METRIC: (&str, &str) = ("ipv6", "ra_defrtr_metric");
/// 1: a route through a link without carrier is passed over, as if it were gone.
const LINKDOWN: (&str, &str) = ("ipv6", "ignore_routes_with_linkdown");
/// 0: no advertisements are taken in.
const ACCEPT: (&str, &str) = ("ipv6", "accept_ra");
const ALL: [(&str, &str); 4] = [PROMOTE, METRIC, LINKDOWN, ACCEPT];

pub fn carry_out(request: &SettingRequest, groups: &mut Groups) -> Result<(), Failure> {
    match request {
        SettingRequest::Ipv6 {
            link,
            name,
            enabled,
        } => ipv6::set(*link, name, *enabled),
        SettingRequest::Sysctls { link, name, values } => set(*link, name, *values),
        SettingRequest::AllHosts { link, received } => groups.set(*link, *received),
    }
}

/// `None` gives back what was set before.
fn set(link: Index, name: &str, values: Option<Sysctls>) -> Result<(), Failure> {
    let mut ledger = Ledger::of(link);
    let done = match values {
        Some(values) => keep(&mut ledger, name).and_then(|()| change(&ledger, name, values)),
        None => give_back(&ledger, name, &ALL).and_then(|()| {
            ledger.remove(SYSCTL);
            ledger.write()
        }),
    };
    done.map_err(Failure::from)
}

/// Once: after a crash the ledger has what was before the first change.
fn keep(ledger: &mut Ledger, name: &str) -> system::Result<()> {
    if ledger.has(SYSCTL) {
        return Ok(());
    }
    for (family, setting) in ALL {
        if let Some(value) = sysctl::read(family, name, setting)? {
            ledger.add(&format!("{SYSCTL} {family} {setting} {value}"));
        }
    }
    ledger.write()
}

fn change(ledger: &Ledger, name: &str, values: Sysctls) -> system::Result<()> {
    let write =
        |(family, setting): (&str, &str), value: &str| sysctl::write(family, name, setting, value);
    write(PROMOTE, "1")?;
    let Some(metric) = values.routers else {
        return give_back(ledger, name, &[METRIC, LINKDOWN, ACCEPT]);
    };
    write(METRIC, &metric.to_string())?;
    write(LINKDOWN, "1")?;
    match sysctl::read(ACCEPT.0, name, ACCEPT.1)?.as_deref() {
        Some("0") => write(ACCEPT, "1"),
        _ => Ok(()),
    }
}

fn give_back(ledger: &Ledger, name: &str, which: &[(&str, &str)]) -> system::Result<()> {
    for line in ledger.lines(SYSCTL) {
        let mut words = line.split(' ');
        let known = which
            .iter()
            .find(|(family, setting)| words.clone().take(2).eq([*family, *setting]));
        if let (Some((family, setting)), Some(value)) = (known, words.nth(2)) {
            sysctl::write(family, name, setting, value)?;
        }
    }
    Ok(())
}
