//! [`Peer`]: one `RTCPeerConnection`. Dropping it closes it and removes the stranger's picture.

pub(crate) mod events;
pub(crate) mod configuration;
pub(crate) mod channel;
pub(crate) mod prewarmed;
pub(crate) mod probe;
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
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{RtcIceCandidateInit, RtcSdpType, RtcSessionDescriptionInit, RtcSignalingState};

use super::{
    devices::{
        OutgoingTracks,
        backdrop::Backdrop,
        video::{self, VideoElement},
    },
    js::bindings::PeerConnection,
};
use crate::{
    browser::inbox::Inbox,
    call::{ConnectionId, Description, DescriptionKind, Failed, PeerCommand, PeerEvent},
    protocol::{self, IceServer, Sdp},
};
use channel::DataChannel;
use configuration::{Servers, configuration};
use events::EventSender;
use prewarmed::{PrewarmedConnection, PrewarmedParts};
use senders::Senders;

/// How long a connection stays open when it is no longer needed: a goodbye takes at most one round trip.
const CLOSE_DELAY: Duration = Duration::from_millis(300);

/// An open connection.
pub(crate) struct Peer {
    connection: PeerConnection,
    commands: UnboundedSender<QueuedCommand>,
    worker: AbortHandle,
    senders: Rc<Senders>,
    channel: Rc<RefCell<Option<DataChannel>>>,
    _listeners: Vec<EventListener>,
    _backdrop: Option<Backdrop>,
}

/// A command, with the tracks that were open when it was given.
type QueuedCommand = (PeerCommand, Option<OutgoingTracks>);

/// Performs the queued commands one after another.
struct Worker {
    connection: PeerConnection,
    events: EventSender,
    channel: Rc<RefCell<Option<DataChannel>>>,
    servers: Servers,
    /// The parts of a prewarmed connection, until they are attached.
    prewarmed: Option<PrewarmedParts>,
    is_attached: Rc<Cell<bool>>,
    senders: Rc<Senders>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.worker.abort();
        self.senders.stop();
        video::show(VideoElement::Stranger, None);
        // Messages that are still queued in the data channel would be lost if the connection were closed now.
        let connection = self.connection.handle();
        let channel = self.channel.take();
        spawn_local(async move {
            sleep(CLOSE_DELAY).await;
            connection.close();
            drop(channel);
        });
    }
}

impl Peer {
    /// Opens a connection, using the prewarmed one if there is one.
    ///
    /// Returns `None` if the browser refuses. The call notices that by its deadline.
    pub(crate) fn open(
        id: ConnectionId,
        ice: Vec<IceServer>,
        relay_only: bool,
        inbox: &Inbox,
        prewarmed: Option<PrewarmedConnection>,
    ) -> Option<Self> {
        let servers = (ice, relay_only);
        let prewarmed = prewarmed.and_then(|it| it.take(&servers));
        let connection = match &prewarmed {
            Some(prewarmed) => prewarmed.connection.handle(),
            None => PeerConnection::new(&configuration(&servers.0, relay_only)).ok()?,
        };
        let events = EventSender::new(id, inbox);
        let senders =
            prewarmed.as_ref().map_or_else(|| Senders::new(&connection), |it| Rc::clone(&it.senders));
        senders.report_to(events.clone());
        let is_attached = Rc::new(Cell::new(false));
        let listeners = events::listen(&connection, &events, &is_attached);
        let (commands, queue) = mpsc::unbounded();
        let channel = Rc::default();
        let worker = Worker {
            connection: connection.handle(),
            events,
            channel: Rc::clone(&channel),
            servers,
            senders: Rc::clone(&senders),
            prewarmed,
            is_attached,
        };
        // The promises of a closed connection may never settle, so the worker has to be abortable.
        let (work, abort) = abortable(worker.run(queue));
        spawn_local(async move {
            let _ = work.await;
        });
        Some(Self {
            connection,
            commands,
            worker: abort,
            senders,
            channel,
            _listeners: listeners,
            _backdrop: Backdrop::draw(),
        })
    }

    /// Sends exactly these tracks from now on.
    pub(crate) fn send_tracks(&self, tracks: Option<&OutgoingTracks>) {
        self.senders.send(tracks);
    }

    /// Performs a command after those that were given before. Messages are sent at once.
    pub(crate) fn perform(&self, command: PeerCommand, tracks: Option<OutgoingTracks>) {
        // The message may be a goodbye, after which the worker is aborted.
        if let PeerCommand::Send(message) = &command {
            self.channel.borrow().iter().for_each(|it| it.send(message));
            return;
        }
        // The worker lives as long as `self`.
        let _ = self.commands.unbounded_send((command, tracks));
    }
}

impl Worker {
    async fn run(mut self, mut queue: UnboundedReceiver<QueuedCommand>) {
        while let Some((command, tracks)) = queue.next().await {
            self.perform(command, tracks).await;
        }
    }

    async fn perform(&mut self, command: PeerCommand, tracks: Option<OutgoingTracks>) {
        match command {
            // `Peer::open`, dropping the `Peer`, and `Peer::perform` do these.
            PeerCommand::Open { .. } | PeerCommand::Close | PeerCommand::Send(_) => {}
            PeerCommand::Attach => self.attach(tracks.as_ref()),
            PeerCommand::SetServers { ice, relay_only } => {
                let servers = (ice, relay_only);
                if self.servers != servers {
                    // If the browser refuses, the connection keeps its servers.
                    let _ = self
                        .connection
                        .set_configuration_with_configuration(&configuration(&servers.0, relay_only));
                    self.servers = servers;
                }
            }
            PeerCommand::RestartIce => self.connection.restart_ice(),
            PeerCommand::LimitBitrate(profile) => self.senders.limit(profile),
            PeerCommand::RefreshPicture => self.senders.refresh_picture(),
            PeerCommand::SetLocal => {
                let result = JsFuture::from(self.connection.set_local_description_implicitly()).await;
                let description = result.ok().and_then(|_| local_description(&self.connection));
                self.events.send(PeerEvent::LocalSet(description.ok_or(Failed)));
            }
            PeerCommand::SetRemote(description) => {
                let promise = self.connection.set_remote_description(&description_init(&description));
                let result = JsFuture::from(promise).await;
                self.events.send(PeerEvent::RemoteSet(result.map(drop).map_err(|_| Failed)));
            }
            PeerCommand::AddCandidate(candidate) => self.add_candidate(&candidate_init(&candidate)).await,
            PeerCommand::EndCandidates { username_fragment } => {
                let end = RtcIceCandidateInit::new("");
                set_username_fragment(&end, username_fragment.as_deref());
                self.add_candidate(&end).await;
            }
            PeerCommand::Measure => {
                if let Ok(report) = JsFuture::from(self.connection.get_stats()).await {
                    self.events.send(PeerEvent::Measured(stats::measure(report.unchecked_ref())));
                }
            }
        }
    }

    fn attach(&mut self, tracks: Option<&OutgoingTracks>) {
        let prewarmed = self.prewarmed.take();
        let negotiation_needed = prewarmed.as_ref().is_some_and(|it| it.negotiation_needed.get());
        let channel = prewarmed.map_or_else(|| channel::create(&self.connection), |it| it.channel);
        *self.channel.borrow_mut() = Some(DataChannel::new(channel, &self.events));
        self.senders.attach(tracks);
        self.is_attached.set(true);
        // The event fired before there was a match. While an offer is being answered, nothing is left to negotiate.
        if negotiation_needed && self.connection.signaling_state() == RtcSignalingState::Stable {
            self.events.send(PeerEvent::NegotiationNeeded);
        }
    }

    /// Adds a candidate. A rejected one is ignored: the connection can work without it.
    async fn add_candidate(&self, init: &RtcIceCandidateInit) {
        let promise = self.connection.add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(init));
        let _ = JsFuture::from(promise).await;
    }
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

fn description_init(description: &Description) -> RtcSessionDescriptionInit {
    let kind = match description.kind {
        DescriptionKind::Offer => RtcSdpType::Offer,
        DescriptionKind::Answer => RtcSdpType::Answer,
    };
    let init = RtcSessionDescriptionInit::new(kind);
    init.set_sdp(&description.sdp.0);
    init
}

fn candidate_init(candidate: &protocol::Candidate) -> RtcIceCandidateInit {
    let init = RtcIceCandidateInit::new(&candidate.candidate.0);
    init.set_sdp_mid(candidate.sdp_mid.as_deref());
    init.set_sdp_m_line_index(candidate.sdp_m_line_index);
    set_username_fragment(&init, candidate.username_fragment.as_deref());
    init
}

fn set_username_fragment(init: &RtcIceCandidateInit, fragment: Option<&str>) {
    if let Some(fragment) = fragment {
        // Setting a field of a new object cannot fail.
        let _ = Reflect::set(init, &"usernameFragment".into(), &fragment.into());
    }
}
