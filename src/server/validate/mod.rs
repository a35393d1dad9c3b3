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
    // What was removed must not take memory while the message is kept: only its texts are counted.
    if let Some(signal) = frame.msg.signal_mut() {
        signal.shrink_to_fit();
    }
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Epoch, MatchId, Sdp, Signal};

    const OFFER: &str = include_str!("fixtures/chromium-offer.sdp");

    #[test]
    fn removed_text_takes_no_memory() {
        let candidate = "a=candidate:1 1 udp 2113937151 192.0.2.7 45407 typ host generation 0\r\n";
        let sdp = Sdp(OFFER.to_owned() + &candidate.repeat(300));
        let (match_id, before) = (MatchId(uuid::Uuid::nil()), sdp.0.len());
        let msg = ToServer::Signal { match_id, epoch: Epoch::FIRST, signal: Signal::Offer { sdp } };
        let frame = vet(Frame { seq: 1, ack: 0, msg }, true).unwrap();
        let Some(Signal::Offer { sdp: Sdp(text) }) = frame.msg.signal() else { panic!("{frame:?}") };
        assert!(text.len() < before / 2);
        assert!(text.capacity() <= text.len() + 16, "{} of {}", text.capacity(), text.len());
    }
}
