//! [`OwnRelay`]: where the relay of a server, or of an edge of a cluster, is.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// This server's own relay, which is a STUN server, too.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OwnRelay {
    /// Where it is, for the pages of each site, by [`SiteIndex`](crate::matchmaker::SiteIndex).
    pub sites: Vec<RelayUrls>,
    /// How long credentials are valid.
    pub lifetime: Duration,
}

/// Where the pages of one site find the own relay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayUrls {
    /// A `stun:` URL.
    pub stun: String,
    /// `turn:` and `turns:` URLs.
    pub turn: Vec<String>,
}
