//! [`App`]: the one page that moves, from the first look to the call; it must not know how a call is made.

use leptos::{ev, prelude::*};

use crate::{
    call::{Flow, Intent, Phase, Problem, Snapshot},
    ui::{
        Stage,
        parts::{Announcer, Brand, Dock, Heading, Panel, Pictures},
        scene,
        words::words,
    },
};

/// The page: shows the `Snapshot` of the [`Stage`] in its context and sends its `Intent`s.
#[component]
pub fn App() -> impl IntoView {
    let Stage { snapshot, intend } = expect_context();
    let heading = Heading::default();
    provide_context(heading);

    let hydrated = RwSignal::new(false);
    Effect::new(move || {
        let keys = window_event_listener(ev::keydown, move |key| {
            if key.key() == "Escape" && !key.repeat() && hears_escape(snapshot.get_untracked()) {
                intend.run(Intent::Escape);
            }
        });
        on_cleanup(move || keys.remove());
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
            data-screen=move || scene::screen(snapshot.get()).name()
            data-phase=move || snapshot.get().phase.name()
            data-problem=move || snapshot.get().problem.map(Problem::code)
            data-flow=move || flow(snapshot.get())
            data-slow=move || matches!(snapshot.get().phase, Phase::Connecting { slow: true }).then_some("")
            data-hydrated=move || hydrated.get().then_some("")
        >
            <Announcer/>
            <Brand/>
            <Panel/>
            <Pictures/>
            <Dock/>
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
        | Phase::Ready
        | Phase::Waiting { .. }
        | Phase::Connecting { .. }
        | Phase::Ended { .. } => None,
    }
}

/// Whether Esc belongs to the call now: there is a match, no dialog wants the key, and the browser does not need it to
/// leave full screen.
fn hears_escape(snapshot: Snapshot) -> bool {
    let in_a_match = match snapshot.phase {
        Phase::Connecting { .. } | Phase::Talking { .. } => true,
        Phase::Landing | Phase::Asking | Phase::Ready | Phase::Waiting { .. } | Phase::Ended { .. } => false,
    };
    let document = document();
    in_a_match
        && document.fullscreen_element().is_none()
        && matches!(document.query_selector("dialog[open], :popover-open"), Ok(None))
}
