//! [`Probe`]: a connection that only gathers candidates, to find out whether the browser can connect to anybody.

use gloo_events::EventListener;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{RtcPeerConnectionIceEvent, window};

use super::{channel, configuration::configuration};
use crate::{
    browser::{
        inbox::Inbox,
        web::js::{bindings::PeerConnection, reflect},
    },
    call::Input,
    protocol::IceServer,
};

/// A connection that gathers. Dropping it closes it.
pub(crate) struct Probe {
    connection: PeerConnection,
    _listener: EventListener,
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.connection.close();
    }
}

impl Probe {
    /// Starts to gather with these servers, and reports the first candidate. Reports that nothing can be found, and
    /// returns `None`, if the browser refuses to make a connection.
    pub(crate) fn start(ice: &[IceServer], inbox: &Inbox) -> Option<Self> {
        // A browser without the interface is reported when the devices are opened.
        if !window().is_some_and(|it| reflect::has(&it, "RTCPeerConnection")) {
            return None;
        }
        let Ok(connection) = PeerConnection::new(&configuration(ice, false)) else {
            inbox.put(Input::ConnectionChecked(false));
            return None;
        };
        let inbox = inbox.clone();
        let _listener = EventListener::new(&connection, "icecandidate", move |event| {
            let candidate = event.unchecked_ref::<RtcPeerConnectionIceEvent>().candidate();
            if candidate.is_some_and(|it| !it.candidate().is_empty()) {
                inbox.put(Input::ConnectionChecked(true));
                let connection = event.target().map(JsCast::unchecked_into::<PeerConnection>);
                connection.iter().for_each(|it| it.close());
            }
        });
        // Without something to send, nothing is gathered.
        channel::create(&connection);
        let description = connection.set_local_description_implicitly();
        spawn_local(async move {
            // If it fails, no candidate is found.
            let _ = JsFuture::from(description).await;
        });
        Some(Self { connection, _listener })
    }
}
