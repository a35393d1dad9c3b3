//! The server's own validation, as it has it, and one way in.

#[path = "../../src/server/validate/mod.rs"]
pub mod validate;

use crate::protocol::{Frame, Refusal, ToServer, decode_strict};

/// What the socket does with a text.
pub fn read(text: &str, scrubs: bool) -> Result<Frame<ToServer>, Refusal> {
    validate::vet(decode_strict(text)?, scrubs)
}
