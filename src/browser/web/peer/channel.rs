//! The data channel of a connection; it must not know what is said on it.

use gloo_events::EventListener;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use web_sys::{MessageEvent, RtcDataChannel, RtcDataChannelInit, RtcDataChannelState};

use super::News;
use crate::{
    browser::web::js::{
        bindings::{PeerConnection, random},
        json,
    },
    call::PeerEvent,
    protocol::{self, CHANNEL_ID, CHANNEL_LABEL, MAX_PEER_MESSAGE_BYTES, PeerMessage},
};

/// The channel, open or on its way.
pub(crate) struct Channel {
    channel: RtcDataChannel,
    _listeners: [EventListener; 2],
}

/// Makes one; it opens with the connection.
pub(crate) fn create(connection: &PeerConnection) -> RtcDataChannel {
    let init = RtcDataChannelInit::new();
    init.set_negotiated(true);
    init.set_id(CHANNEL_ID);
    connection.create_data_channel_with_data_channel_dict(CHANNEL_LABEL, &init)
}

impl Channel {
    /// Tells what is heard on this one.
    pub(crate) fn new(channel: RtcDataChannel, news: &News) -> Self {
        let (opened, told) = (news.clone(), news.clone());
        let _listeners = [
            EventListener::new(&channel, "open", move |_| {
                let mut bytes = [0; 16];
                random(&mut bytes);
                opened.tell(PeerEvent::ChannelOpened { nonce: Uuid::from_bytes(bytes) });
            }),
            EventListener::new(&channel, "message", move |event| {
                let text = event.unchecked_ref::<MessageEvent>().data().as_string();
                let message = text.filter(|it| it.len() <= MAX_PEER_MESSAGE_BYTES);
                if let Some(message) = message.and_then(|it| json::decode(&it)) {
                    told.tell(PeerEvent::Message(message));
                }
            }),
        ];
        Self { channel, _listeners }
    }

    /// Says something, if it is open.
    pub(crate) fn tell(&self, message: &PeerMessage) {
        if self.channel.ready_state() == RtcDataChannelState::Open {
            // A channel that breaks under a message is reported by the connection.
            let _ = self.channel.send_with_str(&protocol::encode_peer(message));
        }
    }
}
