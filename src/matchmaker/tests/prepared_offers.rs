//! Tests of prepared offers: which peers are asked for one, and how offers are kept and used.

use super::scene::{Scene, candidate, offer, secs};
use crate::{
    matchmaker::queue::{
        Queue,
        prepared_offers::{OfferSlots, OfferState},
    },
    protocol::{PeerId, PreparedOffer, Sdp, Signal, ToBrowser, ToServer, limits::MAX_PREPARED},
    time::Moment,
};

const NONE: [&str; 0] = [];

fn prepared_offer(scene: &Scene, page: usize) -> Option<PreparedOffer> {
    let ToBrowser::Matched { ahead, .. } = scene.last_matched(page) else {
        unreachable!("`last_matched` returns `matched`")
    };
    ahead.clone()
}

fn send_prepared(scene: &mut Scene, page: usize, number: u32, signal: Signal) {
    scene.send(page, ToServer::Prepared { number, signal });
}

/// A page that waits and has sent an offer with one candidate, and an idle page.
fn waiting_with_offer() -> (Scene, usize, usize) {
    let mut scene = Scene::new();
    let [ann, bob] = scene.add_pages();
    scene.join(ann);
    assert_eq!(scene.pages[ann].offer_requests, 1);
    send_prepared(&mut scene, ann, 1, offer("ahead"));
    send_prepared(&mut scene, ann, 1, candidate());
    (scene, ann, bob)
}

#[test]
fn new_partner_receives_the_prepared_offer_and_answers_it() {
    let (mut scene, ann, bob) = waiting_with_offer();
    scene.join(bob);
    assert_eq!(scene.pages[bob].offer_requests, 0, "a page that is matched at once is not asked");
    assert_eq!(prepared_offer(&scene, ann), Some(PreparedOffer::Yours { number: 1 }));
    let Some(PreparedOffer::Theirs { offer, candidates }) = prepared_offer(&scene, bob) else {
        panic!("no offer")
    };
    assert_eq!((offer, candidates.len()), (Sdp("ahead".into()), 1));
    let match_id = scene.last_match(ann);
    scene.take_events(ann);
    scene.take_events(bob);
    scene.send_signal(bob, match_id, 0, Signal::Answer { sdp: Sdp("answer".into()) });
    assert_eq!(scene.take_events(ann), ["signal #1 0 answer"]);
}

#[test]
fn late_candidates_pass_only_for_the_used_offer() {
    let (mut scene, ann, bob) = waiting_with_offer();
    scene.join(bob);
    scene.take_events(bob);
    send_prepared(&mut scene, ann, 2, candidate());
    send_prepared(&mut scene, bob, 1, candidate());
    send_prepared(&mut scene, ann, 1, offer("again"));
    assert_eq!(scene.take_events(bob), NONE);
    send_prepared(&mut scene, ann, 1, candidate());
    assert_eq!(scene.take_events(bob).len(), 1);
}

#[test]
fn expired_offers_are_not_used_and_new_ones_replace_old_ones() {
    let (mut scene, ann, bob) = waiting_with_offer();
    scene.advance(secs(61));
    scene.join(bob);
    assert_eq!((prepared_offer(&scene, ann), prepared_offer(&scene, bob)), (None, None));

    let (mut scene, ann, bob) = waiting_with_offer();
    scene.advance(secs(50));
    send_prepared(&mut scene, ann, 2, offer("new"));
    send_prepared(&mut scene, ann, 1, offer("late"));
    send_prepared(&mut scene, ann, 1, candidate());
    scene.advance(secs(50));
    scene.join(bob);
    let new = PreparedOffer::Theirs { offer: Sdp("new".into()), candidates: Vec::new() };
    assert_eq!(prepared_offer(&scene, bob), Some(new));
}

#[test]
fn prepared_offer_is_used_once() {
    let (mut scene, ann, bob) = waiting_with_offer();
    scene.join(bob);
    let match_id = scene.last_match(ann);
    scene.send(ann, ToServer::Next { match_id });
    let [cem] = scene.add_pages();
    scene.join(cem);
    assert_eq!(prepared_offer(&scene, cem), None);
    assert_eq!(scene.pages[ann].offer_requests, 2, "it waits again, so it is asked again");
}

#[test]
fn unrequested_offer_is_ignored() {
    let mut scene = Scene::new();
    let [ann] = scene.add_pages();
    send_prepared(&mut scene, ann, 1, offer("unasked"));
    assert_eq!(scene.take_events(ann), NONE);
}

#[test]
fn candidate_65_of_an_offer_is_refused() {
    let (mut scene, ann, _) = waiting_with_offer();
    scene.take_events(ann);
    (1..64).for_each(|_| send_prepared(&mut scene, ann, 1, candidate()));
    assert_eq!(scene.take_events(ann), NONE);
    send_prepared(&mut scene, ann, 1, candidate());
    assert!(scene.take_events(ann)[0].starts_with("error too-many-candidates"));
}

#[test]
fn many_host_candidates_of_an_offer_leave_room_for_late_reflexive_ones() {
    let (mut scene, ann, bob) = waiting_with_offer();
    scene.take_events(ann);
    (1..64).for_each(|_| send_prepared(&mut scene, ann, 1, candidate()));
    let Signal::Candidate(mut reflexive) = candidate() else { unreachable!("it is a candidate") };
    reflexive.candidate = Sdp("candidate:1 1 udp 1 198.51.100.1 9 typ srflx".into());
    (0..24).for_each(|_| send_prepared(&mut scene, ann, 1, Signal::Candidate(reflexive.clone())));
    assert_eq!(scene.take_events(ann), NONE, "nothing was refused");
    scene.join(bob);
    let Some(PreparedOffer::Theirs { candidates, .. }) = prepared_offer(&scene, bob) else {
        panic!("no offer")
    };
    assert_eq!(candidates.len(), 64);
    assert!(candidates[40..].iter().all(|it| *it == reflexive));
}

#[test]
fn leaving_the_queue_frees_the_offer_slot() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.send(ann, ToServer::Next { match_id });
    scene.join(bob);
    assert_eq!(
        (scene.pages[ann].offer_requests, scene.pages[bob].offer_requests),
        (2, 1),
        "both wait, since they are kept apart"
    );
    assert_eq!(scene.machine.offer_slots.taken(), 2);
    scene.send(ann, ToServer::Leave {});
    scene.lose_socket(bob);
    scene.advance(secs(6));
    assert_eq!(scene.machine.offer_slots.taken(), 0);
}

#[test]
fn freed_offer_slot_goes_to_the_longest_waiting_peer() {
    let mut slots = OfferSlots::default();
    let mut queue = Queue::new(0);
    let peer = |n: usize| PeerId(uuid::Uuid::from_u128(n as u128));
    for n in 0..MAX_PREPARED + 2 {
        slots.enroll(queue.new_place(Moment::from_millis(0)), peer(n), false);
    }
    let asked = std::iter::from_fn(|| slots.take_next()).collect::<Vec<_>>();
    assert_eq!(asked, (0..MAX_PREPARED).map(|n| (peer(n), false)).collect::<Vec<_>>());
    slots.free(&OfferState::Requested { until: Moment::from_millis(0) });
    let next = slots.take_next();
    assert_eq!(next, Some((peer(MAX_PREPARED), false)), "the peer that has waited longest");
    assert_eq!(slots.take_next(), None);
}

#[test]
fn silent_peers_and_others_do_not_take_each_others_slots() {
    let mut slots = OfferSlots::default();
    let mut queue = Queue::new(0);
    let peer = |n: usize| PeerId(uuid::Uuid::from_u128(n as u128));
    for is_silent in [true, false] {
        for n in 0..=MAX_PREPARED {
            slots.enroll(queue.new_place(Moment::from_millis(0)), peer(n), is_silent);
        }
    }
    let asked = std::iter::from_fn(|| slots.take_next()).collect::<Vec<_>>();
    let expected = [false, true].map(|is_silent| (0..MAX_PREPARED).map(move |n| (peer(n), is_silent)));
    assert_eq!(asked, expected.into_iter().flatten().collect::<Vec<_>>());
    slots.free(&OfferState::Probed { until: Moment::from_millis(0) });
    assert_eq!(slots.take_next(), Some((peer(MAX_PREPARED), true)));
}
