//! What bots tell their partners.

use passerby::protocol::{Candidate, Sdp, Signal};

/// An offer made by Chromium.
const OFFER: &str = include_str!("../../src/server/validate/fixtures/chromium-offer.sdp");

/// Chromium's answer to it.
const ANSWER: &str = include_str!("../../src/server/validate/fixtures/chromium-answer.sdp");

/// Candidates of each end, as many as a machine with two networks finds.
pub(crate) const CANDIDATES: u16 = 10;

/// An offer.
pub(crate) fn offer() -> Signal {
    Signal::Offer { sdp: Sdp(OFFER.into()) }
}

/// The answer to it.
pub(crate) fn answer() -> Signal {
    Signal::Answer { sdp: Sdp(ANSWER.into()) }
}

/// A candidate whose port carries a number; 0 marks the ordinary ones. The others are not host candidates, which have a
/// lower limit.
pub(crate) fn candidate(number: u16) -> Signal {
    let port = 1024 + number;
    let kind = if number == 0 { "host" } else { "srflx raddr 0.0.0.0 rport 0" };
    Signal::Candidate(Candidate {
        candidate: Sdp(format!(
            "candidate:1 1 udp 2113937151 192.0.2.7 {port} typ {kind} generation 0 ufrag I+IT network-cost 999"
        )),
        sdp_mid: Some("0".into()),
        sdp_m_line_index: Some(0),
        username_fragment: Some("I+IT".into()),
    })
}

/// The number that a candidate carries.
pub(crate) fn number_of(candidate: &Candidate) -> u16 {
    let port = candidate.candidate.0.split(' ').nth(5).and_then(|it| it.parse::<u16>().ok());
    port.expect("the candidate was made by a bot") - 1024
}
