//! As much of a browser as the duet needs: an `RTCPeerConnection` by the letter of the W3C's signaling states, slow at
//! random, and media that flows when both ends mean the same exchange. It must not know the call.

use std::{collections::VecDeque, time::Duration};

use passerby::{
    call::{
        ConnectionId, ConnectionState, Description, DescriptionKind, Failed, Input, Measurement, MediaError,
        PeerCommand, PeerEvent, SignalingState,
    },
    protocol::{Candidate, Media, PeerMessage, Sdp},
    time::Moment,
};
use uuid::Uuid;

use super::{Event, Side, World, millis};

/// How long ICE looks for a lost path before it gives up; Chromium takes about as long.
const ICE_GIVES_UP_AFTER: Duration = Duration::from_secs(15);

/// One page's browser.
#[derive(Default)]
pub(super) struct Browser {
    /// The camera is open, or being opened.
    pub(super) camera_open: bool,
    /// The devices that are there, once they were opened.
    pub(super) open: Media,
    /// The person says no.
    pub(super) refused: bool,
    /// What of it is let through.
    pub(super) sending: Media,
    /// Nothing of the media arrives here.
    pub(super) deaf: bool,
    /// The network that this browser is in; candidates of another one lead nowhere.
    network: u32,
    peer: Option<Peer>,
    commands: VecDeque<(ConnectionId, PeerCommand)>,
    serial: u64,
    last_link: u32,
}

/// A connection.
struct Peer {
    link: ConnectionId,
    state: SignalingState,
    attached: bool,
    /// Something is left to negotiate.
    wishes: bool,
    channel_open: bool,
    certificate: String,
    /// The ICE generation of this end, and the network it was gathered in.
    generation: Option<(String, u32)>,
    /// The next local description begins a new one.
    restarts: bool,
    /// The descriptions in force.
    local: Option<Sdp>,
    remote: Option<Sdp>,
    pending: Option<Sdp>,
    /// The fragment of the last candidate that was added, and the network it leads to.
    reachable: Option<(String, u32)>,
    /// The networks between which media has flowed; it goes on as it was agreed last while something new is negotiated.
    established: Option<[u32; 2]>,
    /// What was said over the channel and could not be delivered yet.
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

    /// The connection that is open.
    pub(super) fn link(&self) -> Option<ConnectionId> {
        self.peer.as_ref().map(|it| it.link)
    }
}

/// The number of the network in a candidate.
fn network(candidate: &Candidate) -> u32 {
    candidate.candidate.0.split(' ').nth(1).and_then(|it| it.parse().ok()).expect("our own candidate")
}

fn fragment(sdp: &Sdp) -> &str {
    sdp.0.lines().next().and_then(|it| it.strip_prefix("a=ice-ufrag:")).unwrap_or_default()
}

/// A certificate that no other connection has.
fn certificate(side: Side, ConnectionId(number): ConnectionId) -> String {
    let bytes = [side as u8, number.to_le_bytes()[0], number.to_le_bytes()[1]];
    let hex: Vec<_> = bytes.into_iter().chain([0; 29]).map(|it| format!("{it:02X}")).collect();
    format!("a=fingerprint:sha-256 {}", hex.join(":"))
}

impl World {
    pub(super) fn order(&mut self, side: Side, link: ConnectionId, command: PeerCommand) {
        match command {
            PeerCommand::Open { .. } => {
                let browser = &mut self.browsers[side];
                assert!(browser.peer.is_none(), "two connections at a time");
                assert!(link.0 > browser.last_link, "a connection is opened once");
                browser.last_link = link.0;
                browser.commands.clear();
                browser.peer = Some(Peer {
                    link,
                    state: SignalingState::Stable,
                    attached: false,
                    wishes: false,
                    channel_open: false,
                    certificate: certificate(side, link),
                    generation: None,
                    restarts: false,
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
                // What was told before is still delivered, as far as there is a path.
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
                    self.plan_work(side);
                }
            }
        }
    }

    fn plan_work(&mut self, side: Side) {
        let at = self.now + self.within(1..15);
        self.schedule(at, Event::Browser(side));
    }

    /// Does the next command.
    pub(super) fn work(&mut self, side: Side) {
        self.update_media();
        let browser = &mut self.browsers[side];
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
                (peer.restarts, peer.wishes) = (true, true);
                Vec::new()
            }
            PeerCommand::SetServers { .. } | PeerCommand::LimitBitrate(_) => Vec::new(),
            PeerCommand::Attach => {
                assert!(!peer.attached, "tracks are attached once");
                peer.attached = true;
                peer.wishes |= peer.state == SignalingState::Stable;
                Vec::new()
            }
            PeerCommand::SetLocal => {
                browser.serial += 1;
                peer.set_local(&format!("{side}-{}", browser.serial), browser.network)
            }
            PeerCommand::SetRemote(description) => peer.set_remote(description),
            PeerCommand::AddCandidate(candidate) => {
                let remote = peer.remote.as_ref().expect("no candidate before its description");
                let named = candidate.username_fragment.clone();
                assert_eq!(named.as_deref(), Some(fragment(remote)), "a candidate of another generation");
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
            self.plan_work(side);
        }
        self.negotiate_if_needed(side);
        self.update_media();
    }

    /// Asks for devices; the person may say no.
    pub(super) fn open_media(&mut self, side: Side, wish: Media) {
        let at = self.now + self.within(1..50);
        let browser = &mut self.browsers[side];
        let answer = if browser.refused {
            Input::MediaFailed(MediaError::Blocked { granted: Media::default() })
        } else {
            (browser.camera_open, browser.open) = (true, wish);
            Input::MediaOpened(wish)
        };
        self.schedule(at, Event::Page(side, answer));
    }

    /// Something has changed that the two must agree on.
    pub(super) fn renegotiate(&mut self, side: Side) {
        if let Some(peer) = self.browsers[side].peer.as_mut().filter(|it| it.attached) {
            peer.wishes = true;
        }
        self.negotiate_if_needed(side);
    }

    /// `negotiationneeded` comes only while the connection is stable and has nothing else to do.
    fn negotiate_if_needed(&mut self, side: Side) {
        let browser = &mut self.browsers[side];
        let Some(peer) = &mut browser.peer else { return };
        if peer.wishes && peer.state == SignalingState::Stable && browser.commands.is_empty() {
            peer.wishes = false;
            let (now, link, event) = (self.now, peer.link, PeerEvent::NegotiationNeeded);
            self.schedule(now, Event::Page(side, Input::Peer { link, event }));
        }
    }

    /// Whether the two mean the same exchange, and can reach each other.
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
        let goes_on = [one, other].iter().all(|it| it.established == Some(networks));
        !self.media_blocked && (goes_on || self.agree())
    }

    fn networks(&self) -> [u32; 2] {
        [self.browsers[0].network, self.browsers[1].network]
    }

    /// A browser gets into another network: no path leads there until a new one was looked for.
    pub(super) fn change_network(&mut self, side: Side) {
        self.browsers[side].network += 1;
        self.update_media();
    }

    /// In order, and never lost while the connection lasts: the channel repeats what is.
    fn send_over_channel(&mut self, side: Side, message: PeerMessage) {
        let connected = self.is_connected() && !self.browsers[1 - side].deaf;
        let theirs = self.browsers[1 - side].peer.as_ref().map(|it| it.link);
        let Some(peer) = &mut self.browsers[side].peer else { return };
        match theirs.filter(|_| connected && peer.backlog.is_empty()) {
            Some(link) => {
                let at = self.now + millis(20);
                self.schedule(at, Event::Told(1 - side, link, message));
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

    /// Lets media flow for a moment, and ICE notice that it does or does not.
    fn update_media(&mut self) {
        let (connected, networks) = (self.is_connected(), self.networks());
        for side in 0..2 {
            if connected {
                self.deliver_backlog(side);
            }
            let now = self.now;
            let theirs = &self.browsers[1 - side];
            let both = |one: bool, other: bool| one && other;
            let theirs = Media {
                audio: both(theirs.open.audio, theirs.sending.audio),
                video: both(theirs.open.video, theirs.sending.video),
            };
            let deaf = self.browsers[side].deaf;
            let Some(peer) = &mut self.browsers[side].peer else { continue };
            let link = peer.link;
            let state = match (connected, peer.connection) {
                (true, ConnectionState::Connected) => {
                    peer.established = Some(networks);
                    let flows = |device: bool| u64::from(device && !deaf);
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
    /// Whether it knows a way to the partner that it has agreed with.
    fn reaches(&self, their_network: u32) -> bool {
        let theirs = self.remote.as_ref().map(fragment);
        self.reachable
            .as_ref()
            .is_some_and(|(it, network)| Some(it.as_str()) == theirs && *network == their_network)
    }

    fn set_local(&mut self, serial: &str, network: u32) -> Vec<PeerEvent> {
        let (kind, state) = match self.state {
            // An offer that is out may be replaced by another.
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
        let sdp = Sdp(format!("a=ice-ufrag:{fragment}\n{}\n{serial}", self.certificate));
        self.state = state;
        match kind {
            DescriptionKind::Offer => self.pending = Some(sdp.clone()),
            DescriptionKind::Answer => self.local = Some(sdp.clone()),
        }
        let candidate = Candidate {
            candidate: Sdp(format!("candidate: {network}")),
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
            // With an own offer out this is the implicit rollback; what it was for is still wanted.
            (DescriptionKind::Offer, SignalingState::Stable | SignalingState::HaveLocalOffer) => {
                if self.pending.take().is_some() {
                    // The generation of an offer that is taken back is never used.
                    (self.wishes, self.restarts) = (true, true);
                }
                // Who is asked for a new generation answers with one.
                let before = self.remote.as_ref().map(fragment);
                self.restarts |= before.is_some_and(|it| it != fragment(&description.sdp));
                SignalingState::HaveRemoteOffer
            }
            (DescriptionKind::Answer, SignalingState::HaveLocalOffer) => {
                self.local = self.pending.take();
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
