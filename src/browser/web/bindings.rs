//! What web-sys 0.3 lacks of WebRTC and JavaScript; it must not do anything.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{MediaStream, MediaStreamTrack, RtcConfiguration};

#[wasm_bindgen]
extern "C" {
    /// `RTCPeerConnection`, with what web-sys does not have.
    #[wasm_bindgen(extends = web_sys::RtcPeerConnection, js_name = RTCPeerConnection)]
    pub(super) type PeerConnection;

    #[wasm_bindgen(constructor, catch, js_class = "RTCPeerConnection")]
    pub(super) fn new(configuration: &RtcConfiguration) -> Result<PeerConnection, JsValue>;

    /// `setLocalDescription()` without an argument: offer or answer, whichever the state asks for.
    #[wasm_bindgen(method, js_name = setLocalDescription)]
    pub(super) fn set_local_description_implicitly(this: &PeerConnection) -> Promise;

    /// `restartIce()`.
    #[wasm_bindgen(method, js_name = restartIce)]
    pub(super) fn restart_ice(this: &PeerConnection);

    /// `setConfiguration()`; refuses what must not change.
    #[wasm_bindgen(method, catch, js_name = setConfiguration)]
    pub(super) fn change_configuration(
        this: &PeerConnection,
        configuration: &RtcConfiguration,
    ) -> Result<(), JsValue>;

    /// `iceConnectionState`, as its name.
    #[wasm_bindgen(method, getter, js_name = iceConnectionState)]
    pub(super) fn ice_state(this: &PeerConnection) -> String;

    /// `RTCRtpTransceiver`.
    pub(super) type Transceiver;

    #[wasm_bindgen(method, getter)]
    pub(super) fn sender(this: &Transceiver) -> Sender;

    #[wasm_bindgen(method, catch, js_name = setCodecPreferences)]
    pub(super) fn set_codecs(this: &Transceiver, codecs: &Array) -> Result<(), JsValue>;

    /// `RTCRtpSender`.
    pub(super) type Sender;

    #[wasm_bindgen(method, getter)]
    pub(super) fn track(this: &Sender) -> Option<MediaStreamTrack>;

    #[wasm_bindgen(method, js_name = replaceTrack)]
    pub(super) fn replace_track_with(this: &Sender, track: Option<&MediaStreamTrack>) -> Promise;

    #[wasm_bindgen(method, js_name = getParameters)]
    pub(super) fn parameters(this: &Sender) -> Parameters;

    #[wasm_bindgen(method, js_name = setParameters)]
    pub(super) fn set_parameters_to(this: &Sender, parameters: &Parameters) -> Promise;

    /// `RTCRtpSendParameters`.
    pub(super) type Parameters;

    #[wasm_bindgen(method, getter)]
    pub(super) fn encodings(this: &Parameters) -> Array;

    /// `RTCRtpCapabilities`.
    pub(super) type Capabilities;

    #[wasm_bindgen(method, getter)]
    pub(super) fn codecs(this: &Capabilities) -> Array;

    /// `RTCRtpReceiver.getCapabilities()`.
    #[wasm_bindgen(js_namespace = RTCRtpReceiver, js_name = getCapabilities)]
    pub(super) fn capabilities(kind: &str) -> Option<Capabilities>;

    /// `crypto.getRandomValues()`.
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    pub(super) fn random(bytes: &mut [u8]);

    /// `requestVideoFrameCallback`, where there is one.
    pub(super) type FrameSource;

    #[wasm_bindgen(method, getter, js_name = requestVideoFrameCallback)]
    pub(super) fn tells_frames(this: &FrameSource) -> Option<Function>;

    #[wasm_bindgen(method, js_name = requestVideoFrameCallback)]
    pub(super) fn on_next_frame(this: &FrameSource, callback: &JsValue) -> u32;

    /// `addTrack()` without the other overloads' machinery.
    #[wasm_bindgen(method, catch, js_name = addTrack)]
    pub(super) fn add_track_of(
        this: &PeerConnection,
        track: &MediaStreamTrack,
        stream: &MediaStream,
    ) -> Result<JsValue, JsValue>;

    /// `RTCIceCandidate` and `RTCIceCandidateInit`, which have the same fields.
    pub(super) type Candidate;

    #[wasm_bindgen(method, getter)]
    pub(super) fn candidate(this: &Candidate) -> String;

    #[wasm_bindgen(method, getter, js_name = sdpMid)]
    pub(super) fn sdp_mid(this: &Candidate) -> Option<String>;

    #[wasm_bindgen(method, getter, js_name = sdpMLineIndex)]
    pub(super) fn sdp_m_line_index(this: &Candidate) -> Option<u16>;

    #[wasm_bindgen(method, getter, js_name = usernameFragment)]
    pub(super) fn username_fragment(this: &Candidate) -> Option<String>;

    /// One entry of an `RTCStatsReport`; every field is optional, browsers differ.
    pub(super) type Stats;

    #[wasm_bindgen(method, getter, js_name = type)]
    pub(super) fn kind_of_stats(this: &Stats) -> String;

    #[wasm_bindgen(method, getter)]
    pub(super) fn id(this: &Stats) -> String;

    #[wasm_bindgen(method, getter, js_name = selectedCandidatePairId)]
    pub(super) fn selected_candidate_pair_id(this: &Stats) -> Option<String>;

    #[wasm_bindgen(method, getter)]
    pub(super) fn selected(this: &Stats) -> Option<bool>;

    #[wasm_bindgen(method, getter, js_name = localCandidateId)]
    pub(super) fn local_candidate_id(this: &Stats) -> Option<String>;

    #[wasm_bindgen(method, getter, js_name = remoteCandidateId)]
    pub(super) fn remote_candidate_id(this: &Stats) -> Option<String>;

    #[wasm_bindgen(method, getter, js_name = candidateType)]
    pub(super) fn candidate_type(this: &Stats) -> Option<String>;

    #[wasm_bindgen(method, getter)]
    pub(super) fn kind(this: &Stats) -> Option<String>;

    #[wasm_bindgen(method, getter, js_name = framesDecoded)]
    pub(super) fn frames_decoded(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = packetsReceived)]
    pub(super) fn packets_received(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = bytesReceived)]
    pub(super) fn bytes_received(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = bytesSent)]
    pub(super) fn bytes_sent(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = packetsLost)]
    pub(super) fn packets_lost(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = currentRoundTripTime)]
    pub(super) fn round_trip(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = frameWidth)]
    pub(super) fn frame_width(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = frameHeight)]
    pub(super) fn frame_height(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = framesPerSecond)]
    pub(super) fn frames_per_second(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = codecId)]
    pub(super) fn codec_id(this: &Stats) -> Option<String>;

    #[wasm_bindgen(method, getter, js_name = mimeType)]
    pub(super) fn mime_type(this: &Stats) -> Option<String>;

    /// `RTCStatsReport`, which is like a map.
    pub(super) type StatsReport;

    #[wasm_bindgen(method, js_name = forEach)]
    pub(super) fn for_each(this: &StatsReport, each: &mut dyn FnMut(Stats));
}
