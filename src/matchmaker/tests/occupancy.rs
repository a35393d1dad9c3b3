//! What who waits is told of the others, told as scenes; it must not know how it is counted.

use super::scene::{Scene, secs};
use crate::protocol::{Occupancy, ToServer, Wait};

/// What a page is told when it says that it is there.
fn asks(scene: &mut Scene, page: usize) -> Option<Occupancy> {
    scene.pages[page].here = None;
    scene.say(page, ToServer::Ping {});
    scene.pages[page].here
}

fn around(scene: &mut Scene, page: usize) -> Option<u32> {
    asks(scene, page).map(|it| it.around)
}

/// Somebody waits so long, somebody else comes, and both go.
fn one_waits(scene: &mut Scene, seconds: u64) {
    let [one, other] = scene.arrive();
    scene.join(one);
    scene.wait(secs(seconds));
    scene.join(other);
    for page in [one, other] {
        assert!(scene.news(page).iter().any(|it| it.starts_with("matched")));
        scene.goodbye(page);
    }
}

#[test]
fn who_finds_nobody_is_told_at_once_and_again_with_each_sign_of_life() {
    let mut scene = Scene::new();
    let [ann] = scene.arrive();
    assert_eq!(asks(&mut scene, ann), None, "it wants nobody");
    scene.join(ann);
    assert_eq!(scene.pages[ann].here, Some(Occupancy { around: 0, wait: None }));
    let [ben] = scene.arrive();
    assert_eq!(around(&mut scene, ann), Some(1));
    scene.lose(ben);
    assert_eq!(around(&mut scene, ann), Some(0), "who has lost the line is not here");
    scene.resume(ben);
    assert_eq!(around(&mut scene, ann), Some(1));
    scene.goodbye(ben);
    assert_eq!(around(&mut scene, ann), Some(0));
}

#[test]
fn who_has_a_partner_is_told_nothing() {
    let mut scene = Scene::new();
    let [ann, ben] = scene.arrive();
    scene.join(ann);
    scene.join(ben);
    assert_eq!(scene.pages[ben].here, None, "found at once");
    assert_eq!([ann, ben].map(|it| asks(&mut scene, it)), [None; 2]);
    // Kept apart from each other, both wait again.
    let match_id = scene.current(ann);
    scene.say(ann, ToServer::Failed { match_id });
    assert_eq!([ann, ben].map(|it| scene.pages[it].here.map(|it| it.around)), [Some(1); 2]);
}

#[test]
fn who_comes_back_is_told_again_whether_the_loss_was_known_or_not() {
    for known in [true, false] {
        let mut scene = Scene::new();
        let [ann] = scene.arrive();
        scene.join(ann);
        if known {
            scene.lose(ann);
        }
        scene.pages[ann].here = None;
        scene.resume(ann);
        assert_eq!(scene.pages[ann].here, Some(Occupancy { around: 0, wait: None }), "known: {known}");
    }
}

#[test]
fn one_more_or_less_is_not_seen() {
    let mut scene = Scene::new();
    let [ann] = scene.arrive();
    scene.join(ann);
    let mut told = Vec::new();
    for _ in 1..=20 {
        scene.arrive::<1>();
        told.extend(around(&mut scene, ann));
    }
    assert_eq!(told, [[1; 9].as_slice(), &[10; 10], &[20]].concat());
}

#[test]
fn how_long_it_takes_is_told_once_enough_have_waited_and_only_among_others() {
    let mut scene = Scene::new();
    for _ in 0..7 {
        one_waits(&mut scene, 3);
    }
    let [ann, ben, cleo] = scene.arrive();
    scene.join(ann);
    assert_eq!(scene.pages[ann].here, Some(Occupancy { around: 1, wait: None }), "seven are not enough");
    scene.wait(secs(12));
    scene.join(ben);
    scene.join(cleo);
    assert_eq!(scene.pages[cleo].here, Some(Occupancy { around: 1, wait: Some(Wait::Moment) }));
    for page in [ann, ben] {
        scene.goodbye(page);
    }
    assert_eq!(
        asks(&mut scene, cleo),
        Some(Occupancy { around: 0, wait: None }),
        "nobody is there to wait for"
    );
    scene.arrive::<1>();
    scene.wait(secs(600));
    assert_eq!(asks(&mut scene, cleo), Some(Occupancy { around: 1, wait: None }), "that was long ago");
}
