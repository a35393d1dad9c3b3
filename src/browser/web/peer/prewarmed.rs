//! [`PrewarmedConnection`]: a connection that is created before there is a match.

use std::{cell::Cell, rc::Rc};

use gloo_events::EventListener;
use web_sys::RtcDataChannel;

use super::{
    channel,
    configuration::{Servers, configuration},
    senders::Senders,
};
use crate::{
    browser::web::{devices::OutgoingTracks, js::bindings::PeerConnection},
    call::SendProfile,
};

/// An unused connection with a data channel and the tracks that are open. Dropping it closes it.
pub(crate) struct PrewarmedConnection {
    parts: Option<PrewarmedParts>,
}

/// The parts of a prewarmed connection, for the [`Peer`](super::Peer) that takes it over.
pub(crate) struct PrewarmedParts {
    pub(crate) connection: PeerConnection,
    pub(crate) channel: RtcDataChannel,
    /// Whether `negotiationneeded` has fired. Browsers fire it only once until there is an exchange.
    pub(crate) negotiation_needed: Rc<Cell<bool>>,
    pub(crate) senders: Rc<Senders>,
    _listener: EventListener,
}

impl Drop for PrewarmedConnection {
    fn drop(&mut self) {
        if let Some(parts) = self.parts.take() {
            parts.senders.stop();
            parts.connection.close();
        }
    }
}

impl PrewarmedConnection {
    /// Creates a connection without ICE servers. `None` if the browser refuses.
    pub(crate) fn new() -> Option<Self> {
        let connection = PeerConnection::new(&configuration(&[], false)).ok()?;
        let negotiation_needed = Rc::new(Cell::new(false));
        let is_needed = Rc::clone(&negotiation_needed);
        let _listener = EventListener::new(&connection, "negotiationneeded", move |_| is_needed.set(true));
        let channel = channel::create(&connection);
        let senders = Senders::new(&connection);
        let parts = PrewarmedParts { connection, channel, negotiation_needed, senders, _listener };
        Some(Self { parts: Some(parts) })
    }

    /// Adds the tracks that are open and limits their senders.
    pub(crate) fn attach(&self, tracks: Option<&OutgoingTracks>, profile: SendProfile) {
        if let (Some(parts), Some(tracks)) = (&self.parts, tracks) {
            parts.senders.attach_tracks(Some(tracks));
            parts.senders.limit(profile);
        }
    }

    /// Sets the ICE servers and returns the parts. `None` if the browser refuses the servers.
    pub(crate) fn take(mut self, (ice, relay_only): &Servers) -> Option<PrewarmedParts> {
        let parts = self.parts.take()?;
        let is_default = ice.is_empty() && !relay_only;
        let is_configured = is_default
            || parts
                .connection
                .set_configuration_with_configuration(&configuration(ice, *relay_only))
                .is_ok();
        if is_configured {
            return Some(parts);
        }
        parts.senders.stop();
        parts.connection.close();
        None
    }
}
