//! The validation of every frame from a page: checked, normalised and scrubbed by one pure function.
//!
//! The fuzzer calls it with anything that a stranger might send.

pub(crate) mod sdp;
pub(crate) mod scrub;
pub(crate) mod interests;

use crate::protocol::{Frame, Refusal, ToServer};

/// Returns the frame with its interests normalised and, if `scrubs`, without the addresses that the partner does not
/// need.
///
/// # Errors
///
/// A [`Refusal`] that says what is wrong, if the frame holds something that no browser would send.
pub(crate) fn vet(mut frame: Frame<ToServer>, scrubs: bool) -> Result<Frame<ToServer>, Refusal> {
    sdp::check(&frame.msg).map_err(|code| Refusal { code, about: frame.seq, ack: frame.ack })?;
    interests::normalise(&mut frame.msg);
    if scrubs {
        scrub::message(&mut frame.msg);
    }
    Ok(frame)
}
