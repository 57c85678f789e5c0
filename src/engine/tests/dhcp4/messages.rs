//! What questions and answers hold.
use super::*;

#[test]
fn many_classless_routes_leave_room_for_the_default_route() {
    let mut net = Net::start(&config(), ServerBehaviour::Answers);
    let mut routes: Vec<u8> = Vec::new();
    // Each by a router of its own that is outside the subnet.
    for number in 0..9 {
        routes.extend([16, 10, number, 172, 16, 0, number]);
    }
    routes.extend([0, 172, 16, 0, 99]);
    net.more = [&[121, routes.len() as u8][..], &routes].concat();
    net.join(WLAN0);
    assert!(net.has_default());
    let routes = net.world.engine.observed().routes();
    assert_eq!(routes.filter(|r| r.protocol == OUR_PROTOCOL).count(), 16);
    let mut said = net.world.engine.journal().since(0);
    assert!(said.any(|r| r.text.contains("2 routes more than the 8")));
}

#[test]
fn servers_know_us_by_the_identifier_of_the_file() {
    let mut file = config();
    let mut duid = vec![0, 4];
    duid.extend(1..=128);
    file.duid = Some(heapless::Vec::from_slice(&duid).unwrap());
    file.bond.ip.ipv4.iaid = Some(0x0102_0304);
    let mut net = Net::start(&file, ServerBehaviour::Answers);
    net.join(WLAN0);
    let expected = [&[255, 1, 2, 3, 4][..], &duid].concat();
    assert!(net.take().iter().all(|asked| asked.client == expected));
    {
        let status = status::status(&net.world.engine, net.world.now);
        assert_eq!(status.links[0].iaid, Some(0x0102_0304));
        assert!(
            status
                .duid
                .unwrap()
                .0
                .to_string()
                .starts_with("00:04:01:02:03:")
        );
    }
    // Another one is used from the next question on, which goes at once.
    net.world
        .engine
        .handle(net.world.now, Event::Config(&config()));
    net.run();
    let asked = net.take();
    assert_eq!(asked[0].client[5..], [0, 3, 0, 1, 2, 0, 0, 0, 0, 0x1f]);
    let same = Event::Config(&config());
    net.world.engine.handle(net.world.now, same);
    net.run();
    assert_eq!(net.kinds(), []);
}

#[test]
fn answers_to_others_are_not_ours() {
    let mut net = Net::start(&config(), ServerBehaviour::Silent);
    net.join(WLAN0);
    net.behaviour = ServerBehaviour::Rapid;
    let mut out = [0; MAX_ASK];
    net.world.now += 200;
    net.world.engine.tick(net.world.now);
    let engine = &net.world.engine;
    let (length, _) = engine
        .dhcp4_message(net.world.now, "bond0", false, &mut out)
        .unwrap();
    let good = net.reply(&out[..length]).unwrap();
    let link = net.world.bond().0;
    for place in [4, 28] {
        let mut other = good.clone();
        other[place] ^= 0x40;
        let message = &other[..];
        net.world
            .engine
            .handle(net.world.now, Event::Dhcp4 { link, message });
        assert!(net.world.engine.dhcp4("bond0").unwrap().lease.is_none());
    }
    let message = &good[..];
    net.world
        .engine
        .handle(net.world.now, Event::Dhcp4 { link, message });
    assert!(net.world.engine.dhcp4("bond0").unwrap().lease.is_some());
}
