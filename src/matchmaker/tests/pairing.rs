//! Tests of pairing: the order of the queue, the roles, and the time until a match is a call.

use super::{
    scene::{Scene, candidate, media_of, secs},
    silence::send_prepared,
    vocabulary::tastes,
};
use crate::{
    matchmaker::{Census, Input, Note},
    protocol::{Affinity, EndReason, ToBrowser, ToServer, limits::MAX_HOST_CANDIDATES},
};

#[test]
fn waiting_peers_are_paired_and_the_longer_waiter_is_impolite() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.add_pages();
    scene.join(ann);
    scene.advance(secs(3));
    scene.join(bob);
    assert_eq!(scene.take_events(ann), ["waiting", "matched #1 impolite"]);
    assert_eq!(scene.take_events(bob), ["waiting", "matched #1 polite"]);
    let match_id = scene.last_match(ann);
    assert_eq!(scene.notes, [Note::Matched { match_id, waited: secs(3), affinity: Affinity::Anybody }]);
}

#[test]
fn each_end_learns_the_media_of_its_partner() {
    let mut scene = Scene::new();
    let (ann, bob, _) = scene.add_matched_pair();
    for (page, other) in [(ann, bob), (bob, ann)] {
        let ToBrowser::Matched { partner, .. } = scene.last_matched(page) else {
            unreachable!("`last_matched` returns `matched`")
        };
        assert_eq!(*partner, media_of(other));
    }
    assert_ne!(media_of(ann), media_of(bob));
}

#[test]
fn repeated_join_has_no_effect() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.add_pages();
    scene.join(ann);
    scene.join(ann);
    assert_eq!(scene.take_events(ann), ["waiting"]);
    scene.join(bob);
    scene.join(ann);
    scene.join(bob);
    assert_eq!(
        scene.take_all_events(ann..bob + 1),
        [vec!["matched #1 impolite"], vec!["waiting", "matched #1 polite"]]
    );
}

#[test]
fn queue_is_first_come_first_served() {
    let mut scene = Scene::new();
    let (ann, bob, before) = scene.add_matched_pair();
    let [cem] = scene.add_pages();
    scene.send(ann, ToServer::Next { match_id: before });
    scene.advance(secs(1));
    scene.send(bob, ToServer::Next { match_id: before });
    scene.advance(secs(1));
    scene.take_events(bob);
    scene.join(cem);
    assert_eq!(scene.take_events(cem), ["waiting", "matched #2 polite"]);
    assert_eq!(scene.take_events(bob), Vec::<String>::new());
    assert_eq!(scene.last_match(ann), scene.last_match(cem));
}

#[test]
fn parted_peers_are_paired_again_after_30_seconds() {
    let mut scene = Scene::new();
    let (ann, bob, before) = scene.add_matched_pair();
    scene.send(ann, ToServer::Next { match_id: before });
    scene.send(bob, ToServer::Next { match_id: before });
    scene.advance(secs(30) - std::time::Duration::from_millis(1));
    assert_eq!(scene.take_events(ann), ["ended #1 next", "waiting"]);
    assert_eq!(scene.take_events(bob), ["ended #1 partner-next", "waiting"]);
    scene.advance(std::time::Duration::from_millis(1));
    assert_eq!(scene.take_events(ann), ["matched #2 impolite"]);
    assert_eq!(scene.take_events(bob), ["matched #2 polite"]);
}

#[test]
fn unconnected_match_returns_both_ends_to_their_places() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.negotiate(match_id, [ann, bob]);
    scene.send(ann, ToServer::Connected { match_id });
    scene.advance(secs(20) - std::time::Duration::from_millis(1));
    assert_eq!(scene.take_all_events(ann..bob + 1), [Vec::<String>::new(), vec![]]);
    let [cem, dan] = scene.add_pages();
    scene.join(cem);
    scene.take_events(cem);
    scene.advance(std::time::Duration::from_millis(1));
    assert_eq!(scene.take_events(ann), ["ended #1 unconnected", "waiting", "matched #2 impolite"]);
    assert_eq!(scene.take_events(cem), ["matched #2 polite"]);
    scene.join(dan);
    assert_eq!(scene.take_events(bob), ["ended #1 unconnected", "waiting", "matched #3 impolite"]);
    assert!(scene.notes.contains(&Note::Ended {
        match_id,
        reason: EndReason::Unconnected,
        lasted: secs(20)
    }));
}

#[test]
fn failed_call_sends_both_ends_to_the_back_of_the_queue() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.send(ann, ToServer::Connected { match_id });
    scene.send(bob, ToServer::Connected { match_id });
    let [cem] = scene.add_pages();
    scene.join(cem);
    scene.take_events(cem);
    scene.send(bob, ToServer::Failed { match_id });
    assert_eq!(scene.take_events(cem), ["matched #2 impolite"]);
    assert_eq!(scene.take_events(ann), ["ended #1 unconnected", "waiting", "matched #2 polite"]);
}

#[test]
fn failed_requeues_both_ends_once() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.send(bob, ToServer::Failed { match_id });
    scene.send(bob, ToServer::Failed { match_id });
    scene.send(ann, ToServer::Failed { match_id });
    assert_eq!(scene.take_all_events(ann..bob + 1), [["ended #1 unconnected", "waiting"]; 2]);
    assert_eq!(scene.machine.census().waiting, 2);
}

#[test]
fn match_becomes_a_call_without_deadline_when_both_report_connected() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.advance(secs(2));
    scene.report_connected(match_id, [ann, ann]);
    assert_eq!(scene.machine.census().talking, 0);
    scene.report_connected(match_id, [bob, bob]);
    let census = Census { talking: 2, matches: 1, connections: 2, ..Census::default() };
    assert_eq!(scene.machine.census(), census);
    assert_eq!(scene.notes[1..], [Note::Connected { match_id, after: secs(2) }]);
    // The checks of their acknowledgements find nothing, and the match would have had 20 seconds to connect.
    scene.advance(secs(13));
    assert_eq!(scene.machine.deadline(), None);
    scene.advance(secs(3600));
    assert_eq!(scene.take_events(ann), Vec::<String>::new());
}

#[test]
fn peer_of_an_unconnected_match_is_paired_first_with_others() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.send(bob, ToServer::Failed { match_id });
    let [cem] = scene.add_pages();
    scene.join(cem);
    assert_eq!(scene.take_events(cem), ["waiting", "matched #2 polite"]);
    assert_eq!(scene.last_match(ann), scene.last_match(cem));
    assert_ne!(scene.last_match(bob), scene.last_match(cem));
}

#[test]
fn late_timer_preserves_queue_order() {
    let mut scene = Scene::new();
    let (ann, bob, before) = scene.add_matched_pair();
    let [cem] = scene.add_pages();
    scene.send(ann, ToServer::Next { match_id: before });
    scene.send(bob, ToServer::Next { match_id: before });
    scene.take_all_events(ann..bob + 1);
    scene.now = scene.now + secs(31);
    scene.join(cem);
    assert_eq!(scene.take_events(ann), ["matched #2 impolite"]);
    assert_eq!(scene.take_events(bob), ["matched #2 polite"]);
    assert_eq!(scene.take_events(cem), ["waiting"]);
}

#[test]
fn simultaneous_retries_serve_the_longest_waiter_first() {
    for others in 0..8 {
        let mut scene = Scene::new();
        // More pages give the four below other peer ids, on which the result must not depend.
        (0..others).for_each(|_| _ = scene.add_pages::<1>());
        let [ann, bob, cem, dan] = scene.add_pages();
        for (one, other) in [(ann, bob), (ann, cem), (ann, dan), (bob, cem), (bob, dan), (cem, dan)] {
            scene.join(one);
            scene.join(other);
            scene.send(one, ToServer::Leave {});
        }
        for page in [ann, bob, cem, dan] {
            scene.join(page);
        }
        scene.advance(secs(30));
        assert_eq!(scene.last_match(ann), scene.last_match(bob), "with {others} more pages");
        assert_eq!(scene.last_match(cem), scene.last_match(dan), "with {others} more pages");
    }
}

#[test]
fn candidate_flood_passes_only_the_limit_per_epoch_and_ends_the_sender() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    for epoch in 1..=6 {
        for _ in 0..64 {
            scene.send_signal(ann, match_id, epoch, candidate());
        }
    }
    let is_signal = |it: &&String| it.starts_with("signal");
    assert_eq!(scene.take_events(bob).iter().filter(is_signal).count(), 6 * usize::from(MAX_HOST_CANDIDATES));
    for _ in 0..10_000 {
        if scene.pages[ann].socket.is_some() {
            scene.send_signal(ann, match_id, 6, candidate());
        }
    }
    let events = scene.take_events(bob);
    assert_eq!(events.iter().filter(is_signal).count(), 0);
    assert_eq!(events, ["ended #1 partner-left"]);
    assert_eq!(scene.take_events(ann).last().unwrap(), "closed too-many-refusals");
}

#[test]
fn census_counts_each_peer_once_and_returns_to_zero() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    let [cem, dan] = scene.add_pages();
    scene.open_page();
    scene.join(cem);
    let census = scene.machine.census();
    let expected = Census { idle: 1, waiting: 1, connecting: 2, talking: 0, matches: 1, connections: 5 };
    assert_eq!(census, expected);
    scene.report_connected(match_id, [ann, bob]);
    for page in [ann, bob, cem, dan] {
        scene.close_page(page);
    }
    scene.advance(secs(60));
    scene.feed(Input::Tick);
    assert_eq!(scene.machine.census(), Census::default());
    assert_eq!(scene.machine.deadline(), None);
}

/// Four peers return to their places at the same time, ahead of a fifth that joined after all of them.
#[test]
fn returning_peers_are_paired_before_later_arrivals() {
    let mut scene = Scene::new();
    let [ann, bob, cem, dan, eve] = scene.add_pages();
    scene.join(ann);
    scene.join(bob);
    // Ann and Bob part, and are kept apart from then on.
    scene.send(ann, ToServer::Leave {});
    for page in [ann, bob, cem, dan, eve] {
        scene.join(page);
    }
    send_prepared(&mut scene, eve);
    for (one, other) in [(ann, cem), (bob, dan)] {
        let match_id = scene.last_match(one);
        assert_eq!(match_id, scene.last_match(other));
        scene.negotiate(match_id, [one, other]);
    }
    scene.take_events(eve);
    scene.advance(secs(20));
    assert_eq!(scene.last_match(ann), scene.last_match(dan));
    assert_eq!(scene.last_match(bob), scene.last_match(cem));
    assert_eq!(scene.take_events(eve), Vec::<String>::new());
}

/// A peer that could be paired with one long waiter may be due to another that has waited even longer.
#[test]
fn pair_with_the_longest_waiter_is_made_first() {
    let mut scene = Scene::new();
    let [ann, bob, cem, dan, eve] = scene.add_pages();
    let meet_and_leave = |scene: &mut Scene, other| {
        scene.join(ann);
        scene.join(other);
        scene.send(ann, ToServer::Leave {});
    };
    [bob, dan, eve].into_iter().for_each(|other| meet_and_leave(&mut scene, other));
    // Nobody meets Ann's wishes yet, not even Cem, from whom she is not kept apart.
    scene.join_with(ann, tastes(("art", "de")));
    for page in [bob, eve, cem, dan] {
        scene.join(page);
    }
    assert_eq!(scene.last_match(bob), scene.last_match(eve));
    assert_eq!(scene.last_match(cem), scene.last_match(dan));
    scene.advance(secs(20));
    assert_eq!(scene.last_match(ann), scene.last_match(cem));
    assert_eq!(scene.last_match(bob), scene.last_match(dan));
}
