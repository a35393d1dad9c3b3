//! Tests of what waiting peers are told about the number of peers and the expected wait.

use super::{
    scene::{Scene, secs},
    silence::send_prepared,
};
use crate::protocol::{Occupancy, ToServer, Wait};

/// The occupancy that a page gets in answer to a ping.
fn ping_occupancy(scene: &mut Scene, page: usize) -> Option<Occupancy> {
    scene.pages[page].occupancy = None;
    scene.send(page, ToServer::Ping {});
    scene.pages[page].occupancy
}

fn ping_peers(scene: &mut Scene, page: usize) -> Option<u32> {
    ping_occupancy(scene, page).map(|it| it.around)
}

/// Adds two pages that are paired after the first has waited for `seconds`; both leave the server.
fn record_wait(scene: &mut Scene, seconds: u64) {
    let [one, other] = scene.add_pages();
    scene.join(one);
    scene.advance(secs(seconds));
    scene.join(other);
    for page in [one, other] {
        assert!(scene.take_events(page).iter().any(|it| it.starts_with("matched")));
        scene.close_page(page);
    }
}

#[test]
fn waiting_peer_gets_occupancy_at_once_and_with_each_ping() {
    let mut scene = Scene::new();
    let [ann] = scene.add_pages();
    assert_eq!(ping_occupancy(&mut scene, ann), None, "an idle peer gets none");
    scene.join(ann);
    assert_eq!(scene.pages[ann].occupancy, Some(Occupancy { around: 0, wait: None, all_met: false }));
    let [ben] = scene.add_pages();
    assert_eq!(ping_peers(&mut scene, ann), Some(1));
    scene.lose_socket(ben);
    assert_eq!(ping_peers(&mut scene, ann), Some(0), "a lost peer is not counted");
    scene.resume(ben);
    assert_eq!(ping_peers(&mut scene, ann), Some(1));
    scene.close_page(ben);
    assert_eq!(ping_peers(&mut scene, ann), Some(0));
}

#[test]
fn waiting_peer_is_told_at_once_who_comes_and_goes_while_there_are_few() {
    let mut scene = Scene::new();
    let [ann] = scene.add_pages();
    scene.join(ann);
    let told = |scene: &mut Scene| scene.pages[ann].occupancy.take().map(|it| it.around);
    assert_eq!(told(&mut scene), Some(0));
    let [ben] = scene.add_pages();
    assert_eq!(told(&mut scene), Some(1));
    scene.lose_socket(ben);
    assert_eq!(told(&mut scene), Some(0));
    scene.resume(ben);
    assert_eq!(told(&mut scene), Some(1));
    scene.add_pages::<8>();
    assert_eq!(told(&mut scene), None, "two and ten look the same");
    scene.add_pages::<1>();
    assert_eq!(told(&mut scene), Some(10));
    let crowd = scene.add_pages::<60>();
    assert_eq!(told(&mut scene), Some(20), "of 50 and more only with a pong");
    assert_eq!(ping_peers(&mut scene, ann), Some(50));
    for page in &crowd[..30] {
        scene.close_page(*page);
    }
    assert_eq!(scene.pages[ann].occupancy.map(|it| it.around), Some(20));
}

#[test]
fn those_who_have_met_everybody_are_told_so() {
    let mut scene = Scene::new();
    let all = scene.add_pages::<4>();
    for (one, other) in [(0, 1), (2, 3), (0, 2), (1, 3), (0, 3), (1, 2)] {
        for page in [one, other] {
            scene.join(all[page]);
        }
        assert_eq!(scene.last_match(all[one]), scene.last_match(all[other]));
        for page in [one, other] {
            scene.send(all[page], ToServer::Leave {});
        }
    }
    for page in all {
        scene.join(page);
    }
    let has_met_all = |scene: &Scene| all.map(|it| scene.pages[it].occupancy.is_some_and(|it| it.all_met));
    assert_eq!(has_met_all(&scene), [true; 4]);
    let [new] = scene.add_pages();
    assert_eq!(has_met_all(&scene), [false; 4], "there is somebody new, who has not pressed Start yet");
    scene.close_page(new);
    assert_eq!(has_met_all(&scene), [true; 4]);
    for page in &all[1..] {
        scene.close_page(*page);
    }
    assert_eq!(scene.pages[all[0]].occupancy.map(|it| (it.around, it.all_met)), Some((0, false)), "alone");
}

#[test]
fn matched_peers_get_no_occupancy() {
    let mut scene = Scene::new();
    let [ann, ben] = scene.add_pages();
    scene.join(ann);
    scene.join(ben);
    assert_eq!(scene.pages[ben].occupancy, None, "it was matched at once");
    assert_eq!([ann, ben].map(|it| ping_occupancy(&mut scene, it)), [None; 2]);
    // Both wait again, since the two are kept apart for a while.
    let match_id = scene.last_match(ann);
    scene.send(ann, ToServer::Failed { match_id });
    assert_eq!([ann, ben].map(|it| scene.pages[it].occupancy.map(|it| it.around)), [Some(1); 2]);
}

#[test]
fn resumed_waiting_peer_gets_occupancy_again() {
    for is_noticed in [true, false] {
        let mut scene = Scene::new();
        let [ann] = scene.add_pages();
        scene.join(ann);
        if is_noticed {
            scene.lose_socket(ann);
        }
        scene.pages[ann].occupancy = None;
        scene.resume(ann);
        assert_eq!(
            scene.pages[ann].occupancy,
            Some(Occupancy { around: 0, wait: None, all_met: false }),
            "the server noticed the loss: {is_noticed}"
        );
    }
}

#[test]
fn occupancy_is_rounded_down() {
    let mut scene = Scene::new();
    let [ann] = scene.add_pages();
    scene.join(ann);
    let mut counts = Vec::new();
    for _ in 1..=20 {
        scene.add_pages::<1>();
        counts.extend(ping_peers(&mut scene, ann));
    }
    assert_eq!(counts, [[1; 9].as_slice(), &[10; 10], &[20]].concat());
}

#[test]
fn wait_estimate_needs_recent_waits_and_other_peers() {
    let mut scene = Scene::new();
    for _ in 0..7 {
        record_wait(&mut scene, 3);
    }
    let [ann, ben, cleo] = scene.add_pages();
    scene.join(ann);
    assert_eq!(
        scene.pages[ann].occupancy,
        Some(Occupancy { around: 1, wait: None, all_met: false }),
        "seven waits are too few"
    );
    send_prepared(&mut scene, ann);
    scene.advance(secs(12));
    scene.join(ben);
    scene.join(cleo);
    assert_eq!(
        scene.pages[cleo].occupancy,
        Some(Occupancy { around: 1, wait: Some(Wait::Moment), all_met: false })
    );
    for page in [ann, ben] {
        scene.close_page(page);
    }
    assert_eq!(
        ping_occupancy(&mut scene, cleo),
        Some(Occupancy { around: 0, wait: None, all_met: false }),
        "no other peer is there"
    );
    scene.add_pages::<1>();
    scene.advance(secs(600));
    assert_eq!(
        ping_occupancy(&mut scene, cleo),
        Some(Occupancy { around: 1, wait: None, all_met: false }),
        "the recorded waits are too old"
    );
}
