//! The panel, which presents every state outside a call: figure, heading, sentence, note and buttons.

use leptos::prelude::*;

use super::{
    call::{
        block_past::{BlockPast, offers_block},
        dock::DeviceControls,
        occupancy::OccupancyLine,
    },
    derive::{derived, derived_text},
    focus::PageHeading,
    icon::{self, Icon},
    live::{live, live_text},
    settings::{
        devices::DeviceMenus,
        switches::Switches,
        topics::{SearchStatus, TopicsField},
    },
};
use crate::{
    call::{Intent, Phase, Problem, Snapshot, Switch, WindowWish},
    ui::{
        Home, PageContext, SAFETY_ID, StaticParts,
        i18n::{Words, fill, words},
        view_model::{self, Layout},
    },
};

/// A list of free help lines of most countries, which needs no account.
const HELP: &str = "https://findahelpline.com";

/// Figure, heading, sentence, note and buttons of the current state.
#[component]
pub(crate) fn Panel() -> impl IntoView {
    let heading: PageHeading = expect_context();
    let words = words();
    let Home(home) = use_context().unwrap_or_default();
    let home_page = [&home, "/"].concat();
    let StaticParts { links, safety, .. } = use_context().unwrap_or_default();
    view! {
        <div class="panel">
            <Figure/>
            <div class="badge"><Icon of=badge/></div>
            <div class="panel-text">
                <h1 class="panel-heading" tabindex="-1" node_ref=heading.0>
                    {live_text(|words, it| view_model::panel(words, it).heading)}
                </h1>
                <p class="panel-sentence">{live_text(|words, it| view_model::panel(words, it).sentence)}</p>
                <a class="panel-link" hidden=derived(|it| !view_model::shows_home(it)) href=home_page>
                    {home}
                </a>
                <ul class="rules" hidden=derived(|it| it.phase != Phase::Gate)>
                    {words.rules.map(|it| view! { <li>{it}</li> })}
                </ul>
                <a
                    class="panel-link"
                    hidden=derived(|it| !view_model::is_under_age(it))
                    href=HELP
                    rel="noopener noreferrer"
                >
                    {words.help}
                </a>
                <OccupancyLine/>
                <SearchStatus/>
                <p class="sought" hidden=derived(|it| it.problem.is_none() || it.retries_in.is_none())>
                    {live(derived_text(tries_again))}
                </p>
                <p class="panel-note" hidden=derived_text(|words, it| view_model::panel(words, it).note.is_none())>
                    <Icon of=|_| icon::INFO/>
                    {live_text(|words, it| view_model::panel(words, it).note.unwrap_or_default())}
                </p>
                <Actions/>
                <BlockPast index=0 hidden=|it| !offers_block(it)/>
                // Hydrated together with the call.
                <div class="safety" id=SAFETY_ID inner_html=safety></div>
                <NewVersion/>
                <div class="mirror" hidden=derived(|it| it.phase != Phase::Mirror || view_model::asks_presence(it))>
                    <label class="field">
                        <span class="field-label">{words.level}</span>
                        <meter data-level="" min="0" max="1" value="0"></meter>
                    </label>
                    <div class="mirror-switches"><DeviceControls/></div>
                    <DeviceMenus/>
                </div>
                <div class="choices" hidden=derived(|it| !offers_choices(it))>
                    <TopicsField/>
                    <Switches of=&[Switch::CameraOff, Switch::MicrophoneOff, Switch::HideAddress, Switch::SaveData]/>
                </div>
                // Only the style sheet shows and hides it, and only the server knows what is inside.
                <div class="links panel-links" inner_html=links></div>
            </div>
        </div>
    }
}

/// When the page tries again, if the server has named a time.
fn tries_again(words: &'static Words, snapshot: Snapshot) -> String {
    snapshot.retries_in.map(|it| fill(words.tries_again, &it.to_string())).unwrap_or_default()
}

/// The main button, and perhaps a second one.
#[component]
fn Actions() -> impl IntoView {
    let PageContext { snapshot, send_intent, .. } = expect_context();
    let words = words();
    let press = move |_| {
        if let Some((_, intent)) = view_model::panel(words, snapshot.get_untracked()).action {
            send_intent.run(intent);
        }
    };
    let press_second = move |_| {
        if let Some((_, intent)) = view_model::panel(words, snapshot.get_untracked()).second {
            send_intent.run(intent);
        }
    };
    view! {
        <div
            class="panel-action"
            hidden=derived_text(|words, it| view_model::panel(words, it).action.is_none())
        >
            <button
                class="button"
                type="button"
                data-kind=derived_text(|words, it| has_main_button(words, it).then_some("main"))
                data-intent=derived_text(|words, it| has_start_button(words, it).then_some("start"))
                on:click=press
            >
                {live_text(|words, it| view_model::panel(words, it).action.map_or("", |(name, _)| name))}
                <span class="button-wait" aria-hidden="true"></span>
            </button>
            <button
                class="button"
                type="button"
                hidden=derived_text(|words, it| view_model::panel(words, it).second.is_none())
                on:click=press_second
            >
                {live_text(|words, it| view_model::panel(words, it).second.map_or("", |(name, _)| name))}
            </button>
        </div>
    }
}

/// The offer to load a newer build of the page.
#[component]
fn NewVersion() -> impl IntoView {
    let PageContext { send_intent, .. } = expect_context();
    let words = words();
    view! {
        <p class="chip" hidden=derived(|it| !view_model::offers_reload(it))>
            {words.outdated}
            <button
                class="button"
                type="button"
                on:click=move |_| send_intent.run(Intent::Window(WindowWish::Reload))
            >
                {words.reload}
            </button>
        </p>
    }
}

/// Whether the main button is Start or hidden.
fn has_start_button(words: &'static Words, snapshot: Snapshot) -> bool {
    view_model::panel(words, snapshot).action.is_none_or(|(_, intent)| intent == Intent::Start)
}

/// Whether the main button leads on, rather than back or to another attempt.
fn has_main_button(words: &'static Words, snapshot: Snapshot) -> bool {
    snapshot.phase == Phase::Gate || has_start_button(words, snapshot)
}

/// Whether the panel offers switches and topics: on the start page only.
fn offers_choices(snapshot: Snapshot) -> bool {
    view_model::layout(snapshot) == Layout::Landing
}

/// The logo with two people in it: the halves of a circle, shifted against each other until two are connected.
#[component]
fn Figure() -> impl IntoView {
    view! {
        <div class="figure" aria-hidden="true">
            <div class="half" data-half="self"><Icon of=|_| icon::PERSON/></div>
            <div class="half" data-half="stranger"><Icon of=|_| icon::PERSON/></div>
        </div>
    }
}

/// The icon that replaces the figure when there is a question or a problem.
fn badge(snapshot: Snapshot) -> &'static str {
    match snapshot.problem {
        None if snapshot.phase == Phase::Gate => icon::PERSON,
        None => icon::CAMERA,
        Some(
            Problem::CameraBlocked
            | Problem::CameraDismissed
            | Problem::CameraBlockedBySystem
            | Problem::NoDevice
            | Problem::DeviceBusy,
        ) => icon::CAMERA_OFF,
        Some(Problem::UnderAge | Problem::AgeCheck) => icon::PERSON,
        Some(Problem::OtherTab) => icon::SCREEN,
        Some(Problem::Idle) => icon::AWAY,
        Some(Problem::Offline) => icon::WIFI_OFF,
        Some(Problem::Unsupported | Problem::CannotConnect) => icon::BROWSER,
        Some(Problem::Insecure) => icon::LOCK,
        Some(Problem::RateLimited | Problem::Banned | Problem::Paused) => icon::CLOCK,
        Some(
            Problem::ServerLost
            | Problem::ServerFull
            | Problem::NetworkFull
            | Problem::WrongAddress
            | Problem::NoRelay,
        ) => icon::SERVER,
    }
}
