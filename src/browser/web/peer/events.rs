//! Events of an `RTCPeerConnection`, translated into [`PeerEvent`]s.

use std::{cell::Cell, rc::Rc};

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{
    MediaStream, RtcIceConnectionState, RtcPeerConnectionIceEvent, RtcPeerConnectionState, RtcRtpTransceiver,
    RtcSignalingState, RtcTrackEvent,
};

use crate::{
    browser::{
        inbox::Inbox,
        web::{
            devices::video::{self, VideoElement},
            js::bindings::{IceCandidate, PeerConnection},
        },
    },
    call::{ConnectionId, ConnectionState, Input, PeerEvent, SignalingState},
    protocol::{self, Sdp},
};

/// Sends the events of one connection to the inbox.
#[derive(Clone)]
pub(crate) struct EventSender {
    connection: ConnectionId,
    inbox: Inbox,
}

impl EventSender {
    /// A sender for the connection with this id.
    pub(crate) fn new(connection: ConnectionId, inbox: &Inbox) -> Self {
        Self { connection, inbox: inbox.clone() }
    }

    /// Sends one event.
    pub(crate) fn send(&self, event: PeerEvent) {
        self.inbox.put(Input::Peer { link: self.connection, event });
    }
}

/// Reports the events of a connection and shows the stranger's picture, until the listeners are dropped.
///
/// `negotiationneeded` is reported only once `is_attached` is set: the tracks of a prewarmed connection are no reason
/// to make an offer before there is a match.
pub(crate) fn listen(
    connection: &PeerConnection,
    events: &EventSender,
    is_attached: &Rc<Cell<bool>>,
) -> Vec<EventListener> {
    let on = |name: &'static str, translate: fn(&PeerConnection) -> Option<PeerEvent>| {
        let events = events.clone();
        EventListener::new(connection, name, move |it| {
            let connection = it.target().map(JsCast::unchecked_into);
            if let Some(event) = connection.as_ref().and_then(translate) {
                events.send(event);
            }
        })
    };
    let stranger = MediaStream::new().ok();
    let (candidates, frames, negotiation) = (events.clone(), events.clone(), events.clone());
    let is_attached = Rc::clone(is_attached);
    vec![
        EventListener::new(connection, "negotiationneeded", move |_| {
            if is_attached.get() {
                negotiation.send(PeerEvent::NegotiationNeeded);
            }
        }),
        on("signalingstatechange", |it| signaling_state(it).map(PeerEvent::Signaling)),
        on("iceconnectionstatechange", |it| {
            let state = it.ice_connection_state();
            matches!(state, RtcIceConnectionState::Connected | RtcIceConnectionState::Completed)
                .then_some(PeerEvent::PathFound)
        }),
        on("connectionstatechange", |it| connection_state(it).map(PeerEvent::Connection)),
        EventListener::new(connection, "icecandidate", move |event| {
            let candidate = event.unchecked_ref::<RtcPeerConnectionIceEvent>().candidate();
            if let Some(candidate) = candidate {
                candidates.send(candidate_event(candidate.unchecked_ref()));
            }
        }),
        EventListener::new(connection, "track", move |event| {
            let event = event.unchecked_ref::<RtcTrackEvent>();
            let connection = event.target().map(JsCast::unchecked_into::<PeerConnection>);
            if let (Some(stranger), Some(connection)) = (&stranger, connection) {
                add_tracks(stranger, &connection);
                video::show(VideoElement::Stranger, Some(stranger));
                if event.track().kind() == "video" {
                    let frames = frames.clone();
                    let report = move || frames.send(PeerEvent::FramePresented);
                    video::on_first_frame(VideoElement::Stranger, report);
                }
            }
        }),
    ]
}

/// Adds all negotiated tracks at the first event, since an element starts again when its stream gets another track.
fn add_tracks(stream: &MediaStream, connection: &PeerConnection) {
    for transceiver in connection.get_transceivers() {
        let transceiver: RtcRtpTransceiver = transceiver.unchecked_into();
        if transceiver.mid().is_some() {
            stream.add_track(&transceiver.receiver().track());
        }
    }
}

/// The empty candidate ends the candidates of an ICE generation.
fn candidate_event(found: &IceCandidate) -> PeerEvent {
    let (candidate, username_fragment) = (found.candidate(), found.username_fragment());
    if candidate.is_empty() {
        return PeerEvent::CandidatesEnded { username_fragment };
    }
    PeerEvent::CandidateFound(protocol::Candidate {
        candidate: Sdp(candidate),
        sdp_mid: found.sdp_mid(),
        sdp_m_line_index: found.sdp_m_line_index(),
        username_fragment,
    })
}

fn signaling_state(connection: &PeerConnection) -> Option<SignalingState> {
    match connection.signaling_state() {
        RtcSignalingState::Stable => Some(SignalingState::Stable),
        RtcSignalingState::HaveLocalOffer => Some(SignalingState::HaveLocalOffer),
        RtcSignalingState::HaveRemoteOffer => Some(SignalingState::HaveRemoteOffer),
        RtcSignalingState::Closed => Some(SignalingState::Closed),
        RtcSignalingState::HaveLocalPranswer | RtcSignalingState::HaveRemotePranswer | _ => None,
    }
}

fn connection_state(connection: &PeerConnection) -> Option<ConnectionState> {
    match connection.connection_state() {
        RtcPeerConnectionState::New => Some(ConnectionState::New),
        RtcPeerConnectionState::Connecting => Some(ConnectionState::Connecting),
        RtcPeerConnectionState::Connected => Some(ConnectionState::Connected),
        RtcPeerConnectionState::Disconnected => Some(ConnectionState::Disconnected),
        RtcPeerConnectionState::Failed => Some(ConnectionState::Failed),
        RtcPeerConnectionState::Closed => Some(ConnectionState::Closed),
        _ => None,
    }
}
