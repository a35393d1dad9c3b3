//! One `RTCPeerConnection`; it must not know the negotiation. Dropped, it is closed and its picture is gone.

pub(crate) mod prewarmed;
pub(crate) mod channel;
pub(crate) mod senders;
pub(crate) mod stats;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use futures::{
    StreamExt,
    channel::mpsc::{self, UnboundedReceiver, UnboundedSender},
    future::{AbortHandle, abortable},
};
use gloo_events::EventListener;
use gloo_timers::future::sleep;
use js_sys::Reflect;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    MediaStream, RtcIceCandidateInit, RtcPeerConnectionIceEvent, RtcPeerConnectionState, RtcSdpType,
    RtcSessionDescriptionInit, RtcSignalingState, RtcTrackEvent,
};

use super::{
    devices::{
        Sent,
        video::{self, Who},
    },
    js::bindings::{Candidate, PeerConnection},
};
use crate::{
    browser::inbox::Inbox,
    call::{
        ConnectionId, ConnectionState, Description, DescriptionKind, Failed, Input, PeerCommand, PeerEvent,
        SendProfile, SignalingState,
    },
    protocol::{self, IceServer, Sdp},
};
use channel::Channel;
use prewarmed::{Servers, Spare, Warm, configuration};

/// How long a connection may still speak when it is over: a goodbye needs one round trip at most.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// An open connection.
pub(crate) struct Peer {
    connection: PeerConnection,
    orders: UnboundedSender<Order>,
    worker: AbortHandle,
    channel: Rc<RefCell<Option<Channel>>>,
    _listeners: Vec<EventListener>,
}

/// A command, and what is to be sent with it.
type Order = (PeerCommand, Option<Sent>);

/// Where news of one connection goes.
#[derive(Clone)]
pub(crate) struct News {
    link: ConnectionId,
    inbox: Inbox,
}

/// What works off the orders, one after another.
struct Worker {
    connection: PeerConnection,
    news: News,
    channel: Rc<RefCell<Option<Channel>>>,
    servers: Servers,
    /// What was done ahead; nothing once it is used.
    warm: Option<Warm>,
    attached: Rc<Cell<bool>>,
    bounded: Option<SendProfile>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.worker.abort();
        senders::silence(&self.connection);
        video::show(Who::Stranger, None);
        // Closed at once it would not say what it was told to say before.
        let connection = handle(&self.connection);
        let channel = self.channel.take();
        spawn_local(async move {
            sleep(LAST_WORDS).await;
            connection.close();
            drop(channel);
        });
    }
}

impl Peer {
    /// Opens one, from the spare one if there is one; `None` where the browser refuses, which the deadline of the call
    /// notices.
    pub(crate) fn open(
        link: ConnectionId,
        ice: Vec<IceServer>,
        relay_only: bool,
        inbox: &Inbox,
        spare: Option<Spare>,
    ) -> Option<Self> {
        let servers = (ice, relay_only);
        let warm = spare.and_then(|it| it.take(&servers));
        let connection = match &warm {
            Some(warm) => handle(&warm.connection),
            None => PeerConnection::new(&configuration(&servers.0, relay_only)).ok()?,
        };
        let news = News { link, inbox: inbox.clone() };
        let attached = Rc::new(Cell::new(false));
        let listeners = listen(&connection, &news, &attached);
        let (orders, incoming) = mpsc::unbounded();
        let channel = Rc::default();
        let worker = Worker {
            connection: handle(&connection),
            news,
            channel: Rc::clone(&channel),
            servers,
            bounded: warm.as_ref().and_then(|it| it.bounded),
            warm,
            attached,
        };
        // A closed connection never answers: without the handle the worker would wait for ever.
        let (work, abort) = abortable(worker.run(incoming));
        spawn_local(async move {
            let _ = work.await;
        });
        Some(Self { connection, orders, worker: abort, channel, _listeners: listeners })
    }

    /// Sends this from now on, and nothing else.
    pub(crate) fn send(&self, sent: Option<&Sent>) {
        senders::send(&self.connection, sent);
    }

    /// Has a command done, after those before it.
    pub(crate) fn order(&self, command: PeerCommand, sent: Option<Sent>) {
        // At once: it may be the last word.
        if let PeerCommand::Send(message) = &command {
            self.channel.borrow().iter().for_each(|it| it.tell(message));
            return;
        }
        // The worker lives as long as this.
        let _ = self.orders.unbounded_send((command, sent));
    }
}

impl News {
    pub(crate) fn tell(&self, event: PeerEvent) {
        self.inbox.put(Input::Peer { link: self.link, event });
    }
}

impl Worker {
    async fn run(mut self, mut orders: UnboundedReceiver<Order>) {
        while let Some((command, sent)) = orders.next().await {
            self.perform(command, sent).await;
        }
    }

    async fn perform(&mut self, command: PeerCommand, sent: Option<Sent>) {
        match command {
            // The making and the dropping of `Peer` itself, and what it does at once.
            PeerCommand::Open { .. } | PeerCommand::Close | PeerCommand::Send(_) => {}
            PeerCommand::Attach => self.attach(sent.as_ref()),
            PeerCommand::SetServers { ice, relay_only } => {
                let servers = (ice, relay_only);
                if self.servers != servers {
                    // A browser that refuses goes on with the servers it has.
                    let _ = self.connection.change_configuration(&configuration(&servers.0, relay_only));
                    self.servers = servers;
                }
            }
            PeerCommand::RestartIce => self.connection.restart_ice(),
            PeerCommand::LimitBitrate(quality) if self.bounded == Some(quality) => {}
            PeerCommand::LimitBitrate(quality) => {
                self.bounded = Some(quality);
                senders::bound(&self.connection, quality);
            }
            PeerCommand::SetLocal => {
                let done = JsFuture::from(self.connection.set_local_description_implicitly()).await;
                let set = done.ok().and_then(|_| local_description(&self.connection)).ok_or(Failed);
                self.news.tell(PeerEvent::LocalSet(set));
            }
            PeerCommand::SetRemote(description) => {
                let done = JsFuture::from(self.connection.set_remote_description(&init(&description))).await;
                self.news.tell(PeerEvent::RemoteSet(done.map(drop).map_err(|_| Failed)));
            }
            PeerCommand::AddCandidate(candidate) => self.add(&candidate_init(&candidate)).await,
            PeerCommand::EndCandidates { username_fragment } => {
                let end = RtcIceCandidateInit::new("");
                set_fragment(&end, username_fragment.as_deref());
                self.add(&end).await;
            }
            PeerCommand::Measure => {
                if let Ok(report) = JsFuture::from(self.connection.get_stats()).await {
                    self.news.tell(PeerEvent::Measured(stats::measure(report.unchecked_ref())));
                }
            }
        }
    }

    fn attach(&mut self, sent: Option<&Sent>) {
        let warm = self.warm.take();
        let was_needed = warm.as_ref().is_some_and(|it| it.needed.get());
        let channel = warm.map_or_else(|| channel::create(&self.connection), |it| it.channel);
        *self.channel.borrow_mut() = Some(Channel::new(channel, &self.news));
        senders::attach(&self.connection, sent);
        self.attached.set(true);
        // Said before anybody listened. Where an offer is being answered there is nothing left to negotiate.
        if was_needed && self.connection.signaling_state() == RtcSignalingState::Stable {
            self.news.tell(PeerEvent::NegotiationNeeded);
        }
    }

    /// One candidate more or less decides nothing by itself, so a refused one is passed over.
    async fn add(&self, init: &RtcIceCandidateInit) {
        let promise = self.connection.add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(init));
        let _ = JsFuture::from(promise).await;
    }
}

/// Another handle on the same connection.
fn handle(connection: &PeerConnection) -> PeerConnection {
    connection.unchecked_ref::<JsValue>().clone().unchecked_into()
}

fn listen(connection: &PeerConnection, news: &News, attached: &Rc<Cell<bool>>) -> Vec<EventListener> {
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
    let (candidates, frames, needed) = (news.clone(), news.clone(), news.clone());
    let attached = Rc::clone(attached);
    vec![
        EventListener::new(connection, "negotiationneeded", move |_| {
            // Tracks that are there ahead are no reason to offer before somebody wants that.
            if attached.get() {
                needed.tell(PeerEvent::NegotiationNeeded);
            }
        }),
        on("signalingstatechange", |it| signaling_state(it).map(PeerEvent::Signaling)),
        on("iceconnectionstatechange", |it| {
            matches!(it.ice_state().as_str(), "connected" | "completed").then_some(PeerEvent::PathFound)
        }),
        on("connectionstatechange", |it| connection_state(it).map(PeerEvent::Connection)),
        EventListener::new(connection, "icecandidate", move |event| {
            let found = event.unchecked_ref::<RtcPeerConnectionIceEvent>().candidate();
            if let Some(found) = found {
                candidates.tell(candidate_event(found.unchecked_ref()));
            }
        }),
        EventListener::new(connection, "track", move |event| {
            if let Some(stranger) = &stranger {
                let track = event.unchecked_ref::<RtcTrackEvent>().track();
                stranger.add_track(&track);
                video::show(Who::Stranger, Some(stranger));
                if track.kind() == "video" {
                    let frames = frames.clone();
                    video::on_first_frame(Who::Stranger, move || frames.tell(PeerEvent::FramePresented));
                }
            }
        }),
    ]
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
