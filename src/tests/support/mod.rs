//! A real server and real clients, for tests; it must not know what is tested.

mod test_server;
mod page;

pub(crate) use page::{Link, Page, candidate, meet};
pub(crate) use test_server::{House, ask, get, read};

use std::time::Duration;

use tokio::time::{advance, pause, resume, sleep};

/// How long anything may take before a test gives up: longer than every deadline of the server.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// An offer as Chromium makes it.
pub(crate) const OFFER: &str = include_str!("../../server/validate/fixtures/chromium-offer.sdp");

/// The answer to it.
pub(crate) const ANSWER: &str = include_str!("../../server/validate/fixtures/chromium-answer.sdp");

/// A candidate as browsers make them.
pub(crate) const CANDIDATE: &str =
    "candidate:1 1 udp 2113937151 192.0.2.7 45407 typ host generation 0 ufrag I+IT";

/// Lets `time` pass for everything in this test, client and server, in a fraction of it. In steps with a real moment
/// in between, because what is under way in the system's sockets knows nothing of our clock.
pub(crate) async fn pass(time: Duration) {
    let step = Duration::from_secs(1);
    for _ in 0..time.as_secs() {
        pause();
        advance(step).await;
        resume();
        sleep(Duration::from_millis(5)).await;
    }
}
