//! Tests of met and blocked partners at the limits of what the server remembers.

use super::scene::{MAX_BLOCKED, MAX_MET, Scene, secs};
use crate::protocol::{
    ToServer,
    limits::{AGAIN_AFTER, MET_FOR},
};

/// Lets two idle pages meet and part, and waits for 30 seconds.
///
/// After that, only the memory of the meeting keeps the two apart.
fn meet_and_part(scene: &mut Scene, one: usize, other: usize) {
    if !are_paired_at_once(scene, one, other) {
        scene.advance(AGAIN_AFTER);
    }
    assert_eq!(scene.last_match(one), scene.last_match(other));
    leave(scene, one);
    scene.advance(secs(30));
}

/// Lets two idle pages join and tells whether they are paired at once.
fn are_paired_at_once(scene: &mut Scene, one: usize, other: usize) -> bool {
    scene.take_events(one);
    [one, other].into_iter().for_each(|it| scene.join(it));
    scene.take_events(one).iter().any(|it| it.starts_with("matched"))
}

fn leave(scene: &mut Scene, one: usize) {
    scene.send(one, ToServer::Leave {});
}

/// Lets two idle pages join, tells whether they are paired at once, and makes them idle again.
fn join_and_leave(scene: &mut Scene, one: usize, other: usize) -> bool {
    let is_paired = are_paired_at_once(scene, one, other);
    [one, other].into_iter().for_each(|it| leave(scene, it));
    scene.advance(secs(30));
    is_paired
}

#[test]
fn past_partners_count_as_strangers_after_half_an_hour() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.add_pages();
    [ann, bob].into_iter().for_each(|it| scene.join(it));
    leave(&mut scene, ann);
    scene.advance(MET_FOR - secs(1));
    [ann, bob].into_iter().for_each(|it| scene.join(it));
    assert_eq!(scene.take_events(ann), ["waiting", "matched #1 impolite", "ended #1 left", "waiting"]);
    scene.advance(secs(1));
    assert_eq!(scene.take_events(ann), ["matched #2 impolite"]);
}

#[test]
fn age_of_a_meeting_is_reported_in_whole_minutes() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.add_pages();
    [ann, bob].into_iter().for_each(|it| scene.join(it));
    leave(&mut scene, ann);
    scene.advance(secs(10 * 60 + 30));
    let [ann, bob] = [ann, bob].map(|it| {
        scene.close_page(it);
        scene.reload(it)
    });
    // Ten and a half minutes are sent as ten.
    scene.advance(MET_FOR - secs(10 * 60 + 1));
    [ann, bob].into_iter().for_each(|it| scene.join(it));
    assert_eq!(scene.take_events(ann), ["welcome", "waiting"]);
    scene.advance(secs(1));
    assert_eq!(scene.take_events(ann), ["matched #1 impolite"]);
}

#[test]
fn oldest_met_pair_is_forgotten_past_the_limit() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.add_pages();
    let others = [scene.add_pages::<MAX_MET>(), scene.add_pages::<MAX_MET>()];
    meet_and_part(&mut scene, ann, bob);
    for (one, others) in [ann, bob].into_iter().zip(others) {
        assert!(!join_and_leave(&mut scene, ann, bob), "one of the two has met too few others to forget");
        others.into_iter().for_each(|other| meet_and_part(&mut scene, one, other));
    }
    assert!(join_and_leave(&mut scene, ann, bob));
    assert!(!join_and_leave(&mut scene, ann, others[0][MAX_MET - 1]));
}

#[test]
fn repeated_meetings_count_as_one_pair() {
    let mut scene = Scene::new();
    let [ann, bob, cem] = scene.add_pages();
    meet_and_part(&mut scene, ann, bob);
    scene.add_pages::<MAX_MET>().into_iter().for_each(|it| meet_and_part(&mut scene, bob, it));
    (0..MAX_MET).for_each(|_| meet_and_part(&mut scene, ann, cem));
    assert!(!join_and_leave(&mut scene, ann, bob));
}

#[test]
fn oldest_blocked_pair_is_forgotten_past_the_limit() {
    let mut scene = Scene::new();
    let [ann] = scene.add_pages();
    let all = scene.add_pages::<{ MAX_BLOCKED + 1 }>();
    for it in all {
        [ann, it].into_iter().for_each(|it| scene.join(it));
        let match_id = scene.last_match(ann);
        scene.block(ann, match_id);
        leave(&mut scene, ann);
    }
    scene.advance(MET_FOR);
    let [first, others @ ..] = all;
    for it in others {
        assert!(!join_and_leave(&mut scene, ann, it));
    }
    assert!(join_and_leave(&mut scene, ann, first));
}
