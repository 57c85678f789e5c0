//! The file as `serde-json-core` reads it: a flat list of nodes, each with its path.
//!
//! One visitor reads all of the grammar by its tables: a derived struct for each
//! object would cost some 30 KB of program. It is filled after `shape.rs` has found
//! nothing wrong, so every node is of the kind that the grammar has at its path.
use super::choice::Choice;
use super::error::ConfigError;
use super::grammar::{FILE, Kind};
use super::path::{Step, Steps};
use super::place::wrong_at;
use core::fmt;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// The settings of a file.
pub struct Document<'t> {
    /// The file's text, for the positions of errors.
    text: &'t str,
    /// In the order of the file; the first is the file itself.
    nodes: Vec<Entry<'t>>,
}

struct Entry<'t> {
    /// The object or list that contains it.
    up: usize,
    step: Step<'static>,
    value: Value<'t>,
}

#[derive(Clone, Copy)]
enum Value<'t> {
    /// What is between the quotes, escapes included.
    Text(&'t str),
    Number(u32),
    Flag(bool),
    /// An object or a list; its parts are the nodes with this one as `up`.
    Parts,
}

/// One value of the file, or the file itself.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    document: &'d Document<'d>,
    at: usize,
}

impl<'t> Document<'t> {
    /// Reads a text that passed `shape`; `count` is the number of values in it, or more. The
    /// error is a fault of this program.
    pub fn read(text: &'t str, count: usize) -> Result<Self, ConfigError> {
        // The one allocation: it never grows.
        let mut nodes = Vec::with_capacity(count);
        let reader = Reader {
            nodes: &mut nodes,
            up: 0,
            step: Step::Index(0),
            kind: Kind::Object(&FILE),
        };
        let mut json = serde_json_core::de::Deserializer::new(text.as_bytes(), None);
        let read = reader.deserialize(&mut json).and_then(|()| json.end());
        match read {
            Ok(_) => Ok(Document { text, nodes }),
            // What passes `shape.rs` can be read; the fuzzer checks that.
            Err(_) => Err(wrong_at(
                text,
                &[],
                format_args!("{UNREADABLE}"),
                format_args!("please report this file as a bug"),
            )),
        }
    }

    /// The file itself, an object.
    pub fn root(&self) -> Node<'_> {
        Node {
            document: self,
            at: 0,
        }
    }
}

/// The message on a file that passes the checks and that the reader refuses.
pub const UNREADABLE: &str = "the file passes all checks and still cannot be read";

/// Reads one value and its parts into the list.
struct Reader<'r, 't> {
    nodes: &'r mut Vec<Entry<'t>>,
    up: usize,
    step: Step<'static>,
    kind: Kind,
}

impl<'t> Reader<'_, 't> {
    fn add(&mut self, value: Value<'t>) -> usize {
        let (up, step) = (self.up, self.step);
        self.nodes.push(Entry { up, step, value });
        self.nodes.len() - 1
    }
}

impl<'t> DeserializeSeed<'t> for Reader<'_, 't> {
    type Value = ();

    fn deserialize<D: Deserializer<'t>>(self, json: D) -> Result<(), D::Error> {
        match self.kind {
            Kind::Text | Kind::Secret | Kind::Choice(_) => json.deserialize_str(self),
            Kind::Number { .. } => json.deserialize_u32(self),
            Kind::Flag => json.deserialize_bool(self),
            Kind::Texts { .. } | Kind::Objects { .. } => json.deserialize_seq(self),
            Kind::Object(_) => json.deserialize_map(self),
        }
    }
}

impl<'t> Visitor<'t> for Reader<'_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of the grammar")
    }

    fn visit_borrowed_str<E>(mut self, text: &'t str) -> Result<(), E> {
        self.add(Value::Text(text));
        Ok(())
    }

    fn visit_u32<E>(mut self, number: u32) -> Result<(), E> {
        self.add(Value::Number(number));
        Ok(())
    }

    fn visit_bool<E>(mut self, flag: bool) -> Result<(), E> {
        self.add(Value::Flag(flag));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'t>>(mut self, mut list: A) -> Result<(), A::Error> {
        let up = self.add(Value::Parts);
        let kind = self.kind.element().ok_or_else(|| A::Error::custom(""))?;
        let mut index = 0;
        loop {
            let element = Reader {
                nodes: &mut *self.nodes,
                up,
                step: Step::Index(index),
                kind,
            };
            if list.next_element_seed(element)?.is_none() {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_map<A: MapAccess<'t>>(mut self, mut map: A) -> Result<(), A::Error> {
        let up = self.add(Value::Parts);
        while let Some(key) = map.next_key::<&str>()? {
            let Kind::Object(object) = self.kind else {
                return Err(A::Error::custom(""));
            };
            let field = object.field(key).ok_or_else(|| A::Error::custom(""))?;
            map.next_value_seed(Reader {
                nodes: &mut *self.nodes,
                up,
                step: Step::Key(field.key),
                kind: field.kind,
            })?;
        }
        Ok(())
    }
}

impl<'d> Node<'d> {
    /// The parts of an object or list, in the order of the file.
    pub fn parts(self) -> impl Iterator<Item = Node<'d>> {
        let nodes = &self.document.nodes;
        let inside = (self.at + 1..nodes.len()).take_while(move |n| nodes[*n].up >= self.at);
        let own = inside.filter(move |n| nodes[*n].up == self.at);
        own.map(move |at| Node { at, ..self })
    }

    /// The elements of the list `key`; none where the file does not have it.
    pub fn items(self, key: &'static str) -> impl Iterator<Item = Node<'d>> {
        self.get(key).into_iter().flat_map(Node::parts)
    }

    /// The part `key` of this object; `None`: the file does not have it.
    pub fn get(self, key: &'static str) -> Option<Node<'d>> {
        self.parts()
            .find(|part| part.entry().step == Step::Key(key))
    }

    /// Whether the file has the part `key` of this object.
    pub fn has(self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    /// This text, escapes included; empty for other values.
    pub fn raw(self) -> &'d str {
        match self.entry().value {
            Value::Text(text) => text,
            _ => "",
        }
    }

    /// The number `key`; `None`: the file does not have it.
    pub fn number(self, key: &'static str) -> Option<u32> {
        match self.get(key)?.entry().value {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The truth value `key`; `None`: the file does not have it.
    pub fn flag(self, key: &'static str) -> Option<bool> {
        match self.get(key)?.entry().value {
            Value::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    /// The value of the word `key`; `None`: the file does not have it.
    pub fn choice<T: Choice>(self, key: &'static str) -> Option<T> {
        let word = self.get(key)?.raw();
        let known = T::WORDS.iter().find(|(known, _)| *known == word);
        known.map(|(_, value)| *value)
    }

    fn entry(self) -> &'d Entry<'d> {
        &self.document.nodes[self.at]
    }

    fn steps(self) -> Steps<'static> {
        let mut steps = Steps::new();
        let mut node = self;
        while node.at != 0 {
            let entry = node.entry();
            let _ = steps.push(entry.step);
            node.at = entry.up;
        }
        steps.reverse();
        steps
    }

    /// An error at this value.
    pub fn wrong(self, what: fmt::Arguments<'_>, cure: fmt::Arguments<'_>) -> ConfigError {
        wrong_at(self.document.text, &self.steps(), what, cure)
    }

    /// [`Node::wrong`] for texts without arguments.
    pub fn plain(self, what: &str, cure: &str) -> ConfigError {
        self.wrong(format_args!("{what}"), format_args!("{cure}"))
    }

    /// An error at the part `key`, or here where it is missing.
    pub fn plain_in(self, key: &'static str, what: &str, cure: &str) -> ConfigError {
        self.wrong_in(
            &[Step::Key(key)],
            format_args!("{what}"),
            format_args!("{cure}"),
        )
    }

    /// An error further inside; where that is not in the file, at what should hold it.
    pub fn wrong_in(
        self,
        inside: &[Step<'static>],
        what: fmt::Arguments<'_>,
        cure: fmt::Arguments<'_>,
    ) -> ConfigError {
        let mut steps = self.steps();
        let _ = steps.extend_from_slice(inside);
        wrong_at(self.document.text, &steps, what, cure)
    }

    /// The error that the part `key` is missing.
    pub fn missing(self, key: &'static str, cure: &str) -> ConfigError {
        self.plain_in(key, "missing", cure)
    }
}
