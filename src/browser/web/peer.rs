//! One `RTCPeerConnection`; it must not know the negotiation. Dropped, it is closed and its picture is gone.

use futures::{
    StreamExt,
    channel::mpsc::{self, UnboundedReceiver, UnboundedSender},
    future::{AbortHandle, abortable},
};
use gloo_events::EventListener;
use js_sys::{Array, Object, Reflect};
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    MediaStream, MessageEvent, RtcBundlePolicy, RtcConfiguration, RtcDataChannel, RtcDataChannelInit,
    RtcDataChannelState, RtcIceCandidateInit, RtcPeerConnectionIceEvent, RtcPeerConnectionState,
    RtcRtpTransceiver, RtcRtpTransceiverDirection, RtcRtpTransceiverInit, RtcSdpType,
    RtcSessionDescriptionInit, RtcSignalingState, RtcTrackEvent,
};

use super::{
    bindings::{Candidate, PeerConnection, Stats, StatsReport},
    json,
    media::{Stream, tracks},
    screen::{self, Who},
};
use crate::{
    browser::inbox::Inbox,
    call::{
        ConnectionState, Description, DescriptionKind, Failed, Input, Link, Measurement, PeerDeed, PeerEvent,
        SignalingState,
    },
    protocol::{self, CHANNEL_ID, CHANNEL_LABEL, IceServer, MAX_PEER_MESSAGE_BYTES, Sdp},
};

/// An open connection.
pub(in crate::browser) struct Peer {
    connection: PeerConnection,
    orders: UnboundedSender<Order>,
    worker: AbortHandle,
    _listeners: Vec<EventListener>,
}

/// A deed, and the stream it may need.
type Order = (PeerDeed, Option<Stream>);

/// Where news of one connection goes.
#[derive(Clone)]
struct News {
    link: Link,
    inbox: Inbox,
}

/// What works off the orders, one after another.
struct Worker {
    connection: PeerConnection,
    news: News,
    channel: Option<Channel>,
}

/// The data channel.
struct Channel {
    channel: RtcDataChannel,
    _listeners: [EventListener; 2],
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.worker.abort();
        self.connection.close();
        screen::show(Who::Stranger, None);
    }
}

impl Peer {
    /// Opens one; `None` where the browser refuses, which the deadline of the call notices.
    pub(in crate::browser) fn open(link: Link, ice: &[IceServer], inbox: &Inbox) -> Option<Self> {
        let connection = PeerConnection::new(&configuration(ice)).ok()?;
        let news = News { link, inbox: inbox.clone() };
        let listeners = listen(&connection, &news);
        let (orders, incoming) = mpsc::unbounded();
        let worker = Worker {
            connection: connection.unchecked_ref::<JsValue>().clone().unchecked_into(),
            news,
            channel: None,
        };
        // A closed connection never answers: without the handle the worker would wait for ever.
        let (work, handle) = abortable(worker.run(incoming));
        spawn_local(async move {
            let _ = work.await;
        });
        Some(Self { connection, orders, worker: handle, _listeners: listeners })
    }

    /// Has a deed done, after those before it.
    pub(in crate::browser) fn order(&self, deed: PeerDeed, stream: Option<Stream>) {
        // The worker lives as long as this.
        let _ = self.orders.unbounded_send((deed, stream));
    }
}

impl News {
    fn tell(&self, event: PeerEvent) {
        self.inbox.put(Input::Peer { link: self.link, event });
    }
}

impl Worker {
    async fn run(mut self, mut orders: UnboundedReceiver<Order>) {
        while let Some((deed, stream)) = orders.next().await {
            self.perform(deed, stream).await;
        }
    }

    async fn perform(&mut self, deed: PeerDeed, stream: Option<Stream>) {
        match deed {
            // These two are the making and the dropping of `Peer` itself.
            PeerDeed::Open { .. } | PeerDeed::Close => {}
            PeerDeed::SetServers { .. } | PeerDeed::RestartIce | PeerDeed::Bound(_) => {}
            PeerDeed::Attach => self.attach(stream),
            PeerDeed::SetLocal => {
                let done = JsFuture::from(self.connection.set_local_description_implicitly()).await;
                let set = done.ok().and_then(|_| local_description(&self.connection)).ok_or(Failed);
                self.news.tell(PeerEvent::LocalSet(set));
            }
            PeerDeed::SetRemote(description) => {
                let done = JsFuture::from(self.connection.set_remote_description(&init(&description))).await;
                self.news.tell(PeerEvent::RemoteSet(done.map(drop).map_err(|_| Failed)));
            }
            PeerDeed::AddCandidate(candidate) => self.add(&candidate_init(&candidate)).await,
            PeerDeed::EndCandidates { username_fragment } => {
                let end = RtcIceCandidateInit::new("");
                set_fragment(&end, username_fragment.as_deref());
                self.add(&end).await;
            }
            PeerDeed::Tell(message) => {
                if let Some(Channel { channel, .. }) = &self.channel
                    && channel.ready_state() == RtcDataChannelState::Open
                {
                    // A channel that breaks under a message is reported by the connection.
                    let _ = channel.send_with_str(&protocol::encode_peer(&message));
                }
            }
            PeerDeed::Measure => {
                if let Ok(report) = JsFuture::from(self.connection.get_stats()).await {
                    self.news.tell(PeerEvent::Measured(measure(report.unchecked_ref())));
                }
            }
        }
    }

    /// One candidate more or less decides nothing by itself, so a refused one is passed over.
    async fn add(&self, init: &RtcIceCandidateInit) {
        let promise = self.connection.add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(init));
        let _ = JsFuture::from(promise).await;
    }

    fn attach(&mut self, stream: Option<Stream>) {
        self.channel = Some(open_channel(&self.connection, &self.news));
        for kind in ["audio", "video"] {
            let track = stream.iter().flat_map(|it| tracks(&it.0)).find(|it| it.kind() == kind);
            match (track, &stream) {
                // Takes the transceiver that the partner's offer has made, if there is one.
                (Some(track), Some(Stream(stream))) => {
                    let _ = self.connection.add_track_of(&track, stream);
                }
                (Some(_) | None, _) if !has_transceiver(&self.connection, kind) => {
                    let init = RtcRtpTransceiverInit::new();
                    init.set_direction(RtcRtpTransceiverDirection::Recvonly);
                    self.connection.add_transceiver_with_str_and_init(kind, &init);
                }
                (Some(_) | None, _) => {}
            }
        }
    }
}

fn configuration(ice: &[IceServer]) -> RtcConfiguration {
    let configuration = RtcConfiguration::new();
    configuration.set_bundle_policy(RtcBundlePolicy::MaxBundle);
    let servers = Array::new();
    for server in ice {
        let entry = Object::new();
        let urls: Array = server.urls.iter().map(JsValue::from).collect();
        let fields = [
            ("urls", Some(urls.into())),
            ("username", server.username.as_ref().map(JsValue::from)),
            ("credential", server.credential.as_ref().map(JsValue::from)),
        ];
        for (key, value) in fields {
            if let Some(value) = value {
                // Setting a field of a fresh object cannot fail.
                let _ = Reflect::set(&entry, &key.into(), &value);
            }
        }
        servers.push(&entry);
    }
    configuration.set_ice_servers(&servers);
    configuration
}

fn listen(connection: &PeerConnection, news: &News) -> Vec<EventListener> {
    let on = |name: &'static str, event: fn(&PeerConnection) -> Option<PeerEvent>| {
        let news = news.clone();
        EventListener::new(connection, name, move |it| {
            let connection = it.target().map(JsCast::unchecked_into);
            if let Some(event) = connection.as_ref().and_then(event) {
                news.tell(event);
            }
        })
    };
    let stranger = MediaStream::new().ok();
    let candidates = news.clone();
    vec![
        on("negotiationneeded", |_| Some(PeerEvent::NegotiationNeeded)),
        on("signalingstatechange", |it| signaling_state(it).map(PeerEvent::Signaling)),
        on("connectionstatechange", |it| connection_state(it).map(PeerEvent::Connection)),
        EventListener::new(connection, "icecandidate", move |event| {
            let found = event.unchecked_ref::<RtcPeerConnectionIceEvent>().candidate();
            if let Some(found) = found {
                candidates.tell(candidate_event(found.unchecked_ref()));
            }
        }),
        EventListener::new(connection, "track", move |event| {
            if let Some(stranger) = &stranger {
                stranger.add_track(&event.unchecked_ref::<RtcTrackEvent>().track());
                screen::show(Who::Stranger, Some(stranger));
            }
        }),
    ]
}

fn open_channel(connection: &PeerConnection, news: &News) -> Channel {
    let init = RtcDataChannelInit::new();
    init.set_negotiated(true);
    init.set_id(CHANNEL_ID);
    let channel = connection.create_data_channel_with_data_channel_dict(CHANNEL_LABEL, &init);
    let (opened, told) = (news.clone(), news.clone());
    let listeners = [
        EventListener::new(&channel, "open", move |_| {
            opened.tell(PeerEvent::ChannelOpened { nonce: uuid::Uuid::nil() })
        }),
        EventListener::new(&channel, "message", move |event| {
            let text = event.unchecked_ref::<MessageEvent>().data().as_string();
            let message = text.filter(|it| it.len() <= MAX_PEER_MESSAGE_BYTES);
            if let Some(message) = message.and_then(|it| json::decode(&it)) {
                told.tell(PeerEvent::Told(message));
            }
        }),
    ];
    Channel { channel, _listeners: listeners }
}

fn has_transceiver(connection: &PeerConnection, kind: &str) -> bool {
    let all = connection.get_transceivers();
    all.iter().any(|it| it.unchecked_into::<RtcRtpTransceiver>().receiver().track().kind() == kind)
}

fn local_description(connection: &PeerConnection) -> Option<Description> {
    let description = connection.local_description()?;
    let kind = match description.type_() {
        RtcSdpType::Offer => DescriptionKind::Offer,
        RtcSdpType::Answer => DescriptionKind::Answer,
        RtcSdpType::Pranswer | RtcSdpType::Rollback | _ => return None,
    };
    Some(Description { kind, sdp: Sdp(description.sdp()) })
}

fn init(description: &Description) -> RtcSessionDescriptionInit {
    let kind = match description.kind {
        DescriptionKind::Offer => RtcSdpType::Offer,
        DescriptionKind::Answer => RtcSdpType::Answer,
    };
    let init = RtcSessionDescriptionInit::new(kind);
    init.set_sdp(&description.sdp.0);
    init
}

fn candidate_event(found: &Candidate) -> PeerEvent {
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

fn candidate_init(candidate: &protocol::Candidate) -> RtcIceCandidateInit {
    let init = RtcIceCandidateInit::new(&candidate.candidate.0);
    init.set_sdp_mid(candidate.sdp_mid.as_deref());
    init.set_sdp_m_line_index(candidate.sdp_m_line_index);
    set_fragment(&init, candidate.username_fragment.as_deref());
    init
}

fn set_fragment(init: &RtcIceCandidateInit, fragment: Option<&str>) {
    if let Some(fragment) = fragment {
        // Setting a field of a fresh object cannot fail.
        let _ = Reflect::set(init, &"usernameFragment".into(), &fragment.into());
    }
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

fn measure(report: &StatsReport) -> Measurement {
    let mut sum = Measurement::default();
    report.for_each(&mut |it: Stats| {
        if it.kind_of_stats() != "inbound-rtp" {
            return;
        }
        let whole = |number: Option<f64>| number.map_or(0, |it| it as u64);
        sum.bytes_received += whole(it.bytes_received());
        match it.kind().as_deref() {
            Some("video") => sum.frames_decoded += whole(it.frames_decoded()),
            Some("audio") => sum.audio_packets += whole(it.packets_received()),
            Some(_) | None => {}
        }
    });
    sum
}
