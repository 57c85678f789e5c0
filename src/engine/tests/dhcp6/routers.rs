//! What routers advertise: name servers, search domains, routes.
use super::*;

#[test]
fn what_routers_tell_holds_for_its_time() {
    let mut world = start(Ipv6Mode::Auto, ServerBehaviour::Silent);
    world.join(WLAN0);
    let asks = |world: &mut World| {
        let done = world.take();
        done.iter()
            .filter(|a| matches!(a.packet(), Some(Packet::RouterSolicitation)))
            .count()
    };
    world.wait(60_000);
    assert_eq!(asks(&mut world), 3, "nobody answers");
    let link = world.bond().0;
    let mut options = vec![25, 3, 0, 0, 0, 0, 2, 88];
    options.extend("fe80::53".parse::<Ipv6Addr>().unwrap().octets());
    options.extend(b"\x1f\x03\0\0\0\0\x02\x58\x03lan\x07example\0\0\0\0");
    world.tell(Event::Router {
        link,
        options: &options,
    });
    let text = crate::engine::dns::resolver(&world.engine).to_string();
    assert!(
        text.ends_with("search lan.example\nnameserver fe80::53%bond0\n"),
        "{text}"
    );
    world.join(WLAN1);
    world.lose(WLAN0);
    assert_eq!(asks(&mut world), 1, "after a fail-over");
    world.wait(600_000);
    let text = crate::engine::dns::resolver(&world.engine).to_string();
    assert!(!text.contains("nameserver"), "{text}");
}

impl World {
    /// An advertisement of this name server, for so many seconds.
    fn advertise(&mut self, server: Ipv6Addr, seconds: u32) {
        let link = self.bond().0;
        let mut options = vec![25, 3, 0, 0];
        options.extend(seconds.to_be_bytes());
        options.extend(server.octets());
        self.tell(Event::Router {
            link,
            options: &options,
        });
    }

    fn servers(&self) -> Vec<core::net::IpAddr> {
        let list = crate::engine::dns::resolver(&self.engine).servers;
        list.iter().map(|server| server.address).collect()
    }

    fn writes(&mut self) -> usize {
        let done = self.take();
        let writes = done
            .iter()
            .filter(|a| matches!(a, Action::Store(Store::Resolver { .. })));
        writes.count()
    }
}

#[test]
fn six_hundred_changing_advertisements_in_a_minute_are_three_writes() {
    for seconds in [1, 600] {
        let mut world = start(Ipv6Mode::Auto, ServerBehaviour::Silent);
        world.join(WLAN0);
        world.advertise(lent(0x53), 600);
        assert_eq!(world.writes(), 1);
        for number in 0..600 {
            world.advertise(lent(0x1000 + number), seconds);
            world.wait(100);
        }
        let writes = world.writes();
        assert!((1..=2).contains(&writes), "{writes} more, {seconds} s each");
        // Who was there first stays in front.
        assert_eq!(world.servers()[0], lent(0x53));
        // What holds in the end is written in the end, and then there is rest.
        world.wait(60_000);
        assert!(world.writes() <= 1);
        world.wait(400_000);
        assert!(world.writes() <= 1);
    }
}

#[test]
fn another_network_s_name_servers_are_written_at_once_and_come_first() {
    let mut world = start(Ipv6Mode::Auto, ServerBehaviour::Silent);
    world.join(WLAN0);
    world.join(WLAN1);
    for number in 0..600 {
        world.advertise(lent(0x1000 + number), 600);
        world.wait(10);
    }
    world.writes();
    world.lose(WLAN0);
    world.wait(100);
    world.writes();
    world.advertise(lent(0x53), 600);
    assert_eq!(world.writes(), 1);
    assert_eq!(world.servers()[0], lent(0x53));
    // A router that takes its word back.
    world.advertise(lent(0x53), 0);
    assert_ne!(world.servers()[0], lent(0x53));
}

#[test]
fn the_metric_of_advertised_routes_follows_the_file() {
    let mut world = start(Ipv6Mode::Auto, ServerBehaviour::Silent);
    let set = |world: &mut World| -> Vec<Option<u32>> {
        let done = world.take();
        done.iter()
            .filter_map(|a| match a {
                Action::Kernel(KernelRequest::Setting(SettingRequest::Sysctls {
                    values, ..
                })) => Some(values.and_then(|t| t.routers)),
                _ => None,
            })
            .collect()
    };
    assert_eq!(set(&mut world), [Some(100)]);
    world.join(WLAN0);
    world.wait(60_000);
    world.take();
    let mut other = config(Ipv6Mode::Auto);
    other.bond.ip.ipv6.metric = 50;
    world.tell(Event::Config(&other));
    assert_eq!(set(&mut world), [Some(50)]);
    other.bond.ip.ipv6.mode = Ipv6Mode::Off;
    world.tell(Event::Config(&other));
    assert_eq!(set(&mut world), [None]);
}
