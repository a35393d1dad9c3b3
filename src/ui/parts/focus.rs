//! [`PageHeading`]: takes the keyboard focus when the focused element is hidden.

use leptos::{html, prelude::*};

/// The only heading of the page, provided as a context. It exists in every state, so it can always take the focus.
#[derive(Clone, Copy, Default)]
pub(crate) struct PageHeading(pub(crate) NodeRef<html::H1>);

impl PageHeading {
    /// Moves the focus to the heading if the focused element is hidden now, as Start is after a press.
    ///
    /// Otherwise a keyboard user would start again at the top of the page. The focused element has to be *inside* the
    /// hidden one: Chromium removes the focus at once from an element that is hidden itself. To be called after each
    /// change of the state.
    pub(crate) fn restore_focus(self) {
        // By then the views have been updated, and browsers remove the focus from hidden elements only after that.
        request_animation_frame(move || {
            let hidden_focus = document().query_selector("[hidden] :focus");
            if let (Ok(Some(_)), Some(heading)) = (hidden_focus, self.0.get_untracked()) {
                // If this fails, the focus stays where it is, which is no worse than before.
                drop(heading.focus());
            }
        });
    }
}
