//! The senders of a connection: their tracks, the order of their codecs and their limits.
//!
//! Both transceivers exist from the first offer on, so tracks are later added and removed without a negotiation. All
//! changes of a sender go through its [`SenderQueue`].

use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::Rc,
};

use futures::future::{AbortHandle, abortable};
use js_sys::{Array, Object, Promise, Reflect};
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    MediaStreamTrack, RtcRtpEncodingParameters, RtcRtpReceiver, RtcRtpSender, RtcRtpTransceiver,
    RtcRtpTransceiverDirection, RtcRtpTransceiverInit, window,
};

use super::events::EventSender;
use crate::{
    browser::web::{
        devices::OutgoingTracks,
        js::{
            bindings::{PeerConnection, Transceiver},
            reflect::{self, forget},
        },
    },
    call::{
        Codec, Failed, PeerEvent, PictureContent, SendProfile, SenderCall, SenderQueue, SenderReport,
        TrackKind, VideoLimits, carrier,
    },
};

/// How much a sender may send.
type Limits = (SendProfile, PictureContent);

/// Both senders of one connection.
pub(crate) struct Senders {
    connection: PeerConnection,
    queues: RefCell<[SenderQueue<MediaStreamTrack, Limits>; 2]>,
    /// The pending calls.
    pending: RefCell<[Option<AbortHandle>; 2]>,
    /// The limits, once there are any.
    profile: Cell<Option<SendProfile>>,
    /// Both transceivers exist, or the descriptions have rejected them.
    is_attached: Cell<bool>,
    /// Reports to the call, once the connection has a match or an offer to prepare.
    events: OnceCell<EventSender>,
}

impl Senders {
    /// The senders of a connection that has none yet.
    pub(crate) fn new(connection: &PeerConnection) -> Rc<Self> {
        Rc::new(Self {
            connection: connection.handle(),
            queues: RefCell::default(),
            pending: RefCell::default(),
            profile: Cell::new(None),
            is_attached: Cell::new(false),
            events: OnceCell::new(),
        })
    }

    /// Reports refused calls from now on.
    pub(crate) fn report_to(&self, events: EventSender) {
        // A connection is used once, so this is set once.
        let _ = self.events.set(events);
    }

    /// Adds an audio and a video transceiver that can send and receive, each with its track if that is open.
    ///
    /// The codecs are in our order of preference. A device that is turned on later, or the screen, can then be sent
    /// without a negotiation.
    pub(crate) fn attach(self: &Rc<Self>, tracks: Option<&OutgoingTracks>) {
        self.attach_tracks(tracks);
        for kind in TrackKind::ALL {
            match self.transceiver(kind) {
                Some(transceiver) => transceiver.set_direction(RtcRtpTransceiverDirection::Sendrecv),
                None => {
                    let init = RtcRtpTransceiverInit::new();
                    init.set_direction(RtcRtpTransceiverDirection::Sendrecv);
                    let streams: Array = tracks.iter().map(|it| &it.stream).collect();
                    init.set_streams(&streams);
                    prefer(&self.connection.add_transceiver_with_str_and_init(kind.name(), &init), kind);
                }
            }
        }
        self.is_attached.set(true);
        self.send(tracks);
    }

    /// Adds the open tracks with `addTrack()`, but no transceiver without a track.
    ///
    /// An offer from the partner reuses transceivers that were created by `addTrack()` and no others (RFC 8829, 5.10).
    pub(crate) fn attach_tracks(&self, tracks: Option<&OutgoingTracks>) {
        for kind in TrackKind::ALL {
            let is_attached = self.transceiver(kind).is_some_and(|it| it.sender().track().is_some());
            if let (Some(track), Some(tracks), false) = (track_of_kind(tracks, kind), tracks, is_attached) {
                // Uses the transceiver that the partner's offer has created, if there is one.
                if self.connection.add_track_of(&track, &tracks.stream).is_ok() {
                    self.queues.borrow_mut()[kind as usize].on_attached(track);
                }
                if let Some(transceiver) = self.transceiver(kind) {
                    prefer(&transceiver, kind);
                }
            }
        }
    }

    /// Sends these tracks. A sender without a track sends nothing, not even silence or black frames.
    pub(crate) fn send(self: &Rc<Self>, tracks: Option<&OutgoingTracks>) {
        for kind in TrackKind::ALL {
            self.queues.borrow_mut()[kind as usize].want_track(track_of_kind(tracks, kind));
            self.want_limits(kind);
            self.run(kind);
        }
    }

    /// Sets the limits of both senders.
    pub(crate) fn limit(self: &Rc<Self>, profile: SendProfile) {
        self.profile.set(Some(profile));
        for kind in TrackKind::ALL {
            self.want_limits(kind);
            self.run(kind);
        }
    }

    /// Restarts the encoder of the picture, so that it makes a key frame.
    pub(crate) fn refresh_picture(self: &Rc<Self>) {
        self.queues.borrow_mut()[TrackKind::Video as usize].want_refresh();
        self.run(TrackKind::Video);
    }

    /// Stops sending for good. The promises of a closed connection may never settle, so no call is waited for.
    pub(crate) fn stop(&self) {
        self.pending.borrow_mut().iter_mut().filter_map(Option::take).for_each(|it| it.abort());
        for kind in TrackKind::ALL {
            if let Some(transceiver) = self.transceiver(kind) {
                forget(transceiver.sender().replace_track(None));
            }
        }
    }

    /// The limits depend on what the picture shows.
    fn want_limits(&self, kind: TrackKind) {
        let Some(profile) = self.profile.get() else { return };
        let queue = &mut self.queues.borrow_mut()[kind as usize];
        let content = queue.wanted_track().map_or(PictureContent::Person, content);
        queue.want_limits((profile, content));
    }

    /// Makes the next call on a sender, if none is pending.
    fn run(self: &Rc<Self>, kind: TrackKind) {
        if !self.is_attached.get() && self.transceiver(kind).is_none() {
            return;
        }
        let Some(call) = self.queues.borrow_mut()[kind as usize].take_next() else { return };
        let senders = Rc::clone(self);
        let (work, abort) = abortable(async move {
            let result = senders.perform(kind, call).await;
            let report = senders.queues.borrow_mut()[kind as usize].on_done(result);
            if let (Some(SenderReport { part, result }), Some(events)) = (report, senders.events.get()) {
                events.send(PeerEvent::Sender { kind, part, result });
            }
            senders.run(kind);
        });
        self.pending.borrow_mut()[kind as usize] = Some(abort);
        spawn_local(async move {
            let _ = work.await;
        });
    }

    async fn perform(
        &self,
        kind: TrackKind,
        call: SenderCall<MediaStreamTrack, Limits>,
    ) -> Result<(), Failed> {
        // Without a transceiver the descriptions have no section for this kind.
        let sender = self.transceiver(kind).ok_or(Failed)?.sender();
        match call {
            SenderCall::ReplaceTrack(track) => settled(sender.replace_track(track.as_ref())).await,
            SenderCall::SetParameters(limits) => {
                change_parameters(&sender, |parameters, encoding| {
                    encoding.set_active(true);
                    set_limits(parameters, encoding, kind, limits);
                })
                .await
            }
            SenderCall::Refresh => {
                for is_active in [false, true] {
                    change_parameters(&sender, |_, encoding| encoding.set_active(is_active)).await?;
                }
                Ok(())
            }
        }
    }

    fn transceiver(&self, kind: TrackKind) -> Option<RtcRtpTransceiver> {
        let mut all = Vec::new();
        for transceiver in self.connection.get_transceivers() {
            all.push(transceiver.unchecked_into::<RtcRtpTransceiver>());
        }
        let kind_of = |it: &RtcRtpTransceiver| {
            if it.receiver().track().kind() == "video" { TrackKind::Video } else { TrackKind::Audio }
        };
        let at = carrier(all.iter().map(|it| (kind_of(it), it.mid().is_some())), kind)?;
        Some(all.swap_remove(at))
    }
}

async fn settled(promise: Promise) -> Result<(), Failed> {
    JsFuture::from(promise).await.map(drop).map_err(|_| Failed)
}

/// Changes the parameters of a sender and its encoding.
///
/// They have to be read and set in one task: the browser accepts only those that it has just given.
async fn change_parameters(
    sender: &RtcRtpSender,
    change: impl FnOnce(&JsValue, &RtcRtpEncodingParameters),
) -> Result<(), Failed> {
    let parameters = sender.get_parameters();
    let encoding = parameters.get_encodings().and_then(|it| it.iter().next()).ok_or(Failed)?;
    change(&parameters, encoding.unchecked_ref());
    settled(sender.set_parameters_with_parameters(&parameters)).await
}

fn set_limits(
    parameters: &JsValue,
    encoding: &RtcRtpEncodingParameters,
    kind: TrackKind,
    (profile, content): Limits,
) {
    match kind {
        TrackKind::Audio => encoding.set_max_bitrate(profile.max_audio_bitrate()),
        TrackKind::Video => {
            let VideoLimits { max_bitrate, scale_down_by, max_frame_rate, keeps_size } =
                profile.video_limits(content);
            encoding.set_max_bitrate(max_bitrate);
            encoding.set_scale_resolution_down_by(scale_down_by as f32);
            let name = "maxFramerate";
            match max_frame_rate {
                Some(rate) => reflect::set(encoding, name, &rate.into()),
                None => _ = Reflect::delete_property(encoding.unchecked_ref::<Object>(), &name.into()),
            }
            let preference = if keeps_size { "maintain-resolution" } else { "maintain-framerate" };
            reflect::set(parameters, "degradationPreference", &preference.into());
        }
    }
}

/// What a track shows. The hint of a shared screen asks for detail.
fn content(track: &MediaStreamTrack) -> PictureContent {
    if reflect::text(track, "contentHint") == "detail" {
        PictureContent::Screen
    } else {
        PictureContent::Person
    }
}

/// Puts the preferred codecs first and keeps all others.
fn prefer(transceiver: &RtcRtpTransceiver, kind: TrackKind) {
    let Some(codecs) = RtcRtpReceiver::get_capabilities(kind.name()).map(|it| it.get_codecs()) else {
        return;
    };
    let order = match kind {
        TrackKind::Audio => Codec::AUDIO_PREFERENCE,
        TrackKind::Video => video_preference(),
    };
    let rank = |codec: &JsValue| {
        let codec = Codec::from_media_type(&reflect::text(codec, "mimeType"));
        order.iter().position(|it| Some(*it) == codec).unwrap_or(order.len())
    };
    let mut sorted: Vec<_> = codecs.iter().collect();
    sorted.sort_by_key(rank);
    let codecs: Array = sorted.into_iter().collect();
    // A browser without this method keeps its own order.
    let _ = transceiver.unchecked_ref::<Transceiver>().set_codecs(&codecs);
}

fn video_preference() -> &'static [Codec] {
    let navigator = window().map(|it| it.navigator());
    let user_agent = navigator.as_ref().and_then(|it| it.user_agent().ok()).unwrap_or_default();
    let cores = navigator.map_or(0.0, |it| it.hardware_concurrency());
    Codec::video_preference(&user_agent, cores as u32)
}

fn track_of_kind(tracks: Option<&OutgoingTracks>, kind: TrackKind) -> Option<MediaStreamTrack> {
    let tracks = tracks?;
    let track = match kind {
        TrackKind::Audio => &tracks.audio,
        TrackKind::Video => &tracks.video,
    };
    Clone::clone(track)
}
