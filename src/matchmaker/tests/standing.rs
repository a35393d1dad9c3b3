//! Tests of devices and networks that fail to connect again and again.

use super::{
    scene::{Scene, offer, secs},
    silence::{are_matched, join_and_prepare, lane, send_prepared},
};
use crate::{
    matchmaker::{
        MatchmakerConfig,
        queue::{failures::REMEMBERED_FOR, lane::Lane},
    },
    protocol::{Interest, MatchId, Sdp, Signal, Tastes, ToServer},
};

const ONE_MS: std::time::Duration = std::time::Duration::from_millis(1);

/// Pages that each come from a network of their own, and that are not owed a partner after a few pairs of others.
fn scene_of_networks() -> Scene {
    let config = MatchmakerConfig { max_passed_by: 1_000, ..MatchmakerConfig::for_tests(7) };
    Scene::with_config(config).with_networks(250)
}

/// Lets two pages meet by an interest that only they name.
fn meet(scene: &mut Scene, one: usize, other: usize) -> MatchId {
    scene.offers += 1;
    let interests = Interest::all_in(&format!("meeting {}", scene.offers));
    for page in [one, other] {
        scene.send(page, ToServer::Leave {});
        scene.join_with(page, Tastes { interests: interests.clone(), languages: Vec::new() });
    }
    assert!(are_matched(scene, one, other), "{one} and {other} meet");
    scene.last_match(one)
}

fn leave(scene: &mut Scene, pages: [usize; 2]) {
    pages.into_iter().for_each(|it| scene.send(it, ToServer::Leave {}));
}

/// Two pages meet, do their part, and cannot be connected.
fn fail(scene: &mut Scene, one: usize, other: usize) {
    let match_id = meet(scene, one, other);
    scene.send_signal(one, match_id, 1, offer("offer"));
    scene.send_signal(other, match_id, 1, Signal::Answer { sdp: Sdp("answer".into()) });
    scene.send(one, ToServer::Failed { match_id });
    leave(scene, [one, other]);
}

/// Two pages meet and are connected for a moment.
fn connect(scene: &mut Scene, one: usize, other: usize) {
    let match_id = meet(scene, one, other);
    scene.report_connected(match_id, [one, other]);
    leave(scene, [one, other]);
}

/// Fails with `N` new pages that each connect to another new page, before or after.
fn fail_with_able_partners<const N: usize>(scene: &mut Scene, page: usize, before: bool) {
    for _ in 0..N {
        let [partner, third] = scene.add_pages();
        if before {
            connect(scene, partner, third);
        }
        fail(scene, page, partner);
        if !before {
            connect(scene, partner, third);
        }
    }
}

#[test]
fn three_failures_with_partners_that_connect_to_others_set_a_device_apart() {
    for before in [true, false] {
        let mut scene = scene_of_networks();
        let [ann, bob, cem, dan] = scene.add_pages();
        fail_with_able_partners::<2>(&mut scene, ann, before);
        assert_eq!(lane(&scene, ann), Lane::Ordinary);
        fail_with_able_partners::<1>(&mut scene, ann, before);
        assert_eq!(lane(&scene, ann), Lane::Apart);
        join_and_prepare(&mut scene, ann);
        join_and_prepare(&mut scene, bob);
        assert!(!are_matched(&scene, ann, bob));
        scene.join(cem);
        assert!(are_matched(&scene, bob, cem), "others are matched past it");
        let match_id = scene.last_match(bob);
        scene.report_connected(match_id, [bob, cem]);
        join_and_prepare(&mut scene, dan);
        scene.advance(secs(30) - ONE_MS);
        assert!(!are_matched(&scene, ann, dan));
        scene.advance(ONE_MS);
        assert!(
            are_matched(&scene, ann, dan),
            "the last resort of a peer that has found nobody else for 30 s"
        );
    }
}

#[test]
fn device_is_set_apart_while_it_waits_when_its_third_partner_connects() {
    let mut scene = scene_of_networks();
    let [ann, bob, cem, new] = scene.add_pages();
    fail_with_able_partners::<2>(&mut scene, ann, false);
    fail(&mut scene, ann, bob);
    join_and_prepare(&mut scene, ann);
    assert_eq!(lane(&scene, ann), Lane::Ordinary);
    connect(&mut scene, bob, cem);
    join_and_prepare(&mut scene, new);
    assert!(!are_matched(&scene, ann, new));
}

#[test]
fn failures_do_not_count_with_partners_that_connect_to_nobody_else() {
    let mut scene = scene_of_networks();
    let [ann] = scene.add_pages();
    let partners: [usize; 4] = scene.add_pages();
    // They connect to Ann, and then fail with her.
    partners.into_iter().for_each(|it| connect(&mut scene, ann, it));
    scene.advance(secs(60));
    for it in partners {
        let match_id = meet_again(&mut scene, ann, it);
        scene.send_signal(ann, match_id, 1, offer("offer"));
        scene.send_signal(it, match_id, 1, Signal::Answer { sdp: Sdp("answer".into()) });
        scene.send(ann, ToServer::Failed { match_id });
        leave(&mut scene, [ann, it]);
    }
    assert_eq!(lane(&scene, ann), Lane::Ordinary);
}

/// Lets two past partners meet, which takes a while.
fn meet_again(scene: &mut Scene, one: usize, other: usize) -> MatchId {
    join_and_prepare(scene, one);
    join_and_prepare(scene, other);
    scene.advance(secs(25));
    assert!(are_matched(scene, one, other));
    scene.last_match(one)
}

#[test]
fn victims_of_silent_partners_are_not_set_apart() {
    let mut scene = scene_of_networks();
    let [ann] = scene.add_pages();
    for _ in 0..5 {
        let [silent, third] = scene.add_pages();
        connect(&mut scene, silent, third);
        let match_id = meet(&mut scene, ann, silent);
        scene.send_signal(ann, match_id, 1, offer("offer"));
        scene.advance(secs(12));
        scene.send(ann, ToServer::Failed { match_id });
        leave(&mut scene, [ann, silent]);
    }
    assert_eq!(lane(&scene, ann), Lane::Ordinary);
}

#[test]
fn devices_that_are_set_apart_are_matched_with_each_other() {
    let mut scene = scene_of_networks();
    let [ann, bob] = scene.add_pages();
    fail_with_able_partners::<3>(&mut scene, ann, false);
    fail_with_able_partners::<3>(&mut scene, bob, false);
    join_and_prepare(&mut scene, ann);
    scene.join(bob);
    assert!(are_matched(&scene, ann, bob));
}

#[test]
fn reload_does_not_change_the_standing_of_a_device() {
    let mut scene = scene_of_networks();
    let [ann] = scene.add_pages();
    fail_with_able_partners::<3>(&mut scene, ann, false);
    assert_eq!(scene.pages[ann].network, 0);
    scene.close_page(ann);
    // Its device has the same name, and comes from network 0 again.
    scene.networks = 1;
    let again = scene.reload(ann);
    assert_eq!(lane(&scene, again), Lane::Apart);
}

#[test]
fn standing_of_a_device_lapses() {
    let mut scene = scene_of_networks();
    let [ann, bob, cem] = scene.add_pages();
    fail_with_able_partners::<3>(&mut scene, ann, false);
    // After ten minutes, even while it waits.
    join_and_prepare(&mut scene, ann);
    scene.advance(REMEMBERED_FOR - ONE_MS);
    assert_eq!(lane(&scene, ann), Lane::Apart);
    join_and_prepare(&mut scene, bob);
    assert!(!are_matched(&scene, ann, bob));
    scene.advance(ONE_MS);
    assert!(are_matched(&scene, ann, bob));
    leave(&mut scene, [ann, bob]);
    // On a new network, even while it waits.
    fail_with_able_partners::<3>(&mut scene, ann, false);
    join_and_prepare(&mut scene, cem);
    join_and_prepare(&mut scene, ann);
    assert!(!are_matched(&scene, ann, cem));
    scene.pages[ann].network += 100;
    scene.resume(ann);
    assert!(are_matched(&scene, ann, cem));
    leave(&mut scene, [ann, cem]);
    // When it connects.
    fail_with_able_partners::<3>(&mut scene, ann, false);
    assert_eq!(lane(&scene, ann), Lane::Apart);
    let [dan] = scene.add_pages();
    join_and_prepare(&mut scene, dan);
    scene.advance(secs(30));
    scene.join(ann);
    let match_id = scene.last_match(ann);
    scene.report_connected(match_id, [ann, dan]);
    assert_eq!(lane(&scene, ann), Lane::Ordinary);
}

/// A page on a device of its own in network 0.
fn add_at_home(scene: &mut Scene) -> usize {
    let networks = std::mem::replace(&mut scene.networks, 1);
    let [page] = scene.add_pages();
    scene.networks = networks;
    page
}

#[test]
fn network_is_set_apart_after_failures_of_three_devices_there() {
    for connects in [false, true] {
        let mut scene = scene_of_networks();
        let [_, new, third] = scene.add_pages();
        let [one, two, three, four, five] = std::array::from_fn(|_| add_at_home(&mut scene));
        if connects {
            connect(&mut scene, five, third);
        }
        // A connection within the network says nothing about it.
        connect(&mut scene, four, five);
        fail_with_able_partners::<1>(&mut scene, one, true);
        fail_with_able_partners::<2>(&mut scene, two, true);
        assert_eq!(lane(&scene, four), Lane::Ordinary);
        join_and_prepare(&mut scene, four);
        fail_with_able_partners::<1>(&mut scene, three, true);
        join_and_prepare(&mut scene, new);
        assert_eq!(are_matched(&scene, four, new), connects, "a peer that waits there is set apart, too");
    }
}

#[test]
fn network_is_not_set_apart_any_more_when_somebody_connects_there() {
    let mut scene = scene_of_networks();
    let [_, new] = scene.add_pages();
    let [one, two, three, four] = std::array::from_fn(|_| add_at_home(&mut scene));
    [one, two, three].into_iter().for_each(|it| fail_with_able_partners::<1>(&mut scene, it, true));
    join_and_prepare(&mut scene, four);
    join_and_prepare(&mut scene, new);
    assert!(!are_matched(&scene, four, new));
    // The new page has found nobody else for 30 s, so it connects to the third device.
    scene.send(four, ToServer::Leave {});
    scene.advance(secs(30));
    scene.join(three);
    assert!(are_matched(&scene, three, new));
    join_and_prepare(&mut scene, four);
    let [other] = scene.add_pages();
    join_and_prepare(&mut scene, other);
    assert!(!are_matched(&scene, four, other));
    let match_id = scene.last_match(three);
    scene.report_connected(match_id, [three, new]);
    assert!(are_matched(&scene, four, other), "it searches at once");
}

#[test]
fn new_device_names_do_not_renew_silence_for_free() {
    let mut scene = scene_of_networks();
    let [_] = scene.add_pages();
    let mut caught = 0;
    for _ in 0..20 {
        // Each of these is a new device at one address that answers no offer.
        let silent = add_at_home(&mut scene);
        let [new] = scene.add_pages();
        scene.join(silent);
        join_and_prepare(&mut scene, new);
        if are_matched(&scene, silent, new) {
            caught += 1;
            let match_id = scene.last_match(new);
            scene.advance(secs(12));
            scene.send(new, ToServer::Failed { match_id });
        }
        scene.close_page(silent);
        scene.close_page(new);
    }
    assert_eq!(caught, 3, "after three devices, the network is set apart");
}

#[test]
fn offer_of_a_peer_that_is_set_apart_changes_nothing() {
    let mut scene = scene_of_networks();
    let [ann, bob] = scene.add_pages();
    fail_with_able_partners::<3>(&mut scene, ann, false);
    scene.join(ann);
    scene.advance(secs(6));
    assert_eq!(lane(&scene, ann), Lane::Silent);
    send_prepared(&mut scene, ann);
    join_and_prepare(&mut scene, bob);
    assert_eq!((lane(&scene, ann), are_matched(&scene, ann, bob)), (Lane::Apart, false));
}
