//! The server's own files, as it has them, and one way in.

#[path = "../../src/server/normal.rs"]
mod normal;
#[path = "../../src/server/reading.rs"]
mod reading;
#[path = "../../src/server/scrub.rs"]
mod scrub;
#[path = "../../src/server/sdp.rs"]
pub mod sdp;

use crate::protocol::{Frame, Refusal, ToServer, decode_strict};

/// What the socket does with a text.
pub fn read(text: &str, scrubs: bool) -> Result<Frame<ToServer>, Refusal> {
    reading::vet(decode_strict(text)?, scrubs)
}
