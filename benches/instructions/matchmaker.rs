//! The matchmaker's operations, with few and with many waiting peers.

use passerby::{
    matchmaker::{
        EdgeId, Input, Matchmaker, MatchmakerConfig, Network, NetworkSanction, Output, Readings,
        SanctionUpdate, SiteIndex, SocketId, Visit,
    },
    protocol::{
        DeviceId, Epoch, Frame, MatchId, Media, NetworkTag, NoticeKind, ReportReason, SanctionNotice, Sdp,
        Signal, Tastes, ToBrowser, ToServer,
    },
    time::Moment,
};
use uuid::Uuid;

use crate::{REPETITIONS, counted, hello::hello, signals::OFFER, tastes::own_tastes};

/// Numbers of waiting peers: few and many.
pub(crate) const CROWD_SIZES: [usize; 2] = [1_000, 100_000];

/// An operation to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A peer that finds no partner joins the queue and leaves it.
    JoinAndLeave,
    /// Two peers are paired and part.
    Match,
    /// One of a pair asks for another partner, and waits.
    Next,
    /// One of a pair sends an offer to the other.
    Forward,
    /// A waiting peer widens its search.
    Widen,
    /// A peer opens a socket and says hello.
    Hello,
}

impl Operation {
    pub(crate) const ALL: [Self; 6] =
        [Self::JoinAndLeave, Self::Match, Self::Next, Self::Forward, Self::Widen, Self::Hello];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::JoinAndLeave => "join-and-leave",
            Self::Match => "match",
            Self::Forward => "forward",
            Self::Next => "next",
            Self::Widen => "widen",
            Self::Hello => "hello",
        }
    }
}

/// A matchmaker with many peers in its queue, none of which are paired, since each speaks a language of its own.
pub(crate) struct CrowdedMatchmaker {
    matchmaker: Matchmaker,
    now: Moment,
    peers: u64,
}

impl CrowdedMatchmaker {
    pub(crate) fn with(waiting: usize, sanctions: u64) -> Self {
        let matchmaker = Matchmaker::new(MatchmakerConfig {
            max_passed_by: 16,
            // As on a real server, no peer keeps more than its share of the memory for messages.
            max_connections: 2 * CROWD_SIZES[1],
            ..MatchmakerConfig::for_tests(7)
        });
        let mut crowded = Self { matchmaker, now: Moment::from_millis(0), peers: 0 };
        // Before there are peers: each decision looks at all of them.
        for number in 0..sanctions {
            crowded.sanction(number.into());
        }
        for _ in 0..waiting {
            let peer = crowded.connect();
            crowded.join(peer, own_tastes(peer));
        }
        crowded
    }

    /// Performs an operation [`REPETITIONS`] times.
    pub(crate) fn perform(mut self, operation: Operation) {
        let peers: Vec<_> = (0..2 * REPETITIONS).map(|_| self.connect()).collect();
        match operation {
            Operation::JoinAndLeave => counted(|| {
                for peer in &peers[..REPETITIONS] {
                    self.join(*peer, own_tastes(*peer));
                    self.send(*peer, 2, ToServer::Leave {});
                }
            }),
            Operation::Match => counted(|| {
                for pair in peers.chunks(2) {
                    self.pair(pair);
                    self.send(pair[0], 2, ToServer::Leave {});
                }
            }),
            Operation::Next => {
                let pairs: Vec<_> = peers.chunks(2).map(|it| (it[0], self.pair(it))).collect();
                counted(|| {
                    for (peer, match_id) in pairs {
                        self.send(peer, 2, ToServer::Next { match_id });
                    }
                });
            }
            Operation::Forward => {
                let pairs: Vec<_> = peers.chunks(2).map(|it| (it[0], self.pair(it))).collect();
                let epoch = Epoch::FIRST;
                counted(|| {
                    for (peer, match_id) in pairs {
                        let signal = Signal::Offer { sdp: Sdp(OFFER.to_owned()) };
                        self.send(peer, 2, ToServer::Signal { match_id, epoch, signal });
                    }
                });
            }
            Operation::Hello => counted(|| (0..REPETITIONS).for_each(|_| _ = self.connect())),
            Operation::Widen => {
                for peer in &peers[..REPETITIONS] {
                    self.join(*peer, own_tastes(*peer));
                }
                let (media, hide, soft) = (Media::default(), false, false);
                counted(|| {
                    for peer in &peers[..REPETITIONS] {
                        // A second join widens the search as the deadline does, but of this peer only.
                        let tastes = own_tastes(*peer + (1 << 32));
                        self.send(*peer, 2, ToServer::Join { media, hide, soft, tastes });
                    }
                });
            }
        }
    }

    /// Opens a socket and says hello; returns the number of the new peer.
    fn connect(&mut self) -> u64 {
        self.peers += 1;
        let socket = socket(self.peers);
        let network = Network::of([127, 0, 0, 1].into());
        let visit = Visit {
            socket,
            network,
            network_tags: [Some(NetworkTag([255; 16])); 2],
            site: SiteIndex::default(),
        };
        self.handle(Input::Opened(visit));
        self.send(self.peers, 0, hello(None));
        self.peers
    }

    /// Bans a device and sets a network apart. Nobody here is concerned.
    fn sanction(&mut self, number: u128) {
        let (kind, reason, until) = (NoticeKind::Banned, ReportReason::Spam, u64::MAX);
        let ban = SanctionNotice { kind, reason, until, automatic: false, appeal: None };
        let device = DeviceId(Uuid::from_u128(number));
        self.handle(Input::Sanction(SanctionUpdate::Device(device, Some(ban))));
        let (tag, apart) =
            (NetworkTag(number.to_le_bytes()), NetworkSanction { refused_until: 0, apart_until: until });
        self.handle(Input::Sanction(SanctionUpdate::Network(tag, Some(apart))));
    }

    /// Pairs two peers, which speak a language that nobody else speaks.
    fn pair(&mut self, pair: &[u64]) -> MatchId {
        let mut matched = None;
        for peer in pair {
            for output in self.join(*peer, own_tastes(pair[0])) {
                if let Output::Send { frame, .. } = output
                    && let ToBrowser::Matched { match_id, .. } = *frame.msg
                {
                    matched = Some(match_id);
                }
            }
        }
        matched.expect("a match")
    }

    fn join(&mut self, peer: u64, tastes: Tastes) -> Vec<Output> {
        self.send(peer, 1, ToServer::Join { media: Media::default(), hide: false, soft: false, tastes })
    }

    fn send(&mut self, peer: u64, seq: u64, msg: ToServer) -> Vec<Output> {
        let frame = Frame { seq, ack: 0, msg };
        self.handle(Input::Message { socket: socket(peer), frame })
    }

    fn handle(&mut self, input: Input) -> Vec<Output> {
        self.matchmaker.handle(self.now, Readings::for_tests(self.now), input)
    }
}

fn socket(number: u64) -> SocketId {
    SocketId { edge: EdgeId::default(), number }
}
