//! Bindings to browser interfaces that web-sys 0.3.107 lacks, or that it has in a form that does not fit.
//!
//! It lacks `restartIce()`, `setLocalDescription()` without an argument, `usernameFragment`,
//! `requestVideoFrameCallback()` and most fields of today's statistics. It has the rest, but some of its bindings panic
//! where the browser throws. The comments below say which.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{MediaStream, MediaStreamTrack, RtcConfiguration};

impl PeerConnection {
    /// Another handle on the same connection.
    pub(crate) fn handle(&self) -> Self {
        let value: &JsValue = self.as_ref();
        value.clone().unchecked_into()
    }
}

#[wasm_bindgen]
extern "C" {
    /// `RTCPeerConnection`, with the methods below in addition to those of web-sys.
    #[wasm_bindgen(extends = web_sys::RtcPeerConnection, js_name = RTCPeerConnection)]
    pub(crate) type PeerConnection;

    /// `new RTCPeerConnection()`. The constructor of web-sys returns its own type.
    #[wasm_bindgen(constructor, catch, js_class = "RTCPeerConnection")]
    pub(crate) fn new(configuration: &RtcConfiguration) -> Result<PeerConnection, JsValue>;

    /// `setLocalDescription()` without an argument: creates the offer or answer that the signalling state requires.
    ///
    /// web-sys has it only with an argument.
    #[wasm_bindgen(method, js_name = setLocalDescription)]
    pub(crate) fn set_local_description_implicitly(this: &PeerConnection) -> Promise;

    /// `restartIce()`. web-sys lacks it.
    #[wasm_bindgen(method, js_name = restartIce)]
    pub(crate) fn restart_ice(this: &PeerConnection);

    /// `RTCRtpTransceiver`, with a method that web-sys has in another form.
    pub(crate) type Transceiver;

    /// `setCodecPreferences()`. The binding of web-sys does not catch exceptions.
    #[wasm_bindgen(method, catch, js_name = setCodecPreferences)]
    pub(crate) fn set_codecs(this: &Transceiver, codecs: &Array) -> Result<(), JsValue>;

    /// `crypto.getRandomValues()`. In web-sys it can fail, and a secret number has no fallback.
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    pub(crate) fn random(bytes: &mut [u8]);

    /// A video element that may have `requestVideoFrameCallback()`, which web-sys lacks.
    pub(crate) type FrameSource;

    /// The method itself; `None` if the browser does not have it.
    #[wasm_bindgen(method, getter, js_name = requestVideoFrameCallback)]
    pub(crate) fn frame_callback_method(this: &FrameSource) -> Option<Function>;

    /// Calls `callback` when the next frame is on the screen.
    #[wasm_bindgen(method, js_name = requestVideoFrameCallback)]
    pub(crate) fn on_next_frame(this: &FrameSource, callback: &JsValue) -> u32;

    /// `addTrack()` with one stream. Its counterpart in web-sys, `add_track_0`, does not catch exceptions.
    #[wasm_bindgen(method, catch, js_name = addTrack)]
    pub(crate) fn add_track_of(
        this: &PeerConnection,
        track: &MediaStreamTrack,
        stream: &MediaStream,
    ) -> Result<JsValue, JsValue>;

    /// `RTCIceCandidate`. web-sys lacks its `usernameFragment`.
    pub(crate) type IceCandidate;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn candidate(this: &IceCandidate) -> String;

    #[wasm_bindgen(method, getter, js_name = sdpMid)]
    pub(crate) fn sdp_mid(this: &IceCandidate) -> Option<String>;

    #[wasm_bindgen(method, getter, js_name = sdpMLineIndex)]
    pub(crate) fn sdp_m_line_index(this: &IceCandidate) -> Option<u16>;

    #[wasm_bindgen(method, getter, js_name = usernameFragment)]
    pub(crate) fn username_fragment(this: &IceCandidate) -> Option<String>;

    /// An entry of an `RTCStatsReport`, with the fields of all types of entries. Not every browser has every field.
    ///
    /// web-sys has a dictionary for each type, from a draft without most of these fields.
    pub(crate) type Stats;

    #[wasm_bindgen(method, getter, js_name = type)]
    pub(crate) fn kind_of_stats(this: &Stats) -> String;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn id(this: &Stats) -> String;

    #[wasm_bindgen(method, getter, js_name = selectedCandidatePairId)]
    pub(crate) fn selected_candidate_pair_id(this: &Stats) -> Option<String>;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn selected(this: &Stats) -> Option<bool>;

    #[wasm_bindgen(method, getter, js_name = localCandidateId)]
    pub(crate) fn local_candidate_id(this: &Stats) -> Option<String>;

    #[wasm_bindgen(method, getter, js_name = remoteCandidateId)]
    pub(crate) fn remote_candidate_id(this: &Stats) -> Option<String>;

    #[wasm_bindgen(method, getter, js_name = candidateType)]
    pub(crate) fn candidate_type(this: &Stats) -> Option<String>;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn kind(this: &Stats) -> Option<String>;

    #[wasm_bindgen(method, getter, js_name = framesDecoded)]
    pub(crate) fn frames_decoded(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = packetsReceived)]
    pub(crate) fn packets_received(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = bytesReceived)]
    pub(crate) fn bytes_received(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = bytesSent)]
    pub(crate) fn bytes_sent(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = packetsLost)]
    pub(crate) fn packets_lost(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = currentRoundTripTime)]
    pub(crate) fn round_trip(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = totalAudioEnergy)]
    pub(crate) fn total_audio_energy(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = frameWidth)]
    pub(crate) fn frame_width(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = frameHeight)]
    pub(crate) fn frame_height(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = framesPerSecond)]
    pub(crate) fn frames_per_second(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = codecId)]
    pub(crate) fn codec_id(this: &Stats) -> Option<String>;

    #[wasm_bindgen(method, getter, js_name = mimeType)]
    pub(crate) fn mime_type(this: &Stats) -> Option<String>;

    /// `RTCStatsReport`, a map of entries. web-sys passes the entries to a `Function` instead of a closure.
    pub(crate) type StatsReport;

    #[wasm_bindgen(method, js_name = forEach)]
    pub(crate) fn for_each(this: &StatsReport, each: &mut dyn FnMut(Stats));
}
