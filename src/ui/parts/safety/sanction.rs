//! What was decided about this device: the rest of the page of a ban or a pause, and the content of a warning.

use leptos::prelude::*;

use super::told::{derived_told, told};
use crate::{
    call::{Intent, Sanction, Snapshot},
    ui::{
        PageContext, SafetyTexts,
        i18n::{Words, fill, plain::PlainPage, words},
        parts::{derive::derived, live::live_text},
        view_model,
    },
};

/// The details of a ban or a pause, and the button that asks the server once more. Hidden otherwise.
#[component]
pub(crate) fn Refusal() -> impl IntoView {
    let PageContext { send_intent, .. } = expect_context();
    view! {
        <div class="sanction" hidden=derived(|it| !is_refused(it))>
            <Decision/>
            <button class="button" type="button" data-kind="main" on:click=move |_| send_intent.run(Intent::Start)>
                {words().try_again}
            </button>
            <p>{live_text(view_model::inquiry_text)}</p>
        </div>
    }
}

/// Why, until when, who has decided it, and how to appeal.
#[component]
pub(crate) fn Decision() -> impl IntoView {
    let words = words();
    view! {
        <p>{told(reason)}</p>
        <p>{told(decider)}</p>
        // The code is sent in the body, since a proxy may log addresses.
        <form method="post" action=PlainPage::Appeal.path() target="_blank" hidden=derived(|it| !can_appeal(it))>
            <input type="hidden" name="code" value=derived_told(|_, _, texts| texts.appeal.clone())/>
            <input type="hidden" name="lang" value=words.language/>
            <button class="button" data-kind="quiet">
                {words.appeal}
            </button>
        </form>
        <p>{told(appeal)}</p>
    }
}

/// Whether the page says that the device may not take part. To a person under 18 it says nothing but how to get help.
fn is_refused(snapshot: Snapshot) -> bool {
    let is_refused = snapshot.sanction.is_some_and(|it| it.kind.is_refusal());
    is_refused && !view_model::is_under_age(snapshot)
}

const fn can_appeal(snapshot: Snapshot) -> bool {
    matches!(snapshot.sanction, Some(Sanction { can_appeal: true, .. }))
}

/// Why; empty if the server has not said it.
fn reason(words: &'static Words, snapshot: Snapshot, _: &SafetyTexts) -> String {
    let terms = snapshot.sanction.and_then(|it| it.terms);
    terms.map(|(reason, _)| fill(words.because, words.report_reasons[reason as usize])).unwrap_or_default()
}

/// Until when, and who has decided it. A warning has no end that matters to its person.
fn decider(words: &'static Words, snapshot: Snapshot, texts: &SafetyTexts) -> String {
    let Some(Sanction { terms: Some(_), automatic, .. }) = snapshot.sanction else { return String::new() };
    let decider = words.deciders[usize::from(automatic)];
    if is_refused(snapshot) { fill(&fill(words.until, &texts.until), decider) } else { decider.to_owned() }
}

/// The code for an appeal, or why there is none.
fn appeal(words: &'static Words, snapshot: Snapshot, texts: &SafetyTexts) -> String {
    if can_appeal(snapshot) {
        fill(words.appeal_code, &texts.appeal)
    } else if is_refused(snapshot) {
        words.no_appeal.to_owned()
    } else {
        String::new()
    }
}
