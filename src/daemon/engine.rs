//! The engine as the daemon holds it: it can be queried, and changed by events alone.
use crate::config::Config;
use crate::daemon::time;
use crate::engine::contract::action::Action;
use crate::engine::contract::content::Content;
use crate::engine::contract::event::Event;
use crate::engine::time::{Day, Instant};
use crate::engine::{Engine, plan};
use core::fmt::Write;
use core::ops::Deref;

/// What takes events.
pub type Tell<'t> = dyn FnMut(Event<'_>) + 't;

/// In a box: it has some 140 KB, and every move would leave that much of the stack in use.
pub struct EngineHandle {
    engine: Box<Engine>,
    /// As it was last told.
    day: Day,
}

impl EngineHandle {
    /// See [`Engine::new`].
    pub fn new(config: &Config, seed: u64) -> Self {
        EngineHandle {
            engine: Box::new(Engine::new(config, seed)),
            day: Day::default(),
        }
    }

    /// Reports an event that has just happened.
    pub fn tell(&mut self, event: Event<'_>) {
        self.engine.handle(time::now(), event);
    }

    /// Time has passed, and this is it.
    pub fn tick(&mut self) -> Instant {
        let day = time::today();
        if self.day != day {
            self.day = day;
            self.tell(Event::Today(day));
        }
        let now = time::now();
        self.engine.handle(now, Event::Time);
        now
    }

    /// See [`Engine::next`].
    pub fn next(&mut self, now: Instant, content: &mut Content) -> Option<Action> {
        self.engine.next(now, content)
    }

    /// See [`plan::of_start`].
    pub fn plan_start(mut self, is_current: &dyn Fn(&Content) -> bool, out: &mut dyn Write) {
        plan::of_start(&mut self.engine, time::now(), is_current, out);
    }

    /// See [`plan::of_change`]: for a copy of the process, as the engine is of no use afterwards.
    pub fn plan_change(&mut self, config: &Config, out: &mut dyn Write) {
        plan::of_change(&mut self.engine, time::now(), config, out);
    }
}

impl Deref for EngineHandle {
    type Target = Engine;
    fn deref(&self) -> &Engine {
        &self.engine
    }
}
