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
    /// change of the state. A dialog that was closed just now may have had nothing to give the focus back to.
    pub(crate) fn restore_focus(self, has_closed_dialog: bool) {
        // By then the views have been updated, and browsers remove the focus from hidden elements only after that.
        request_animation_frame(move || {
            let document = document();
            let is_hidden = document.query_selector("[hidden] :focus").is_ok_and(|it| it.is_some());
            let is_lost =
                has_closed_dialog && document.active_element().is_none_or(|it| it.tag_name() == "BODY");
            if let (true, Some(heading)) = (is_hidden || is_lost, self.0.get_untracked()) {
                // If this fails, the focus stays where it is, which is no worse than before.
                drop(heading.focus());
            }
        });
    }
}
