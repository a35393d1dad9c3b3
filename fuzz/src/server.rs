//! The server's own validation, one function that calls all of it, and the decision which candidates pass.

#[path = "../../src/server/validate/mod.rs"]
pub mod validate;

/// The matchmaker's decision about candidates.
#[path = "../../src/matchmaker/matches/privacy.rs"]
pub mod privacy;

use crate::protocol::{Frame, Refusal, ToServer, decode_strict};
use validate::{Findings, vet};

/// Reads a text as the server's socket does.
pub fn read(text: &str) -> Result<Frame<ToServer>, Refusal> {
    read_counting(text).0
}

/// The same; also tells how many lines its description has lost.
pub fn read_counting(text: &str) -> (Result<Frame<ToServer>, Refusal>, usize) {
    let mut findings = Findings::default();
    let frame = decode_strict(text).and_then(|it| vet(it, &mut findings));
    let is_bad_sdp = matches!(frame, Err(Refusal { code: crate::protocol::ErrorCode::BadSdp, .. }));
    assert!(is_bad_sdp || findings.flaw.is_none(), "{findings:?} without a refusal");
    (frame, findings.dropped.counts().into_iter().map(usize::from).sum())
}
