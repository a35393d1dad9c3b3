//! Random histories, well-formed and ill-timed: whatever a call is told, it keeps the laws. It must not know its rules,
//! only what may never be seen of it.

use std::{cell::Cell, collections::VecDeque};

use proptest::{prelude::*, test_runner::Config};
use uuid::Uuid;

use super::test_page::{
    BOTH, NOTHING, answer, candidate, description, millis, offer, sdp, session, terms, trickled, welcome,
};
use crate::{
    call::{
        Abilities, Browser, Call, ChatWish, ChosenDevices, ConnectionId, ConnectionState, Dated,
        DescriptionKind, Device, DeviceEvent, DeviceInfo, DeviceKind, Failed, Input, Intent, Measurement,
        MediaError, Output, PageEvent, PastPartners, PeerCommand, PeerEvent, Phase, Preferences,
        SignalingState, Snapshot, StoredProfile, Switch, WindowWish,
    },
    protocol::{
        Affinity, Delivery, EndReason, Epoch, ErrorCode, Frame, MatchId, Media, Occupancy, PeerMessage,
        PreparedOffer, Presence, Reaction, Role, Signal, Signalling, ToBrowser, ToServer,
    },
    time::Moment,
};

/// A step of a history. Most of what a good browser and a good server would do next comes from `Proper`, so that
/// histories come far; the rest comes at any time.
#[derive(Clone, Debug)]
enum Act {
    Proper,
    Wish(Intent),
    Tell(Input),
    /// The server says this, with the right numbers or wrong ones.
    Hear(Word, Option<(u64, u64)>),
    /// Something happens to the current connection, or to another.
    Peer(u32, PeerEvent),
    /// More candidates' ends than an outbox holds.
    Flood,
    Wait(u64),
    WaitForDeadline,
}

#[derive(Clone, Copy, Debug)]
enum Word {
    Welcome(bool),
    Waiting,
    /// With the milliseconds after which that is over.
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
    Pong,
    Prepare,
    Ice(u128),
    /// An offer on a fresh connection.
    Renewed(u128),
}

/// A socket as the witness sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Socket {
    Dialled,
    Open,
}

/// A call, its twin, and what can be seen of them from outside.
struct Witness {
    now: Moment,
    calls: [Call; 2],
    camera_open: bool,
    /// A connection stands ready.
    warm: bool,
    screen_open: bool,
    /// The person has said that nothing is enough.
    content: Cell<bool>,
    socket: Option<Socket>,
    /// A text has come before its socket was open: the driver would not tell such a thing.
    odd: bool,
    peer: Option<ConnectionId>,
    last_link: ConnectionId,
    /// The match that the page is in.
    current: Option<MatchId>,
    /// The number of the last offer made ahead.
    offered: Option<u32>,
    server: Delivery<ToBrowser>,
    sessions: u128,
    matches: u128,
    /// What a good world would tell next.
    due: VecDeque<Proper>,
}

/// A well-formed answer.
#[derive(Clone, Debug)]
enum Proper {
    Tell(Input),
    Hear(Word),
}

impl Witness {
    fn new(seed: u64) -> Self {
        Self {
            now: Moment::default(),
            calls: [(); 2].map(|()| {
                Call::new(seed, StoredProfile::default(), Browser::default(), Vec::new(), String::new())
            }),
            camera_open: false,
            warm: false,
            screen_open: false,
            content: Cell::new(false),
            socket: None,
            odd: false,
            peer: None,
            last_link: ConnectionId(0),
            current: None,
            offered: None,
            server: Delivery::default(),
            sessions: 0,
            matches: 0,
            due: VecDeque::new(),
        }
    }

    fn seen(&self) -> Snapshot {
        self.calls[0].snapshot()
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Proper => match self.due.pop_front() {
                Some(Proper::Tell(input)) => self.tell(input),
                Some(Proper::Hear(word)) => self.hear(word, None),
                None => self.act(Act::WaitForDeadline),
            },
            Act::Wish(intent) => self.wish(intent),
            Act::Tell(input) => self.tell(input),
            Act::Hear(word, numbers) => self.hear(word, numbers),
            Act::Peer(age, event) => {
                let link = ConnectionId(self.last_link.0.saturating_sub(age));
                self.tell(Input::Peer { link, event });
            }
            Act::Flood => (0..140).for_each(|_| {
                self.act(Act::Peer(0, PeerEvent::CandidatesEnded { username_fragment: None }));
            }),
            Act::Wait(wait) => {
                self.now = self.now + millis(wait);
                self.tick();
            }
            Act::WaitForDeadline => {
                self.now = self.calls[0].next_deadline().map_or(self.now, |it| it.max(self.now));
                self.tick();
            }
        }
    }

    /// What a good server says of an offer made ahead: the last one of an impolite end is used.
    fn ahead(&self, role: Role) -> Option<PreparedOffer> {
        match role {
            Role::Impolite => self.offered.map(|number| PreparedOffer::Yours { number }),
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
        self.tell(Input::Tick);
        assert!(
            self.calls[0].next_deadline().is_none_or(|it| it > self.now),
            "a tick that leaves work behind"
        );
    }

    /// What is offered has an effect.
    fn wish(&mut self, intent: Intent) {
        let before = self.seen();
        if intent == Intent::StartWithout && before.phase == Phase::Landing && before.problem.is_some() {
            self.content.set(true);
        }
        self.tell(Input::Intent(intent.clone()));
        let after = self.seen();
        match intent {
            Intent::Stop => {
                assert_eq!(after.phase, Phase::Landing);
                assert_eq!((self.camera_open, self.socket, self.peer), (false, None, None));
                assert_eq!(self.calls[0].next_deadline(), None);
            }
            Intent::Escape if before.asks_next => assert!(!meets(after) && !after.asks_next),
            Intent::Escape => assert_eq!(after.asks_next, meets(before)),
            Intent::Next | Intent::Block => assert!(!meets(after)),
            Intent::ToggleMicrophone => assert_eq!(after.microphone, toggled(before.microphone)),
            Intent::ToggleCamera => assert_eq!(after.camera, toggled(before.camera)),
            Intent::Toggle(it) => assert_ne!(after.preferences.has(it), before.preferences.has(it)),
            Intent::Start => assert_ne!(after.phase, Phase::Landing),
            Intent::OpenMirror if before.phase == Phase::Landing => assert_eq!(after.phase, Phase::Asking),
            Intent::OpenMirror => assert_eq!(after.phase, before.phase),
            Intent::StartWithout => {
                let begins = before.phase == Phase::Landing && before.problem.is_some();
                assert_eq!(after.phase == Phase::Landing, before.phase == Phase::Landing && !begins);
            }
            Intent::ForgetEverything => {
                assert_eq!(after.preferences, Preferences::default());
                assert_eq!(self.calls[0].topics().written, "");
            }
            Intent::Unblock => assert_eq!(after.blocked, 0),
            Intent::TalkAbout(written) => assert_eq!(self.calls[0].topics().written, written),
            Intent::Chat(ChatWish::Toggle) if meets(after) => assert_ne!(after.chat.open, before.chat.open),
            Intent::Chat(_)
            | Intent::Window(_)
            | Intent::NextCamera
            | Intent::Choose(..)
            | Intent::TestSpeaker
            | Intent::HoldToTalk(_)
            | Intent::ToggleScreen
            | Intent::LookAtDetails(_)
            | Intent::CopyReport => {}
        }
    }

    fn hear(&mut self, word: Word, numbers: Option<(u64, u64)>) {
        let msg = self.message(word);
        if let ToBrowser::Welcome { resumed: false, .. } = msg {
            self.server = Delivery::default();
        }
        let Ok(mut frame) = self.server.send(msg) else { return };
        if let Some((seq, ack)) = numbers {
            frame = Frame { seq: frame.seq.wrapping_add(seq), ack: frame.ack.wrapping_add(ack), ..frame };
        }
        self.tell(Input::Message(frame));
    }

    fn message(&mut self, word: Word) -> ToBrowser {
        let signal = |match_id, signal| ToBrowser::Signal { match_id, epoch: Epoch::FIRST, signal };
        match word {
            Word::Welcome(resumed) => {
                self.sessions += 1;
                welcome(session(self.sessions), resumed)
            }
            Word::Waiting => ToBrowser::Waiting {},
            Word::Seeking(widens_in_ms) => ToBrowser::Seeking { wants: Affinity::Interest, widens_in_ms },
            Word::Here(around) => ToBrowser::Here(Occupancy { around, wait: None }),
            Word::Matched(polite) => {
                self.matches += 1;
                let role = if polite { Role::Polite } else { Role::Impolite };
                let mut msg = terms(self.match_id(0), role, BOTH);
                if let ToBrowser::Matched { relay_only, ahead, .. } = &mut msg {
                    *relay_only = self.seen().preferences.has(Switch::HideAddress);
                    *ahead = self.ahead(role);
                }
                msg
            }
            Word::Offer(age) => signal(self.match_id(age), offer("theirs")),
            Word::Answer(age) => signal(self.match_id(age), answer("theirs")),
            Word::Candidate(age) => signal(self.match_id(age), trickled("theirs", "a")),
            Word::Partner(age, lost) => {
                let signalling = if lost { Signalling::Lost } else { Signalling::Back };
                ToBrowser::Partner { match_id: self.match_id(age), signalling }
            }
            Word::Ended(age, reason) => ToBrowser::Ended { match_id: self.match_id(age), reason },
            Word::Error(code, retry_ms) => ToBrowser::Error { code, about: 0, retry_ms },
            Word::ComeBack(after_ms) => ToBrowser::ComeBack { after_ms },
            Word::Pong => ToBrowser::Pong {},
            Word::Prepare => ToBrowser::Prepare { ice: Vec::new() },
            Word::Ice(age) => ToBrowser::Ice { match_id: self.match_id(age), ice: Vec::new() },
            Word::Renewed(age) => {
                let signal = offer("theirs");
                ToBrowser::Signal { match_id: self.match_id(age), epoch: Epoch(2), signal }
            }
        }
    }

    /// Tells both twins, and looks at everything they do.
    fn tell(&mut self, input: Input) {
        let welcomed = matches!(&input, Input::Message(Frame { msg: ToBrowser::Welcome { .. }, .. }));
        match &input {
            Input::SocketOpened if self.socket.is_some() => self.socket = Some(Socket::Open),
            Input::SocketLost => self.socket = None,
            Input::Message(_) | Input::UnknownMessage { .. } => {
                self.odd |= self.socket == Some(Socket::Dialled)
            }
            Input::MediaOpened(_) => self.camera_open = true,
            Input::Devices(DeviceEvent::ScreenShared(shared)) => self.screen_open = *shared,
            Input::Devices(_) => {}
            Input::Intent(_)
            | Input::MediaFailed(_)
            | Input::MediaLost(_)
            | Input::SocketOpened
            | Input::Peer { .. }
            | Input::NetworkChanged
            | Input::StorageChanged(_)
            | Input::Page(_)
            | Input::PageHidden
            | Input::Tick => {}
        }
        if let Input::Message(Frame { msg: ToBrowser::Matched { match_id, .. }, .. }) = &input
            && !meets(self.seen())
        {
            self.current = Some(*match_id);
        }
        let recalled = if let Input::StorageChanged(kept) = &input { Some(kept.clone()) } else { None };
        let [outputs, twins] = self.calls.each_mut().map(|call| call.handle(self.now, input.clone()));
        assert_eq!(format!("{outputs:?}"), format!("{twins:?}"), "the same seed and inputs, other outputs");
        if let Some(kept) = recalled {
            let remembers = outputs.iter().any(|it| matches!(it, Output::SaveProfile(_)));
            assert!(!remembers, "two pages that answer each other never come to an end");
            assert_eq!(self.calls[0].stored(), kept);
        }
        for output in outputs {
            self.look(output, welcomed);
        }
        self.check();
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the last arm asserts that the rest is cosmetic")]
    fn look(&mut self, output: Output, welcomed: bool) {
        match output {
            Output::OpenMedia(wish, _) => {
                self.camera_open = true;
                self.due.push_back(Proper::Tell(Input::MediaOpened(wish)));
            }
            Output::CloseMedia => (self.camera_open, self.warm) = (false, false),
            Output::SwitchDevice(kind, id) => {
                self.due.push_back(Proper::Tell(Input::Devices(DeviceEvent::Used(kind, id))));
            }
            Output::ShareScreen => {
                assert!(meets(self.seen()), "a screen is for somebody");
                self.due.push_back(Proper::Tell(Input::Devices(DeviceEvent::ScreenShared(true))));
            }
            Output::UnshareScreen => self.screen_open = false,
            Output::WarmUp(_) => self.warm = true,
            Output::EnableMedia(_) | Output::SendTracks => {}
            Output::OpenSocket => {
                assert_eq!(self.socket, None, "two sockets");
                (self.socket, self.odd) = (Some(Socket::Dialled), false);
                self.due.push_back(Proper::Tell(Input::SocketOpened));
            }
            Output::CloseSocket { .. } => {
                assert!(self.socket.take().is_some(), "there is nothing to hang up")
            }
            Output::Send(Frame { msg, .. }) => {
                assert!(
                    self.socket == Some(Socket::Open) || self.odd && self.socket.is_some(),
                    "said to nobody"
                );
                self.answer(msg, welcomed);
            }
            Output::Peer { link, command: PeerCommand::Open { .. } } => {
                assert_eq!(self.peer.replace(link), None, "two connections at a time");
                assert!(link.0 > self.last_link.0, "a connection is opened once");
                self.last_link = link;
            }
            Output::Peer { link, command } => {
                assert_eq!(self.peer, Some(link), "{command:?} is for no current connection");
                if let PeerCommand::Close = command {
                    self.peer = None;
                }
                self.due.extend(result(command).map(|event| Proper::Tell(Input::Peer { link, event })));
            }
            other => assert!(other.is_cosmetic(), "{other:?}"),
        }
    }

    fn answer(&mut self, msg: ToServer, welcomed: bool) {
        let polite = self.matches.is_multiple_of(2);
        let words: &[Word] = match msg {
            ToServer::Hello { resume, .. } => &[Word::Welcome(resume.is_some())],
            ToServer::Join { tastes, .. } if !tastes.are_none() => {
                &[Word::Waiting, Word::Seeking(Some(2_500)), Word::Prepare, Word::Matched(polite)]
            }
            ToServer::Join { .. } => {
                &[Word::Waiting, Word::Here(1), Word::Prepare, Word::Matched(polite), Word::Offer(0)]
            }
            ToServer::Prepared { number, .. } => {
                self.offered = Some(number);
                &[]
            }
            ToServer::Signal { match_id, signal, .. } => {
                let current = self.current == Some(match_id);
                assert!(current || welcomed, "a signal without a match");
                let offers = matches!(signal, Signal::Offer { .. });
                if offers { &[Word::Answer(0), Word::Candidate(0)] } else { &[] }
            }
            ToServer::Next { .. } => &[Word::Ended(0, EndReason::Next), Word::Waiting, Word::Matched(polite)],
            ToServer::Failed { .. } => &[Word::Ended(0, EndReason::Unconnected), Word::Waiting],
            ToServer::Leave {} => &[Word::Ended(0, EndReason::Left)],
            ToServer::Ping {} => &[Word::Pong],
            ToServer::Block { .. } | ToServer::Unblock {} => &[],
            ToServer::Connected { .. } => &[],
        };
        self.due.extend(words.iter().copied().map(Proper::Hear));
    }

    /// What must hold at all times.
    fn check(&self) {
        let seen = self.seen();
        if seen.phase == Phase::Landing {
            assert!(!self.camera_open, "the light is on while nothing goes on");
            assert!(!self.warm, "a connection stands ready while nothing goes on");
            assert_eq!(self.socket, None, "a line while nothing goes on");
        }
        let waits = matches!(seen.phase, Phase::Waiting { .. });
        assert!(waits || seen.surroundings.here.is_none(), "what is said to who waits");
        let may_be_open = meets(seen) || matches!(seen.phase, Phase::Waiting { .. });
        assert!(self.peer.is_none() || may_be_open, "a connection for nobody");
        assert!(self.peer.is_some() || !meets(seen), "a match without a connection");
        assert!(!seen.asks_next || meets(seen));
        assert!(!self.screen_open || meets(seen), "a screen is shared with nobody");
        assert!(!seen.sharing || meets(seen));
        if seen.phase == Phase::Landing {
            self.content.set(false);
        }
        let looks_on = matches!(seen.phase, Phase::Ready | Phase::Waiting { .. } | Phase::Ended { .. });
        if looks_on && !self.content.get() {
            assert_ne!(
                (seen.microphone, seen.camera),
                (Device::Absent, Device::Absent),
                "meets nobody with nothing"
            );
        }
    }
}

fn meets(seen: Snapshot) -> bool {
    matches!(seen.phase, Phase::Connecting { .. } | Phase::Talking { .. })
}

fn toggled(device: Device) -> Device {
    match device {
        Device::Absent => Device::Absent,
        Device::On => Device::Off,
        Device::Off => Device::On,
    }
}

/// What a good browser says when a command is done.
fn result(command: PeerCommand) -> Option<PeerEvent> {
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
        | PeerCommand::EndCandidates { .. }
        | PeerCommand::Send(_)
        | PeerCommand::Close => None,
    }
}

fn media() -> impl Strategy<Value = Media> {
    (any::<bool>(), any::<bool>()).prop_map(|(audio, video)| Media { audio, video })
}

fn words() -> impl Strategy<Value = Word> {
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
        any::<bool>().prop_map(Word::Welcome),
        Just(Word::Waiting),
        proptest::option::of(0..20_000_u32).prop_map(Word::Seeking),
        any::<u32>().prop_map(Word::Here),
        any::<bool>().prop_map(Word::Matched),
        age.clone().prop_map(Word::Offer),
        age.clone().prop_map(Word::Answer),
        age.clone().prop_map(Word::Candidate),
        (age.clone(), any::<bool>()).prop_map(|(age, lost)| Word::Partner(age, lost)),
        (age.clone(), reason).prop_map(|(age, reason)| Word::Ended(age, reason)),
        (
            prop::sample::select(vec![
                ErrorCode::ServerFull,
                ErrorCode::NetworkFull,
                ErrorCode::RateLimited,
                ErrorCode::NotYourMatch,
                ErrorCode::Replaced,
                ErrorCode::NoRelay,
            ]),
            prop::option::of(prop_oneof![0..20_000_u32, Just(u32::MAX)]),
        )
            .prop_map(|(code, retry_ms)| Word::Error(code, retry_ms)),
        prop_oneof![0..20_000_u32, Just(u32::MAX)].prop_map(Word::ComeBack),
        Just(Word::Pong),
        Just(Word::Prepare),
        age.clone().prop_map(Word::Ice),
        age.clone().prop_map(Word::Renewed),
    ]
}

fn events() -> impl Strategy<Value = PeerEvent> {
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
            away: video
        }))),
        told().prop_map(PeerEvent::Message),
        Just(PeerEvent::PathFound),
        Just(PeerEvent::FramePresented),
        (0..3_u64, 0..3_u64, 0..9_u64).prop_map(|(frames_decoded, audio_packets, bytes_received)| {
            let before = Measurement::default();
            PeerEvent::Measured(Measurement { frames_decoded, audio_packets, bytes_received, ..before })
        }),
    ]
}

fn told() -> impl Strategy<Value = PeerMessage> {
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
    ];
    prop_oneof![
        media().prop_map(Input::MediaOpened),
        prop::sample::select(errors).prop_map(Input::MediaFailed),
        media().prop_map(Input::MediaLost),
        Just(Input::SocketOpened),
        Just(Input::SocketLost),
        Just(Input::NetworkChanged),
        devices().prop_map(Input::Devices),
        kept().prop_map(Input::StorageChanged),
        changes().prop_map(Input::Page),
        Just(Input::PageHidden),
    ]
}

/// What another page may have kept.
fn kept() -> impl Strategy<Value = StoredProfile> {
    let switches = prop::collection::vec(prop::sample::select(Switch::ALL.to_vec()), 0..3);
    let pairs = || prop::collection::vec(0..4_u128, 0..3);
    (switches, pairs(), pairs(), 0..2_u8).prop_map(|(switches, met, blocked, id)| {
        let dated = |all: Vec<u128>| {
            let texts: Vec<_> = all.into_iter().map(|it| format!("{}:{it}", Uuid::from_u128(it))).collect();
            Dated::from_text(&texts.join(","))
        };
        let id = id.to_string();
        StoredProfile {
            preferences: switches.into_iter().fold(Preferences::default(), Preferences::toggled),
            chosen: ChosenDevices([id.clone(), String::new(), String::new()]),
            topics: id.clone(),
            acquaintances: PastPartners { device: id, met: dated(met), blocked: dated(blocked) },
        }
    })
}

fn devices() -> impl Strategy<Value = DeviceEvent> {
    let kind = || prop::sample::select(DeviceKind::ALL.to_vec());
    let info = (kind(), 0..3_u8).prop_map(|(kind, id)| DeviceInfo {
        kind,
        id: id.to_string(),
        label: String::new(),
    });
    prop_oneof![
        prop::collection::vec(info, 0..5).prop_map(DeviceEvent::Listed),
        (kind(), 0..3_u8).prop_map(|(kind, id)| DeviceEvent::Used(kind, id.to_string())),
        kind().prop_map(DeviceEvent::Refused),
        any::<bool>().prop_map(DeviceEvent::ScreenShared),
        Just(DeviceEvent::Permitted),
    ]
}

fn changes() -> impl Strategy<Value = PageEvent> {
    let abilities =
        Abilities { screen: true, picture_in_picture: true, full_screen: true, speakers: true, blur: true };
    prop_oneof![
        any::<bool>().prop_map(PageEvent::Online),
        any::<bool>().prop_map(PageEvent::Away),
        Just(PageEvent::Active),
        Just(PageEvent::TakenOver),
        any::<bool>().prop_map(PageEvent::InPicture),
        any::<bool>().prop_map(PageEvent::FillsScreen),
        any::<bool>().prop_map(PageEvent::SoundBlocked),
        Just(PageEvent::Able(abilities)),
    ]
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let wishes = prop::sample::select(vec![
        Intent::Start,
        Intent::Start,
        Intent::Next,
        Intent::Escape,
        Intent::Escape,
        Intent::Stop,
        Intent::ToggleMicrophone,
        Intent::ToggleCamera,
        Intent::NextCamera,
        Intent::Toggle(Switch::HideAddress),
        Intent::Toggle(Switch::SaveData),
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
        Intent::Window(WindowWish::MoveOwnPicture),
        Intent::LookAtDetails(true),
        Intent::CopyReport,
        Intent::Block,
        Intent::Unblock,
        Intent::ForgetEverything,
    ]);
    // Numbers that are off by a little, or by all there is.
    let off = || prop_oneof![Just(0_u64), Just(1), Just(u64::MAX), any::<u64>()];
    let numbers = prop_oneof![8 => Just(None), 1 => (off(), off()).prop_map(Some)];
    let act = prop_oneof![
        40 => Just(Act::Proper),
        4 => wishes.prop_map(Act::Wish),
        2 => inputs().prop_map(Act::Tell),
        2 => (words(), numbers).prop_map(|(word, numbers)| Act::Hear(word, numbers)),
        4 => (prop_oneof![4 => Just(0_u32), 1 => Just(1)], events()).prop_map(|(age, it)| Act::Peer(age, it)),
        1 => prop_oneof![Just(Act::Flood), Just(Act::Wait(0)), Just(Act::Wait(u64::from(u32::MAX)))],
        4 => (0..6_000_u64).prop_map(Act::Wait),
        4 => Just(Act::WaitForDeadline),
    ];
    prop::collection::vec(act, 1..150)
}

proptest! {
    #![proptest_config(Config { cases: 1_500, max_shrink_iters: 20_000, ..Config::default() })]

    #[test]
    fn whatever_a_call_is_told_it_keeps_the_laws(seed: u64, acts in acts()) {
        let mut witness = Witness::new(seed);
        witness.act(Act::Wish(Intent::Start));
        for act in acts {
            witness.act(act);
        }
        witness.act(Act::Wish(Intent::Stop));
    }
}

#[test]
fn these_histories_come_as_far_as_a_call() {
    let mut witness = Witness::new(1);
    witness.act(Act::Wish(Intent::Start));
    let talks = |it: &Witness| matches!(it.seen().phase, Phase::Talking { .. });
    for _ in 0..60 {
        witness.act(Act::Proper);
        if talks(&witness) {
            return;
        }
    }
    panic!("in the end {:?}", witness.seen().phase);
}
