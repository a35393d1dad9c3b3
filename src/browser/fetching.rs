//! When the part of the program that a call needs is fetched; it must not know what is in it.
//!
//! Whoever only looks at the first page does not pay for it. It is on its way before anything is pressed: from the first
//! move of a pointer, touch or key, and at once for who has been here before.

use std::time::Duration;

use super::{inbox::Inbox, web};

/// How long until another try: what keeps a page from its program is most often a network that is about to come back.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Tries with somebody waiting after which only another page can help: this one's program is gone from the server.
const MAX_TRIES: u32 = 4;

/// Comes back when the program is there.
pub(super) async fn until_there(inbox: &Inbox, fetch: impl AsyncFn() -> bool) {
    let somebody_waits = || web::page::start_is_pressed() || !inbox.is_empty();
    if !somebody_waits() && !web::memory::knows_this_device() {
        web::page::stirs().await;
    }
    let mut tries = 0;
    while !fetch().await {
        if somebody_waits() {
            tries += 1;
        }
        if tries == MAX_TRIES {
            web::window::reload();
        }
        web::clock::until(Some(web::clock::now() + AGAIN_AFTER)).await;
    }
}
