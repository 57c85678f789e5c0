//! `wifibond plan`: what `run` would change against the machine as it is.
//!
//! The machine is read as the daemon reads it; then the engine works on a pretended
//! kernel that starts from there.
use super::{Exit, Outcome, check, say};
use crate::daemon;
use crate::engine::Engine;
use crate::engine::action::Action;
use crate::engine::observed::{Index, Kind, Link};
use crate::engine::pretend::{self, Effect};
use crate::engine::words::Spoken;
use crate::system::clock;
use std::fmt::Write;

/// More steps than this, and something is wrong with the plan.
const MAX_STEPS: usize = 500;

pub fn main(parser: &mut lexopt::Parser) -> Outcome {
    let (_, config) = check::load(parser)?;
    let mut engine = Engine::new(&config);
    daemon::read_machine(&mut engine).map_err(|message| Exit { code: 1, message })?;
    let mut plan = Plan {
        engine,
        text: String::new(),
        steps: 0,
    };
    plan.part("now");
    let waiting: Vec<Index> = plan
        .engine
        .observed()
        .links()
        .filter(is_waiting)
        .map(|l| l.index)
        .collect();
    for index in waiting {
        let link = plan.engine.observed().link(index);
        let Some((name, wifi)) = link.map(|link| (link.name.clone(), link.facts.is_wifi())) else {
            continue;
        };
        let when = if wifi { "is authorised" } else { "has carrier" };
        pretend::join(&mut plan.engine, clock::boot_ms(), index);
        plan.part(&format!("once {name} {when}"));
    }
    for refusal in plan.engine.refusals() {
        let _ = writeln!(plan.text, "refused: {}: {}", refusal.link, refusal.text);
    }
    if plan.text.is_empty() {
        plan.text.push_str("nothing to do\n");
    }
    say(&plan.text)
}

/// An adapter or a cable that may still come up.
fn is_waiting(link: &&Link) -> bool {
    link.up && !link.carrier && matches!(link.kind, Kind::Plain | Kind::Other(_))
}

struct Plan {
    engine: Engine,
    text: String,
    steps: usize,
}

impl Plan {
    /// Writes down every step until the engine rests.
    fn part(&mut self, title: &str) {
        let mut begun = false;
        while self.steps < MAX_STEPS {
            self.steps += 1;
            let now = clock::boot_ms();
            let Some(action) = self.engine.next(now) else {
                return;
            };
            let is_there = matches!(action, Action::WriteResolver)
                && crate::daemon::resolver_is_current(&self.engine);
            if is_a_change(&action) && !is_there {
                if !begun {
                    let _ = writeln!(self.text, "{title}:");
                    begun = true;
                }
                let spoken = Spoken(&action, self.engine.observed());
                let _ = writeln!(self.text, "  {spoken}");
            }
            if let Effect::Exit = pretend::perform(&mut self.engine, now, action) {
                return;
            }
        }
    }
}

fn is_a_change(action: &Action) -> bool {
    match action {
        Action::Kernel(_)
        | Action::SetIpv6 { .. }
        | Action::Tune { .. }
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
        | Action::SendDhcp4 { .. }
        | Action::SayArp { .. }
        | Action::ReleaseDhcp4 { .. }
        | Action::StoreLease { .. }
        | Action::SendDhcp6 { .. }
        | Action::ReleaseDhcp6 { .. }
        | Action::StoreLease6 { .. }
        | Action::SolicitRouter { .. }
        | Action::SayMoved { .. }
        | Action::AttachSupplicant { .. }
        | Action::AskSupplicant { .. }
        | Action::Exit => false,
    }
}
