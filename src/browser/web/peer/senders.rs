//! What a connection sends: tracks in and out of its senders without negotiating, codecs in order, bounds on the
//! bitrate; it must not know who wants that.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    MediaStreamTrack, RtcRtpTransceiver, RtcRtpTransceiverDirection, RtcRtpTransceiverInit, window,
};

use crate::{
    browser::web::{
        devices::Sent,
        js::{
            bindings::{Parameters, PeerConnection, Sender, Transceiver, capabilities},
            reflect::forget,
        },
    },
    call::{Codec, SendProfile, VideoLimits},
};

/// Puts an audio and a video transceiver there, each with our track if there is one, with codecs in our order. Both can
/// send: what is turned on later, or the screen, is then sent without negotiating.
pub(crate) fn attach(connection: &PeerConnection, sent: Option<&Sent>) {
    attach_tracks(connection, sent);
    for kind in ["audio", "video"] {
        match of_kind(connection, kind) {
            Some(transceiver) => transceiver.set_direction(RtcRtpTransceiverDirection::Sendrecv),
            None => {
                let init = RtcRtpTransceiverInit::new();
                init.set_direction(RtcRtpTransceiverDirection::Sendrecv);
                let streams: Array = sent.iter().map(|it| &it.stream).collect();
                init.set_streams(&streams);
                let transceiver = connection.add_transceiver_with_str_and_init(kind, &init);
                prefer(transceiver.unchecked_ref(), kind);
            }
        }
    }
    send(connection, sent);
}

/// Only what there are tracks for: the partner's offer takes those that were added so (RFC 8829, 5.10), and no others.
pub(crate) fn attach_tracks(connection: &PeerConnection, sent: Option<&Sent>) {
    for kind in ["audio", "video"] {
        let is_attached = of_kind(connection, kind).is_some_and(|it| sender(&it).track().is_some());
        if let (Some(track), Some(sent), false) = (track(sent, kind), sent, is_attached) {
            // Takes the transceiver that the partner's offer has made, if there is one.
            let _ = connection.add_track_of(&track, &sent.stream);
            if let Some(transceiver) = of_kind(connection, kind) {
                prefer(transceiver.unchecked_ref(), kind);
            }
        }
    }
}

/// Sends what is there and nothing else: no silence, no black.
pub(crate) fn send(connection: &PeerConnection, sent: Option<&Sent>) {
    for kind in ["audio", "video"] {
        if let Some(transceiver) = of_kind(connection, kind) {
            let track = track(sent, kind);
            let sender = sender(&transceiver);
            if sender.track() != track {
                forget(sender.replace_track_with(track.as_ref()));
            }
        }
    }
}

/// Sends nothing any more.
pub(crate) fn silence(connection: &PeerConnection) {
    send(connection, None);
}

/// Bounds what is sent from now on.
pub(crate) fn bound(connection: &PeerConnection, quality: SendProfile) {
    for kind in ["audio", "video"] {
        if let Some(transceiver) = of_kind(connection, kind) {
            bound_sender(&sender(&transceiver), kind, quality);
        }
    }
}

fn bound_sender(sender: &Sender, kind: &str, quality: SendProfile) {
    let parameters: Parameters = sender.parameters();
    let Some(encoding) = parameters.encodings().iter().next() else { return };
    if kind == "video" {
        let VideoLimits { max_bitrate, scale_down_by, max_frame_rate } = quality.video_limits();
        set(&encoding, "maxBitrate", Some(max_bitrate));
        set(&encoding, "scaleResolutionDownBy", Some(scale_down_by));
        set(&encoding, "maxFramerate", max_frame_rate);
        // A face that moves says more than a sharp one.
        let _ = Reflect::set(&parameters, &"degradationPreference".into(), &"maintain-framerate".into());
    } else {
        set(&encoding, "maxBitrate", Some(quality.max_audio_bitrate()));
    }
    forget(sender.set_parameters_to(&parameters));
}

/// Setting a field of a plain object cannot fail.
fn set(object: &JsValue, key: &str, value: Option<u32>) {
    match value {
        Some(value) => _ = Reflect::set(object, &key.into(), &value.into()),
        None => _ = Reflect::delete_property(object.unchecked_ref::<Object>(), &key.into()),
    }
}

/// Puts the preferred codecs first, and drops none.
fn prefer(transceiver: &Transceiver, kind: &str) {
    let Some(codecs) = capabilities(kind).map(|it| it.codecs()) else { return };
    let order = if kind == "audio" { Codec::AUDIO_PREFERENCE } else { video_preference() };
    let rank = |codec: &JsValue| {
        let media_type = Reflect::get(codec, &"mimeType".into()).ok().and_then(|it| it.as_string());
        let codec = media_type.and_then(|it| Codec::from_media_type(&it));
        order.iter().position(|it| Some(*it) == codec).unwrap_or(order.len())
    };
    let mut sorted: Vec<_> = codecs.iter().collect();
    sorted.sort_by_key(rank);
    // A browser that does not know how keeps its own order.
    let _ = transceiver.set_codecs(&sorted.into_iter().collect::<Array>());
}

fn video_preference() -> &'static [Codec] {
    let navigator = window().map(|it| it.navigator());
    let user_agent = navigator.as_ref().and_then(|it| it.user_agent().ok()).unwrap_or_default();
    let cores = navigator.map_or(0.0, |it| it.hardware_concurrency());
    Codec::video_preference(&user_agent, cores as u32)
}

fn sender(transceiver: &RtcRtpTransceiver) -> Sender {
    transceiver.unchecked_ref::<Transceiver>().sender()
}

fn track(sent: Option<&Sent>, kind: &str) -> Option<MediaStreamTrack> {
    let sent = sent?;
    let track = if kind == "audio" { &sent.sound } else { &sent.picture };
    Clone::clone(track)
}

fn of_kind(connection: &PeerConnection, kind: &str) -> Option<RtcRtpTransceiver> {
    let mut all = connection.get_transceivers().into_iter().map(JsCast::unchecked_into::<RtcRtpTransceiver>);
    all.find(|it| it.receiver().track().kind() == kind)
}
