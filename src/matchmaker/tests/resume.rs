//! How a page loses its socket and comes back, or does not; it must not know what it talks about.

use std::time::Duration;

use super::scene::{self, Scene, Wire, offer, secs, wrong};
use crate::{
    matchmaker::{Census, Closing, Input, Note},
    protocol::{EndReason, Resume, ToServer},
};

const NONE: [&str; 0] = [];
const A_MOMENT: Duration = Duration::from_millis(1);

#[test]
fn who_lost_its_socket_resumes_within_the_grace_and_misses_nothing() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.connect(match_id, [ann, bob]);
    scene.lose(ann);
    scene.signal(bob, match_id, 1, offer("one"));
    scene.signal(bob, match_id, 1, offer("two"));
    scene.wait(secs(20) - A_MOMENT);
    assert_eq!(scene.news(bob), ["partner #1 lost"]);
    assert_eq!(scene.resume(ann), ann);
    assert_eq!(scene.news(ann), ["welcome back", "signal #1 1 one", "signal #1 1 two"]);
    assert_eq!(scene.news(bob), ["partner #1 back"]);
    scene.wait(secs(60));
    assert_eq!(scene.machine.census().talking, 2);
}

#[test]
fn what_a_page_said_into_a_dead_socket_is_heard_once_it_is_back() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.signal(ann, match_id, 1, offer("heard"));
    scene.pages[ann].wire = Wire::Cut;
    scene.signal(ann, match_id, 1, offer("lost"));
    scene.lose(ann);
    scene.signal(ann, match_id, 1, offer("kept"));
    assert_eq!(scene.news(bob), ["signal #1 1 heard", "partner #1 lost"]);
    scene.resume(ann);
    assert_eq!(scene.news(bob), ["partner #1 back", "signal #1 1 lost", "signal #1 1 kept"]);
}

#[test]
fn what_was_sent_into_a_dead_socket_is_heard_once_by_who_comes_back() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.signal(bob, match_id, 1, offer("one"));
    scene.pages[ann].wire = Wire::Deaf;
    scene.signal(bob, match_id, 1, offer("two"));
    scene.lose(ann);
    scene.signal(bob, match_id, 1, offer("three"));
    scene.resume(ann);
    assert_eq!(scene.news(ann), ["signal #1 1 one", "welcome back", "signal #1 1 two", "signal #1 1 three"]);
}

#[test]
fn the_new_socket_fences_the_old_one() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    let old = scene.socket(ann);
    scene.resume(ann);
    assert_eq!(scene.news(ann), ["welcome back"]);
    assert_eq!(scene.news_on_the_old_socket(ann), ["error replaced about 0", "closed replaced"]);
    scene.feed(Input::Closed { socket: old, closing: Closing::Goodbye });
    scene.feed(Input::Closed { socket: old, closing: Closing::Lost });
    assert_eq!(scene.news(bob), NONE);
    scene.signal(bob, match_id, 1, offer("still here"));
    assert_eq!(scene.news(ann), ["signal #1 1 still here"]);
    assert_eq!(scene.machine.census().connections, 2);
}

#[test]
fn the_grace_ends_and_the_partner_is_told_partner_lost() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.connect(match_id, [ann, bob]);
    scene.lose(ann);
    scene.wait(secs(20));
    assert_eq!(scene.news(bob), ["partner #1 lost", "ended #1 partner-lost"]);
    assert_eq!(
        scene.notes[2..],
        [Note::Ended { match_id, reason: EndReason::PartnerLost, lasted: secs(20) }]
    );
    let again = scene.resume(ann);
    assert_ne!(again, ann);
    assert_eq!(scene.news(again), ["welcome"]);
    scene.signal(again, match_id, 1, offer("not mine any more"));
    assert_eq!(scene.news(again), ["error not-your-match about 1"]);
    assert_eq!(scene.news(bob), NONE);
}

#[test]
fn both_may_be_lost_and_both_come_back() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.connect(match_id, [ann, bob]);
    scene.lose(ann);
    scene.lose(bob);
    scene.wait(secs(10));
    scene.resume(ann);
    scene.resume(bob);
    assert_eq!(scene.news(ann), ["welcome back", "partner #1 lost", "partner #1 back"]);
    assert_eq!(scene.news(bob), ["partner #1 lost", "welcome back", "partner #1 back"]);
}

#[test]
fn both_may_be_lost_and_nothing_is_left_of_them() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.connect(match_id, [ann, bob]);
    scene.lose(ann);
    scene.lose(bob);
    scene.wait(secs(20));
    assert_eq!(scene.machine.census(), Census::default());
    assert_eq!(scene.machine.deadline(), None);
}

#[test]
fn a_secret_opens_once() {
    let mut scene = Scene::new();
    let (ann, bob, _) = scene.pair();
    let used = scene.pages[ann].name.unwrap();
    scene.resume(ann);
    let eve = scene.impostor(used);
    assert_eq!(scene.news(eve), ["welcome"]);
    assert_ne!(scene.pages[eve].name.unwrap().peer, used.peer);
    assert_eq!(scene.news_on_the_old_socket(ann), ["error replaced about 0", "closed replaced"]);
    assert_eq!(scene.all_news(ann..bob + 1), [vec!["welcome back"], vec![]]);
    assert_eq!(scene.machine.census().connections, 3);
}

#[test]
fn a_wrong_secret_opens_nothing_and_the_right_one_still_does() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.arrive();
    let (anns, bobs) = (scene.pages[ann].name.unwrap(), scene.pages[bob].name.unwrap());
    scene.lose(ann);
    for resume in [wrong(anns), Resume { secret: bobs.secret, ..anns }] {
        let eve = scene.impostor(resume);
        assert_eq!(scene.news(eve), ["welcome"]);
    }
    assert_eq!(scene.resume(ann), ann);
}

#[test]
fn who_comes_back_with_impossible_numbers_is_refused_and_may_try_again() {
    let mut scene = Scene::new();
    let (ann, bob, _) = scene.pair();
    let name = scene.pages[ann].name;
    scene.lose(ann);
    let eve = scene.open();
    scene.say_raw(eve, 0, 99, scene::hello(name));
    assert_eq!(scene.news(eve), ["error bad-sequence about 0", "closed bad-sequence"]);
    assert_eq!(scene.resume(ann), ann);
    assert_eq!(scene.news(bob), ["partner #1 lost", "partner #1 back"]);
}

#[test]
fn who_waits_keeps_its_place_for_5_seconds_and_is_not_paired_while_it_is_lost() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.arrive();
    scene.join(ann);
    scene.lose(ann);
    scene.join(bob);
    assert_eq!(scene.news(bob), ["waiting"]);
    scene.wait(secs(5) - A_MOMENT);
    scene.resume(ann);
    assert_eq!(scene.news(ann), ["waiting", "welcome back", "matched #1 impolite"]);
    assert_eq!(scene.news(bob), ["matched #1 polite"]);
}

#[test]
fn who_waits_is_forgotten_after_5_seconds() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.arrive();
    scene.join(ann);
    for page in [ann, bob] {
        scene.lose(page);
    }
    scene.wait(secs(5) - A_MOMENT);
    assert_eq!(scene.machine.census(), Census { idle: 1, waiting: 1, ..Census::default() });
    scene.wait(A_MOMENT);
    assert_eq!(scene.machine.census(), Census::default());
}

#[test]
fn a_match_may_end_while_one_end_is_lost_and_it_hears_of_it_when_it_is_back() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.lose(ann);
    scene.say(bob, ToServer::Next { match_id });
    scene.resume(ann);
    assert_eq!(scene.news(ann), ["welcome back", "ended #1 partner-next"]);
    assert_eq!(scene.news(bob), ["partner #1 lost", "ended #1 next", "waiting"]);
}

#[test]
fn a_match_is_not_given_up_while_an_end_cannot_say_that_it_is_a_call() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.say(bob, ToServer::Connected { match_id });
    scene.wait(secs(15));
    scene.lose(ann);
    scene.wait(secs(10));
    scene.resume(ann);
    scene.say(ann, ToServer::Connected { match_id });
    scene.wait(secs(60));
    assert_eq!(scene.news(bob), ["partner #1 lost", "partner #1 back"]);
    assert_eq!(scene.machine.census().talking, 2);
}

#[test]
fn a_match_that_does_not_connect_keeps_the_place_of_an_end_that_is_lost() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.lose(ann);
    scene.say(bob, ToServer::Failed { match_id });
    let [cem] = scene.arrive();
    scene.join(cem);
    assert_eq!(
        scene.news(bob),
        ["partner #1 lost", "ended #1 unconnected", "waiting", "matched #2 impolite"]
    );
    let [dan] = scene.arrive();
    scene.join(dan);
    scene.resume(ann);
    assert_eq!(scene.news(ann), ["welcome back", "ended #1 unconnected", "waiting", "matched #3 impolite"]);
}

#[test]
fn who_comes_back_after_its_grace_is_new_even_if_the_timer_is_late() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.connect(match_id, [ann, bob]);
    scene.lose(ann);
    scene.now = scene.now + secs(20);
    assert_ne!(scene.resume(ann), ann);
    assert_eq!(scene.news(bob), ["partner #1 lost", "ended #1 partner-lost"]);
}
