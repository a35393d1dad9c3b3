//! [`SafetyDialog`]: a report (which stranger, why, and what came of it) and a warning, over everything else.

use leptos::{ev, html, prelude::*};

use super::{sanction::Decision, told::told};
use crate::{
    call::{Intent, PastCall, ReportStep, ReportWish, Snapshot},
    protocol::{ReportReason, limits::MAX_REPORT_CHARS},
    ui::{
        PageContext, SafetyTexts, StaticParts,
        i18n::{StateText, Words, fill, words},
        parts::{derive::derived, live::live_text},
        view_model,
    },
};

/// The step of the dialog that shows a warning, after those of a report. It is closed at 0.
const WARNING: usize = ReportStep::TooMany as usize + 1;

/// A dialog whose heading takes the focus at each step. The browser keeps the focus inside, and closes it on Escape.
#[component]
pub(crate) fn SafetyDialog() -> impl IntoView {
    let PageContext { snapshot, send_intent, .. } = expect_context();
    let words = words();
    let (dialog, heading) = (NodeRef::<html::Dialog>::new(), NodeRef::<html::H2>::new());
    let form = NodeRef::<html::Form>::new();
    Effect::new(move |before: Option<(usize, u32)>| {
        let snapshot = snapshot.get();
        let (step, shown) = (step(snapshot), snapshot.closed_reports);
        // An answer may come after one that is alike.
        if (step > 0 || before.is_some_and(|it| it.0 > 0))
            && before != Some((step, shown))
            && let (Some(dialog), Some(heading)) = (dialog.get_untracked(), heading.get_untracked())
        {
            if step == 0 {
                dialog.close();
            } else if !dialog.open() {
                // Fails only for a dialog that is not in the document.
                drop(dialog.show_modal());
            }
            // What was said about another stranger is not said again.
            form.get_untracked().iter().for_each(|it| it.reset());
            // If this fails, the focus is on the first control. A closed dialog has given it back and takes none.
            drop(heading.focus());
        }
        (step, shown)
    });
    let close = move || send_intent.run(closing(snapshot.get_untracked()));
    let closed = move |_| {
        if step(snapshot.get_untracked()) > 0 && dialog.get_untracked().is_some_and(|it| !it.open()) {
            close();
        }
    };
    view! {
        <dialog class="question" aria-labelledby="question" node_ref=dialog on:close=closed>
            // It takes the focus at each step, and then a screen reader reads both.
            <h2
                class="question-heading"
                id="question"
                tabindex="-1"
                aria-describedby="question-more"
                node_ref=heading
            >
                {live_text(|words, it| text(words, it).heading)}
            </h2>
            <p id="question-more">{live_text(|words, it| text(words, it).sentence)}</p>
            <p class="question-call" hidden=derived(|it| it.report != ReportStep::Asking)>
                {told(|_, _, texts| texts.past[0].clone())}
            </p>
            <div class="question-choices" hidden=derived(|it| it.report != ReportStep::Choosing)>
                <PastButton index=0 label=|_, _, texts| texts.past[0].clone()/>
                <PastButton index=1 label=|_, _, texts| texts.past[1].clone()/>
                <PastButton index=2 label=|_, _, texts| texts.past[2].clone()/>
            </div>
            <Question form/>
            <p hidden=derived(|it| it.report != ReportStep::Accepted)>{told(outcome)}</p>
            <a href="/report" target="_blank" rel="noopener" hidden=derived(|it| !leads_to_help(it))>
                {words.report_page}
            </a>
            <div hidden=derived(|it| step(it) != WARNING)><Decision/></div>
            <button class="button" type="button" on:click=move |_| close()>
                {live_text(close_label)}
            </button>
        </dialog>
    }
}

/// The button of one past call; hidden if there is none.
#[component]
fn PastButton(
    /// Which one: the latest is 0.
    index: usize,
    /// Its text.
    label: fn(&'static Words, Snapshot, &SafetyTexts) -> String,
) -> impl IntoView {
    let PageContext { snapshot, send_intent, .. } = expect_context();
    let press = move |_| {
        if let Some(PastCall { id, .. }) = snapshot.get_untracked().past_calls[index] {
            send_intent.run(Intent::Report(ReportWish::Past(id)));
        }
    };
    view! {
        <button
            class="button"
            type="button"
            hidden=move || snapshot.get().past_calls[index].is_none()
            on:click=press
        >
            {told(label)}
        </button>
    }
}

/// Why, and in which words. The style sheet hides the field where it must not be asked for more.
#[component]
fn Question(
    /// Its form.
    form: NodeRef<html::Form>,
) -> impl IntoView {
    let PageContext { send_intent, .. } = expect_context();
    let words = words();
    let field = NodeRef::<html::Textarea>::new();
    let send = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let chosen = document().query_selector("#safety :checked").ok().flatten();
        let name = chosen.and_then(|it| it.get_attribute("value")).unwrap_or_default();
        let reason = ReportReason::ALL.into_iter().find(|it| it.name() == name);
        if let (Some(reason), Some(field)) = (reason, field.get_untracked()) {
            send_intent.run(Intent::Report(ReportWish::Send(reason, field.value())));
        }
    };
    let StaticParts { reasons, .. } = use_context().unwrap_or_default();
    view! {
        <form node_ref=form hidden=derived(|it| it.report != ReportStep::Asking) on:submit=send>
            <fieldset class="question-choices" aria-labelledby="question" inner_html=reasons></fieldset>
            <p class="question-child">{words.report_child}</p>
            <label class="field">
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

/// A button for each reason. Only the server calls this, so that the program of the call does not contain it.
pub(crate) fn reasons(words: &'static Words) -> impl IntoView + use<> {
    let choice = |(reason, text): (ReportReason, &'static str)| {
        view! {
            <label class="question-choice">
                <input type="radio" name="reason" value=reason.name() required=true/>
                {text}
            </label>
        }
    };
    ReportReason::ALL.into_iter().zip(words.report_reasons).map(choice).collect_view()
}

/// What the dialog shows; a report comes before a warning.
fn step(snapshot: Snapshot) -> usize {
    let is_free = snapshot.report == ReportStep::None;
    if is_free && view_model::is_warned(snapshot) { WARNING } else { snapshot.report as usize }
}

/// Heading and sentence.
fn text(words: &'static Words, snapshot: Snapshot) -> StateText {
    let step = step(snapshot);
    // Nothing is shown at the first step.
    if step == WARNING { words.warned } else { words.report_steps[step.saturating_sub(1)] }
}

/// The intent of closing the dialog.
fn closing(snapshot: Snapshot) -> Intent {
    if step(snapshot) == WARNING { Intent::AcceptWarning } else { Intent::Report(ReportWish::Close) }
}

fn close_label(words: &'static Words, snapshot: Snapshot) -> &'static str {
    match snapshot.report {
        ReportStep::Choosing | ReportStep::Asking => words.cancel,
        ReportStep::None if view_model::is_warned(snapshot) => words.warning_read,
        ReportStep::None
        | ReportStep::Sending
        | ReportStep::Kept
        | ReportStep::Accepted
        | ReportStep::TooLate
        | ReportStep::TooMany => words.done,
    }
}

/// Whether the dialog leads to the page about reports.
const fn leads_to_help(snapshot: Snapshot) -> bool {
    matches!(snapshot.report, ReportStep::Accepted | ReportStep::TooLate | ReportStep::TooMany)
}

/// The code with which the person can ask what came of the report.
fn outcome(words: &'static Words, _: Snapshot, texts: &SafetyTexts) -> String {
    if texts.outcome.is_empty() { String::new() } else { fill(words.report_code, &texts.outcome) }
}

/// When a past call began, as the time of the day, and how long it took: so many seconds, which are so many minutes in
/// the words of the page.
pub fn past_text(words: &'static Words, began: &str, seconds: u64, minutes: &str) -> String {
    fill(&fill(words.lengths[usize::from(seconds >= 60)], began), minutes)
}
