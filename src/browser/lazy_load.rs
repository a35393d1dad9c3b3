//! When the part of the program that a call needs is fetched; it must not know what is in it.
//!
//! Whoever only looks at the first page does not pay for it. It is on its way before anything is pressed: from the first
//! move of a pointer, touch or key, and at once for who has been here before.

use std::time::Duration;

use futures::{
    future::{Either, select},
    pin_mut,
};

use super::{inbox::Inbox, web};

/// How long until another try: what keeps a page from its program is most often a network that is about to come back.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// How long one try may take before whoever waits is told: a slow network needs a few seconds.
const TOLD_AFTER: Duration = Duration::from_secs(8);

/// Comes back when the program is there; tells where somebody waits for it in vain.
///
/// A server that answers twice and has it no more has another page by now, so the page is loaded anew.
pub(crate) async fn until_there(inbox: &Inbox, fetch: impl AsyncFn() -> bool, tell: impl Fn()) {
    let somebody_waits = || web::page::start_is_pressed() || !inbox.is_empty();
    let pause = |time| web::clock::until(Some(web::clock::now() + time));
    if !somebody_waits() && !web::storage::knows_this_device() {
        web::page::stirs().await;
    }
    let mut answered = false;
    loop {
        let (attempt, patience) = (fetch(), pause(TOLD_AFTER));
        pin_mut!(attempt, patience);
        let is_there = match select(attempt, patience).await {
            Either::Left((is_there, _)) => is_there,
            Either::Right(((), attempt)) => {
                if somebody_waits() {
                    tell();
                }
                attempt.await
            }
        };
        if is_there {
            return;
        }
        if somebody_waits() {
            tell();
            let answers = web::page::server_answers().await;
            if answers && answered {
                web::page::window::reload();
            }
            answered = answers;
        }
        pause(AGAIN_AFTER).await;
    }
}
