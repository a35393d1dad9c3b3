//! The simulated browser: an `RTCPeerConnection` with the signaling states of the W3C and random delays.
//!
//! Media flows when both ends have agreed on the same descriptions and can reach each other's network.

use std::{collections::VecDeque, time::Duration};

use passerby::{
    call::{
        ConnectionId, ConnectionState, Description, DescriptionKind, DeviceKind, Failed, Input, Measurement,
        MediaError, OpenRequest, PeerCommand, PeerEvent, SignalingState,
    },
    protocol::{Candidate, Media, PeerMessage, Sdp},
    time::Moment,
};
use uuid::Uuid;

use super::{Event, Side, World, millis, transceivers::Transceivers};

/// How long ICE looks for a lost path before it fails; Chromium takes about as long.
const ICE_GIVES_UP_AFTER: Duration = Duration::from_secs(15);

/// One page's browser.
#[derive(Default)]
pub(super) struct Browser {
    /// The camera is open, or being opened.
    pub(super) camera_open: bool,
    /// The devices that were opened and not lost since.
    pub(super) open: Media,
    /// The request that has opened the camera last.
    pub(super) camera_request: u32,
    /// The person denies permission.
    pub(super) blocks_devices: bool,
    /// The opened devices that are not muted.
    pub(super) sending: Media,
    /// No media and no channel messages arrive here.
    pub(super) receives_nothing: bool,
    /// The network of this browser; candidates of another network are unreachable.
    network: u32,
    peer: Option<Peer>,
    commands: VecDeque<(ConnectionId, PeerCommand)>,
    serial: u64,
    last_connection: u32,
}

/// A peer connection.
struct Peer {
    link: ConnectionId,
    /// It gathers relayed candidates only.
    relay_only: bool,
    state: SignalingState,
    attached: bool,
    /// A change must be negotiated.
    needs_negotiation: bool,
    channel_open: bool,
    certificate: String,
    /// The ICE generation of this end, and the network in which it was gathered.
    generation: Option<(String, u32)>,
    /// The next local description starts a new generation.
    restarts: bool,
    transceivers: Transceivers,
    /// The descriptions in force.
    local: Option<Sdp>,
    remote: Option<Sdp>,
    pending: Option<Sdp>,
    /// The username fragment and network of the last candidate that was added.
    reachable: Option<(String, u32)>,
    /// The networks between which media has flowed; it continues there during a later negotiation.
    established: Option<[u32; 2]>,
    /// Channel messages that could not be delivered yet.
    backlog: Vec<PeerMessage>,
    connection: ConnectionState,
    /// When the path was lost.
    lost_at: Moment,
    counters: Measurement,
}

impl Browser {
    pub(super) fn is_peer_open(&self) -> bool {
        self.peer.is_some()
    }

    /// Closes a camera or microphone.
    pub(super) fn close_device(&mut self, kind: DeviceKind) {
        match kind {
            DeviceKind::Camera => self.open.video = false,
            DeviceKind::Microphone => self.open.audio = false,
            DeviceKind::Speaker => {}
        }
    }

    /// The tracks that are open and not muted: sound and picture.
    fn sending_tracks(&self) -> [bool; 2] {
        [self.open.audio && self.sending.audio, self.open.video && self.sending.video]
    }

    /// Sends exactly the tracks that are open and not muted.
    pub(super) fn send_tracks(&mut self) {
        let tracks = self.sending_tracks();
        if let Some(peer) = self.peer.as_mut().filter(|it| it.attached) {
            peer.transceivers.send(tracks);
        }
    }

    /// The open connection.
    pub(super) fn link(&self) -> Option<ConnectionId> {
        self.peer.as_ref().map(|it| it.link)
    }
}

/// A candidate whose port is the number of its network.
fn candidate_text(network: u32, relay_only: bool) -> Sdp {
    let kind = if relay_only { "relay" } else { "host" };
    Sdp(format!("candidate:1 1 udp 1 203.0.113.1 {network} typ {kind}"))
}

/// The number of the network in a candidate.
fn network(candidate: &Candidate) -> u32 {
    candidate
        .candidate
        .0
        .split(' ')
        .nth(5)
        .and_then(|it| it.parse().ok())
        .expect("a candidate of this simulation")
}

fn fragment(sdp: &Sdp) -> &str {
    sdp.0.lines().next().and_then(|it| it.strip_prefix("a=ice-ufrag:")).unwrap_or_default()
}

/// A certificate that is unique to one connection.
fn certificate(side: Side, ConnectionId(number): ConnectionId) -> String {
    let bytes = [side as u8, number.to_le_bytes()[0], number.to_le_bytes()[1]];
    let hex: Vec<_> = bytes.into_iter().chain([0; 29]).map(|it| format!("{it:02X}")).collect();
    format!("a=fingerprint:sha-256 {}", hex.join(":"))
}

impl World {
    pub(super) fn on_command(&mut self, side: Side, link: ConnectionId, command: PeerCommand) {
        match command {
            PeerCommand::Open { relay_only, .. } => {
                let browser = &mut self.browsers[side];
                assert!(browser.peer.is_none(), "only one connection exists at a time");
                assert!(link.0 > browser.last_connection, "each connection is opened once");
                browser.last_connection = link.0;
                browser.commands.clear();
                browser.peer = Some(Peer {
                    link,
                    relay_only,
                    state: SignalingState::Stable,
                    attached: false,
                    needs_negotiation: false,
                    channel_open: false,
                    certificate: certificate(side, link),
                    generation: None,
                    restarts: false,
                    transceivers: Transceivers::default(),
                    local: None,
                    remote: None,
                    pending: None,
                    reachable: None,
                    established: None,
                    backlog: Vec::new(),
                    connection: ConnectionState::New,
                    lost_at: Moment::default(),
                    counters: Measurement::default(),
                });
            }
            PeerCommand::Close => {
                // Messages sent before the close are still delivered if there is a path.
                let commands = std::mem::take(&mut self.browsers[side].commands);
                for (_, command) in commands {
                    if let PeerCommand::Send(message) = command {
                        self.send_over_channel(side, message);
                    }
                }
                self.browsers[side].peer = None;
                self.browsers[side].commands.clear();
            }
            command => {
                let was_idle = self.browsers[side].commands.is_empty();
                self.browsers[side].commands.push_back((link, command));
                if was_idle {
                    self.schedule_next_command(side);
                }
            }
        }
    }

    fn schedule_next_command(&mut self, side: Side) {
        let at = self.now + self.random_duration(1..15);
        self.schedule(at, Event::Browser(side));
    }

    /// Runs the next command.
    pub(super) fn run_next_command(&mut self, side: Side) {
        self.update_media();
        let browser = &mut self.browsers[side];
        let tracks = browser.sending_tracks();
        let Some((link, command)) = browser.commands.pop_front() else { return };
        let more = !browser.commands.is_empty();
        let Some(peer) = browser.peer.as_mut().filter(|it| it.link == link) else { return };
        let events = match command {
            PeerCommand::Open { .. } | PeerCommand::Close => Vec::new(),
            PeerCommand::Send(message) => {
                self.send_over_channel(side, message);
                Vec::new()
            }
            PeerCommand::RestartIce => {
                (peer.restarts, peer.needs_negotiation) = (true, true);
                Vec::new()
            }
            PeerCommand::SetServers { relay_only, .. } => {
                peer.relay_only = relay_only;
                Vec::new()
            }
            PeerCommand::LimitBitrate(_) | PeerCommand::RefreshPicture => Vec::new(),
            PeerCommand::Attach => {
                assert!(!peer.attached, "tracks are attached once");
                peer.attached = true;
                peer.transceivers.attach(tracks);
                peer.needs_negotiation |= peer.state == SignalingState::Stable;
                Vec::new()
            }
            PeerCommand::SetLocal => {
                browser.serial += 1;
                peer.set_local(&format!("{side}-{}", browser.serial), browser.network)
            }
            PeerCommand::SetRemote(description) => peer.set_remote(description),
            PeerCommand::AddCandidate(candidate) => {
                let remote = peer.remote.as_ref().expect("a candidate is added after its description");
                let named = candidate.username_fragment.clone();
                assert_eq!(
                    named.as_deref(),
                    Some(fragment(remote)),
                    "a candidate belongs to the current generation"
                );
                peer.reachable = named.map(|it| (it, network(&candidate)));
                Vec::new()
            }
            PeerCommand::EndCandidates { .. } => Vec::new(),
            PeerCommand::Measure => vec![PeerEvent::Measured(peer.counters)],
        };
        for event in events {
            let at = self.now;
            self.schedule(at, Event::Page(side, Input::Peer { link, event }));
        }
        if more {
            self.schedule_next_command(side);
        }
        self.negotiate_if_needed(side);
        self.update_media();
    }

    /// Asks for devices; the person may deny them.
    pub(super) fn open_media(&mut self, side: Side, request: &OpenRequest) {
        let at = self.now + self.random_duration(1..50);
        let (number, requested) = (request.number, request.media());
        let browser = &mut self.browsers[side];
        let answer = if browser.blocks_devices {
            Input::MediaFailed(number, MediaError::Blocked { granted: Media::default() })
        } else {
            browser.camera_open = true;
            browser.open.audio |= requested.audio;
            browser.open.video |= requested.video;
            if requested.video {
                browser.camera_request = number;
            }
            Input::MediaOpened(number, requested.into())
        };
        self.schedule(at, Event::Page(side, answer));
    }

    /// Makes a change that must be negotiated.
    pub(super) fn renegotiate(&mut self, side: Side) {
        if let Some(peer) = self.browsers[side].peer.as_mut().filter(|it| it.attached) {
            peer.needs_negotiation = true;
        }
        self.negotiate_if_needed(side);
    }

    /// Fires `negotiationneeded`, but only while the connection is stable and has no commands left.
    fn negotiate_if_needed(&mut self, side: Side) {
        let browser = &mut self.browsers[side];
        let Some(peer) = &mut browser.peer else { return };
        if peer.needs_negotiation && peer.state == SignalingState::Stable && browser.commands.is_empty() {
            peer.needs_negotiation = false;
            let (now, link, event) = (self.now, peer.link, PeerEvent::NegotiationNeeded);
            self.schedule(now, Event::Page(side, Input::Peer { link, event }));
        }
    }

    /// Whether both ends agreed on the same descriptions and can reach each other.
    pub(super) fn agree(&self) -> bool {
        let [Some(one), Some(other)] = [&self.browsers[0].peer, &self.browsers[1].peer] else { return false };
        let same = |a: &Option<Sdp>, b: &Option<Sdp>| a.is_some() && a == b;
        same(&one.local, &other.remote)
            && same(&other.local, &one.remote)
            && one.reaches(self.browsers[1].network)
            && other.reaches(self.browsers[0].network)
    }

    /// Whether media flows between the two.
    pub(super) fn is_connected(&self) -> bool {
        let [Some(one), Some(other)] = [&self.browsers[0].peer, &self.browsers[1].peer] else { return false };
        let networks = self.networks();
        let continues = [one, other].iter().all(|it| it.established == Some(networks));
        !self.media_blocked && (continues || self.agree())
    }

    fn networks(&self) -> [u32; 2] {
        [self.browsers[0].network, self.browsers[1].network]
    }

    /// Moves a browser to another network: there is no path to it until ICE finds a new one.
    pub(super) fn change_network(&mut self, side: Side) {
        self.browsers[side].network += 1;
        self.update_media();
    }

    /// Sends over the data channel: in order, and without loss while the connection lasts.
    fn send_over_channel(&mut self, side: Side, message: PeerMessage) {
        let connected = self.is_connected() && !self.browsers[1 - side].receives_nothing;
        let theirs = self.browsers[1 - side].peer.as_ref().map(|it| it.link);
        let Some(peer) = &mut self.browsers[side].peer else { return };
        match theirs.filter(|_| connected && peer.backlog.is_empty()) {
            Some(link) => {
                let at = self.now + millis(20);
                self.schedule(at, Event::PeerMessage(1 - side, link, message));
            }
            None => peer.backlog.push(message),
        }
    }

    fn deliver_backlog(&mut self, side: Side) {
        let Some(peer) = &mut self.browsers[side].peer else { return };
        for message in std::mem::take(&mut peer.backlog) {
            self.send_over_channel(side, message);
        }
    }

    /// What the connection carries of the media of a page.
    pub(super) fn media_on_the_way(&self, side: Side) -> Media {
        let browser = &self.browsers[side];
        let [audio, video] = browser.peer.as_ref().map_or([false; 2], |it| it.transceivers.sent());
        let [sends_audio, sends_video] = browser.sending_tracks();
        Media { audio: audio && sends_audio, video: video && sends_video }
    }

    /// Lets media flow for a moment, and updates the connection state.
    fn update_media(&mut self) {
        let (connected, networks) = (self.is_connected(), self.networks());
        for side in 0..2 {
            if connected {
                self.deliver_backlog(side);
            }
            let now = self.now;
            let theirs = self.media_on_the_way(1 - side);
            let receives_nothing = self.browsers[side].receives_nothing;
            let Some(peer) = &mut self.browsers[side].peer else { continue };
            let link = peer.link;
            let state = match (connected, peer.connection) {
                (true, ConnectionState::Connected) => {
                    peer.established = Some(networks);
                    let flows = |device: bool| u64::from(device && !receives_nothing);
                    peer.counters.bytes_received += 1_000 * flows(theirs.audio || theirs.video);
                    peer.counters.frames_decoded += flows(theirs.video);
                    peer.counters.audio_packets += flows(theirs.audio);
                    continue;
                }
                (true, ConnectionState::New | ConnectionState::Disconnected | ConnectionState::Failed) => {
                    ConnectionState::Connected
                }
                (false, ConnectionState::Connected) => {
                    peer.lost_at = now;
                    ConnectionState::Disconnected
                }
                (false, ConnectionState::Disconnected) if now - peer.lost_at > ICE_GIVES_UP_AFTER => {
                    ConnectionState::Failed
                }
                (true | false, _) => continue,
            };
            peer.connection = state;
            let opens =
                state == ConnectionState::Connected && !std::mem::replace(&mut peer.channel_open, true);
            let nonce = Uuid::from_u128(u128::from(self.rng.u64(..)));
            let events = [
                opens.then_some(PeerEvent::PathFound),
                Some(PeerEvent::Connection(state)),
                opens.then_some(PeerEvent::ChannelOpened { nonce }),
            ];
            for event in events.into_iter().flatten() {
                self.schedule(now, Event::Page(side, Input::Peer { link, event }));
            }
        }
    }
}

impl Peer {
    /// Whether it has a candidate of the partner's current description and network.
    fn reaches(&self, their_network: u32) -> bool {
        let theirs = self.remote.as_ref().map(fragment);
        self.reachable
            .as_ref()
            .is_some_and(|(it, network)| Some(it.as_str()) == theirs && *network == their_network)
    }

    fn set_local(&mut self, serial: &str, network: u32) -> Vec<PeerEvent> {
        let (kind, state) = match self.state {
            // A pending offer may be replaced by another.
            SignalingState::Stable | SignalingState::HaveLocalOffer => {
                (DescriptionKind::Offer, SignalingState::HaveLocalOffer)
            }
            SignalingState::HaveRemoteOffer => (DescriptionKind::Answer, SignalingState::Stable),
            SignalingState::Closed => return vec![PeerEvent::LocalSet(Err(Failed))],
        };
        let gathers = std::mem::take(&mut self.restarts) || self.generation.is_none();
        if gathers {
            self.generation = Some((serial.to_owned(), network));
        }
        let (fragment, network) = self.generation.clone().unwrap_or_default();
        let sections = match kind {
            DescriptionKind::Offer => self.transceivers.set_local_offer(),
            DescriptionKind::Answer => self.transceivers.set_local_answer(),
        };
        let sdp = Sdp(format!("a=ice-ufrag:{fragment}\n{}\n{serial}\n{sections}", self.certificate));
        self.state = state;
        match kind {
            DescriptionKind::Offer => self.pending = Some(sdp.clone()),
            DescriptionKind::Answer => {
                self.local = Some(sdp.clone());
                self.needs_negotiation |= self.transceivers.needs_negotiation();
            }
        }
        let candidate = Candidate {
            candidate: candidate_text(network, self.relay_only),
            sdp_mid: Some("0".to_owned()),
            sdp_m_line_index: Some(0),
            username_fragment: Some(fragment.clone()),
        };
        let mut events =
            vec![PeerEvent::Signaling(state), PeerEvent::LocalSet(Ok(Description { kind, sdp }))];
        if gathers {
            events.push(PeerEvent::CandidateFound(candidate));
            events.push(PeerEvent::CandidatesEnded { username_fragment: Some(fragment) });
        }
        events
    }

    fn set_remote(&mut self, description: Description) -> Vec<PeerEvent> {
        let state = match (description.kind, self.state) {
            // With an offer of our own pending this is the implicit rollback; our change must still be negotiated.
            (DescriptionKind::Offer, SignalingState::Stable | SignalingState::HaveLocalOffer) => {
                if self.pending.take().is_some() {
                    // The generation of a rolled-back offer is never used.
                    (self.needs_negotiation, self.restarts) = (true, true);
                }
                // A new generation in the offer requires one in the answer.
                let before = self.remote.as_ref().map(fragment);
                self.restarts |= before.is_some_and(|it| it != fragment(&description.sdp));
                self.transceivers.set_remote_offer(&description.sdp.0);
                SignalingState::HaveRemoteOffer
            }
            (DescriptionKind::Answer, SignalingState::HaveLocalOffer) => {
                self.local = self.pending.take();
                self.transceivers.set_remote_answer();
                self.needs_negotiation |= self.transceivers.needs_negotiation();
                SignalingState::Stable
            }
            (DescriptionKind::Offer, SignalingState::HaveRemoteOffer | SignalingState::Closed)
            | (
                DescriptionKind::Answer,
                SignalingState::Stable | SignalingState::HaveRemoteOffer | SignalingState::Closed,
            ) => return vec![PeerEvent::RemoteSet(Err(Failed))],
        };
        self.remote = Some(description.sdp);
        self.state = state;
        vec![PeerEvent::Signaling(state), PeerEvent::RemoteSet(Ok(()))]
    }
}
