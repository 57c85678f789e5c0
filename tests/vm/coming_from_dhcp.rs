//! What the DHCP clients of the old ways do, each shown by a test that fails without it here.
//! The rest of the README's table is in `coming_from`.

use crate::lab;
use crate::lab::scene::{ADDRESS, GATEWAY, LONG, MAC1, SHORT, config};
use crate::lab::{Lan, Process, Scene, status, wait_until};
use serde_json::{Value, json};

/// What the old unit sleeps before dhclient, in milliseconds.
const SLEEP_MS: u64 = 8_000;

/// The usual bond with these two blocks.
fn with(ipv4: Value, ipv6: Value) -> Value {
    let mut file = config();
    file["bond"]["ipv4"] = ipv4;
    file["bond"]["ipv6"] = ipv6;
    file
}

/// tcpdump on the network behind the access point; its lines begin with the time in seconds.
#[track_caller]
fn listen(lan: &Lan, filter: &str) -> Process {
    let mut command = lan.ns.command("tcpdump");
    command.args(["-Z", "root", "-i", "br0", "-tt", "-l", "-n", filter]);
    let log = std::env::temp_dir().join("heard-on-the-lan.log");
    let _ = std::fs::remove_file(&log);
    let ear = Process::start(command, &log);
    ear.wait_log("listening on", SHORT);
    ear
}

/// The second in which a line of tcpdump's was heard.
fn second(line: &str) -> Option<f64> {
    line.split(' ').next()?.parse().ok()
}

/// `ExecStartPre=sleep 8`: the page waits for a member, so that dhclient does not ask under
/// the address of the primary, which has no link. Here nothing is asked before a member is
/// authorised, then at once, and under that member's address.
#[test]
fn a_lease_is_asked_for_as_soon_as_a_member_is_authorised() {
    let s = Scene::new();
    s.lan.serve_dhcp("192.168.43.100,192.168.43.110,2m");
    s.wlan0.out_of_range();
    let ear = listen(&s.lan, "udp and dst port 67");
    s.pi.start(&with(json!({ "dhcp": true }), json!({ "mode": "off" })));
    s.pi.wait("a lease", LONG, |st| status::leased(st, "bond0"));
    let events = s.pi.events();
    // One answer, one clock: `ago_ms` of both.
    let ago = |kind: &str, link: &str, text: &str| {
        let events = events.as_array().expect("an array");
        let event = events.iter().find(|event| {
            event["kind"] == kind
                && event["link"] == link
                && event["text"].as_str().is_some_and(|t| t.contains(text))
        });
        let event = event.unwrap_or_else(|| panic!("no {kind} of {link} in {events:#?}"));
        event["ago_ms"].as_u64().expect("a number")
    };
    let authorised = ago("radio", "wlan1", "authorised");
    let got = ago("lease", "bond0", " from 192.168.43.1 for ");
    assert!(
        got <= authorised,
        "first authorised, then leased: {events:#}"
    );
    assert!(authorised - got < SLEEP_MS / 4, "{events:#}");
    let question = "BOOTP/DHCP, Request";
    wait_until("the question in the capture", SHORT, || {
        ear.log().contains(question)
    });
    let heard = ear.log();
    let questions: Vec<&str> = heard.lines().filter(|l| l.contains(question)).collect();
    let ours = format!("Request from {MAC1}");
    assert!(questions.iter().all(|line| line.contains(&ours)), "{heard}");
}

/// `initial-interval`, `reboot`, `timeout`, `retry`, `backoff-cutoff`: quick at first, then
/// ever more seldom (RFC 2131, 4.1), and never given up.
#[test]
fn without_an_answer_it_is_asked_ever_more_seldom() {
    let s = Scene::new();
    let ear = listen(&s.lan, "udp and dst port 67");
    let mut config = with(json!({ "dhcp": true }), json!({ "mode": "off" }));
    // Of two members the other one would be tried after 12 s, with questions anew.
    config["bond"]["members"] = json!(["wlan0"]);
    s.pi.start(&config);
    let asked = || -> Vec<f64> {
        let log = ear.log();
        let questions = log.lines().filter(|l| l.contains("BOOTP/DHCP, Request"));
        questions.filter_map(second).collect()
    };
    // 0, 0.2, 0.5, 1, 2 s; then 4 and 8 s later, each moved by up to 1 s.
    wait_until("seven questions", LONG, || asked().len() >= 7);
    let asked = asked();
    let gaps: Vec<f64> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let expected = [
        (0.2, 0.0),
        (0.3, 0.0),
        (0.5, 0.0),
        (1.0, 0.0),
        (4.0, 1.0),
        (8.0, 1.0),
        (16.0, 1.0),
    ];
    // The first may be lost: the station was authorised a moment before.
    let lost = usize::from(gaps[0] > 0.25);
    let expected = expected.into_iter().skip(lost);
    for (n, (gap, (wait, moved))) in gaps.iter().zip(expected).enumerate() {
        // A busy machine sends late; the next one is then less far away.
        let near = (wait - moved - 0.15)..=(wait + moved + 0.15);
        assert!(near.contains(gap), "gap {n} is {gap} s: {gaps:?}");
    }
    let st = s.pi.status();
    assert!(
        status::link(&st, "bond0")["asking_ms"].as_u64() > Some(12_000),
        "{st:#}"
    );
}

/// `dhcp6c.conf`: `send ia-na`, `send rapid-commit`, `request domain-name-servers`, with a
/// server that nobody advertises, so that all of it can only come from DHCPv6.
#[test]
fn dhcpv6_alone_gives_address_and_name_servers_in_two_messages() {
    let s = Scene::new();
    s.lan.ns.ip("address replace fd00:43::1/64 dev br0 nodad");
    let mut server = s.lan.ns.command("dnsmasq");
    server.args(["--keep-in-foreground", "--conf-file=/dev/null", "--port=0"]);
    server.args([
        "--user=root",
        "--group=root",
        "--log-facility=-",
        "--log-dhcp",
    ]);
    server.args(["--bind-interfaces", "--pid-file=", "--interface=br0"]);
    server.arg("--dhcp-range=fd00:43::100,fd00:43::1ff,64,2m");
    server.arg("--dhcp-option=option6:dns-server,[fd00:43::53]");
    server.arg("--dhcp-option=option6:domain-search,six.example");
    server.arg("--dhcp-option=option6:ntp-server,[fd00:43::7]");
    server.arg("--dhcp-leasefile=/tmp/leases-without-a-router");
    let log = std::env::temp_dir().join("server-without-a-router.log");
    let _ = std::fs::remove_file(&log);
    let server = Process::start(server, &log);
    server.wait_log("DHCPv6, IP range", SHORT);
    s.pi.ns.run("mkdir", &["-p", "/run/systemd"]);
    let ear = listen(&s.lan, "udp port 547 or udp port 546");
    s.pi.start(&with(json!({ "dhcp": false }), json!({ "mode": "dhcp" })));
    let st = s.pi.wait("a lease of DHCPv6", LONG, |st| {
        status::link(st, "bond0")["lease6"]["address"].is_string()
    });
    assert_eq!(st["dns"], json!(["fd00:43::53"]), "{st:#}");
    wait_until("the search list", SHORT, || {
        let file = s.pi.ns.read("/run/wifibond/resolv.conf");
        file.is_some_and(|text| {
            text.contains("search six.example\n") && text.contains("nameserver fd00:43::53\n")
        })
    });
    wait_until("the time server", SHORT, || {
        let file =
            s.pi.ns
                .read("/run/systemd/timesyncd.conf.d/50-wifibond.conf");
        file.is_some_and(|text| text.contains("NTP=fd00:43::7\n"))
    });
    // RFC 8415, 18.3.1: a Solicit with the Rapid Commit option is answered by a Reply at once.
    wait_until("the answer in the capture", SHORT, || {
        ear.log().contains("dhcp6 reply")
    });
    let heard = ear.log();
    let kinds: Vec<&str> = heard
        .lines()
        .filter_map(|line| line.split("dhcp6 ").nth(1))
        .filter_map(|rest| rest.split([' ', '(']).next())
        .collect();
    assert_eq!(kinds, ["solicit", "reply"], "{heard}{}", server.log());
    assert!(server.log().contains("DHCPREPLY"), "{}", server.log());
}

/// netctl's `IP6=stateless` and `IP6=no`: with `off`, advertisements are not even listened to.
#[test]
fn ipv6_is_turned_on_and_off() {
    let s = Scene::new();
    s.lan.serve_ipv6("fd00:43::1/64", "fd00:43::,ra-only,64");
    let mode = |mode: &str| {
        with(
            lab::scene::static_ipv4(&format!("{ADDRESS}/24"), GATEWAY, 100),
            json!({ "mode": mode }),
        )
    };
    let addresses = || s.pi.ns.ip("-6 address show dev bond0");
    let routes = || s.pi.ns.ip("-6 route show default");
    // As on machines whose defaults ignore router advertisements.
    let ignored = ["-qw", "net.ipv6.conf.default.accept_ra=0"];
    s.pi.ns.run("sysctl", &ignored);
    s.pi.start(&mode("auto"));
    wait_until("an address of the router", LONG, || {
        addresses().contains("fd00:43::") && routes().contains("bond0")
    });
    s.pi.reload_with(&mode("off"));
    wait_until("no IPv6 at all", SHORT, || {
        addresses().is_empty() && routes().is_empty()
    });
    assert!(status::online(&s.pi.status()), "IPv4 goes on");
    s.pi.reload_with(&mode("auto"));
    wait_until("the address again", LONG, || {
        addresses().contains("fd00:43::") && routes().contains("bond0")
    });
}
