//! The browser: touches everything and decides nothing.
//!
//! [`driver`] owns the one [`Call`], [`perform`] does what it asks for, [`web`] is the only folder that knows the
//! browser's interfaces.

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
    ui::{App, PageContext, i18n::Words},
};
pub use handoff::Seat;
use inbox::Inbox;

/// Takes the server-rendered page over. The call is driven from then on by who takes the seat: a part of the program that
/// a page fetches when there is somebody to drive it for.
pub fn start(fetch: impl AsyncFn() -> bool + 'static, take: fn(Box<Seat>)) {
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();

    let (inbox, inputs) = Inbox::new();
    let (snapshot, show) = signal(Snapshot::default());
    let (lines, show_lines) = signal(Vec::new());
    let (menus, show_menus) = signal(Menus::default());
    let (topics, show_topics) = signal(TopicTexts::default());
    let (samples, show_samples) = signal(Vec::new());
    let wishes = inbox.clone();
    let intend = Callback::new(move |intent| wishes.put(Input::Intent(intent)));
    let stage = PageContext { snapshot, lines, menus, topics, samples, send_intent: intend };
    let Some(root) = web::page::root() else { return };
    // As long as the page lives, so do its texts.
    let mut texts = web::page::words().leak().split('\n');
    let words: &'static Words =
        Box::leak(Box::new(Words::from_texts(&mut || texts.next().unwrap_or_default())));
    leptos::mount::hydrate_from(root, move || {
        provide_context(stage);
        provide_context(words);
        App()
    })
    .forget();

    let seat = Seat { inbox, inputs, show, show_lines, show_menus, show_topics, show_samples };
    spawn_local(async move {
        let lost = Snapshot { problem: Some(Problem::ServerLost), ..Snapshot::default() };
        lazy_load::until_there(&seat.inbox, fetch, || seat.show.set(lost)).await;
        take(Box::new(seat));
    });
}
