//! The model's queue: joining it, widening the search, and making pairs.

use super::{
    ModelMatch, ReferenceModel,
    standing::{ModelEnding, ModelOffer},
};
use crate::{
    matchmaker::tests::vocabulary::{DrawnProof, ModelEvent, PageState, RENEW_EVERY_MS},
    protocol::{Affinity, EndReason, Role},
};

impl ReferenceModel {
    /// Makes the best possible pair until no two waiting pages can be paired.
    pub(crate) fn pair_all(&mut self) {
        self.update_lanes();
        while let Some((_, _, _, one, other)) = self.possible_pairs().into_iter().min() {
            // Before the meeting is recorded, because one that is forgotten for it changes who may meet.
            self.check_no_starvation(one, other);
            self.record_meeting(one, other);
            let (ends, match_index) = ([one, other], self.matches.len());
            let is_fresh = |at: u64| self.now <= at + 60_000;
            let begins_with_offer = matches!(self.pages[one].offer, ModelOffer::Sent(at) if is_fresh(at));
            let lanes = ends.map(|it| self.pages[it].lane);
            let relay = self.choose_relay(&ends.map(|it| self.pages[it].edge));
            self.matches.push(ModelMatch {
                ends,
                places: ends.map(|it| self.place(it).unwrap()),
                were_given_back: ends.map(|it| self.pages[it].was_given_back),
                since: self.now,
                origins: ends.map(|it| (self.pages[it].device, self.pages[it].network)),
                connected: [false; 2],
                acted: [begins_with_offer, false],
                asked_at: [Some(self.now), begins_with_offer.then_some(self.now)],
                epochs: [u32::from(!begins_with_offer); 2],
                connect_by: self.now + 20_000,
                relay,
                renew_at: relay.map(|_| self.now + RENEW_EVERY_MS),
                ended_at: None,
                forgotten: false,
            });
            let shared = self.shared(one, other);
            for (page, partner, role) in [(one, other, Role::Impolite), (other, one, Role::Polite)] {
                self.pages[page].state = PageState::Matched(match_index);
                let partner = Self::media_of(partner);
                self.send_to_page(page, ModelEvent::Matched { match_index, role, partner, shared, relay });
            }
            for page in self.queue() {
                let page = &mut self.pages[page];
                let is_passed_by = page.wants.0 == Affinity::Anybody && lanes.contains(&page.lane);
                page.times_passed_by += usize::from(is_passed_by);
            }
        }
    }

    /// Checks that a page which is owed a partner is passed by only for one that was owed a partner earlier, or by
    /// pages that may not meet it now or wait in another lane.
    fn check_no_starvation(&self, one: usize, other: usize) {
        let owed = self.queue().into_iter().filter(|it| self.is_owed_partner(*it));
        for page in owed.filter(|it| ![one, other].contains(it)) {
            let is_earlier = |it: usize| self.is_owed_partner(it) && self.place(it) < self.place(page);
            let is_elsewhere = |it: usize| self.pages[it].lane != self.pages[page].lane;
            let may_pass = |it: usize| is_earlier(it) || is_elsewhere(it) || !self.may_meet_now(it, page);
            assert!(
                is_earlier(one) || is_earlier(other) || may_pass(one) && may_pass(other),
                "page {page} was passed by although it was owed a partner"
            );
        }
    }

    /// Adds a page at the end of the queue, or at the place that it had at another server.
    pub(crate) fn enqueue(&mut self, page: usize) {
        self.last_turn += 1;
        let since = self.pages[page].waits_since.take().filter(|_| self.honours_proofs());
        self.enqueue_at(page, (since.unwrap_or(self.now), self.last_turn), false);
    }

    /// The device of this page opens a new page, which shows a proof of a place at another server.
    pub(crate) fn reload_with_proof(&mut self, page: usize, proof: DrawnProof) {
        self.reload(page);
        let (new, honours) = (self.pages.len() - 1, self.honours_proofs());
        let is_welcomed = self.pages[new].state == PageState::Idle;
        if is_welcomed && honours && proof.age_ms <= 60_000 && !self.honoured.contains(&proof.peer) {
            self.honoured.push(proof.peer);
            self.pages[new].waits_since = Some(self.now - proof.waited_ms - proof.age_ms);
        }
    }

    fn honours_proofs(&self) -> bool {
        self.now < self.began_at + 30_000
    }

    pub(crate) fn enqueue_at(&mut self, page: usize, (since, turn): (u64, usize), is_given_back: bool) {
        if self.draining.is_some() {
            return self.dismiss_if_draining(page);
        }
        (self.pages[page].was_given_back, self.pages[page].offer) = (is_given_back, ModelOffer::NotAsked);
        self.pages[page].state = PageState::Waiting(since, turn);
        self.unproven.push(self.now);
        self.send_to_page(page, ModelEvent::Waiting);
        (self.pages[page].wants, self.pages[page].times_passed_by) = ((Affinity::Anybody, None), 0);
        if self.pages[page].taste != 0 {
            self.widen(page);
        }
    }

    /// Updates what a waiting page requires of a partner, and tells the page.
    pub(crate) fn widen(&mut self, page: usize) {
        let PageState::Waiting(since, _) = self.pages[page].state else {
            unreachable!("only waiting pages widen their search")
        };
        let wants = self.required_affinity(page, since);
        (self.pages[page].wants, self.pages[page].times_passed_by) = (wants, 0);
        let widens_in_ms = wants.1.map(|at| u32::try_from(at - self.now).unwrap());
        self.send_to_page(page, ModelEvent::Seeking { wants: wants.0, widens_in_ms });
    }

    /// Ends a match that did not connect or whose call broke. Both pages wait again. If the match never was a call, a
    /// page that did its part gets its former place back, but not twice.
    pub(crate) fn end_unconnected(&mut self, match_index: usize, ending: ModelEnding) {
        let silent = self.silent_ends(match_index, ending);
        self.record_end(match_index, ending, silent);
        self.end_match(match_index, usize::MAX, EndReason::Unconnected, EndReason::Unconnected);
        let ModelMatch { ends, places, connected, were_given_back, .. } = self.matches[match_index];
        for end in 0..2 {
            if connected == [true; 2] || silent[end] || were_given_back[end] {
                self.enqueue(ends[end]);
            } else {
                self.enqueue_at(ends[end], places[end], true);
            }
        }
    }
}
