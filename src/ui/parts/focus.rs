//! [`Heading`]: where focus goes when what had it disappears; it must not know what that was.

use leptos::{html, prelude::*};

/// The page's one heading, given by context. It is there in every state, so it can always take the focus.
#[derive(Clone, Copy, Default)]
pub(crate) struct Heading(pub(crate) NodeRef<html::H1>);

impl Heading {
    /// Takes the focus over from what has just been hidden, as Start is once it was pressed; else a keyboard would
    /// begin again at the top of the page. What can lose it stands *in* what is hidden: Chromium takes the focus at once
    /// from an element that is hidden itself. Focus that is anywhere else stays there. To be called when the state changed.
    pub(crate) fn catch_focus(self) {
        // By then the views have drawn the change, and browsers let go of a hidden focus only after it.
        request_animation_frame(move || {
            let lost = document().query_selector("[hidden] :focus");
            if let (Ok(Some(_)), Some(heading)) = (lost, self.0.get_untracked()) {
                // A heading that refuses the focus leaves it where it is, which is no worse than before.
                drop(heading.focus());
            }
        });
    }
}
