//! The first message of a bot.

use passerby::protocol::{Features, PastPairs, Resume, ToServer};

/// A `hello` that resumes a session or starts one, without a ticket and of a new device.
pub(crate) fn hello(resume: Option<Resume>) -> ToServer {
    let past = PastPairs::default();
    ToServer::Hello {
        resume,
        ticket: None,
        device: None,
        age: None,
        past,
        place: None,
        features: Features::all(),
    }
}
