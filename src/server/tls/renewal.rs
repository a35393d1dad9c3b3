//! [`RenewalPlan`]: when to order a certificate from an ACME server, and when to ask the server about it.
//!
//! The server may suggest when to renew (RFC 9773), for example because it is about to revoke a certificate. All times
//! here are since 1970.

use std::{ops::Range, time::Duration};

/// The delay before the first retry of an order, doubled after each failure. Let's Encrypt allows five failures per
/// hour and domain.
const FIRST_RETRY: Duration = Duration::from_mins(5);

/// The longest delay before a retry.
const MAX_RETRY: Duration = Duration::from_hours(6);

/// The shortest and the longest time between two questions to the server, whatever it asks for (RFC 9773, 4.3.2).
const ASK_EVERY: [Duration; 2] = [Duration::from_mins(1), Duration::from_hours(24)];

/// When to ask again if the server has no suggestion (RFC 9773, 4.3.3).
const ASK_AGAIN: Duration = Duration::from_hours(6);

/// When to renew one certificate.
#[derive(Debug)]
pub(crate) struct RenewalPlan {
    /// When to order the next certificate.
    order_at: Duration,
    /// When to ask the server; never while there is no certificate to ask about.
    ask_at: Option<Duration>,
    /// When to renew at the latest, even if the server suggests a later time.
    latest: Duration,
    /// What the server has suggested.
    window: Option<Range<Duration>>,
    /// The delay before the next retry.
    retry: Duration,
}

/// What to do now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RenewalStep {
    /// Nothing for this long.
    Wait(Duration),
    /// Ask the server when to renew.
    Ask,
    /// Order a certificate.
    Order,
}

impl RenewalPlan {
    /// There is no certificate yet: order one at once.
    pub(crate) const fn without_certificate() -> Self {
        let (order_at, latest) = (Duration::ZERO, Duration::ZERO);
        Self { order_at, ask_at: None, latest, window: None, retry: FIRST_RETRY }
    }

    /// Renew a certificate after two thirds of its validity, unless the server suggests another time.
    pub(crate) fn for_certificate(now: Duration, validity: Range<Duration>) -> Self {
        let lifetime = validity.end.saturating_sub(validity.start);
        Self {
            order_at: validity.start + lifetime * 2 / 3,
            ask_at: Some(now),
            latest: validity.start + lifetime * 5 / 6,
            window: None,
            retry: FIRST_RETRY,
        }
    }

    /// What to do at this time.
    pub(crate) fn next(&self, now: Duration) -> RenewalStep {
        if self.ask_at.is_some_and(|at| at <= now) {
            RenewalStep::Ask
        } else if self.order_at <= now {
            RenewalStep::Order
        } else {
            let next = self.ask_at.map_or(self.order_at, |at| at.min(self.order_at));
            RenewalStep::Wait(next - now)
        }
    }

    /// The server suggests to renew within `window`, and to ask again after some time. `chance`, from 0 to 1, chooses
    /// the moment, so that not all clients come at once.
    pub(crate) fn on_suggestion(
        &mut self,
        now: Duration,
        window: Range<Duration>,
        ask_again: Duration,
        chance: f64,
    ) {
        let [shortest, longest] = ASK_EVERY;
        self.ask_at = Some(now + ask_again.clamp(shortest, longest));
        // An empty window is invalid, and the moment within a known window has been chosen.
        if window.is_empty() || self.window.as_ref() == Some(&window) {
            return;
        }
        let moment = window.start + (window.end - window.start).mul_f64(chance);
        self.order_at = moment.min(self.latest);
        self.window = Some(window);
    }

    /// The server has no suggestion, or could not be asked.
    pub(crate) fn on_no_suggestion(&mut self, now: Duration) {
        self.ask_at = Some(now + ASK_AGAIN);
    }

    /// An order has failed. Returns the time until the next one.
    pub(crate) fn on_failed_order(&mut self, now: Duration) -> Duration {
        let retry = self.retry;
        self.order_at = now + retry;
        self.retry = (retry * 2).min(MAX_RETRY);
        retry
    }

    /// Whether the server follows the certificate, so that an order should name the one that it replaces.
    pub(crate) const fn is_followed(&self) -> bool {
        self.window.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    /// The plan for a certificate that is valid from day 100 to day 190, on day 100.
    fn plan() -> RenewalPlan {
        RenewalPlan::for_certificate(DAY * 100, DAY * 100..DAY * 190)
    }

    #[test]
    fn orders_at_once_without_a_certificate_and_then_less_and_less_often() {
        let mut plan = RenewalPlan::without_certificate();
        let mut now = DAY;
        let mut delays = Vec::new();
        for _ in 0..9 {
            assert_eq!(plan.next(now), RenewalStep::Order);
            let delay = plan.on_failed_order(now);
            assert_eq!(plan.next(now), RenewalStep::Wait(delay));
            now += delay;
            delays.push(delay.as_secs() / 60);
        }
        assert_eq!(delays, [5, 10, 20, 40, 80, 160, 320, 360, 360], "minutes");
        assert!(!plan.is_followed());
    }

    #[test]
    fn renews_after_two_thirds_if_the_server_suggests_nothing() {
        let mut plan = plan();
        assert_eq!(plan.next(DAY * 100), RenewalStep::Ask);
        plan.on_no_suggestion(DAY * 100);
        assert_eq!(plan.next(DAY * 100), RenewalStep::Wait(ASK_AGAIN));
        assert_eq!(plan.next(DAY * 101), RenewalStep::Ask);
        plan.on_no_suggestion(DAY * 160 - Duration::from_hours(1));
        assert_eq!(plan.next(DAY * 160 - Duration::from_secs(1)), RenewalStep::Wait(Duration::from_secs(1)));
        assert_eq!(plan.next(DAY * 160), RenewalStep::Order);
        assert!(!plan.is_followed());
    }

    #[test]
    fn renews_at_a_random_moment_of_the_suggested_window() {
        for (chance, expected) in [(0.0, 120), (0.5, 121), (1.0, 122)] {
            let mut plan = plan();
            plan.on_suggestion(DAY * 100, DAY * 120..DAY * 122, DAY * 50, chance);
            assert!(plan.is_followed());
            assert_eq!(plan.next(DAY * 100), RenewalStep::Wait(DAY), "it asks once a day at least");
            plan.on_suggestion(DAY * 119, DAY * 120..DAY * 122, DAY, 0.9);
            let (ask_at, order_at) = (DAY * 120, DAY * expected);
            assert_eq!(plan.next(DAY * 119), RenewalStep::Wait(ask_at.min(order_at) - DAY * 119));
            plan.on_suggestion(ask_at, DAY * 120..DAY * 122, DAY * 9, 0.1);
            assert_eq!(plan.order_at, order_at, "the moment is chosen once");
        }
    }

    #[test]
    fn renews_at_once_if_the_window_has_passed() {
        let mut plan = plan();
        plan.on_suggestion(DAY * 110, DAY * 105..DAY * 106, Duration::ZERO, 0.5);
        assert_eq!(plan.next(DAY * 110), RenewalStep::Order);
        assert_eq!(plan.on_failed_order(DAY * 110), FIRST_RETRY);
        let minute = Duration::from_mins(1);
        assert_eq!(plan.next(DAY * 110), RenewalStep::Wait(minute), "it asks once a minute at most");
        plan.on_suggestion(DAY * 110 + minute, DAY * 105..DAY * 106, DAY, 0.5);
        assert_eq!(plan.next(DAY * 110 + minute), RenewalStep::Wait(FIRST_RETRY - minute));
    }

    #[test]
    fn server_cannot_let_a_certificate_expire() {
        let mut plan = plan();
        plan.on_suggestion(DAY * 100, DAY * 300..DAY * 301, DAY, 0.5);
        assert_eq!(plan.order_at, DAY * 175);
        plan.on_suggestion(DAY * 100, DAY * 130..DAY * 120, DAY, 0.5);
        assert_eq!(plan.order_at, DAY * 175, "a window that ends before it starts is ignored");
    }
}
