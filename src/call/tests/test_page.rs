//! The test harness of the call: one page with its own clock, and a fake browser, server and partner around it.
//!
//! A test presses buttons and feeds events, then compares [`TestPage::take_actions`] and the snapshot.

use std::{mem, time::Duration};

use uuid::Uuid;

use crate::{
    call::{
        Abilities, Browser, Call, CheckFinding, Clocks, ConnectionId, ConnectionState, Consent, Description,
        DescriptionKind, DeviceEvent, DeviceKind, Input, Intent, Measurement, MediaError, OpenRequest,
        OpenedDevice, OpenedMedia, Output, PageEvent, PeerCommand, PeerEvent, Phase, Pick, Problem,
        ScreenEvent, SendProfile, SignalingState, SiteFacts, StoredProfile,
    },
    protocol::{
        Candidate, Delivery, EndReason, Epoch, Feature, Features, Frame, Limits, MatchId, Media, Message,
        PastPairs, PeerId, PeerMessage, Presence, Receipt, ReportReason, Resume, Role, Sdp, Secret, Signal,
        Tastes, ToBrowser, ToServer,
    },
    time::Moment,
};

/// What a check usually finds.
pub(crate) const ADDRESS: CheckFinding = CheckFinding::Candidate { is_relayed: false };
/// What a check finds where only relays are allowed.
pub(crate) const RELAY: CheckFinding = CheckFinding::Candidate { is_relayed: true };

pub(crate) const BOTH: Media = Media { audio: true, video: true };
pub(crate) const AUDIO: Media = Media { audio: true, video: false };
pub(crate) const VIDEO: Media = Media { audio: false, video: true };
pub(crate) const NOTHING: Media = Media { audio: false, video: false };

/// A page under test.
pub(crate) struct TestPage {
    pub(crate) call: Call,
    pub(crate) now: Moment,
    /// How far the wall clock is ahead of `now`, in milliseconds.
    pub(crate) unix_origin_ms: u64,
    /// What the browser answers to a check of the connection; `None` if it finds nothing.
    pub(crate) checks: Option<CheckFinding>,
    /// The sequence numbers at the server's end.
    pub(crate) server: Delivery<ToBrowser>,
    /// Whether messages of the page reach the server, which then answers pings.
    pub(crate) server_receives: bool,
    /// Whether media arrives from the partner: the statistics then grow at each measurement.
    pub(crate) media_flows: bool,
    /// The statistics of the current connection.
    pub(crate) measurement: Measurement,
    /// The session to resume in every hello so far.
    pub(crate) hellos: Vec<Option<Resume>>,
    /// The ticket in the last hello.
    pub(crate) ticket: Option<String>,
    /// The epoch that signals from the server carry.
    pub(crate) epoch: Epoch,
    /// The epoch of every signal sent so far.
    pub(crate) signal_epochs: Vec<Epoch>,
    /// How often the call asked for statistics.
    pub(crate) measure_count: usize,
    /// The last acknowledgement that the page sent.
    pub(crate) ack: u64,
    /// The number of the last numbered message that the page sent.
    pub(crate) last_number: u64,
    /// The interests and languages in the last join.
    pub(crate) tastes: Tastes,
    /// The tickets, reasons and words of all reports that were sent.
    pub(crate) reports: Vec<(String, ReportReason, String)>,
    /// The device name in the last hello.
    pub(crate) device: Option<String>,
    /// The statement about the age in the last hello.
    pub(crate) age: Option<Box<str>>,
    /// The met and blocked pairs in the last hello.
    pub(crate) past: PastPairs,
    /// The proof of its place in the last hello.
    pub(crate) place: Option<Box<str>>,
    /// How often the page sent its presence to the partner.
    pub(crate) presence_count: usize,
    /// Outputs that concern the page only, such as listing devices; not part of the actions.
    pub(crate) page_outputs: Vec<Output>,
    /// The last request for devices.
    pub(crate) asked: OpenRequest,
    /// Whether the camera gives frames when the call looks for one.
    pub(crate) camera_gives_frames: bool,
    /// The number of the last request for the screen.
    pub(crate) screen_request: u32,
    /// The number of the last request for a camera and for a microphone.
    requests: [u32; 2],
    clipboard: String,
    connection: ConnectionId,
    last_presence: Option<Presence>,
    match_count: u128,
    session_count: u128,
    actions: Vec<String>,
}

/// What the server has written into the page.
pub(crate) fn site() -> SiteFacts {
    SiteFacts { build: "b1".into(), rules: "1".into(), ..SiteFacts::default() }
}

/// The profile of a person who has accepted the rules of [`site`] and had a call before.
pub(crate) fn had_a_call() -> StoredProfile {
    let consent = Consent { rules: "1".into(), has_met: true, ..Consent::default() };
    StoredProfile { consent, ..StoredProfile::default() }
}

pub(crate) fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(crate) fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A description whose candidates have this username fragment.
pub(crate) fn sdp(fragment: &str) -> Sdp {
    Sdp(format!("v=0\r\na=ice-ufrag:{fragment}\r\n"))
}

pub(crate) fn description(kind: DescriptionKind, fragment: &str) -> Description {
    Description { kind, sdp: sdp(fragment) }
}

pub(crate) fn offer(fragment: &str) -> Signal {
    Signal::Offer { sdp: sdp(fragment) }
}

pub(crate) fn answer(fragment: &str) -> Signal {
    Signal::Answer { sdp: sdp(fragment) }
}

pub(crate) fn candidate(fragment: &str, name: &str) -> Candidate {
    Candidate {
        candidate: Sdp(name.to_owned()),
        sdp_mid: None,
        sdp_m_line_index: None,
        username_fragment: Some(fragment.to_owned()),
    }
}

pub(crate) fn candidate_signal(fragment: &str, name: &str) -> Signal {
    Signal::Candidate(candidate(fragment, name))
}

pub(crate) fn session(number: u128) -> Resume {
    Resume { peer: PeerId(Uuid::from_u128(number)), secret: Secret(Uuid::from_u128(number)) }
}

/// The features of a server that has no store for reports, as most tests are about other things.
pub(crate) fn without_reports() -> Features {
    Features::all().without(Feature::Report)
}

/// A `welcome` for this session.
pub(crate) fn welcome(Resume { peer, secret }: Resume, resumed: bool) -> ToBrowser {
    let limits = Limits {
        frame_bytes: 65_536,
        sdp_bytes: 32_768,
        candidate_bytes: 512,
        candidates: 64,
        heartbeat_ms: 12_000,
        idle_heartbeat_ms: 45_000,
        grace_ms: 20_000,
    };
    ToBrowser::Welcome {
        version: 1,
        peer,
        secret,
        resumed,
        match_id: None,
        relay: false,
        build: None,
        device: None,
        limits,
        features: without_reports(),
    }
}

/// A `matched` without a prepared offer and without a relay.
pub(crate) fn matched_message(match_id: MatchId, role: Role, partner: Media) -> ToBrowser {
    ToBrowser::Matched {
        match_id,
        role,
        partner,
        shared: Tastes::default(),
        ice: Vec::new(),
        relay_only: false,
        soft: false,
        ticket: Some("ticket".into()),
        pair: None,
        ahead: None,
    }
}

impl TestPage {
    /// A page on which nothing was pressed.
    pub(crate) fn new() -> Self {
        Self::with_seed(1)
    }

    pub(crate) fn with_seed(seed: u64) -> Self {
        Self {
            call: Call::new(seed, had_a_call(), Browser::default(), site()),
            now: Moment::from_millis(1_000),
            unix_origin_ms: 0,
            checks: Some(ADDRESS),
            server: Delivery::default(),
            server_receives: true,
            media_flows: false,
            measurement: Measurement::default(),
            hellos: Vec::new(),
            ticket: None,
            epoch: Epoch::FIRST,
            signal_epochs: Vec::new(),
            connection: ConnectionId(0),
            last_presence: None,
            tastes: Tastes::default(),
            reports: Vec::new(),
            age: None,
            device: None,
            past: PastPairs::default(),
            place: None,
            presence_count: 0,
            page_outputs: Vec::new(),
            asked: OpenRequest::default(),
            camera_gives_frames: true,
            screen_request: 0,
            requests: [0; 2],
            clipboard: String::new(),
            measure_count: 0,
            ack: 0,
            last_number: 0,
            match_count: 0,
            session_count: 0,
            actions: Vec::new(),
        }
    }

    /// A page in the queue.
    pub(crate) fn waiting() -> Self {
        let mut page = Self::new();
        page.press(Intent::Start);
        page.media_opens(BOTH);
        page.server_accepts();
        page.receive(ToBrowser::Waiting {});
        page.take_actions();
        page
    }

    /// A page that has just been matched.
    pub(crate) fn matched(role: Role, partner: Media) -> Self {
        let mut page = Self::waiting();
        page.receive_match(role, partner);
        page
    }

    /// The impolite page of a call.
    pub(crate) fn talking() -> Self {
        let mut page = Self::matched(Role::Impolite, BOTH);
        page.negotiate_as_impolite();
        page.media_flows = true;
        page.peer_connects();
        page.advance(millis(100));
        assert_eq!(page.phase_name(), "talking");
        page.take_actions();
        page
    }

    /// Runs the first negotiation of an impolite page, up to the answer.
    pub(crate) fn negotiate_as_impolite(&mut self) {
        self.peer_event(PeerEvent::NegotiationNeeded);
        self.peer_event(PeerEvent::Signaling(SignalingState::HaveLocalOffer));
        self.peer_event(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "ours"))));
        self.receive_signal(answer("theirs"));
        self.peer_event(PeerEvent::Signaling(SignalingState::Stable));
        self.peer_event(PeerEvent::RemoteSet(Ok(())));
    }

    /// The peer connection reports `connected`, and the browser presents a frame if the partner's media flows.
    pub(crate) fn peer_connects(&mut self) {
        self.peer_event(PeerEvent::Connection(ConnectionState::Connected));
        if self.media_flows {
            self.peer_event(PeerEvent::FramePresented);
        }
    }

    /// The last request for devices opens these.
    pub(crate) fn media_opens(&mut self, media: Media) {
        self.handle(Input::MediaOpened(self.asked.number, media.into()));
    }

    /// The last request for devices opens the camera with this id.
    pub(crate) fn camera_opens(&mut self, id: &str) {
        let camera = Some(OpenedDevice { id: id.into(), ..OpenedDevice::default() });
        self.handle(Input::MediaOpened(self.asked.number, OpenedMedia { camera, microphone: None }));
    }

    /// The last request for devices fails.
    pub(crate) fn media_fails(&mut self, error: MediaError) {
        self.handle(Input::MediaFailed(self.asked.number, error));
    }

    /// The number of the last request for a device of this kind.
    pub(crate) fn request(&self, kind: DeviceKind) -> u32 {
        self.requests[kind as usize]
    }

    /// The open device of this kind ends.
    pub(crate) fn device_ends(&mut self, kind: DeviceKind) {
        self.handle(Input::Devices(DeviceEvent::Ended(kind, self.request(kind))));
    }

    /// The system mutes the open device of this kind, or lets it through again.
    pub(crate) fn device_mutes(&mut self, kind: DeviceKind, muted: bool) {
        self.handle(Input::Devices(DeviceEvent::Muted(kind, self.request(kind), muted)));
    }

    /// The browser is able to share the screen.
    pub(crate) fn can_share_screen(&mut self) {
        let abilities = Abilities { screen: true, ..Abilities::default() };
        self.handle(Input::Page(PageEvent::Able(abilities)));
    }

    /// The browser reports something about the screen that was asked for last.
    pub(crate) fn screen(&mut self, event: ScreenEvent) {
        self.handle(Input::Devices(DeviceEvent::Screen(self.screen_request, event)));
    }

    /// A person presses or types something.
    pub(crate) fn press(&mut self, intent: Intent) {
        self.handle(Input::Intent(intent));
    }

    /// Something happens to the current connection.
    pub(crate) fn peer_event(&mut self, event: PeerEvent) {
        let link = self.connection();
        self.handle(Input::Peer { link, event });
    }

    /// The current connection.
    pub(crate) fn connection(&self) -> ConnectionId {
        self.connection
    }

    pub(crate) fn match_id(&self) -> MatchId {
        MatchId(Uuid::from_u128(self.match_count))
    }

    /// The socket opens and the server starts a new session.
    pub(crate) fn server_accepts(&mut self) {
        self.open_socket(false, None, without_reports());
    }

    /// The same of a server with these features.
    pub(crate) fn server_accepts_with(&mut self, features: Features) {
        self.open_socket(false, None, features);
    }

    /// The socket opens and a restarted server starts a session with the match of the ticket.
    pub(crate) fn server_accepts_ticket(&mut self) {
        let match_id = self.match_id();
        self.open_socket(false, Some(match_id), without_reports());
    }

    /// The socket opens and the server resumes the session; it replays what was not acknowledged.
    pub(crate) fn server_resumes(&mut self) {
        self.open_socket(true, None, without_reports());
    }

    fn open_socket(&mut self, resumed: bool, known_match: Option<MatchId>, supported: Features) {
        self.handle(Input::SocketOpened);
        self.session_count += 1;
        if resumed {
            assert!(
                self.server.acknowledge(self.ack),
                "the hello acknowledges a message that was never sent"
            );
        } else {
            self.server = Delivery::default();
        }
        let mut msg = welcome(session(self.session_count), resumed);
        if let ToBrowser::Welcome { match_id, features, .. } = &mut msg {
            (*match_id, *features) = (known_match, supported);
        }
        self.receive(msg);
        if resumed {
            self.server.replay().into_iter().for_each(|frame| self.handle(Input::Message(frame)));
        }
    }

    /// A message arrives from the server, with the right sequence numbers.
    pub(crate) fn receive(&mut self, msg: ToBrowser) {
        let frame = self.server.send(msg).unwrap();
        self.handle(Input::Message(frame));
    }

    pub(crate) fn receive_match(&mut self, role: Role, partner: Media) {
        self.receive_match_with(|match_id| matched_message(match_id, role, partner));
    }

    pub(crate) fn receive_match_with(&mut self, create: impl FnOnce(MatchId) -> ToBrowser) {
        self.match_count += 1;
        self.epoch = Epoch::FIRST;
        let match_id = self.match_id();
        self.receive(create(match_id));
    }

    pub(crate) fn receive_signal(&mut self, signal: Signal) {
        let (match_id, epoch) = (self.match_id(), self.epoch);
        self.receive(ToBrowser::Signal { match_id, epoch, signal });
    }

    pub(crate) fn receive_ended(&mut self, reason: EndReason) {
        let match_id = self.match_id();
        self.receive(ToBrowser::Ended { match_id, reason });
    }

    /// The socket is lost; the last messages may not have arrived.
    pub(crate) fn lose_socket(&mut self) {
        self.handle(Input::SocketLost);
    }

    /// The socket is lost, and 500 ms pass, so that the page opens a new one.
    pub(crate) fn lose_socket_and_redial(&mut self) {
        self.lose_socket();
        self.advance(millis(500));
    }

    /// Lets time pass as a driver does, with a tick at each deadline.
    pub(crate) fn advance(&mut self, wait: Duration) {
        let end = self.now + wait;
        while let Some(due) = self.call.next_deadline().filter(|it| *it <= end) {
            self.now = self.now.max(due);
            self.handle(Input::Tick);
            assert!(
                self.call.next_deadline().is_none_or(|it| it > self.now),
                "a tick must not leave a deadline that is due"
            );
        }
        self.now = end;
    }

    /// Gives the call an input, records the outputs and feeds back the immediate responses of browser and server.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the last arm asserts that the rest is cosmetic")]
    pub(crate) fn handle(&mut self, input: Input) {
        let mut responses = Vec::new();
        let clocks = Clocks { now: self.now, unix_ms: self.unix_origin_ms + self.now.as_millis() };
        for output in self.call.handle(clocks, input) {
            match &output {
                Output::Send(frame) => responses.extend(self.server_receive(frame).map(Input::Message)),
                Output::Peer { link, command } => {
                    if let PeerCommand::Open { .. } = command {
                        assert_ne!(*link, self.connection, "each connection is opened once");
                        (self.connection, self.last_presence, self.measurement) =
                            (*link, None, Measurement::default());
                    }
                    assert_eq!(*link, self.connection, "a command is for the current connection");
                    if let PeerCommand::Measure = command {
                        self.measure_count += 1;
                        let event = PeerEvent::Measured(self.measure());
                        responses.push(Input::Peer { link: *link, event });
                        continue;
                    }
                    if self.is_repetition(command) {
                        continue;
                    }
                }
                Output::CheckConnection(_) => {
                    responses.extend(self.checks.map(Input::ConnectionChecked));
                    self.page_outputs.push(output);
                    continue;
                }
                Output::OpenMedia(request) => self.record_request(request),
                Output::WatchFrames(request) => {
                    let event = DeviceEvent::Frame(*request);
                    responses.extend(self.camera_gives_frames.then_some(Input::Devices(event)));
                    continue;
                }
                it if concerns_page_only(it) => {
                    self.page_outputs.push(output);
                    continue;
                }
                Output::Copy(text) => self.clipboard.clone_from(text),
                Output::ShareScreen(request) => self.screen_request = *request,
                Output::CloseDevice(_)
                | Output::UnshareScreen
                | Output::CloseMedia
                | Output::EnableMedia(_)
                | Output::SendBlurred(_)
                | Output::OpenSocket
                | Output::CloseSocket { .. } => {}
                it => assert!(it.is_cosmetic(), "{it:?}"),
            }
            self.actions.push(describe(&output));
        }
        responses.into_iter().for_each(|it| self.handle(it));
    }

    fn record_request(&mut self, request: &OpenRequest) {
        self.asked.clone_from(request);
        let asks = [request.camera.is_some(), request.microphone.is_some()];
        for (number, _) in self.requests.iter_mut().zip(asks).filter(|(_, asks)| *asks) {
            *number = request.number;
        }
    }

    /// Whether a command only repeats the current state: the periodic presence, or the usual bitrate.
    fn is_repetition(&mut self, command: &PeerCommand) -> bool {
        match command {
            PeerCommand::Send(PeerMessage::Sending(presence)) => {
                self.presence_count += 1;
                self.last_presence.replace(*presence) == Some(*presence)
            }
            PeerCommand::LimitBitrate(quality) => *quality == SendProfile::Full,
            PeerCommand::Send(_)
            | PeerCommand::Open { .. }
            | PeerCommand::Attach
            | PeerCommand::SetServers { .. }
            | PeerCommand::RestartIce
            | PeerCommand::RefreshPicture
            | PeerCommand::SetLocal
            | PeerCommand::SetRemote(_)
            | PeerCommand::AddCandidate(_)
            | PeerCommand::EndCandidates { .. }
            | PeerCommand::Measure
            | PeerCommand::Close => false,
        }
    }

    fn server_receive(&mut self, frame: &Frame<ToServer>) -> Option<Frame<ToBrowser>> {
        self.ack = frame.ack;
        self.last_number = if frame.seq == 0 { self.last_number } else { frame.seq };
        if let ToServer::Hello { resume, ticket, device, age, past, place, features } = &frame.msg {
            self.hellos.push(*resume);
            self.ticket.clone_from(ticket);
            self.device.clone_from(device);
            self.age.clone_from(age);
            self.past.clone_from(past);
            self.place.clone_from(place);
            assert!(features.has(Feature::Goodbye), "every hello announces how the page leaves");
            return None;
        }
        if let ToServer::Join { tastes, .. } = &frame.msg {
            self.tastes.clone_from(tastes);
        }
        if let ToServer::Report { ticket, reason, words } = &frame.msg {
            self.reports.push((ticket.clone(), *reason, words.as_ref().to_owned()));
        }
        if let ToServer::Signal { epoch, .. } = frame.msg {
            self.signal_epochs.push(epoch);
        }
        if !self.server_receives {
            return None;
        }
        let receipt = self.server.receive(frame.seq, frame.ack, frame.msg.is_numbered());
        assert_ne!(receipt, Receipt::Broken, "{frame:?}");
        (frame.msg == ToServer::Ping {}).then(|| self.server.send(ToBrowser::Pong {}).unwrap())
    }

    fn measure(&mut self) -> Measurement {
        if self.media_flows {
            self.measurement.frames_decoded += 1;
            self.measurement.audio_packets += 1;
            self.measurement.bytes_received += 1_000;
        }
        self.measurement
    }

    /// The actions since the last call, as short texts, without measurements.
    pub(crate) fn take_actions(&mut self) -> Vec<String> {
        mem::take(&mut self.actions)
    }

    /// The text that was last copied.
    pub(crate) fn clipboard(&self) -> &str {
        &self.clipboard
    }

    pub(crate) fn phase_name(&self) -> &'static str {
        self.call.snapshot().phase.name()
    }

    pub(crate) fn phase(&self) -> Phase {
        self.call.snapshot().phase
    }

    pub(crate) fn problem(&self) -> Option<Problem> {
        self.call.snapshot().problem
    }
}

/// The devices in `media`, in words.
fn media_names(media: Media) -> &'static str {
    match (media.audio, media.video) {
        (true, true) => "audio and video",
        (true, false) => "audio",
        (false, true) => "video",
        (false, false) => "nothing",
    }
}

/// Whether the output is not among the actions that tests compare.
const fn concerns_page_only(output: &Output) -> bool {
    matches!(
        output,
        Output::Mark(_)
            | Output::ListDevices
            | Output::WarmUp(_)
            | Output::EndCheck
            | Output::TestPath(..)
            | Output::EndPathTests
            | Output::SendTracks
            | Output::TakeOver
            | Output::KeepAwake(_)
            | Output::AskBeforeLeaving(_)
            | Output::CatchBack
            | Output::GoBack
            | Output::PlaySound
    )
}

/// An output in the words that tests compare.
fn describe(output: &Output) -> String {
    match output {
        Output::OpenMedia(request) => {
            let quietly = if request.quietly { " quietly" } else { "" };
            let exactly: String = [&request.camera, &request.microphone]
                .into_iter()
                .flatten()
                .map(|pick| match pick {
                    Pick::Prefer(id) if id.is_empty() => String::new(),
                    Pick::Prefer(id) => format!(", preferably {id}"),
                    Pick::Exactly(id) => format!(", exactly {id}"),
                    Pick::Facing(it) => format!(", facing {it:?}"),
                })
                .collect();
            format!("open {}{quietly}{exactly}", media_names(request.media()))
        }
        Output::CloseDevice(kind) => format!("close {kind:?}"),
        Output::WatchFrames(_) => "watch frames".into(),
        Output::CloseMedia => "close media".into(),
        Output::EnableMedia(sending) => format!("enable {}", media_names(*sending)),
        Output::SendTracks => "send tracks".into(),
        Output::UseSpeaker(id) => format!("use speaker {id}"),
        Output::Blur(blur) => format!("blur {blur}"),
        Output::ShowLevel(show) => format!("show level {show}"),
        Output::ListDevices => "list devices".into(),
        Output::PlayTone => "play tone".into(),
        Output::Chime => "chime".into(),
        Output::AskToNotify => "ask to notify".into(),
        Output::Notify => "notify".into(),
        Output::ShareScreen(_) => "share screen".into(),
        Output::UnshareScreen => "unshare screen".into(),
        Output::PictureInPicture(on) => format!("picture in picture {on}"),
        Output::FullScreen(on) => format!("full screen {on}"),
        Output::SetVolume(volume) => format!("volume {volume}"),
        Output::PlaySound => "play sound".into(),
        Output::KeepAwake(on) => format!("keep awake {on}"),
        Output::CatchBack => "catch back".into(),
        Output::GoBack => "go back".into(),
        Output::AskBeforeLeaving(on) => format!("ask before leaving {on}"),
        Output::TakeOver => "take over".into(),
        Output::Copy(_) => "copy text".into(),
        Output::OpenSheet => "open sheet".into(),
        Output::Reload => "reload".into(),
        Output::ProveAge => "go to the age check".into(),
        Output::SendBlurred(blurred) => format!("send blurred {blurred}"),
        Output::SaveProfile(..) => "save profile".into(),
        Output::EraseProfile => "erase profile".into(),
        Output::Mark(it) => format!("mark {}", it.name()),
        Output::WarmUp(_) => "warm up".into(),
        Output::CheckConnection(_) => "check connection".into(),
        Output::EndCheck => "end check".into(),
        Output::TestPath(path, _) => format!("test {path:?}"),
        Output::EndPathTests => "end path tests".into(),
        Output::OpenSocket => "open socket".into(),
        Output::CloseSocket { code: Some(code) } => format!("close socket with {code}"),
        Output::CloseSocket { code: None } => "abandon socket".into(),
        Output::Send(frame) => format!("send {}", describe_message(&frame.msg)),
        Output::Peer { command, .. } => describe_command(command),
    }
}

fn describe_message(msg: &ToServer) -> String {
    match msg {
        ToServer::Hello { resume: None, .. } => "hello".into(),
        ToServer::Hello { resume: Some(_), .. } => "hello again".into(),
        ToServer::Join { media, hide, soft, .. } => {
            let (hidden, soft) = (if *hide { ", hidden" } else { "" }, if *soft { ", soft" } else { "" });
            format!("join with {}{hidden}{soft}", media_names(*media))
        }
        ToServer::Prepared { signal, number } => {
            format!("prepared {}, number {number}", describe_signal(signal))
        }
        ToServer::Signal { signal, .. } => describe_signal(signal),
        ToServer::Connected { .. } => "connected".into(),
        ToServer::Failed { .. } => "failed".into(),
        ToServer::Next { .. } => "next".into(),
        ToServer::Block { .. } => "block".into(),
        ToServer::Unblock { pair: None } => "unblock".into(),
        ToServer::Unblock { pair: Some(_) } => "unblock of one".into(),
        ToServer::Report { .. } => "report".into(),
        ToServer::Check {} => "check".into(),
        ToServer::Leave {} => "leave".into(),
        ToServer::Ping {} => "ping".into(),
    }
}

fn describe_signal(signal: &Signal) -> String {
    match signal {
        Signal::Offer { .. } => "offer".into(),
        Signal::Answer { .. } => "answer".into(),
        Signal::Candidate(it) => format!("candidate {}", it.candidate.0),
        Signal::EndOfCandidates { .. } => "end of candidates".into(),
    }
}

fn describe_command(command: &PeerCommand) -> String {
    match command {
        PeerCommand::Open { relay_only: false, .. } => "open peer".into(),
        PeerCommand::Open { relay_only: true, .. } => "open peer through a relay".into(),
        PeerCommand::Attach => "attach".into(),
        PeerCommand::SetLocal => "set local".into(),
        PeerCommand::SetRemote(it) => match it.kind {
            DescriptionKind::Offer => "set offer".into(),
            DescriptionKind::Answer => "set answer".into(),
        },
        PeerCommand::AddCandidate(it) => format!("add {}", it.candidate.0),
        PeerCommand::EndCandidates { .. } => "end candidates".into(),
        PeerCommand::Send(PeerMessage::Sending(presence)) => {
            let of = |it, name| if it { name } else { "" };
            let (screen, away) = (of(presence.screen, " and the screen"), of(presence.away, ", away"));
            let interrupted = of(presence.interrupted, ", interrupted");
            let less = of(presence.less_data, ", less data");
            format!("presence {}{screen}{away}{interrupted}{less}", media_names(presence.media()))
        }
        PeerCommand::Send(PeerMessage::Chat { number, text }) => format!("chat {number} {text}"),
        PeerCommand::Send(PeerMessage::Got { number }) => format!("got {number}"),
        PeerCommand::Send(PeerMessage::Typing {}) => "typing".into(),
        PeerCommand::Send(PeerMessage::React { reaction }) => format!("react {reaction:?}"),
        PeerCommand::Send(PeerMessage::Revealed {}) => "revealed".into(),
        PeerCommand::Send(PeerMessage::Sees { picture }) => format!("sees picture {picture}"),
        PeerCommand::RefreshPicture => "refresh picture".into(),
        PeerCommand::Send(PeerMessage::Bye {}) => "bye".into(),
        PeerCommand::Send(PeerMessage::Commit { .. }) => "commit".into(),
        PeerCommand::Send(PeerMessage::Nonce { .. }) => "nonce".into(),
        PeerCommand::Send(PeerMessage::Reveal { .. }) => "reveal".into(),
        PeerCommand::SetServers { .. } => "set servers".into(),
        PeerCommand::RestartIce => "restart ice".into(),
        PeerCommand::LimitBitrate(SendProfile::Full) => "full bitrate".into(),
        PeerCommand::LimitBitrate(SendProfile::Saving) => "saving bitrate".into(),
        PeerCommand::Measure => "measure".into(),
        PeerCommand::Close => "close peer".into(),
    }
}
