//! [`Modal`]: a dialog over everything else that opens and closes with the state of the call.

use leptos::{html, prelude::*};

use crate::{
    call::{Intent, Snapshot},
    ui::{
        PageContext,
        i18n::{StateText, Words},
        parts::live::live,
    },
};

/// A dialog with a heading, which takes the focus at each step, and a sentence. The browser keeps the focus inside, and
/// closes it on Escape.
#[component]
pub(crate) fn Modal(
    /// The id of the heading.
    id: &'static str,
    /// The step that it shows; closed at 0.
    step: fn(Snapshot) -> usize,
    /// Heading and sentence of a step. Those of the last one stay while it closes.
    text: fn(&'static Words, Snapshot) -> StateText,
    /// The intent of closing it.
    close: Intent,
    children: Children,
) -> impl IntoView {
    let PageContext { snapshot, send_intent, .. } = expect_context();
    let words: &'static Words = expect_context();
    let (dialog, heading) = (NodeRef::<html::Dialog>::new(), NodeRef::<html::H2>::new());
    let step = Memo::new(move |_| step(snapshot.get()));
    Effect::new(move || {
        let is_wanted = step.get() > 0;
        let (Some(dialog), Some(heading)) = (dialog.get_untracked(), heading.get_untracked()) else { return };
        if is_wanted && !dialog.open() {
            // Fails only for a dialog that is not in the document.
            drop(dialog.show_modal());
        } else if !is_wanted {
            dialog.close();
        }
        if is_wanted {
            // If this fails, the focus is on the first control.
            drop(heading.focus());
        }
    });
    let closed = move |_| {
        if dialog.get_untracked().is_some_and(|it| !it.open()) && step.get_untracked() > 0 {
            send_intent.run(close.clone());
        }
    };
    view! {
        <dialog class="question" aria-labelledby=id node_ref=dialog on:close=closed>
            <h2 class="question-heading" id=id tabindex="-1" node_ref=heading>
                {live(move || text(words, snapshot.get()).heading.to_owned())}
            </h2>
            <p role="status">{live(move || text(words, snapshot.get()).sentence.to_owned())}</p>
            {children()}
        </dialog>
    }
}
