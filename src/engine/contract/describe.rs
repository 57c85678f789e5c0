//! Actions as text: for `plan`, for errors, for the log. The text of each stands beside it.
use super::action::Action;
pub use super::rtnetlink::{Destination, Via, fail_over_mac, primary_reselect};
use crate::engine::tables::Observed;
use core::fmt;

/// An action with the names of its links, as a phrase: "add 192.168.1.2/24".
pub struct Phrase<'a>(pub &'a Action, pub &'a Observed);

impl fmt::Display for Phrase<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.words(self.1, f)
    }
}

/// An action with the link it is about in front: "bond0: add 192.168.1.2/24".
pub struct WithLink<'a>(pub &'a Action, pub &'a Observed);

impl fmt::Display for WithLink<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let link = self.0.link().and_then(|index| self.1.link(index));
        if let Some(link) = link {
            write!(f, "{}: ", link.name)?;
        }
        Phrase(self.0, self.1).fmt(f)
    }
}
