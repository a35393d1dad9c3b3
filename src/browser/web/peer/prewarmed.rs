//! A connection that is made before anybody needs one; it must not know whom it will be for.

use std::{cell::Cell, rc::Rc};

use gloo_events::EventListener;
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::JsValue;
use web_sys::{RtcBundlePolicy, RtcConfiguration, RtcDataChannel, RtcIceTransportPolicy};

use super::{channel, senders};
use crate::{
    browser::web::{devices::Sent, js::bindings::PeerConnection},
    call::SendProfile,
    protocol::IceServer,
};

/// A connection that nobody uses yet, with those of our tracks on it that there are.
pub(crate) struct Spare {
    warm: Option<Warm>,
}

/// What a spare connection has before it is used.
pub(crate) struct Warm {
    pub(crate) connection: PeerConnection,
    pub(crate) channel: RtcDataChannel,
    /// Something has been there to negotiate; browsers say so once.
    pub(crate) needed: Rc<Cell<bool>>,
    pub(crate) bounded: Option<SendProfile>,
    _listener: EventListener,
}

/// STUN and TURN servers, and whether nothing but a relay may be used.
pub(crate) type Servers = (Vec<IceServer>, bool);

impl Drop for Spare {
    fn drop(&mut self) {
        if let Some(warm) = self.warm.take() {
            warm.connection.close();
        }
    }
}

impl Spare {
    /// Makes one; `None` where the browser refuses.
    pub(crate) fn make() -> Option<Self> {
        let connection = PeerConnection::new(&configuration(&[], false)).ok()?;
        let needed = Rc::new(Cell::new(false));
        let told = Rc::clone(&needed);
        let _listener = EventListener::new(&connection, "negotiationneeded", move |_| told.set(true));
        let channel = channel::create(&connection);
        Some(Self { warm: Some(Warm { connection, channel, needed, bounded: None, _listener }) })
    }

    /// Puts tracks on it.
    pub(crate) fn attach(&mut self, sent: Option<&Sent>, quality: SendProfile) {
        if let (Some(warm), Some(sent)) = (&mut self.warm, sent) {
            senders::attach_tracks(&warm.connection, Some(sent));
            senders::bound(&warm.connection, quality);
            // A sender that comes later is bounded then.
            warm.bounded = (sent.sound.is_some() && sent.picture.is_some()).then_some(quality);
        }
    }

    /// Takes it into use, with these servers.
    pub(crate) fn take(mut self, (ice, relay_only): &Servers) -> Option<Warm> {
        let warm = self.warm.take()?;
        let is_plain = ice.is_empty() && !relay_only;
        let is_set =
            is_plain || warm.connection.change_configuration(&configuration(ice, *relay_only)).is_ok();
        if is_set {
            return Some(warm);
        }
        warm.connection.close();
        None
    }
}

/// What a connection is made with.
pub(crate) fn configuration(ice: &[IceServer], relay_only: bool) -> RtcConfiguration {
    let configuration = RtcConfiguration::new();
    configuration.set_bundle_policy(RtcBundlePolicy::MaxBundle);
    if relay_only {
        configuration.set_ice_transport_policy(RtcIceTransportPolicy::Relay);
    }
    let servers = Array::new();
    for server in ice {
        let entry = Object::new();
        let urls: Array = server.urls.iter().map(JsValue::from).collect();
        let fields = [
            ("urls", Some(urls.into())),
            ("username", server.username.as_ref().map(JsValue::from)),
            ("credential", server.credential.as_ref().map(JsValue::from)),
        ];
        for (key, value) in fields {
            if let Some(value) = value {
                // Setting a field of a fresh object cannot fail.
                let _ = Reflect::set(&entry, &key.into(), &value);
            }
        }
        servers.push(&entry);
    }
    configuration.set_ice_servers(&servers);
    configuration
}
