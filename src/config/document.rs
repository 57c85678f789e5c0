//! The file as it was read: a flat list of nodes, each with its position and path, and what was
//! found wrong so far.
//!
//! One reader reads all of the grammar by its tables (`reader.rs`): a derived struct for each
//! object would cost some 30 KB of program. Every node is of the kind that the grammar has at its
//! path, or is marked as wrong.
use super::choice::Choice;
use super::error::{Checked, ConfigError, ConfigErrors};
use super::path::{Step, Steps};
use super::place::write_path;
use core::cell::RefCell;
use core::fmt;

/// The settings of a file.
pub struct Document<'t> {
    /// In the order of the file; the first is the file itself.
    nodes: Vec<Entry<'t>>,
    found: RefCell<Findings>,
    /// It is no JSON somewhere: what seems to be missing may be there.
    pub has_faults: bool,
    /// It is the last good file, which an earlier version of this program may have taken.
    pub kept: bool,
}

/// What was found in a file.
#[derive(Default)]
pub struct Findings {
    /// Why it cannot be used.
    pub errors: ConfigErrors,
    /// What is allowed, and unwise or of no effect.
    pub notices: ConfigErrors,
}

struct Entry<'t> {
    /// The object or list that contains it.
    up: usize,
    step: Step<'static>,
    /// Its position in the text, in octets.
    at: usize,
    /// The node behind it and its parts.
    end: usize,
    value: Value<'t>,
}

/// What the file has at a place.
#[derive(Clone, Copy)]
pub enum Value<'t> {
    /// What is between the quotes, escapes included.
    Text(&'t str),
    /// Within the limits of the grammar.
    Number(u32),
    /// `true` or `false`.
    Flag(bool),
    /// An object or a list; its parts are the nodes with this one as `up`.
    Parts,
    /// An error is known of it: nothing more is said.
    Wrong,
}

/// One value of the file, or the file itself.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    document: &'d Document<'d>,
    at: usize,
}

impl<'t> Document<'t> {
    /// Without anything in it.
    pub fn new(kept: bool) -> Self {
        Document {
            nodes: Vec::new(),
            found: RefCell::default(),
            has_faults: false,
            kept,
        }
    }

    /// Adds a node at the byte `at` in the node `up`; its number.
    pub fn add(&mut self, up: usize, step: Step<'static>, at: usize, value: Value<'t>) -> usize {
        let number = self.nodes.len();
        self.nodes.push(Entry {
            up,
            step,
            at,
            end: number + 1,
            value,
        });
        number
    }

    /// The object or list `node` has no more parts.
    pub fn close(&mut self, node: usize) {
        let end = self.nodes.len();
        if let Some(entry) = self.nodes.get_mut(node) {
            entry.end = end;
        }
    }

    /// Whether an error at the byte `at` would be kept; otherwise it is counted.
    pub fn has_room(&self, at: usize) -> bool {
        self.found.borrow_mut().errors.has_room(at)
    }

    /// The last value was read with a fault: nothing more is said of it.
    pub fn spoil_last(&mut self) {
        if let Some(entry) = self.nodes.last_mut()
            && !matches!(entry.value, Value::Parts)
        {
            entry.value = Value::Wrong;
        }
    }

    /// Notes what was found.
    pub fn error(&self, error: ConfigError) {
        self.found.borrow_mut().errors.add(error);
    }

    /// Notes what is allowed, and unwise or of no effect.
    pub fn notice(&self, notice: ConfigError) {
        self.found.borrow_mut().notices.add(notice);
    }

    /// All that was found, with lines and columns.
    pub fn findings(self, text: &str) -> Findings {
        let mut found = self.found.into_inner();
        found.errors.find_places(text);
        found.notices.find_places(text);
        found
    }

    /// Whether there is no error so far.
    pub fn is_good(&self) -> bool {
        self.found.borrow().errors.is_empty()
    }

    /// The file itself, an object.
    pub fn root(&self) -> Node<'_> {
        Node {
            document: self,
            at: 0,
        }
    }
}

impl<'d> Node<'d> {
    /// The parts of an object or list, in the order of the file.
    pub fn parts(self) -> impl Iterator<Item = Node<'d>> {
        let nodes = &self.document.nodes;
        let end = nodes.get(self.at).map_or(0, |entry| entry.end);
        let mut at = self.at + 1;
        core::iter::from_fn(move || {
            let node = Node { at, ..self };
            let entry = nodes.get(at).filter(|_| at < end)?;
            at = entry.end;
            Some(node)
        })
    }

    /// The elements of the list `key`; none where the file does not have it.
    pub fn items(self, key: &'static str) -> impl Iterator<Item = Node<'d>> {
        self.get(key).into_iter().flat_map(Node::parts)
    }

    /// The part of this object or list; `None`: the file does not have it.
    fn part(self, step: Step<'static>) -> Option<Node<'d>> {
        self.parts().find(|part| part.step() == Some(step))
    }

    /// The part `key` of this object; `None`: the file does not have it.
    pub fn get(self, key: &'static str) -> Option<Node<'d>> {
        self.part(Step::Key(key))
    }

    /// Whether the file has the part `key` of this object.
    pub fn has(self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    /// This text, escapes included; empty for other values.
    pub fn raw(self) -> &'d str {
        match self.value() {
            Value::Text(text) => text,
            _ => "",
        }
    }

    /// The number `key`; `None`: the file does not have it.
    pub fn number(self, key: &'static str) -> Option<u32> {
        match self.get(key)?.value() {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The truth value `key`; `None`: the file does not have it.
    pub fn flag(self, key: &'static str) -> Option<bool> {
        match self.get(key)?.value() {
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

    /// Whether an error is known of the part `key` already: what depends on it is not judged.
    pub fn is_wrong(self, key: &'static str) -> bool {
        self.get(key)
            .is_some_and(|part| matches!(part.value(), Value::Wrong))
    }

    /// Whether an error is known of this node, or of anything inside.
    pub fn has_errors(self) -> bool {
        let nodes = &self.document.nodes;
        let errors = &self.document.found.borrow().errors;
        nodes.get(self.at).is_some_and(|entry| {
            let end = nodes.get(entry.end).map_or(usize::MAX, |behind| behind.at);
            errors.any_between(entry.at, end)
        })
    }

    /// Whether this is the last good file: [`Document::kept`].
    pub fn is_kept(self) -> bool {
        self.document.kept
    }

    fn value(self) -> Value<'d> {
        let entry = self.document.nodes.get(self.at);
        entry.map_or(Value::Wrong, |entry| entry.value)
    }

    fn step(self) -> Option<Step<'static>> {
        self.document.nodes.get(self.at).map(|entry| entry.step)
    }

    fn steps(self) -> Steps<'static> {
        let mut steps = Steps::new();
        let mut at = self.at;
        while let Some(entry) = self.document.nodes.get(at).filter(|_| at != 0) {
            let _ = steps.push(entry.step);
            at = entry.up;
        }
        steps.reverse();
        steps
    }

    /// The value; where it is wrong, the error is noted.
    pub fn keep<T>(self, checked: Checked<T>) -> Option<T> {
        checked.map_err(|error| self.document.error(error)).ok()
    }

    /// Notes the error.
    pub fn error(self, error: ConfigError) {
        self.document.error(error);
    }

    /// Notes at this value what is allowed, and unwise or of no effect.
    pub fn notice(self, what: fmt::Arguments<'_>, cure: &str) {
        let notice = self.wrong(what, format_args!("{cure}"));
        self.document.notice(notice);
    }

    /// An error at this value.
    pub fn wrong(self, what: fmt::Arguments<'_>, cure: fmt::Arguments<'_>) -> ConfigError {
        self.wrong_in(&[], what, cure)
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
        let mut node = self;
        let mut is_there = true;
        for step in inside {
            let part = node.part(*step);
            is_there = part.is_some();
            node = part.unwrap_or(node);
            if !is_there {
                break;
            }
        }
        let at = self.document.nodes.get(node.at).map_or(0, |entry| entry.at);
        let path = write_path(&mut steps.iter().copied());
        let wrong = matches!(node.value(), Value::Wrong);
        ConfigError {
            follows: wrong || (!is_there && self.document.has_faults),
            ..ConfigError::at(at, &path, what, cure)
        }
    }

    /// The error that the part `key` is missing.
    pub fn missing(self, key: &'static str, cure: &str) -> ConfigError {
        self.plain_in(key, "missing", cure)
    }
}
