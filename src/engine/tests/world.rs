//! The harness of the engine's tests: an engine on a fake kernel, with an invented clock and
//! an invented DHCP server. All that a test does to the engine passes through here.
use super::server::{Asked, Server, ServerBehaviour};
use super::*;
use crate::engine::contract::content::Content;
use crate::engine::dhcp::{v4, v6};
use crate::engine::time::{Instant, Seconds};

pub const DUID: [u8; 10] = [0, 3, 0, 1, 2, 0, 0, 0, 0, 0x1f];
pub const BOTH_ADAPTERS: [(Index, &str, bool); 2] =
    [(WLAN0, "wlan0", true), (WLAN1, "wlan1", true)];

/// Actions in a row after which a test fails: the engine contradicts itself.
const MAX_STEPS: usize = 500;
/// Wake-ups within one [`World::wait`] after which a test fails.
const MAX_WAKE_UPS: usize = 20_000;

pub const IDENTITY: Event<'_> = Event::Identity {
    duid: &DUID,
    host_name: "wall",
};

/// How the machine takes an action.
pub enum Outcome {
    /// It has the effect that it would have on a kernel.
    Works,
    /// It succeeds, and nothing follows from it.
    NoEffect,
    Fails(Failure),
    /// The kernel has it, and has not answered yet.
    Held,
}

/// An engine, its clock, and all it did.
pub struct World {
    pub engine: Engine,
    /// What the last step carried.
    pub content: Content,
    /// Milliseconds since boot.
    pub now: u64,
    pub done: Vec<Action>,
    pub exited: bool,
    pub server: Server,
    /// What the daemon keeps of configurations: the one before, and the one on trial.
    pub before: Option<Config>,
    pub on_trial: Option<Config>,
}

impl World {
    /// Starts with these adapters plugged in, and runs until nothing is left to do.
    pub fn start(config: &Config, adapters: &[(Index, &str, bool)]) -> World {
        World::begin(Engine::new(config, 7), adapters)
    }

    pub fn begin(engine: Engine, adapters: &[(Index, &str, bool)]) -> World {
        let links = adapters
            .iter()
            .map(|(i, name, wifi)| plain(*i, name, *wifi));
        let mut world = World::read(engine, links);
        world.run();
        world
    }

    /// The engine has read these links, and has done nothing yet.
    pub fn read(
        mut engine: Engine,
        links: impl IntoIterator<Item = crate::engine::observed::Link>,
    ) -> World {
        engine.handle(Instant::ZERO, IDENTITY);
        let mut world = World::unread(engine);
        let read = world.next().expect("the first read");
        assert_eq!(
            read,
            Action::Kernel(KernelRequest::Read(ReadRequest::Tables(Scope::All)))
        );
        world.handle(Event::DumpBegins(Scope::All));
        for link in links {
            world.handle(Event::Link(link));
        }
        world.handle(Event::DumpEnds(Scope::All));
        world.succeed(read);
        world
    }

    /// The engine knows nothing yet.
    pub fn unread(engine: Engine) -> World {
        World {
            engine,
            content: Content::new(),
            now: 1_000,
            done: vec![],
            exited: false,
            before: None,
            on_trial: None,
            server: Server::default(),
        }
    }

    pub fn usual() -> World {
        let [wlan0, wlan1] = BOTH_ADAPTERS;
        World::start(&config(), &[wlan0, wlan1, (ETH0, "eth0", false)])
    }

    /// Both members have joined their network; the cable is out.
    pub fn both() -> World {
        let mut world = World::usual();
        world.join(WLAN0);
        world.join(WLAN1);
        world
    }

    /// And what follows from that is over.
    pub fn settled() -> World {
        let mut world = World::both();
        world.wait(30_000);
        world.take();
        world
    }

    /// Two adapters, and a DHCP server in their network.
    pub fn with_server(engine: Engine, behaviour: ServerBehaviour) -> World {
        let mut world = World::begin(engine, &BOTH_ADAPTERS);
        world.server.behaviour = behaviour;
        world
    }

    /// [`World::now`] as the engine has it.
    pub fn at(&self) -> Instant {
        Instant::from_ms(self.now)
    }

    /// The engine hears of this, and does nothing yet.
    pub fn handle(&mut self, event: Event<'_>) {
        self.engine.handle(self.at(), event);
    }

    /// The engine hears of this, and does what follows from it.
    pub fn tell(&mut self, event: Event<'_>) {
        self.handle(event);
        self.run();
    }

    pub fn next(&mut self) -> Option<Action> {
        self.engine.next(self.at(), &mut self.content)
    }

    /// Carries an action out on the fake kernel, with the server's answer.
    pub fn perform(&mut self, action: Action) {
        if let Action::File(step) = action
            && !self.change_file(step)
        {
            return self.fail(action, failure(0, "the file is lost"));
        }
        let (engine, content) = (&self.engine, &self.content);
        let answer = self.server.receive(engine, self.now, &action, content);
        let now = self.at();
        if let Effect::Exit = fake_kernel::perform(&mut self.engine, now, action) {
            self.exited = true;
        }
        if let Some(answer) = answer {
            self.handle(answer.event());
        }
    }

    /// `false`: there is no such file.
    fn change_file(&mut self, step: FileStep) -> bool {
        let config = match step {
            FileStep::Accept => return true,
            FileStep::TakeBack => self.before.clone(),
            FileStep::TryAgain => self.on_trial.clone(),
        };
        let Some(config) = config else {
            return false;
        };
        self.handle(match step {
            FileStep::TryAgain => Event::TryConfig {
                config: &config,
                again: true,
                confirm: None,
            },
            _ => Event::Config(&config),
        });
        true
    }

    /// A new file is in force, and the one before is kept.
    pub fn try_config(&mut self, config: &Config, confirm: Option<Seconds>) {
        // One that follows another one on trial replaces no file that worked.
        if !self.engine.trial().is_on() {
            self.before = Some(self.engine.config().clone());
        }
        self.on_trial = Some(config.clone());
        self.handle(Event::TryConfig {
            config,
            again: false,
            confirm,
        });
    }

    /// It succeeds, and nothing follows from it.
    pub fn succeed(&mut self, action: Action) {
        self.handle(Event::Done(action, Ok(())));
    }

    pub fn fail(&mut self, action: Action, failure: Failure) {
        self.handle(Event::Done(action, Err(failure)));
    }

    /// Does what is to be done until the engine has nothing more to do, or leaves.
    pub fn run(&mut self) {
        assert_eq!(self.run_with(|_| Outcome::Works), None);
    }

    /// As `run`, on a machine that takes each action so. Gives what is held.
    pub fn run_with(&mut self, mut outcome: impl FnMut(&Action) -> Outcome) -> Option<Action> {
        let mut held = None;
        for _ in 0..MAX_STEPS {
            let Some(action) = self.next() else {
                return held;
            };
            self.done.push(action.clone());
            if matches!(action, Action::Kernel(_)) {
                assert_eq!(held, None, "one at a time, and then {action:?}");
            }
            match outcome(&action) {
                Outcome::Works => self.perform(action),
                Outcome::NoEffect => self.succeed(action),
                Outcome::Fails(failure) => self.fail(action, failure),
                Outcome::Held => {
                    self.handle(Event::Given(action.clone()));
                    held = Some(action);
                }
            }
            if self.exited {
                return held;
            }
        }
        let last = self.done.len().saturating_sub(10);
        panic!("never comes to rest: {:?}", &self.done[last..]);
    }

    /// Does what is to be done until this action, which is given and not done.
    pub fn run_until(&mut self, wanted: impl Fn(&Action) -> bool) -> Action {
        for _ in 0..MAX_STEPS {
            let action = self.next().expect("an action that was never asked for");
            if wanted(&action) {
                return action;
            }
            self.done.push(action.clone());
            self.perform(action);
        }
        panic!("never comes to rest: {:?}", self.done.last());
    }

    /// Changes a link; the engine hears of it, and does nothing yet.
    pub fn edit(&mut self, index: Index, change: impl FnOnce(&mut crate::engine::observed::Link)) {
        let now = self.at();
        assert!(fake_kernel::edit(&mut self.engine, now, index, change));
    }

    pub fn join(&mut self, index: Index) {
        self.join_only(index);
        self.run();
    }

    /// The same, and nothing is done about it yet.
    pub fn join_only(&mut self, index: Index) {
        let now = self.at();
        join(&mut self.engine, now, index);
    }

    /// The access point sends it away.
    pub fn lose(&mut self, index: Index) {
        self.cut(index);
        self.run();
    }

    /// The same, and nothing is done about it yet.
    pub fn cut(&mut self, index: Index) {
        self.edit(index, |link| {
            link.carrier = false;
            link.oper = Oper::Down;
        });
    }

    pub fn pull(&mut self, index: Index) {
        self.tell(Event::LinkGone(index));
    }

    pub fn plug(&mut self, index: Index, name: &str) {
        self.tell(Event::Link(plain(index, name, true)));
    }

    pub fn supplicant_says(&mut self, link: Index, text: &str) {
        self.tell(Event::Supplicant { link, text });
    }

    pub fn poll_at(&self) -> Option<u64> {
        self.engine.poll_at(self.at()).map(Instant::as_ms)
    }

    /// The clock stands at this time, and the engine looks at it; nothing is done yet.
    pub fn tick_at(&mut self, now: u64) {
        // Woken up for nothing just before: nothing would have come of it (`check_idle`).
        let before = now.saturating_sub(1);
        if before > self.now && self.poll_at().is_none_or(|at| before < at) {
            self.engine.tick(Instant::from_ms(before));
        }
        self.now = now;
        self.engine.tick(self.at());
    }

    /// Until the next deadline, which there has to be.
    pub fn sleep(&mut self) {
        let at = self.poll_at().expect("a deadline");
        self.tick_at(at.max(self.now + 1));
    }

    /// Time passes, as the daemon would sleep through it.
    pub fn wait(&mut self, ms: u64) {
        let end = self.now + ms;
        for _ in 0..MAX_WAKE_UPS {
            let next = self.poll_at().unwrap_or(u64::MAX);
            self.tick_at(next.clamp(self.now, end));
            self.run();
            if self.now == end {
                return;
            }
        }
        panic!("wakes up again and again");
    }

    pub fn bond(&self) -> (Index, BondOptions) {
        let link = self.engine.observed().by_name("bond0").expect("a bond");
        match &link.kind {
            Kind::Bond(options) => (link.index, *options),
            other => panic!("bond0 is {other:?}"),
        }
    }

    pub fn link(&self, index: Index) -> &crate::engine::observed::Link {
        self.engine.observed().link(index).expect("a link")
    }

    pub fn has_default(&self, index: Index) -> bool {
        let mut routes = self.engine.observed().routes();
        routes.any(|r| r.link == index && r.route.to.prefix == 0)
    }

    pub fn has_address(&self, index: Index) -> bool {
        let mut addresses = self.engine.observed().addresses_of(index);
        addresses.next().is_some()
    }

    /// The bond has this address, as the server gives it.
    pub fn bond_has(&self, address: impl Into<IpAddr>) -> bool {
        let address = address.into();
        let prefix = if address.is_ipv4() { 24 } else { 128 };
        let net = IpNet { address, prefix };
        self.engine.observed().has_address(self.bond().0, net)
    }

    pub fn bond_has_default(&self) -> bool {
        self.has_default(self.bond().0)
    }

    pub fn status(&self) -> status::Status<'_> {
        status::status(&self.engine, self.at())
    }

    /// How often the journal has words like these.
    pub fn recorded(&self, words: &str) -> usize {
        let records = self.engine.journal().since(0);
        records.filter(|record| record.text.contains(words)).count()
    }

    /// What was done since the last call.
    pub fn take(&mut self) -> Vec<Action> {
        core::mem::take(&mut self.done)
    }

    /// The bond's client.
    pub fn client4(&self) -> &v4::Client {
        self.engine.dhcp4("bond0").expect("a client of DHCPv4")
    }

    pub fn client6(&self) -> &v6::Client {
        self.engine.dhcp6("bond0").expect("a client of DHCPv6")
    }

    /// What the server was asked since the last call.
    pub fn asked(&mut self) -> Vec<Asked> {
        core::mem::take(&mut self.server.asked)
    }

    /// The kinds of the messages that the server was sent since the last call.
    pub fn kinds(&mut self) -> Vec<u8> {
        self.asked().iter().map(|asked| asked.kind).collect()
    }
}
