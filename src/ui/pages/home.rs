//! [`App`]: the whole page, from the start page to the call.

use leptos::{ev, prelude::*};

use super::keys;
use crate::{
    call::{Flow, Intent, Phase, Problem, Snapshot},
    ui::{
        PageContext,
        i18n::words,
        parts::{Announcer, Brand, ChatPanel, Dock, PageHeading, Panel, Pictures, derived},
        view_model,
    },
};

/// The key code of a key that an input method uses itself (UI Events, section 7.3). Safari may report nothing else.
const USED_BY_INPUT_METHOD: u32 = 229;

/// The page. Shows the `Snapshot` of the [`PageContext`] and sends `Intent`s through it.
#[component]
pub fn App() -> impl IntoView {
    let PageContext { snapshot, send_intent, .. } = expect_context();
    let heading = PageHeading::default();
    provide_context(heading);

    let hydrated = RwSignal::new(false);
    Effect::new(move || {
        listen_to_keys(snapshot, send_intent);
        hydrated.set(true);
    });
    Effect::new(move |had_dialog: Option<bool>| {
        let has_dialog = view_model::has_dialog(snapshot.get());
        heading.restore_focus(had_dialog == Some(true) && !has_dialog);
        has_dialog
    });

    keep_title();

    view! {
        <main
            id="app"
            class="app"
            aria-label=words().name
            data-screen=derived(|it| Some(view_model::layout(it).name()))
            data-phase=derived(|it| Some(it.phase.name()))
            data-problem=derived(|it| it.problem.map(Problem::code))
            data-flow=derived(|it| it.phase.flow().map(Flow::name))
            data-strength=derived(|it| it.phase.is_matched().then(|| it.details.strength.name()))
            data-chat=derived(|it| (it.phase.is_matched() && it.chat.open).then_some(""))
            data-preview=derived(|it| view_model::is_preview(it).then_some(""))
            data-slow=derived(|it| matches!(it.phase, Phase::Connecting { slow: true }).then_some(""))
            data-hydrated=move || hydrated.get().then_some("")
        >
            <Announcer/>
            <Brand/>
            <Panel/>
            <Pictures/>
            <ChatPanel/>
            <Dock/>
        </main>
    }
}

/// Translates keys into intents, for as long as the page is shown.
fn listen_to_keys(snapshot: ReadSignal<Snapshot>, send_intent: Callback<Intent>) {
    let pressed = window_event_listener(ev::keydown, move |key| {
        let has_modifier = key.ctrl_key() || key.alt_key() || key.meta_key();
        let now = snapshot.get_untracked();
        if keys::is_talk_key(now, &key.key()) {
            key.prevent_default();
        }
        if key.repeat() || has_modifier || is_for_input_method(&key) {
            return;
        }
        if let Some(intent) = keys::intent_of(now, &keys::latin(key.key(), &key.code())) {
            // Otherwise the space bar would scroll, and a letter would end up in the field that it opens.
            key.prevent_default();
            send_intent.run(intent);
        }
    });
    let released = window_event_listener(ev::keyup, move |key| {
        if keys::is_talk_key(snapshot.get_untracked(), &key.key()) {
            // Otherwise the space bar would press the focused button.
            key.prevent_default();
            send_intent.run(Intent::HoldToTalk(false));
        }
    });
    // The page does not see a key that is released in another window.
    let left = window_event_listener(ev::blur, move |_| send_intent.run(Intent::HoldToTalk(false)));
    on_cleanup(move || {
        pressed.remove();
        released.remove();
        left.remove();
    });
}

/// Lets the title of the document say what is happening.
fn keep_title() {
    let (PageContext { snapshot, .. }, words) = (expect_context(), words());
    let title = Memo::new(move |_| view_model::title(words, snapshot.get()));
    Effect::new(move || document().set_title(&title.get()));
}

/// Whether an input method uses this key, as Escape to cancel a word.
fn is_for_input_method(key: &ev::KeyboardEvent) -> bool {
    key.is_composing() || key.key_code() == USED_BY_INPUT_METHOD
}
