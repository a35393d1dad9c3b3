//! [`SentSignals`]: the signals of the current connection, which are sent again if the server has no room for one.

use std::{collections::VecDeque, mem, time::Duration};

use super::retry::pause;
use crate::{
    protocol::{Signal, limits::MAX_OUTBOX_MESSAGES},
    time::Moment,
};

/// Signals that are kept; beyond that, the oldest go. The server has no room for more of them anyway.
const MAX_KEPT: usize = MAX_OUTBOX_MESSAGES;

/// After so many refusals in a row the pause no longer doubles: it is then 8 s, and a partner has 20 s to come back.
const MAX_DOUBLINGS: u32 = 3;

/// The signals that this page has sent on the current connection, and those that wait to be sent.
///
/// The server forwards each signal at once, or else refuses it with an error that names its number. The partner needs
/// the signals in order. So once one is refused, the next ones wait until it is sent again.
#[derive(Debug, Default)]
pub(crate) struct SentSignals {
    /// In the order in which the partner needs them; at most [`MAX_KEPT`].
    kept: VecDeque<Kept>,
    retry_at: Option<Moment>,
    /// How many times in a row the server had no room.
    refusals: u32,
}

/// A signal, and what the server has done with it.
#[derive(Debug)]
struct Kept {
    signal: Signal,
    state: Delivered,
}

/// Whether the partner gets a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delivered {
    /// It was sent with this number, and not refused so far.
    Sent(u64),
    /// The server has refused it, or it was not sent because an earlier one was refused.
    NotYet,
}

impl SentSignals {
    /// Whether new signals must wait behind a refused one.
    pub(crate) const fn is_waiting(&self) -> bool {
        self.retry_at.is_some()
    }

    /// A signal was sent with this number.
    pub(crate) fn on_sent(&mut self, number: u64, signal: Signal) {
        self.keep(signal, Delivered::Sent(number));
    }

    /// Keeps a signal that must wait.
    pub(crate) fn hold(&mut self, signal: Signal) {
        self.keep(signal, Delivered::NotYet);
    }

    fn keep(&mut self, signal: Signal, state: Delivered) {
        if self.kept.len() >= MAX_KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(Kept { signal, state });
    }

    /// The server has found the message with this number too early. If it is one of these signals, the signal is sent
    /// again after the pause that the server names, and after twice as long each time that this does not help.
    pub(crate) fn on_rate_limited(
        &mut self,
        now: Moment,
        number: u64,
        retry_ms: Option<u32>,
        rng: &mut fastrand::Rng,
    ) {
        let Some(refused) = self.kept.iter_mut().find(|it| it.state == Delivered::Sent(number)) else {
            return;
        };
        refused.state = Delivered::NotYet;
        if self.retry_at.is_none() {
            let wait: Duration = pause(retry_ms, rng) * (1 << self.refusals.min(MAX_DOUBLINGS));
            (self.retry_at, self.refusals) = (Some(now + wait), self.refusals + 1);
        }
    }

    /// When signals are sent again.
    pub(crate) const fn deadline(&self) -> Option<Moment> {
        self.retry_at
    }

    /// Takes the signals that are due, in order.
    ///
    /// After a description that the partner did not get, all its candidates are sent again, since the partner has
    /// dropped them. A description that has become obsolete is left out: an offer before any other description was
    /// rolled back, and an answer before another one belongs to an offer that was made again.
    pub(crate) fn take_due(&mut self, now: Moment) -> Vec<Signal> {
        if self.retry_at.take_if(|at| *at <= now).is_none() {
            return Vec::new();
        }
        let mut due = Vec::new();
        let mut lacks_description = false;
        for Kept { signal, state } in mem::take(&mut self.kept) {
            let is_missing = state == Delivered::NotYet;
            lacks_description |= is_missing && is_description(&signal);
            if is_missing || lacks_description {
                due.push(signal);
            } else {
                self.keep(signal, state);
            }
        }
        without_obsolete(due)
    }
}

const fn is_description(signal: &Signal) -> bool {
    match signal {
        Signal::Offer { .. } | Signal::Answer { .. } => true,
        Signal::Candidate(_) | Signal::EndOfCandidates { .. } => false,
    }
}

fn without_obsolete(signals: Vec<Signal>) -> Vec<Signal> {
    let (mut later_description, mut later_answer) = (false, false);
    let is_needed = |signal: &Signal| match signal {
        Signal::Offer { .. } => !mem::replace(&mut later_description, true),
        Signal::Answer { .. } => {
            later_description = true;
            !mem::replace(&mut later_answer, true)
        }
        Signal::Candidate(_) | Signal::EndOfCandidates { .. } => true,
    };
    let mut needed: Vec<_> = signals.into_iter().rev().filter(is_needed).collect();
    needed.reverse();
    needed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Candidate, Sdp};

    fn signal(name: &str) -> Signal {
        let sdp = Sdp(name.to_owned());
        match &name[..1] {
            "o" => Signal::Offer { sdp },
            "a" => Signal::Answer { sdp },
            "c" => {
                let (sdp_mid, sdp_m_line_index, username_fragment) = (None, None, None);
                Signal::Candidate(Candidate { candidate: sdp, sdp_mid, sdp_m_line_index, username_fragment })
            }
            _ => Signal::EndOfCandidates { username_fragment: Some(name.to_owned()) },
        }
    }

    fn at(millis: u64) -> Moment {
        Moment::from_millis(millis)
    }

    /// Sends these signals, numbered from 1, of which the server refuses some; returns what is sent again.
    fn sent_again(sent: &[&str], refused: &[u64], held: &[&str]) -> Vec<Signal> {
        let mut signals = SentSignals::default();
        for (number, name) in (1..).zip(sent) {
            signals.on_sent(number, signal(name));
        }
        let rng = &mut fastrand::Rng::with_seed(1);
        refused.iter().for_each(|it| signals.on_rate_limited(at(0), *it, Some(1_000), rng));
        held.iter().for_each(|it| signals.hold(signal(it)));
        signals.take_due(at(60_000))
    }

    fn all(names: &[&str]) -> Vec<Signal> {
        names.iter().map(|it| signal(it)).collect()
    }

    #[test]
    fn sends_refused_signals_again_in_order() {
        let sent = ["o1", "c1", "c2", "e"];
        assert_eq!(sent_again(&sent, &[], &[]), []);
        assert_eq!(sent_again(&sent, &[3], &["c3"]), all(&["c2", "c3"]), "the offer has arrived");
        assert_eq!(sent_again(&sent, &[1], &["c3"]), all(&["o1", "c1", "c2", "e", "c3"]));
        assert_eq!(sent_again(&["c1", "a1", "c2"], &[2, 3], &[]), all(&["a1", "c2"]));
    }

    #[test]
    fn leaves_out_descriptions_that_have_become_obsolete() {
        assert_eq!(sent_again(&["o1", "c1", "a1"], &[1], &[]), all(&["c1", "a1"]), "rolled back");
        assert_eq!(sent_again(&["a1", "o1"], &[1], &[]), all(&["a1", "o1"]));
        assert_eq!(
            sent_again(&["a1", "a2"], &[1], &["c1"]),
            all(&["a2", "c1"]),
            "the partner has asked again"
        );
    }

    #[test]
    fn waits_longer_each_time() {
        let mut signals = SentSignals::default();
        let rng = &mut fastrand::Rng::with_seed(1);
        let mut now = 0;
        for (number, pause) in (1..).zip([1_000, 2_000, 4_000, 8_000, 8_000]) {
            assert!(!signals.is_waiting());
            signals.on_sent(number, signal("o"));
            signals.on_rate_limited(at(now), 99, Some(1_000), rng);
            assert_eq!(signals.deadline(), None, "another message was refused");
            signals.on_rate_limited(at(now), number, Some(1_000), rng);
            let due = signals.deadline().unwrap().as_millis();
            assert!((now + pause..=now + pause * 3 / 2).contains(&due), "{}", due - now);
            assert_eq!(signals.take_due(at(due - 1)), []);
            assert_eq!(signals.take_due(at(due)).len(), 1);
            now = due;
        }
    }

    #[test]
    fn keeps_a_bounded_number() {
        let mut signals = SentSignals::default();
        for number in 1..1_000 {
            signals.on_sent(number, signal("c"));
        }
        assert_eq!(signals.kept.len(), MAX_KEPT);
    }
}
