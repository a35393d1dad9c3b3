//! The end of a server: how its peers are sent away, and when they come back.

use std::{ops::Range, time::Duration};

use crate::{
    matchmaker::{Matchmaker, deadlines::Due, matches::conduct::Ending},
    protocol::{ErrorCode, PeerId, ToBrowser},
    time::Moment,
};

/// How long after the end of this server its peers come back: long enough for the next one to start, and spread, so
/// that ten thousand of them are about two thousand handshakes a second.
const COME_BACK_AFTER: Range<Duration> = Duration::from_millis(500)..Duration::from_secs(5);

impl Matchmaker {
    /// The server stops at `until` at the latest. Until then it serves its matches only.
    pub(crate) fn on_drain(&mut self, now: Moment, until: Moment) {
        if self.draining.is_some() {
            return;
        }
        self.draining = Some(until);
        if until <= now {
            return self.on_stop(now);
        }
        self.deadlines.set(until, Due::Stop);
        self.dismiss_unmatched(now);
    }

    /// The server stops. Matches go on without it, and the next server rebuilds them from their tickets, so nobody is
    /// told that a match has ended.
    pub(crate) fn on_stop(&mut self, now: Moment) {
        for match_id in self.matches.current_ids() {
            self.forget_match(now, match_id, Ending::Abandoned);
        }
        self.dismiss_unmatched(now);
    }

    fn dismiss_unmatched(&mut self, now: Moment) {
        #[expect(clippy::disallowed_methods, reason = "sorted at once")]
        let mut all: Vec<_> = self.peers.keys().copied().collect();
        all.sort_unstable();
        for id in all {
            if self.peers.get(&id).is_some_and(|it| it.match_id().is_none()) {
                self.send_come_back(now, id);
            }
        }
    }

    /// Ends the session of a peer that is not in a match, and tells it when to come back to the next server.
    pub(crate) fn send_come_back(&mut self, now: Moment, id: PeerId) {
        let after_ms = self.come_back_after_ms(now);
        self.send(id, ToBrowser::ComeBack { after_ms });
        self.end_session(now, id, ErrorCode::ServerStops, 0);
    }

    /// When a peer comes back that is sent away now, in milliseconds from now.
    pub(crate) fn come_back_after_ms(&mut self, now: Moment) -> u32 {
        let after = self.time_until_stop(now) + self.ids.jitter(COME_BACK_AFTER);
        u32::try_from(after.as_millis()).unwrap_or(u32::MAX)
    }

    /// How long a draining server goes on: without matches not at all.
    fn time_until_stop(&self, now: Moment) -> Duration {
        match self.draining {
            Some(until) if self.matches.len() > 0 => until - now,
            Some(_) | None => Duration::ZERO,
        }
    }
}
