//! [`SignInAttempts`]: how often somebody may try a token. Time is an argument.
//!
//! A token has 256 random bits, so nobody guesses one. The limits keep guesses from costing anything, and make them
//! visible.

use std::{collections::HashMap, time::Duration};

use crate::{
    server::rate_limit::subnets::{Subnet, Subnets},
    time::{Moment, RateLimit, RateState},
};

/// Attempts of one network of the smallest size that may fail without a wait: more than a person needs who copies a
/// token.
const FREE_FAILURES: u32 = 10;

/// The wait after the last free failure. Each further failure doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(30);

/// The longest wait: a colleague behind the same address must not wait for a day.
const MAX_WAIT: Duration = Duration::from_secs(15 * 60);

/// When the failures of a network are forgotten, after its last attempt.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60 * 60);

/// Attempts of all networks together: a hundred at once, then one a second. It also bounds how many networks are
/// remembered, to the attempts in [`FORGOTTEN_AFTER`], each of which counts for up to three.
const OVERALL: RateLimit = RateLimit::new(60, 100);

/// Rows of failed attempts that the audit log gets in [`LOGGED_IN`]: enough to see when somebody tries, and in a year
/// fewer than the rows of moderators at work.
const LOGGED_FAILURES: u32 = 10;

/// See [`LOGGED_FAILURES`].
const LOGGED_IN: Duration = Duration::from_secs(60 * 60);

/// Decides which failed attempts get a row in the audit log, so that nobody can fill it from outside.
#[derive(Default)]
pub(crate) struct FailureLog {
    began: Moment,
    rows: u32,
    left_out: u32,
}

impl FailureLog {
    /// An attempt has failed. Returns how many have had no row since the last one, if this one gets a row.
    pub(crate) fn on_failure(&mut self, now: Moment) -> Option<u32> {
        if now >= self.began + LOGGED_IN {
            (self.began, self.rows) = (now, 0);
        }
        if self.rows >= LOGGED_FAILURES {
            self.left_out = self.left_out.saturating_add(1);
            return None;
        }
        self.rows += 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

/// What is remembered of attempts to sign in.
#[derive(Default)]
pub(crate) struct SignInAttempts {
    overall: RateState,
    networks: HashMap<Subnet, Failures>,
}

/// Attempts of one network that have failed, or whose end is not known yet.
#[derive(Default)]
struct Failures {
    count: u32,
    last: Moment,
}

impl Failures {
    /// When the next attempt of this network is allowed.
    fn next(&self, network: Subnet) -> Moment {
        let free = FREE_FAILURES * network.scope().factor();
        let Some(doublings) = self.count.checked_sub(free) else { return self.last };
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        self.last + FIRST_WAIT.saturating_mul(factor).min(MAX_WAIT)
    }
}

impl SignInAttempts {
    /// Counts an attempt as a failure, until [`Self::succeeded`] says otherwise: of a thousand attempts at once, none
    /// waits for the others.
    ///
    /// # Errors
    ///
    /// The time after which the next attempt may be made, if this one may not. It is not counted then.
    pub(crate) fn begin(&mut self, now: Moment, networks: Subnets) -> Result<(), Duration> {
        self.networks.retain(|_, it| now < it.last + FORGOTTEN_AFTER);
        let next_of = |it: Subnet| self.networks.get(&it).map(|failures| failures.next(it));
        if let Some(next) = networks.iter().filter_map(next_of).max().filter(|it| now < *it) {
            return Err(next - now);
        }
        if !OVERALL.take(&mut self.overall, now) {
            return Err(OVERALL.next_at(self.overall) - now);
        }
        for network in networks.iter() {
            let failures = self.networks.entry(network).or_default();
            *failures = Failures { count: failures.count.saturating_add(1), last: now };
        }
        Ok(())
    }

    /// The attempt had the right token; the failures of its networks are forgotten.
    pub(crate) fn succeeded(&mut self, networks: Subnets) {
        networks.iter().for_each(|it| _ = self.networks.remove(&it));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn network(number: u32) -> Subnets {
        Subnets::of(std::net::Ipv4Addr::from_bits(number).into())
    }

    fn at(seconds: u64) -> Moment {
        Moment::from_millis(seconds * 1_000)
    }

    #[test]
    fn waits_grow_after_ten_failures() {
        let mut attempts = SignInAttempts::default();
        for _ in 0..FREE_FAILURES {
            assert_eq!(attempts.begin(at(0), network(1)), Ok(()));
        }
        let (mut now, mut waits) = (at(0), Vec::new());
        for _ in 0..8 {
            let wait = attempts.begin(now, network(1)).unwrap_err();
            waits.push(wait.as_secs());
            let early = now + (wait - Duration::from_millis(1));
            assert_eq!(attempts.begin(early, network(1)), Err(Duration::from_millis(1)), "not counted");
            now = now + wait;
            assert_eq!(attempts.begin(now, network(1)), Ok(()));
        }
        assert_eq!(waits, [30, 60, 120, 240, 480, 900, 900, 900]);
        assert_eq!(attempts.begin(now, network(2)), Ok(()), "another network does not wait");
    }

    #[test]
    fn owner_of_many_networks_waits_too() {
        let mut attempts = SignInAttempts::default();
        let begin = |attempts: &mut SignInAttempts, link: u32| {
            let address = std::net::Ipv6Addr::from_bits(0x2001_0db8_0001 << 80 | u128::from(link) << 64);
            attempts.begin(at(0), Subnets::of(address.into()))
        };
        let home = (0..256).take_while(|it| begin(&mut attempts, *it).is_ok()).count();
        assert_eq!(home, 20, "a household");
        let site = (1..256).filter(|it| begin(&mut attempts, it * 256).is_ok()).count();
        assert_eq!(home + site, 80, "all of a /48");
    }

    #[test]
    fn thousand_guesses_take_days() {
        let (mut attempts, mut now) = (SignInAttempts::default(), at(0));
        for _ in 0..1_000 {
            while let Err(wait) = attempts.begin(now, network(1)) {
                now = now + wait;
            }
        }
        assert!(now - at(0) > Duration::from_secs(10 * 24 * 60 * 60), "{now:?}");
    }

    #[test]
    fn right_token_and_a_quiet_hour_forget_failures() {
        let mut attempts = SignInAttempts::default();
        let fail = |attempts: &mut SignInAttempts, now| {
            for _ in 0..FREE_FAILURES {
                assert_eq!(attempts.begin(now, network(1)), Ok(()));
            }
            assert!(attempts.begin(now, network(1)).is_err());
        };
        fail(&mut attempts, at(0));
        attempts.succeeded(network(1));
        fail(&mut attempts, at(60));
        fail(&mut attempts, at(60) + FORGOTTEN_AFTER);
    }

    proptest! {
        #[test]
        fn attempts_and_memory_are_bounded(
            steps in proptest::collection::vec((0..5_000_u64, 0..40_u32, proptest::bool::weighted(0.05)), 1..500),
        ) {
            let (mut attempts, mut now) = (SignInAttempts::default(), Moment::from_millis(1));
            let (start, mut allowed) = (now, 0_u64);
            for (gap, number, is_right) in steps {
                now = now + Duration::from_millis(gap);
                let network = network(number);
                match attempts.begin(now, network) {
                    Ok(()) => {
                        allowed += 1;
                        if is_right {
                            attempts.succeeded(network);
                        }
                    }
                    Err(wait) => {
                        prop_assert!(wait > Duration::ZERO && wait <= MAX_WAIT);
                        let later = now + wait;
                        // It may have to wait for the others, too, but not for long.
                        if let Err(more) = attempts.begin(later, network) {
                            prop_assert!(more <= Duration::from_secs(1), "{more:?}");
                        } else {
                            allowed += 1;
                        }
                        now = later;
                    }
                }
                prop_assert!(allowed <= 100 + (now - start).as_secs());
                prop_assert!(attempts.networks.len() as u64 <= allowed);
            }
        }
    }

    #[test]
    fn failures_leave_a_bounded_number_of_rows() {
        let mut log = FailureLog::default();
        let start = Moment::from_millis(5_000_000);
        let rows: Vec<_> =
            (0..1_000).filter_map(|it| log.on_failure(start + Duration::from_secs(it))).collect();
        assert_eq!(rows, [0; 10]);
        assert_eq!(log.on_failure(start + LOGGED_IN), Some(990), "the next row says how many had none");
        let day = (0..24 * 60)
            .filter_map(|it| log.on_failure(start + LOGGED_IN * 2 + Duration::from_secs(it * 60)));
        assert_eq!(day.count(), 240);
    }
}
