//! The kernel does not answer: a driver holds the rtnl lock, as USB adapters do for half a
//! minute when they are set up.

use crate::lab::measure::let_pass;
use crate::lab::rtnl::Rtnl;
use crate::lab::scene::{ADDRESS, LONG, SHORT, config};
use crate::lab::{Process, Scene, status, wait_until};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const HELD_FOR: Duration = Duration::from_secs(40);
/// `wifibond status`, a process of its own on an emulated processor.
const STATUS_WITHIN: Duration = Duration::from_secs(1);
const WATCHDOG: Duration = Duration::from_secs(4);
/// Renewed at half of it, which is while the lock is held.
const LEASE_S: u32 = 60;

/// The daemon with an init system that listens.
struct Watched {
    daemon: Process,
    told: Arc<Mutex<Told>>,
}

/// What it has told the init system.
struct Told {
    fed: Instant,
    /// Between two of its words to the watchdog.
    longest: Duration,
    ready: bool,
}

impl Watched {
    fn start(s: &Scene, config: &Value) -> Watched {
        s.pi.write_config(&config.to_string());
        let path = s.pi.ns.path("/run/notify");
        let _ = std::fs::remove_file(&path);
        let socket = UnixDatagram::bind(path).expect("a socket");
        let told = Arc::new(Mutex::new(Told {
            fed: Instant::now(),
            longest: Duration::ZERO,
            ready: false,
        }));
        let listener = told.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length) = socket.recv(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..length]);
                let mut told = listener.lock().expect("its words");
                told.ready |= text.contains("READY=1");
                if text.contains("WATCHDOG=1") {
                    told.longest = told.longest.max(told.fed.elapsed());
                    told.fed = Instant::now();
                }
            }
        });
        let mut command = s.pi.ns.command("/usr/bin/wifibond");
        command
            .args(["run", "--config", "/boot/wifibond.json"])
            .env("NOTIFY_SOCKET", "/run/notify")
            .env("WATCHDOG_USEC", WATCHDOG.as_micros().to_string());
        Watched {
            daemon: Process::start(command, &s.pi.ns.path("/tmp/wifibond.log")),
            told,
        }
    }

    /// It must feed the watchdog in time, always; the longest time between two, and whether
    /// it has said that it is ready.
    #[track_caller]
    fn look(&self) -> (Duration, bool) {
        assert!(self.daemon.running(), "{}", self.daemon.log());
        let told = self.told.lock().expect("its words");
        let longest = told.longest.max(told.fed.elapsed());
        assert!(longest < WATCHDOG, "the watchdog starves: {longest:?}");
        (longest, told.ready)
    }
}

/// A status, and how long it took.
#[track_caller]
fn quick_status(s: &Scene) -> (Value, Duration) {
    let begun = Instant::now();
    let status = s.pi.status();
    let took = begun.elapsed();
    assert!(took < STATUS_WITHIN, "the status took {took:?}");
    (status, took)
}

/// The lock is really held: `ip link` waits for it.
#[track_caller]
fn is_held(s: &Scene) {
    let mut ip = s.pi.ns.command("ip").arg("link").spawn().expect("ip");
    let_pass(Duration::from_secs(2));
    let ended = ip.try_wait().expect("a child");
    assert!(ended.is_none(), "nobody holds the lock");
    let _ = ip.kill();
}

#[test]
fn the_lock_held_for_40_s_stops_nothing() {
    let s = Scene::new();
    let mut config = config();
    config["bond"]["ipv4"] = json!({});
    let watched = Watched::start(&s, &config);
    s.both();
    s.lan.serve_short_leases(ADDRESS, ADDRESS, LEASE_S);
    s.pi.wait("a lease", LONG, |st| {
        status::has_address(st, "bond0", &format!("{ADDRESS}/24"))
    });
    let supplicants = s.pi.ns.processes_named("wpa_supplicant");
    let acks = || s.lan.dhcp_log().matches("sending ACK").count();
    let before = acks();
    assert!(before > 0, "{}", s.lan.dhcp_log());
    let pings = s.pings();
    pings.wait_answers(10, LONG);
    let held = Rtnl::hold();
    let begun = Instant::now();
    is_held(&s);
    // Links are to be read afresh.
    s.pi.call(&["reload"]);
    let (mut slowest, mut said) = (Duration::ZERO, false);
    while begun.elapsed() < HELD_FOR {
        let (status, took) = quick_status(&s);
        slowest = slowest.max(took);
        said |= status["problems"]
            .to_string()
            .contains("the kernel has not answered for");
        assert_eq!(status::active(&status), "wlan0");
        watched.look();
        let_pass(Duration::from_millis(200));
    }
    assert!(said, "nobody said that the kernel does not answer");
    assert!(acks() > before, "the lease was not renewed meanwhile");
    drop(held);
    s.pi.wait("the kernel answers again", SHORT, |st| {
        !st["problems"].to_string().contains("has not answered")
    });
    s.pi.stays("as before", Duration::from_secs(3), |st| {
        status::active(st) == "wlan0" && status::has_address(st, "bond0", &format!("{ADDRESS}/24"))
    });
    let pings = pings.stop();
    assert_eq!(pings.lost(), 0, "longest {:?}", pings.longest_outage());
    assert_eq!(s.pi.ns.processes_named("wpa_supplicant"), supplicants);
    let (longest, _) = watched.look();
    println!("slowest status {slowest:?}, longest between watchdogs {longest:?}");
    let code = watched.daemon.terminate(Duration::from_secs(20)).code();
    assert_eq!(code, Some(0));
}

/// Members of a bond without IPv4 are probed by neighbour discovery. The end of a socket that is in a
/// group waits for the lock, too; it ends when its member carries no more.
#[test]
fn the_lock_stops_nothing_in_a_network_with_ipv6_alone() {
    let s = Scene::new();
    s.lan.serve_ipv6("fd00:43::1/64", "fd00:43::,ra-only,64");
    let mut config = config();
    config["bond"]["ipv4"] = json!({ "dhcp": false });
    config["bond"]["ipv6"] = json!({ "mode": "auto" });
    let watched = Watched::start(&s, &config);
    let st = s.pi.wait("both members healthy", LONG, |st| {
        status::healthy(st, "wlan0") && status::healthy(st, "wlan1")
    });
    let probed = st["bond"]["probed"].as_str().unwrap_or_default();
    assert!(probed.starts_with("fe80::"), "{st:#}");
    let held = Rtnl::hold();
    for pid in s.pi.supplicants() {
        let pid = nix::unistd::Pid::from_raw(pid);
        nix::sys::signal::kill(pid, Signal::SIGKILL).expect("a signal");
    }
    let begun = Instant::now();
    let mut seen = false;
    while begun.elapsed() < Duration::from_secs(10) {
        let (status, _) = quick_status(&s);
        seen |= !status::healthy(&status, "wlan0") && !status::healthy(&status, "wlan1");
        watched.look();
        let_pass(Duration::from_millis(200));
    }
    assert!(seen, "both are probed on");
    is_held(&s);
    drop(held);
    s.pi.wait("both members healthy", LONG, |st| {
        status::healthy(st, "wlan0") && status::healthy(st, "wlan1")
    });
}

#[test]
fn a_start_and_a_stop_without_the_kernel_end_in_time() {
    let s = Scene::new();
    let held = Rtnl::hold();
    let begun = Instant::now();
    let watched = Watched::start(&s, &config());
    while !watched.look().1 {
        assert!(begun.elapsed() < Duration::from_secs(15), "never ready");
        let_pass(Duration::from_millis(100));
    }
    let (status, _) = quick_status(&s);
    let problems = status["problems"].to_string();
    assert!(
        problems.contains("the kernel has not answered for"),
        "{problems}"
    );
    is_held(&s);
    let code = watched.daemon.terminate(Duration::from_secs(20)).code();
    assert_eq!(code, Some(0), "{}", watched.daemon.log());
    let log = watched.daemon.log();
    assert!(log.contains("are left as they are"), "{log}");
    drop(held);
    s.start(&config());
}

/// Who switches a radio off has the lock of all switches, and waits for the rtnl lock with it
/// (rfkill_set_block() in net/rfkill/core.c). To open /dev/rfkill waits then, and so does its close.
#[test]
fn a_start_and_a_stop_while_a_radio_is_being_switched_off_end_in_time() {
    let s = Scene::new();
    let held = Rtnl::hold();
    let mut block = s.pi.ns.command("sh");
    let write = "for soft in /sys/class/net/wlan0/phy80211/rfkill*/soft; do echo 1 >$soft; done";
    block.args(["-c", write]);
    let mut block = block.spawn().expect("a shell");
    let_pass(Duration::from_secs(2));
    assert!(block.try_wait().expect("a child").is_none(), "it is done");
    let begun = Instant::now();
    let watched = Watched::start(&s, &config());
    while !watched.look().1 {
        assert!(begun.elapsed() < Duration::from_secs(15), "never ready");
        let_pass(Duration::from_millis(100));
    }
    quick_status(&s);
    let code = watched.daemon.terminate(Duration::from_secs(20)).code();
    assert_eq!(code, Some(0), "{}", watched.daemon.log());
    is_held(&s);
    drop(held);
    block.wait().expect("a child");
    // It is found switched off, and switched on.
    s.start(&config());
}

/// The adapter whose driver hangs is taken last from then on, also by the next start.
#[test]
fn a_member_that_hung_is_taken_last_after_a_restart() {
    let s = Scene::new();
    let watched = Watched::start(&s, &config());
    s.ready();
    s.pi.call(&["member", "wlan0", "down"]);
    wait_until("wlan0 down", SHORT, || {
        s.pi.ns
            .ip("link show up")
            .lines()
            .all(|line| !line.contains(": wlan0:"))
    });
    let held = Rtnl::hold();
    // Its driver is asked, and does not answer.
    let (code, _, said) = s.pi.wifibond(&["member", "wlan0", "up"]);
    assert_eq!(code, 1);
    assert!(said.contains("the kernel has not answered yet"), "{said}");
    s.pi.wait("it is said whose driver it is", SHORT, |st| {
        let problems = st["problems"].to_string();
        problems.contains("wlan0: set it up") && problems.contains("its driver did not answer")
    });
    // As the init system does after its watchdog; the next start meets the same kernel.
    watched.daemon.kill9();
    let watched = Watched::start(&s, &config());
    wait_until("ready", LONG, || watched.look().1);
    quick_status(&s);
    drop(held);
    s.pi.wait("wlan1 carries on", LONG, |st| status::active(st) == "wlan1");
    // The one that was killed inside the kernel has ended, and has left nobody behind.
    wait_until("one helper", SHORT, || helpers(&s).len() == 1);
    // All is taken down, and taken up again.
    let code = watched.daemon.terminate(Duration::from_secs(20)).code();
    assert_eq!(code, Some(0), "{}", watched.daemon.log());
    wait_until("no helper", SHORT, || helpers(&s).is_empty());
    assert_eq!(s.pi.kernel_members(), Vec::<String>::new());
    let begun = Instant::now();
    let watched = Watched::start(&s, &config());
    s.pi.wait("wlan1 alone, and why", LONG, |st| {
        let problems = st["problems"].to_string();
        status::active(st) == "wlan1" && problems.contains("its driver did not answer in time")
    });
    s.answers();
    assert_eq!(s.pi.kernel_members(), ["wlan1"]);
    s.ready();
    let came = begun.elapsed();
    assert!(came > Duration::from_secs(30), "it came after {came:?}");
    // It came up in time: the mark goes.
    let marks = || s.pi.ns.run("ls", &["/run/wifibond"]).contains("slow.");
    wait_until("no mark", SHORT, || !marks());
    watched.look();
}

/// By the name that it gives itself.
fn helpers(s: &Scene) -> Vec<i32> {
    s.pi.ns.processes_named("wifibond-kernel")
}

#[test]
fn the_helper_ends_with_the_daemon_and_the_daemon_with_it() {
    let s = Scene::running();
    let supplicants = s.pi.supplicants();
    let [first] = helpers(&s)[..] else {
        panic!("one helper");
    };
    let pings = s.pings();
    pings.wait_answers(10, LONG);
    // It is missed, said, and there again with the next start.
    let pid = nix::unistd::Pid::from_raw(first);
    nix::sys::signal::kill(pid, Signal::SIGKILL).expect("a signal");
    assert_eq!(s.pi.wait_exit(SHORT).code(), Some(1));
    let log = s.pi.log();
    assert!(
        log.contains("the process for requests to the kernel has ended"),
        "{log}"
    );
    s.pi.start_again();
    s.ready();
    let second = helpers(&s);
    assert!(second.len() == 1 && second != [first], "{second:?}");
    // A crash of the daemon.
    s.pi.kill9();
    wait_until("no helper", SHORT, || helpers(&s).is_empty());
    s.pi.start_again();
    s.ready();
    // Left for the next start, as `systemctl restart` does.
    s.pi.signal(Signal::SIGUSR1);
    assert_eq!(s.pi.wait_exit(SHORT).code(), Some(0));
    wait_until("no helper", SHORT, || helpers(&s).is_empty());
    s.pi.start_again();
    s.ready();
    assert_eq!(pings.stop().lost(), 0);
    assert_eq!(s.pi.supplicants(), supplicants);
    // Signals that go to all, as from a terminal, are the daemon's alone.
    let helper = helpers(&s);
    for signal in [
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGHUP,
        Signal::SIGUSR1,
    ] {
        let pid = nix::unistd::Pid::from_raw(helper[0]);
        nix::sys::signal::kill(pid, signal).expect("a signal");
    }
    assert_eq!(s.pi.terminate().code(), Some(0));
    assert_eq!(s.pi.kernel_members(), Vec::<String>::new());
    wait_until("no helper", SHORT, || helpers(&s).is_empty());
}

#[test]
fn a_client_that_closes_its_side_is_answered() {
    let s = Scene::new();
    s.pi.start(&config());
    s.pi.wait("an answer", LONG, |_| true);
    let mut stream =
        UnixStream::connect(s.pi.ns.path("/run/wifibond/control.sock")).expect("the socket");
    stream.write_all(b"status text 80\n").expect("a request");
    stream.shutdown(Shutdown::Write).expect("one side closed");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.contains("Bond bond0"), "{answer:?}");
    s.pi.signal(Signal::SIGTERM);
}
