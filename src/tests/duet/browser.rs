//! As much of a browser as the duet needs: an `RTCPeerConnection` by the letter of the W3C's signaling states, slow at
//! random, and media that flows when both ends mean the same exchange. It must not know the call.

use std::{collections::VecDeque, time::Duration};

use passerby::{
    call::{
        ConnectionState, Description, DescriptionKind, Failed, Input, Link, Measurement, PeerDeed, PeerEvent,
        SignalingState,
    },
    protocol::{Candidate, Sdp},
    time::Moment,
};

use super::{Event, Side, World};

/// How long ICE looks for a lost path before it gives up; Chromium takes about as long.
const ICE_GIVES_UP_AFTER: Duration = Duration::from_secs(15);

/// One page's browser.
#[derive(Default)]
pub(super) struct Browser {
    /// The camera is open, or being opened.
    pub(super) camera_open: bool,
    peer: Option<Peer>,
    deeds: VecDeque<(Link, PeerDeed)>,
    serial: u64,
}

/// A connection.
struct Peer {
    link: Link,
    state: SignalingState,
    attached: bool,
    /// The exchange each description belongs to: the serial of its offer.
    local: Option<Sdp>,
    remote: Option<Sdp>,
    pending: Option<Sdp>,
    reachable: bool,
    connection: ConnectionState,
    /// When the path was lost.
    lost_at: Moment,
    counters: Measurement,
}

impl Browser {
    pub(super) fn is_peer_open(&self) -> bool {
        self.peer.is_some()
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
                    local: None,
                    remote: None,
                    pending: None,
                    reachable: false,
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
            PeerDeed::Open { .. } | PeerDeed::Close | PeerDeed::Tell(_) => Vec::new(),
            PeerDeed::Attach => {
                peer.attached = true;
                if peer.state == SignalingState::Stable {
                    vec![PeerEvent::NegotiationNeeded]
                } else {
                    Vec::new()
                }
            }
            PeerDeed::SetLocal => {
                browser.serial += 1;
                peer.set_local(&format!("{side}-{}", browser.serial))
            }
            PeerDeed::SetRemote(description) => peer.set_remote(description),
            PeerDeed::AddCandidate(candidate) => {
                let remote = peer.remote.as_ref().expect("no candidate before its description");
                peer.reachable |= candidate.username_fragment.as_deref() == Some(fragment(remote));
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
        self.update_media();
    }

    /// Whether media can flow between the two.
    pub(super) fn is_connected(&self) -> bool {
        let [Some(one), Some(other)] = [&self.browsers[0].peer, &self.browsers[1].peer] else { return false };
        let same = |a: &Option<Sdp>, b: &Option<Sdp>| a.is_some() && a == b;
        one.link == other.link
            && same(&one.local, &other.remote)
            && same(&other.local, &one.remote)
            && one.reachable
            && other.reachable
            && !self.media_blocked
    }

    /// Lets media flow for a moment, and ICE notice that it does or does not.
    fn update_media(&mut self) {
        let connected = self.is_connected();
        for side in 0..2 {
            let now = self.now;
            let Some(peer) = &mut self.browsers[side].peer else { continue };
            let link = peer.link;
            let state = match (connected, peer.connection) {
                (true, ConnectionState::Connected) => {
                    peer.counters.bytes_received += 1_000;
                    peer.counters.frames_decoded += 1;
                    peer.counters.audio_packets += 1;
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
            let event = PeerEvent::Connection(state);
            self.schedule(now, Event::Page(side, Input::Peer { link, event }));
        }
    }
}

impl Peer {
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
            // With an own offer out this is the implicit rollback.
            (DescriptionKind::Offer, SignalingState::Stable | SignalingState::HaveLocalOffer) => {
                self.pending = None;
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
