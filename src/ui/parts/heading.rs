//! [`Heading`]: where focus goes when what had it disappears; it must not know why.

use leptos::{html, prelude::*};

/// The page's one heading, given by context. It is there in every state, so it can always take the focus.
#[derive(Clone, Copy, Default)]
pub(in crate::ui) struct Heading(pub(super) NodeRef<html::H1>);

impl Heading {
    /// Moves the focus to the heading. Only ever in answer to a person's own press.
    pub(super) fn focus(self) {
        if let Some(heading) = self.0.get_untracked() {
            // An element that refuses focus leaves it where it is, which is no worse than before.
            drop(heading.focus());
        }
    }
}
