//! [`App`]: the one page that moves, from the first look to the call; it must not know how a call is made.

use leptos::{ev, prelude::*};

use super::keys;
use crate::{
    call::{Flow, Intent, Phase, Problem, Snapshot},
    ui::{
        Stage,
        i18n::words,
        parts::{Announcer, Brand, Chat, Dock, Heading, Panel, Pictures, Sheet, see},
        view_model,
    },
};

/// The page: shows the `Snapshot` of the [`Stage`] in its context and sends its `Intent`s.
#[component]
pub fn App() -> impl IntoView {
    let Stage { snapshot, intend, .. } = expect_context();
    let heading = Heading::default();
    provide_context(heading);

    let hydrated = RwSignal::new(false);
    Effect::new(move || {
        let pressed = window_event_listener(ev::keydown, move |key| {
            let has_modifier = key.ctrl_key() || key.alt_key() || key.meta_key();
            let seen = snapshot.get_untracked();
            if keys::holds(seen, &key.key()) {
                key.prevent_default();
            }
            if key.repeat() || has_modifier {
                return;
            }
            if let Some(intent) = keys::pressed(seen, &key.key()) {
                // Else the space bar scrolls, and a letter lands in the field that it has opened.
                key.prevent_default();
                intend.run(intent);
            }
        });
        let released = window_event_listener(ev::keyup, move |key| {
            if keys::holds(snapshot.get_untracked(), &key.key()) {
                // Else it would press the button that has the focus.
                key.prevent_default();
                intend.run(Intent::HoldToTalk(false));
            }
        });
        // Whoever is called away lets go of the key somewhere else.
        let left = window_event_listener(ev::blur, move |_| intend.run(Intent::HoldToTalk(false)));
        on_cleanup(move || {
            pressed.remove();
            released.remove();
            left.remove();
        });
        hydrated.set(true);
    });
    Effect::new(move || {
        snapshot.track();
        heading.catch_focus();
    });

    view! {
        <main
            id="app"
            class="app"
            aria-label=words().name
            data-screen=see(|it| Some(view_model::screen(it).name()))
            data-phase=see(|it| Some(it.phase.name()))
            data-problem=see(|it| it.problem.map(Problem::code))
            data-flow=see(flow)
            data-strength=see(|it| view_model::is_met(it).then(|| it.details.strength.name()))
            data-chat=see(|it| (view_model::is_met(it) && it.chat.open).then_some(""))
            data-slow=see(|it| matches!(it.phase, Phase::Connecting { slow: true }).then_some(""))
            data-hydrated=move || hydrated.get().then_some("")
        >
            <Announcer/>
            <Brand/>
            <Panel/>
            <Pictures/>
            <Chat/>
            <Dock/>
            <Sheet/>
        </main>
    }
}

/// The stable name of what media does, while there is any.
const fn flow(snapshot: Snapshot) -> Option<&'static str> {
    match snapshot.phase {
        Phase::Talking { flow: Flow::Steady, .. } => Some("steady"),
        Phase::Talking { flow: Flow::Interrupted, .. } => Some("interrupted"),
        Phase::Talking { flow: Flow::Reconnecting { .. }, .. } => Some("reconnecting"),
        Phase::Landing
        | Phase::Asking
        | Phase::Mirror
        | Phase::Ready
        | Phase::Waiting { .. }
        | Phase::Connecting { .. }
        | Phase::Ended { .. } => None,
    }
}
