//! [`SheetContent`]: the sections of the settings sheet.

use leptos::prelude::*;

use super::{
    actions::{CallActions, Volume},
    connection::PathTest,
    details::ConnectionDetails,
    devices::DeviceMenus,
    switches::Switches,
    topics::TopicsField,
};
use crate::{
    call::{Intent, ReportWish, Switch},
    ui::{
        PageContext, SHEET_ID, StaticParts,
        i18n::words,
        parts::{call::block_past::BlockPast, derive::derived},
    },
};

/// The switches of the section about the person.
const OWN_SWITCHES: [Switch; 8] = [
    Switch::CameraOff,
    Switch::MicrophoneOff,
    Switch::Blur,
    Switch::HideOwnPicture,
    Switch::Unmirrored,
    Switch::NoChime,
    Switch::Notify,
    Switch::SaveData,
];

/// The sections of the sheet, in the element with the id [`SHEET_CONTENT_ID`](crate::ui::SHEET_CONTENT_ID).
#[component]
pub fn SheetContent() -> impl IntoView {
    let words = words();
    let StaticParts { spoken, .. } = use_context().unwrap_or_default();
    view! {
        <div>
            <section
                class="sheet-section"
                data-section="call"
                aria-label=words.section_call
                hidden=derived(|it| !it.phase.is_matched())
            >
                <h3 class="sheet-heading">{words.section_call}</h3>
                <CallActions/>
                <Volume/>
                <ConnectionDetails/>
            </section>
            <section class="sheet-section" data-section="you" aria-label=words.section_you>
                <h3 class="sheet-heading">{words.section_you}</h3>
                <DeviceMenus/>
                <Switches of=&OWN_SWITCHES/>
            </section>
            <section class="sheet-section" data-section="interests" aria-label=words.section_interests>
                <h3 class="sheet-heading">{words.section_interests}</h3>
                <TopicsField/>
                <Switches of=&[Switch::MyLanguages]/>
                // The script of the document knows what is inside.
                <div inner_html=spoken></div>
            </section>
            <section class="sheet-section" data-section="privacy" aria-label=words.section_privacy>
                <h3 class="sheet-heading">{words.section_privacy}</h3>
                <Switches of=&[Switch::SoftStart, Switch::NoSoftStart, Switch::HideAddress]/>
                {[0, 1, 2].map(|index| view! { <BlockPast index/> }).collect_view()}
                <ReportPast/>
                <StoredData/>
            </section>
            <section class="sheet-section" data-section="connection" aria-label=words.section_connection>
                <h3 class="sheet-heading">{words.section_connection}</h3>
                <PathTest/>
            </section>
            <Shortcuts/>
        </div>
    }
}

/// Leads to the past strangers who can be reported, and closes the sheet over that.
#[component]
fn ReportPast() -> impl IntoView {
    let PageContext { send_intent, .. } = expect_context();
    view! {
        <button
            class="button"
            type="button"
            popovertarget=SHEET_ID
            popovertargetaction="hide"
            hidden=derived(|it| it.past_calls[0].is_none())
            on:click=move |_| send_intent.run(Intent::Report(ReportWish::Choose))
        >
            {words().report_someone}
        </button>
    }
}

/// The keyboard shortcuts. The style sheet hides them on devices without a keyboard.
#[component]
fn Shortcuts() -> impl IntoView {
    let words = words();
    view! {
        <section class="sheet-section" data-section="keys" aria-label=words.keys>
            <h3 class="sheet-heading">{words.keys}</h3>
            <ul hidden=derived(|it| it.preferences.has(Switch::NoKeys))>
                {words.key_names.map(|it| view! { <li>{it}</li> }).collect_view()}
            </ul>
            <Switches of=&[Switch::PushToTalk, Switch::NoKeys]/>
        </section>
    }
}

/// What the device stores, and the buttons that remove it.
#[component]
fn StoredData() -> impl IntoView {
    let PageContext { send_intent, .. } = expect_context();
    let words = words();
    view! {
        <p class="sheet-note" hidden=derived(|it| it.blocked == 0)>{words.blocked_note}</p>
        <button
            class="button"
            type="button"
            hidden=derived(|it| it.blocked == 0)
            on:click=move |_| send_intent.run(Intent::Unblock)
        >
            {words.unblock}
        </button>
        <p class="sheet-note">{words.forget_note}</p>
        <button class="button" type="button" on:click=move |_| send_intent.run(Intent::ForgetEverything)>
            {words.forget}
        </button>
    }
}
