//! Tests of how a peer keeps its place on a server that does not know it.

use std::time::Duration;

use super::scene::{Scene, secs};
use crate::protocol::{Interest, Tastes, ToServer};

fn interests(names: &str) -> Tastes {
    Tastes { interests: Interest::all_in(names), ..Tastes::default() }
}

/// Adds a page that waits for somebody with an interest that nobody has.
fn add_waiting(scene: &mut Scene, interest: &str) -> usize {
    let [page] = scene.add_pages();
    scene.join_with(page, interests(interest));
    scene.take_events(page);
    page
}

/// The page comes to a server that does not know it, shows its last proof, and joins again. Returns its index there.
fn come_back(scene: &mut Scene, page: usize, interest: &str) -> usize {
    scene.pages[page].proof_to_send = scene.pages[page].proof.take();
    let page = scene.resume(page);
    scene.take_events(page);
    scene.join_with(page, interests(interest));
    page
}

#[test]
fn a_wait_goes_on_at_another_server_and_counts_there_once() {
    let mut scene = Scene::new();
    scene.advance(secs(100));
    let ann = add_waiting(&mut scene, "art");
    scene.advance(secs(4));
    scene.restart_server();
    let ann = come_back(&mut scene, ann, "art");
    assert_eq!(scene.take_events(ann), ["waiting", "seeking interest for 6000 ms"]);
    scene.send(ann, ToServer::Leave {});
    scene.join_with(ann, interests("art"));
    assert_eq!(scene.take_events(ann), ["waiting", "seeking interest for 10000 ms"]);
}

#[test]
fn of_two_that_wait_the_one_that_has_waited_longer_at_another_server_comes_first() {
    let mut scene = Scene::new();
    scene.advance(secs(100));
    let ann = add_waiting(&mut scene, "art");
    scene.advance(secs(1));
    let ben = add_waiting(&mut scene, "bees");
    scene.restart_server();
    let ben = come_back(&mut scene, ben, "bees");
    let ann = come_back(&mut scene, ann, "art");
    let [cid] = scene.add_pages();
    scene.join_with(cid, interests("art,bees"));
    let is_matched =
        |scene: &mut Scene, page| scene.take_events(page).iter().any(|it| it.starts_with("matched"));
    assert!(is_matched(&mut scene, ann) && !is_matched(&mut scene, ben));
}

/// Whether this page has got a proof since the last call.
fn takes_proof(scene: &mut Scene, page: usize) -> bool {
    scene.pages[page].proof.take().is_some()
}

#[test]
fn those_who_wait_get_their_first_proofs_together_within_a_second() {
    let mut scene = Scene::new();
    let [ann, ben, cid] = scene.add_pages();
    for (page, interest, then_ms) in [(ann, "art", 500), (ben, "bees", 1), (cid, "cats", 498)] {
        scene.join_with(page, interests(interest));
        scene.advance(Duration::from_millis(then_ms));
    }
    assert!([ann, ben, cid].iter().all(|it| !takes_proof(&mut scene, *it)), "nothing is due");
    scene.advance(Duration::from_millis(1));
    assert_eq!([ann, ben, cid].map(|it| takes_proof(&mut scene, it)), [true, true, false]);
    scene.advance(Duration::from_millis(500));
    assert!(!takes_proof(&mut scene, cid), "one millisecond before a second");
    scene.advance(Duration::from_millis(1));
    assert_eq!([ann, ben, cid].map(|it| takes_proof(&mut scene, it)), [false, false, true]);
}

#[test]
fn a_page_that_was_away_when_first_proofs_were_given_gets_one_when_it_is_back() {
    let mut scene = Scene::new();
    let ann = add_waiting(&mut scene, "art");
    scene.lose_socket(ann);
    scene.advance(Duration::from_millis(1_000));
    assert!(!takes_proof(&mut scene, ann));
    let ann = scene.resume(ann);
    assert!(takes_proof(&mut scene, ann));
}

#[test]
fn a_page_that_is_matched_soon_gets_no_proof() {
    let mut scene = Scene::new();
    let pages = scene.add_pages::<2>();
    pages.iter().for_each(|it| scene.join(*it));
    scene.advance(secs(2));
    assert_eq!(pages.map(|it| takes_proof(&mut scene, it)), [false; 2]);
}

#[test]
fn a_proof_is_renewed_with_the_pings_of_a_page_that_waits() {
    let mut scene = Scene::new();
    let ann = add_waiting(&mut scene, "art");
    scene.advance(secs(1));
    assert!(takes_proof(&mut scene, ann));
    for (seconds, is_renewed) in [(9, false), (1, true), (9, false), (3, true)] {
        scene.advance(secs(seconds));
        scene.send(ann, ToServer::Ping {});
        assert_eq!(scene.pages[ann].proof.take().is_some(), is_renewed, "after {seconds} s more");
    }
    scene.send(ann, ToServer::Leave {});
    scene.send(ann, ToServer::Ping {});
    assert_eq!(scene.pages[ann].proof, None, "it does not wait");
    scene.join_with(ann, interests("art"));
    scene.send(ann, ToServer::Ping {});
    assert!(!takes_proof(&mut scene, ann), "another wait, which has just begun");
    scene.advance(secs(1));
    assert!(takes_proof(&mut scene, ann));
}
