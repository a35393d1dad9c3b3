//! What one socket may say and how often, each kind of message in a bucket of its own; it must not know sockets, nor who
//! is told.

use std::time::Duration;

use crate::{
    protocol::{Signal, ToServer, limits::MAX_REFUSALS},
    server::config::limits::{Limit, PeerLimits},
    time::{Moment, RateLimit},
};

/// Kinds of messages that are counted apart, so that nobody loses the one by having said too much of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Wants to wait, or for others than before.
    Join,
    /// Wants somebody else.
    Next,
    /// Describes a connection.
    Signal,
    /// Names a way to it.
    Candidate,
    /// Anything else.
    Other,
}

impl Kind {
    /// Which kind a message is; `None` for the one that opens the conversation, of which there is but one.
    pub(crate) const fn of(message: &ToServer) -> Option<Self> {
        match message {
            ToServer::Hello { .. } => None,
            // Either looks for somebody at once.
            ToServer::Join { .. } | ToServer::Unblock {} => Some(Self::Join),
            ToServer::Next { .. } | ToServer::Failed { .. } => Some(Self::Next),
            ToServer::Prepared { signal, .. } | ToServer::Signal { signal, .. } => Some(match signal {
                Signal::Offer { .. } | Signal::Answer { .. } => Self::Signal,
                Signal::Candidate(_) | Signal::EndOfCandidates { .. } => Self::Candidate,
            }),
            ToServer::Connected { .. } | ToServer::Block { .. } | ToServer::Leave {} | ToServer::Ping {} => {
                Some(Self::Other)
            }
        }
    }

    /// What the numbers call it.
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

/// How fast each kind may come, in the order of [`Kind`]; the same for every socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paces([Option<RateLimit>; 5]);

impl Paces {
    /// Those that are configured.
    pub(crate) fn new(limits: &PeerLimits) -> Self {
        let PeerLimits { joins, nexts, signals, candidates, others } = limits;
        Self([joins, nexts, signals, candidates, others].map(|it| it.rate_limit()))
    }
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is heard.
    Heard,
    /// It is not, and the next of its kind is when so much time has passed.
    TooSoon(Duration),
    /// Nor does its sender mind being told so.
    TooOften,
}

/// What one socket has used up.
#[derive(Debug, Default)]
pub(crate) struct Allowance([Bucket; 5]);

#[derive(Debug, Default)]
struct Bucket {
    due: Moment,
    /// Messages that came too soon, less those that did not.
    refused: u16,
}

impl Allowance {
    /// Counts a message. Who is told when to try again and keeps to it is never told so twice in a row.
    pub(crate) fn weigh(&mut self, paces: &Paces, now: Moment, kind: Kind) -> Verdict {
        let (pace, bucket) = (paces.0[kind as usize], &mut self.0[kind as usize]);
        let Some(pace) = pace else { return Verdict::Heard };
        if pace.take(&mut bucket.due, now) {
            bucket.refused = bucket.refused.saturating_sub(1);
            return Verdict::Heard;
        }
        bucket.refused += 1;
        if bucket.refused > MAX_REFUSALS {
            return Verdict::TooOften;
        }
        Verdict::TooSoon(pace.next_at(bucket.due) - now)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::server::config::limits::Rate;

    const KINDS: [Kind; 5] = [Kind::Join, Kind::Next, Kind::Signal, Kind::Candidate, Kind::Other];

    /// Three at once, then one a second.
    const RATE: Rate = Rate { burst: 3, per_minute: 60 };

    fn paces() -> Paces {
        Paces::new(&PeerLimits { joins: RATE, nexts: RATE, signals: RATE, candidates: RATE, others: RATE })
    }

    fn at(millis: u64) -> Moment {
        Moment::from_millis(millis)
    }

    #[test]
    fn a_burst_is_heard_then_as_many_as_time_allows() {
        for kind in KINDS {
            let (mut allowance, paces) = (Allowance::default(), paces());
            let mut weigh = |millis| allowance.weigh(&paces, at(millis), kind);
            let wait = |millis| Verdict::TooSoon(Duration::from_millis(millis));
            assert_eq!([weigh(5_000), weigh(5_000), weigh(5_000)], [Verdict::Heard; 3]);
            assert_eq!(weigh(5_000), wait(1_000));
            assert_eq!(weigh(5_999), wait(1));
            assert_eq!([weigh(6_000), weigh(6_500)], [Verdict::Heard, wait(500)]);
            assert_eq!([weigh(60_000), weigh(60_000), weigh(60_000)], [Verdict::Heard; 3]);
            assert_eq!(weigh(60_000), wait(1_000));
        }
    }

    #[test]
    fn who_has_said_too_much_of_one_kind_is_heard_with_all_others() {
        for flooded in KINDS {
            let (mut allowance, paces) = (Allowance::default(), paces());
            while allowance.weigh(&paces, at(0), flooded) != Verdict::TooOften {}
            for kind in KINDS.into_iter().filter(|it| *it != flooded) {
                assert_eq!(
                    allowance.weigh(&paces, at(0), kind),
                    Verdict::Heard,
                    "{kind:?} after {flooded:?}"
                );
            }
        }
    }

    #[test]
    fn who_does_not_listen_is_told_so_often_and_no_more() {
        let (mut allowance, paces) = (Allowance::default(), paces());
        let verdicts: Vec<_> = (0..30).map(|_| allowance.weigh(&paces, at(0), Kind::Next)).collect();
        let count = |wanted: fn(&Verdict) -> bool| verdicts.iter().filter(|it| wanted(it)).count();
        assert_eq!(count(|it| *it == Verdict::Heard), 3);
        assert_eq!(count(|it| matches!(it, Verdict::TooSoon(_))), usize::from(MAX_REFUSALS));
        assert_eq!(verdicts.last(), Some(&Verdict::TooOften));
    }

    #[test]
    fn nor_is_who_listens_now_and_then() {
        let (mut allowance, paces) = (Allowance::default(), paces());
        let mut seconds = 0..;
        let told = seconds.find(|second| {
            let all = [(); 4].map(|()| allowance.weigh(&paces, at(second * 1_000), Kind::Candidate));
            all.contains(&Verdict::TooOften)
        });
        assert_eq!(told, Some(8), "one a second is heard and three are not");
    }

    #[test]
    fn a_limit_of_nothing_is_none() {
        let limits = PeerLimits { nexts: Rate { burst: 0, per_minute: 0 }, ..PeerLimits::default() };
        let (mut allowance, paces) = (Allowance::default(), Paces::new(&limits));
        assert!((0..10_000).all(|_| allowance.weigh(&paces, at(0), Kind::Next) == Verdict::Heard));
    }

    proptest! {
        #[test]
        fn in_no_time_more_is_heard_than_burst_and_rate_allow(gaps in proptest::collection::vec(0..3_000_u64, 1..60)) {
            let (mut allowance, paces) = (Allowance::default(), paces());
            let (mut now, mut heard) = (10_000, Vec::new());
            for gap in gaps {
                now += gap;
                if allowance.weigh(&paces, at(now), Kind::Join) == Verdict::Heard {
                    heard.push(now);
                }
            }
            for (n, from) in heard.iter().enumerate() {
                for (more, to) in heard[n..].iter().enumerate() {
                    prop_assert!((more as u64) < 3 + (to - from) / 1_000, "{heard:?}");
                }
            }
        }

        #[test]
        fn who_waits_as_long_as_it_is_told_is_heard(gaps in proptest::collection::vec(0..1_500_u64, 1..60)) {
            let (mut allowance, paces) = (Allowance::default(), paces());
            let mut now = 0;
            for gap in gaps {
                now += gap;
                if let Verdict::TooSoon(wait) = allowance.weigh(&paces, at(now), Kind::Next) {
                    now += wait.as_millis() as u64;
                    prop_assert_eq!(allowance.weigh(&paces, at(now), Kind::Next), Verdict::Heard);
                }
            }
        }
    }
}
