//! What web-sys 0.3 lacks of WebRTC and JavaScript; it must not do anything.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{MediaStream, MediaStreamTrack, RtcConfiguration};

#[wasm_bindgen]
extern "C" {
    /// `RTCPeerConnection`, with what web-sys does not have.
    #[wasm_bindgen(extends = web_sys::RtcPeerConnection, js_name = RTCPeerConnection)]
    pub(crate) type PeerConnection;

    #[wasm_bindgen(constructor, catch, js_class = "RTCPeerConnection")]
    pub(crate) fn new(configuration: &RtcConfiguration) -> Result<PeerConnection, JsValue>;

    /// `setLocalDescription()` without an argument: offer or answer, whichever the state asks for.
    #[wasm_bindgen(method, js_name = setLocalDescription)]
    pub(crate) fn set_local_description_implicitly(this: &PeerConnection) -> Promise;

    /// `restartIce()`.
    #[wasm_bindgen(method, js_name = restartIce)]
    pub(crate) fn restart_ice(this: &PeerConnection);

    /// `setConfiguration()`; refuses what must not change.
    #[wasm_bindgen(method, catch, js_name = setConfiguration)]
    pub(crate) fn change_configuration(
        this: &PeerConnection,
        configuration: &RtcConfiguration,
    ) -> Result<(), JsValue>;

    /// `iceConnectionState`, as its name.
    #[wasm_bindgen(method, getter, js_name = iceConnectionState)]
    pub(crate) fn ice_state(this: &PeerConnection) -> String;

    /// `RTCRtpTransceiver`.
    pub(crate) type Transceiver;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn sender(this: &Transceiver) -> Sender;

    #[wasm_bindgen(method, catch, js_name = setCodecPreferences)]
    pub(crate) fn set_codecs(this: &Transceiver, codecs: &Array) -> Result<(), JsValue>;

    /// `RTCRtpSender`.
    pub(crate) type Sender;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn track(this: &Sender) -> Option<MediaStreamTrack>;

    #[wasm_bindgen(method, js_name = replaceTrack)]
    pub(crate) fn replace_track_with(this: &Sender, track: Option<&MediaStreamTrack>) -> Promise;

    #[wasm_bindgen(method, js_name = getParameters)]
    pub(crate) fn parameters(this: &Sender) -> Parameters;

    #[wasm_bindgen(method, js_name = setParameters)]
    pub(crate) fn set_parameters_to(this: &Sender, parameters: &Parameters) -> Promise;

    /// `RTCRtpSendParameters`.
    pub(crate) type Parameters;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn encodings(this: &Parameters) -> Array;

    /// `RTCRtpCapabilities`.
    pub(crate) type Capabilities;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn codecs(this: &Capabilities) -> Array;

    /// `RTCRtpReceiver.getCapabilities()`.
    #[wasm_bindgen(js_namespace = RTCRtpReceiver, js_name = getCapabilities)]
    pub(crate) fn capabilities(kind: &str) -> Option<Capabilities>;

    /// `crypto.getRandomValues()`.
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    pub(crate) fn random(bytes: &mut [u8]);

    /// `requestVideoFrameCallback`, where there is one.
    pub(crate) type FrameSource;

    #[wasm_bindgen(method, getter, js_name = requestVideoFrameCallback)]
    pub(crate) fn tells_frames(this: &FrameSource) -> Option<Function>;

    #[wasm_bindgen(method, js_name = requestVideoFrameCallback)]
    pub(crate) fn on_next_frame(this: &FrameSource, callback: &JsValue) -> u32;

    /// `addTrack()` without the other overloads' machinery.
    #[wasm_bindgen(method, catch, js_name = addTrack)]
    pub(crate) fn add_track_of(
        this: &PeerConnection,
        track: &MediaStreamTrack,
        stream: &MediaStream,
    ) -> Result<JsValue, JsValue>;

    /// `RTCIceCandidate` and `RTCIceCandidateInit`, which have the same fields.
    pub(crate) type Candidate;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn candidate(this: &Candidate) -> String;

    #[wasm_bindgen(method, getter, js_name = sdpMid)]
    pub(crate) fn sdp_mid(this: &Candidate) -> Option<String>;

    #[wasm_bindgen(method, getter, js_name = sdpMLineIndex)]
    pub(crate) fn sdp_m_line_index(this: &Candidate) -> Option<u16>;

    #[wasm_bindgen(method, getter, js_name = usernameFragment)]
    pub(crate) fn username_fragment(this: &Candidate) -> Option<String>;

    /// One entry of an `RTCStatsReport`; every field is optional, browsers differ.
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

    /// `RTCStatsReport`, which is like a map.
    pub(crate) type StatsReport;

    #[wasm_bindgen(method, js_name = forEach)]
    pub(crate) fn for_each(this: &StatsReport, each: &mut dyn FnMut(Stats));
}
