//! What happens to a signal before and after the matchmaker: it is read and checked, and written for the partner.

use std::hint::black_box;

use passerby::{
    protocol::{
        Candidate, Epoch, Frame, MatchId, Sdp, Signal, ToBrowser, ToServer, encode, encode_to_browser,
    },
    server::read_valid,
};
use uuid::{Uuid, uuid};

use crate::{REPETITIONS, counted};

/// An offer made by Chromium.
pub(crate) const OFFER: &str = include_str!("../../src/server/validate/fixtures/chromium-offer.sdp");

/// Chromium's answer to it.
const ANSWER: &str = include_str!("../../src/server/validate/fixtures/chromium-answer.sdp");

/// A candidate as Chromium writes it: the related address and the last two extensions do not pass.
const CANDIDATE: &str = "candidate:842163049 1 udp 1686052607 203.0.113.9 46154 typ srflx raddr 192.168.1.7 rport 46154 \
                         generation 0 ufrag I+IT network-id 1 network-cost 10";

const MATCH: Uuid = uuid!("018f2c5e-9b22-7c01-8d35-1a2b3c4d5e6f");

/// An operation to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    ReadOffer,
    ReadAnswer,
    ReadCandidate,
    WriteOffer,
    WriteAnswer,
    WriteCandidate,
}

impl Operation {
    pub(crate) const ALL: [Self; 6] = [
        Self::ReadOffer,
        Self::ReadAnswer,
        Self::ReadCandidate,
        Self::WriteOffer,
        Self::WriteAnswer,
        Self::WriteCandidate,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ReadOffer => "read-offer",
            Self::ReadAnswer => "read-answer",
            Self::ReadCandidate => "read-candidate",
            Self::WriteOffer => "write-offer",
            Self::WriteAnswer => "write-answer",
            Self::WriteCandidate => "write-candidate",
        }
    }

    fn signal(self) -> Signal {
        match self {
            Self::ReadOffer | Self::WriteOffer => Signal::Offer { sdp: Sdp(OFFER.to_owned()) },
            Self::ReadAnswer | Self::WriteAnswer => Signal::Answer { sdp: Sdp(ANSWER.to_owned()) },
            Self::ReadCandidate | Self::WriteCandidate => Signal::Candidate(Candidate {
                candidate: Sdp(CANDIDATE.to_owned()),
                sdp_mid: Some("0".to_owned()),
                sdp_m_line_index: Some(0),
                username_fragment: Some("I+IT".to_owned()),
            }),
        }
    }

    const fn reads(self) -> bool {
        matches!(self, Self::ReadOffer | Self::ReadAnswer | Self::ReadCandidate)
    }

    /// Performs the operation [`REPETITIONS`] times.
    pub(crate) fn perform(self) {
        let (match_id, epoch, signal) = (MatchId(MATCH), Epoch::FIRST, self.signal());
        if self.reads() {
            let text = encode(&Frame { seq: 7, ack: 3, msg: ToServer::Signal { match_id, epoch, signal } });
            counted(|| {
                for _ in 0..REPETITIONS {
                    black_box(read_valid(&text).expect("a good signal"));
                }
            });
        } else {
            let msg = ToBrowser::Signal { match_id, epoch, signal };
            counted(|| {
                for seq in 0..REPETITIONS as u64 {
                    black_box(encode_to_browser(&Frame { seq, ack: 3, msg: &msg }));
                }
            });
        }
    }
}
