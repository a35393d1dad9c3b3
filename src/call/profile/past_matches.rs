//! [`PastMatches`]: the tickets of the last matches, with which their partners can still be reported.

use std::{fmt, time::Duration};

use crate::protocol::{MatchId, PairId, limits::MAX_TOKEN_BYTES};

/// How long after its end a match is offered to be reported.
const OFFERED_FOR: Duration = Duration::from_secs(10 * 60);

/// Past matches that are kept: a person who wants to report somebody rarely means one before these.
pub(crate) const MAX_PAST_MATCHES: usize = 3;

/// The ticket of a match: it proves to the server whom this device has met.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket(String);

impl Ticket {
    /// The ticket with this text; `None` if no server makes such a ticket.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let is_one_word = !text.is_empty() && !text.contains(char::is_whitespace);
        (is_one_word && text.len() <= MAX_TOKEN_BYTES).then(|| Self(text.to_owned()))
    }

    /// The text, for the server and for storage only.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Ticket {
    /// Hides the text: with it others could take the match over.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(hidden)")
    }
}

/// A match that is over. Times are in seconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastMatch {
    /// The match.
    pub(crate) id: MatchId,
    /// When it began.
    pub(crate) started: u64,
    /// When it ended.
    pub(crate) ended: u64,
    /// The two devices, if the server has named the pair.
    pub(crate) pair: Option<PairId>,
    /// Its ticket.
    pub(crate) ticket: Ticket,
}

impl PastMatch {
    /// As one line.
    fn to_line(&self) -> String {
        let Self { id, started, ended, pair, ticket } = self;
        let pair = pair.map(|it| it.0.to_string()).unwrap_or_default();
        [&*id.0.to_string(), &*started.to_string(), &*ended.to_string(), &*pair, ticket.text()].join(" ")
    }

    fn from_line(line: &str) -> Option<Self> {
        let mut fields = line.split(' ');
        Some(Self {
            id: MatchId(fields.next()?.parse().ok()?),
            started: fields.next()?.parse().ok()?,
            ended: fields.next()?.parse().ok()?,
            pair: fields.next()?.parse().ok(),
            ticket: Ticket::new(fields.next()?)?,
        })
    }
}

/// The last matches, the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PastMatches(Vec<PastMatch>);

impl PastMatches {
    /// As text, for storage: a line for each match.
    pub fn to_text(&self) -> String {
        self.0.iter().map(PastMatch::to_line).collect::<Vec<_>>().join("\n")
    }

    /// Parses such a text and ignores lines that are not valid.
    pub fn from_text(text: &str) -> Self {
        Self(text.lines().filter_map(PastMatch::from_line).take(MAX_PAST_MATCHES).collect())
    }

    /// Adds a match that has just ended, and drops the oldest one above [`MAX_PAST_MATCHES`].
    pub(crate) fn add(&mut self, past: PastMatch) {
        self.remove(past.id);
        self.0.insert(0, past);
        self.0.truncate(MAX_PAST_MATCHES);
    }

    /// Removes a match, since its partner was reported.
    pub(crate) fn remove(&mut self, id: MatchId) {
        self.0.retain(|it| it.id != id);
    }

    /// The matches that can still be reported.
    pub(crate) fn offered(&self, now: u64) -> impl Iterator<Item = &PastMatch> {
        self.0.iter().filter(move |it| it.ends_at() > now)
    }

    /// Drops the matches that ended too long ago. A date in the future comes from a clock that ran ahead: it becomes
    /// the current time. Returns whether anything has changed.
    pub(crate) fn expire(&mut self, now: u64) -> bool {
        let mut is_changed = false;
        self.0.retain_mut(|it| {
            let is_ahead = it.ended > now;
            it.ended = it.ended.min(now);
            let is_over = it.ends_at() <= now;
            is_changed |= is_ahead || is_over;
            !is_over
        });
        is_changed
    }

    /// When the next one expires.
    pub(crate) fn expires_at(&self) -> Option<u64> {
        self.0.iter().map(PastMatch::ends_at).min()
    }
}

impl PastMatch {
    fn ends_at(&self) -> u64 {
        self.ended.saturating_add(OFFERED_FOR.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn past(number: u128, ended: u64) -> PastMatch {
        PastMatch {
            id: MatchId(Uuid::from_u128(number)),
            started: ended - 60,
            ended,
            pair: number.is_multiple_of(2).then(|| PairId(Uuid::from_u128(number))),
            ticket: Ticket::new("t.1-_=").unwrap(),
        }
    }

    #[test]
    fn text_round_trips_and_ignores_nonsense() {
        let mut all = PastMatches::default();
        (1..=3).for_each(|it| all.add(past(it, 1_000)));
        assert_eq!(PastMatches::from_text(&all.to_text()), all);
        assert_eq!(PastMatches::from_text(&format!("x\n\n1 2 3\n{}", all.to_text())), all);
        assert_eq!(PastMatches::from_text(""), PastMatches::default());
        assert_eq!(PastMatches::default().to_text(), "");
        let long = past(1, 1_000).to_line() + &"x".repeat(MAX_TOKEN_BYTES);
        assert_eq!(PastMatches::from_text(&long), PastMatches::default());
    }

    #[test]
    fn the_last_three_are_offered_for_ten_minutes() {
        let mut all = PastMatches::default();
        for (number, ended) in [(1, 1_000), (2, 1_100), (3, 1_200), (4, 1_300), (4, 1_300)] {
            all.add(past(number, ended));
        }
        let offered = |all: &PastMatches, now| all.offered(now).map(|it| it.ended).collect::<Vec<_>>();
        assert_eq!(offered(&all, 1_300), [1_300, 1_200, 1_100]);
        assert_eq!((offered(&all, 1_699).len(), offered(&all, 1_700).len()), (3, 2));
        assert_eq!(all.expires_at(), Some(1_700));
        assert!(!all.expire(1_699) && all.expire(1_700));
        assert_eq!(offered(&all, 1_700), [1_300, 1_200]);
        assert!(all.expire(1_250), "a clock that was set back shortens nothing");
        assert_eq!(offered(&all, 1_250), [1_250, 1_200]);
        all.remove(MatchId(Uuid::from_u128(4)));
        assert_eq!(offered(&all, 1_250), [1_200]);
    }

    #[test]
    fn tickets_are_never_printed() {
        assert!(!format!("{:?}", past(1, 1_000)).contains("t.1"));
        for bad in ["", "a b", "a\nb"] {
            assert_eq!(Ticket::new(bad), None, "{bad:?}");
        }
    }
}
