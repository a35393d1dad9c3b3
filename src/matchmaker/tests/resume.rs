//! Tests of lost sockets: resuming with a secret, and the end of the grace period.

use std::time::Duration;

use super::scene::{self, Scene, Wire, offer, secs, with_wrong_secret};
use crate::{
    matchmaker::{Census, Closing, Input, Note},
    protocol::{EndReason, Resume, ToServer},
};

const NONE: [&str; 0] = [];
const ONE_MS: Duration = Duration::from_millis(1);

#[test]
fn resumes_after_lost_socket_without_missing_messages() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.report_connected(match_id, [ann, bob]);
    scene.lose_socket(ann);
    scene.send_signal(bob, match_id, 1, offer("one"));
    scene.send_signal(bob, match_id, 1, offer("two"));
    scene.advance(secs(20) - ONE_MS);
    assert_eq!(scene.take_events(bob), ["partner #1 lost"]);
    assert_eq!(scene.resume(ann), ann);
    assert_eq!(scene.take_events(ann), ["welcome back", "signal #1 1 one", "signal #1 1 two"]);
    assert_eq!(scene.take_events(bob), ["partner #1 back"]);
    scene.advance(secs(60));
    assert_eq!(scene.machine.census().talking, 2);
}

#[test]
fn messages_sent_into_a_dead_socket_arrive_after_resume() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.send_signal(ann, match_id, 1, offer("arrived"));
    scene.pages[ann].wire = Wire::Cut;
    scene.send_signal(ann, match_id, 1, offer("lost"));
    scene.lose_socket(ann);
    scene.send_signal(ann, match_id, 1, offer("queued"));
    assert_eq!(scene.take_events(bob), ["signal #1 1 arrived", "partner #1 lost"]);
    scene.resume(ann);
    assert_eq!(scene.take_events(bob), ["partner #1 back", "signal #1 1 lost", "signal #1 1 queued"]);
}

#[test]
fn unread_messages_are_replayed_once_after_resume() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.send_signal(bob, match_id, 1, offer("one"));
    scene.pages[ann].wire = Wire::NotReading;
    scene.send_signal(bob, match_id, 1, offer("two"));
    scene.lose_socket(ann);
    scene.send_signal(bob, match_id, 1, offer("three"));
    scene.resume(ann);
    assert_eq!(
        scene.take_events(ann),
        ["signal #1 1 one", "welcome back", "signal #1 1 two", "signal #1 1 three"]
    );
}

#[test]
fn new_socket_replaces_the_old_one() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    let old = scene.socket(ann);
    scene.resume(ann);
    assert_eq!(scene.take_events(ann), ["welcome back"]);
    assert_eq!(scene.events_on_replaced_socket(ann), ["error replaced about 0", "closed replaced"]);
    scene.feed(Input::Closed { socket: old, closing: Closing::Goodbye });
    scene.feed(Input::Closed { socket: old, closing: Closing::Lost });
    assert_eq!(scene.take_events(bob), NONE);
    scene.send_signal(bob, match_id, 1, offer("still here"));
    assert_eq!(scene.take_events(ann), ["signal #1 1 still here"]);
    assert_eq!(scene.machine.census().connections, 2);
}

#[test]
fn match_ends_with_partner_lost_after_the_grace_period() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.report_connected(match_id, [ann, bob]);
    scene.lose_socket(ann);
    scene.advance(secs(20));
    assert_eq!(scene.take_events(bob), ["partner #1 lost", "ended #1 partner-lost"]);
    assert_eq!(
        scene.notes[2..],
        [Note::Ended { match_id, reason: EndReason::PartnerLost, lasted: secs(20) }]
    );
    let again = scene.resume(ann);
    assert_ne!(again, ann);
    assert_eq!(scene.take_events(again), ["welcome"]);
    scene.send_signal(again, match_id, 1, offer("not mine any more"));
    assert_eq!(scene.take_events(again), ["error not-your-match about 1"]);
    assert_eq!(scene.take_events(bob), NONE);
}

#[test]
fn both_ends_can_resume() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.report_connected(match_id, [ann, bob]);
    scene.lose_socket(ann);
    scene.lose_socket(bob);
    scene.advance(secs(10));
    scene.resume(ann);
    scene.resume(bob);
    assert_eq!(scene.take_events(ann), ["welcome back", "partner #1 lost", "partner #1 back"]);
    assert_eq!(scene.take_events(bob), ["partner #1 lost", "welcome back", "partner #1 back"]);
}

#[test]
fn two_lost_ends_leave_no_state_behind() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.report_connected(match_id, [ann, bob]);
    scene.lose_socket(ann);
    scene.lose_socket(bob);
    scene.advance(secs(20));
    assert_eq!(scene.machine.census(), Census::default());
    assert_eq!(scene.machine.deadline(), None);
}

#[test]
fn resumes_after_any_number_of_lost_welcomes() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.send_signal(bob, match_id, 1, offer("one"));
    for noticed in [true, false, true] {
        if noticed {
            scene.lose_socket(ann);
        }
        assert_eq!(scene.lose_welcome(ann), ann);
    }
    scene.send_signal(ann, match_id, 1, offer("two"));
    scene.send_signal(bob, match_id, 1, offer("three"));
    assert_eq!(scene.resume(ann), ann);
    assert_eq!(scene.take_events(ann), ["signal #1 1 one", "welcome back", "signal #1 1 three"]);
    let lost_and_back = ["partner #1 lost", "partner #1 back"];
    assert_eq!(scene.take_events(bob), [&lost_and_back[..], &lost_and_back, &["signal #1 1 two"]].concat());
    assert_eq!(scene.machine.census().connections, 2);
}

#[test]
fn a_secret_that_arrived_without_a_message_afterwards_still_resumes() {
    let mut scene = Scene::new();
    let [ann] = scene.add_pages();
    for _ in 0..3 {
        scene.lose_socket(ann);
        assert_eq!(scene.resume(ann), ann);
        scene.lose_socket(ann);
        assert_eq!(scene.lose_welcome(ann), ann);
    }
    assert_eq!(scene.resume(ann), ann);
    assert_eq!(scene.machine.census(), Census { idle: 1, connections: 1, ..Census::default() });
}

#[test]
fn waiting_peer_with_a_lost_welcome_keeps_its_place() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.add_pages();
    scene.join(ann);
    scene.lose_socket(ann);
    scene.lose_welcome(ann);
    scene.lose_socket(ann);
    assert_eq!(scene.resume(ann), ann);
    scene.join(bob);
    assert_eq!(scene.take_events(ann), ["waiting", "welcome back", "matched #1 impolite"]);
}

#[test]
fn a_device_is_never_matched_with_itself() {
    for wait in [secs(4), secs(120)] {
        let mut scene = Scene::new();
        let [ann] = scene.add_pages();
        let tab = scene.reload(ann);
        let ghost = scene.add_ghost(Some(ann));
        for page in [ann, tab] {
            scene.join(page);
        }
        scene.advance(wait);
        assert_eq!(scene.take_events(ann), ["waiting"]);
        assert_eq!(scene.take_events(tab), ["welcome", "waiting"]);
        assert_eq!(scene.take_events(ghost), NONE);
    }
}

#[test]
fn two_tabs_of_a_device_are_matched_with_others() {
    let mut scene = Scene::new();
    let [ann] = scene.add_pages();
    let tab = scene.reload(ann);
    scene.join(ann);
    scene.join(tab);
    let [bob, cem] = scene.add_pages();
    scene.join(bob);
    scene.join(cem);
    assert_eq!(scene.take_events(ann), ["waiting", "matched #1 impolite"]);
    assert_eq!(scene.take_events(tab), ["welcome", "waiting", "matched #2 impolite"]);
}

#[test]
fn used_secret_is_invalid_after_the_first_message_on_the_new_socket() {
    let mut scene = Scene::new();
    let (ann, bob, _) = scene.add_matched_pair();
    let used = scene.pages[ann].identity.unwrap();
    scene.resume(ann);
    scene.send(ann, ToServer::Ping {});
    let eve = scene.add_impostor(used);
    assert_eq!(scene.take_events(eve), ["welcome"]);
    assert_ne!(scene.pages[eve].identity.unwrap().peer, used.peer);
    assert_eq!(scene.events_on_replaced_socket(ann), ["error replaced about 0", "closed replaced"]);
    assert_eq!(scene.take_all_events(ann..bob + 1), [vec!["welcome back"], vec![]]);
    assert_eq!(scene.machine.census().connections, 3);
}

#[test]
fn wrong_secret_is_rejected_and_the_right_one_still_works() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.add_pages();
    let (ann_identity, bob_identity) =
        (scene.pages[ann].identity.unwrap(), scene.pages[bob].identity.unwrap());
    scene.lose_socket(ann);
    for resume in [with_wrong_secret(ann_identity), Resume { secret: bob_identity.secret, ..ann_identity }] {
        let eve = scene.add_impostor(resume);
        assert_eq!(scene.take_events(eve), ["welcome"]);
    }
    assert_eq!(scene.resume(ann), ann);
}

#[test]
fn resume_with_an_impossible_ack_is_refused_and_can_be_retried() {
    let mut scene = Scene::new();
    let (ann, bob, _) = scene.add_matched_pair();
    let identity = scene.pages[ann].identity;
    scene.lose_socket(ann);
    let eve = scene.open_page();
    scene.send_raw(eve, 0, 99, scene::hello(identity));
    assert_eq!(scene.take_events(eve), ["error bad-sequence about 0", "closed bad-sequence"]);
    assert_eq!(scene.resume(ann), ann);
    assert_eq!(scene.take_events(bob), ["partner #1 lost", "partner #1 back"]);
}

#[test]
fn lost_waiting_peer_keeps_its_place_for_5_seconds_unpaired() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.add_pages();
    scene.join(ann);
    scene.lose_socket(ann);
    scene.join(bob);
    assert_eq!(scene.take_events(bob), ["waiting"]);
    scene.advance(secs(5) - ONE_MS);
    scene.resume(ann);
    assert_eq!(scene.take_events(ann), ["waiting", "welcome back", "matched #1 impolite"]);
    assert_eq!(scene.take_events(bob), ["matched #1 polite"]);
}

#[test]
fn lost_unmatched_peers_are_forgotten_after_5_seconds() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.add_pages();
    scene.join(ann);
    for page in [ann, bob] {
        scene.lose_socket(page);
    }
    scene.advance(secs(5) - ONE_MS);
    assert_eq!(scene.machine.census(), Census { idle: 1, waiting: 1, ..Census::default() });
    scene.advance(ONE_MS);
    assert_eq!(scene.machine.census(), Census::default());
}

#[test]
fn match_end_reaches_a_lost_peer_after_it_resumes() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.lose_socket(ann);
    scene.send(bob, ToServer::Next { match_id });
    scene.resume(ann);
    assert_eq!(scene.take_events(ann), ["welcome back", "ended #1 partner-next"]);
    assert_eq!(scene.take_events(bob), ["partner #1 lost", "ended #1 next", "waiting"]);
}

#[test]
fn connect_deadline_is_extended_while_an_end_is_lost() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.send(bob, ToServer::Connected { match_id });
    scene.advance(secs(15));
    scene.lose_socket(ann);
    scene.advance(secs(10));
    scene.resume(ann);
    scene.send(ann, ToServer::Connected { match_id });
    scene.advance(secs(60));
    assert_eq!(scene.take_events(bob), ["partner #1 lost", "partner #1 back"]);
    assert_eq!(scene.machine.census().talking, 2);
}

#[test]
fn unconnected_match_keeps_the_place_of_a_lost_end() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.negotiate(match_id, [ann, bob]);
    scene.lose_socket(ann);
    scene.send(bob, ToServer::Failed { match_id });
    let [cem] = scene.add_pages();
    scene.join(cem);
    assert_eq!(
        scene.take_events(bob),
        ["partner #1 lost", "ended #1 unconnected", "waiting", "matched #2 impolite"]
    );
    let [dan] = scene.add_pages();
    scene.join(dan);
    scene.resume(ann);
    assert_eq!(
        scene.take_events(ann),
        ["welcome back", "ended #1 unconnected", "waiting", "matched #3 impolite"]
    );
}

#[test]
fn resume_after_the_grace_period_fails_even_with_a_late_timer() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.report_connected(match_id, [ann, bob]);
    scene.lose_socket(ann);
    scene.now = scene.now + secs(20);
    assert_ne!(scene.resume(ann), ann);
    assert_eq!(scene.take_events(bob), ["partner #1 lost", "ended #1 partner-lost"]);
}
