#![doc = include_str!("README.md")]

pub mod limits;

mod codec;
mod delivery;
mod errors;
mod heartbeat;
mod here;
mod ids;
mod messages;
mod past;
mod peer;
mod signals;
mod tastes;
mod texts;

pub use codec::{Refusal, decode_lenient, decode_strict, encode, encode_peer};
pub use delivery::{Delivery, Message, Overflow, Receipt};
pub use errors::ErrorCode;
pub use heartbeat::Heartbeat;
pub use here::{Here, Wait};
pub use ids::{Epoch, MatchId, PeerId, Secret};
pub use messages::{
    EndReason, Frame, IceServer, Limits, Media, Resume, Role, Signalling, ToBrowser, ToServer,
};
pub use past::{Met, PairId, Past};
pub use peer::{CHANNEL_ID, CHANNEL_LABEL, MAX_PEER_MESSAGE_BYTES, PeerMessage, Presence, Reaction};
pub use signals::{Ahead, Candidate, Sdp, Signal};
pub use tastes::{Affinity, Interest, Language, Tastes};
