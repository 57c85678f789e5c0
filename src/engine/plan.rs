//! What would be done, in words: the engine's steps on a fake kernel that starts from
//! what it knows. The engine is of no use afterwards.
use super::Engine;
use super::contract::action::Action;
use super::contract::describe::Spoken;
use super::contract::event::Event;
use super::fake_kernel::{self, Effect};
use super::observed::{Index, Kind, Link};
use crate::config::Config;
use core::fmt::Write;
use heapless::Vec;

/// More steps than this, and something is wrong with the plan.
const MAX_STEPS: usize = 500;

/// What an engine that has just read the machine would do. `is_current`: the resolver's file
/// is already as the engine wants it.
pub fn of_start(
    engine: &mut Engine,
    now: u64,
    is_current: &dyn Fn(&Engine) -> bool,
    out: &mut dyn Write,
) {
    let mut plan = Plan::new(engine, now, is_current, out);
    plan.part(&"now");
    plan.later();
    plan.end();
}

/// What a running engine would do if this were its configuration. What comes with adapters
/// and cables that are not there yet is told only of a configuration that is another.
pub fn of_change(engine: &mut Engine, now: u64, config: &Config, out: &mut dyn Write) {
    let is_another = *engine.config() != *config;
    engine.answer_for_kernel();
    // Whatever is awaited of them has been answered.
    let supplicants: Vec<Index, { super::supplicant::MAX_SUPPLICANTS }> =
        engine.supplicants().map(|s| s.link).collect();
    for link in supplicants {
        engine.handle(now, Event::Supplicant { link, text: "OK" });
    }
    engine.handle(now, Event::Config(config));
    let mut plan = Plan::new(engine, now, &|_| false, out);
    plan.part(&"now");
    if is_another {
        plan.later();
    }
    plan.end();
}

struct Plan<'a> {
    engine: &'a mut Engine,
    now: u64,
    is_current: &'a dyn Fn(&Engine) -> bool,
    out: &'a mut dyn Write,
    is_empty: bool,
    steps: usize,
}

impl<'a> Plan<'a> {
    fn new(
        engine: &'a mut Engine,
        now: u64,
        is_current: &'a dyn Fn(&Engine) -> bool,
        out: &'a mut dyn Write,
    ) -> Self {
        Plan {
            engine,
            now,
            is_current,
            out,
            is_empty: true,
            steps: 0,
        }
    }

    /// Writes down every step until the engine rests.
    fn part(&mut self, title: &dyn core::fmt::Display) {
        let mut begun = false;
        while self.steps < MAX_STEPS {
            self.steps += 1;
            let Some(action) = self.engine.next(self.now) else {
                return;
            };
            let is_there =
                matches!(action, Action::WriteResolver) && (self.is_current)(self.engine);
            if is_a_change(&action) && !is_there {
                if !begun {
                    let _ = writeln!(self.out, "{title}:");
                    begun = true;
                    self.is_empty = false;
                }
                let spoken = Spoken(&action, self.engine.observed());
                let _ = writeln!(self.out, "  {spoken}");
            }
            let reconfigured = match action {
                Action::ReconfigureSupplicant { link } => Some(link),
                _ => None,
            };
            if let Effect::Exit = fake_kernel::perform(self.engine, self.now, action) {
                return;
            }
            // It joins again, and the next one's turn comes.
            if let Some(link) = reconfigured {
                let text = "<3>CTRL-EVENT-CONNECTED - ";
                self.engine
                    .handle(self.now, Event::Supplicant { link, text });
            }
        }
    }

    /// What follows once the adapters that are waited for have joined.
    fn later(&mut self) {
        let links = self.engine.observed().links();
        let waiting: Vec<Index, { super::observed::MAX_LINKS }> =
            links.filter(is_waiting).map(|link| link.index).collect();
        for index in waiting {
            let link = self.engine.observed().link(index);
            let Some((name, wifi)) = link.map(|link| (link.name.clone(), link.facts.is_wifi()))
            else {
                continue;
            };
            let when = if wifi { "is authorised" } else { "has carrier" };
            fake_kernel::join(self.engine, self.now, index);
            self.part(&format_args!("once {name} {when}"));
        }
    }

    fn end(self) {
        for refusal in self.engine.refusals() {
            let _ = writeln!(self.out, "refused: {}: {}", refusal.link, refusal.text);
        }
        if self.is_empty && self.engine.refusals().is_empty() {
            let _ = self.out.write_str("nothing to do\n");
        }
    }
}

/// An adapter or a cable that may still come up.
fn is_waiting(link: &&Link) -> bool {
    link.up && !link.carrier && matches!(link.kind, Kind::Plain | Kind::Other(_))
}

fn is_a_change(action: &Action) -> bool {
    match action {
        Action::Kernel(_)
        | Action::SetIpv6 { .. }
        | Action::SetSysctls { .. }
        | Action::SetRadio { .. }
        | Action::RestoreRadio { .. }
        | Action::SetCountry { .. }
        | Action::Unblock { .. }
        | Action::WriteResolver
        | Action::StartSupplicant { .. }
        | Action::StopSupplicant { .. }
        | Action::ReconfigureSupplicant { .. } => true,
        Action::Resync(_)
        | Action::Inspect { .. }
        | Action::CheckCountry { .. }
        | Action::NoteUp { .. }
        | Action::NoteSlow { .. }
        | Action::ReadLink { .. }
        | Action::SendDhcp4 { .. }
        | Action::SendArp { .. }
        | Action::ReleaseDhcp4 { .. }
        | Action::StoreLease { .. }
        | Action::SendDhcp6 { .. }
        | Action::ReleaseDhcp6 { .. }
        | Action::StoreLease6 { .. }
        | Action::SolicitRouter { .. }
        | Action::AnnounceAddresses { .. }
        | Action::AttachSupplicant { .. }
        | Action::AskSupplicant { .. }
        | Action::Exit => false,
    }
}
