//! What visitors of the control socket ask for.
use super::{Daemon, SIGNALS_WITHIN_MS, STEPS_AT_ONCE, clients, planner};
use crate::engine::action::Action;
use crate::engine::event::Event;
use crate::system::{children, clock};
use crate::wire::control::{self, Family, Leases, Order, Request};
use std::fmt::Write;

impl Daemon {
    pub(super) fn request(&mut self, place: usize, request: &str) {
        match control::parse(request) {
            Some(request) if request.is_change() && !self.clients.is_trusted(place) => {
                let body = "the group wifibond may look, only root may change: use sudo\n";
                self.clients.answer(place, 1, body);
            }
            Some(Request::Plan { follows }) => self.plan(place, follows),
            Some(Request::Status { json }) => {
                self.clients.want_status(place, json);
                self.engine.ask_signals();
                self.signals_until = Some(clock::boot_ms() + SIGNALS_WITHIN_MS);
            }
            Some(Request::Events { json, count }) => {
                let body = clients::events(&self.engine, json, count);
                self.clients.answer(place, 0, &body);
            }
            Some(Request::Reload) => match self.reload() {
                Ok(()) => self.clients.answer(place, 0, self.source.notes()),
                Err(reason) => self.clients.answer(place, 1, &format!("{reason}\n")),
            },
            Some(Request::Switch(member)) => {
                let (code, body) = self.switch(member);
                self.clients.answer(place, code, &body);
            }
            Some(Request::Renew(leases)) => {
                let (code, body) = match self.engine.renew(clock::boot_ms(), leases) {
                    0 => (1, no_client(leases)),
                    1 => (0, "asking for the lease\n".into()),
                    count => (0, format!("asking for {count} leases\n")),
                };
                self.clients.answer(place, code, &body);
            }
            Some(Request::Release(leases)) => {
                let (code, body) = self.release(leases);
                self.clients.answer(place, code, &body);
            }
            Some(Request::Member { name, order }) => {
                let (code, body) = self.member(name, order);
                self.clients.answer(place, code, &body);
            }
            Some(Request::Doctor) => {
                let fault = self.source.fault();
                let (code, body) = clients::doctor(&self.engine, fault, clock::boot_ms());
                self.clients.answer(place, code, &body);
            }
            Some(Request::Links) => {
                let body = clients::links(&self.engine, clock::boot_ms());
                self.clients.answer(place, 0, &body);
            }
            Some(Request::Ways) => {
                let mut body = String::new();
                self.engine.ways(&mut |link, gateway| {
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

    /// A copy of this process plans and answers: it may try the change on its own engine, and
    /// takes all it used with it.
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

    fn release(&mut self, leases: Leases<'_>) -> (u8, String) {
        let mut count = 0;
        while leases.means(Family::V4)
            && count < crate::engine::dhcp4::MAX_CLIENTS
            && let Some(link) = self.engine.releasable(leases.link)
        {
            self.perform(Action::ReleaseDhcp4 { link });
            count += 1;
        }
        while leases.means(Family::V6)
            && count < 2 * crate::engine::dhcp4::MAX_CLIENTS
            && let Some(link) = self.engine.releasable6(leases.link)
        {
            self.perform(Action::ReleaseDhcp6 { link });
            count += 1;
        }
        self.work_without_answers();
        match count {
            0 => (1, no_client(leases)),
            1 => (0, "the lease was given back\n".into()),
            count => (0, format!("{count} leases were given back\n")),
        }
    }

    fn switch(&mut self, member: &str) -> (u8, String) {
        match self.engine.may_switch(member) {
            Ok(index) => {
                self.engine.handle(clock::boot_ms(), Event::Switch(index));
                self.work_without_answers();
                match self.engine.carry().now() {
                    Some((active, _)) if active == index => (0, format!("{member} is active\n")),
                    _ => (
                        1,
                        format!("{member}: the kernel did not take it; see `wifibond events`\n"),
                    ),
                }
            }
            Err(reason) => (1, format!("{member}: {reason}\n")),
        }
    }

    fn member(&mut self, name: &str, order: Order) -> (u8, String) {
        let link = match self.engine.member(name) {
            Ok(link) => link,
            Err(reason) => return (1, format!("{name}: {reason}\n")),
        };
        let rest = match order {
            Order::Reassociate => {
                return match self.engine.rejoin(link) {
                    Ok(()) => (0, format!("{name} joins anew when it is its turn\n")),
                    Err(reason) => (1, format!("{name}: {reason}\n")),
                };
            }
            Order::Down => true,
            Order::Up => false,
        };
        let rested = Event::Rest { link, rest };
        self.engine.handle(clock::boot_ms(), rested);
        self.work_without_answers();
        let up = self.engine.observed().link(link).is_some_and(|l| l.up);
        let alone = match self.engine.carry().now() {
            Some(_) => "",
            None => "; no other member carries traffic",
        };
        match (rest, up) {
            (true, false) => {
                let body = format!("{name} is down until `wifibond member {name} up`{alone}\n");
                (0, body)
            }
            // Its wpa_supplicant goes first.
            (true, true) => {
                let body = format!("{name} goes down until `wifibond member {name} up`{alone}\n");
                (0, body)
            }
            (false, true) => (0, format!("{name} is up\n")),
            (false, false) => (
                1,
                format!("{name} does not come up; see `wifibond status`\n"),
            ),
        }
    }

    /// As [`Daemon::work`], from within a request.
    fn work_without_answers(&mut self) {
        for _ in 0..STEPS_AT_ONCE {
            self.keep_watchdog();
            let _ = self.machine.drain(&mut self.engine);
            match self.engine.next(clock::boot_ms()) {
                Some(action) => self.perform(action),
                None => return,
            }
        }
    }

    /// Statuses go out when the radios have told their signals, or are late.
    pub(super) fn answer_statuses(&mut self) {
        let Some(until) = self.signals_until else {
            return;
        };
        let now = clock::boot_ms();
        if self.engine.signals_awaited() && now < until {
            return;
        }
        self.signals_until = None;
        let engine = &self.engine;
        self.clients
            .answer_statuses(&mut |json| clients::status(engine, now, json));
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
