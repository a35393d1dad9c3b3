//! [`Lease`]: whether this process runs the core, decided from what Redis answers and from the own clock.
//!
//! Redis keeps the name of the holder for a few seconds after each renewal. The holder itself stops earlier: its time
//! counts from when it sent the renewal, so it has stopped before anybody else can begin, however long the answer took.

use std::time::Duration;

use crate::time::Moment;

/// How long Redis keeps the holder after a renewal.
pub(crate) const KEPT_FOR: Duration = Duration::from_secs(3);

/// How long the holder acts after it sent a renewal that succeeded. The second in between covers clocks of different
/// speeds.
pub(crate) const VALID_FOR: Duration = Duration::from_secs(2);

/// How often the holder renews the lease.
const RENEW_EVERY: Duration = Duration::from_millis(500);

/// How often the others ask whether the lease is free.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// The holder of the lease. Each later holder has a higher term, so what comes from a former one is recognised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Holder {
    /// At least the time at which it began, in milliseconds since the Unix epoch by the clock of Redis.
    pub(crate) term: u64,
    /// The process, drawn at random at its start.
    pub(crate) process: u64,
}

/// A question to Redis: who holds the lease? If nobody does, this process takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    /// The process that asks.
    pub(crate) process: u64,
    /// The term that it holds or has held. It stays the same if nobody else has held the lease since.
    pub(crate) own_term: Option<u64>,
    /// The highest term that the process has heard of: a new one must be higher, whatever Redis remembers.
    pub(crate) known_term: u64,
}

/// What changes for the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeaseEvent {
    /// It runs the core from now on, without a state.
    Began(Holder),
    /// It must not act until the lease is confirmed.
    Suspended,
    /// It goes on with the state that it had.
    Resumed {
        /// How long it must not have acted.
        paused: Duration,
    },
    /// Another process has held the lease: the state is worthless.
    Lost,
}

/// The part of this process in the lease.
#[derive(Debug)]
pub(crate) struct Lease {
    process: u64,
    part: Part,
    /// When the question that is not answered yet was sent.
    asked_at: Option<Moment>,
    ask_at: Moment,
    known_term: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Another process runs the core, or nobody does.
    Standby,
    /// This process does, until the given moment if the lease is not renewed.
    Active { term: u64, until: Moment },
    /// This process did until the given moment, and will again if nobody else has meanwhile.
    Suspended { term: u64, since: Moment },
}

impl Lease {
    /// A process that has not asked yet.
    pub(crate) fn new(process: u64) -> Self {
        Self { process, part: Part::Standby, asked_at: None, ask_at: Moment::default(), known_term: 0 }
    }

    /// When [`on_time`](Self::on_time) has something to do.
    pub(crate) fn next_due(&self) -> Option<Moment> {
        let ask_at = self.asked_at.is_none().then_some(self.ask_at);
        let until = if let Part::Active { until, .. } = self.part { Some(until) } else { None };
        ask_at.into_iter().chain(until).min()
    }

    /// Whether the core may act now. A process that slept must ask this before anything else.
    pub(crate) fn is_active(&self, now: Moment) -> bool {
        matches!(self.part, Part::Active { until, .. } if now < until)
    }

    /// Somebody has spoken of this term.
    pub(crate) fn hear_of(&mut self, term: u64) {
        self.known_term = self.known_term.max(term);
    }

    /// Suspends the core if its time is over, and asks Redis if it is time to.
    pub(crate) fn on_time(&mut self, now: Moment) -> (Option<LeaseEvent>, Option<Ask>) {
        let mut event = None;
        if let Part::Active { term, until } = self.part
            && until <= now
        {
            self.part = Part::Suspended { term, since: until };
            event = Some(LeaseEvent::Suspended);
        }
        if self.asked_at.is_some() || now < self.ask_at {
            return (event, None);
        }
        self.asked_at = Some(now);
        let own_term = match self.part {
            Part::Standby => None,
            Part::Active { term, .. } | Part::Suspended { term, .. } => Some(term),
        };
        (event, Some(Ask { process: self.process, own_term, known_term: self.known_term }))
    }

    /// Redis has answered who holds the lease now; `None` if it did not answer in time, or with an error.
    pub(crate) fn on_answer(&mut self, now: Moment, holder: Option<Holder>) -> Option<LeaseEvent> {
        let asked_at = self.asked_at.take()?;
        self.ask_at = now + ASK_EVERY;
        let holder = holder?;
        self.hear_of(holder.term);
        if holder.process != self.process {
            let was_standby = matches!(std::mem::replace(&mut self.part, Part::Standby), Part::Standby);
            return (!was_standby).then_some(LeaseEvent::Lost);
        }
        let until = asked_at + VALID_FOR;
        if until <= now {
            // The answer took too long to be worth anything. Redis keeps the lease, so the next one may do.
            return None;
        }
        self.ask_at = asked_at + RENEW_EVERY;
        match std::mem::replace(&mut self.part, Part::Active { term: holder.term, until }) {
            Part::Active { term, .. } if term == holder.term => None,
            Part::Suspended { term, since } if term == holder.term => {
                Some(LeaseEvent::Resumed { paused: now - since })
            }
            Part::Standby | Part::Active { .. } | Part::Suspended { .. } => Some(LeaseEvent::Began(holder)),
        }
    }

    /// The process gives the lease back, so that another one begins at once. Returns what it held.
    pub(crate) fn resign(&mut self) -> Option<Holder> {
        match std::mem::replace(&mut self.part, Part::Standby) {
            Part::Standby => None,
            Part::Active { term, .. } | Part::Suspended { term, .. } => {
                Some(Holder { term, process: self.process })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;
    use crate::server::bus::cluster::tests::{lease_keys::LeaseKeys, loss::Loss};

    /// A question or its answer under way, and when it arrives.
    #[derive(Clone, Copy, Debug)]
    enum Travelling {
        Question(usize, Moment, Ask),
        Answer(usize, Moment, Option<Holder>),
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        /// Time passes, in milliseconds.
        Wait(u64),
        /// Messages take this long from now on.
        Delay(u64),
        /// A process does nothing for this long.
        Freeze(usize, u64),
        /// What is lost between a process and Redis from now on.
        Lose(usize, Loss),
    }

    fn step() -> impl Strategy<Value = Step> {
        let loss = prop_oneof![Just(Loss::Nothing), Just(Loss::Commands), Just(Loss::Answers)];
        prop_oneof![
            6 => (1..1_500_u64).prop_map(Step::Wait),
            2 => (0..1_500_u64).prop_map(Step::Delay),
            2 => (0..3_usize, 1..12_000_u64).prop_map(|(it, ms)| Step::Freeze(it, ms)),
            1 => (0..3_usize, loss).prop_map(|(it, loss)| Step::Lose(it, loss)),
        ]
    }

    /// Three processes, the network and Redis.
    struct World {
        now: Moment,
        redis: LeaseKeys,
        leases: Vec<Lease>,
        frozen: [Moment; 3],
        loss: [Loss; 3],
        delay: Duration,
        network: VecDeque<Travelling>,
        /// The term whose state each process has.
        states: [Option<u64>; 3],
        last_began: u64,
    }

    impl World {
        fn new() -> Self {
            Self {
                now: Moment::default(),
                redis: LeaseKeys::default(),
                leases: (0..3).map(Lease::new).collect(),
                frozen: [Moment::default(); 3],
                loss: [Loss::Nothing; 3],
                delay: Duration::from_millis(1),
                network: VecDeque::new(),
                states: [None; 3],
                last_began: 0,
            }
        }

        fn on_event(&mut self, it: usize, event: Option<LeaseEvent>) {
            match event {
                Some(LeaseEvent::Began(holder)) => {
                    assert!(holder.term > self.last_began, "a later term is higher");
                    (self.last_began, self.states[it]) = (holder.term, Some(holder.term));
                }
                Some(LeaseEvent::Resumed { .. }) => {
                    assert_eq!(self.states[it], Some(self.last_began), "nobody has begun meanwhile");
                }
                Some(LeaseEvent::Lost) => self.states[it] = None,
                Some(LeaseEvent::Suspended) | None => {}
            }
        }

        /// One millisecond.
        fn tick(&mut self) {
            self.now = self.now + Duration::from_millis(1);
            for travelling in std::mem::take(&mut self.network) {
                match travelling {
                    Travelling::Question(it, at, ask) if at <= self.now => {
                        let answer = (self.loss[it] != Loss::Commands).then(|| self.redis.ask(self.now, ask));
                        let answer = answer.filter(|_| self.loss[it] != Loss::Answers);
                        self.network.push_back(Travelling::Answer(it, self.now + self.delay, answer));
                    }
                    Travelling::Answer(it, at, answer) if at.max(self.frozen[it]) <= self.now => {
                        let event = self.leases[it].on_answer(self.now, answer);
                        self.on_event(it, event);
                    }
                    Travelling::Question(..) | Travelling::Answer(..) => self.network.push_back(travelling),
                }
            }
            for it in 0..3 {
                if self.now < self.frozen[it] {
                    continue;
                }
                let (event, ask) = self.leases[it].on_time(self.now);
                self.on_event(it, event);
                if let Some(ask) = ask {
                    self.network.push_back(Travelling::Question(it, self.now + self.delay, ask));
                }
            }
            let active: Vec<_> = (0..3).filter(|it| self.leases[*it].is_active(self.now)).collect();
            assert!(active.len() <= 1, "{active:?} are active");
        }
    }

    proptest! {
        #[test]
        fn one_process_acts_at_a_time_and_terms_rise(steps in proptest::collection::vec(step(), 1..40)) {
            let mut world = World::new();
            for step in steps {
                match step {
                    Step::Wait(ms) => (0..ms).for_each(|_| world.tick()),
                    Step::Delay(ms) => world.delay = Duration::from_millis(ms),
                    Step::Freeze(it, ms) => world.frozen[it] = world.now + Duration::from_millis(ms),
                    Step::Lose(it, loss) => world.loss[it] = loss,
                }
            }
            // Once all is well, somebody acts soon.
            (world.loss, world.delay) = ([Loss::Nothing; 3], Duration::from_millis(1));
            (0..16_000).for_each(|_| world.tick());
            prop_assert!(world.leases.iter().any(|it| it.is_active(world.now)));
        }
    }

    #[test]
    fn a_holder_goes_on_after_redis_was_silent_if_nobody_else_began() {
        let mut lease = Lease::new(7);
        let at = |ms| Moment::from_millis(ms);
        let holder = Holder { term: 100, process: 7 };
        let (_, ask) = lease.on_time(at(0));
        assert_eq!(ask, Some(Ask { process: 7, own_term: None, known_term: 0 }));
        assert_eq!(lease.on_answer(at(10), Some(holder)), Some(LeaseEvent::Began(holder)));
        assert_eq!(lease.next_due(), Some(at(500)), "it renews");
        assert!(lease.on_time(at(500)).1.is_some());
        assert_eq!(lease.next_due(), Some(at(2_000)), "no answer came");
        assert_eq!(lease.on_time(at(2_000)), (Some(LeaseEvent::Suspended), None));
        assert_eq!(lease.on_answer(at(2_600), Some(holder)), None, "the answer is too old");
        let (_, ask) = lease.on_time(at(2_800));
        assert_eq!(ask, Some(Ask { process: 7, own_term: Some(100), known_term: 100 }));
        let paused = Duration::from_millis(801);
        assert_eq!(lease.on_answer(at(2_801), Some(holder)), Some(LeaseEvent::Resumed { paused }));
        assert_eq!(lease.resign(), Some(holder));
        assert!(!lease.is_active(at(2_802)));
    }

    #[test]
    fn a_holder_that_another_one_has_followed_begins_again() {
        let mut lease = Lease::new(7);
        let at = |ms| Moment::from_millis(ms);
        lease.on_time(at(0));
        lease.on_answer(at(1), Some(Holder { term: 100, process: 7 }));
        lease.on_time(at(2_000));
        let other = Holder { term: 200, process: 8 };
        assert_eq!(lease.on_answer(at(2_001), Some(other)), Some(LeaseEvent::Lost));
        lease.on_time(at(3_000));
        let again = Holder { term: 300, process: 7 };
        assert_eq!(lease.on_answer(at(3_001), Some(again)), Some(LeaseEvent::Began(again)));
    }
}
