//! The server's own validation, one function that calls all of it, and the decision which candidates pass.

#[path = "../../src/server/validate/mod.rs"]
pub mod validate;

/// The matchmaker's decision about candidates.
#[path = "../../src/matchmaker/matches/privacy.rs"]
pub mod privacy;

use crate::protocol::{ErrorCode, Frame, Refusal, ToServer, decode_strict};
use validate::{Findings, description::verdict::Flaw, vet};

/// Reads a text as the server's socket does.
pub fn read(text: &str) -> Result<Frame<ToServer>, Refusal> {
    read_counting(text).0
}

/// The same; also tells how many lines its description has lost.
pub fn read_counting(text: &str) -> (Result<Frame<ToServer>, Refusal>, usize) {
    let mut findings = Findings::default();
    let frame = decode_strict(text).and_then(|it| vet(it, &mut findings));
    if let Some(flaw) = findings.flaw {
        assert!(Flaw::ALL.iter().any(|(it, _)| *it == flaw));
        assert_eq!(
            frame.as_ref().map_err(|it| it.code),
            Err(ErrorCode::BadSdp),
            "{flaw:?} without a refusal"
        );
    }
    (frame, findings.dropped.counts().into_iter().map(usize::from).sum())
}
