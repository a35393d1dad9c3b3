//! The senders of a connection: their tracks, the order of their codecs and their limits.
//!
//! Both transceivers exist from the first offer on, so tracks are later added and removed without a negotiation.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    MediaStreamTrack, RtcRtpTransceiver, RtcRtpTransceiverDirection, RtcRtpTransceiverInit, window,
};

use crate::{
    browser::web::{
        devices::OutgoingTracks,
        js::{
            bindings::{Parameters, PeerConnection, Sender, Transceiver, capabilities},
            reflect::forget,
        },
    },
    call::{Codec, SendProfile, VideoLimits},
};

/// Adds an audio and a video transceiver that can send and receive, each with its track if that is open.
///
/// The codecs are in our order of preference. A device that is turned on later, or the screen, can then be sent without
/// a negotiation.
pub(crate) fn attach(connection: &PeerConnection, tracks: Option<&OutgoingTracks>) {
    attach_tracks(connection, tracks);
    for kind in ["audio", "video"] {
        match transceiver_of_kind(connection, kind) {
            Some(transceiver) => transceiver.set_direction(RtcRtpTransceiverDirection::Sendrecv),
            None => {
                let init = RtcRtpTransceiverInit::new();
                init.set_direction(RtcRtpTransceiverDirection::Sendrecv);
                let streams: Array = tracks.iter().map(|it| &it.stream).collect();
                init.set_streams(&streams);
                let transceiver = connection.add_transceiver_with_str_and_init(kind, &init);
                prefer(transceiver.unchecked_ref(), kind);
            }
        }
    }
    send(connection, tracks);
}

/// Adds the open tracks with `addTrack()`, but no transceiver without a track.
///
/// An offer from the partner reuses transceivers that were created by `addTrack()` and no others (RFC 8829, 5.10).
pub(crate) fn attach_tracks(connection: &PeerConnection, tracks: Option<&OutgoingTracks>) {
    for kind in ["audio", "video"] {
        let transceiver = transceiver_of_kind(connection, kind);
        let is_attached = transceiver.is_some_and(|it| sender(&it).track().is_some());
        if let (Some(track), Some(tracks), false) = (track_of_kind(tracks, kind), tracks, is_attached) {
            // Uses the transceiver that the partner's offer has created, if there is one.
            let _ = connection.add_track_of(&track, &tracks.stream);
            if let Some(transceiver) = transceiver_of_kind(connection, kind) {
                prefer(transceiver.unchecked_ref(), kind);
            }
        }
    }
}

/// Sends these tracks. A sender without a track sends nothing, not even silence or black frames.
pub(crate) fn send(connection: &PeerConnection, tracks: Option<&OutgoingTracks>) {
    for kind in ["audio", "video"] {
        if let Some(transceiver) = transceiver_of_kind(connection, kind) {
            let track = track_of_kind(tracks, kind);
            let sender = sender(&transceiver);
            if sender.track() != track {
                forget(sender.replace_track_with(track.as_ref()));
            }
        }
    }
}

/// Stops sending.
pub(crate) fn stop_sending(connection: &PeerConnection) {
    send(connection, None);
}

/// Sets the limits of the present senders.
pub(crate) fn limit(connection: &PeerConnection, quality: SendProfile) {
    for kind in ["audio", "video"] {
        if let Some(transceiver) = transceiver_of_kind(connection, kind) {
            limit_sender(&sender(&transceiver), kind, quality);
        }
    }
}

fn limit_sender(sender: &Sender, kind: &str, quality: SendProfile) {
    let parameters: Parameters = sender.parameters();
    let Some(encoding) = parameters.encodings().iter().next() else { return };
    if kind == "video" {
        let VideoLimits { max_bitrate, scale_down_by, max_frame_rate } = quality.video_limits();
        set(&encoding, "maxBitrate", Some(max_bitrate));
        set(&encoding, "scaleResolutionDownBy", Some(scale_down_by));
        set(&encoding, "maxFramerate", max_frame_rate);
        // For a face, smooth motion matters more than a sharp picture.
        let _ = Reflect::set(&parameters, &"degradationPreference".into(), &"maintain-framerate".into());
    } else {
        set(&encoding, "maxBitrate", Some(quality.max_audio_bitrate()));
    }
    forget(sender.set_parameters_to(&parameters));
}

/// Sets or deletes a field of a plain object, which cannot fail.
fn set(object: &JsValue, key: &str, value: Option<u32>) {
    match value {
        Some(value) => _ = Reflect::set(object, &key.into(), &value.into()),
        None => _ = Reflect::delete_property(object.unchecked_ref::<Object>(), &key.into()),
    }
}

/// Puts the preferred codecs first and keeps all others.
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
    // A browser without this method keeps its own order.
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

fn track_of_kind(tracks: Option<&OutgoingTracks>, kind: &str) -> Option<MediaStreamTrack> {
    let tracks = tracks?;
    let track = if kind == "audio" { &tracks.audio } else { &tracks.video };
    Clone::clone(track)
}

fn transceiver_of_kind(connection: &PeerConnection, kind: &str) -> Option<RtcRtpTransceiver> {
    let mut all = connection.get_transceivers().into_iter().map(JsCast::unchecked_into::<RtcRtpTransceiver>);
    all.find(|it| it.receiver().track().kind() == kind)
}
