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

fn track(sent: Option<&Sent>, kind: &str) -> Option<MediaStreamTrack> {
    let sent = sent?;
    let track = if kind == "audio" { &sent.sound } else { &sent.picture };
    Clone::clone(track)
}

fn of_kind(connection: &PeerConnection, kind: &str) -> Option<RtcRtpTransceiver> {
    let mut all = connection.get_transceivers().into_iter().map(JsCast::unchecked_into::<RtcRtpTransceiver>);
    all.find(|it| it.receiver().track().kind() == kind)
}
