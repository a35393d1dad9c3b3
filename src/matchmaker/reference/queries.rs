//! Queries of the model; none of them changes it.

use super::{
    MAX_PASSED_BY, ModelMatch, ModelPage, ReferenceModel,
    standing::{ModelLane, ModelOffer},
};
use crate::{
    matchmaker::tests::vocabulary::{PageState, TASTES, WireState},
    protocol::{Affinity, ErrorCode},
};

/// A possible pair: its priority, the places of the longer and of the shorter waiter, and the two pages in that order.
///
/// The smallest pair is made first.
pub(crate) type PossiblePair = (u8, (u64, usize), (u64, usize), usize, usize);

impl ReferenceModel {
    /// Whether the server has a peer for this page that the page does not know of.
    pub(crate) fn is_ghost(&self, page: usize) -> bool {
        let is_peer = !matches!(self.pages[page].state, PageState::AwaitingHello { .. } | PageState::Gone);
        is_peer && !self.was_welcomed(page)
    }

    /// The next time at which something has to happen without an input.
    pub(crate) fn deadline(&self) -> Option<u64> {
        let queue = self.queue();
        let all = queue.iter().flat_map(|one| queue.iter().map(move |other| (*one, *other)));
        let possible = all.filter(|(one, other)| one < other && self.priority(*one, *other).is_some());
        let retries = possible.filter_map(|(one, other)| self.may_meet_from(one, other));
        let retries = retries.filter(|at| *at > self.now);
        let lapses = queue.iter().filter_map(|it| self.standing(*it).1);
        self.deadlines().into_iter().map(|it| it.0).chain(retries).chain(lapses).min()
    }

    /// Waiting pages that are not lost, the longest waiter first.
    pub(crate) fn queue(&self) -> Vec<usize> {
        let mut queue: Vec<_> = (0..self.pages.len()).filter(|it| self.place(*it).is_some()).collect();
        queue.sort_by_key(|it| self.place(*it));
        queue
    }

    pub(crate) fn place(&self, page: usize) -> Option<(u64, usize)> {
        match (self.pages[page].state, self.pages[page].wire) {
            (PageState::Waiting(since, turn), WireState::Working | WireState::Cut) => Some((since, turn)),
            _ => None,
        }
    }

    /// Whether two pages parted so recently that they are not paired again yet.
    pub(crate) fn are_kept_apart(&self, one: usize, other: usize) -> bool {
        let is_pair = |it: &(usize, usize, u64)| [(one, other), (other, one)].contains(&(it.0, it.1));
        self.kept_apart.iter().any(|it| is_pair(it) && it.2 > self.now)
    }

    /// All pairs that could be made now.
    pub(crate) fn possible_pairs(&self) -> Vec<PossiblePair> {
        let queue = self.queue();
        let pairs_of = |(n, one): (usize, &usize)| {
            let others = queue[n + 1..].iter().filter(|it| self.may_meet_now(*one, **it));
            let pair = |other: &usize| {
                Some((self.priority(*one, *other)?, self.place(*one)?, self.place(*other)?, *one, *other))
            };
            others.filter_map(pair).collect::<Vec<_>>()
        };
        queue.iter().enumerate().flat_map(pairs_of).collect()
    }

    /// The priority of pairing two pages, apart from their past; `None` if they do not accept each other.
    ///
    /// Less is better. It is 0 if either page is owed a partner, and grows as the two have less in common. Pages of
    /// different lanes come last.
    pub(crate) fn priority(&self, one: usize, other: usize) -> Option<u8> {
        let lanes = [self.lane(one), self.lane(other)];
        let is_last_resort = lanes[0] != lanes[1];
        if is_last_resort && lanes.contains(&ModelLane::Silent) {
            return None;
        }
        if !is_last_resort && (self.is_owed_partner(one) || self.is_owed_partner(other)) {
            return Some(0);
        }
        let [interests, languages] = self.shared(one, other);
        let speaks_any = |page: usize| TASTES[self.pages[page].taste].1.is_empty();
        let can_talk = languages > 0 || speaks_any(one) || speaks_any(other);
        let affinity = match (interests, can_talk) {
            (1.., true) => Affinity::Interest,
            (_, true) => Affinity::Language,
            (_, false) => Affinity::Anybody,
        };
        let accepts = |page: usize| affinity <= self.pages[page].wants.0;
        let rank = 1 + affinity as u8 + if is_last_resort { 10 } else { 0 };
        (accepts(one) && accepts(other)).then_some(rank)
    }

    /// The numbers of interests and languages that two pages have in common.
    pub(crate) fn shared(&self, one: usize, other: usize) -> [usize; 2] {
        let [(one_interests, one_languages), (other_interests, other_languages)] =
            [one, other].map(|it| TASTES[self.pages[it].taste]);
        let common = |a: &str, b: &str| {
            let is_common = |it: &&str| !it.is_empty() && b.split(',').any(|other| other == *it);
            a.split(',').filter(is_common).count()
        };
        [common(one_interests, other_interests), common(one_languages, other_languages)]
    }

    /// Whether a waiting page was passed by so often that it gets the next partner that may meet it.
    pub(crate) fn is_owed_partner(&self, page: usize) -> bool {
        self.place(page).is_some() && self.pages[page].times_passed_by >= MAX_PASSED_BY
    }

    /// The affinity that a page requires which has waited since `since`, and until when it does.
    pub(crate) fn required_affinity(&self, page: usize, since: u64) -> (Affinity, Option<u64>) {
        let waited = self.now - since;
        let after = |ms| Some(since + ms);
        match TASTES[self.pages[page].taste] {
            ("", "") => (Affinity::Anybody, None),
            (_, "") if waited < 10_000 => (Affinity::Interest, after(10_000)),
            ("", _) if waited < 10_000 => (Affinity::Language, after(10_000)),
            ("", _) | (_, "") => (Affinity::Anybody, None),
            (_, _) if waited < 10_000 => (Affinity::Interest, after(10_000)),
            (_, _) if waited < 20_000 => (Affinity::Language, after(20_000)),
            (_, _) => (Affinity::Anybody, None),
        }
    }

    /// The number of open sockets, as the server counts them.
    pub(crate) fn open_sockets(&self) -> usize {
        let has_one =
            |it: &&ModelPage| it.state != PageState::Gone && !matches!(it.wire, WireState::Lost { .. });
        self.pages.iter().filter(has_one).count()
    }

    /// The number of peers, including those in their grace period.
    pub(crate) fn peer_count(&self) -> usize {
        self.count_pages(|it| !matches!(it, PageState::AwaitingHello { .. } | PageState::Gone))
    }

    /// The number of peers in their grace period.
    pub(crate) fn lost_peers(&self) -> usize {
        let is_lost =
            |it: &&ModelPage| it.state != PageState::Gone && matches!(it.wire, WireState::Lost { .. });
        self.pages.iter().filter(is_lost).count()
    }

    /// The number of pages in a state.
    pub(crate) fn count_pages(&self, is_in_state: impl Fn(PageState) -> bool) -> usize {
        self.pages.iter().filter(|it| is_in_state(it.state)).count()
    }

    /// The number of current matches that are calls, or of those that are not calls yet.
    pub(crate) fn match_count(&self, calls: bool) -> usize {
        let is_one = |it: &&ModelMatch| it.ended_at.is_none() && (it.connected == [true; 2]) == calls;
        self.matches.iter().filter(is_one).count()
    }

    /// Whether the server knows that this page has lost its socket.
    pub(crate) fn is_lost(&self, page: usize) -> bool {
        matches!(self.pages[page].wire, WireState::Lost { .. })
    }

    /// The index of a page within the ends of a match: 0 or 1.
    pub(crate) fn end_index(&self, match_index: usize, page: usize) -> usize {
        usize::from(self.matches[match_index].ends[1] == page)
    }

    /// Time, kind (0 hello, 1 grace period, 2 connecting, 3 widening, 4 offer, 5 stop, 6 acknowledging,
    /// 7 renewing, 8 proving waits), and index of a page or match.
    pub(crate) fn deadlines(&self) -> Vec<(u64, u8, usize)> {
        let of_page = |(n, page): (usize, &ModelPage)| match (page.state, page.wire) {
            (PageState::Gone, _) => None,
            (PageState::AwaitingHello { until }, _) => Some((until, 0, n)),
            (_, WireState::Lost { until }) => Some((until, 1, n)),
            (_, WireState::Working | WireState::Cut) => None,
        };
        let pending = |it: &ModelMatch| it.ended_at.is_none() && it.connected != [true; 2];
        let of_match = |(n, it): (usize, &ModelMatch)| pending(it).then_some((it.connect_by, 2, n));
        let pages = self.pages.iter().enumerate().filter_map(of_page);
        let widening = |(n, page): (usize, &ModelPage)| match page.state {
            PageState::Waiting(..) => Some((page.wants.1?, 3, n)),
            PageState::AwaitingHello { .. } | PageState::Idle | PageState::Matched(_) | PageState::Gone => {
                None
            }
        };
        let widening = self.pages.iter().enumerate().filter_map(widening);
        let offers = self.pages.iter().enumerate().filter_map(|(n, page)| match page.offer {
            ModelOffer::Asked { until } => self.place(n).map(|_| (until, 4, n)),
            ModelOffer::NotAsked | ModelOffer::Late | ModelOffer::Sent(_) => None,
        });
        // Of several matches, that of the longest waiter ends first.
        let mut matches: Vec<_> = self.matches.iter().enumerate().filter_map(of_match).collect();
        matches.sort_by_key(|(at, _, n)| (*at, self.matches[*n].places[0]));
        let stop = self.stops_at().map(|at| (at, 5, 0));
        let acknowledging = |(n, page): (usize, &ModelPage)| Some((Self::ack_deadline(page)?, 6, n));
        let acknowledging = self.pages.iter().enumerate().filter_map(acknowledging);
        let lasting = self.matches.iter().enumerate().filter(|(_, it)| it.ended_at.is_none());
        let renewing = lasting.filter_map(|(n, it)| Some((it.renew_at?, 7, n)));
        let proving = self.unproven.first().map(|since| (since + 1_000, 8, 0));
        let of_pages = pages.chain(widening).chain(offers).chain(acknowledging);
        of_pages.chain(stop).chain(proving).chain(renewing).chain(matches).collect()
    }

    /// The match, if the page is in it now; `None` if it was once, and an error if it never was.
    pub(crate) fn current_match(
        &self,
        page: usize,
        match_index: Option<usize>,
    ) -> Result<Option<usize>, ErrorCode> {
        match match_index {
            Some(it) if self.pages[page].state == PageState::Matched(it) => Ok(Some(it)),
            Some(it) if self.matches[it].ends.contains(&page) && !self.matches[it].forgotten => Ok(None),
            Some(_) | None => Err(ErrorCode::NotYourMatch),
        }
    }

    /// Why the server rejects another socket, if it does.
    pub(crate) fn admission_error(&self, sockets: usize) -> Option<ErrorCode> {
        if self.draining.is_some() {
            Some(ErrorCode::ServerStops)
        } else {
            (sockets >= self.capacity.saturating_add(self.lost_peers())).then_some(ErrorCode::ServerFull)
        }
    }
}
