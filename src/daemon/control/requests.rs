//! Requests of the control socket's clients.
use super::clients::Waits;
use super::{answers, planner, reloads};
use crate::daemon::time;
use crate::daemon::{Daemon, SIGNALS_WITHIN};
use crate::engine::Engine;
use crate::engine::contract::event::{Event, TrialEvent};
use crate::engine::observed::Index;
use crate::engine::trial::Progress;
use crate::system::children;
use crate::wire::Family;
use crate::wire::control::{self, Leases, Order, Request};
use std::fmt::Write;

impl Daemon {
    pub(in crate::daemon) fn request(&mut self, place: usize, request: &str) {
        match control::parse(request) {
            Some(request) if request.is_change() && !self.clients.is_trusted(place) => {
                let body = "the group wifibond may look, only root may change: use sudo\n";
                self.clients.answer(place, 1, body);
            }
            Some(Request::Plan { follows }) => self.plan(place, follows),
            Some(Request::Status(form)) => {
                self.clients.want_status(place, form);
                self.engine.tell(Event::AskSignals);
                self.signals_until = Some(time::now() + SIGNALS_WITHIN);
            }
            Some(Request::Events { json, count }) => {
                let body = answers::events(&self.engine, json, count);
                self.clients.answer(place, 0, &body);
            }
            Some(Request::Reload(how)) => self.reload_for(place, how),
            Some(Request::Report) => {
                let mut network = String::new();
                let _ = self.engine.write_report(time::now(), &mut network);
                let (code, body) = match self.source.report_with(&network) {
                    None => (0, "nothing to report\n".into()),
                    Some(text) => (1, text.replace('\r', "")),
                };
                self.clients.answer(place, code, &body);
            }
            Some(Request::Confirm) => {
                let (code, body) = match self.engine.trial().progress() {
                    Some(Progress::Unconfirmed { .. }) => (0, "the new file stays in force\n"),
                    Some(Progress::Trying) => {
                        (1, "the new file is still tried: confirm it when it works\n")
                    }
                    Some(Progress::SetAside { .. }) => {
                        (1, "the new file was set aside; see `wifibond status`\n")
                    }
                    None => (1, "nothing waits to be confirmed\n"),
                };
                self.engine.tell(Event::Trial(TrialEvent::Confirmed));
                self.clients.answer(place, code, body);
            }
            Some(Request::Switch(member)) => {
                let answer = self.switch(member);
                self.answer_or_wait(place, answer);
            }
            Some(Request::Renew(leases)) => {
                let (code, body) = match self.engine.renewable(leases) {
                    0 => (1, no_client(leases)),
                    1 => (0, "asking for the lease\n".into()),
                    count => (0, format!("asking for {count} leases\n")),
                };
                self.engine.tell(Event::Renew(leases));
                self.clients.answer(place, code, &body);
            }
            Some(Request::Release(leases)) => {
                let answer = self.release(leases);
                self.answer_or_wait(place, answer);
            }
            Some(Request::Member { name, order }) => {
                let answer = self.member(name, order);
                self.answer_or_wait(place, answer);
            }
            Some(Request::Doctor) => {
                let fault = self.source.fault();
                let body = answers::doctor(&self.engine, fault, time::now());
                self.clients.answer(place, 0, &body);
            }
            Some(Request::Links) => {
                let body = answers::links(&self.engine, time::now());
                self.clients.answer(place, 0, &body);
            }
            Some(Request::Ways) => {
                let mut body = String::new();
                self.engine.each_gateway(&mut |link, gateway| {
                    let _ = match gateway {
                        Some(gateway) => writeln!(body, "{link} {gateway}"),
                        None => writeln!(body, "{link} -"),
                    };
                });
                self.clients.answer(place, 0, &body);
            }
            None => self
                .clients
                .answer(place, 2, "this is no request that the daemon knows\n"),
        }
    }

    /// A copy of this process plans and answers: it tries the change on its own engine, and its
    /// memory ends with it.
    fn plan(&mut self, place: usize, follows: bool) {
        if self.planner.is_some() {
            let body = "another plan is being made: try again\n";
            return self.clients.answer(place, 1, body);
        }
        let Some(connection) = self.clients.connection(place) else {
            return;
        };
        let (engine, source) = (&mut self.engine, &self.source);
        let started = children::fork(connection, planner::LIMIT_S, &mut |stream| {
            planner::answer(engine, source, stream, follows);
        });
        match started {
            Ok(process) => {
                self.planner = Some(process);
                self.clients.hand_over(place);
            }
            Err(e) => self
                .clients
                .answer(place, 1, &format!("no plan can be made: {e}\n")),
        }
    }

    fn answer_or_wait(&mut self, place: usize, answer: Result<Waits, String>) {
        match answer {
            Ok(waits) => self.clients.wait(place, waits),
            Err(body) => self.clients.answer(place, 1, &body),
        }
    }

    fn release(&mut self, leases: Leases<'_>) -> Result<Waits, String> {
        match self.engine.releasable(leases) {
            0 => Err(no_client(leases)),
            count => {
                self.engine.tell(Event::Release(leases));
                Ok(Waits::Released(count))
            }
        }
    }

    fn switch(&mut self, member: &str) -> Result<Waits, String> {
        let index = self.engine.may_switch(member);
        let index = index.map_err(|reason| format!("{member}: {reason}\n"))?;
        self.engine.tell(Event::Switch(index));
        let name = self.engine.observed().link(index).map(|l| l.name.clone());
        Ok(Waits::Switch(index, name.unwrap_or_default()))
    }

    fn member(&mut self, member: &str, order: Order) -> Result<Waits, String> {
        let link = self.engine.member(member);
        let link = link.map_err(|reason| format!("{member}: {reason}\n"))?;
        let name = self.engine.observed().link(link).map(|l| l.name.clone());
        let name = name.unwrap_or_default();
        let rest = match order {
            Order::Reassociate => {
                let may = self.engine.may_rejoin(link);
                may.map_err(|reason| format!("{member}: {reason}\n"))?;
                self.engine.tell(Event::Rejoin(link));
                return Ok(Waits::Joins(name));
            }
            Order::Repair => {
                let may = self.engine.may_repair(link);
                may.map_err(|reason| format!("{member}: {reason}\n"))?;
                self.engine.tell(Event::Repair(link));
                return Ok(Waits::Repair(name));
            }
            Order::Down => true,
            Order::Up => false,
        };
        self.engine.tell(Event::Rest { link, rest });
        Ok(Waits::Member { link, name, rest })
    }

    /// Requests that change something are answered when there is nothing left to do.
    pub(in crate::daemon) fn answer_waiting(&mut self) {
        let (at_rest, engine, source) = (self.is_at_rest(), &self.engine, &self.source);
        self.clients.answer_waiting(
            time::now(),
            &|waits| at_rest && !is_still_tried(engine, waits),
            &|waits| match at_rest {
                _ if let Waits::Trial(changes) = waits => {
                    reloads::became_of_file(engine, changes, source.notes())
                }
                true => became_of(engine, waits),
                false => {
                    let text = "the kernel has not answered yet; see `wifibond status`\n";
                    (1, text.into())
                }
            },
        );
    }

    /// Statuses are answered when the signals of the radios are known and no change is under way,
    /// or after `SIGNALS_WITHIN`.
    pub(in crate::daemon) fn answer_statuses(&mut self) {
        let Some(until) = self.signals_until else {
            return;
        };
        let now = time::now();
        if (self.engine.signals_awaited() || !self.is_at_rest()) && now < until {
            return;
        }
        self.signals_until = None;
        let (engine, fault) = (&self.engine, self.source.fault());
        self.clients
            .answer_statuses(&mut |form| answers::status(engine, fault, now, form));
    }
}

/// The bonding driver takes no member before its link monitor has seen it (miimon, updelay):
/// one that has just joined is refused at first.
fn is_still_tried(engine: &Engine, waits: &Waits) -> bool {
    match waits {
        Waits::Switch(index, _) => !is_active(engine, *index) && engine.pinned() == Some(*index),
        Waits::Trial(_) => engine.trial().is_being_judged(),
        Waits::Member { .. } | Waits::Released(_) | Waits::Joins(_) | Waits::Repair(_) => false,
    }
}

fn is_active(engine: &Engine, link: Index) -> bool {
    let active = engine.failover().now();
    active.is_some_and(|(active, _)| active == link)
}

/// What became of a request, and its exit code.
fn became_of(engine: &Engine, waits: &Waits) -> (u8, String) {
    match waits {
        // See `became_of_file`.
        Waits::Trial(_) => (0, String::new()),
        Waits::Joins(name) => (0, format!("{name} joins anew when it is its turn\n")),
        Waits::Repair(name) => match engine.last_repair(name) {
            Some(measure) => (0, format!("{name}: {measure}\n")),
            None => (1, format!("{name}: is gone\n")),
        },
        Waits::Released(1) => (0, "the lease was given back\n".into()),
        Waits::Released(count) => (0, format!("{count} leases were given back\n")),
        Waits::Switch(index, name) if is_active(engine, *index) => {
            (0, format!("{name} is active\n"))
        }
        // It is tried again for as long as the member can carry traffic.
        Waits::Switch(index, name) if engine.pinned() == Some(*index) => (
            1,
            format!("{name}: the bonding driver does not take it yet; see `wifibond events`\n"),
        ),
        Waits::Switch(_, name) => (
            1,
            format!("{name}: cannot carry traffic any more; see `wifibond events`\n"),
        ),
        Waits::Member { link, name, rest } => {
            let up = engine.observed().link(*link).is_some_and(|l| l.up);
            let alone = match engine.failover().now() {
                Some(_) => "",
                None => "; no other member carries traffic",
            };
            // One that is still up: its wpa_supplicant goes first.
            let verb = if up { "goes" } else { "is" };
            match (rest, up) {
                (true, _) => (
                    0,
                    format!("{name} {verb} down until `wifibond member {name} up`{alone}\n"),
                ),
                (false, true) => (0, format!("{name} is up\n")),
                (false, false) => (
                    1,
                    format!("{name} does not come up; see `wifibond status`\n"),
                ),
            }
        }
    }
}

fn no_client(leases: Leases<'_>) -> String {
    let kind = match leases.family {
        None => "lease",
        Some(Family::V4) => "lease of DHCPv4",
        Some(Family::V6) => "lease of DHCPv6",
    };
    let why = "and nothing asks for one (no carrier, or no DHCP in the file)";
    match leases.link {
        Some(link) => format!("{link}: no {kind} there, {why}\n"),
        None => format!("there is no {kind}, {why}\n"),
    }
}
