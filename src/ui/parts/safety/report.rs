//! [`ReportDialog`]: which stranger, why, and what came of it.

use leptos::{html, prelude::*};

use super::modal::Modal;
use crate::{
    call::{Intent, PastCall, ReportStep, ReportWish, Snapshot},
    protocol::{ReportReason, limits::MAX_REPORT_CHARS},
    ui::{
        PageContext, SafetyTexts,
        i18n::{StateText, Words, fill, words},
        parts::{
            derive::derived,
            live::{live, live_text},
        },
    },
};

/// The dialog of a report. Its steps differ in what they show.
#[component]
pub(crate) fn ReportDialog() -> impl IntoView {
    let PageContext { send_intent, .. } = expect_context();
    let texts: ReadSignal<SafetyTexts> = expect_context();
    let words = words();
    let close = Intent::Report(ReportWish::Close);
    let is_accepted = derived(|it| it.report == ReportStep::Accepted);
    view! {
        <Modal id="report-heading" step=|it| it.report as usize text close=close.clone()>
            <div class="question-choices" hidden=derived(|it| it.report != ReportStep::Choosing)>
                {[0, 1, 2].map(|index| view! { <PastButton index/> }).collect_view()}
            </div>
            <Question/>
            <p hidden=move || texts.get().outcome.is_empty() || !is_accepted()>
                {live(move || fill(words.report_code, &texts.get().outcome))}
            </p>
            <a
                href="/report"
                target="_blank"
                rel="noopener"
                hidden=derived(|it| !matches!(it.report, ReportStep::Accepted | ReportStep::TooLate | ReportStep::TooMany))
            >
                {words.report_page}
            </a>
            <button class="button" type="button" on:click=move |_| send_intent.run(close.clone())>
                {live_text(|words, it| if is_asking(it) { words.cancel } else { words.done })}
            </button>
        </Modal>
    }
}

/// The button of one past call; hidden if there is none.
#[component]
fn PastButton(
    /// Which one: the latest is 0.
    index: usize,
) -> impl IntoView {
    let PageContext { snapshot, send_intent, .. } = expect_context();
    let texts: ReadSignal<SafetyTexts> = expect_context();
    let words = words();
    let past = move || snapshot.get().past_calls[index];
    let label =
        move || past().map(|it| length_text(words, it, &texts.get().times[index])).unwrap_or_default();
    let press = move |_| {
        if let Some(PastCall { id, .. }) = snapshot.get_untracked().past_calls[index] {
            send_intent.run(Intent::Report(ReportWish::Past(id)));
        }
    };
    view! {
        <button class="button" type="button" hidden=move || past().is_none() on:click=press>{live(label)}</button>
    }
}

/// Why, and in which words. It is empty again each time.
#[component]
fn Question() -> impl IntoView {
    let PageContext { snapshot, send_intent, .. } = expect_context();
    let words = words();
    let chosen = RwSignal::new(None);
    let (form, field) = (NodeRef::<html::Form>::new(), NodeRef::<html::Textarea>::new());
    let is_asked = Memo::new(move |_| snapshot.get().report == ReportStep::Asking);
    Effect::new(move || {
        if is_asked.get()
            && let Some(form) = form.get_untracked()
        {
            form.reset();
            chosen.set(None);
        }
    });
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let (Some(reason), Some(field)) = (chosen.get_untracked(), field.get_untracked()) {
            send_intent.run(Intent::Report(ReportWish::Send(reason, field.value())));
        }
    };
    let is_child = move || chosen.get() == Some(ReportReason::UnderAge);
    let choice = move |(reason, text): (ReportReason, &'static str)| {
        view! {
            <label class="question-choice">
                <input
                    type="radio"
                    name="reason"
                    value=reason.name()
                    required=true
                    on:change=move |_| chosen.set(Some(reason))
                />
                {text}
            </label>
        }
    };
    view! {
        <form hidden=move || !is_asked.get() node_ref=form on:submit=send>
            <fieldset class="question-choices" aria-labelledby="report-heading">
                {ReportReason::ALL.into_iter().zip(words.report_reasons).map(choice).collect_view()}
            </fieldset>
            <p hidden=move || !is_child()>{words.report_child}</p>
            <label class="field" hidden=is_child>
                <span class="field-label">{words.report_words}</span>
                <textarea
                    class="select"
                    rows="3"
                    dir="auto"
                    maxlength=MAX_REPORT_CHARS.to_string()
                    node_ref=field
                ></textarea>
            </label>
            <button class="button" type="submit" data-kind="main">{words.report_send}</button>
        </form>
    }
}

/// Heading and sentence of a step.
const fn text(words: &'static Words, snapshot: Snapshot) -> StateText {
    // Nothing is shown at the first step.
    words.report_steps[(snapshot.report as usize).saturating_sub(1)]
}

/// Whether the dialog waits for the person.
const fn is_asking(snapshot: Snapshot) -> bool {
    matches!(snapshot.report, ReportStep::Choosing | ReportStep::Asking)
}

/// When a past call began and how long it took, in words.
fn length_text(words: &'static Words, PastCall { seconds, .. }: PastCall, time: &str) -> String {
    let minutes = seconds / 60;
    let template = words.lengths[usize::try_from(minutes).unwrap_or(2).min(2)];
    fill(&fill(template, time), &minutes.to_string())
}
