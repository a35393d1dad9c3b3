//! Whom one has met and whom one does not want, at the edges of what is remembered; it must not know lost sockets.

use super::scene::{MAX_BLOCKED, MAX_MET, Scene, secs};
use crate::protocol::{
    ToServer,
    limits::{AGAIN_AFTER, MET_FOR},
};

/// Lets two who are idle meet and part, and half a minute pass: then nothing keeps them apart but what they remember.
fn meet(scene: &mut Scene, one: usize, other: usize) {
    if !join(scene, one, other) {
        scene.wait(AGAIN_AFTER);
    }
    assert_eq!(scene.current(one), scene.current(other));
    part(scene, one);
    scene.wait(secs(30));
}

/// Whether two who join are paired at once.
fn join(scene: &mut Scene, one: usize, other: usize) -> bool {
    scene.news(one);
    [one, other].into_iter().for_each(|it| scene.join(it));
    scene.news(one).iter().any(|it| it.starts_with("matched"))
}

fn part(scene: &mut Scene, one: usize) {
    scene.say(one, ToServer::Leave {});
}

/// Whether two who are idle are paired as soon as both are there, or only after a while; they are idle again then.
fn meet_at_once(scene: &mut Scene, one: usize, other: usize) -> bool {
    let is_at_once = join(scene, one, other);
    [one, other].into_iter().for_each(|it| part(scene, it));
    scene.wait(secs(30));
    is_at_once
}

#[test]
fn two_who_met_are_strangers_after_half_an_hour() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.arrive();
    [ann, bob].into_iter().for_each(|it| scene.join(it));
    part(&mut scene, ann);
    scene.wait(MET_FOR - secs(1));
    [ann, bob].into_iter().for_each(|it| scene.join(it));
    assert_eq!(scene.news(ann), ["waiting", "matched #1 impolite", "ended #1 left", "waiting"]);
    scene.wait(secs(1));
    assert_eq!(scene.news(ann), ["matched #2 impolite"]);
}

#[test]
fn a_page_tells_in_minutes_how_long_ago_it_was() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.arrive();
    [ann, bob].into_iter().for_each(|it| scene.join(it));
    part(&mut scene, ann);
    scene.wait(secs(10 * 60 + 30));
    let [ann, bob] = [ann, bob].map(|it| {
        scene.goodbye(it);
        scene.reload(it)
    });
    // Ten minutes and a half are told as ten.
    scene.wait(MET_FOR - secs(10 * 60 + 1));
    [ann, bob].into_iter().for_each(|it| scene.join(it));
    assert_eq!(scene.news(ann), ["welcome", "waiting"]);
    scene.wait(secs(1));
    assert_eq!(scene.news(ann), ["matched #1 impolite"]);
}

#[test]
fn the_first_of_too_many_is_forgotten() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.arrive();
    let others = [scene.arrive::<MAX_MET>(), scene.arrive::<MAX_MET>()];
    meet(&mut scene, ann, bob);
    for (one, others) in [ann, bob].into_iter().zip(others) {
        assert!(!meet_at_once(&mut scene, ann, bob), "one of them has met few others");
        others.into_iter().for_each(|other| meet(&mut scene, one, other));
    }
    assert!(meet_at_once(&mut scene, ann, bob));
    assert!(!meet_at_once(&mut scene, ann, others[0][MAX_MET - 1]));
}

#[test]
fn who_is_met_again_and_again_is_one() {
    let mut scene = Scene::new();
    let [ann, bob, cem] = scene.arrive();
    meet(&mut scene, ann, bob);
    scene.arrive::<MAX_MET>().into_iter().for_each(|it| meet(&mut scene, bob, it));
    (0..MAX_MET).for_each(|_| meet(&mut scene, ann, cem));
    assert!(!meet_at_once(&mut scene, ann, bob));
}

#[test]
fn the_first_of_too_many_blocked_may_be_met_again() {
    let mut scene = Scene::new();
    let [ann] = scene.arrive();
    let all = scene.arrive::<{ MAX_BLOCKED + 1 }>();
    for it in all {
        [ann, it].into_iter().for_each(|it| scene.join(it));
        let match_id = scene.current(ann);
        scene.block(ann, match_id);
        part(&mut scene, ann);
    }
    scene.wait(MET_FOR);
    let [first, others @ ..] = all;
    for it in others {
        assert!(!meet_at_once(&mut scene, ann, it));
    }
    assert!(meet_at_once(&mut scene, ann, first));
}
