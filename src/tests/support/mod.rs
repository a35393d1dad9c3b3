//! A real server and real clients for tests.

mod test_server;
mod client;
mod redis_server;

pub(crate) use client::{RawSocket, TestClient, TestSocket, candidate, match_pair, try_connect};
pub(crate) use redis_server::{RedisServer, try_run};
pub(crate) use test_server::{HttpResponse, SITE, TestServer, get, operator, read_response, request};

use std::time::Duration;

use tokio::time::{advance, pause, resume, sleep};

/// How long a test waits for anything before it fails. Longer than every deadline of the server.
pub(crate) const TEST_TIMEOUT: Duration = Duration::from_secs(60);

/// An offer made by Chromium.
pub(crate) const OFFER: &str = include_str!("../../server/validate/fixtures/chromium-offer.sdp");

/// Chromium's answer to [`OFFER`].
pub(crate) const ANSWER: &str = include_str!("../../server/validate/fixtures/chromium-answer.sdp");

/// A host candidate as browsers write it.
pub(crate) const CANDIDATE: &str =
    "candidate:1 1 udp 2113937151 192.0.2.7 45407 typ host generation 0 ufrag I+IT";

/// Advances the clock of client and server by `time`, in a fraction of the real time.
///
/// Goes in steps of one second and sleeps for a real moment after each one: data in the system's sockets does not
/// follow the test clock.
pub(crate) async fn advance_time(time: Duration) {
    let step = Duration::from_secs(1);
    for _ in 0..time.as_secs() {
        pause();
        advance(step).await;
        resume();
        sleep(Duration::from_millis(5)).await;
    }
}
