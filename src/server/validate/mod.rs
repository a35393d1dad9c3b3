//! All that happens to a frame before anybody acts on it, a pure function; it must not know who has sent it.
//!
//! `fuzz` calls it with everything that strangers might send.

pub(crate) mod sdp;
pub(crate) mod scrub;
pub(crate) mod interests;

use crate::protocol::{Frame, Refusal, ToServer};

/// The frame, if it holds nothing that no browser would make, saying what means the same in the same words; where `scrubs`,
/// without the addresses that nobody needs.
///
/// # Errors
///
/// A [`Refusal`] that says what is wrong with it.
pub(crate) fn vet(mut frame: Frame<ToServer>, scrubs: bool) -> Result<Frame<ToServer>, Refusal> {
    sdp::check(&frame.msg).map_err(|code| Refusal { code, about: frame.seq, ack: frame.ack })?;
    interests::message(&mut frame.msg);
    if scrubs {
        scrub::message(&mut frame.msg);
    }
    Ok(frame)
}
