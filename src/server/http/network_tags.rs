//! [`NetworkTagSource`]: what tags the networks of visitors in this process.

use std::net::IpAddr;

use tokio::sync::watch;

use crate::{
    matchmaker::VisitTags,
    moderation::{Moderation, NetworkTags},
    server::bus::Bus,
};

/// Where what tags networks comes from.
#[derive(Clone)]
pub(crate) enum NetworkTagSource {
    /// The store of this process.
    Here(watch::Receiver<NetworkTags>),
    /// Another process, as soon as it is known.
    Elsewhere(watch::Receiver<Option<NetworkTags>>),
    /// There is no store.
    None,
}

impl NetworkTagSource {
    /// Where it comes from in a process with or without a store.
    pub(crate) fn new(store: Option<&Moderation>, bus: &Bus) -> Self {
        match (store, bus) {
            (Some(store), _) => Self::Here(store.network_tags()),
            (None, Bus::Cluster(bus)) => Self::Elsewhere(bus.network_tags()),
            (None, Bus::Local(_)) => Self::None,
        }
    }

    /// The tags of the network of a client, as far as they are known.
    pub(crate) fn tags_of(&self, client: IpAddr) -> VisitTags {
        let known_as = |tags: &NetworkTags| {
            let mut known = tags.known_as(client);
            [known.next(), known.next()]
        };
        match self {
            Self::Here(tags) => known_as(&tags.borrow()),
            Self::Elsewhere(tags) => tags.borrow().as_ref().map(known_as).unwrap_or_default(),
            Self::None => VisitTags::default(),
        }
    }
}
