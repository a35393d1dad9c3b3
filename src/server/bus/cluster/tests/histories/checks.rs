//! What pages must see, whatever happens between edges, cores and Redis. Nothing here knows the matchmaker.

use std::{collections::BTreeMap, time::Duration};

use super::PAGES;
use crate::{
    protocol::{EndReason, ErrorCode, MatchId, PairId, Role},
    time::Moment,
};

/// How long a page may be without a word from a core before its call may be lost for that: somewhat less than its grace
/// period.
const MAY_LOSE_CALL_AFTER: Duration = Duration::from_secs(19);

/// How soon two may meet again: those who have waited for so long are paired with anybody.
const MAY_MEET_AGAIN_AFTER: Duration = Duration::from_secs(25);

/// How late something may be that an earlier core has sent again: as long as an edge may stand still, and a while.
const MAY_COME_AGAIN_WITHIN: Duration = Duration::from_secs(15);

/// A match as pages have seen it.
#[derive(Debug, Default)]
struct Seen {
    pair: Option<PairId>,
    ends: Vec<(usize, Role)>,
    /// When an end left it, or was told that it is over.
    over_at: Option<Moment>,
    /// When a core ended it, which may have told nobody.
    ended_at: Option<Moment>,
    /// The ends that have heard from their partner, and of which a core knows that.
    connected: Vec<usize>,
}

/// A signal: the sessions of all pages when it was sent.
type Sent = [u32; PAGES];

/// Everything that pages have seen.
#[derive(Default)]
pub(super) struct Checks {
    now: Moment,
    matches: BTreeMap<MatchId, Seen>,
    signals: BTreeMap<(MatchId, usize), Vec<Sent>>,
    /// When each page was last in contact with a core, and the longest time without in its current match.
    contact: [(Moment, Duration); PAGES],
    /// How many sessions each page has begun.
    sessions: [u32; PAGES],
    /// When Redis has last confirmed an earlier holder than one that it has forgotten. That one goes on with what it
    /// knew, and may send a page again what the page has received before it came to the later one.
    pub(super) restored_at: Option<Moment>,
    /// How much has happened, so that a history is known to show something.
    pub(super) signals_received: usize,
    pub(super) calls_restored: usize,
}

impl Checks {
    pub(super) fn set_now(&mut self, now: Moment) {
        self.now = now;
    }

    /// A core has said something to a page.
    pub(super) fn on_contact(&mut self, page: usize) {
        let (at, longest) = self.contact[page];
        self.contact[page] = (self.now, longest.max(self.now - at));
    }

    /// A page begins a session, or is told that its partner has: what it has sent before and what was sent to it may be
    /// missing.
    pub(super) fn on_session(&mut self, page: usize) {
        self.sessions[page] += 1;
    }

    /// A page is told of a match. `met_before` is whether it still knows that it has met this partner.
    pub(super) fn on_matched(
        &mut self,
        page: usize,
        id: MatchId,
        role: Role,
        pair: PairId,
        met_before: bool,
    ) {
        let (now, pair) = (self.now, Some(pair));
        let of_both = self.matches.iter().filter(|it| *it.0 != id && it.1.pair == pair).map(|it| it.1);
        let parted_at = of_both.filter_map(|it| it.over_at.into_iter().chain(it.ended_at).min()).max();
        assert!(
            !met_before || parted_at.is_none_or(|at| now - at >= MAY_MEET_AGAIN_AFTER),
            "page {page} meets a partner at {now:?} that it has left at {parted_at:?}"
        );
        let it = self.matches.entry(id).or_default();
        assert!(it.pair.is_none_or(|it| Some(it) == pair), "{id:?} is of two pairs");
        it.pair = pair;
        assert!(
            !it.ends.iter().any(|it| it.0 == page || it.1 == role),
            "{id:?}: {:?} and {page} {role:?}",
            it.ends
        );
        it.ends.push((page, role));
        self.contact[page].1 = Duration::ZERO;
    }

    /// A page leaves a match.
    pub(super) fn on_left(&mut self, id: MatchId) {
        let now = self.now;
        _ = self.matches.entry(id).or_default().over_at.get_or_insert(now);
    }

    /// A core ends a match.
    pub(super) fn on_ended_by_core(&mut self, id: MatchId) {
        let now = self.now;
        _ = self.matches.entry(id).or_default().ended_at.get_or_insert(now);
    }

    /// A page sends a signal. Returns its number, from 1.
    pub(super) fn on_signal_sent(&mut self, page: usize, id: MatchId) -> usize {
        let all = self.signals.entry((id, page)).or_default();
        all.push(self.sessions);
        all.len()
    }

    /// A page gets a signal in a match in which the last one had the number `before`. One that is missing was lost with
    /// a session of one of the two.
    pub(super) fn on_signal(&mut self, page: usize, id: MatchId, before: usize, number: usize) {
        if number <= before {
            let is_again = self.restored_at.is_some_and(|at| self.now - at < MAY_COME_AGAIN_WITHIN);
            return assert!(is_again, "page {page} gets signal {number} after {before}");
        }
        let partner = self.partner_of(page, id).expect("only a page that was told of a match sends signals");
        for missing in before + 1..number {
            assert!(self.may_be_lost(page, partner, id, missing), "page {page} gets {number}, not {missing}");
        }
        self.signals_received += 1;
    }

    /// A core has acknowledged that a page has heard from its partner.
    pub(super) fn on_connected(&mut self, page: usize, id: MatchId) {
        let it = self.matches.entry(id).or_default();
        if !it.connected.contains(&page) {
            it.connected.push(page);
        }
    }

    fn may_be_lost(&self, page: usize, partner: usize, id: MatchId, number: usize) -> bool {
        let sent = self.signals[&(id, partner)][number - 1];
        [page, partner].iter().any(|it| sent[*it] != self.sessions[*it])
    }

    fn partner_of(&self, page: usize, id: MatchId) -> Option<usize> {
        self.matches.get(&id)?.ends.iter().map(|it| it.0).find(|it| *it != page)
    }

    /// A page has lost its call, because it was told that its partner is lost, or because no core knows the match.
    pub(super) fn on_call_lost(&mut self, page: usize, id: MatchId, reason: Option<EndReason>) {
        let it = &self.matches[&id];
        let (was_call, was_left) = (it.connected.len() == 2, it.over_at.is_some());
        let silence = |it: &usize| self.contact[*it].1.max(self.now - self.contact[*it].0);
        let ends: Vec<_> = it.ends.iter().map(|it| it.0).collect();
        let silences: Vec<_> = ends.iter().map(silence).collect();
        let was_out_of_reach = silences.iter().any(|it| *it >= MAY_LOSE_CALL_AFTER);
        assert!(
            !was_call || was_left || was_out_of_reach,
            "page {page} loses its call {id:?} ({reason:?}); {ends:?} were without a core for {silences:?}"
        );
        self.on_left(id);
    }

    /// A socket was closed with this code.
    pub(super) fn on_closed(&mut self, page: usize, code: ErrorCode) {
        let is_usual = matches!(code, ErrorCode::ServerStops | ErrorCode::TooSlow | ErrorCode::Replaced);
        assert!(is_usual, "the socket of page {page} is closed with {code:?}");
    }

    /// At the end, all is well, and these are the calls of the pages, with the number of the last signal of each.
    pub(super) fn check_end(&self, calls: [Option<(MatchId, usize)>; PAGES]) {
        for (page, call) in calls.iter().enumerate() {
            let Some((id, received)) = *call else { continue };
            let others: Vec<_> =
                (0..PAGES).filter(|it| *it != page && calls[*it].is_some_and(|it| it.0 == id)).collect();
            let [partner] = others[..] else { panic!("page {page} has the partners {others:?} in {id:?}") };
            let sent = self.signals.get(&(id, partner)).map_or(0, Vec::len);
            for missing in received + 1..=sent {
                assert!(
                    self.may_be_lost(page, partner, id, missing),
                    "page {page} has not got signal {missing} of {sent}"
                );
            }
        }
    }
}
