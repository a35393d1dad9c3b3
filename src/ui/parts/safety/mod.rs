//! [`SafetyContent`]: reports and sanctions. It is hydrated together with the call.

pub(crate) mod dialog;
pub(crate) mod sanction;
pub(crate) mod told;

use leptos::prelude::*;

use crate::{
    call::{Intent, ReportStep, ReportWish, Snapshot},
    ui::{PageContext, i18n::words, parts::derive::derived, view_model},
};
use dialog::SafetyDialog;
use sanction::Refusal;

/// What the panel shows of reports and sanctions, and their dialog, in the element with the id
/// [`SAFETY_ID`](crate::ui::SAFETY_ID).
#[component]
pub fn SafetyContent() -> impl IntoView {
    let PageContext { send_intent, .. } = expect_context();
    let words = words();
    view! {
        <div>
            <Refusal/>
            <div hidden=derived(|it| !offers_report(it))>
                <button
                    class="button"
                    type="button"
                    data-kind="quiet"
                    on:click=move |_| send_intent.run(Intent::Report(ReportWish::Choose))
                >
                    {words.report_someone}
                </button>
            </div>
            <p class="sought" hidden=derived(|it| !keeps_report(it))>{words.report_kept}</p>
            <SafetyDialog/>
        </div>
    }
}

/// Whether the panel leads to the past strangers who can be reported.
fn offers_report(snapshot: Snapshot) -> bool {
    snapshot.past_calls[0].is_some() && is_open(snapshot)
}

/// Whether the panel says that a report waits for the server.
fn keeps_report(snapshot: Snapshot) -> bool {
    snapshot.report == ReportStep::None && snapshot.keeps_report && is_open(snapshot)
}

/// Whether the page is neither in a match nor locked.
fn is_open(snapshot: Snapshot) -> bool {
    !snapshot.phase.is_matched() && !view_model::is_locked(snapshot)
}
