//! Random histories: sequences of expected and badly timed inputs, after each of which the invariants must hold.
//!
//! The checks use only what can be observed from outside: the outputs, the snapshot and the next deadline.

use std::{cell::Cell, collections::VecDeque, mem};

use proptest::{prelude::*, test_runner::Config};
use uuid::Uuid;

use super::test_page::{
    ADDRESS, BOTH, NOTHING, RELAY, answer, candidate, candidate_signal, description, had_a_call,
    matched_message, millis, offer, sdp, session, site, welcome,
};
use crate::{
    call::{
        Abilities, Browser, Call, ChatWish, CheckFinding, ChosenDevices, Clocks, ConnectionId,
        ConnectionState, Consent, Cover, Dated, DeadlineReason, DescriptionKind, Device, DeviceEvent,
        DeviceInfo, DeviceKind, Failed, Farewell, Gesture, Input, Inquiry, Intent, Measurement, MediaError,
        Output, PageEvent, PastPartners, PastStranger, PathResult, PathTests, PeerCommand, PeerEvent, Phase,
        PictureWish, Preferences, Problem, ReportButton, ReportStep, ReportWish, ScreenEvent, SenderPart,
        SignalingState, Snapshot, StoredProfile, StoredReports, Switch, TestedPath, TrackKind, WindowWish,
    },
    protocol::{
        Affinity, Delivery, EndReason, Epoch, ErrorCode, Features, Frame, IceServer, MatchId, Media,
        NoticeKind, Occupancy, PairId, PeerMessage, PreparedOffer, Presence, Reaction, ReportReason,
        ReportResult, Role, SanctionNotice, Signal, Signalling, ToBrowser, ToServer,
    },
    time::Moment,
};

/// A step of a history.
///
/// Most steps are `Expected`, the next response of a correct browser or server, so that histories get as far as a call.
/// The other steps come at any time.
#[derive(Clone, Debug)]
enum Step {
    Expected,
    Press(Intent),
    Input(Input),
    /// A message from the server, with the right sequence numbers or with offsets to them.
    Receive(ServerMessage, Option<(u64, u64)>),
    /// An event of the connection that was opened so many connections ago; 0 is the last one.
    Peer(u32, PeerEvent),
    /// More signals than an outbox holds.
    Flood,
    Wait(u64),
    /// So many milliseconds pass in which the monotonic clock stands still.
    Sleep(u64),
    WaitForDeadline,
}

/// A message from the server. Numbers of matches count backwards from the last match.
#[derive(Clone, Copy, Debug)]
enum ServerMessage {
    Welcome(bool),
    Waiting,
    /// With the milliseconds until the search widens.
    Seeking(Option<u32>),
    Here(u32),
    Matched(bool),
    Offer(u128),
    Answer(u128),
    Candidate(u128),
    Partner(u128, bool),
    Ended(u128, EndReason),
    Error(ErrorCode, Option<u32>),
    ComeBack(u32),
    Again,
    Pong,
    Prepare,
    Check,
    Ice(u128),
    /// An offer for a fresh connection (epoch 2).
    Renewed(u128),
    /// The answer to the report of this match, or of an unnamed one.
    Reported(u128, ReportResult, bool),
    /// With the seconds for which it lasts.
    Sanctioned(NoticeKind, u64),
}

/// The state of the page's socket, as its outputs and inputs imply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Socket {
    Connecting,
    Open,
}

/// A call, a second one that gets the same inputs, and what can be observed from outside.
struct Harness {
    now: Moment,
    /// How far the wall clock is ahead of `now`, in milliseconds.
    unix_origin_ms: u64,
    calls: [Call; 2],
    camera_open: bool,
    /// A prewarmed connection exists.
    prewarmed: bool,
    /// A check of the connection is in progress.
    checking: bool,
    /// The connections of a test of all paths are open.
    testing_paths: bool,
    /// The history of the tab has an entry that Back leads away from while the page stays.
    catches_back: bool,
    /// The request for the screen, and whether it is open.
    screen: Option<(u32, bool)>,
    /// The browser blurs the picture that it sends.
    sends_blurred: bool,
    /// The person chose to start without devices.
    accepts_no_devices: Cell<bool>,
    socket: Option<Socket>,
    /// A message arrived before its socket was open, which a driver never delivers.
    early_message: bool,
    peer: Option<ConnectionId>,
    last_connection: ConnectionId,
    /// The current match of the page.
    current: Option<MatchId>,
    /// The number of the last prepared offer.
    prepared_number: Option<u32>,
    server: Delivery<ToBrowser>,
    /// The number of the last message of the page.
    last_number: u64,
    /// The number of the last request for devices.
    last_request: u32,
    sessions: u128,
    matches: u128,
    /// The match whose partner the person is asked about, or was last.
    asked: Option<MatchId>,
    /// Reports that were made and not answered, with the Unix time in seconds when their matches began.
    made: Vec<(MatchId, u64)>,
    /// The match of the report that was sent last.
    last_report: Option<MatchId>,
    /// When matches ended, in seconds since the Unix epoch.
    ends: Vec<(MatchId, u64)>,
    /// The responses of a correct browser and server that are still to come.
    due: VecDeque<Response>,
}

/// A response of a correct browser or server.
#[derive(Clone, Debug)]
enum Response {
    Input(Input),
    Message(ServerMessage),
}

impl Harness {
    fn new(seed: u64) -> Self {
        Self {
            now: Moment::default(),
            unix_origin_ms: 0,
            calls: [(); 2].map(|()| {
                let stored = if seed.is_multiple_of(4) { StoredProfile::default() } else { had_a_call() };
                Call::new(seed, stored, Browser::default(), site())
            }),
            camera_open: false,
            prewarmed: false,
            catches_back: false,
            screen: None,
            sends_blurred: false,
            checking: false,
            testing_paths: false,
            accepts_no_devices: Cell::new(false),
            socket: None,
            early_message: false,
            peer: None,
            last_connection: ConnectionId(0),
            current: None,
            prepared_number: None,
            server: Delivery::default(),
            last_number: 0,
            last_request: 0,
            sessions: 0,
            matches: 0,
            asked: None,
            made: Vec::new(),
            last_report: None,
            ends: Vec::new(),
            due: VecDeque::new(),
        }
    }

    fn snapshot(&self) -> Snapshot {
        self.calls[0].snapshot()
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Expected => match self.due.pop_front() {
                Some(Response::Input(input)) => self.handle(input),
                Some(Response::Message(message)) => self.receive(message, None),
                None if self.snapshot().phase == Phase::Gate => self.press(Intent::AcceptRules),
                None if self.snapshot().phase == Phase::Mirror => self.press(Intent::Start),
                None => self.run(Step::WaitForDeadline),
            },
            Step::Press(intent) => self.press(intent),
            Step::Input(input) => self.handle(input),
            Step::Receive(message, numbers) => self.receive(message, numbers),
            Step::Peer(age, event) => {
                let link = ConnectionId(self.last_connection.0.saturating_sub(age));
                self.handle(Input::Peer { link, event });
            }
            Step::Flood => (0..140).for_each(|_| {
                self.run(Step::Peer(0, PeerEvent::CandidatesEnded { username_fragment: None }));
            }),
            Step::Wait(wait) => {
                self.now = self.now + millis(wait);
                self.tick();
            }
            Step::Sleep(wait) => {
                self.unix_origin_ms += wait;
                self.tick();
                if wait > 30_000 {
                    let phase = self.snapshot().phase;
                    let may_show =
                        matches!(phase, Phase::Waiting { .. }) && self.snapshot().problem.is_some();
                    let is_live = is_matched(self.snapshot()) || matches!(phase, Phase::Waiting { .. });
                    assert!(!is_live || may_show, "a page that slept asks first");
                }
            }
            Step::WaitForDeadline => {
                self.now = self.calls[0].next_deadline().map_or(self.now, |it| it.max(self.now));
                self.tick();
            }
        }
    }

    /// The prepared offer in a match. A correct server uses the last offer of the impolite end.
    fn prepared_offer(&self, role: Role) -> Option<PreparedOffer> {
        match role {
            Role::Impolite => self.prepared_number.map(|number| PreparedOffer::Yours { number }),
            Role::Polite if self.matches.is_multiple_of(3) => Some(PreparedOffer::Theirs {
                offer: sdp("theirs"),
                candidates: vec![candidate("theirs", "a")],
            }),
            Role::Polite => None,
        }
    }

    /// The match of `age` matches ago.
    fn match_id(&self, age: u128) -> MatchId {
        MatchId(Uuid::from_u128(self.matches.saturating_sub(age)))
    }

    fn tick(&mut self) {
        self.handle(Input::Tick);
        assert!(
            self.calls[0].next_deadline().is_none_or(|it| it > self.now),
            "a tick must not leave a deadline that is due"
        );
    }

    /// Presses something. Notes whether the page may go on without devices from now on.
    fn handle_intent(&mut self, before: Snapshot, intent: Intent) {
        let accepted = self.accepts_no_devices.get();
        let is_offered =
            before.phase == Phase::Asking || before.phase == Phase::Landing && before.problem.is_some();
        if intent == Intent::StartWithout && is_offered && self.has_accepted_rules() {
            self.accepts_no_devices.set(true);
        }
        if intent == Intent::ForgetEverything && !is_locked(before) {
            self.made.clear();
        }
        self.handle(Input::Intent(intent));
        if self.snapshot().phase == Phase::Asking {
            // The browser has not been silent for long enough yet.
            self.accepts_no_devices.set(accepted);
        }
    }

    /// Presses something and checks its effect.
    fn press(&mut self, intent: Intent) {
        let before = self.snapshot();
        let is_locked = is_locked(before);
        if intent == Intent::Gesture(Gesture::Back) && (is_locked || !mem::take(&mut self.catches_back)) {
            // The browser leaves the page, and nobody asks the call.
            return;
        }
        self.handle_intent(before, intent.clone());
        let after = self.snapshot();
        if is_locked {
            return self.check_locked(before, after, &intent);
        }
        match intent {
            Intent::AcceptRules | Intent::SayUnderAge => check_answer(before, after, &intent),
            Intent::Stop => self.check_stop(after),
            Intent::Gesture(it) => check_gesture(it, before, after),
            Intent::Next => assert!(!is_matched(after)),
            Intent::Reveal => check_reveal(before, after),
            Intent::Block => check_block(after),
            // With push to talk, a microphone that has just been opened is not held open yet.
            Intent::ToggleMicrophone
                if before.microphone == Device::Absent && before.preferences.has(Switch::PushToTalk) => {}
            Intent::ToggleMicrophone => check_toggle(before.microphone, after.microphone, before.phase),
            Intent::ToggleCamera => check_toggle(before.camera, after.camera, before.phase),
            Intent::Toggle(it) => assert_ne!(after.preferences.has(it), before.preferences.has(it)),
            Intent::Start if is_warned(before) => assert_eq!(after.phase, before.phase),
            // The third match in a row may have failed while the person was away. The press tells them.
            Intent::Start if before.surroundings.asks_presence => {
                let is_told = after.problem == Some(Problem::CannotConnect) || lacks_age_statement(after);
                assert!(after.phase != Phase::Landing || is_told)
            }
            Intent::Start => assert!(after.phase != Phase::Landing || lacks_age_statement(after)),
            Intent::StartUnhidden => assert!(!after.preferences.has(Switch::HideAddress)),
            Intent::OpenMirror | Intent::StartWithout if lacks_age_statement(after) => {}
            Intent::OpenMirror => assert_eq!(after.phase, self.phase_after_mirror(before)),
            Intent::StartWithout => {
                let begins = before.phase == Phase::Landing && before.problem.is_some();
                assert_eq!(after.phase == Phase::Landing, before.phase == Phase::Landing && !begins);
            }
            Intent::ForgetEverything => {
                assert_eq!(after.preferences, Preferences::default());
                assert_eq!(self.calls[0].topics().written, "");
            }
            Intent::Unblock => assert_eq!(after.blocked, 0),
            Intent::Report(wish) => self.check_report(before, after, wish),
            Intent::AcceptWarning => assert_eq!(after.sanction, None),
            Intent::SetPastBlocked(number, blocked) => check_past_block(before, after, number, blocked),
            Intent::TalkAbout(written) => assert_eq!(self.calls[0].topics().written, written),
            Intent::Chat(ChatWish::Toggle) if is_matched(after) => {
                assert_ne!(after.chat.open, before.chat.open)
            }
            Intent::Chat(_)
            | Intent::Window(_)
            | Intent::NextCamera
            | Intent::Choose(..)
            | Intent::TestSpeaker
            | Intent::HoldToTalk(_)
            | Intent::ToggleScreen
            | Intent::CheckPaths
            | Intent::ProveAge
            | Intent::LookAtDetails(_)
            | Intent::CopyReport => {}
        }
    }

    fn receive(&mut self, message: ServerMessage, numbers: Option<(u64, u64)>) {
        let msg = self.build(message);
        if let ToBrowser::Welcome { resumed: false, .. } = msg {
            self.server = Delivery::default();
        }
        let Ok(mut frame) = self.server.send(msg) else { return };
        if let Some((seq, ack)) = numbers {
            frame = Frame { seq: frame.seq.wrapping_add(seq), ack: frame.ack.wrapping_add(ack), ..frame };
        }
        self.handle(Input::Message(frame));
    }

    fn build(&mut self, message: ServerMessage) -> ToBrowser {
        let signal = |match_id, signal| ToBrowser::Signal { match_id, epoch: Epoch::FIRST, signal };
        match message {
            ServerMessage::Welcome(resumed) => self.welcome(resumed),
            ServerMessage::Waiting => ToBrowser::Waiting {},
            ServerMessage::Seeking(widens_in_ms) => {
                ToBrowser::Seeking { wants: Affinity::Interest, widens_in_ms }
            }
            ServerMessage::Here(around) => ToBrowser::Here(Occupancy { around, wait: None, all_met: false }),
            ServerMessage::Matched(polite) => {
                self.matches += 1;
                let role = if polite { Role::Polite } else { Role::Impolite };
                let mut msg = matched_message(self.match_id(0), role, BOTH);
                if let ToBrowser::Matched { relay_only, soft, ahead, ticket, pair, .. } = &mut msg {
                    *ticket = Some(format!("t.{}", self.matches));
                    *pair = (self.matches.is_multiple_of(3)).then(|| PairId(Uuid::from_u128(self.matches)));
                    *soft = self.matches.is_multiple_of(2);
                    *relay_only = self.snapshot().preferences.has(Switch::HideAddress);
                    *ahead = self.prepared_offer(role);
                }
                msg
            }
            ServerMessage::Offer(age) => signal(self.match_id(age), offer("theirs")),
            ServerMessage::Answer(age) => signal(self.match_id(age), answer("theirs")),
            ServerMessage::Candidate(age) => signal(self.match_id(age), candidate_signal("theirs", "a")),
            ServerMessage::Partner(age, lost) => {
                let signalling = if lost { Signalling::Lost } else { Signalling::Back };
                ToBrowser::Partner { match_id: self.match_id(age), signalling, signals_lost: !lost }
            }
            ServerMessage::Ended(age, reason) => ToBrowser::Ended { match_id: self.match_id(age), reason },
            ServerMessage::Error(code, retry_ms) => {
                ToBrowser::Error { code, about: self.last_number, retry_ms }
            }
            ServerMessage::ComeBack(after_ms) => ToBrowser::ComeBack { after_ms },
            ServerMessage::Again => ToBrowser::Again {},
            ServerMessage::Pong => ToBrowser::Pong {},
            ServerMessage::Prepare => ToBrowser::Prepare { ice: Vec::new() },
            ServerMessage::Check => {
                let stun = IceServer { urls: vec!["stun:a".into()], username: None, credential: None };
                ToBrowser::Check { ice: vec![stun] }
            }
            ServerMessage::Ice(age) => ToBrowser::Ice { match_id: self.match_id(age), ice: Vec::new() },
            ServerMessage::Renewed(age) => {
                let signal = offer("theirs");
                ToBrowser::Signal { match_id: self.match_id(age), epoch: Epoch(2), signal }
            }
            ServerMessage::Reported(age, result, is_named) => self.reported(age, result, is_named),
            ServerMessage::Sanctioned(kind, seconds) => self.sanctioned(kind, seconds),
        }
    }

    /// The browser reports something about a screen. Events of a request that was cancelled change nothing.
    fn on_screen(&mut self, request: u32, event: ScreenEvent) {
        if let Some((awaited, is_open)) = &mut self.screen
            && *awaited == request
        {
            match event {
                ScreenEvent::Shared => *is_open = true,
                ScreenEvent::Refused(_) | ScreenEvent::Ended => self.screen = None,
                ScreenEvent::Muted(_) => {}
            }
        }
    }

    /// Gives the input to both calls and checks all their outputs.
    fn handle(&mut self, input: Input) {
        let welcomed = matches!(&input, Input::Message(Frame { msg: ToBrowser::Welcome { .. }, .. }));
        match &input {
            Input::SocketOpened if self.socket.is_some() => self.socket = Some(Socket::Open),
            Input::SocketLost => self.socket = None,
            Input::Message(_) | Input::UnknownMessage { .. } => {
                self.early_message |= self.socket == Some(Socket::Connecting)
            }
            Input::MediaOpened(..) => self.camera_open = true,
            Input::Devices(DeviceEvent::Screen(request, event)) => self.on_screen(*request, *event),
            Input::Devices(_) => {}
            Input::Intent(_)
            | Input::MediaFailed(..)
            | Input::SocketOpened
            | Input::Peer { .. }
            | Input::NetworkChanged
            | Input::StorageChanged(_)
            | Input::Page(_)
            | Input::ConnectionChecked(_)
            | Input::PathWorks(_)
            | Input::PageHidden
            | Input::Tick => {}
        }
        if let Input::Message(Frame { msg: ToBrowser::Matched { match_id, .. }, .. }) = &input
            && !is_matched(self.snapshot())
        {
            self.current = Some(*match_id);
        }
        let stored = if let Input::StorageChanged(profile) = &input { Some(profile.clone()) } else { None };
        let (refused_until, was_asking) = (self.refused_until(), self.is_asking());
        let matched_before = self.current.filter(|_| is_matched(self.snapshot()));
        let had_begun = self.has_begun();
        let [outputs, twin_outputs] = {
            let clocks = Clocks { now: self.now, unix_ms: self.unix_origin_ms + self.now.as_millis() };
            self.calls.each_mut().map(|call| call.handle(clocks, input.clone()))
        };
        assert_eq!(
            format!("{outputs:?}"),
            format!("{twin_outputs:?}"),
            "the same seed and inputs must give the same outputs"
        );
        if let Some(profile) = stored {
            let saves = outputs.iter().any(|it| matches!(it, Output::SaveProfile(_)));
            assert!(!saves, "two pages would save in turns for ever");
            assert_eq!(self.calls[0].stored(), *profile);
            self.made.clear();
        }
        if !was_asking {
            self.check_refusal(refused_until, &input, &outputs);
        }
        for output in outputs {
            self.check_output(output, welcomed);
        }
        self.note_end(matched_before);
        if !had_begun && self.has_begun() {
            assert!(self.has_accepted_rules(), "nothing begins before the rules are accepted");
            let is_shown_first = matches!(self.snapshot().phase, Phase::Asking | Phase::Mirror);
            let has_met = self.calls[0].stored().consent.has_met || self.accepts_no_devices.get();
            assert!(has_met || is_shown_first, "newcomers see their own picture first");
        }
        self.check();
    }

    /// What follows when the preview is asked for.
    fn phase_after_mirror(&self, before: Snapshot) -> Phase {
        if before.phase != Phase::Landing {
            return before.phase;
        }
        // With both switched off there is nothing to ask for.
        let asks = before.camera != Device::Off || before.microphone != Device::Off;
        let begins = if asks { Phase::Asking } else { Phase::Mirror };
        if self.has_accepted_rules() { begins } else { Phase::Gate }
    }

    /// Whether the person has left the start page, and the questions before a start.
    fn has_begun(&self) -> bool {
        !matches!(self.snapshot().phase, Phase::Landing | Phase::Gate)
    }

    fn has_accepted_rules(&self) -> bool {
        self.calls[0].stored().consent.rules == site().rules
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the last arm passes the rest on")]
    fn check_output(&mut self, output: Output, welcomed: bool) {
        match output {
            Output::OpenSocket => {
                assert_eq!(self.socket, None, "only one socket exists at a time");
                (self.socket, self.early_message) = (Some(Socket::Connecting), false);
                self.due.push_back(Response::Input(Input::SocketOpened));
            }
            Output::CloseSocket { .. } => {
                assert!(self.socket.take().is_some(), "only an existing socket is closed")
            }
            Output::Send(Frame { seq, msg, .. }) => {
                self.last_number = if seq == 0 { self.last_number } else { seq };
                let may_send =
                    self.socket == Some(Socket::Open) || self.early_message && self.socket.is_some();
                assert!(may_send, "a message needs an open socket");
                self.respond(msg, welcomed);
            }
            Output::Peer { link, command: PeerCommand::Open { .. } } => {
                assert_eq!(self.peer.replace(link), None, "only one connection exists at a time");
                assert!(link.0 > self.last_connection.0, "each connection is opened once");
                self.last_connection = link;
            }
            Output::Peer { link, command } => {
                let is_covered = is_matched(self.snapshot()) && !self.snapshot().cover.is_lifted();
                let is_blurred = !matches!(command, PeerCommand::Attach) || self.sends_blurred;
                assert!(!is_covered || is_blurred, "no picture is attached that is not blurred");
                assert_eq!(self.peer, Some(link), "{command:?} is not for the current connection");
                if let PeerCommand::Close = command {
                    self.peer = None;
                }
                let response = browser_response(command);
                self.due.extend(response.map(|event| Response::Input(Input::Peer { link, event })));
            }
            other => self.check_device_output(other),
        }
    }

    /// Checks an output about devices and the check of the connection.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the last arm asserts that the rest is cosmetic")]
    fn check_device_output(&mut self, output: Output) {
        match output {
            Output::OpenMedia(request) => {
                self.camera_open = true;
                assert!(request.number > self.last_request, "requests are numbered");
                self.last_request = request.number;
                let opened = Input::MediaOpened(request.number, request.media().into());
                self.due.push_back(Response::Input(opened));
            }
            Output::CloseDevice(_) => {}
            Output::WatchFrames(request) => {
                self.due.push_back(Response::Input(Input::Devices(DeviceEvent::Frame(request))));
            }
            Output::CloseMedia => {
                (self.camera_open, self.prewarmed, self.checking) = (false, false, false);
            }
            Output::UseSpeaker(id) => {
                self.due.push_back(Response::Input(Input::Devices(DeviceEvent::SpeakerUsed(id))));
            }
            Output::ShareScreen(request) => {
                assert!(is_matched(self.snapshot()), "a screen is shared only during a match");
                assert!(
                    self.snapshot().cover.is_lifted(),
                    "a screen is not shared while pictures are blurred"
                );
                assert!(request > self.last_request, "requests are numbered");
                (self.last_request, self.screen) = (request, Some((request, false)));
                let shared = DeviceEvent::Screen(request, ScreenEvent::Shared);
                self.due.push_back(Response::Input(Input::Devices(shared)));
            }
            Output::SendBlurred(blurred) => {
                assert_ne!(self.sends_blurred, blurred, "only news is told");
                self.sends_blurred = blurred;
            }
            Output::PictureInPicture(true) => {
                assert!(self.snapshot().cover.is_lifted(), "picture-in-picture has no cover")
            }
            Output::UnshareScreen => self.screen = None,
            Output::WarmUp(_) => self.prewarmed = true,
            Output::EndCheck => {
                assert!(self.checking, "a check ends once");
                self.checking = false;
            }
            Output::CheckConnection(_) => {
                self.checking = true;
                self.due.push_back(Response::Input(Input::ConnectionChecked(ADDRESS)));
            }
            Output::TestPath(path, _) => {
                self.testing_paths = true;
                self.due.push_back(Response::Input(Input::PathWorks(path)));
            }
            Output::EndPathTests => self.testing_paths = false,
            Output::CatchBack => self.catches_back = true,
            Output::GoBack => {
                assert_eq!(self.snapshot().phase, Phase::Landing, "Back leaves the page from its start")
            }
            Output::EnableMedia(_) | Output::SendTracks => {}
            other => assert!(other.is_cosmetic(), "{other:?}"),
        }
    }

    fn respond(&mut self, msg: ToServer, welcomed: bool) {
        let polite = self.matches.is_multiple_of(2);
        let messages: &[ServerMessage] = match msg {
            ToServer::Hello { resume, .. } => &[ServerMessage::Welcome(resume.is_some())],
            ToServer::Join { tastes, .. } if !tastes.are_none() => &[
                ServerMessage::Waiting,
                ServerMessage::Seeking(Some(2_500)),
                ServerMessage::Prepare,
                ServerMessage::Matched(polite),
            ],
            ToServer::Join { .. } => &[
                ServerMessage::Waiting,
                ServerMessage::Here(1),
                ServerMessage::Prepare,
                ServerMessage::Matched(polite),
                ServerMessage::Offer(0),
            ],
            ToServer::Prepared { number, .. } => {
                self.prepared_number = Some(number);
                &[]
            }
            ToServer::Signal { match_id, signal, .. } => {
                let current = self.current == Some(match_id);
                assert!(current || welcomed, "a signal needs a match");
                let offers = matches!(signal, Signal::Offer { .. });
                if offers { &[ServerMessage::Answer(0), ServerMessage::Candidate(0)] } else { &[] }
            }
            ToServer::Next { .. } => &[
                ServerMessage::Ended(0, EndReason::Next),
                ServerMessage::Waiting,
                ServerMessage::Matched(polite),
            ],
            ToServer::Failed { .. } => {
                &[ServerMessage::Ended(0, EndReason::Unconnected), ServerMessage::Waiting]
            }
            ToServer::Leave {} => &[ServerMessage::Ended(0, EndReason::Left)],
            ToServer::Ping {} => &[ServerMessage::Pong],
            ToServer::Block { .. } | ToServer::Unblock { .. } => &[],
            ToServer::Report { ticket, .. } => {
                let number: u128 =
                    ticket.strip_prefix("t.").and_then(|it| it.parse().ok()).unwrap_or_default();
                self.last_report = Some(MatchId(Uuid::from_u128(number)));
                let age = self.matches.saturating_sub(number);
                self.due.push_back(Response::Message(ServerMessage::Reported(
                    age,
                    ReportResult::Accepted,
                    true,
                )));
                &[]
            }
            ToServer::Check {} => &[ServerMessage::Check],
            ToServer::Connected { .. } => &[],
        };
        self.due.extend(messages.iter().copied().map(Response::Message));
    }

    /// Checks the invariants.
    fn check(&self) {
        let snapshot = self.snapshot();
        if !self.has_begun() {
            assert!(!self.camera_open, "devices are closed on the landing page");
            assert!(!self.prewarmed, "no connection is prewarmed on the landing page");
            assert!(!self.checking, "no connection is checked on the landing page");
            let asks = matches!(snapshot.paths, PathTests::Asking) || self.testing_paths;
            let asks = asks || self.has_queued() || self.is_asking();
            assert!(self.socket.is_none() || asks, "a socket is open on the landing page for a purpose only");
        }
        self.check_safety(snapshot);
        let is_testing = matches!(snapshot.paths, PathTests::Tested(it) if it.contains(&PathResult::Testing));
        assert_eq!(self.testing_paths, is_testing, "connections are open as long as a path is tested");
        let is_start_page =
            snapshot.phase == Phase::Landing && (snapshot.problem.is_none() || is_locked(snapshot));
        assert!(self.catches_back || is_start_page, "Back leads to the start page from everywhere else");
        let is_waiting = matches!(snapshot.phase, Phase::Waiting { .. });
        assert!(is_waiting || snapshot.surroundings.here.is_none(), "occupancy is shown only while waiting");
        let may_be_open = is_matched(snapshot) || matches!(snapshot.phase, Phase::Waiting { .. });
        assert!(self.peer.is_none() || may_be_open, "a connection needs a match or a place in the queue");
        assert!(self.peer.is_some() || !is_matched(snapshot), "a match has a connection");
        assert!(snapshot.asks.is_none() || is_matched(snapshot));
        assert!(self.screen.is_none() || is_matched(snapshot), "a screen is shared only during a match");
        let is_open = self.screen.is_some_and(|(_, is_open)| is_open);
        assert_eq!(snapshot.sharing, is_open, "the page knows whether the screen is shared");
        if is_matched(snapshot) {
            assert_eq!(self.sends_blurred, !snapshot.cover.is_lifted(), "both pictures are blurred or none");
        }
        if !self.has_begun() {
            self.accepts_no_devices.set(false);
        }
        let searches = match snapshot.phase {
            Phase::Ready | Phase::Waiting { .. } => true,
            Phase::Ended { why } => matches!(why, Farewell::Left | Farewell::Lost),
            Phase::Landing
            | Phase::Gate
            | Phase::Asking
            | Phase::Mirror
            | Phase::Connecting { .. }
            | Phase::Talking { .. } => false,
        };
        assert!(
            !searches && !matches!(snapshot.phase, Phase::Connecting { .. })
                || snapshot.report == ReportStep::None && !is_warned(snapshot),
            "nobody is looked for behind a dialog"
        );
        let looks_for_partners = searches || matches!(snapshot.phase, Phase::Ended { .. });
        if looks_for_partners && !self.accepts_no_devices.get() {
            assert_ne!(
                (snapshot.microphone, snapshot.camera),
                (Device::Absent, Device::Absent),
                "a page without devices does not look for partners"
            );
        }
    }
}

/// Reports and sanctions.
impl Harness {
    fn welcome(&mut self, resumed: bool) -> ToBrowser {
        self.sessions += 1;
        let mut msg = welcome(session(self.sessions), resumed);
        if let ToBrowser::Welcome { features, .. } = &mut msg {
            *features = Features::all();
        }
        msg
    }

    fn reported(&mut self, age: u128, result: ReportResult, is_named: bool) -> ToBrowser {
        let match_id = is_named.then(|| self.match_id(age));
        if result != ReportResult::NotNow {
            let answered = match_id.or(self.last_report);
            self.made.retain(|(it, _)| Some(*it) != answered);
        }
        ToBrowser::Reported { match_id, result, outcome: None }
    }

    fn sanctioned(&self, kind: NoticeKind, seconds: u64) -> ToBrowser {
        let until = self.unix_seconds() + seconds;
        let reason = ReportReason::Spam;
        ToBrowser::Sanctioned(SanctionNotice { kind, reason, until, automatic: false, appeal: None })
    }

    fn check_stop(&self, after: Snapshot) {
        assert_eq!(after.phase, Phase::Landing);
        assert_eq!((self.camera_open, self.peer), (false, None));
        if !self.has_queued() {
            assert_eq!(self.socket, None);
            let why = self.calls[0].deadline().map(|(_, why)| why);
            assert!(matches!(why, None | Some(DeadlineReason::Report)), "{why:?}");
        }
    }

    /// Whether the server was asked if the refusal still stands, and has not answered.
    fn is_asking(&self) -> bool {
        self.snapshot().sanction.is_some_and(|it| matches!(it.inquiry, Inquiry::Asking { .. }))
    }

    /// A device that was refused until `refused_until` comes back at that time only, or after a press on Start.
    fn check_refusal(&self, refused_until: Option<u64>, input: &Input, outputs: &[Output]) {
        let tries_again = matches!(input, Input::Intent(Intent::Start));
        if refused_until.is_some_and(|until| self.unix_seconds() < until) && !tries_again {
            let reconnects = outputs.iter().any(|it| matches!(it, Output::OpenSocket));
            assert!(!reconnects, "a device that is refused does not come back by itself");
            assert!(self.refused_until().is_some(), "a refusal ends at its time");
        }
    }

    /// Notes the end of the match that there was before the input.
    fn note_end(&mut self, before: Option<MatchId>) {
        let has_ended = |id: &MatchId| !is_matched(self.snapshot()) || self.current != Some(*id);
        if let Some(id) = before.filter(has_ended) {
            self.ends.push((id, self.unix_seconds()));
        }
    }

    fn unix_seconds(&self) -> u64 {
        (self.unix_origin_ms + self.now.as_millis()) / 1_000
    }

    /// Until when the device may not take part, if that is so.
    fn refused_until(&self) -> Option<u64> {
        let sanction = self.snapshot().sanction.filter(|it| it.kind.is_refusal())?;
        Some(sanction.terms.map_or(u64::MAX, |(_, until)| until))
    }

    /// Whether a report waits for the server.
    fn has_queued(&self) -> bool {
        self.snapshot().keeps_report
    }

    /// Presses do nothing on a locked page, apart from asking the server once more.
    fn check_locked(&self, before: Snapshot, after: Snapshot, intent: &Intent) {
        if *intent == Intent::Start && before.problem != Some(Problem::UnderAge) {
            assert_eq!((after.phase, after.problem), (before.phase, before.problem));
            let inquiry = after.sanction.map(|it| it.inquiry);
            assert!(matches!(inquiry, Some(Inquiry::Asking { .. })), "{inquiry:?}");
        } else if intent.works_while_locked() {
            assert_eq!((after.phase, after.problem), (before.phase, before.problem));
            self.check_closed(before, after, intent);
        } else {
            // The ticket of a match that another page has ended is kept at the next input.
            let before = Snapshot { past_calls: after.past_calls, ..before };
            assert_eq!(after, before, "a person who is kept out can start nothing");
        }
    }

    fn check_report(&mut self, before: Snapshot, after: Snapshot, wish: ReportWish) {
        match wish {
            ReportWish::Partner if before.report_button == ReportButton::Active => {
                assert!(!is_matched(after) && self.peer.is_none() && self.screen.is_none());
                assert_eq!(after.phase, Phase::Ended { why: Farewell::Reported });
                assert_eq!(after.report, ReportStep::Asking);
                self.asked = after.past_calls[0].map(|it| it.id);
                assert!(!is_matched(before) || self.asked == self.current);
            }
            // The page does not offer another one while it asks about one. If such a press comes, it counts.
            ReportWish::Past(id) if after.report == ReportStep::Asking => {
                let is_offered = before.past_calls.iter().flatten().any(|it| it.id == id);
                self.asked = after.past_calls[0].map(|it| it.id);
                assert!(!is_offered || self.asked == Some(id));
            }
            ReportWish::Past(id) if before.past_calls.iter().flatten().any(|it| it.id == id) => {
                panic!("{id:?} was offered, but is not asked about");
            }
            ReportWish::Send(..) if before.report == ReportStep::Asking => {
                let queued = self.calls[0].stored().reports.queued.to_text();
                let id = self.asked.expect("a match that was asked about");
                if after.report == ReportStep::TooLate {
                    assert!(!queued.contains(&id.0.to_string()));
                } else if after.report == ReportStep::TooMany {
                    assert_eq!(queued.lines().count(), 5, "there was no room");
                } else {
                    let line = queued.lines().find(|it| it.starts_with(&id.0.to_string()));
                    let started = line.and_then(|it| it.split(' ').nth(1)?.parse().ok());
                    self.made.push((id, started.expect("a stored report")));
                    assert!(matches!(after.report, ReportStep::Sending | ReportStep::Kept));
                }
            }
            ReportWish::Close => self.check_closed(before, after, &Intent::Report(wish)),
            ReportWish::Choose => {
                let is_offered = before.past_calls[0].is_some() && before.report != ReportStep::Asking;
                assert!(!is_offered || after.report == ReportStep::Choosing)
            }
            ReportWish::Partner | ReportWish::Past(_) | ReportWish::Send(..) => {
                assert_eq!(is_matched(after), is_matched(before) && after.phase.is_matched());
            }
        }
    }

    /// Closing a report shows the next answer, if there is one.
    fn check_closed(&self, before: Snapshot, after: Snapshot, intent: &Intent) {
        let is_closed = *intent == Intent::Report(ReportWish::Close) && before.report != ReportStep::None;
        assert_eq!(after.closed_reports, before.closed_reports + u32::from(is_closed));
        if is_closed {
            assert!(!matches!(
                after.report,
                ReportStep::Choosing | ReportStep::Asking | ReportStep::Sending | ReportStep::Kept
            ));
        }
    }

    /// No report is lost, and no old ticket is offered.
    fn check_safety(&self, snapshot: Snapshot) {
        let (now, stored) = (self.unix_seconds(), self.calls[0].stored().reports);
        let queued = stored.queued.to_text();
        for (id, started) in &self.made {
            let is_void = now >= started + 24 * 60 * 60;
            assert!(is_void || queued.contains(&id.0.to_string()), "a report that was not answered is lost");
        }
        let is_answered = snapshot.report == ReportStep::Asking;
        for call in snapshot.past_calls.into_iter().flatten().filter(|_| !is_answered) {
            let is_of = |(id, _): &&(MatchId, u64)| *id == call.id;
            let ended = self.ends.iter().rev().find(is_of).map_or(call.started + call.seconds, |it| it.1);
            assert!(now < ended + 600, "a match that ended {} s ago is offered", now - ended);
        }
        let is_refused = self.refused_until().is_some();
        assert!(!is_refused || is_locked(snapshot), "a device that is refused can start nothing");
        assert!(
            snapshot.report == ReportStep::None || !format!("{stored:?}").contains("t."),
            "tickets are hidden"
        );
    }
}

/// Whether presses do nothing.
fn is_locked(snapshot: Snapshot) -> bool {
    matches!(snapshot.problem, Some(Problem::UnderAge | Problem::Banned | Problem::Paused))
}

fn is_warned(snapshot: Snapshot) -> bool {
    snapshot.sanction.is_some_and(|it| !it.kind.is_refusal())
}

fn is_matched(snapshot: Snapshot) -> bool {
    matches!(snapshot.phase, Phase::Connecting { .. } | Phase::Talking { .. })
}

/// The pictures are shown once both have revealed theirs.
fn check_reveal(before: Snapshot, after: Snapshot) {
    let expected = match before.cover {
        Cover::Blurred | Cover::OwnRevealed => Cover::OwnRevealed,
        Cover::PartnerRevealed | Cover::Lifted => Cover::Lifted,
    };
    assert!(after.cover == expected || is_matched(before) && !is_matched(after));
}

/// An answer counts only where the page asks.
fn check_answer(before: Snapshot, after: Snapshot, answer: &Intent) {
    if before.phase != Phase::Gate {
        // A page in the background asks at its next input whether the person is there.
        assert!(after.phase == before.phase || after.surroundings.asks_presence);
    } else if *answer == Intent::SayUnderAge {
        assert_eq!((after.phase, after.problem), (Phase::Landing, Some(Problem::UnderAge)));
    } else {
        assert!(
            matches!(after.phase, Phase::Asking | Phase::Mirror | Phase::Ready) || lacks_age_statement(after)
        );
    }
}

/// The page has to go to the age check first.
fn lacks_age_statement(snapshot: Snapshot) -> bool {
    (snapshot.phase, snapshot.problem) == (Phase::Landing, Some(Problem::AgeCheck))
}

/// The first gesture asks, the second one leaves the partner. Back needs no second one without a partner.
fn check_gesture(gesture: Gesture, before: Snapshot, after: Snapshot) {
    if is_matched(before) && before.asks != Some(gesture) {
        assert_eq!(after.asks, is_matched(after).then_some(gesture));
    } else if gesture == Gesture::Back {
        assert_eq!((after.phase, after.problem), (Phase::Landing, None));
    } else {
        assert!(!is_matched(after) && after.asks.is_none());
    }
}

/// A block ends the match. It waits for a press if the server has named the pair.
fn check_block(after: Snapshot) {
    assert!(!is_matched(after));
    if after.phase == (Phase::Ended { why: Farewell::Blocked }) {
        assert!(after.past_strangers[0].is_some_and(|it| it.is_blocked));
    }
}

/// A block of a past stranger, or its end, concerns only that stranger.
fn check_past_block(before: Snapshot, after: Snapshot, number: u32, blocked: bool) {
    let expected = before.past_strangers.map(|it| match it {
        Some(it) if it.number == number => Some(PastStranger { is_blocked: blocked, ..it }),
        other => other,
    });
    assert_eq!(after.past_strangers, expected);
    // A page in the background asks at its next input whether the person is there.
    assert!(after.phase == before.phase || after.surroundings.asks_presence);
}

/// What a press on the switch of a device changes. Before a start nothing is open, so it only stores the wish.
fn check_toggle(before: Device, after: Device, phase: Phase) {
    match before {
        _ if matches!(phase, Phase::Landing | Phase::Gate) => {}
        Device::Absent | Device::Off => assert_ne!(after, Device::Off),
        Device::On | Device::Interrupted => assert_eq!(after, Device::Off),
    }
}

/// The event with which a correct browser reports that a command is done.
fn browser_response(command: PeerCommand) -> Option<PeerEvent> {
    match command {
        PeerCommand::Attach => Some(PeerEvent::NegotiationNeeded),
        PeerCommand::SetLocal => Some(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "ours")))),
        PeerCommand::SetRemote(_) => Some(PeerEvent::RemoteSet(Ok(()))),
        PeerCommand::AddCandidate(_) => Some(PeerEvent::Connection(ConnectionState::Connected)),
        PeerCommand::Measure => Some(PeerEvent::Measured(Measurement {
            frames_decoded: 1,
            audio_packets: 1,
            bytes_received: 1_000,
            ..Measurement::default()
        })),
        PeerCommand::RestartIce => Some(PeerEvent::NegotiationNeeded),
        PeerCommand::Open { .. }
        | PeerCommand::SetServers { .. }
        | PeerCommand::LimitBitrate(_)
        | PeerCommand::RefreshPicture
        | PeerCommand::EndCandidates { .. }
        | PeerCommand::Send(_)
        | PeerCommand::Close => None,
    }
}

fn media() -> impl Strategy<Value = Media> {
    (any::<bool>(), any::<bool>()).prop_map(|(audio, video)| Media { audio, video })
}

fn server_messages() -> impl Strategy<Value = ServerMessage> {
    let reason = prop::sample::select(vec![
        EndReason::Next,
        EndReason::Left,
        EndReason::PartnerNext,
        EndReason::PartnerLeft,
        EndReason::PartnerLost,
        EndReason::Unconnected,
    ]);
    let age = 0..2_u128;
    prop_oneof![
        any::<bool>().prop_map(ServerMessage::Welcome),
        Just(ServerMessage::Waiting),
        proptest::option::of(0..20_000_u32).prop_map(ServerMessage::Seeking),
        any::<u32>().prop_map(ServerMessage::Here),
        any::<bool>().prop_map(ServerMessage::Matched),
        age.clone().prop_map(ServerMessage::Offer),
        age.clone().prop_map(ServerMessage::Answer),
        age.clone().prop_map(ServerMessage::Candidate),
        (age.clone(), any::<bool>()).prop_map(|(age, lost)| ServerMessage::Partner(age, lost)),
        (age.clone(), reason).prop_map(|(age, reason)| ServerMessage::Ended(age, reason)),
        (
            prop::sample::select(vec![
                ErrorCode::ServerFull,
                ErrorCode::NetworkFull,
                ErrorCode::WrongOrigin,
                ErrorCode::Sanctioned,
                ErrorCode::AgeRequired,
                ErrorCode::RateLimited,
                ErrorCode::NotYourMatch,
                ErrorCode::Replaced,
                ErrorCode::NoRelay,
            ]),
            prop::option::of(prop_oneof![0..20_000_u32, Just(u32::MAX)]),
        )
            .prop_map(|(code, retry_ms)| ServerMessage::Error(code, retry_ms)),
        prop_oneof![0..20_000_u32, Just(u32::MAX)].prop_map(ServerMessage::ComeBack),
        Just(ServerMessage::Again),
        Just(ServerMessage::Pong),
        Just(ServerMessage::Prepare),
        Just(ServerMessage::Check),
        age.clone().prop_map(ServerMessage::Ice),
        age.clone().prop_map(ServerMessage::Renewed),
        (
            age.clone(),
            prop::sample::select(vec![
                ReportResult::Accepted,
                ReportResult::AlreadyReported,
                ReportResult::NotNow,
                ReportResult::InvalidTicket,
                ReportResult::TooMany,
            ]),
            any::<bool>()
        )
            .prop_map(|(age, result, is_named)| ServerMessage::Reported(age, result, is_named)),
        (
            prop::sample::select(vec![NoticeKind::Warned, NoticeKind::Paused, NoticeKind::Banned]),
            0..2_000_u64
        )
            .prop_map(|(kind, seconds)| ServerMessage::Sanctioned(kind, seconds)),
    ]
}

fn peer_events() -> impl Strategy<Value = PeerEvent> {
    let described = prop::sample::select(vec![DescriptionKind::Offer, DescriptionKind::Answer])
        .prop_map(|kind| Ok(description(kind, "ours")));
    let signaling = prop::sample::select(vec![
        SignalingState::Stable,
        SignalingState::HaveLocalOffer,
        SignalingState::HaveRemoteOffer,
        SignalingState::Closed,
    ]);
    let connection = prop::sample::select(vec![
        ConnectionState::New,
        ConnectionState::Connecting,
        ConnectionState::Connected,
        ConnectionState::Disconnected,
        ConnectionState::Failed,
        ConnectionState::Closed,
    ]);
    prop_oneof![
        Just(PeerEvent::NegotiationNeeded),
        prop_oneof![described, Just(Err(Failed))].prop_map(PeerEvent::LocalSet),
        prop_oneof![Just(Ok(())), Just(Err(Failed))].prop_map(PeerEvent::RemoteSet),
        Just(PeerEvent::CandidateFound(candidate("ours", "a"))),
        Just(PeerEvent::CandidatesEnded { username_fragment: None }),
        signaling.prop_map(PeerEvent::Signaling),
        connection.prop_map(PeerEvent::Connection),
        Just(PeerEvent::ChannelOpened { nonce: Uuid::from_u128(7) }),
        media().prop_map(|Media { audio, video }| PeerEvent::Message(PeerMessage::Sending(Presence {
            audio,
            video,
            screen: audio,
            away: video,
            interrupted: audio,
            less_data: video,
        }))),
        peer_messages().prop_map(PeerEvent::Message),
        Just(PeerEvent::PathFound),
        Just(PeerEvent::FramePresented),
        (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(is_video, is_track, fails)| {
            PeerEvent::Sender {
                kind: if is_video { TrackKind::Video } else { TrackKind::Audio },
                part: if is_track { SenderPart::Track } else { SenderPart::Limits },
                result: if fails { Err(Failed) } else { Ok(()) },
            }
        }),
        (0..3_u64, 0..3_u64, 0..9_u64, any::<Option<bool>>()).prop_map(
            |(frames, sounds, bytes, own_sound)| {
                PeerEvent::Measured(Measurement {
                    frames_decoded: frames,
                    audio_packets: sounds,
                    bytes_received: bytes,
                    own_sound,
                    ..Measurement::default()
                })
            }
        ),
    ]
}

fn peer_messages() -> impl Strategy<Value = PeerMessage> {
    let number = Uuid::from_u128;
    prop_oneof![
        Just(PeerMessage::Bye {}),
        (0..2_u128).prop_map(move |it| PeerMessage::Commit { hash: number(it) }),
        (0..2_u128).prop_map(move |it| PeerMessage::Nonce { nonce: number(it) }),
        (0..2_u128).prop_map(move |it| PeerMessage::Reveal { nonce: number(it) }),
        (0..4_u32).prop_map(|number| PeerMessage::Chat { number, text: "hi".into() }),
        (0..4_u32).prop_map(|number| PeerMessage::Got { number }),
        Just(PeerMessage::Typing {}),
        Just(PeerMessage::React { reaction: Reaction::Wave }),
        Just(PeerMessage::Revealed {}),
        any::<bool>().prop_map(|picture| PeerMessage::Sees { picture }),
    ]
}

fn inputs() -> impl Strategy<Value = Input> {
    let errors = vec![
        MediaError::Missing,
        MediaError::Busy,
        MediaError::Blocked { granted: NOTHING },
        MediaError::Blocked { granted: BOTH },
        MediaError::Insecure,
        MediaError::Unsupported,
        MediaError::WouldAsk,
    ];
    let request = || 0..6_u32;
    prop_oneof![
        (request(), media()).prop_map(|(request, media)| Input::MediaOpened(request, media.into())),
        (request(), prop::sample::select(errors))
            .prop_map(|(request, error)| Input::MediaFailed(request, error)),
        Just(Input::SocketOpened),
        Just(Input::SocketLost),
        Just(Input::NetworkChanged),
        prop::sample::select(vec![ADDRESS, RELAY, CheckFinding::Echo, CheckFinding::Refused])
            .prop_map(Input::ConnectionChecked),
        prop::sample::select(TestedPath::ALL.to_vec()).prop_map(Input::PathWorks),
        device_events().prop_map(Input::Devices),
        stored_profiles().prop_map(|it| Input::StorageChanged(Box::new(it))),
        page_events().prop_map(Input::Page),
        Just(Input::PageHidden),
    ]
}

/// A profile that another page may have stored.
fn stored_profiles() -> impl Strategy<Value = StoredProfile> {
    let switches = prop::collection::vec(prop::sample::select(Switch::ALL.to_vec()), 0..3);
    let pairs = || prop::collection::vec(0..4_u128, 0..3);
    let consent = prop_oneof![
        6 => Just(had_a_call().consent),
        2 => Just(Consent { has_met: false, ..had_a_call().consent }),
        1 => Just(Consent::default()),
        1 => (0..100_u64).prop_map(|it| Consent { under_age_since: Some(it), ..Consent::default() }),
    ];
    (consent, switches, pairs(), pairs(), 0..2_u8).prop_map(|(consent, switches, met, blocked, id)| {
        let dated = |all: Vec<u128>| {
            let texts: Vec<_> = all.into_iter().map(|it| format!("{}:{it}", Uuid::from_u128(it))).collect();
            Dated::from_text(&texts.join(","))
        };
        let id = id.to_string();
        StoredProfile {
            consent,
            age: String::new(),
            preferences: switches.into_iter().fold(Preferences::default(), Preferences::toggled),
            chosen: ChosenDevices([id.clone(), String::new(), String::new()]),
            topics: id.clone(),
            languages: Vec::new(),
            acquaintances: PastPartners { device: id, met: dated(met), blocked: dated(blocked) },
            reports: StoredReports::default(),
        }
    })
}

fn device_events() -> impl Strategy<Value = DeviceEvent> {
    let kind = || prop::sample::select(DeviceKind::ALL.to_vec());
    let info = (kind(), 0..3_u8).prop_map(|(kind, id)| DeviceInfo {
        kind,
        id: id.to_string(),
        label: String::new(),
    });
    prop_oneof![
        prop::collection::vec(info, 0..5).prop_map(DeviceEvent::Listed),
        (0..3_u8).prop_map(|id| DeviceEvent::SpeakerUsed(id.to_string())),
        Just(DeviceEvent::SpeakerRefused),
        (kind(), 0..6_u32).prop_map(|(kind, request)| DeviceEvent::Ended(kind, request)),
        (kind(), 0..6_u32, any::<bool>())
            .prop_map(|(kind, request, muted)| DeviceEvent::Muted(kind, request, muted)),
        (0..6_u32).prop_map(DeviceEvent::Frame),
        Just(DeviceEvent::Focused),
        (0..6_u32, screen_events()).prop_map(|(request, event)| DeviceEvent::Screen(request, event)),
        Just(DeviceEvent::Permitted),
    ]
}

fn screen_events() -> impl Strategy<Value = ScreenEvent> {
    prop::sample::select(vec![
        ScreenEvent::Shared,
        ScreenEvent::Refused(MediaError::Dismissed),
        ScreenEvent::Refused(MediaError::Busy),
        ScreenEvent::Ended,
        ScreenEvent::Muted(true),
        ScreenEvent::Muted(false),
    ])
}

fn page_events() -> impl Strategy<Value = PageEvent> {
    let abilities = Abilities {
        screen: true,
        picture_in_picture: true,
        full_screen: true,
        speakers: true,
        blur: true,
        notifications: true,
        volume: true,
    };
    prop_oneof![
        any::<bool>().prop_map(PageEvent::Online),
        any::<bool>().prop_map(PageEvent::Away),
        Just(PageEvent::Active),
        Just(PageEvent::TakenOver),
        Just(PageEvent::Paused),
        Just(PageEvent::NotificationsRefused),
        any::<bool>().prop_map(PageEvent::InPicture),
        any::<bool>().prop_map(PageEvent::FillsScreen),
        any::<bool>().prop_map(PageEvent::SoundBlocked),
        Just(PageEvent::Able(abilities)),
    ]
}

/// A press of the person.
fn intents() -> impl Strategy<Value = Intent> {
    prop::sample::select(vec![
        Intent::Start,
        Intent::Start,
        Intent::AcceptRules,
        Intent::SayUnderAge,
        Intent::ProveAge,
        Intent::Reveal,
        Intent::Reveal,
        Intent::StartUnhidden,
        Intent::Next,
        Intent::Gesture(Gesture::Escape),
        Intent::Gesture(Gesture::Escape),
        Intent::Gesture(Gesture::Swipe),
        Intent::Gesture(Gesture::Back),
        Intent::Gesture(Gesture::Back),
        Intent::Stop,
        Intent::ToggleMicrophone,
        Intent::ToggleCamera,
        Intent::NextCamera,
        Intent::Toggle(Switch::HideAddress),
        Intent::Toggle(Switch::SoftStart),
        Intent::Toggle(Switch::SaveData),
        Intent::Toggle(Switch::Notify),
        Intent::TalkAbout("art, bees".into()),
        Intent::TalkAbout(String::new()),
        Intent::Toggle(Switch::PushToTalk),
        Intent::HoldToTalk(true),
        Intent::OpenMirror,
        Intent::StartWithout,
        Intent::ToggleScreen,
        Intent::Choose(DeviceKind::Camera, "1".into()),
        Intent::Choose(DeviceKind::Speaker, "2".into()),
        Intent::Chat(ChatWish::Toggle),
        Intent::Chat(ChatWish::Write("hello".into())),
        Intent::Chat(ChatWish::Type),
        Intent::Chat(ChatWish::React(Reaction::Heart)),
        Intent::Window(WindowWish::TogglePictureInPicture),
        Intent::Window(WindowWish::SetVolume(30)),
        Intent::Window(WindowWish::Picture(PictureWish::MoveOwn)),
        Intent::CheckPaths,
        Intent::LookAtDetails(true),
        Intent::CopyReport,
        Intent::Block,
        Intent::SetPastBlocked(1, true),
        Intent::SetPastBlocked(2, true),
        Intent::SetPastBlocked(1, false),
        Intent::Unblock,
        Intent::ForgetEverything,
        Intent::Report(ReportWish::Partner),
        Intent::Report(ReportWish::Partner),
        Intent::Report(ReportWish::Choose),
        Intent::Report(ReportWish::Past(MatchId(Uuid::from_u128(1)))),
        Intent::Report(ReportWish::Past(MatchId(Uuid::from_u128(2)))),
        Intent::Report(ReportWish::Send(ReportReason::Spam, "a recording".into())),
        Intent::Report(ReportWish::Send(ReportReason::UnderAge, "".into())),
        Intent::Report(ReportWish::Send(ReportReason::Other, "".into())),
        Intent::Report(ReportWish::Close),
        Intent::AcceptWarning,
    ])
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Offsets of sequence numbers: small, extreme or arbitrary.
    let off = || prop_oneof![Just(0_u64), Just(1), Just(u64::MAX), any::<u64>()];
    let numbers = prop_oneof![8 => Just(None), 1 => (off(), off()).prop_map(Some)];
    let step = prop_oneof![
        40 => Just(Step::Expected),
        4 => intents().prop_map(Step::Press),
        2 => inputs().prop_map(Step::Input),
        2 => (server_messages(), numbers).prop_map(|(message, numbers)| Step::Receive(message, numbers)),
        4 => (prop_oneof![4 => Just(0_u32), 1 => Just(1)], peer_events())
            .prop_map(|(age, it)| Step::Peer(age, it)),
        1 => prop_oneof![Just(Step::Flood), Just(Step::Wait(0)), Just(Step::Wait(u64::from(u32::MAX)))],
        4 => (0..6_000_u64).prop_map(Step::Wait),
        1 => (0..90_000_u64).prop_map(Step::Sleep),
        4 => Just(Step::WaitForDeadline),
    ];
    prop::collection::vec(step, 1..150)
}

proptest! {
    #![proptest_config(Config { cases: 1_500, max_shrink_iters: 20_000, ..Config::default() })]

    #[test]
    fn random_histories_keep_the_invariants(seed: u64, steps in steps()) {
        let mut harness = Harness::new(seed);
        harness.run(Step::Press(Intent::Start));
        for step in steps {
            harness.run(step);
        }
        harness.run(Step::Press(Intent::Stop));
    }
}

#[test]
fn expected_responses_alone_reach_a_call() {
    let mut harness = Harness::new(1);
    harness.run(Step::Press(Intent::Start));
    let is_talking = |it: &Harness| matches!(it.snapshot().phase, Phase::Talking { .. });
    for _ in 0..60 {
        harness.run(Step::Expected);
        if is_talking(&harness) {
            return;
        }
    }
    panic!("the last phase was {:?}", harness.snapshot().phase);
}
