//! What the released program takes of the memory, with all that it does behind it.

use crate::lab::scene::{LONG, MAC0, config};
use crate::lab::{Memory, Scene, status};
use serde_json::json;

/// KiB (PSS), with two members, a lease, and after a status, a reload and a fail-over.
const BAR: u64 = 1228;
/// KiB of it that are stack, of both processes: an engine or a configuration by value in a frame
/// would be more than 100 each.
const STACK_BAR: u64 = 168;
const RANGE: &str = "192.168.43.100,192.168.43.110,2m";

/// The other programs here are built for tests, three times as large.
#[test]
fn the_released_program_with_two_members_and_a_lease() {
    let s = Scene::new();
    s.lan.serve_dhcp(RANGE);
    s.pi.run_released();
    let mut file = config();
    file["bond"]["ipv4"] = json!({ "dhcp": true });
    s.pi.start(&file);
    let online = |st: &serde_json::Value| {
        status::authorized(st, "wlan0")
            && status::authorized(st, "wlan1")
            && status::active(st) == "wlan0"
            && st["links"][0]["lease"].is_object()
    };
    s.pi.wait("both members, and a lease", LONG, online);
    s.pi.call(&["status"]);
    file["bond"]["ipv4"]["metric"] = json!(150);
    s.pi.reload_with(&file);
    let metric = |st: &serde_json::Value| {
        let routes = st["links"][0]["routes"].as_array();
        routes.is_some_and(|routes| routes.iter().any(|route| route["metric"] == 150))
    };
    s.pi.wait("the other metric", LONG, metric);
    s.ap.deauthenticate(MAC0);
    let switched = |st: &serde_json::Value| st["bond"]["switches"].as_u64() >= Some(2);
    s.pi.wait("there and back again", LONG, switched);
    s.pi.wait("both members once more", LONG, online);
    s.pi.call(&["events"]);

    let memory = Memory::of(s.pi.pid());
    println!("{memory:?} KiB");
    let parts = Memory::parts(s.pi.pid());
    for (part, kib) in &parts {
        println!("{kib:>6} {part}");
    }
    assert!(memory.proportional <= BAR, "{memory:?}");
    assert!(parts["[stack]"] <= STACK_BAR, "{parts:?}");
}
