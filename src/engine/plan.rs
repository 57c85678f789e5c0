//! What would be done, as text: the engine's steps on a fake kernel that starts from
//! what it knows. The engine is of no use afterwards.
use super::Engine;
use super::contract::action::{Action, Store, SupplicantStep};
use super::contract::content::Content;
use super::contract::describe::WithLink;
use super::contract::event::Event;
use super::fake_kernel::{self, Effect};
use super::observed::{Index, Kind, Link};
use super::time::Instant;
use crate::config::Config;
use core::fmt::Write;
use heapless::Vec;

/// More steps than this, and something is wrong with the plan.
const MAX_STEPS: usize = 500;

/// What an engine that has just read the machine would do. `is_current`: the resolver's file
/// is already as the engine wants it.
pub(crate) fn of_start(
    engine: &mut Engine,
    now: Instant,
    is_current: &dyn Fn(&Content) -> bool,
    out: &mut dyn Write,
) {
    let mut plan = Plan::new(engine, now, is_current, out);
    plan.part(&"now");
    plan.later();
    plan.end();
}

/// What this configuration has otherwise than the one of a running engine, and what the engine would
/// do if it were its own. What comes with adapters
/// and cables that are not there yet is shown only for a configuration that is another.
pub(crate) fn of_change(engine: &mut Engine, now: Instant, config: &Config, out: &mut dyn Write) {
    let is_another = *engine.config() != *config;
    engine.write_changes(config, out);
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
        plan.is_empty = false;
        plan.later();
    }
    plan.end();
}

struct Plan<'a> {
    engine: &'a mut Engine,
    content: Content,
    now: Instant,
    is_current: &'a dyn Fn(&Content) -> bool,
    out: &'a mut dyn Write,
    is_empty: bool,
    steps: usize,
}

impl<'a> Plan<'a> {
    fn new(
        engine: &'a mut Engine,
        now: Instant,
        is_current: &'a dyn Fn(&Content) -> bool,
        out: &'a mut dyn Write,
    ) -> Self {
        Plan {
            engine,
            content: Content::new(),
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
            let Some(action) = self.engine.next(self.now, &mut self.content) else {
                // Time does not pass here.
                if self.engine.leave_keys_out() {
                    self.engine.tick(self.now);
                    continue;
                }
                return;
            };
            let is_there = matches!(action, Action::Store(Store::Resolver { .. }))
                && (self.is_current)(&self.content);
            if action.is_a_change() && !is_there {
                if !begun {
                    let _ = writeln!(self.out, "{title}:");
                    begun = true;
                    self.is_empty = false;
                }
                let step = WithLink(&action, self.engine.observed());
                let _ = writeln!(self.out, "  {step}");
            }
            let reconfigured = match action {
                Action::Supplicant(link, SupplicantStep::Reconfigure) => Some(link),
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
