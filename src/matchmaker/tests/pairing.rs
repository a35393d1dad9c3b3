//! How two come to meet: the queue, the roles, the connecting; it must not know lost sockets.

use super::{
    scene::{Event, Scene, candidate, media_of, secs},
    vocabulary::tastes,
};
use crate::{
    matchmaker::{Census, Input, Note},
    protocol::{Affinity, EndReason, ToBrowser, ToServer},
};

#[test]
fn two_who_wait_are_paired_and_the_longer_waiter_is_impolite() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.arrive();
    scene.join(ann);
    scene.wait(secs(3));
    scene.join(bob);
    assert_eq!(scene.news(ann), ["waiting", "matched #1 impolite"]);
    assert_eq!(scene.news(bob), ["waiting", "matched #1 polite"]);
    let match_id = scene.current(ann);
    assert_eq!(scene.notes, [Note::Matched { match_id, waited: secs(3), affinity: Affinity::Anybody }]);
}

#[test]
fn each_is_told_what_the_other_one_sends() {
    let mut scene = Scene::new();
    let (ann, bob, _) = scene.pair();
    for (page, other) in [(ann, bob), (bob, ann)] {
        let told = |it: &Event| matches!(it, Event::Said(ToBrowser::Matched { partner, .. }) if *partner == media_of(other));
        assert!(scene.pages[page].events.iter().any(told));
    }
    assert_ne!(media_of(ann), media_of(bob));
}

#[test]
fn who_waits_alone_waits_and_joining_again_does_nothing() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.arrive();
    scene.join(ann);
    scene.join(ann);
    assert_eq!(scene.news(ann), ["waiting"]);
    scene.join(bob);
    scene.join(ann);
    scene.join(bob);
    assert_eq!(
        scene.all_news(ann..bob + 1),
        [vec!["matched #1 impolite"], vec!["waiting", "matched #1 polite"]]
    );
}

#[test]
fn the_first_to_come_is_the_first_to_be_served() {
    let mut scene = Scene::new();
    let (ann, bob, before) = scene.pair();
    let [cem] = scene.arrive();
    scene.say(ann, ToServer::Next { match_id: before });
    scene.wait(secs(1));
    scene.say(bob, ToServer::Next { match_id: before });
    scene.wait(secs(1));
    scene.news(bob);
    scene.join(cem);
    assert_eq!(scene.news(cem), ["waiting", "matched #2 polite"]);
    assert_eq!(scene.news(bob), Vec::<String>::new());
    assert_eq!(scene.current(ann), scene.current(cem));
}

#[test]
fn the_same_two_are_not_paired_again_for_30_seconds_and_then_they_are() {
    let mut scene = Scene::new();
    let (ann, bob, before) = scene.pair();
    scene.say(ann, ToServer::Next { match_id: before });
    scene.say(bob, ToServer::Next { match_id: before });
    scene.wait(secs(30) - std::time::Duration::from_millis(1));
    assert_eq!(scene.news(ann), ["ended #1 next", "waiting"]);
    assert_eq!(scene.news(bob), ["ended #1 partner-next", "waiting"]);
    scene.wait(std::time::Duration::from_millis(1));
    assert_eq!(scene.news(ann), ["matched #2 impolite"]);
    assert_eq!(scene.news(bob), ["matched #2 polite"]);
}

#[test]
fn a_match_that_does_not_connect_sends_both_back_to_their_places() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.say(ann, ToServer::Connected { match_id });
    scene.wait(secs(20) - std::time::Duration::from_millis(1));
    assert_eq!(scene.all_news(ann..bob + 1), [Vec::<String>::new(), vec![]]);
    let [cem, dan] = scene.arrive();
    scene.join(cem);
    scene.news(cem);
    scene.wait(std::time::Duration::from_millis(1));
    assert_eq!(scene.news(ann), ["ended #1 unconnected", "waiting", "matched #2 impolite"]);
    assert_eq!(scene.news(cem), ["matched #2 polite"]);
    scene.join(dan);
    assert_eq!(scene.news(bob), ["ended #1 unconnected", "waiting", "matched #3 impolite"]);
    assert!(scene.notes.contains(&Note::Ended {
        match_id,
        reason: EndReason::Unconnected,
        lasted: secs(20)
    }));
}

#[test]
fn who_says_failed_after_a_call_has_had_its_turn() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.say(ann, ToServer::Connected { match_id });
    scene.say(bob, ToServer::Connected { match_id });
    let [cem] = scene.arrive();
    scene.join(cem);
    scene.news(cem);
    scene.say(bob, ToServer::Failed { match_id });
    assert_eq!(scene.news(cem), ["matched #2 impolite"]);
    assert_eq!(scene.news(ann), ["ended #1 unconnected", "waiting", "matched #2 polite"]);
}

#[test]
fn one_who_says_failed_sends_both_back_at_once_and_saying_it_again_does_nothing() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.say(bob, ToServer::Failed { match_id });
    scene.say(bob, ToServer::Failed { match_id });
    scene.say(ann, ToServer::Failed { match_id });
    assert_eq!(scene.all_news(ann..bob + 1), [["ended #1 unconnected", "waiting"]; 2]);
    assert_eq!(scene.machine.census().waiting, 2);
}

#[test]
fn a_match_is_a_call_when_both_have_said_so_and_then_has_no_deadline() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.wait(secs(2));
    scene.connect(match_id, [ann, ann]);
    assert_eq!(scene.machine.census().talking, 0);
    scene.connect(match_id, [bob, bob]);
    let census = Census { talking: 2, matches: 1, connections: 2, ..Census::default() };
    assert_eq!(scene.machine.census(), census);
    assert_eq!(scene.notes[1..], [Note::Connected { match_id, after: secs(2) }]);
    assert_eq!(scene.machine.deadline(), None);
    scene.wait(secs(3600));
    assert_eq!(scene.news(ann), Vec::<String>::new());
}

#[test]
fn who_failed_to_connect_may_still_meet_somebody_else_first_of_all() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.say(bob, ToServer::Failed { match_id });
    let [cem] = scene.arrive();
    scene.join(cem);
    assert_eq!(scene.news(cem), ["waiting", "matched #2 polite"]);
    assert_eq!(scene.current(ann), scene.current(cem));
    assert_ne!(scene.current(bob), scene.current(cem));
}

#[test]
fn a_late_timer_costs_nobody_its_turn() {
    let mut scene = Scene::new();
    let (ann, bob, before) = scene.pair();
    let [cem] = scene.arrive();
    scene.say(ann, ToServer::Next { match_id: before });
    scene.say(bob, ToServer::Next { match_id: before });
    scene.all_news(ann..bob + 1);
    scene.now = scene.now + secs(31);
    scene.join(cem);
    assert_eq!(scene.news(ann), ["matched #2 impolite"]);
    assert_eq!(scene.news(bob), ["matched #2 polite"]);
    assert_eq!(scene.news(cem), ["waiting"]);
}

#[test]
fn of_several_who_may_meet_again_at_the_same_moment_the_longest_waiter_is_served() {
    for others in 0..8 {
        let mut scene = Scene::new();
        // They change the names of the four below, and in names there must be no luck.
        (0..others).for_each(|_| _ = scene.arrive::<1>());
        let [ann, bob, cem, dan] = scene.arrive();
        for (one, other) in [(ann, bob), (ann, cem), (ann, dan), (bob, cem), (bob, dan), (cem, dan)] {
            scene.join(one);
            scene.join(other);
            scene.say(one, ToServer::Leave {});
        }
        for page in [ann, bob, cem, dan] {
            scene.join(page);
        }
        scene.wait(secs(30));
        assert_eq!(scene.current(ann), scene.current(bob), "with {others} more");
        assert_eq!(scene.current(cem), scene.current(dan), "with {others} more");
    }
}

#[test]
fn ten_thousand_candidates_cost_one_match_no_more_than_64_an_epoch() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    for epoch in 1..=6 {
        for _ in 0..64 {
            scene.signal(ann, match_id, epoch, candidate());
        }
    }
    let heard = |it: &String| it.starts_with("signal");
    assert_eq!(scene.news(bob).iter().filter(|it| heard(it)).count(), 6 * 64);
    for _ in 0..10_000 {
        if scene.pages[ann].socket.is_some() {
            scene.signal(ann, match_id, 6, candidate());
        }
    }
    let news = scene.news(bob);
    assert_eq!(news.iter().filter(|it| heard(it)).count(), 0);
    assert_eq!(news, ["ended #1 partner-left"]);
    assert_eq!(scene.news(ann).last().unwrap(), "closed too-many-refusals");
}

#[test]
fn nobody_is_counted_twice_and_nothing_is_left_over() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    let [cem, dan] = scene.arrive();
    scene.open();
    scene.join(cem);
    let census = scene.machine.census();
    let expected = Census { idle: 1, waiting: 1, connecting: 2, talking: 0, matches: 1, connections: 5 };
    assert_eq!(census, expected);
    scene.connect(match_id, [ann, bob]);
    for page in [ann, bob, cem, dan] {
        scene.goodbye(page);
    }
    scene.wait(secs(60));
    scene.feed(Input::Tick);
    assert_eq!(scene.machine.census(), Census::default());
    assert_eq!(scene.machine.deadline(), None);
}

/// Four go back to their places at the same moment, past one who came after all of them.
#[test]
fn who_returns_to_its_place_is_found_there_before_who_came_later() {
    let mut scene = Scene::new();
    let [ann, bob, cem, dan, eve] = scene.arrive();
    scene.join(ann);
    scene.join(bob);
    let match_id = scene.current(ann);
    scene.say(ann, ToServer::Failed { match_id });
    for page in [cem, dan, eve] {
        scene.join(page);
    }
    assert_eq!(scene.current(ann), scene.current(cem));
    assert_eq!(scene.current(bob), scene.current(dan));
    scene.wait(secs(20));
    assert_eq!(scene.current(ann), scene.current(dan));
    assert_eq!(scene.current(bob), scene.current(cem));
    assert_eq!(scene.news(eve), ["waiting"]);
}

/// Who is found by a longer waiter first may have found somebody who has waited longer still.
#[test]
fn of_all_pairs_that_can_be_the_one_with_the_longest_waiter_is_made_first() {
    let mut scene = Scene::new();
    let [ann, bob, cem, dan, eve] = scene.arrive();
    let part = |scene: &mut Scene, other| {
        scene.join(ann);
        scene.join(other);
        scene.say(ann, ToServer::Leave {});
    };
    [bob, dan, eve].into_iter().for_each(|other| part(&mut scene, other));
    // Nobody is good enough yet, not even the one from whom it is not kept apart.
    scene.join_with(ann, tastes(("art", "de")));
    for page in [bob, eve, cem, dan] {
        scene.join(page);
    }
    assert_eq!(scene.current(bob), scene.current(eve));
    assert_eq!(scene.current(cem), scene.current(dan));
    scene.wait(secs(20));
    assert_eq!(scene.current(ann), scene.current(cem));
    assert_eq!(scene.current(bob), scene.current(dan));
}
