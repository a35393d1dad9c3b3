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
    call::{Call, Input, Intent, Snapshot},
    ui::{App, Stage},
};
use inbox::Inbox;
use perform::Body;

/// Takes the server-rendered page over, and drives the call from then on.
pub fn start() {
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();

    let (inbox, inputs) = Inbox::new();
    let (snapshot, show) = signal(Snapshot::default());
    let wishes = inbox.clone();
    let stage = Stage { snapshot, intend: Callback::new(move |intent| wishes.put(Input::Wanted(intent))) };
    let Some(root) = web::page::root() else { return };
    leptos::mount::hydrate_from(root, move || {
        provide_context(stage);
        App()
    })
    .forget();

    if web::page::take_early_start() {
        inbox.put(Input::Wanted(Intent::Start));
    }
    let call = Call::new(web::clock::seed(), web::memory::recall());
    let body = Body::new(inbox);
    leptos::task::spawn_local(driver::run(call, inputs, body, move |it| show.set(it)));
}
