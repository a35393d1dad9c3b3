//! What web-sys 0.3 lacks of WebRTC and JavaScript; it must not do anything.

use js_sys::Promise;
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
    pub(super) fn kind(this: &Stats) -> Option<String>;

    #[wasm_bindgen(method, getter, js_name = framesDecoded)]
    pub(super) fn frames_decoded(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = packetsReceived)]
    pub(super) fn packets_received(this: &Stats) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = bytesReceived)]
    pub(super) fn bytes_received(this: &Stats) -> Option<f64>;

    /// `RTCStatsReport`, which is like a map.
    pub(super) type StatsReport;

    #[wasm_bindgen(method, js_name = forEach)]
    pub(super) fn for_each(this: &StatsReport, each: &mut dyn FnMut(Stats));
}
