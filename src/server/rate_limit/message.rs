//! The rate limiter for the messages of one socket, with a leaky bucket for each kind of message.

use std::time::Duration;

use crate::{
    protocol::{Signal, ToServer, limits::MAX_REFUSALS},
    server::config::limits::{Limit, PeerLimits},
    time::{Moment, RateLimit, RateState},
};

/// Kinds of messages that are counted separately, so that too many of one kind do not block the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Joins the queue, changes what the peer looks for, or checks the connection before.
    Join,
    /// Asks for another partner, or reports one.
    Next,
    /// Carries an offer or an answer.
    Signal,
    /// Carries a candidate or the end of candidates.
    Candidate,
    /// Anything else.
    Other,
}

impl Kind {
    /// The kind of a message; `None` for `hello`, which a socket sends only once.
    pub(crate) const fn of(message: &ToServer) -> Option<Self> {
        match message {
            ToServer::Hello { .. } => None,
            // The first two search for a partner at once, the third gives credentials for the relay.
            ToServer::Join { .. } | ToServer::Unblock { .. } | ToServer::Check {} => Some(Self::Join),
            // A report follows a match, as the other two do, and the store has to write it.
            ToServer::Next { .. } | ToServer::Failed { .. } | ToServer::Report { .. } => Some(Self::Next),
            ToServer::Prepared { signal, .. } | ToServer::Signal { signal, .. } => Some(match signal {
                Signal::Offer { .. } | Signal::Answer { .. } => Self::Signal,
                Signal::Candidate(_) | Signal::EndOfCandidates { .. } => Self::Candidate,
            }),
            ToServer::Connected { .. } | ToServer::Block { .. } | ToServer::Leave {} | ToServer::Ping {} => {
                Some(Self::Other)
            }
        }
    }

    /// The limit that applies to this kind, for the metrics.
    pub(crate) const fn limit(self) -> Limit {
        match self {
            Self::Join => Limit::PeerJoins,
            Self::Next => Limit::PeerNexts,
            Self::Signal => Limit::PeerSignals,
            Self::Candidate => Limit::PeerCandidates,
            Self::Other => Limit::PeerOthers,
        }
    }
}

/// The rate limit of each kind, in the order of [`Kind`]; `None` for unlimited. All sockets share it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RateLimits([Option<RateLimit>; 5]);

impl RateLimits {
    /// The configured limits.
    pub(crate) fn new(limits: &PeerLimits) -> Self {
        let PeerLimits { joins, nexts, signals, candidates, others } = limits;
        Self([joins, nexts, signals, candidates, others].map(|it| it.rate_limit()))
    }
}

/// What to do with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Accept it.
    Allow,
    /// Reject it; the next one of its kind is accepted after this time.
    Delay(Duration),
    /// The sender ignored its `rate-limited` errors: close the socket.
    Disconnect,
}

/// The state of the limiter for one socket.
#[derive(Debug, Default)]
pub(crate) struct MessageLimiter([LeakyBucket; 5]);

#[derive(Debug, Default)]
struct LeakyBucket {
    rate: RateState,
    /// Messages that were rejected, minus those accepted; at least 0.
    rejected: u16,
}

impl MessageLimiter {
    /// Counts a message and decides what to do with it.
    ///
    /// A sender that waits as long as [`Decision::Delay`] says is never delayed twice in a row. One with more than
    /// [`MAX_REFUSALS`] rejections is disconnected.
    pub(crate) fn check(&mut self, limits: &RateLimits, now: Moment, kind: Kind) -> Decision {
        let (limit, bucket) = (limits.0[kind as usize], &mut self.0[kind as usize]);
        let Some(limit) = limit else { return Decision::Allow };
        if limit.take(&mut bucket.rate, now) {
            bucket.rejected = bucket.rejected.saturating_sub(1);
            return Decision::Allow;
        }
        bucket.rejected += 1;
        if bucket.rejected > MAX_REFUSALS {
            return Decision::Disconnect;
        }
        Decision::Delay(limit.next_at(bucket.rate) - now)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        protocol::{ReportReason, ReportWords},
        server::config::limits::Rate,
    };

    const KINDS: [Kind; 5] = [Kind::Join, Kind::Next, Kind::Signal, Kind::Candidate, Kind::Other];

    /// Three at once, then one per second.
    const RATE: Rate = Rate { burst: 3, per_minute: 60 };

    fn rate_limits() -> RateLimits {
        RateLimits::new(&PeerLimits {
            joins: RATE,
            nexts: RATE,
            signals: RATE,
            candidates: RATE,
            others: RATE,
        })
    }

    fn at(millis: u64) -> Moment {
        Moment::from_millis(millis)
    }

    #[test]
    fn allows_a_burst_then_the_configured_rate() {
        for kind in KINDS {
            let (mut limiter, limits) = (MessageLimiter::default(), rate_limits());
            let mut check = |millis| limiter.check(&limits, at(millis), kind);
            let delay = |millis| Decision::Delay(Duration::from_millis(millis));
            assert_eq!([check(5_000), check(5_000), check(5_000)], [Decision::Allow; 3]);
            assert_eq!(check(5_000), delay(1_000));
            assert_eq!(check(5_999), delay(1));
            assert_eq!([check(6_000), check(6_500)], [Decision::Allow, delay(500)]);
            assert_eq!([check(60_000), check(60_000), check(60_000)], [Decision::Allow; 3]);
            assert_eq!(check(60_000), delay(1_000));
        }
    }

    #[test]
    fn a_flood_of_one_kind_does_not_block_the_others() {
        for flooded in KINDS {
            let (mut limiter, limits) = (MessageLimiter::default(), rate_limits());
            while limiter.check(&limits, at(0), flooded) != Decision::Disconnect {}
            for kind in KINDS.into_iter().filter(|it| *it != flooded) {
                assert_eq!(
                    limiter.check(&limits, at(0), kind),
                    Decision::Allow,
                    "{kind:?} after {flooded:?}"
                );
            }
        }
    }

    #[test]
    fn disconnects_after_max_refusals() {
        let (mut limiter, limits) = (MessageLimiter::default(), rate_limits());
        let decisions: Vec<_> = (0..30).map(|_| limiter.check(&limits, at(0), Kind::Next)).collect();
        let count = |matches: fn(&Decision) -> bool| decisions.iter().filter(|it| matches(it)).count();
        assert_eq!(count(|it| *it == Decision::Allow), 3);
        assert_eq!(count(|it| matches!(it, Decision::Delay(_))), usize::from(MAX_REFUSALS));
        assert_eq!(decisions.last(), Some(&Decision::Disconnect));
    }

    #[test]
    fn intermittent_backoff_still_disconnects() {
        let (mut limiter, limits) = (MessageLimiter::default(), rate_limits());
        let mut seconds = 0..;
        let disconnected_at = seconds.find(|second| {
            let all = [(); 4].map(|()| limiter.check(&limits, at(second * 1_000), Kind::Candidate));
            all.contains(&Decision::Disconnect)
        });
        assert_eq!(disconnected_at, Some(8), "each second one message is allowed and three are not");
    }

    #[test]
    fn a_check_counts_as_a_join() {
        // It gives credentials for the relay, so it is limited as strictly, per network as well.
        assert_eq!(Kind::of(&ToServer::Check {}), Some(Kind::Join));
    }

    #[test]
    fn a_report_counts_as_a_next() {
        let (ticket, reason, words) = (String::new(), ReportReason::Other, ReportWords::default());
        assert_eq!(Kind::of(&ToServer::Report { ticket, reason, words }), Some(Kind::Next));
    }

    #[test]
    fn zero_burst_means_unlimited() {
        let limits = PeerLimits { nexts: Rate { burst: 0, per_minute: 0 }, ..PeerLimits::default() };
        let (mut limiter, limits) = (MessageLimiter::default(), RateLimits::new(&limits));
        assert!((0..10_000).all(|_| limiter.check(&limits, at(0), Kind::Next) == Decision::Allow));
    }

    proptest! {
        #[test]
        fn never_allows_more_than_burst_and_rate(gaps in proptest::collection::vec(0..3_000_u64, 1..60)) {
            let (mut limiter, limits) = (MessageLimiter::default(), rate_limits());
            let (mut now, mut allowed) = (10_000, Vec::new());
            for gap in gaps {
                now += gap;
                if limiter.check(&limits, at(now), Kind::Join) == Decision::Allow {
                    allowed.push(now);
                }
            }
            for (n, from) in allowed.iter().enumerate() {
                for (more, to) in allowed[n..].iter().enumerate() {
                    prop_assert!((more as u64) < 3 + (to - from) / 1_000, "{allowed:?}");
                }
            }
        }

        #[test]
        fn a_sender_that_waits_out_the_delay_is_allowed(gaps in proptest::collection::vec(0..1_500_u64, 1..60)) {
            let (mut limiter, limits) = (MessageLimiter::default(), rate_limits());
            let mut now = 0;
            for gap in gaps {
                now += gap;
                if let Decision::Delay(wait) = limiter.check(&limits, at(now), Kind::Next) {
                    now += wait.as_millis() as u64;
                    prop_assert_eq!(limiter.check(&limits, at(now), Kind::Next), Decision::Allow);
                }
            }
        }
    }
}
