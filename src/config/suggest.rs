//! "Did you mean …?": the word of the grammar that is most similar to what was written.
use super::grammar::{self, Object};

/// Names that other programs have for keys of the grammar.
const ALIASES: &[(&str, &str)] = &[
    ("password", "passphrase"),
    ("key", "passphrase"),
    ("wpa_psk", "psk"),
    ("key_mgmt", "security"),
    ("networks", "wifi"),
    ("wlan", "wifi"),
    ("interfaces", "links"),
    ("slaves", "members"),
    ("ports", "members"),
    ("ip", "addresses"),
    ("address", "addresses"),
    ("gateway", "routes"),
    ("gateways", "routes"),
    ("nameservers", "dns"),
    ("miimon", "miimon_ms"),
    ("updelay", "updelay_ms"),
    ("downdelay", "downdelay_ms"),
    ("interval", "interval_ms"),
    ("after", "after_s"),
    ("hold", "hold_s"),
    ("distance", "distance_m"),
    ("regdomain", "country"),
    ("eap_method", "method"),
    ("phase2", "inner"),
    ("domain_suffix_match", "domain"),
    ("username", "identity"),
];

/// Keys of other programs for what this one does not have, and what to do instead.
const ABSENT: &[(&str, &str)] = &[
    (
        "bonds",
        "there is one bond, and its block is `bond`: two bonds are not possible",
    ),
    (
        "mode",
        "the bond is always active-backup, the one mode that works with Wi-Fi: leave it out",
    ),
    (
        "vlan",
        "VLANs are not made here: make the interface otherwise, and name it in `links`",
    ),
    (
        "arp_interval",
        "links are watched by `miimon_ms`, hosts are probed as `health` says: leave it out",
    ),
    ("arp_ip_target", "the host to probe is `probe` in `health`"),
    (
        "num_grat_arp",
        "neighbours are always told after a switch: leave it out",
    ),
];

/// Why the grammar does not have a key that people may expect; `None`: not one of these.
pub fn absent(word: &str) -> Option<&'static str> {
    let same = |known: &str| is_same(known, word.trim_end_matches('s'));
    let found = ABSENT
        .iter()
        .find(|(known, _)| same(known.trim_end_matches('s')));
    found.map(|(_, why)| *why)
}

/// The key of `object` that was meant by `word`.
pub fn key(object: &Object, word: &str) -> Option<&'static str> {
    let near = nearest(object.fields.iter().map(|field| field.key), word);
    near.or_else(|| {
        let known = ALIASES.iter().filter(|(alias, _)| is_same(alias, word));
        known
            .map(|(_, key)| *key)
            .find(|key| object.field(key).is_some())
    })
}

/// The place of the first object that has this key; empty: the file itself.
pub fn place_of(key: &str) -> Option<&'static str> {
    let owner = grammar::ALL
        .iter()
        .find(|object| object.field(key).is_some())?;
    Some(owner.place)
}

/// The most similar of `words`, if its distance is at most 2 and a third of the length.
pub fn nearest(words: impl Iterator<Item = &'static str>, word: &str) -> Option<&'static str> {
    let most = (word.len() / 3).min(2);
    let near = words
        .filter(|known| known.len().abs_diff(word.len()) <= most)
        .map(|known| (distance(known, word), known))
        .min_by_key(|(far, _)| *far)?;
    (near.0 <= most).then_some(near.1)
}

/// Case and the difference between `-` and `_` do not count.
fn same_letter(x: u8, y: u8) -> bool {
    let plain = |c: u8| match c {
        b'-' => b'_',
        c => c.to_ascii_lowercase(),
    };
    plain(x) == plain(y)
}

fn is_same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).all(|(x, y)| same_letter(x, y))
}

/// Optimal string alignment distance: octets to change, add, remove or swap, by [`same_letter`].
/// `usize::MAX` for texts longer than any that are compared.
pub fn distance(a: &str, b: &str) -> usize {
    // Octets of a network's name (SSID), which is longer than any key.
    const LONGEST: usize = 32;
    if a.len() > LONGEST || b.len() > LONGEST {
        return usize::MAX;
    }
    let (a, b) = (a.as_bytes(), b.as_bytes());
    // Three rows of the distance table: two back, one back, this.
    let mut rows = [[0usize; LONGEST + 1]; 3];
    for (j, cell) in rows[1].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        rows[2][0] = i;
        for j in 1..=b.len() {
            let change = rows[1][j - 1] + usize::from(!same_letter(a[i - 1], b[j - 1]));
            let mut best = change.min(rows[1][j] + 1).min(rows[2][j - 1] + 1);
            if i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1])
            {
                best = best.min(rows[0][j - 2] + 1);
            }
            rows[2][j] = best;
        }
        rows.rotate_left(1);
    }
    rows[1][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(place: &str) -> &'static Object {
        grammar::ALL
            .iter()
            .find(|object| object.place == place)
            .unwrap()
    }

    #[test]
    fn slips_of_the_finger_are_seen() {
        assert_eq!(distance("passphrase", "passphrase"), 0);
        assert_eq!(distance("passphrase", "Pass-phrase"), 1);
        assert_eq!(distance("metric", "metirc"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(key(object("wifi[]"), "passphrse"), Some("passphrase"));
        assert_eq!(key(object("wifi[]"), "password"), Some("passphrase"));
        assert_eq!(key(object("bond"), "fail-over-mac"), Some("fail_over_mac"));
        assert_eq!(key(object("bond"), "xyz"), None);
        assert_eq!(place_of("via"), Some("routes[]"));
    }
}
