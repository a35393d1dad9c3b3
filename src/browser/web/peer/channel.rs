//! The data channel of a connection.

use gloo_events::EventListener;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use web_sys::{MessageEvent, RtcDataChannel, RtcDataChannelInit, RtcDataChannelState};

use super::events::EventSender;
use crate::{
    browser::web::js::{
        bindings::{PeerConnection, random},
        json,
    },
    call::PeerEvent,
    protocol::{self, CHANNEL_ID, CHANNEL_LABEL, MAX_PEER_MESSAGE_BYTES, PeerMessage},
};

/// A data channel that is open or connecting. Dropping it stops its events.
pub(crate) struct DataChannel {
    channel: RtcDataChannel,
    _listeners: [EventListener; 2],
}

/// Creates the pre-negotiated channel. It opens together with the connection.
pub(crate) fn create(connection: &PeerConnection) -> RtcDataChannel {
    let init = RtcDataChannelInit::new();
    init.set_negotiated(true);
    init.set_id(CHANNEL_ID);
    connection.create_data_channel_with_data_channel_dict(CHANNEL_LABEL, &init)
}

impl DataChannel {
    /// Starts to report the events of a channel. Messages that are too long or not understood are dropped.
    pub(crate) fn new(channel: RtcDataChannel, events: &EventSender) -> Self {
        let (opened, messages) = (events.clone(), events.clone());
        let _listeners = [
            EventListener::new(&channel, "open", move |_| {
                let mut bytes = [0; 16];
                random(&mut bytes);
                opened.send(PeerEvent::ChannelOpened { nonce: Uuid::from_bytes(bytes) });
            }),
            EventListener::new(&channel, "message", move |event| {
                let text = event.unchecked_ref::<MessageEvent>().data().as_string();
                let message = text.filter(|it| it.len() <= MAX_PEER_MESSAGE_BYTES);
                if let Some(message) = message.and_then(|it| json::decode(&it)) {
                    messages.send(PeerEvent::Message(message));
                }
            }),
        ];
        Self { channel, _listeners }
    }

    /// Sends a message, or drops it if the channel is not open.
    pub(crate) fn send(&self, message: &PeerMessage) {
        if self.channel.ready_state() == RtcDataChannelState::Open {
            // If the channel fails now, the connection reports it.
            let _ = self.channel.send_with_str(&protocol::encode_peer(message));
        }
    }
}
