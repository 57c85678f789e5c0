//! What questions and answers hold.
use super::*;

#[test]
fn many_classless_routes_leave_room_for_the_default_route() {
    let mut world = start(&config(), ServerBehaviour::Answers);
    let mut routes: Vec<u8> = Vec::new();
    // Each by a router of its own that is outside the subnet.
    for number in 0..9 {
        routes.extend([16, 10, number, 172, 16, 0, number]);
    }
    routes.extend([0, 172, 16, 0, 99]);
    world.server.more = [&[121, routes.len() as u8][..], &routes].concat();
    world.join(WLAN0);
    assert!(world.bond_has_default());
    let routes = world.engine.observed().routes();
    assert_eq!(routes.filter(|r| r.protocol == OUR_PROTOCOL).count(), 16);
    assert!(world.recorded("2 routes more than the 8") > 0);
}

#[test]
fn servers_know_us_by_the_identifier_of_the_file() {
    let mut file = config();
    let mut duid = vec![0, 4];
    duid.extend(1..=128);
    file.duid = Some(heapless::Vec::from_slice(&duid).unwrap());
    file.bond.ip.ipv4.iaid = Some(0x0102_0304);
    let mut world = start(&file, ServerBehaviour::Answers);
    world.join(WLAN0);
    let expected = [&[255, 1, 2, 3, 4][..], &duid].concat();
    assert!(world.asked().iter().all(|asked| asked.client() == expected));
    {
        let status = world.status();
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
    world.tell(Event::Config(&config()));
    let asked = world.asked();
    assert_eq!(asked[0].client()[5..], [0, 3, 0, 1, 2, 0, 0, 0, 0, 0x1f]);
    let same = Event::Config(&config());
    world.tell(same);
    assert_eq!(world.kinds(), []);
}

#[test]
fn the_tftp_server_of_a_lease_is_shown() {
    let mut world = start(&config(), ServerBehaviour::Answers);
    world.server.more = [&[66, 12][..], b"tftp.example"].concat();
    world.join(WLAN0);
    let page = status::text::page(&world.engine, None, world.at()).to_string();
    assert!(page.contains("TFTP server tftp.example\n"), "{page}");
    let status = world.status();
    let lease = status.links[0].lease.as_ref().unwrap();
    assert_eq!(lease.tftp_server, Some("tftp.example"));
}

#[test]
fn answers_to_others_are_not_ours() {
    let mut world = start(&config(), ServerBehaviour::Silent);
    world.join(WLAN0);
    world.server.behaviour = ServerBehaviour::Rapid;
    world.tick_at(world.now + 200);
    let link = world.bond().0;
    let question = message(&world.engine, world.now, link, Family::V4, false);
    let good = world.server.reply4(&question).unwrap();
    for place in [4, 28] {
        let mut other = good.clone();
        other[place] ^= 0x40;
        world.handle(received(link, Family::V4, &other));
        assert!(world.client4().lease().is_none());
    }
    world.handle(received(link, Family::V4, &good));
    assert!(world.client4().lease().is_some());
}
