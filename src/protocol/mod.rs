#![doc = include_str!("README.md")]

pub mod limits;
pub(crate) mod ids;

pub(crate) mod messages;
pub(crate) mod transport;

pub use ids::{DeviceId, Epoch, MatchId, NetworkTag, PeerId, ReportReason, Secret};
pub use messages::candidate_count::{CandidateCount, CandidateRoom};
pub use messages::data_channel::{
    CHANNEL_ID, CHANNEL_LABEL, MAX_PEER_MESSAGE_BYTES, PeerMessage, Presence, Reaction,
};
pub use messages::errors::ErrorCode;
pub use messages::features::{Feature, Features};
pub use messages::interests::{Affinity, Interest, InterestKey, Language, Tastes};
pub use messages::occupancy::{Occupancy, Wait};
pub use messages::parts::{EndReason, IceServer, Limits, Media, Resume, Role, Signalling};
pub use messages::past_partners::{Met, PairId, PastPairs};
pub use messages::safety::{NoticeKind, ReportResult, ReportWords, SanctionNotice, SoftStart};
pub use messages::signals::{Candidate, PreparedOffer, Sdp, Signal};
pub use messages::{Frame, ToBrowser, ToServer};
pub use transport::codec::{
    Refusal, append_to_browser, append_to_server, decode_lenient, decode_strict, encode, encode_peer,
    encode_to_browser,
};
pub use transport::delivery::{Delivery, Message, Overflow, Receipt};
pub use transport::heartbeat::Heartbeat;
