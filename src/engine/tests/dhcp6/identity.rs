//! What tells a server who asks.
use super::*;

/// The next question, as it would leave.
fn next_question(world: &World) -> Vec<u8> {
    let link = world.bond().0;
    message(&world.engine, u64::MAX, link, Family::V6, false)
}

/// RFC 8415, 21.2 and 21.4: the Client Identifier option holds the DUID, and the option
/// IA_NA (3) begins with the IAID.
#[test]
fn servers_know_us_by_the_identifiers_of_the_file() {
    let mut world = start(Ipv6Mode::Dhcp, ServerBehaviour::Silent);
    world.join(WLAN0);
    let has = |question: &[u8], part: &[u8]| question.windows(part.len()).any(|w| w == part);
    let association = |iaid: u32| [&[0, 3, 0, 12][..], &iaid.to_be_bytes()].concat();
    let question = next_question(&world);
    assert!(has(&question, &option6(1, &DUID)), "{question:?}");
    assert!(has(&question, &association(iaid("bond0"))), "{question:?}");

    let duid = [0, 4, 0xaa, 0xbb, 0xcc, 0xdd];
    let mut file = config(Ipv6Mode::Dhcp);
    file.duid = Some(heapless::Vec::from_slice(&duid).unwrap());
    file.bond.ip.ipv6.iaid = Some(0x0102_0304);
    world.tell(Event::Config(&file));
    let question = next_question(&world);
    assert!(has(&question, &option6(1, &duid)), "{question:?}");
    assert!(has(&question, &association(0x0102_0304)), "{question:?}");
    let status = world.status();
    assert_eq!(status.links[0].iaid6, Some(0x0102_0304));
}
