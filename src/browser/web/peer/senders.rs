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
    call::SendProfile,
};

/// Bits a second of picture at most: 720p looks good with this, and a mobile network carries it.
const FULL_VIDEO: f64 = 1_500_000.0;

/// The same for who pays for every megabyte: with the sound and all headers it stays under 250 kbit/s.
const SAVING_VIDEO: f64 = 150_000.0;

/// Bits a second of sound at most: speech at its best.
const FULL_AUDIO: f64 = 40_000.0;

/// Speech that is understood without effort.
const SAVING_AUDIO: f64 = 24_000.0;

/// How many times smaller each side of a saving picture is: 720p becomes 360p.
const SAVING_SCALE: f64 = 2.0;

/// Frames a second of a saving picture at most.
const SAVING_RATE: f64 = 15.0;

/// Cores from which on a computer is taken to encode VP9 and decode it at the same time.
const MANY_CORES: f64 = 4.0;

/// Adds an audio and a video transceiver that can send and receive, each with its track if that is open.
///
/// A device that is turned on later, or the screen, can then be sent without a negotiation.
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
    let is_video = kind == "video";
    let (rate, scale, frames) = match (quality, is_video) {
        (SendProfile::Full, true) => (FULL_VIDEO, Some(1.0), None),
        (SendProfile::Saving, true) => (SAVING_VIDEO, Some(SAVING_SCALE), Some(SAVING_RATE)),
        (SendProfile::Full, false) => (FULL_AUDIO, None, None),
        (SendProfile::Saving, false) => (SAVING_AUDIO, None, None),
    };
    set(&encoding, "maxBitrate", Some(rate));
    if is_video {
        set(&encoding, "scaleResolutionDownBy", scale);
        set(&encoding, "maxFramerate", frames);
        // A face that moves says more than a sharp one.
        let _ = Reflect::set(&parameters, &"degradationPreference".into(), &"maintain-framerate".into());
    }
    forget(sender.set_parameters_to(&parameters));
}

/// Setting a field of a plain object cannot fail.
fn set(object: &JsValue, key: &str, value: Option<f64>) {
    match value {
        Some(value) => _ = Reflect::set(object, &key.into(), &value.into()),
        None => _ = Reflect::delete_property(object.unchecked_ref::<Object>(), &key.into()),
    }
}

/// Puts the codecs that this device does best first, and drops none.
fn prefer(transceiver: &Transceiver, kind: &str) {
    let Some(codecs) = capabilities(kind).map(|it| it.codecs()) else { return };
    let order = if kind == "audio" { &["audio/red", "audio/opus"][..] } else { picture_codecs() };
    let rank = |codec: &JsValue| {
        let name = Reflect::get(codec, &"mimeType".into()).ok().and_then(|it| it.as_string());
        let name = name.unwrap_or_default();
        order.iter().position(|it| name.eq_ignore_ascii_case(it)).unwrap_or(order.len())
    };
    let mut sorted: Vec<_> = codecs.iter().collect();
    sorted.sort_by_key(rank);
    // A browser that does not know how keeps its own order.
    let _ = transceiver.set_codecs(&sorted.into_iter().collect::<Array>());
}

/// Phones, tablets and Apple's computers have hardware for H.264; a computer with many cores gets more picture out of
/// each bit with VP9; any other does VP8 with the least effort.
fn picture_codecs() -> &'static [&'static str] {
    let navigator = window().map(|it| it.navigator());
    let agent = navigator.as_ref().and_then(|it| it.user_agent().ok()).unwrap_or_default();
    let has_hardware = ["Android", "iPhone", "iPad", "Macintosh"].iter().any(|it| agent.contains(it));
    let cores = navigator.map_or(0.0, |it| it.hardware_concurrency());
    if has_hardware {
        &["video/H264", "video/VP8", "video/VP9", "video/AV1"]
    } else if cores > MANY_CORES {
        &["video/VP9", "video/VP8", "video/H264", "video/AV1"]
    } else {
        &["video/VP8", "video/H264", "video/VP9", "video/AV1"]
    }
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
