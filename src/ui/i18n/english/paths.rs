//! The English texts about the test of the paths to other people.

use crate::call::TestedPath;

/// The name of each path.
pub(crate) static NAMES: [&str; TestedPath::ALL.len()] =
    ["Direct", "Relay over UDP", "Relay over TCP", "Relay over TLS"];

/// The result for a path.
pub(crate) static RESULTS: [&str; 4] =
    ["Not available here", "Checking\u{2026}", "Works", "Doesn\u{2019}t work"];

/// What all results together mean.
pub(crate) static SUMMARIES: [&str; 5] = [
    "Checking your connection\u{2026}",
    "The server doesn\u{2019}t answer. Try again in a minute.",
    "You can talk to people from here.",
    "You can talk to most people, but not to everyone: no relay works from here.",
    "No calls are possible from here. Try another network.",
];
