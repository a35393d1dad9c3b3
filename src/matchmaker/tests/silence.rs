//! Tests of peers that do nothing: in a match, and while they wait.

use super::{
    hidden_addresses::{join_hiding, scene_with_relay},
    scene::{Scene, candidate, offer, secs},
};
use crate::{
    matchmaker::{
        matches::conduct::RESPOND_WITHIN,
        peers::PeerState,
        queue::{failures::REMEMBERED_FOR, lane::Lane},
    },
    protocol::{Language, MatchId, Sdp, Signal, Tastes, ToServer, limits::MAX_PREPARED},
    time::Moment,
};

const ONE_MS: std::time::Duration = std::time::Duration::from_millis(1);

fn answer() -> Signal {
    Signal::Answer { sdp: Sdp("answer".into()) }
}

/// Pages that each come from a network of their own.
fn scene_of_networks() -> Scene {
    Scene::new().with_networks(250)
}

pub(super) fn send_prepared(scene: &mut Scene, page: usize) {
    scene.offers += 1;
    let number = scene.offers;
    scene.send(page, ToServer::Prepared { number, signal: offer("ahead") });
}

/// Joins the queue and sends an offer for the next partner, as a page does.
pub(super) fn join_and_prepare(scene: &mut Scene, page: usize) {
    scene.join(page);
    send_prepared(scene, page);
}

fn fail(scene: &mut Scene, page: usize, match_id: MatchId) {
    scene.send(page, ToServer::Failed { match_id });
}

/// A language that no page with another number speaks.
fn own_language(number: usize) -> Tastes {
    let letters: String = [26, 1].map(|it| char::from(b'a' + (number / it % 26) as u8)).iter().collect();
    Tastes { languages: Language::new(&letters).into_iter().collect(), ..Tastes::default() }
}

/// When the wait of a page began.
fn waits_since(scene: &Scene, page: usize) -> Moment {
    match scene.machine.peers[&scene.pages[page].identity.unwrap().peer].state {
        PeerState::Waiting { place, .. } => place.since,
        other @ (PeerState::Idle | PeerState::Matched(_)) => panic!("page {page} does not wait: {other:?}"),
    }
}

pub(super) fn lane(scene: &Scene, page: usize) -> Lane {
    let peer = &scene.machine.peers[&scene.pages[page].identity.unwrap().peer];
    scene.machine.standing(scene.now, peer).lane
}

pub(super) fn are_matched(scene: &Scene, one: usize, other: usize) -> bool {
    let [one, other] = [one, other].map(|it| &scene.machine.peers[&scene.pages[it].identity.unwrap().peer]);
    one.match_id().is_some() && one.match_id() == other.match_id()
}

#[test]
fn silent_end_loses_its_place_at_once() {
    let mut scene = scene_of_networks();
    let (ann, bob, match_id) = scene.add_matched_pair();
    let [cem, dan] = scene.add_pages();
    scene.advance(secs(1));
    join_and_prepare(&mut scene, cem);
    scene.advance(secs(11));
    // Bob has waited for an offer, and Ann, who was to make it, has not.
    fail(&mut scene, bob, match_id);
    assert!(are_matched(&scene, bob, cem));
    assert_eq!(scene.take_events(bob), ["ended #1 unconnected", "waiting", "matched #2 impolite"]);
    assert_eq!(waits_since(&scene, ann), Moment::from_millis(12_000));
    // Until Ann does something, nobody is matched with her.
    join_and_prepare(&mut scene, dan);
    assert!(!are_matched(&scene, ann, dan));
    send_prepared(&mut scene, ann);
    assert!(are_matched(&scene, ann, dan));
}

/// What a page does in a match, and when.
#[derive(Clone, Copy)]
enum Act {
    Offer,
    Answer,
    Candidate,
    Failed,
    Leave,
}

/// Whether the impolite and the polite end count as silent after these acts: seconds, index of the end, and the act.
fn silent_after(is_prepared: bool, acts: &[(u64, usize, Act)]) -> [bool; 2] {
    let mut scene = scene_of_networks();
    let ends: [usize; 2] = scene.add_pages();
    scene.join(ends[0]);
    if is_prepared {
        send_prepared(&mut scene, ends[0]);
    }
    scene.join(ends[1]);
    let match_id = scene.last_match(ends[0]);
    // Afterwards both leave, so that nothing else happens to them.
    let last = acts.last().map_or(20, |(seconds, ..)| *seconds);
    let leave = [0, 1].map(|end| (last, end, Act::Leave));
    for (seconds, end, act) in acts.iter().chain(&leave) {
        scene.advance(Moment::from_millis(seconds * 1_000) - scene.now);
        let page = ends[*end];
        match act {
            Act::Offer => scene.send_signal(page, match_id, 1, offer("offer")),
            Act::Answer => scene.send_signal(page, match_id, 1, answer()),
            Act::Candidate => scene.send_signal(page, match_id, 1, candidate()),
            Act::Failed => fail(&mut scene, page, match_id),
            Act::Leave => scene.send(page, ToServer::Leave {}),
        }
    }
    ends.map(|it| scene.machine.peers[&scene.pages[it].identity.unwrap().peer].silent.is_some())
}

#[test]
fn only_an_end_that_was_asked_and_had_time_counts_as_silent() {
    use Act::{Answer, Candidate, Failed, Leave, Offer};
    let none = [false, false];
    for (what, acts, silent) in [
        ("neither end does anything", &[][..], [true, true]),
        ("the offer gets no answer", &[(0, 0, Offer), (12, 0, Failed)], [false, true]),
        ("both did their part", &[(0, 0, Offer), (1, 1, Answer), (12, 1, Failed)], none),
        ("a candidate counts", &[(0, 0, Offer), (1, 1, Candidate), (12, 0, Failed)], none),
        ("no offer comes", &[(12, 1, Failed)], [true, false]),
        ("the polite end does not wait for an offer", &[(4, 1, Failed)], [false, true]),
        ("the impolite end makes no offer", &[(0, 0, Failed)], [true, false]),
        ("the polite end has no time to answer", &[(8, 0, Offer), (12, 0, Failed)], none),
        ("the polite end has just time to answer", &[(7, 0, Offer), (12, 0, Failed)], [false, true]),
        ("the partner leaves a silent end", &[(5, 1, Leave)], [true, false]),
        ("the partner leaves at once", &[(4, 1, Leave)], none),
    ] {
        assert_eq!(silent_after(false, acts), silent, "{what}");
    }
    let silent = silent_after(true, &[(12, 0, Failed)]);
    assert_eq!(silent, [false, true], "an impolite end whose prepared offer was used has done its part");
}

#[test]
fn end_that_did_its_part_keeps_its_place_once() {
    let mut scene = scene_of_networks();
    let [ann, bob, cem] = scene.add_pages();
    scene.join(ann);
    scene.advance(secs(1));
    for (other, since) in [(bob, 0), (cem, 3_000)] {
        scene.join(other);
        assert!(are_matched(&scene, ann, other));
        let match_id = scene.last_match(ann);
        scene.send_signal(ann, match_id, 1, offer("offer"));
        scene.send_signal(other, match_id, 1, answer());
        scene.advance(secs(1));
        fail(&mut scene, other, match_id);
        assert_eq!(waits_since(&scene, ann), Moment::from_millis(since));
        scene.send(other, ToServer::Leave {});
    }
    // The third match begins at a new place, which is kept once again.
    let [dan] = scene.add_pages();
    scene.join(dan);
    let match_id = scene.last_match(ann);
    scene.send_signal(ann, match_id, 1, offer("offer"));
    scene.send_signal(dan, match_id, 1, answer());
    fail(&mut scene, dan, match_id);
    assert_eq!(waits_since(&scene, ann), Moment::from_millis(3_000));
}

#[test]
fn peer_that_prepares_no_offer_is_passed_over_until_it_does() {
    let mut scene = Scene::new();
    let [ann, bob, cem] = scene.add_pages();
    scene.join(ann);
    scene.advance(RESPOND_WITHIN - ONE_MS);
    assert_eq!(lane(&scene, ann), Lane::Ordinary);
    scene.advance(ONE_MS);
    assert_eq!(lane(&scene, ann), Lane::Silent);
    join_and_prepare(&mut scene, bob);
    scene.advance(secs(60));
    assert!(!are_matched(&scene, ann, bob), "not even after a long wait");
    scene.join(cem);
    assert!(are_matched(&scene, bob, cem));
    let match_id = scene.last_match(bob);
    scene.send(bob, ToServer::Next { match_id });
    send_prepared(&mut scene, ann);
    assert!(are_matched(&scene, ann, bob), "a late offer is a sign of life");
    assert_eq!(scene.machine.offer_slots.taken(), 0);
}

#[test]
fn silent_peers_are_matched_with_each_other() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.add_pages();
    scene.join(ann);
    scene.advance(RESPOND_WITHIN);
    scene.join(bob);
    assert!(!are_matched(&scene, ann, bob));
    scene.advance(RESPOND_WITHIN);
    assert!(are_matched(&scene, ann, bob), "as soon as neither has done anything");
}

#[test]
fn hiding_peers_are_not_asked_and_not_passed_over() {
    let mut scene = scene_with_relay();
    let [ann, bob] = scene.add_pages();
    join_hiding(&mut scene, ann, true);
    scene.advance(secs(120));
    join_hiding(&mut scene, bob, true);
    assert!(are_matched(&scene, ann, bob));
    let match_id = scene.last_match(ann);
    fail(&mut scene, ann, match_id);
    assert_eq!([ann, bob].map(|it| lane(&scene, it)), [Lane::Ordinary; 2], "one silent match is no habit");
}

#[test]
fn hiding_or_showing_its_address_changes_whether_a_peer_is_passed_over() {
    let mut scene = scene_with_relay();
    let [ann, bob] = scene.add_pages();
    join_hiding(&mut scene, ann, false);
    scene.advance(RESPOND_WITHIN);
    join_hiding(&mut scene, bob, true);
    assert!(!are_matched(&scene, ann, bob));
    join_hiding(&mut scene, ann, true);
    assert!(are_matched(&scene, ann, bob));
}

#[test]
fn silence_lapses_after_ten_minutes_and_on_a_new_network() {
    for is_moved in [false, true] {
        let mut scene = scene_of_networks();
        let [ann, bob] = scene.add_pages();
        scene.join(ann);
        scene.advance(RESPOND_WITHIN);
        join_and_prepare(&mut scene, bob);
        if is_moved {
            scene.pages[ann].network += 100;
            scene.resume(ann);
        } else {
            scene.advance(REMEMBERED_FOR - ONE_MS);
            assert!(!are_matched(&scene, ann, bob));
            scene.advance(ONE_MS);
        }
        assert!(are_matched(&scene, ann, bob));
    }
}

#[test]
fn silent_joiners_are_never_matched_with_a_newcomer() {
    // More than one search checks. All from one network, or each from its own.
    const JOINERS: usize = 300;
    for networks in [1, 250] {
        let mut scene = Scene::new().with_networks(networks);
        // Each speaks a language of its own, so that they are not matched with each other at once.
        for number in 0..JOINERS {
            let [page] = scene.add_pages();
            scene.join_with(page, own_language(number));
        }
        // The server asks so many at a time.
        scene.advance(RESPOND_WITHIN * JOINERS.div_ceil(MAX_PREPARED) as u32);
        // Some of them wait, and some are in a match with each other. Newcomers meet none of them at any moment.
        for _ in 0..12 {
            let [ann, bob] = scene.add_pages();
            join_and_prepare(&mut scene, ann);
            scene.join(bob);
            assert!(are_matched(&scene, ann, bob), "after {:?}, {networks} networks", scene.now);
            scene.close_page(ann);
            scene.close_page(bob);
            scene.advance(secs(2));
        }
    }
}

#[test]
fn leaving_before_an_offer_is_due_does_not_help() {
    let mut scene = scene_of_networks();
    let [ann, bob] = scene.add_pages();
    for _ in 0..2 {
        scene.join(ann);
        scene.advance(secs(2));
        scene.send(ann, ToServer::Leave {});
        scene.advance(secs(60));
    }
    scene.join(ann);
    scene.advance(secs(1) - ONE_MS);
    assert_eq!(lane(&scene, ann), Lane::Ordinary);
    scene.advance(ONE_MS);
    assert_eq!(lane(&scene, ann), Lane::Silent, "asked for five seconds in all");
    // An offer is a sign of life, and the time starts again.
    send_prepared(&mut scene, ann);
    scene.send(ann, ToServer::Leave {});
    scene.join(ann);
    scene.advance(RESPOND_WITHIN - ONE_MS);
    join_and_prepare(&mut scene, bob);
    assert!(are_matched(&scene, ann, bob));
}

#[test]
fn silent_joiners_that_come_and_go_are_matched_with_no_newcomer() {
    const JOINERS: usize = 2 * MAX_PREPARED;
    let mut scene = scene_of_networks();
    let pages: Vec<_> = (0..JOINERS).map(|_| scene.add_pages::<1>()[0]).collect();
    // The second half is asked after five seconds, and all leave after eight.
    for round in 0..4 {
        for (number, page) in pages.iter().enumerate() {
            scene.join_with(*page, own_language(number));
        }
        if round > 0 {
            scene.advance(secs(2));
            let [ann, bob] = scene.add_pages();
            join_and_prepare(&mut scene, ann);
            scene.join(bob);
            assert!(are_matched(&scene, ann, bob), "round {round}");
            scene.close_page(ann);
            scene.close_page(bob);
        }
        scene.advance(secs(8));
        for page in &pages {
            scene.send(*page, ToServer::Leave {});
        }
    }
}

#[test]
fn silent_peers_keep_no_offer_slot() {
    let mut scene = Scene::new();
    let pages: Vec<_> = (0..MAX_PREPARED + 1).map(|_| scene.add_pages::<1>()[0]).collect();
    for (number, page) in pages.iter().enumerate() {
        scene.join_with(*page, own_language(number));
    }
    assert_eq!(
        (scene.pages[pages[0]].offer_requests, scene.pages[pages[MAX_PREPARED]].offer_requests),
        (1, 0)
    );
    scene.advance(RESPOND_WITHIN);
    assert_eq!(scene.pages[pages[MAX_PREPARED]].offer_requests, 1);
    assert_eq!(scene.machine.offer_slots.taken(), 1);
    // Late offers take slots again.
    for page in &pages {
        send_prepared(&mut scene, *page);
    }
    assert_eq!(scene.machine.offer_slots.taken(), MAX_PREPARED);
}

#[test]
fn offer_that_was_due_during_the_grace_period_is_missed_at_the_resume() {
    let mut scene = Scene::new();
    let [ann] = scene.add_pages();
    scene.join(ann);
    scene.advance(secs(3));
    scene.lose_socket(ann);
    scene.advance(secs(3));
    scene.resume(ann);
    assert_eq!(lane(&scene, ann), Lane::Silent);
    send_prepared(&mut scene, ann);
    assert_eq!(lane(&scene, ann), Lane::Ordinary);
    scene.close_page(ann);
    assert_eq!((scene.machine.offer_slots.taken(), scene.machine.deadline()), (0, None));
}
