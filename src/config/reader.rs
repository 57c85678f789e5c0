//! Text → [`Document`], in one reading: JSON as such, unknown and double keys, types, ranges, list
//! lengths. All errors of the file are found.
use super::document::{Document, Value};
use super::error::{ConfigError, ConfigErrors};
use super::grammar::{FILE, Kind};
use super::path::Step;
use super::place::{at_token, no_json};
use super::scan::{MAX_DEPTH, Scanner, Token};
use super::shape;
use heapless::Vec;

/// One open bracket.
struct Open {
    /// What is inside; `None`: nothing that is looked at, and no node.
    kind: Option<Kind>,
    node: usize,
    /// The keys that were read, one bit a field.
    seen: u32,
    /// The step to the next value, and its kind; `None`: it is not looked at.
    next: Option<(Step<'static>, Kind)>,
}

/// Reads the whole text.
///
/// A fault of JSON spoils the value where it is, and what seems to be missing in the rest is not
/// reported: it may be there. In a file of a newer version keys may be unknown here, so that alone
/// is said.
pub fn read(text: &str, kept: bool) -> Document<'_> {
    let mut reader = Reader {
        scanner: Scanner::new(text),
        document: Document::new(kept),
        open: Vec::new(),
        faults: ConfigErrors::default(),
        newer: None,
        lookups: MOST_LOOKUPS,
    };
    reader.read();
    reader.finish()
}

struct Reader<'t> {
    scanner: Scanner<'t>,
    document: Document<'t>,
    open: Vec<Open, MAX_DEPTH>,
    faults: ConfigErrors,
    newer: Option<ConfigError>,
    /// Unknown keys that are still looked up: each costs a comparison with all words.
    lookups: u8,
}

/// More unknown keys than anyone reads of.
const MOST_LOOKUPS: u8 = 32;

impl<'t> Reader<'t> {
    fn read(&mut self) {
        loop {
            match self.scanner.next() {
                Ok(Some(Token::Key)) => self.key(),
                Ok(Some(Token::ObjectEnd | Token::ListEnd)) => {
                    self.close();
                }
                Ok(Some(token)) => self.value(token),
                Ok(None) => {
                    while !self.open.is_empty() {
                        self.close();
                    }
                    return;
                }
                Err(fault) => {
                    self.document.has_faults = true;
                    self.document.spoil_last();
                    if self.faults.has_room(fault.at) {
                        self.faults.add(no_json(&self.scanner, fault));
                    }
                }
            }
        }
    }

    fn close(&mut self) {
        if let Some(open) = self.open.pop()
            && open.kind.is_some()
        {
            self.document.close(open.node);
        }
    }

    fn finish(mut self) -> Document<'t> {
        if let Some(newer) = self.newer {
            let mut document = Document::new(self.document.kept);
            document.has_faults = true;
            document.error(newer);
            self.document = document;
        }
        for fault in self.faults.iter() {
            self.document.error(fault.clone());
        }
        let notices = [
            (
                self.scanner.comment,
                "a comment: JSON has none; it is left out here, and other programs may refuse it",
            ),
            (
                self.scanner.comma,
                "a comma after the last element: it is left out here, and other programs may refuse it",
            ),
        ];
        for (at, what) in notices {
            if let Some(at) = at {
                let what = format_args!("{what}");
                let notice = ConfigError::at(at, "", what, format_args!(""));
                self.document.notice(notice);
            }
        }
        self.document
    }

    fn key(&mut self) {
        let Some(open) = self.open.last_mut() else {
            return;
        };
        open.next = None;
        let Some(Kind::Object(object)) = open.kind else {
            return;
        };
        let doubtful = self.scanner.fault.is_some();
        let place = match object.position(self.scanner.raw()) {
            Some(place) => place,
            None if self.lookups == 0 || !self.document.has_room(self.scanner.place()) => return,
            None => {
                self.lookups -= 1;
                if let Some(error) = shape::unknown(&self.scanner, object, doubtful) {
                    self.document.error(error);
                }
                let meant = shape::meant(object, self.scanner.raw());
                match meant.filter(|place| open.seen & (1 << place) == 0) {
                    // What is read further on is checked as if it stood under the key that was
                    // meant. The file is refused in any case.
                    Some(place) => place,
                    None => return,
                }
            }
        };
        if open.seen & (1 << place) != 0 {
            let cure = format_args!("keep one of the two");
            let error = at_token(&self.scanner, "this key stands here twice", cure);
            return self.document.error(error);
        }
        open.seen |= 1 << place;
        let field = object.fields.get(place);
        open.next = field.map(|field| (Step::Key(field.key), field.kind));
    }

    /// Where the next value stands, and of which kind it has to be; `None`: it is not looked at.
    fn expected(&mut self) -> Option<(usize, Step<'static>, Kind)> {
        let Some(open) = self.open.last_mut() else {
            return Some((0, Step::Index(0), Kind::Object(&FILE)));
        };
        let next = match open.kind? {
            Kind::Object(_) => open.next.take()?,
            list => {
                let index = open.seen;
                open.seen += 1;
                let (Kind::Texts { max } | Kind::Objects { max, .. }) = list else {
                    return None;
                };
                if index as usize >= max {
                    if index as usize == max {
                        let cure = format_args!("{max} at most");
                        let error = at_token(&self.scanner, "too many entries", cure);
                        self.document.error(error);
                    }
                    return None;
                }
                (Step::Index(index as usize), list.element()?)
            }
        };
        Some((open.node, next.0, next.1))
    }

    fn value(&mut self, token: Token) {
        let expected = self.expected();
        let opens = matches!(token, Token::ObjectStart | Token::ListStart);
        let mut inside = None;
        let mut node = 0;
        if let Some((up, step, kind)) = expected {
            let value = match self.scanner.odd {
                true => Value::Wrong,
                false => self.check(kind, token, step == Step::Key("version") && up == 0),
            };
            inside = matches!(value, Value::Parts).then_some(kind);
            node = self.document.add(up, step, self.scanner.place(), value);
        }
        if opens {
            let _ = self.open.push(Open {
                kind: inside,
                node,
                seen: 0,
                next: None,
            });
        }
    }

    /// The value of the last token, which should be of this kind.
    fn check(&mut self, kind: Kind, token: Token, is_version: bool) -> Value<'t> {
        let checked = match (kind, token) {
            (Kind::Text | Kind::Secret, Token::Text) => Ok(Value::Text(self.scanner.raw())),
            (Kind::Flag, Token::Bool) => Ok(Value::Flag(
                shape::scalar(&self.scanner).unwrap_or_default(),
            )),
            (Kind::Texts { .. } | Kind::Objects { .. }, Token::ListStart)
            | (Kind::Object(_), Token::ObjectStart) => Ok(Value::Parts),
            (Kind::Choice(words), Token::Text) => {
                shape::choice(&self.scanner, words).map(|()| Value::Text(self.scanner.raw()))
            }
            (Kind::Number { min, max, why }, Token::Number) => {
                if is_version && let Some(newer) = shape::newer(&self.scanner) {
                    self.newer = Some(newer);
                    return Value::Wrong;
                }
                shape::number(&self.scanner, (min, max), why).map(Value::Number)
            }
            _ => Err(shape::wrong_type(&self.scanner, kind, token)),
        };
        checked.unwrap_or_else(|error| {
            self.document.error(error);
            Value::Wrong
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> ConfigErrors {
        read(text, false).findings(text).errors
    }

    fn wrong(text: &str) -> String {
        check(text).to_string()
    }

    #[test]
    fn keys_are_checked_against_the_object_they_stand_in() {
        assert!(check("{}").is_empty());
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
        assert!(check(text).is_empty());
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
        // What is no JSON is none in any version.
        let errors = check(r#"{ "mesh": 1, "version": 2"#);
        assert_eq!(errors.len(), 2);
        assert!(errors[1].what.contains("ends too early"));
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
