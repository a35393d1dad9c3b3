//! What was decided about this device: the rest of the page of a ban or a pause, and the dialog of a warning.

use leptos::prelude::*;

use super::modal::Modal;
use crate::{
    call::{Intent, Sanction, Snapshot},
    protocol::NoticeKind,
    ui::{
        PageContext, SafetyTexts,
        i18n::{Words, fill, words},
        parts::{
            derive::{derived, derived_text},
            live::{live, live_text},
        },
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
        </div>
    }
}

/// A warning, until its person has read it. A call goes on behind it.
#[component]
pub(crate) fn WarningDialog() -> impl IntoView {
    let PageContext { send_intent, .. } = expect_context();
    view! {
        <Modal
            id="warning-heading"
            step=|it| usize::from(is_warned(it))
            text=|words, _| words.warned
            close=Intent::AcceptWarning
        >
            <Decision/>
            <button
                class="button"
                type="button"
                data-kind="main"
                on:click=move |_| send_intent.run(Intent::AcceptWarning)
            >
                {words().warning_read}
            </button>
        </Modal>
    }
}

/// Why, until when, who has decided it, and how to appeal.
#[component]
fn Decision() -> impl IntoView {
    let texts: ReadSignal<SafetyTexts> = expect_context();
    let words = words();
    let has_no_appeal = derived(|it| !it.sanction.is_some_and(|it| it.can_appeal));
    view! {
        <p hidden=derived(|it| reason_of(it).is_none())>{live(derived_text(reason))}</p>
        <p hidden=derived(|it| !is_refused(it) || reason_of(it).is_none())>
            {live(move || fill(words.until, &texts.get().until))}
        </p>
        <p>{live_text(decider)}</p>
        <p hidden=has_no_appeal>
            <a
                href=move || ["/appeal?code=", &texts.get().appeal].concat()
                target="_blank"
                rel="noopener"
            >
                {words.appeal}
            </a>
        </p>
        <p hidden=has_no_appeal>{live(move || fill(words.appeal_code, &texts.get().appeal))}</p>
        <p hidden=derived(|it| !is_refused(it) || it.sanction.is_some_and(|it| it.can_appeal))>{words.no_appeal}</p>
    }
}

/// Whether the device may not take part.
const fn is_refused(snapshot: Snapshot) -> bool {
    matches!(snapshot.sanction, Some(Sanction { kind: NoticeKind::Banned | NoticeKind::Paused, .. }))
}

/// Whether the person has a warning to read.
const fn is_warned(snapshot: Snapshot) -> bool {
    matches!(snapshot.sanction, Some(Sanction { kind: NoticeKind::Warned, .. }))
}

/// The number of the reason, if it is known.
fn reason_of(snapshot: Snapshot) -> Option<usize> {
    snapshot.sanction?.terms.map(|(reason, _)| reason as usize)
}

fn reason(words: &'static Words, snapshot: Snapshot) -> String {
    reason_of(snapshot).map(|it| fill(words.because, words.report_reasons[it])).unwrap_or_default()
}

const fn decider(words: &'static Words, snapshot: Snapshot) -> &'static str {
    match snapshot.sanction {
        Some(Sanction { automatic: true, .. }) => words.deciders[1],
        // A network is also refused automatically, and the server then says so.
        Some(Sanction { terms: Some(_), .. }) => words.deciders[0],
        Some(_) | None => "",
    }
}
