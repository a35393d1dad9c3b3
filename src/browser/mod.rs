//! The browser half's driver: performs what the call decides, and reports what happens in the browser.
//!
//! [`driver`] owns the one [`Call`](crate::call::Call), and [`perform`] performs its outputs. [`web`] is the only
//! folder that uses the browser's interfaces.

mod driver;
mod inbox;
mod perform;

mod handoff;
mod lazy_load;

mod web;

use leptos::{
    prelude::{Callback, Set, provide_context, signal},
    task::spawn_local,
};

use crate::{
    call::{Input, Menus, Problem, Snapshot, TopicTexts},
    ui::{App, Home, PageContext, i18n::Words},
};
pub use handoff::Handoff;
use inbox::Inbox;

/// Hydrates the page that the server has rendered.
///
/// `fetch` loads the part of the program that drives the call, and is called again until it returns `true`. Then
/// `start_call` starts the call.
pub fn start(fetch: impl AsyncFn() -> bool + 'static, start_call: fn(Box<Handoff>)) {
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();

    let (inbox, inputs) = Inbox::new();
    let (snapshot, set_snapshot) = signal(Snapshot::default());
    let (lines, set_lines) = signal(Vec::new());
    let (menus, set_menus) = signal(Menus::default());
    let (topics, set_topics) = signal(TopicTexts::default());
    let (samples, set_samples) = signal(Vec::new());
    let intents = inbox.clone();
    let send_intent = Callback::new(move |intent| intents.put(Input::Intent(intent)));
    let context = PageContext { snapshot, lines, menus, topics, samples, send_intent };
    let Some(root) = web::page::root() else { return };
    // The texts are needed until the page is closed.
    let mut texts = web::page::words().leak().split('\n');
    let words: &'static Words =
        Box::leak(Box::new(Words::from_texts(&mut || texts.next().unwrap_or_default())));
    leptos::mount::hydrate_from(root, move || {
        provide_context(context);
        provide_context(words);
        provide_context(Home(web::page::home()));
        App()
    })
    .forget();

    let handoff = Handoff {
        context,
        words,
        late_parts: web::page::sheet::LateParts::take(),
        inbox,
        inputs,
        set_snapshot,
        set_lines,
        set_menus,
        set_topics,
        set_samples,
    };
    spawn_local(async move {
        let lost = Snapshot { problem: Some(Problem::ServerLost), ..Snapshot::default() };
        lazy_load::load(&handoff.inbox, fetch, || handoff.set_snapshot.set(lost)).await;
        start_call(Box::new(handoff));
    });
}
