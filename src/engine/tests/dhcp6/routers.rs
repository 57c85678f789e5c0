//! What routers advertise: name servers, search domains, routes.
use super::*;

#[test]
fn what_routers_tell_holds_for_its_time() {
    let mut net = Net::start(Ipv6Mode::Auto, ServerBehaviour::Silent);
    net.join(WLAN0);
    let asks = |net: &mut Net| {
        let done = net.world.take();
        done.iter()
            .filter(|a| matches!(a, Action::SolicitRouter { .. }))
            .count()
    };
    net.wait(60_000);
    assert_eq!(asks(&mut net), 3, "nobody answers");
    let link = net.bond();
    let mut options = vec![25, 3, 0, 0, 0, 0, 2, 88];
    options.extend("fe80::53".parse::<Ipv6Addr>().unwrap().octets());
    options.extend(b"\x1f\x03\0\0\0\0\x02\x58\x03lan\x07example\0\0\0\0");
    net.handle(Event::Router {
        link,
        options: &options,
    });
    net.run();
    let text = crate::engine::dns::resolver(&net.world.engine).to_string();
    assert!(
        text.ends_with("search lan.example\nnameserver fe80::53%bond0\n"),
        "{text}"
    );
    net.join(WLAN1);
    net.lose(WLAN0);
    assert_eq!(asks(&mut net), 1, "after a fail-over");
    net.wait(600_000);
    let text = crate::engine::dns::resolver(&net.world.engine).to_string();
    assert!(!text.contains("nameserver"), "{text}");
}

impl Net {
    /// An advertisement of this name server, for so many seconds.
    fn advertise(&mut self, server: Ipv6Addr, seconds: u32) {
        let link = self.bond();
        let mut options = vec![25, 3, 0, 0];
        options.extend(seconds.to_be_bytes());
        options.extend(server.octets());
        self.handle(Event::Router {
            link,
            options: &options,
        });
        self.run();
    }

    fn servers(&self) -> Vec<core::net::IpAddr> {
        let list = crate::engine::dns::resolver(&self.world.engine).servers;
        list.iter().map(|server| server.address).collect()
    }

    fn writes(&mut self) -> usize {
        let done = self.world.take();
        let writes = done.iter().filter(|a| matches!(a, Action::WriteResolver));
        writes.count()
    }
}

#[test]
fn six_hundred_changing_advertisements_in_a_minute_are_three_writes() {
    for seconds in [1, 600] {
        let mut net = Net::start(Ipv6Mode::Auto, ServerBehaviour::Silent);
        net.join(WLAN0);
        net.advertise(lent(0x53), 600);
        assert_eq!(net.writes(), 1);
        for number in 0..600 {
            net.advertise(lent(0x1000 + number), seconds);
            net.wait(100);
        }
        let writes = net.writes();
        assert!((1..=2).contains(&writes), "{writes} more, {seconds} s each");
        // Who was there first stays in front.
        assert_eq!(net.servers()[0], lent(0x53));
        // What holds in the end is written in the end, and then there is rest.
        net.wait(60_000);
        assert!(net.writes() <= 1);
        net.wait(400_000);
        assert!(net.writes() <= 1);
    }
}

#[test]
fn another_network_s_name_servers_are_written_at_once_and_come_first() {
    let mut net = Net::start(Ipv6Mode::Auto, ServerBehaviour::Silent);
    net.join(WLAN0);
    net.join(WLAN1);
    for number in 0..600 {
        net.advertise(lent(0x1000 + number), 600);
        net.wait(10);
    }
    net.writes();
    net.lose(WLAN0);
    net.wait(100);
    net.writes();
    net.advertise(lent(0x53), 600);
    assert_eq!(net.writes(), 1);
    assert_eq!(net.servers()[0], lent(0x53));
    // A router that takes its word back.
    net.advertise(lent(0x53), 0);
    assert_ne!(net.servers()[0], lent(0x53));
}

#[test]
fn the_metric_of_advertised_routes_follows_the_file() {
    let mut net = Net::start(Ipv6Mode::Auto, ServerBehaviour::Silent);
    let set = |net: &mut Net| -> Vec<Option<u32>> {
        let done = net.world.take();
        done.iter()
            .filter_map(|a| match a {
                Action::SetSysctls { values, .. } => Some(values.and_then(|t| t.routers)),
                _ => None,
            })
            .collect()
    };
    assert_eq!(set(&mut net), [Some(100)]);
    net.join(WLAN0);
    net.wait(60_000);
    net.world.take();
    let mut other = config(Ipv6Mode::Auto);
    other.bond.ip.ipv6.metric = 50;
    net.handle(Event::Config(&other));
    net.run();
    assert_eq!(set(&mut net), [Some(50)]);
    other.bond.ip.ipv6.mode = Ipv6Mode::Off;
    net.handle(Event::Config(&other));
    net.run();
    assert_eq!(set(&mut net), [None]);
}
