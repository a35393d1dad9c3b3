//! Loading of the part of the program that only a call needs.
//!
//! Visitors who only look at the first page do not download it. For all others it is fetched before they press
//! anything: at the first movement of a pointer, touch or key press, or at once if this device has a stored profile.

use std::time::Duration;

use futures::{
    future::{Either, select},
    pin_mut,
};

use super::{inbox::Inbox, web};

/// The pause between two attempts. Most failures are short interruptions of the network.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How long an attempt may take before the delay is reported. A slow network needs a few seconds.
const REPORT_AFTER: Duration = Duration::from_secs(8);

/// Bytes that no code uses.
///
/// Splitting the program sorts its data by part. If padding makes the result longer than before, all data stay in the
/// part for the first page, which then weighs 7 kB more. These bytes are dropped, so there is room for padding.
#[used]
static ROOM_FOR_PADDING: [u8; 256] = [0; 256];

/// Returns once `fetch` has succeeded. Calls `report_delay` if somebody has pressed Start and it takes long or fails.
///
/// If the server responds twice without having the file, it serves a newer page, so this one is reloaded.
pub(crate) async fn load(inbox: &Inbox, fetch: impl AsyncFn() -> bool, report_delay: impl Fn()) {
    let somebody_waits = || web::page::is_start_pressed() || !inbox.is_empty();
    let pause = |time| web::clock::until(Some(web::clock::now() + time));
    if !somebody_waits() && !web::storage::has_profile() {
        web::page::activity::first_sign().await;
    }
    let mut server_responded = false;
    loop {
        let (attempt, patience) = (fetch(), pause(REPORT_AFTER));
        pin_mut!(attempt, patience);
        let is_loaded = match select(attempt, patience).await {
            Either::Left((is_loaded, _)) => is_loaded,
            Either::Right(((), attempt)) => {
                if somebody_waits() {
                    report_delay();
                }
                attempt.await
            }
        };
        if is_loaded {
            return;
        }
        if somebody_waits() {
            report_delay();
            let responds = web::page::server_responds().await;
            if responds && server_responded {
                web::page::window::reload();
            }
            server_responded = responds;
        }
        pause(RETRY_AFTER).await;
    }
}
