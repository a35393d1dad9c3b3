//! The configuration of an `RTCPeerConnection`: ICE servers, bundling and transport policy.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::JsValue;
use web_sys::{RtcBundlePolicy, RtcConfiguration, RtcIceTransportPolicy};

use crate::protocol::IceServer;

/// STUN and TURN servers, and whether only relayed candidates may be used.
pub(crate) type Servers = (Vec<IceServer>, bool);

/// The `RTCConfiguration` with these servers. All media shares one transport (`max-bundle`).
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
                // Setting a field of a new object cannot fail.
                let _ = Reflect::set(&entry, &key.into(), &value);
            }
        }
        servers.push(&entry);
    }
    configuration.set_ice_servers(&servers);
    configuration
}
