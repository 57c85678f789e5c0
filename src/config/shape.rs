//! Text × grammar: JSON as such, unknown and double keys, types, ranges, list lengths.
//!
//! `document.rs` can read what passes here.
use super::choice::Words;
use super::error::{Checked, ConfigError};
use super::grammar::{self, Kind, Object};
use super::path::Step;
use super::place::{at_token, no_json, write_path};
use super::scan::{MAX_DEPTH, Scanner, Token};
use super::suggest;
use super::types::VERSION;
use core::fmt::{self, Write};
use heapless::{String, Vec};

/// One message being written; what has no room is cut.
type Message = String<240>;

/// The number of values in the text, or the error, in one reading of it.
///
/// A fault of JSON comes first, wherever it is: only in valid JSON a key is certainly a key and
/// not part of a secret. Then comes a newer version, whose keys may be unknown here; and then the
/// first thing that the grammar does not have.
pub fn check(text: &str) -> Checked<usize> {
    let mut scanner = Scanner::new(text);
    let mut seen = Seen::new();
    let mut count = 0;
    let (mut version, mut content) = (Ok(()), Ok(()));
    loop {
        let token = match scanner.next() {
            Ok(Some(token)) => token,
            Ok(None) => return version.and(content).and(Ok(count)),
            Err(fault) => return Err(no_json(&scanner, fault)),
        };
        if version.is_ok() {
            version = newer(&scanner, token);
        }
        if content.is_ok() {
            content = match token {
                Token::Key => key(&scanner, &mut seen),
                Token::ObjectEnd | Token::ListEnd => Ok(()),
                _ => {
                    count += 1;
                    value(&scanner, token, &mut seen)
                }
            };
        }
    }
}

/// The keys of each open object that were read, one bit a field.
type Seen = Vec<u32, MAX_DEPTH>;

fn newer(scanner: &Scanner<'_>, token: Token) -> Checked<()> {
    if token != Token::Number || !scanner.steps().eq([Step::Key("version")]) {
        return Ok(());
    }
    match scanner.raw().parse::<u32>() {
        Ok(version) if version > VERSION => {
            let mut what = Message::new();
            let _ = write!(
                what,
                "this file is version {version}; this wifibond understands {VERSION}"
            );
            let cure = format_args!("update wifibond, or write a version {VERSION} file");
            Err(at_token(scanner, &what, cure))
        }
        _ => Ok(()),
    }
}

fn key(scanner: &Scanner<'_>, seen: &mut Seen) -> Checked<()> {
    let depth = scanner.depth();
    let Some(Kind::Object(object)) = grammar::resolve(&mut scanner.steps().take(depth - 1)) else {
        return Ok(());
    };
    let Some(bit) = object.position(scanner.raw()) else {
        return Err(unknown(scanner, object));
    };
    let Some(keys) = seen.get_mut(depth - 1) else {
        return Ok(());
    };
    if *keys & (1 << bit) != 0 {
        let cure = format_args!("keep one of the two");
        return Err(at_token(scanner, "this key stands here twice", cure));
    }
    *keys |= 1 << bit;
    Ok(())
}

/// The error of an unknown key, which is shown only where it is certainly not a secret: outside
/// objects with secrets, or when it is similar to a key of the grammar.
fn unknown(scanner: &Scanner<'_>, object: &Object) -> ConfigError {
    let word = scanner.raw();
    let absent = suggest::absent(word);
    let meant = suggest::key(object, word).filter(|_| absent.is_none());
    let belongs = suggest::place_of(word);
    let plain = word.len() <= 24
        && word
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || b"_-".contains(&c));
    let secrets = object
        .fields
        .iter()
        .any(|field| matches!(field.kind, Kind::Secret));
    let mut what = Message::new();
    let _ = what.write_str("unknown key");
    if absent.is_some() || meant.is_some() || belongs.is_some() || (plain && !secrets) {
        let _ = write!(what, " `{word}`");
    }
    let mut cure = Message::new();
    let _ = match (meant, belongs) {
        _ if absent.is_some() => cure.write_str(absent.unwrap_or("")),
        (Some(key), _) => write!(cure, "did you mean `{key}`?"),
        (None, Some("")) => write!(cure, "`{word}` belongs to the outermost {{ … }}"),
        (None, Some(place)) => write!(cure, "`{word}` belongs in `{place}`"),
        (None, None) => write_list(
            &mut cure,
            &mut object.fields.iter().map(|field| field.key),
            "",
        ),
    };
    // The path is that of the object: the key itself has none in the grammar.
    let path = write_path(&mut scanner.steps().take(scanner.depth() - 1));
    ConfigError::at(
        scanner.text,
        scanner.place(),
        &path,
        format_args!("{what}"),
        format_args!("{cure}"),
    )
}

/// `known here: a, b, c`, each word between two `quote`s.
fn write_list(
    out: &mut Message,
    words: &mut dyn Iterator<Item = &'static str>,
    quote: &str,
) -> fmt::Result {
    let mut before = "known here: ";
    for word in words {
        write!(out, "{before}{quote}{word}{quote}")?;
        before = ", ";
    }
    Ok(())
}

fn value(scanner: &Scanner<'_>, token: Token, seen: &mut Seen) -> Checked<()> {
    if matches!(token, Token::ObjectStart | Token::ListStart) {
        seen.truncate(scanner.depth() - 1);
        let _ = seen.push(0);
    }
    too_many(scanner)?;
    let Some(kind) = grammar::resolve(&mut scanner.steps()) else {
        return Ok(());
    };
    match (kind, token) {
        (Kind::Text | Kind::Secret, Token::Text)
        | (Kind::Flag, Token::Bool)
        | (Kind::Texts { .. } | Kind::Objects { .. }, Token::ListStart)
        | (Kind::Object(_), Token::ObjectStart) => Ok(()),
        (Kind::Choice(words), Token::Text) => choice(scanner, words),
        (Kind::Number { min, max, why }, Token::Number) => number(scanner, (min, max), why),
        _ => Err(wrong_type(scanner, kind, token)),
    }
}

/// The last token begins an element that the list has no room for.
fn too_many(scanner: &Scanner<'_>) -> Checked<()> {
    let length = scanner.steps().count();
    let Some(Step::Index(index)) = scanner.steps().last() else {
        return Ok(());
    };
    match grammar::resolve(&mut scanner.steps().take(length - 1)) {
        Some(Kind::Texts { max } | Kind::Objects { max, .. }) if index >= max => Err(at_token(
            scanner,
            "too many entries",
            format_args!("{max} at most"),
        )),
        _ => Ok(()),
    }
}

fn choice(scanner: &Scanner<'_>, words: Words) -> Checked<()> {
    let word = scanner.raw();
    if words.contains(word) {
        return Ok(());
    }
    let mut cure = Message::new();
    let _ = match suggest::nearest(words.iter(), word) {
        Some(near) => write!(cure, "did you mean \"{near}\"?"),
        None => write_list(&mut cure, &mut words.iter(), "\""),
    };
    let what = "not one of the words that may stand here";
    Err(at_token(scanner, what, format_args!("{cure}")))
}

fn number(scanner: &Scanner<'_>, range: (u32, u32), why: &str) -> Checked<()> {
    let raw = scanner.raw();
    if raw.contains(['.', 'e', 'E']) {
        let cure = format_args!("digits only");
        return Err(at_token(scanner, "not a whole number", cure));
    }
    let (min, max) = range;
    if raw
        .parse()
        .is_ok_and(|number| (min..=max).contains(&number))
    {
        return Ok(());
    }
    let colon = if why.is_empty() { "" } else { ": " };
    let cure = match max - min {
        0 => format_args!("{min} is the only one"),
        _ => format_args!("{min} to {max}{colon}{why}"),
    };
    Err(at_token(scanner, "out of range", cure))
}

fn wrong_type(scanner: &Scanner<'_>, kind: Kind, token: Token) -> ConfigError {
    let expected = match kind {
        Kind::Text | Kind::Secret | Kind::Choice(_) => "a text",
        Kind::Number { .. } => "a number",
        Kind::Flag => "true or false",
        Kind::Texts { .. } | Kind::Objects { .. } => "a list [ … ]",
        Kind::Object(_) => "an object { … }",
    };
    let found = match token {
        Token::ObjectStart => "an object { … }",
        Token::ListStart => "a list [ … ]",
        Token::Text => "a text",
        Token::Number => "a number",
        Token::Bool => "true or false",
        _ => "null",
    };
    let mut what = Message::new();
    let _ = write!(what, "{found} where {expected} belongs");
    at_token(scanner, &what, format_args!("{}", right_type(kind, token)))
}

fn right_type(kind: Kind, token: Token) -> &'static str {
    match (kind, token) {
        (_, Token::Null) => "to leave a setting open, leave its key out",
        (Kind::Text | Kind::Secret | Kind::Choice(_), Token::Number | Token::Bool) => {
            "write it in double quotes"
        }
        (Kind::Text | Kind::Secret | Kind::Choice(_), Token::ListStart) => {
            "one only, without brackets"
        }
        (Kind::Number { .. }, Token::Text) => "write the digits without quotes",
        (Kind::Flag, Token::Text | Token::Number) => "write true or false, without quotes",
        (Kind::Texts { .. } | Kind::Objects { .. }, Token::Text | Token::ObjectStart) => {
            "put it in brackets: [ … ]"
        }
        (Kind::Object(object), Token::ListStart) if object.place == "bond" => {
            "there is one bond only: write { … } without the brackets"
        }
        (Kind::Object(object), _) if object.place.is_empty() => "the whole file is one { … }",
        (Kind::Object(_), Token::ListStart) => "one only, without brackets",
        _ => "see the table of settings in the README",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String<240> {
        let mut words = String::new();
        let error = check(text).unwrap_err();
        write!(words, "{error}").unwrap();
        words
    }

    #[test]
    fn keys_are_checked_against_the_object_they_stand_in() {
        assert_eq!(check("{}"), Ok(1));
        assert_eq!(
            wrong(r#"{ "bond": { "mode": 1 } }"#).split(';').next(),
            Some("1:13: bond: unknown key `mode`")
        );
        assert_eq!(
            wrong(r#"{ "country": "BE", "country": "BE" }"#),
            "1:20: country: this key stands here twice; keep one of the two"
        );
        // The same key in another object is no double.
        let text = r#"{ "links": [ { "name": "a" }, { "name": "b" } ], "bond": { "name": "c" } }"#;
        assert!(check(text).is_ok());
    }

    #[test]
    fn an_unknown_key_beside_a_secret_is_not_repeated() {
        let words = wrong(r#"{ "wifi": [ { "correcthorse": "x" } ] }"#);
        assert!(
            words.starts_with("1:15: wifi[0]: unknown key; known here: ssid, "),
            "{words}"
        );
    }

    #[test]
    fn a_newer_file_is_refused_for_its_version_first() {
        assert_eq!(
            wrong(r#"{ "mesh": 1, "version": 2 }"#),
            "1:25: version: this file is version 2; this wifibond understands 1; \
             update wifibond, or write a version 1 file"
        );
        // What is no JSON comes before both.
        assert!(wrong(r#"{ "mesh": 1, "version": 2"#).contains("ends too early"));
        assert_eq!(
            wrong(r#"{ "version": 0 }"#),
            "1:14: version: out of range; 1 is the only one"
        );
    }

    #[test]
    fn lists_have_their_limit_and_elements_their_type() {
        let words = wrong(r#"{ "bond": { "dns": ["1","2","3","4","5"] } }"#);
        assert_eq!(words, "1:37: bond.dns[4]: too many entries; 4 at most");
        let words = wrong(r#"{ "bond": { "dns": [ 1 ] } }"#);
        assert_eq!(
            words,
            "1:22: bond.dns[0]: a number where a text belongs; write it in double quotes"
        );
    }
}
