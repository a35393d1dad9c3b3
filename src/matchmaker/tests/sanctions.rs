//! Tests of sanctions: who is refused, who is told what, and what a partner learns.

use super::{
    scene::{ClientEvent, Scene, sanction, secs},
    silence::{are_matched, join_and_prepare, lane},
};
use crate::{
    matchmaker::{Input, NetworkSanction, SanctionUpdate, queue::lane::Lane},
    protocol::{NetworkTag, NoticeKind, ToBrowser, ToServer},
};

const REFUSALS: [(NoticeKind, &str); 2] =
    [(NoticeKind::Paused, "sanctioned paused"), (NoticeKind::Banned, "sanctioned banned")];

const END: [&str; 2] = ["error sanctioned about 0", "closed sanctioned"];

#[test]
fn a_running_call_of_the_banned_ends_at_once_and_the_partner_does_not_learn_why() {
    for (kind, told) in REFUSALS {
        let mut scene = Scene::new();
        let (ann, bob, match_id) = scene.add_matched_pair();
        scene.report_connected(match_id, [ann, bob]);
        scene.sanction(ann, Some(kind));
        assert_eq!(scene.take_events(ann), [&[told][..], &END].concat());
        assert_eq!(scene.take_events(bob), ["ended #1 partner-left"]);
        assert_eq!((scene.machine.census().matches, scene.machine.peers.len()), (0, 1));
    }
}

#[test]
fn the_hello_of_a_banned_device_is_refused_with_the_facts() {
    for (kind, told) in REFUSALS {
        let mut scene = Scene::new();
        let [ann, bob] = scene.add_pages();
        scene.close_page(ann);
        scene.sanction(ann, Some(kind));
        let again = scene.reload(ann);
        assert_eq!(scene.take_events(again), [&[told][..], &END].concat());
        let is_told = |it: &&ClientEvent| matches!(it, ClientEvent::Received(ToBrowser::Sanctioned(_)));
        let Some(ClientEvent::Received(ToBrowser::Sanctioned(facts))) =
            scene.pages[again].events.iter().find(is_told)
        else {
            panic!("not told")
        };
        assert_eq!(*facts, sanction(kind, u64::MAX));
        let other = scene.reload(bob);
        assert_eq!(scene.take_events(other), ["welcome"], "another device");
        scene.sanction(ann, None);
        let pardoned = scene.reload(ann);
        assert_eq!(scene.take_events(pardoned), ["welcome"]);
    }
}

#[test]
fn no_peer_of_the_banned_is_left_in_whatever_state_it_is() {
    let mut scene = Scene::new();
    let (ann, bob, _) = scene.add_matched_pair();
    let (waiting, idle, lost) = (scene.reload(ann), scene.reload(ann), scene.reload(ann));
    scene.join(waiting);
    scene.lose_socket(lost);
    scene.sanction(ann, Some(NoticeKind::Banned));
    assert_eq!(scene.machine.peers.len(), 1, "only the partner");
    for page in [ann, waiting, idle] {
        assert_eq!(scene.take_events(page).last().unwrap(), "closed sanctioned");
    }
    scene.resume(lost);
    assert_eq!(scene.take_events(lost).last().unwrap(), "closed sanctioned");
    assert_eq!(scene.take_events(bob), ["ended #1 partner-left"]);
    scene.close_page(bob);
    scene.advance(secs(1));
    assert_eq!((scene.machine.census(), scene.machine.deadline()), (Default::default(), None));
}

#[test]
fn a_ticket_does_not_let_the_banned_in() {
    for keeps_device in [true, false] {
        let mut scene = Scene::new();
        let (ann, bob, match_id) = scene.add_matched_pair();
        scene.report_connected(match_id, [ann, bob]);
        scene.restart_server();
        scene.resume_with_ticket(bob);
        scene.sanction(ann, Some(NoticeKind::Banned));
        if !keeps_device {
            scene.pages[ann].device = None;
        }
        scene.take_events(ann);
        scene.resume_with_ticket(ann);
        assert_eq!(scene.take_events(ann), [&["sanctioned banned"][..], &END].concat());
    }
}

#[test]
fn a_warning_is_told_after_each_welcome_and_refuses_nothing() {
    let mut scene = Scene::new();
    let [ann] = scene.add_pages();
    scene.close_page(ann);
    scene.sanction(ann, Some(NoticeKind::Warned));
    let again = scene.reload(ann);
    assert_eq!(scene.take_events(again), ["welcome", "sanctioned warned"]);
    let later = scene.reload(ann);
    assert_eq!(scene.take_events(later), ["welcome", "sanctioned warned"]);
    scene.sanction(ann, Some(NoticeKind::Warned));
    for page in [again, later] {
        assert_eq!(scene.take_events(page), ["sanctioned warned"], "a page that is there is told at once");
    }
}

#[test]
fn a_warning_waits_for_a_page_that_has_lost_its_socket() {
    let mut scene = Scene::new();
    let (ann, _, match_id) = scene.add_matched_pair();
    scene.lose_socket(ann);
    scene.sanction(ann, Some(NoticeKind::Warned));
    scene.resume(ann);
    assert_eq!(scene.take_events(ann), ["welcome back", "sanctioned warned"]);
    assert_eq!(scene.last_match(ann), match_id);
}

#[test]
fn a_sanction_is_over_at_its_time() {
    let mut scene = Scene::new();
    let [ann] = scene.add_pages();
    scene.close_page(ann);
    scene.sanction_until(ann, Some(NoticeKind::Paused), 1_700_000_900);
    scene.advance(secs(900) - secs(1) / 1_000);
    let again = scene.reload(ann);
    assert_eq!(scene.take_events(again).last().unwrap(), "closed sanctioned");
    assert_eq!(scene.machine.deadline(), None, "it has no timer");
    scene.advance(secs(1) / 1_000);
    let again = scene.reload(ann);
    assert_eq!(scene.take_events(again), ["welcome"]);
}

#[test]
fn a_network_that_is_refused_starts_no_sessions_but_keeps_its_calls() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    // The tag of this month, and that of the last one.
    for tag in [0, 0xff] {
        let refused = NetworkSanction { refused_until: 1_700_000_900, apart_until: u64::MAX };
        let decide = |it| Input::Sanction(SanctionUpdate::Network(NetworkTag([tag; 16]), it));
        scene.feed(decide(Some(refused)));
        let cem = scene.open_page();
        scene.send_hello(cem, None);
        assert_eq!(scene.take_events(cem), [&["sanctioned banned"][..], &END].concat());
        scene.feed(decide(Some(NetworkSanction { refused_until: 0, ..refused })));
        let dan = scene.open_page();
        scene.send_hello(dan, None);
        assert_eq!(scene.take_events(dan), ["welcome"]);
        scene.feed(decide(None));
    }
    scene.lose_socket(ann);
    scene.resume(ann);
    assert_eq!(scene.take_events(ann), ["welcome back"]);
    scene.report_connected(match_id, [ann, bob]);
    assert_eq!(scene.machine.census().talking, 2);
}

#[test]
fn a_ticket_from_a_network_that_is_refused_is_good_for_its_match_only() {
    let mut scene = Scene::new();
    let (ann, _, match_id) = scene.add_matched_pair();
    scene.restart_server();
    let refused = NetworkSanction { refused_until: 1_700_000_900, apart_until: u64::MAX };
    scene.feed(Input::Sanction(SanctionUpdate::Network(NetworkTag([0; 16]), Some(refused))));
    scene.take_events(ann);
    scene.resume_with_ticket(ann);
    assert!(scene.take_events(ann).iter().any(|it| it.starts_with("welcome")));
    scene.send(ann, ToServer::Next { match_id });
    assert_eq!(scene.take_events(ann).last().unwrap(), "closed sanctioned");
}

#[test]
fn the_peers_of_a_network_that_is_set_apart_wait_apart() {
    let mut scene = Scene::new().with_networks(2);
    let [ann, bob, cem] = scene.add_pages();
    join_and_prepare(&mut scene, ann);
    assert_eq!(lane(&scene, ann), Lane::Ordinary);
    scene.set_apart(0, true);
    assert_eq!(lane(&scene, ann), Lane::Apart, "also those that wait already");
    join_and_prepare(&mut scene, bob);
    assert!(!are_matched(&scene, ann, bob));
    scene.join(cem);
    assert!(are_matched(&scene, ann, cem), "two from there are matched");
    let starts_softly = |it: &ClientEvent| {
        let ClientEvent::Received(ToBrowser::Matched { soft, .. }) = it else { return None };
        Some(*soft)
    };
    let matched = scene.pages[ann].events.iter().rev().find_map(starts_softly);
    assert_eq!(matched, Some(true), "and start softly");
    let [dan] = scene.add_pages();
    scene.send(ann, ToServer::Leave {});
    join_and_prepare(&mut scene, dan);
    assert!(are_matched(&scene, bob, dan));
    scene.send(bob, ToServer::Leave {});
    scene.send(dan, ToServer::Leave {});
    join_and_prepare(&mut scene, ann);
    join_and_prepare(&mut scene, bob);
    assert!(!are_matched(&scene, ann, bob));
    scene.set_apart(0, false);
    assert!(are_matched(&scene, ann, bob), "at once when that is over");
}
