//! The one frame in which every state says what it is: figure, heading, sentence, note, one thing to do;
//! it must not know what comes of it.

use leptos::prelude::*;

use super::{
    call::occupancy::Crowd,
    derive::{say, see},
    focus::Heading,
    icon::{self, Icon},
    settings::{
        devices::Devices,
        switches::Choices,
        topics::{Sought, Topics},
    },
};
use crate::{
    call::{Intent, Phase, Problem, Snapshot, Switch},
    ui::{
        Stage,
        i18n::{Words, words},
        view_model,
    },
};

/// Figure, heading, sentence, note and main action of the current state.
#[component]
pub(crate) fn Panel() -> impl IntoView {
    let Stage { snapshot, intend, .. } = expect_context();
    let heading: Heading = expect_context();
    let words = words();
    let press = move |_| {
        if let Some((_, intent)) = view_model::scene(words, snapshot.get_untracked()).action {
            intend.run(intent);
        }
    };
    let press_second = move |_| {
        if let Some((_, intent)) = view_model::scene(words, snapshot.get_untracked()).second {
            intend.run(intent);
        }
    };
    view! {
        <div class="panel">
            <Figure/>
            <div class="badge"><Icon of=badge/></div>
            <div class="panel-text">
                <h1 class="panel-heading" tabindex="-1" node_ref=heading.0>{say(|words, it| view_model::scene(words, it).heading)}</h1>
                <p class="panel-sentence">{say(|words, it| view_model::scene(words, it).sentence)}</p>
                <Crowd/>
                <Sought/>
                <p class="sought" hidden=see(|it| it.problem.is_none() || it.retries_in.is_none())>
                    {words.tries_again} " " {see(|it| it.retries_in)} " " {words.seconds}
                </p>
                <p class="panel-note" hidden=say(|words, it| view_model::scene(words, it).note.is_none())>
                    <Icon of=|_| icon::INFO/>
                    <span>{say(|words, it| view_model::scene(words, it).note.unwrap_or_default())}</span>
                </p>
                <div class="panel-action" hidden=say(|words, it| view_model::scene(words, it).action.is_none())>
                    <button
                        class="button"
                        type="button"
                        data-kind=say(|words, it| starts(words, it).then_some("main"))
                        data-intent=say(|words, it| starts(words, it).then_some("start"))
                        on:click=press
                    >
                        <span>{say(|words, it| view_model::scene(words, it).action.map_or("", |(name, _)| name))}</span>
                        <span class="button-wait" aria-hidden="true"></span>
                    </button>
                    <button class="button" type="button" hidden=say(|words, it| view_model::scene(words, it).second.is_none()) on:click=press_second>
                        {say(|words, it| view_model::scene(words, it).second.map_or("", |(name, _)| name))}
                    </button>
                </div>
                <div class="mirror" hidden=see(|it| it.phase != Phase::Mirror)>
                    <label class="field">
                        <span class="field-label">{words.level}</span>
                        <meter data-level="" min="0" max="1" value="0"></meter>
                    </label>
                    <Devices/>
                </div>
                <div class="choices" hidden=see(|it| !chooses(it))>
                    <Topics/>
                    <Choices of=&[Switch::HideAddress, Switch::SaveData]/>
                </div>
            </div>
        </div>
    }
}

/// Whether the first thing to do is to start.
fn starts(words: &'static Words, snapshot: Snapshot) -> bool {
    view_model::scene(words, snapshot).action.is_none_or(|(_, intent)| intent == Intent::Start)
}

/// Whether what this device keeps can be chosen here: before anything begins, and where a choice is what is wrong.
const fn chooses(snapshot: Snapshot) -> bool {
    matches!((snapshot.phase, snapshot.problem), (Phase::Landing, None | Some(Problem::NoRelay)))
}

/// The mark grown to two people: a circle cut in two, its halves slipped past each other until two are connected.
#[component]
fn Figure() -> impl IntoView {
    view! {
        <div class="figure" aria-hidden="true">
            <div class="half" data-half="self"><Icon of=|_| icon::PERSON/></div>
            <div class="half" data-half="stranger"><Icon of=|_| icon::PERSON/></div>
        </div>
    }
}

/// What stands in place of the figure when there is a question or a problem.
fn badge(snapshot: Snapshot) -> &'static str {
    match snapshot.problem {
        None => icon::CAMERA,
        Some(
            Problem::CameraBlocked
            | Problem::CameraDismissed
            | Problem::CameraBlockedBySystem
            | Problem::NoDevice
            | Problem::DeviceBusy,
        ) => icon::CAMERA_OFF,
        Some(Problem::OtherTab) => icon::SCREEN,
        Some(Problem::Idle) => icon::AWAY,
        Some(Problem::Offline) => icon::WIFI_OFF,
        Some(Problem::Unsupported) => icon::BROWSER,
        Some(Problem::Insecure) => icon::LOCK,
        Some(Problem::RateLimited) => icon::CLOCK,
        Some(Problem::ServerLost | Problem::ServerFull | Problem::NetworkFull | Problem::NoRelay) => {
            icon::SERVER
        }
    }
}
