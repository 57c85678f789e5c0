//! The countries of ISO 3166, and which of them Linux has radio rules for.
//!
//! `countries.txt` has a line for each: its code, a space or, without rules, `-`, and its name.
//! Codes and names are those of `iso3166.tab` of the IANA time zone database, which is in the
//! public domain, some names in a plainer form; the rules those of wireless-regdb 2026.05.30, as
//! Debian has it. `AN` is only in the latter.
use super::suggest;
use core::fmt::Write;
use heapless::String;

static COUNTRIES: &str = include_str!("countries.txt");

/// A country.
#[derive(Clone, Copy)]
pub struct Country {
    /// ISO 3166 alpha-2.
    pub code: &'static str,
    /// The kernel has rules for its radios.
    pub has_rules: bool,
    /// In English.
    pub name: &'static str,
}

/// All of them, in the order of their codes.
pub fn all() -> impl Iterator<Item = Country> {
    COUNTRIES.lines().filter_map(|line| {
        let (code, rest) = line.split_at_checked(2)?;
        let (rules, name) = rest.split_at_checked(1)?;
        let has_rules = rules == " ";
        Some(Country {
            code,
            has_rules,
            name,
        })
    })
}

/// The country with this code, in capitals.
pub fn find(code: [u8; 2]) -> Option<Country> {
    all().find(|country| country.code.as_bytes() == code)
}

/// How far `written` is from this country: 0 is its name; `None`: too far.
fn distance(country: Country, written: &str) -> Option<usize> {
    let code = country.code.as_bytes();
    let is = |a: usize, b: usize| {
        let letter = |n: usize| written.as_bytes().get(n).map(u8::to_ascii_uppercase);
        letter(a) == code.first().copied() && letter(b) == code.get(1).copied()
    };
    let first = written.as_bytes().first().map(u8::to_ascii_uppercase);
    match written.len() {
        // Two letters: those exchanged, then those that begin alike.
        2 if is(1, 0) => Some(0),
        2 => (first == code.first().copied()).then_some(1),
        // Three are mostly those of ISO 3166 alpha-3.
        3 if is(0, 1) => Some(0),
        3 => is(0, 2).then_some(1),
        length => {
            let name = country.name.strip_prefix("the ").unwrap_or(country.name);
            let most = (length / 4).min(2);
            if name.len().abs_diff(length) > most {
                return None;
            }
            let far = suggest::distance(name, written);
            (far <= most).then_some(far)
        }
    }
}

/// Countries that may be meant, the most likely first: `"QA" is Qatar`. Empty: none is near.
pub fn meant(written: &str) -> String<200> {
    let mut text = String::new();
    let mut count = 0;
    for far in 0..3 {
        for country in all().filter(|country| distance(*country, written) == Some(far)) {
            if count == MOST {
                return text;
            }
            let comma = if count > 0 { ", " } else { "" };
            let _ = write!(text, "{comma}\"{}\" is {}", country.code, country.name);
            count += 1;
        }
    }
    text
}

/// Countries that are named at most.
const MOST: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_country_has_a_line() {
        assert_eq!(all().count(), COUNTRIES.lines().count());
        assert_eq!(all().count(), 250);
        assert_eq!(all().filter(|country| country.has_rules).count(), 181);
        assert!(all().zip(all().skip(1)).all(|(a, b)| a.code < b.code));
        assert!(all().all(|country| !country.name.is_empty() && country.name.len() < 40));
        assert_eq!(find(*b"BE").unwrap().name, "Belgium");
        assert!(find(*b"QQ").is_none());
    }

    /// The database of the kernel, where it is installed: big-endian, entries of four octets of
    /// which two are the code, up to one of zeros (`struct fwdb_country`, net/wireless/reg.c).
    #[test]
    fn the_rules_are_those_of_the_installed_database() {
        let directory = "/lib/firmware/regulatory.db";
        let files = ["", "-debian", "-upstream"].map(|kind| std::format!("{directory}{kind}"));
        for file in files {
            let Ok(bytes) = std::fs::read(&file) else {
                continue;
            };
            let entries = bytes[8..]
                .chunks(4)
                .take_while(|entry| entry[..2] != [0, 0]);
            for entry in entries.filter(|entry| entry[..2] != *b"00") {
                let found = find([entry[0], entry[1]]);
                assert!(
                    found.is_some_and(|country| country.has_rules),
                    "{entry:?} of {file}"
                );
            }
        }
    }

    #[test]
    fn what_is_meant() {
        assert_eq!(meant("QQ"), "\"QA\" is Qatar");
        assert_eq!(
            meant("EB"),
            "\"BE\" is Belgium, \"EC\" is Ecuador, \"EE\" is Estonia, \"EG\" is Egypt"
        );
        assert_eq!(meant("Belgum"), "\"BE\" is Belgium");
        assert_eq!(meant("netherlands"), "\"NL\" is the Netherlands");
        assert_eq!(meant("CHN"), "\"CH\" is Switzerland, \"CN\" is China");
        assert_eq!(meant("s3cret-horse"), "");
    }
}
