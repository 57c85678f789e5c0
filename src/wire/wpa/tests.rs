use super::*;

#[test]
fn events_as_wpa_supplicant_2_10_writes_them() {
    let keys = "<3>WPA: Key negotiation completed with 02:00:00:00:05:00 [PTK=CCMP GTK=CCMP]";
    assert_eq!(parse(keys), Message::KeysNegotiated);
    assert_eq!(parse("<3>WPA: Group rekeying completed"), Message::Other);
    assert_eq!(
        parse("<3>CTRL-EVENT-CONNECTED - Connection to 02:00:00:00:05:00 completed [id=0 id_str=]"),
        Message::Connected
    );
    assert_eq!(
        parse("<3>CTRL-EVENT-DISCONNECTED bssid=02:00:00:00:05:00 reason=3 locally_generated=1"),
        Message::Disconnected {
            reason: 3,
            local: true
        }
    );
    assert_eq!(
        parse(
            "<3>CTRL-EVENT-SSID-TEMP-DISABLED id=0 ssid=\"my ssid=\\\"x\\\" net\" auth_failures=1 duration=10 reason=WRONG_KEY"
        ),
        Message::Disabled {
            ssid: "my ssid=\\\"x\\\" net",
            wrong_key: true,
            seconds: 10
        }
    );
    assert_eq!(
        parse(
            "<3>CTRL-EVENT-AUTH-REJECT 02:00:00:00:05:00 auth_type=3 auth_transaction=2 status_code=15"
        ),
        Message::AuthRejected {
            sae: true,
            status: 15
        }
    );
    assert_eq!(
        parse("<3>SME: Trying to authenticate with 02:00:00:00:05:00 (SSID='a' freq=2412 MHz)"),
        Message::Associating {
            ssid: "a",
            frequency: 2412
        }
    );
    assert_eq!(
        parse(
            "<3>CTRL-EVENT-EAP-TLS-CERT-ERROR reason=1 depth=0 subject='/CN=a err='b' err='unable to get local issuer certificate'"
        ),
        Message::BadCertificate {
            why: "unable to get local issuer certificate"
        }
    );
    assert_eq!(
        parse("<3>CTRL-EVENT-EAP-FAILURE EAP authentication failed"),
        Message::EapFailed
    );
    assert_eq!(
        parse("<3>CTRL-EVENT-EAP-SUCCESS EAP authentication completed successfully"),
        Message::EapSucceeded
    );
    assert_eq!(
        parse("<3>CTRL-EVENT-EAP-STARTED EAP authentication started"),
        Message::EapStarted
    );
    assert_eq!(parse("<3>CTRL-EVENT-SCAN-STARTED "), Message::ScanStarted);
    assert_eq!(parse("<3>CTRL-EVENT-SCAN-RESULTS "), Message::ScanEnded);
    let failed = "<3>CTRL-EVENT-SCAN-FAILED ret=-16 retry=1";
    assert_eq!(parse(failed), Message::ScanFailed);
    assert_eq!(
        parse(
            "<3>CTRL-EVENT-CHANNEL-SWITCH freq=2462 ht_enabled=0 ch_offset=0 ch_width=20 MHz (no HT) cf1=2462 cf2=0"
        ),
        Message::ChannelSwitched { frequency: 2462 }
    );
    let change = "<3>CTRL-EVENT-REGDOM-CHANGE init=USER type=COUNTRY alpha2=BE";
    assert_eq!(parse(change), Message::RegulatoryChange);
    for (text, above, signal) in [
        ("above=0 signal=-74 noise=-95 txrate=6500", false, Some(-74)),
        ("above=1 signal=-61 noise=9999 txrate=0", true, Some(-61)),
        ("above=0 signal=0", false, None),
        ("", false, None),
    ] {
        let text = format!("<3>CTRL-EVENT-SIGNAL-CHANGE {text}");
        assert_eq!(parse(&text), Message::SignalChanged { above, signal });
    }
    assert_eq!(parse("<3>CTRL-EVENT-SOMETHING-NEW x"), Message::Other);
}

#[test]
fn what_is_no_event_is_a_reply() {
    assert_eq!(parse("OK\n"), Message::Reply("OK"));
    assert_eq!(parse("<x>OK"), Message::Reply("<x>OK"));
    assert_eq!(parse(""), Message::Reply(""));
}

#[test]
fn status_and_signal() {
    let status =
        parse_status("bssid=02:00:00:00:05:00\nfreq=2412\nssid=a=b c\nwpa_state=COMPLETED\n");
    assert_eq!(
        status,
        Status {
            state: "COMPLETED",
            ssid: "a=b c",
            bssid: "02:00:00:00:05:00",
            frequency: 2412,
            pae: "",
        }
    );
    let wired = "wpa_state=ASSOCIATED\nSupplicant PAE state=HELD\nEAP state=FAILURE\n";
    assert_eq!(parse_status(wired).pae, "HELD");
    assert_eq!(parse_status("FAIL\n"), Status::default());
    assert_eq!(parse_signal("RSSI=-30\nLINKSPEED=54\n"), Some(-30));
    assert_eq!(parse_signal("RSSI=-9999\n"), None);
    assert_eq!(parse_signal("FAIL\n"), None);
    let counts = "TXGOOD=12\nTXBAD=4294967295\nRXGOOD=7\n";
    let (sent, failed) = (12, u32::MAX);
    assert_eq!(parse_packets(counts), Some(Packets { sent, failed }));
    assert_eq!(parse_packets("FAIL\n"), None);
    assert_eq!(parse_packets("TXGOOD=-1\nTXBAD=0\n"), None);
    let both = "RSSI=-30\nLINKSPEED=54\nAVG_RSSI=-36\n";
    assert_eq!(parse_signal(both), Some(-30));
    assert_eq!(parse_average_signal(both), Some(-36));
    assert_eq!(parse_average_signal("RSSI=-30\nAVG_RSSI=0\n"), Some(-30));
    let monitored = format!("THRESHOLD={MONITORED} ");
    assert!(Request::SignalMonitor.text().contains(&monitored));
}

#[test]
fn requests_have_room_for_all_channels() {
    let all = Request::ScanChannels(Channels::ALL).text();
    assert!(all.starts_with("SCAN freq=2412,2417,") && all.ends_with(",7115"));
    assert!(all.len() <= REQUEST_BYTES);
    let usual = Request::ScanChannels(Channels::USUAL_2G).text();
    assert_eq!(usual, "SCAN freq=2412,2437,2462");
    assert_eq!(Request::Channels.text(), "GET_CAPABILITY freq");
}
