use super::*;

fn at(name: &str, mhz: u16, adapter: u8, bssid: u8) -> Place {
    Place {
        ssid: Ssid::from_slice(name.as_bytes()).unwrap(),
        mhz,
        adapter: Mac([2, 0, 0, 0, 0, adapter]),
        bssid: Some(Mac([2, 0, 0, 0, 1, bssid])),
    }
}

fn place(name: &str, mhz: u16, adapter: u8) -> Place {
    at(name, mhz, adapter, 0)
}

fn text(places: &Places) -> String {
    let mut text = String::new();
    places.write(&mut text).unwrap();
    text
}

fn read(file: &str) -> Places {
    let mut places = Places::default();
    places.read(file);
    places
}

fn hours(hours: u64) -> Instant {
    Instant::from_ms(hours * 3_600_000)
}

/// What the file on the card has: nothing is left to be written.
fn saved(mut places: Places) -> Places {
    places.saved(hours(0));
    places.writes = Allowance::new(MOST, ONE_IN);
    places
}

#[test]
fn what_was_written_is_read_and_the_newest_is_first() {
    let mut places = Places::default();
    places.begin_day(Day(20_000));
    places.joined(place("Hotspot", 2437, 1));
    places.joined(at("b\0\n", 5180, 2, 7));
    places.joined(place("Hotspot", 2437, 1));
    places.joined(Place {
        bssid: None,
        ..place("c", 2412, 1)
    });
    let file = text(&places);
    let wanted = "wifibond places 2\n\
                  63 2412 02:00:00:00:00:01 - 20000\n\
                  486f7473706f74 2437 02:00:00:00:00:01 02:00:00:00:01:00 20000\n\
                  62000a 5180 02:00:00:00:00:02 02:00:00:00:01:07 20000\n";
    assert_eq!(file, wanted);
    assert_eq!(text(&read(&file)), file);
    assert!(!read(&file).to_save(hours(0)));
}

#[test]
fn the_file_of_an_older_version_is_read() {
    let mut places = Places::default();
    places.begin_day(Day(20_000));
    places.read("wifibond places 1\n6161 2437 02:00:00:00:00:01\n6161 2412 02:00:00:00:00:01\n");
    assert!(!places.to_save(hours(0)));
    places.joined(at("aa", 2412, 1, 3));
    assert!(places.to_save(hours(0)));
    let wanted = "wifibond places 2\n\
                  6161 2412 02:00:00:00:00:01 02:00:00:00:01:03 20000\n\
                  6161 2437 02:00:00:00:00:01 - 20000\n";
    assert_eq!(text(&places), wanted);
}

#[test]
fn what_is_broken_is_left_out() {
    for broken in [
        "",
        "wifibond places 3\n6161 2437 02:00:00:00:00:01 - 1\n",
        "\0",
    ] {
        assert_eq!(text(&read(broken)), "wifibond places 2\n");
    }
    let good = "6162 2412 02:00:00:00:00:02";
    let lines = [
        " 2437 02:00:00:00:00:01",
        "616 2437 02:00:00:00:00:01",
        "6161 2438 02:00:00:00:00:01",
        "6161 70000 02:00:00:00:00:01",
        "6161 2437",
        "6161 2437 02:00:00:00:00",
        "6161 2437 02:00:00:00:00:01 x",
        "zz 2437 02:00:00:00:00:01",
        "ää 2437 02:00:00:00:00:01",
    ];
    for line in lines {
        for (first, end) in [(FIRST_LINE_1, ""), (FIRST_LINE, " - 1")] {
            let file = format!("{first}\n{line}{end}\n{good}{end}\n");
            let places = read(&file);
            assert_eq!(places.channels(|_| true), Channels::one(2412), "{line}");
        }
    }
    for end in [
        "",
        " -",
        " - ",
        " - -1",
        " - 100000",
        " x 1",
        " 02:00:00:00:00 1",
        " 1 - 1",
    ] {
        let file = format!("{FIRST_LINE}\n6161 2437 02:00:00:00:00:01{end}\n{good} - 1\n");
        assert_eq!(
            read(&file).channels(|_| true),
            Channels::one(2412),
            "{end:?}"
        );
    }
}

#[test]
fn the_oldest_makes_room() {
    let mut places = Places::default();
    let name = |number: u8| char::from(b'a' + number / 8).to_string();
    for number in 0..=32 {
        places.joined(place(&name(number), 2437, number));
    }
    let has = |places: &Places, number| {
        let wanted = place(&name(number), 2437, number);
        places.list.iter().any(|(place, _)| *place == wanted)
    };
    assert!(places.list.is_full());
    assert!(!has(&places, 0) && has(&places, 1));
    assert_eq!(places.list[0].0, place(&name(32), 2437, 32));
    let mut long = text(&places);
    long.push_str("6162 2412 02:00:00:00:00:02 - 1\n");
    assert_eq!(read(&long).list.len(), MAX_PLACES);
    let longest = place(&"x".repeat(32), 2437, 1);
    let mut one = Places::default();
    one.begin_day(LAST_DAY);
    one.joined(longest);
    assert_eq!(text(&one).len(), FIRST_LINE.len() + 1 + LINE_BYTES);
}

#[test]
fn a_network_of_many_access_points_leaves_room_for_others() {
    let mut places = Places::default();
    places.joined(place("Home", 5180, 1));
    for bssid in 0..100 {
        places.joined(at("Campus", 2437, 1, bssid));
    }
    assert_eq!(places.list.len(), 1 + MOST_OF_ONE);
    assert_eq!(places.list[0].0, at("Campus", 2437, 1, 99));
    assert!(places.know(&place("Home", 5180, 1).ssid));
}

#[test]
fn what_was_not_seen_for_long_goes_when_its_network_is_elsewhere() {
    let mut places = Places::default();
    places.begin_day(Day(20_000));
    places.joined(place("Home", 2437, 1));
    places.joined(place("Hotel", 5500, 1));
    let home = |places: &Places| places.channels(|place| place.ssid == "Home".as_bytes());
    let both = Channels::of(&[2437, 5180]);
    places.begin_day(Day(20_089));
    places.joined(place("Home", 5180, 1));
    assert_eq!(home(&places), both);
    places.begin_day(Day(20_090));
    places.joined(place("Home", 5180, 1));
    assert_eq!(home(&places), Channels::one(5180));
    // A network that was not joined elsewhere keeps its own.
    places.begin_day(Day(30_000));
    places.joined(place("Home", 5180, 1));
    assert!(places.know(&place("Hotel", 5500, 1).ssid));
}

/// A Pi without a real-time clock begins in the past, and what it learns then is not old.
#[test]
fn a_clock_that_is_behind_counts_as_the_newest_day_of_the_file() {
    let mut places = Places::default();
    assert!(places.begin_day(Day(4)));
    places.read("wifibond places 2\n6161 2437 02:00:00:00:00:01 - 20000\n");
    assert!(!places.begin_day(Day(4)), "it is behind");
    places.joined(place("aa", 5180, 1));
    assert!(text(&places).contains(" 5180 02:00:00:00:00:01 02:00:00:00:01:00 20000\n"));
    assert!(places.begin_day(Day(20_010)));
    places.joined(place("aa", 2412, 1));
    assert_eq!(places.list.len(), 3);
}

#[test]
fn a_few_writes_a_day_and_none_for_what_is_known() {
    let mut places = Places::default();
    let mut written = vec![];
    for hour in 0..48 {
        places.joined(place("a", 2437, hour));
        if places.to_save(hours(hour.into())) {
            places.saved(hours(hour.into()));
            written.push(hour);
        }
    }
    assert_eq!(written[..4], [0, 1, 2, 3]);
    let later = &written[4..];
    assert!(later.windows(2).all(|w| w[1] - w[0] >= 6), "{written:?}");
    assert!(later.len() >= 6, "{written:?}");
    places.saved(hours(48));
    places.joined(place("a", 2437, 47));
    assert!(!places.to_save(hours(1000)));
}

/// As many access points as there may be, on known channels: a new channel is written at once still.
#[test]
fn another_access_point_leaves_writes_for_a_channel() {
    let mut places = Places::default();
    places.joined(place("a", 2437, 1));
    let mut places = saved(places);
    let mut written = vec![];
    for hour in 0..48 {
        places.joined(at("a", 2437, 1, hour + 1));
        if places.to_save(hours(hour.into())) {
            places.saved(hours(hour.into()));
            written.push(hour);
        } else {
            let later = places.poll_at().unwrap();
            assert!(later > hours(hour.into()) && places.to_save(later));
        }
    }
    assert_eq!(written[..2], [0, 1]);
    assert!(written.len() <= 10, "{written:?}");
    places.joined(place("a", 5180, 1));
    assert!(places.to_save(hours(48)));
}

#[test]
fn the_day_of_a_place_is_renewed_once_a_week() {
    let mut places = Places::default();
    places.begin_day(Day(20_000));
    places.joined(place("a", 2437, 1));
    let mut places = saved(places);
    let mut written = vec![];
    for day in 1..30 {
        let now = hours(u64::from(day) * 24);
        places.begin_day(Day(20_000 + day));
        places.joined(place("a", 2437, 1));
        if places.to_save(now) {
            places.saved(now);
            written.push(day);
        }
    }
    assert_eq!(written, [7, 14, 21, 28]);
}
