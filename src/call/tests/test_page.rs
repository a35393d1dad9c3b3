//! One page with a clock of its own, and everything around it: a browser, a server and a partner who do as they are told.
//! It must not know what is to be expected of a call.

use std::{mem, time::Duration};

use uuid::Uuid;

use crate::{
    call::{
        Browser, Call, ConnectionId, ConnectionState, Description, DescriptionKind, Input, Intent,
        Measurement, Output, PeerCommand, PeerEvent, Phase, Problem, SendProfile, SignalingState,
        StoredProfile,
    },
    protocol::{
        Candidate, Delivery, EndReason, Epoch, Frame, Limits, MatchId, Media, Message, PastPairs, PeerId,
        PeerMessage, Presence, Receipt, Resume, Role, Sdp, Secret, Signal, Tastes, ToBrowser, ToServer,
    },
    time::Moment,
};

pub(crate) const BOTH: Media = Media { audio: true, video: true };
pub(crate) const AUDIO: Media = Media { audio: true, video: false };
pub(crate) const VIDEO: Media = Media { audio: false, video: true };
pub(crate) const NOTHING: Media = Media { audio: false, video: false };

/// A page.
pub(crate) struct Page {
    pub(crate) call: Call,
    pub(crate) now: Moment,
    /// The server's half of the numbers.
    pub(crate) server: Delivery<ToBrowser>,
    /// Whether what the page says arrives, and is answered where it is a ping.
    pub(crate) server_listens: bool,
    /// Whether something arrives from the partner; statistics then grow by one each time they are looked at.
    pub(crate) media_flows: bool,
    pub(crate) measured: Measurement,
    /// What every hello has shown so far.
    pub(crate) hellos: Vec<Option<Resume>>,
    /// The ticket that the last hello has shown.
    pub(crate) ticket: Option<String>,
    /// The number of the connection in the match, as the server sees it.
    pub(crate) epoch: Epoch,
    /// What every signal named so far.
    pub(crate) signalled_in: Vec<Epoch>,
    /// How often statistics were asked for.
    pub(crate) looks: usize,
    /// The last numbers that the page has sent.
    pub(crate) ack: u64,
    /// What the last join has named.
    pub(crate) tastes: Tastes,
    /// The name that the last hello has shown.
    pub(crate) device: Option<String>,
    /// The past that it has told.
    pub(crate) past: PastPairs,
    /// How often the partner was told what is sent.
    pub(crate) tellings: usize,
    /// What was done of the page and not of the conversation.
    pub(crate) asides: Vec<Output>,
    copied: String,
    link: ConnectionId,
    told: Option<Presence>,
    matches: u128,
    sessions: u128,
    done: Vec<String>,
}

pub(crate) fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

pub(crate) fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A description whose candidates have this fragment.
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

pub(crate) fn trickled(fragment: &str, name: &str) -> Signal {
    Signal::Candidate(candidate(fragment, name))
}

pub(crate) fn session(number: u128) -> Resume {
    Resume { peer: PeerId(Uuid::from_u128(number)), secret: Secret(Uuid::from_u128(number)) }
}

/// A welcome to this session.
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
    }
}

/// A match that begins with nothing ahead, and has no relay.
pub(crate) fn terms(match_id: MatchId, role: Role, partner: Media) -> ToBrowser {
    ToBrowser::Matched {
        match_id,
        role,
        partner,
        shared: Tastes::default(),
        ice: Vec::new(),
        relay_only: false,
        ticket: Some("ticket".into()),
        pair: None,
        ahead: None,
    }
}

impl Page {
    /// A page that nobody has touched.
    pub(crate) fn new() -> Self {
        Self::with_seed(1)
    }

    pub(crate) fn with_seed(seed: u64) -> Self {
        Self {
            call: Call::new(seed, StoredProfile::default(), Browser::default(), Vec::new(), "b1".into()),
            now: Moment::from_millis(1_000),
            server: Delivery::default(),
            server_listens: true,
            media_flows: false,
            measured: Measurement::default(),
            hellos: Vec::new(),
            ticket: None,
            epoch: Epoch::FIRST,
            signalled_in: Vec::new(),
            link: ConnectionId(0),
            told: None,
            tastes: Tastes::default(),
            device: None,
            past: PastPairs::default(),
            tellings: 0,
            asides: Vec::new(),
            copied: String::new(),
            looks: 0,
            ack: 0,
            matches: 0,
            sessions: 0,
            done: Vec::new(),
        }
    }

    /// A page that waits in the queue.
    pub(crate) fn waiting() -> Self {
        let mut page = Self::new();
        page.wants(Intent::Start);
        page.tell(Input::MediaOpened(BOTH));
        page.is_welcomed();
        page.hears(ToBrowser::Waiting {});
        page.did();
        page
    }

    /// A page that has just been matched.
    pub(crate) fn matched(role: Role, partner: Media) -> Self {
        let mut page = Self::waiting();
        page.is_matched(role, partner);
        page
    }

    /// A page that sees its partner.
    pub(crate) fn talking() -> Self {
        let mut page = Self::matched(Role::Impolite, BOTH);
        page.negotiates();
        page.media_flows = true;
        page.connects();
        page.after(millis(100));
        assert_eq!(page.phase(), "talking");
        page.did();
        page
    }

    /// The impolite end's part of a negotiation, up to the answer.
    pub(crate) fn negotiates(&mut self) {
        self.peer(PeerEvent::NegotiationNeeded);
        self.peer(PeerEvent::Signaling(SignalingState::HaveLocalOffer));
        self.peer(PeerEvent::LocalSet(Ok(description(DescriptionKind::Offer, "ours"))));
        self.is_signalled(answer("theirs"));
        self.peer(PeerEvent::Signaling(SignalingState::Stable));
        self.peer(PeerEvent::RemoteSet(Ok(())));
    }

    pub(crate) fn connects(&mut self) {
        self.peer(PeerEvent::Connection(ConnectionState::Connected));
    }

    pub(crate) fn wants(&mut self, intent: Intent) {
        self.tell(Input::Intent(intent));
    }

    pub(crate) fn peer(&mut self, event: PeerEvent) {
        let link = self.link();
        self.tell(Input::Peer { link, event });
    }

    /// The current connection.
    pub(crate) fn link(&self) -> ConnectionId {
        self.link
    }

    pub(crate) fn match_id(&self) -> MatchId {
        MatchId(Uuid::from_u128(self.matches))
    }

    /// The socket opens and the server takes the page in as a new peer.
    pub(crate) fn is_welcomed(&mut self) {
        self.answered(false, None);
    }

    /// The socket opens, and a server that knows nothing but the ticket takes the page in.
    pub(crate) fn is_known_by_its_ticket(&mut self) {
        let match_id = self.match_id();
        self.answered(false, Some(match_id));
    }

    /// The socket opens and the server takes the page back; `server` has kept its numbers.
    pub(crate) fn is_taken_back(&mut self) {
        self.answered(true, None);
    }

    fn answered(&mut self, resumed: bool, known: Option<MatchId>) {
        self.tell(Input::SocketOpened);
        self.sessions += 1;
        if resumed {
            assert!(self.server.acknowledge(self.ack), "the hello acknowledges what was never said");
        } else {
            self.server = Delivery::default();
        }
        let mut msg = welcome(session(self.sessions), resumed);
        if let ToBrowser::Welcome { match_id, .. } = &mut msg {
            *match_id = known;
        }
        self.hears(msg);
        if resumed {
            self.server.replay().into_iter().for_each(|frame| self.tell(Input::Message(frame)));
        }
    }

    /// The server says something, with the right numbers.
    pub(crate) fn hears(&mut self, msg: ToBrowser) {
        let frame = self.server.send(msg).unwrap();
        self.tell(Input::Message(frame));
    }

    pub(crate) fn is_matched(&mut self, role: Role, partner: Media) {
        self.is_matched_by(|match_id| terms(match_id, role, partner));
    }

    pub(crate) fn is_matched_by(&mut self, terms: impl FnOnce(MatchId) -> ToBrowser) {
        self.matches += 1;
        self.epoch = Epoch::FIRST;
        let match_id = self.match_id();
        self.hears(terms(match_id));
    }

    pub(crate) fn is_signalled(&mut self, signal: Signal) {
        let (match_id, epoch) = (self.match_id(), self.epoch);
        self.hears(ToBrowser::Signal { match_id, epoch, signal });
    }

    pub(crate) fn is_told_the_end(&mut self, reason: EndReason) {
        let match_id = self.match_id();
        self.hears(ToBrowser::Ended { match_id, reason });
    }

    /// The socket is lost, and what was said last may not have arrived.
    pub(crate) fn loses_its_socket(&mut self) {
        self.tell(Input::SocketLost);
    }

    /// Loses the socket and waits until it dials again.
    pub(crate) fn redials(&mut self) {
        self.loses_its_socket();
        self.after(millis(500));
    }

    /// Lets time pass as a driver does: with a tick at each deadline.
    pub(crate) fn after(&mut self, wait: Duration) {
        let end = self.now + wait;
        while let Some(due) = self.call.next_deadline().filter(|it| *it <= end) {
            self.now = self.now.max(due);
            self.tell(Input::Tick);
            assert!(
                self.call.next_deadline().is_none_or(|it| it > self.now),
                "a tick that leaves work behind"
            );
        }
        self.now = end;
    }

    /// Tells the call something, and does what a browser and a server do at once.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the last arm asserts that the rest is cosmetic")]
    pub(crate) fn tell(&mut self, input: Input) {
        let mut answers = Vec::new();
        for output in self.call.handle(self.now, input) {
            match &output {
                Output::Send(frame) => answers.extend(self.server_hears(frame).map(Input::Message)),
                Output::Peer { link, command } => {
                    if let PeerCommand::Open { .. } = command {
                        assert_ne!(*link, self.link, "a connection is opened once");
                        (self.link, self.told, self.measured) = (*link, None, Measurement::default());
                    }
                    assert_eq!(*link, self.link, "only the current connection is touched");
                    if let PeerCommand::Measure = command {
                        self.looks += 1;
                        let event = PeerEvent::Measured(self.statistics());
                        answers.push(Input::Peer { link: *link, event });
                        continue;
                    }
                    if self.is_old_news(command) {
                        continue;
                    }
                }
                // What is of the page and not of the conversation.
                Output::Mark(_)
                | Output::ListDevices
                | Output::WarmUp(_)
                | Output::SendTracks
                | Output::TakeOver
                | Output::KeepAwake(_)
                | Output::PlaySound => {
                    self.asides.push(output);
                    continue;
                }
                Output::Copy(text) => self.copied.clone_from(text),
                Output::OpenMedia(..)
                | Output::SwitchDevice(..)
                | Output::ShareScreen
                | Output::UnshareScreen
                | Output::CloseMedia
                | Output::EnableMedia(_)
                | Output::OpenSocket
                | Output::CloseSocket { .. } => {}
                it => assert!(it.is_cosmetic(), "{it:?}"),
            }
            self.done.push(words(&output));
        }
        answers.into_iter().for_each(|it| self.tell(it));
    }

    /// Whether a command only repeats what is so already: the signs of life, the usual bounds.
    fn is_old_news(&mut self, command: &PeerCommand) -> bool {
        match command {
            PeerCommand::Send(PeerMessage::Sending(presence)) => {
                self.tellings += 1;
                self.told.replace(*presence) == Some(*presence)
            }
            PeerCommand::LimitBitrate(quality) => *quality == SendProfile::Full,
            PeerCommand::Send(_)
            | PeerCommand::Open { .. }
            | PeerCommand::Attach
            | PeerCommand::SetServers { .. }
            | PeerCommand::RestartIce
            | PeerCommand::SetLocal
            | PeerCommand::SetRemote(_)
            | PeerCommand::AddCandidate(_)
            | PeerCommand::EndCandidates { .. }
            | PeerCommand::Measure
            | PeerCommand::Close => false,
        }
    }

    fn server_hears(&mut self, frame: &Frame<ToServer>) -> Option<Frame<ToBrowser>> {
        self.ack = frame.ack;
        if let ToServer::Hello { resume, ticket, device, past } = &frame.msg {
            self.hellos.push(*resume);
            self.ticket.clone_from(ticket);
            self.device.clone_from(device);
            self.past.clone_from(past);
            return None;
        }
        if let ToServer::Join { tastes, .. } = &frame.msg {
            self.tastes.clone_from(tastes);
        }
        if let ToServer::Signal { epoch, .. } = frame.msg {
            self.signalled_in.push(epoch);
        }
        if !self.server_listens {
            return None;
        }
        let receipt = self.server.receive(frame.seq, frame.ack, frame.msg.is_counted());
        assert_ne!(receipt, Receipt::Broken, "{frame:?}");
        (frame.msg == ToServer::Ping {}).then(|| self.server.send(ToBrowser::Pong {}).unwrap())
    }

    fn statistics(&mut self) -> Measurement {
        if self.media_flows {
            self.measured.frames_decoded += 1;
            self.measured.audio_packets += 1;
            self.measured.bytes_received += 1_000;
        }
        self.measured
    }

    /// Everything done since this was last asked, but for looking at statistics.
    pub(crate) fn did(&mut self) -> Vec<String> {
        mem::take(&mut self.done)
    }

    /// What was last put where it can be pasted from.
    pub(crate) fn copied(&self) -> &str {
        &self.copied
    }

    pub(crate) fn phase(&self) -> &'static str {
        self.call.snapshot().phase.name()
    }

    pub(crate) fn sees(&self) -> Phase {
        self.call.snapshot().phase
    }

    pub(crate) fn problem(&self) -> Option<Problem> {
        self.call.snapshot().problem
    }
}

fn kinds(media: Media) -> &'static str {
    match (media.audio, media.video) {
        (true, true) => "audio and video",
        (true, false) => "audio",
        (false, true) => "video",
        (false, false) => "nothing",
    }
}

fn words(output: &Output) -> String {
    match output {
        Output::OpenMedia(wish, _) => format!("ask for {}", kinds(*wish)),
        Output::CloseMedia => "light out".into(),
        Output::EnableMedia(sending) => format!("send {}", kinds(*sending)),
        Output::SendTracks => "send tracks".into(),
        Output::SwitchDevice(kind, id) => format!("use {kind:?} {id}"),
        Output::Blur(blur) => format!("blur {blur}"),
        Output::ShowLevel(show) => format!("level {show}"),
        Output::ListDevices => "list devices".into(),
        Output::PlayTone => "tone".into(),
        Output::ShareScreen => "share screen".into(),
        Output::UnshareScreen => "unshare screen".into(),
        Output::PictureInPicture(wanted) => format!("picture in picture {wanted}"),
        Output::FullScreen(wanted) => format!("full screen {wanted}"),
        Output::SetVolume(volume) => format!("volume {volume}"),
        Output::PlaySound => "play".into(),
        Output::KeepAwake(wanted) => format!("keep awake {wanted}"),
        Output::TakeOver => "take over".into(),
        Output::Copy(_) => "copy".into(),
        Output::OpenSheet => "open sheet".into(),
        Output::Reload => "reload".into(),
        Output::SaveProfile(..) => "remember".into(),
        Output::EraseProfile => "forget".into(),
        Output::Mark(it) => format!("mark {}", it.name()),
        Output::WarmUp(_) => "warm up".into(),
        Output::OpenSocket => "dial".into(),
        Output::CloseSocket { goodbye: true } => "hang up".into(),
        Output::CloseSocket { goodbye: false } => "change sockets".into(),
        Output::Send(frame) => format!("say {}", message(&frame.msg)),
        Output::Peer { command, .. } => self::command(command),
    }
}

fn message(msg: &ToServer) -> String {
    match msg {
        ToServer::Hello { resume: None, .. } => "hello".into(),
        ToServer::Hello { resume: Some(_), .. } => "hello again".into(),
        ToServer::Join { media, hide: false, .. } => format!("join with {}", kinds(*media)),
        ToServer::Join { media, hide: true, .. } => format!("join with {}, hidden", kinds(*media)),
        ToServer::Prepared { signal, number } => format!("{} ahead, number {number}", step(signal)),
        ToServer::Signal { signal, .. } => step(signal),
        ToServer::Connected { .. } => "connected".into(),
        ToServer::Failed { .. } => "failed".into(),
        ToServer::Next { .. } => "next".into(),
        ToServer::Block { .. } => "block".into(),
        ToServer::Unblock {} => "unblock".into(),
        ToServer::Leave {} => "leave".into(),
        ToServer::Ping {} => "ping".into(),
    }
}

fn step(signal: &Signal) -> String {
    match signal {
        Signal::Offer { .. } => "offer".into(),
        Signal::Answer { .. } => "answer".into(),
        Signal::Candidate(it) => format!("candidate {}", it.candidate.0),
        Signal::EndOfCandidates { .. } => "end of candidates".into(),
    }
}

fn command(command: &PeerCommand) -> String {
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
            format!("tell of {}{screen}{away}", kinds(presence.media()))
        }
        PeerCommand::Send(PeerMessage::Chat { number, text }) => format!("write {number} {text}"),
        PeerCommand::Send(PeerMessage::Got { number }) => format!("got {number}"),
        PeerCommand::Send(PeerMessage::Typing {}) => "type".into(),
        PeerCommand::Send(PeerMessage::React { reaction }) => format!("react {reaction:?}"),
        PeerCommand::Send(PeerMessage::Bye {}) => "say bye".into(),
        PeerCommand::Send(PeerMessage::Commit { .. }) => "commit".into(),
        PeerCommand::Send(PeerMessage::Nonce { .. }) => "tell the number".into(),
        PeerCommand::Send(PeerMessage::Reveal { .. }) => "reveal".into(),
        PeerCommand::SetServers { .. } => "set servers".into(),
        PeerCommand::RestartIce => "restart ice".into(),
        PeerCommand::LimitBitrate(SendProfile::Full) => "send all".into(),
        PeerCommand::LimitBitrate(SendProfile::Saving) => "send little".into(),
        PeerCommand::Measure => "measure".into(),
        PeerCommand::Close => "close peer".into(),
    }
}
