//! The server's own validation, one function that calls all of it, and the decision which candidates pass.

#[path = "../../src/server/validate/mod.rs"]
pub mod validate;

/// The matchmaker's decision about candidates.
#[path = "../../src/matchmaker/matches/privacy.rs"]
pub mod privacy;

use crate::protocol::{Frame, Refusal, ToServer, decode_strict};

/// Reads a text as the server's socket does; `scrubs` tells whether it removes addresses.
pub fn read(text: &str, scrubs: bool) -> Result<Frame<ToServer>, Refusal> {
    validate::vet(decode_strict(text)?, scrubs)
}
