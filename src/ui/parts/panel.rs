//! The one frame in which every state says what it is: figure, heading, sentence, note, one thing to do;
//! it must not know what comes of it.

use leptos::prelude::*;

use super::{
    choices::Choices,
    heading::Heading,
    icon::{self, Icon},
};
use crate::{
    call::{Intent, Phase, Problem, Snapshot},
    ui::{Stage, scene, words::words},
};

/// Figure, heading, sentence, note and main action of the current state.
#[component]
pub(in crate::ui) fn Panel() -> impl IntoView {
    let Stage { snapshot, intend } = expect_context();
    let heading: Heading = expect_context();
    let words = words();
    let scene = move || scene::scene(words, snapshot.get());
    let starts = move || scene().action.is_none_or(|(_, intent)| intent == Intent::Start);
    let press = move |_| {
        if let Some((_, intent)) = scene::scene(words, snapshot.get_untracked()).action {
            intend.run(intent);
        }
    };
    view! {
        <div class="panel">
            <Figure/>
            <div class="badge"><Icon of=badge/></div>
            <div class="panel-text">
                <h1 class="panel-heading" tabindex="-1" node_ref=heading.0>{move || scene().heading}</h1>
                <p class="panel-sentence">{move || scene().sentence}</p>
                <p class="panel-note" hidden=move || scene().note.is_none()>
                    <Icon of=|_| icon::INFO/>
                    <span>{move || scene().note.unwrap_or_default()}</span>
                </p>
                <div class="panel-action" hidden=move || scene().action.is_none()>
                    <button
                        class="button"
                        type="button"
                        data-kind=move || starts().then_some("main")
                        data-intent=move || starts().then_some("start")
                        on:click=press
                    >
                        <span>{move || scene().action.map_or("", |(name, _)| name)}</span>
                        <span class="button-wait" aria-hidden="true"></span>
                    </button>
                </div>
                <div class="choices" hidden=move || !chooses(snapshot.get())><Choices/></div>
            </div>
        </div>
    }
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
        Some(Problem::CameraBlocked | Problem::NoDevice | Problem::DeviceBusy) => icon::CAMERA_OFF,
        Some(Problem::Unsupported) => icon::BROWSER,
        Some(Problem::Insecure) => icon::LOCK,
        Some(Problem::ServerLost | Problem::ServerFull | Problem::NoRelay) => icon::SERVER,
    }
}
