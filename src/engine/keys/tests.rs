//! Derived keys, and their file.
use super::*;

fn secret(text: &str) -> Secret<63> {
    Secret::new(text.try_into().unwrap())
}

fn ssid(name: &str) -> Ssid {
    Ssid::from_slice(name.as_bytes()).unwrap()
}

fn derived(name: &str, passphrase: &str) -> Derived {
    let mut work = Work::new(&ssid(name), &secret(passphrase)).unwrap();
    for _ in 0..2 * ROUNDS / AT_ONCE {
        if let Some(derived) = work.go_on(AT_ONCE) {
            return derived;
        }
    }
    panic!("two blocks take no longer");
}

fn text(keys: &Keys) -> String {
    let mut text = String::new();
    keys.write(&mut text).unwrap();
    text
}

fn read(file: &str) -> Keys {
    let mut keys = Keys::default();
    keys.read(file);
    keys
}

/// IEEE 802.11-2020, J.4.2: its test vectors.
#[test]
fn it_is_the_key_of_the_standard() {
    for (passphrase, name, key) in [
        (
            "password",
            "IEEE",
            "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e",
        ),
        (
            "ThisIsAPassword",
            "ThisIsASSID",
            "0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af",
        ),
        (
            &"a".repeat(32),
            &"Z".repeat(32),
            "becb93866bb8c3832cb777c2f559807c8c59afcb6eae734885001300a981cc62",
        ),
    ] {
        let derived = derived(name, passphrase);
        let hex: String = derived.key.iter().map(|o| format!("{o:02x}")).collect();
        assert_eq!(hex, key, "{name}");
    }
}

#[test]
fn a_key_is_that_of_its_passphrase_and_of_no_other() {
    let mut keys = Keys::default();
    keys.add(derived("Hotspot", "correct horse"));
    let keys = read(&text(&keys));
    assert!(!keys.unsaved);
    let of = |name: &str, passphrase: &str| keys.of(&ssid(name), passphrase).is_some();
    assert!(of("Hotspot", "correct horse"));
    assert!(!of("Hotspot", "correct horsf") && !of("Home", "correct horse"));
}

#[test]
fn what_is_broken_is_left_out() {
    let mut keys = Keys::default();
    keys.add(derived("a", "12345678"));
    let good = text(&keys);
    let line = good.lines().nth(1).unwrap();
    let short = &line[..line.len() - 2];
    let (more, odd) = (format!("{line} 0"), format!("{line}0"));
    for broken in [short, &more, &odd, &line[2..], "", "61", "zz 00 00"] {
        let file = format!("{FIRST_LINE}\n{broken}\n{line}\n");
        assert_eq!(text(&read(&file)), good, "{broken}");
    }
    assert_eq!(read(&good.replace("keys 1", "keys 2")).list.len(), 0);
}

#[test]
fn the_oldest_makes_room_and_a_new_passphrase_has_a_new_key() {
    let one = derived("a", "12345678");
    let mut keys = Keys::default();
    for number in 0..=MAX_KEYS {
        keys.add(Derived {
            ssid: ssid(&"x".repeat(number + 1)),
            ..one.clone()
        });
    }
    assert!(keys.list.is_full());
    assert!(keys.list.iter().all(|one| one.ssid.len() > 1));
    keys.add(one.clone());
    keys.add(derived("a", "87654321"));
    assert!(keys.of(&one.ssid, "12345678").is_none());
    assert!(keys.of(&one.ssid, "87654321").is_some());
    let longest = Derived {
        ssid: ssid(&"x".repeat(32)),
        ..one
    };
    let mut keys = Keys::default();
    keys.add(longest);
    assert_eq!(text(&keys).len(), FIRST_LINE.len() + 1 + LINE_BYTES);
}

#[test]
fn it_is_in_no_dump() {
    let mut keys = Keys::default();
    keys.add(derived("Hotspot", "correct horse"));
    keys.work = Work::new(&ssid("Home"), &secret("battery staple"));
    let shown = format!("{keys:?}");
    let hex: String = keys.list[0]
        .key
        .iter()
        .map(|o| format!("{o:02x}"))
        .collect();
    let numbers = format!("{:?}", keys.list[0].key);
    for hidden in ["correct", "battery", &hex[..8], &numbers[1..20]] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}
