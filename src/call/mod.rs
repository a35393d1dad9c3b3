//! The browser's state machine; it must not know the browser, the clock, the server's half, or how it is drawn.

mod input;
mod output;
mod snapshot;

pub use input::{
    ConnectionState, Description, DescriptionKind, Failed, Input, Link, Measurement, MediaError, PeerEvent,
    SignalingState,
};
pub use output::{Output, PeerDeed};
pub use snapshot::{Device, Farewell, Intent, Phase, Problem, Snapshot};
