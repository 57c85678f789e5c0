//! Tokens × grammar: unknown keys, types, ranges, words, and the messages on them.
use super::choice::Words;
use super::error::{Checked, ConfigError};
use super::grammar::{Kind, Object};
use super::place::{at_token, write_path};
use super::scan::{Scanner, Token};
use super::suggest;
use super::types::VERSION;
use core::fmt::{self, Write};
use heapless::String;
use serde::Deserialize;

/// One message being written; what has no room is cut.
type Message = String<240>;

/// The last token as a number, `true` or `false`; `None`: it is none, or too large.
pub fn scalar<'t, T: Deserialize<'t>>(scanner: &Scanner<'t>) -> Option<T> {
    let read = serde_json_core::from_str(scanner.raw());
    read.ok().map(|(value, _)| value)
}

/// The error of a `version` that this program does not know yet.
pub fn newer(scanner: &Scanner<'_>) -> Option<ConfigError> {
    let version: u32 = scalar(scanner)?;
    (version > VERSION).then(|| {
        let mut what = Message::new();
        let _ = write!(
            what,
            "this file is version {version}; this wifibond understands {VERSION}"
        );
        let cure = format_args!("update wifibond, or write a version {VERSION} file");
        at_token(scanner, &what, cure)
    })
}

/// The position of the field of `object` that is meant by a key which it does not have.
pub fn meant(object: &Object, word: &str) -> Option<usize> {
    match suggest::absent(word) {
        Some(_) => None,
        None => object.position(suggest::key(object, word)?),
    }
}

/// The error of an unknown key, which is shown only where it is certainly not a secret: outside
/// objects with secrets, or when it is similar to a key of the grammar. `None`: `doubtful`, as it is
/// behind a fault of JSON, and not similar to any key.
pub fn unknown(scanner: &Scanner<'_>, object: &Object, doubtful: bool) -> Option<ConfigError> {
    let word = scanner.raw();
    let absent = suggest::absent(word);
    let meant = suggest::key(object, word).filter(|_| absent.is_none());
    if doubtful && meant.is_none() {
        return None;
    }
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
            &mut object
                .fields
                .iter()
                .map(|field| field.key)
                .filter(|key| !key.starts_with('$')),
            "",
        ),
    };
    // The path is that of the object: the key itself has none in the grammar.
    let path = write_path(&mut scanner.steps().take(scanner.depth() - 1));
    let (what, cure) = (format_args!("{what}"), format_args!("{cure}"));
    Some(ConfigError::at(scanner.place(), &path, what, cure))
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

/// Whether the last token is one of the words.
pub fn choice(scanner: &Scanner<'_>, words: Words) -> Checked<()> {
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

/// The last token as a number in this range.
pub fn number(scanner: &Scanner<'_>, range: (u32, u32), why: &str) -> Checked<u32> {
    let raw = scanner.raw();
    if raw.contains(['.', 'e', 'E']) {
        let cure = format_args!("digits only");
        return Err(at_token(scanner, "not a whole number", cure));
    }
    let (min, max) = range;
    if let Some(number) = scalar(scanner).filter(|n| (min..=max).contains(n)) {
        return Ok(number);
    }
    let colon = if why.is_empty() { "" } else { ": " };
    let cure = match max - min {
        0 => format_args!("{min} is the only one"),
        _ => format_args!("{min} to {max}{colon}{why}"),
    };
    Err(at_token(scanner, "out of range", cure))
}

/// The error that the last token is of another kind.
pub fn wrong_type(scanner: &Scanner<'_>, kind: Kind, token: Token) -> ConfigError {
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
