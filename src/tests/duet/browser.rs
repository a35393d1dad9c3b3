//! As much of a browser as the duet needs: an `RTCPeerConnection` by the letter of the W3C's signaling states, slow at
//! random, and media that flows when both ends mean the same exchange. It must not know the call.

use std::{collections::VecDeque, time::Duration};

use passerby::{
    call::{
        ConnectionState, Description, DescriptionKind, Failed, Input, Link, Measurement, MediaError,
        PeerDeed, PeerEvent, SignalingState,
    },
    protocol::{Candidate, Media, Sdp},
    time::Moment,
};

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
    /// Nothing of the media arrives here.
    pub(super) deaf: bool,
    peer: Option<Peer>,
    deeds: VecDeque<(Link, PeerDeed)>,
    serial: u64,
}

/// A connection.
struct Peer {
    link: Link,
    state: SignalingState,
    attached: bool,
    /// Something is left to negotiate.
    wishes: bool,
    channel_open: bool,
    /// The exchange each description belongs to: the serial of its offer.
    local: Option<Sdp>,
    remote: Option<Sdp>,
    pending: Option<Sdp>,
    /// The fragment of the last candidate that was added.
    reachable: Option<String>,
    /// Media has flowed, and goes on as it was agreed last while something new is negotiated.
    established: bool,
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
    pub(super) fn link(&self) -> Option<Link> {
        self.peer.as_ref().map(|it| it.link)
    }
}

/// The number of the exchange in a description.
fn exchange(sdp: &Sdp) -> &str {
    sdp.0.lines().last().unwrap_or_default()
}

fn fragment(sdp: &Sdp) -> &str {
    sdp.0.lines().next().and_then(|it| it.strip_prefix("a=ice-ufrag:")).unwrap_or_default()
}

impl World {
    pub(super) fn order(&mut self, side: Side, link: Link, deed: PeerDeed) {
        match deed {
            PeerDeed::Open { .. } => {
                let browser = &mut self.browsers[side];
                assert!(browser.peer.is_none(), "two connections at a time");
                browser.deeds.clear();
                browser.peer = Some(Peer {
                    link,
                    state: SignalingState::Stable,
                    attached: false,
                    wishes: false,
                    channel_open: false,
                    local: None,
                    remote: None,
                    pending: None,
                    reachable: None,
                    established: false,
                    connection: ConnectionState::New,
                    lost_at: Moment::default(),
                    counters: Measurement::default(),
                });
            }
            PeerDeed::Close => {
                self.browsers[side].peer = None;
                self.browsers[side].deeds.clear();
            }
            deed => {
                let was_idle = self.browsers[side].deeds.is_empty();
                self.browsers[side].deeds.push_back((link, deed));
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

    /// Does the next deed.
    pub(super) fn work(&mut self, side: Side) {
        self.update_media();
        let browser = &mut self.browsers[side];
        let Some((link, deed)) = browser.deeds.pop_front() else { return };
        let more = !browser.deeds.is_empty();
        let Some(peer) = browser.peer.as_mut().filter(|it| it.link == link) else { return };
        let events = match deed {
            PeerDeed::Open { .. } | PeerDeed::Close => Vec::new(),
            PeerDeed::Tell(message) => {
                // In order, and never lost: the channel repeats what is.
                let at = self.now + millis(20);
                self.schedule(at, Event::Told(1 - side, link, message));
                Vec::new()
            }
            PeerDeed::Attach => {
                assert!(!peer.attached, "tracks are attached once");
                (peer.attached, peer.wishes) = (true, peer.state == SignalingState::Stable);
                Vec::new()
            }
            PeerDeed::SetLocal => {
                browser.serial += 1;
                peer.set_local(&format!("{side}-{}", browser.serial))
            }
            PeerDeed::SetRemote(description) => peer.set_remote(description),
            PeerDeed::AddCandidate(candidate) => {
                let remote = peer.remote.as_ref().expect("no candidate before its description");
                let named = candidate.username_fragment;
                assert_eq!(named.as_deref(), Some(fragment(remote)), "a candidate of another generation");
                peer.reachable = named;
                Vec::new()
            }
            PeerDeed::EndCandidates { .. } => Vec::new(),
            PeerDeed::Measure => vec![PeerEvent::Measured(peer.counters)],
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
        if peer.wishes && peer.state == SignalingState::Stable && browser.deeds.is_empty() {
            peer.wishes = false;
            let (now, link, event) = (self.now, peer.link, PeerEvent::NegotiationNeeded);
            self.schedule(now, Event::Page(side, Input::Peer { link, event }));
        }
    }

    /// Whether the two mean the same exchange, and can reach each other.
    pub(super) fn agree(&self) -> bool {
        let [Some(one), Some(other)] = [&self.browsers[0].peer, &self.browsers[1].peer] else { return false };
        let same = |a: &Option<Sdp>, b: &Option<Sdp>| a.is_some() && a == b;
        one.link == other.link
            && same(&one.local, &other.remote)
            && same(&other.local, &one.remote)
            && one.reaches()
            && other.reaches()
    }

    /// Whether media flows between the two.
    pub(super) fn is_connected(&self) -> bool {
        let [Some(one), Some(other)] = [&self.browsers[0].peer, &self.browsers[1].peer] else { return false };
        let goes_on = one.link == other.link && one.established && other.established;
        !self.media_blocked && (goes_on || self.agree())
    }

    /// Lets media flow for a moment, and ICE notice that it does or does not.
    fn update_media(&mut self) {
        let connected = self.is_connected();
        for side in 0..2 {
            let now = self.now;
            let (deaf, theirs) = (self.browsers[side].deaf, self.browsers[1 - side].open);
            let Some(peer) = &mut self.browsers[side].peer else { continue };
            let link = peer.link;
            let state = match (connected, peer.connection) {
                (true, ConnectionState::Connected) => {
                    peer.established = true;
                    // A camera that is turned off sends black, one that is gone sends nothing.
                    let flows = |device: bool| u64::from(device && !deaf);
                    peer.counters.bytes_received += 1_000 * flows(theirs.audio || theirs.video);
                    peer.counters.frames_decoded += flows(theirs.video);
                    peer.counters.audio_packets += flows(theirs.audio);
                    continue;
                }
                (true, ConnectionState::New | ConnectionState::Disconnected) => ConnectionState::Connected,
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
            let events = [Some(PeerEvent::Connection(state)), opens.then_some(PeerEvent::ChannelOpened)];
            for event in events.into_iter().flatten() {
                self.schedule(now, Event::Page(side, Input::Peer { link, event }));
            }
        }
    }
}

impl Peer {
    /// Whether it knows a way to the partner that it has agreed with.
    fn reaches(&self) -> bool {
        self.reachable.as_deref() == self.remote.as_ref().map(fragment)
    }

    fn set_local(&mut self, serial: &str) -> Vec<PeerEvent> {
        let (kind, state) = match self.state {
            SignalingState::Stable => (DescriptionKind::Offer, SignalingState::HaveLocalOffer),
            SignalingState::HaveRemoteOffer => (DescriptionKind::Answer, SignalingState::Stable),
            SignalingState::HaveLocalOffer | SignalingState::Closed => {
                return vec![PeerEvent::LocalSet(Err(Failed))];
            }
        };
        let sdp = Sdp(format!("a=ice-ufrag:{serial}\n{serial}"));
        self.state = state;
        match kind {
            DescriptionKind::Offer => self.pending = Some(sdp.clone()),
            DescriptionKind::Answer => self.local = Some(sdp.clone()),
        }
        let candidate = Candidate {
            candidate: Sdp(format!("candidate:{}", exchange(&sdp))),
            sdp_mid: Some("0".to_owned()),
            sdp_m_line_index: Some(0),
            username_fragment: Some(serial.to_owned()),
        };
        vec![
            PeerEvent::Signaling(state),
            PeerEvent::LocalSet(Ok(Description { kind, sdp })),
            PeerEvent::CandidateFound(candidate),
            PeerEvent::CandidatesEnded { username_fragment: Some(serial.to_owned()) },
        ]
    }

    fn set_remote(&mut self, description: Description) -> Vec<PeerEvent> {
        let state = match (description.kind, self.state) {
            // With an own offer out this is the implicit rollback; what it was for is still wanted.
            (DescriptionKind::Offer, SignalingState::Stable | SignalingState::HaveLocalOffer) => {
                self.wishes |= self.pending.take().is_some();
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
