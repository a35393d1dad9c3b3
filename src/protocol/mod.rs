#![doc = include_str!("README.md")]

pub mod limits;

mod codec;
mod delivery;
mod here;
mod ids;
mod messages;
mod peer;
mod signals;
mod tastes;

pub use codec::{Refusal, decode_lenient, decode_strict, encode, encode_peer};
pub use delivery::{Delivery, Message, Overflow, Receipt};
pub use here::{Here, Wait};
pub use ids::{Epoch, MatchId, PeerId, Secret};
pub use messages::{
    Ahead, EndReason, ErrorCode, Frame, IceServer, Limits, Media, Resume, Role, Signalling, ToBrowser,
    ToServer,
};
pub use peer::{CHANNEL_ID, CHANNEL_LABEL, MAX_PEER_MESSAGE_BYTES, PeerMessage, Presence, Reaction};
pub use signals::{Candidate, Sdp, Signal};
pub use tastes::{Affinity, Interest, Language, Tastes};
