//! Offers made ahead: who is asked, what is kept, what comes of it; it must not know how they are kept.

use super::scene::{Scene, candidate, offer, secs};
use crate::protocol::{PreparedOffer, Sdp, Signal, ToBrowser, ToServer, limits::MAX_PREPARED};

const NONE: [&str; 0] = [];

fn ahead(scene: &Scene, page: usize) -> Option<PreparedOffer> {
    let ToBrowser::Matched { ahead, .. } = scene.terms(page) else { unreachable!("the terms of a match") };
    ahead.clone()
}

fn prepares(scene: &mut Scene, page: usize, number: u32, signal: Signal) {
    scene.say(page, ToServer::Prepared { number, signal });
}

/// One who waits with an offer, and one who has yet to come.
fn one_waits() -> (Scene, usize, usize) {
    let mut scene = Scene::new();
    let [ann, bob] = scene.arrive();
    scene.join(ann);
    assert_eq!(scene.pages[ann].asked, 1);
    prepares(&mut scene, ann, 1, offer("ahead"));
    prepares(&mut scene, ann, 1, candidate());
    (scene, ann, bob)
}

#[test]
fn who_comes_is_given_the_offer_of_who_waits_and_the_match_begins_with_it() {
    let (mut scene, ann, bob) = one_waits();
    scene.join(bob);
    assert_eq!(scene.pages[bob].asked, 0, "matched at once, it is not asked");
    assert_eq!(ahead(&scene, ann), Some(PreparedOffer::Yours { number: 1 }));
    let Some(PreparedOffer::Theirs { offer, candidates }) = ahead(&scene, bob) else { panic!("no offer") };
    assert_eq!((offer, candidates.len()), (Sdp("ahead".into()), 1));
    let match_id = scene.current(ann);
    scene.news(ann);
    scene.news(bob);
    scene.signal(bob, match_id, 0, Signal::Answer { sdp: Sdp("answer".into()) });
    assert_eq!(scene.news(ann), ["signal #1 0 answer"]);
}

#[test]
fn a_candidate_that_was_on_its_way_reaches_the_partner_and_what_is_of_another_offer_does_not() {
    let (mut scene, ann, bob) = one_waits();
    scene.join(bob);
    scene.news(bob);
    prepares(&mut scene, ann, 2, candidate());
    prepares(&mut scene, bob, 1, candidate());
    prepares(&mut scene, ann, 1, offer("again"));
    assert_eq!(scene.news(bob), NONE);
    prepares(&mut scene, ann, 1, candidate());
    assert_eq!(scene.news(bob).len(), 1);
}

#[test]
fn an_old_offer_is_not_used_and_a_new_one_takes_its_place() {
    let (mut scene, ann, bob) = one_waits();
    scene.wait(secs(61));
    scene.join(bob);
    assert_eq!((ahead(&scene, ann), ahead(&scene, bob)), (None, None));

    let (mut scene, ann, bob) = one_waits();
    scene.wait(secs(50));
    prepares(&mut scene, ann, 2, offer("new"));
    prepares(&mut scene, ann, 1, offer("late"));
    prepares(&mut scene, ann, 1, candidate());
    scene.wait(secs(50));
    scene.join(bob);
    let new = PreparedOffer::Theirs { offer: Sdp("new".into()), candidates: Vec::new() };
    assert_eq!(ahead(&scene, bob), Some(new));
}

#[test]
fn an_offer_is_used_once() {
    let (mut scene, ann, bob) = one_waits();
    scene.join(bob);
    let match_id = scene.current(ann);
    scene.say(ann, ToServer::Next { match_id });
    let [cem] = scene.arrive();
    scene.join(cem);
    assert_eq!(ahead(&scene, cem), None);
    assert_eq!(scene.pages[ann].asked, 2, "it waits anew, and is asked anew");
}

#[test]
fn who_was_not_asked_keeps_its_offer_to_itself() {
    let mut scene = Scene::new();
    let [ann] = scene.arrive();
    prepares(&mut scene, ann, 1, offer("unasked"));
    assert_eq!(scene.news(ann), NONE);
}

#[test]
fn of_65_candidates_the_last_is_refused() {
    let (mut scene, ann, _) = one_waits();
    scene.news(ann);
    (1..64).for_each(|_| prepares(&mut scene, ann, 1, candidate()));
    assert_eq!(scene.news(ann), NONE);
    prepares(&mut scene, ann, 1, candidate());
    assert!(scene.news(ann)[0].starts_with("error too-many-candidates"));
}

#[test]
fn who_leaves_the_queue_leaves_its_seat() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.say(ann, ToServer::Next { match_id });
    scene.join(bob);
    assert_eq!((scene.pages[ann].asked, scene.pages[bob].asked), (2, 1), "kept apart, both wait");
    assert_eq!(scene.machine.offer_slots.taken(), 2);
    scene.say(ann, ToServer::Leave {});
    scene.lose(bob);
    scene.wait(secs(6));
    assert_eq!(scene.machine.offer_slots.taken(), 0);
}

#[test]
fn no_more_are_asked_than_there_are_seats_and_a_seat_that_is_left_goes_to_the_next() {
    let mut slots = crate::matchmaker::queue::prepared_offers::OfferSlots::default();
    let mut queue = crate::matchmaker::queue::Queue::new(0);
    let peer = |n: u128| crate::protocol::PeerId(uuid::Uuid::from_u128(n));
    for n in 0..MAX_PREPARED as u128 + 2 {
        slots.enroll(queue.last_place(scene_start()), peer(n));
    }
    let called = std::iter::from_fn(|| slots.take_next()).collect::<Vec<_>>();
    assert_eq!(called, (0..MAX_PREPARED as u128).map(peer).collect::<Vec<_>>());
    slots.free();
    assert_eq!(slots.take_next(), Some(peer(MAX_PREPARED as u128)), "the one who has waited longest");
    assert_eq!(slots.take_next(), None);
}

fn scene_start() -> crate::time::Moment {
    crate::time::Moment::from_millis(0)
}
