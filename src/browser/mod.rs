//! The browser: touches everything and decides nothing.
//!
//! [`driver`] owns the one [`Call`], [`perform`] does what it asks for, [`web`] is the only folder that knows the
//! browser's interfaces.

mod driver;
mod inbox;
mod perform;
mod web;

use leptos::prelude::{Callback, Set, provide_context, signal};

use crate::{
    call::{Call, DeviceKind, Input, Intent, Menus, Snapshot},
    ui::{App, Stage, words::Words},
};
use inbox::Inbox;
use perform::Body;

/// Takes the server-rendered page over, and drives the call from then on.
pub fn start() {
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();

    let (inbox, inputs) = Inbox::new();
    let (snapshot, show) = signal(Snapshot::default());
    let (lines, show_lines) = signal(Vec::new());
    let (menus, show_menus) = signal(Menus::default());
    let (samples, show_samples) = signal(Vec::new());
    let wishes = inbox.clone();
    let intend = Callback::new(move |intent| wishes.put(Input::Wanted(intent)));
    let stage = Stage { snapshot, lines, menus, samples, intend };
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

    if web::page::take_early_start() {
        inbox.put(Input::Wanted(Intent::Start));
    }
    let (preferences, chosen) = web::memory::recall();
    let body = Body::new(inbox, chosen.of(DeviceKind::Speaker).to_owned());
    let call = Call::new(web::clock::seed(), preferences, chosen, web::window::browser(), web::page::build());
    leptos::task::spawn_local(driver::run(call, inputs, body, move |call, before, now| {
        // What is long is handed over only when it has changed.
        if now.chat.revision != before.chat.revision {
            show_lines.set(call.lines());
        }
        if now.devices != before.devices {
            show_menus.set(call.menus());
        }
        if now.details.samples != before.details.samples {
            show_samples.set(call.samples());
        }
        show.set(now);
    }));
}
