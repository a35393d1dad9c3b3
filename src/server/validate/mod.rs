//! The validation of every frame from a page: checked, normalised and rewritten by one pure function.
//!
//! The fuzzer calls it with anything that a stranger might send.

pub(crate) mod address;
pub(crate) mod candidate;
pub(crate) mod copy_on_change;
pub(crate) mod description;
pub(crate) mod interests;
pub(crate) mod words;

use crate::protocol::{ErrorCode, Frame, Refusal, Signal, ToServer, decode_strict};
use description::verdict::{DescriptionKind, DroppedLines, Flaw};

/// What the metrics learn about one message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// The lines that its description has lost.
    pub(crate) dropped: DroppedLines,
    /// Why its description is refused.
    pub(crate) flaw: Option<Flaw>,
}

/// Reads a text from a page as its socket does, apart from the rate limits.
///
/// Public so that the benchmark measures this very function.
///
/// # Errors
///
/// A [`Refusal`] that says what is wrong with it.
pub fn read_valid(text: &str) -> Result<Frame<ToServer>, Refusal> {
    decode_strict(text).and_then(|it| vet(it, &mut Findings::default()))
}

/// Returns the frame as it may be passed on.
///
/// Its interests are normalised, and the words of a report lose what would mislead a reader. Its description consists
/// of lines from an allow-list and, like its candidate, has lost all addresses that the partner does not need.
///
/// # Errors
///
/// A [`Refusal`] that says what is wrong, if the frame holds something that no browser would send.
pub(crate) fn vet(mut frame: Frame<ToServer>, findings: &mut Findings) -> Result<Frame<ToServer>, Refusal> {
    match vet_message(&mut frame.msg, findings) {
        Ok(()) => {
            // What was removed must not take memory while the message is kept: only its texts are counted.
            if let Some(signal) = frame.msg.signal_mut() {
                signal.shrink_to_fit();
            }
            Ok(frame)
        }
        Err(code) => Err(Refusal { code, about: frame.seq, ack: frame.ack }),
    }
}

fn vet_message(message: &mut ToServer, findings: &mut Findings) -> Result<(), ErrorCode> {
    if let ToServer::Signal { epoch, .. } = message
        && !epoch.is_possible()
    {
        return Err(ErrorCode::BadEpoch);
    }
    // A prepared description is an offer; there is nothing yet that it could answer.
    if let ToServer::Prepared { signal: Signal::Answer { .. }, .. } = message {
        return Err(ErrorCode::BadSdp);
    }
    if let ToServer::Join { tastes, .. } = message {
        interests::fold_all(tastes);
    }
    if let ToServer::Report { words, .. } = message {
        words::clean(words);
    }
    message.signal_mut().map_or(Ok(()), |it| vet_signal(it, findings))
}

fn vet_signal(signal: &mut Signal, findings: &mut Findings) -> Result<(), ErrorCode> {
    let (kind, sdp) = match signal {
        Signal::Offer { sdp } => (DescriptionKind::Offer, sdp),
        Signal::Answer { sdp } => (DescriptionKind::Answer, sdp),
        Signal::Candidate(candidate) => {
            return candidate::rewrite(candidate).ok_or(ErrorCode::BadCandidate);
        }
        Signal::EndOfCandidates { username_fragment } => {
            let is_good = candidate::is_fragment(username_fragment.as_deref());
            return if is_good { Ok(()) } else { Err(ErrorCode::BadCandidate) };
        }
    };
    match description::rewrite(&mut sdp.0, kind) {
        Ok(dropped) => {
            findings.dropped = dropped;
            Ok(())
        }
        Err(flaw) => {
            findings.flaw = Some(flaw);
            Err(ErrorCode::BadSdp)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Candidate, Epoch, MatchId, Sdp, limits::MAX_EPOCH};
    use uuid::Uuid;

    const OFFER: &str = include_str!("fixtures/chromium-offer.sdp");

    fn vetted(msg: ToServer) -> (Result<ToServer, Refusal>, Findings) {
        let mut findings = Findings::default();
        let result = vet(Frame { seq: 7, ack: 3, msg }, &mut findings);
        (result.map(|it| it.msg), findings)
    }

    fn sent(signal: Signal) -> ToServer {
        ToServer::Signal { match_id: MatchId(Uuid::nil()), epoch: Epoch::FIRST, signal }
    }

    fn refused(code: ErrorCode) -> Result<ToServer, Refusal> {
        Err(Refusal { code, about: 7, ack: 3 })
    }

    #[test]
    fn epochs_are_bounded() {
        let in_epoch = |epoch| {
            let signal = Signal::EndOfCandidates { username_fragment: None };
            let msg = ToServer::Signal { match_id: MatchId(Uuid::nil()), epoch: Epoch(epoch), signal };
            (vetted(msg.clone()).0, msg)
        };
        for good in [0, MAX_EPOCH] {
            let (result, msg) = in_epoch(good);
            assert_eq!(result, Ok(msg));
        }
        assert_eq!(in_epoch(MAX_EPOCH + 1).0, refused(ErrorCode::BadEpoch));
    }

    #[test]
    fn reports_what_it_dropped_and_why_it_refused() {
        let offer = |text: String| sent(Signal::Offer { sdp: Sdp(text) });
        let (result, findings) = vetted(offer(format!("{OFFER}a=hologram\r\n")));
        assert_eq!(result, Ok(offer(OFFER.into())));
        assert_eq!(findings.dropped.total(), 1);
        let (result, findings) = vetted(offer("v=1\r\n".into()));
        assert_eq!(result, refused(ErrorCode::BadSdp));
        assert_eq!(findings, Findings { flaw: Some(Flaw::Header), ..Findings::default() });
    }

    #[test]
    fn a_prepared_description_is_an_offer() {
        let prepared = |signal| ToServer::Prepared { number: 1, signal };
        let sdp = || Sdp(OFFER.into());
        assert!(vetted(prepared(Signal::Offer { sdp: sdp() })).0.is_ok());
        assert_eq!(vetted(prepared(Signal::Answer { sdp: sdp() })).0, refused(ErrorCode::BadSdp));
    }

    #[test]
    fn refuses_signals_that_no_browser_sends() {
        let candidate = Candidate {
            candidate: Sdp("candidate:1 1 udp 1 example.org 9 typ host".into()),
            sdp_mid: None,
            sdp_m_line_index: None,
            username_fragment: None,
        };
        let end = Signal::EndOfCandidates { username_fragment: Some("192.0.2.7".into()) };
        for signal in [Signal::Candidate(candidate), end] {
            assert_eq!(vetted(sent(signal)).0, refused(ErrorCode::BadCandidate));
        }
    }

    #[test]
    fn removed_text_takes_no_memory() {
        let sdp = OFFER.to_owned() + &"a=hologram\r\n".repeat(300);
        let before = sdp.len();
        let result = vetted(sent(Signal::Offer { sdp: Sdp(sdp) })).0;
        let Ok(ToServer::Signal { signal: Signal::Offer { sdp: Sdp(text) }, .. }) = result else {
            panic!("{result:?}")
        };
        assert!(text.len() < before);
        assert!(text.capacity() <= text.len() + 16, "{} of {}", text.capacity(), text.len());
    }
}
