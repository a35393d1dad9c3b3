//! How a match or a wait ends, and who is told what; it must not know lost sockets.

use super::scene::{Scene, candidate, offer, secs};
use crate::{
    matchmaker::{Census, Note},
    protocol::{EndReason, ToServer},
};

#[test]
fn next_ends_the_match_for_both_and_only_who_pressed_it_waits() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.wait(secs(4));
    scene.say(ann, ToServer::Next { match_id });
    assert_eq!(scene.news(ann), ["ended #1 next", "waiting"]);
    assert_eq!(scene.news(bob), ["ended #1 partner-next"]);
    let census = Census { idle: 1, waiting: 1, connections: 2, ..Census::default() };
    assert_eq!(scene.machine.census(), census);
    assert_eq!(scene.notes[1..], [Note::Ended { match_id, reason: EndReason::PartnerNext, lasted: secs(4) }]);
}

#[test]
fn next_pressed_by_both_at_once_ends_the_match_once_and_both_wait() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.say(bob, ToServer::Next { match_id });
    scene.say(ann, ToServer::Next { match_id });
    assert_eq!(scene.news(ann), ["ended #1 partner-next", "waiting"]);
    assert_eq!(scene.news(bob), ["ended #1 next", "waiting"]);
    assert_eq!(scene.notes.len(), 2);
}

#[test]
fn next_pressed_again_and_again_ends_one_match_only() {
    let mut scene = Scene::new();
    let (ann, bob, before) = scene.pair();
    let [cem] = scene.arrive();
    scene.join(cem);
    scene.say(ann, ToServer::Next { match_id: before });
    assert_eq!(scene.news(ann), ["ended #1 next", "waiting", "matched #2 polite"]);
    scene.say(ann, ToServer::Next { match_id: before });
    scene.say(ann, ToServer::Next { match_id: before });
    assert_eq!(scene.news(ann), Vec::<String>::new());
    assert_eq!(
        scene.all_news(bob..cem + 1),
        [vec!["ended #1 partner-next"], vec!["waiting", "matched #2 impolite"]]
    );
}

#[test]
fn who_leaves_a_match_neither_waits_nor_talks_and_the_partner_is_told_partner_left() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.connect(match_id, [ann, bob]);
    scene.say(ann, ToServer::Leave {});
    scene.say(ann, ToServer::Leave {});
    assert_eq!(scene.news(ann), ["ended #1 left"]);
    assert_eq!(scene.news(bob), ["ended #1 partner-left"]);
    assert_eq!(scene.machine.census(), Census { idle: 2, connections: 2, ..Census::default() });
}

#[test]
fn who_leaves_the_queue_is_not_found_in_it() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.arrive();
    scene.join(ann);
    scene.say(ann, ToServer::Leave {});
    scene.join(bob);
    assert_eq!(scene.all_news(ann..bob + 1), [["waiting"], ["waiting"]]);
    scene.join(ann);
    assert_eq!(scene.news(bob), ["matched #1 impolite"]);
}

#[test]
fn who_closes_its_page_is_gone_at_once_and_for_good() {
    let mut scene = Scene::new();
    let (ann, bob, _) = scene.pair();
    let name = scene.pages[ann].name.unwrap();
    scene.goodbye(ann);
    assert_eq!(scene.news(bob), ["ended #1 partner-left"]);
    let again = scene.impostor(name);
    assert_eq!(scene.news(again), ["welcome"]);
    scene.wait(secs(60));
    assert_eq!(scene.news(bob), Vec::<String>::new());
    assert_eq!(scene.notes.len(), 2);
}

#[test]
fn who_closes_its_page_while_it_waits_is_not_paired() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.arrive();
    scene.join(ann);
    scene.goodbye(ann);
    scene.join(bob);
    assert_eq!(scene.news(bob), ["waiting"]);
    assert_eq!(scene.machine.census(), Census { waiting: 1, connections: 1, ..Census::default() });
}

#[test]
fn a_signal_reaches_the_partner_and_nobody_else() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    let (cem, dan, _) = scene.pair();
    scene.signal(ann, match_id, 1, offer("v=0"));
    assert_eq!(scene.news(bob), ["signal #1 1 v=0"]);
    for page in [ann, cem, dan] {
        assert_eq!(scene.news(page), Vec::<String>::new());
    }
}

#[test]
fn a_signal_for_a_match_that_is_over_is_dropped() {
    let mut scene = Scene::new();
    let (ann, bob, before) = scene.pair();
    let [cem] = scene.arrive();
    scene.join(cem);
    scene.say(ann, ToServer::Next { match_id: before });
    scene.all_news(ann..cem + 1);
    scene.signal(ann, before, 1, offer("late"));
    scene.signal(bob, before, 1, offer("late"));
    scene.say(bob, ToServer::Connected { match_id: before });
    scene.say(bob, ToServer::Failed { match_id: before });
    assert_eq!(scene.all_news(ann..cem + 1), [const { Vec::<String>::new() }; 3]);
}

#[test]
fn a_match_that_was_never_its_own_is_refused_whatever_is_said_about_it() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    let [eve] = scene.arrive();
    scene.signal(eve, match_id, 1, offer("mine"));
    scene.say(eve, ToServer::Connected { match_id });
    scene.say(eve, ToServer::Failed { match_id });
    scene.say(eve, ToServer::Next { match_id });
    let refused = |seq| format!("error not-your-match about {seq}");
    assert_eq!(scene.news(eve), (1..5).map(refused).collect::<Vec<_>>());
    assert_eq!(scene.all_news(ann..bob + 1), [const { Vec::<String>::new() }; 2]);
    assert_eq!(scene.machine.census().connecting, 2);
}

#[test]
fn an_ended_match_is_forgotten_after_ten_minutes_and_some() {
    let mut scene = Scene::new();
    let (ann, _, before) = scene.pair();
    scene.say(ann, ToServer::Leave {});
    scene.wait(secs(599));
    scene.signal(ann, before, 1, offer("late"));
    assert_eq!(scene.news(ann), ["ended #1 left"]);
    scene.wait(secs(1));
    let (cem, ..) = scene.pair();
    scene.say(cem, ToServer::Leave {});
    scene.signal(ann, before, 1, offer("very late"));
    assert_eq!(scene.news(ann), ["error not-your-match about 4"]);
}

#[test]
fn a_signal_of_an_earlier_epoch_is_dropped_and_an_impossible_epoch_is_refused() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.signal(ann, match_id, 2, offer("second"));
    scene.signal(ann, match_id, 1, offer("first"));
    scene.signal(bob, match_id, 1, offer("own count"));
    scene.signal(ann, match_id, 0, offer("none"));
    scene.signal(ann, match_id, 7, offer("seventh"));
    assert_eq!(scene.news(bob), ["signal #1 2 second"]);
    assert_eq!(scene.news(ann), ["signal #1 1 own count", "error bad-epoch about 5"]);
}

#[test]
fn a_candidate_too_many_is_refused_and_a_new_epoch_has_its_own() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    (0..65).for_each(|_| scene.signal(ann, match_id, 1, candidate()));
    assert_eq!(scene.news(bob).len(), 64);
    assert_eq!(scene.news(ann).last().unwrap(), "error too-many-candidates about 66");
    scene.signal(ann, match_id, 1, offer("not counted"));
    scene.signal(ann, match_id, 2, candidate());
    assert_eq!(scene.news(bob).len(), 2);
}
