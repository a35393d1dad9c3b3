//! Tests of hidden addresses: relay-only matches, private candidates, and relay credentials.

use std::{collections::HashSet, time::Duration};

use super::scene::{ClientEvent, Scene, media_of, offer, secs};
use crate::{
    matchmaker::{DroppedCandidate, Ice, MatchmakerConfig, Note, Turn},
    protocol::{Candidate, IceServer, Sdp, Signal, ToBrowser, ToServer},
};

const NONE: [&str; 0] = [];

/// A scene whose server has a relay and whose pages come from different networks.
pub(crate) fn scene_with_relay() -> Scene {
    scene_with(false)
}

fn scene_with(unscrubbed: bool) -> Scene {
    let turn = Turn {
        urls: vec!["turn:relay.example".into()],
        secret: "north".into(),
        lifetime: Duration::from_secs(600),
    };
    let mut scene = Scene::with_config(MatchmakerConfig {
        max_connections: 100,
        ice: Ice { stun: vec!["stun:relay.example".into()], turn: Some(turn), own: None, unscrubbed },
        ..MatchmakerConfig::for_tests(7)
    });
    scene.separate_networks = true;
    scene
}

pub(crate) fn join_hiding(scene: &mut Scene, page: usize, hide: bool) {
    scene.send(page, ToServer::Join { media: media_of(page), hide, soft: false, tastes: Default::default() });
}

fn ice_terms(scene: &Scene, page: usize) -> (bool, &[IceServer]) {
    let ToBrowser::Matched { relay_only, ice, .. } = scene.last_matched(page) else {
        unreachable!("`last_matched` returns `matched`")
    };
    (*relay_only, ice)
}

fn candidate(address: &str, kind: &str) -> Signal {
    let candidate = Sdp(format!("candidate:1 1 udp 1 {address} 9 typ {kind}"));
    Signal::Candidate(Candidate { candidate, sdp_mid: None, sdp_m_line_index: None, username_fragment: None })
}

#[test]
fn a_join_that_crossed_a_match_applies_to_the_next_one() {
    let mut scene = scene_with_relay();
    let [ann, bob, cem] = scene.add_pages();
    join_hiding(&mut scene, ann, false);
    join_hiding(&mut scene, bob, false);
    let match_id = scene.last_match(ann);
    // The page sent it while it still thought that it waits.
    join_hiding(&mut scene, ann, true);
    scene.send(ann, ToServer::Next { match_id });
    join_hiding(&mut scene, cem, false);
    assert_ne!(scene.last_match(ann), match_id);
    assert!(ice_terms(&scene, ann).0, "the second match uses the relay only");
}

#[test]
fn hiding_by_one_peer_forces_the_relay_for_both() {
    for hide in [[true, false], [false, true], [true, true]] {
        let mut scene = scene_with_relay();
        let [ann, bob] = scene.add_pages();
        join_hiding(&mut scene, ann, hide[0]);
        join_hiding(&mut scene, bob, hide[1]);
        for page in [ann, bob] {
            let (relay_only, ice) = ice_terms(&scene, page);
            assert!(relay_only && ice.len() == 1 && ice[0].username.is_some());
        }
        let match_id = scene.last_match(ann);
        scene.take_events(bob);
        for (address, kind) in [("10.0.0.1", "host"), ("198.51.100.1", "srflx"), ("198.51.100.1", "prflx")] {
            scene.send_signal(ann, match_id, 1, candidate(address, kind));
        }
        assert_eq!(scene.take_events(bob), NONE);
        scene.send_signal(ann, match_id, 1, candidate("203.0.113.1", "relay"));
        assert_eq!(scene.take_events(bob).len(), 1);
    }
}

#[test]
fn a_check_gets_servers_in_any_state_and_changes_none() {
    let mut scene = scene_with_relay();
    let [ann, bob] = scene.add_pages();
    let check = |scene: &mut Scene, page| {
        scene.take_events(page);
        scene.send(page, ToServer::Check {});
        assert_eq!(scene.take_events(page), ["check with 2 servers"]);
    };
    check(&mut scene, ann);
    join_hiding(&mut scene, ann, false);
    check(&mut scene, ann);
    join_hiding(&mut scene, bob, false);
    let (relay_only, _) = ice_terms(&scene, ann);
    assert!(!relay_only, "a check keeps the place in the queue");
    check(&mut scene, ann);
    let ToBrowser::Matched { match_id, .. } = *scene.last_matched(ann) else { unreachable!() };
    scene.send_signal(ann, match_id, 1, offer("still matched"));
    assert_eq!(scene.take_events(bob).last().map(String::as_str), Some("signal #1 1 still matched"));
}

#[test]
fn hiding_peers_neither_prepare_nor_receive_offers() {
    let mut scene = scene_with_relay();
    let [ann, bob, cem] = scene.add_pages();
    join_hiding(&mut scene, ann, true);
    assert_eq!(scene.pages[ann].offer_requests, 0);
    join_hiding(&mut scene, ann, false);
    assert_eq!(scene.pages[ann].offer_requests, 1, "it no longer hides");
    scene.send(ann, ToServer::Prepared { number: 1, signal: offer("ahead") });
    join_hiding(&mut scene, bob, true);
    let (relay_only, _) = ice_terms(&scene, bob);
    assert!(relay_only);
    assert!(matches!(scene.last_matched(bob), ToBrowser::Matched { ahead: None, .. }));

    join_hiding(&mut scene, cem, false);
    scene.send(cem, ToServer::Prepared { number: 1, signal: offer("ahead") });
    join_hiding(&mut scene, cem, true);
    join_hiding(&mut scene, cem, false);
    let [dan] = scene.add_pages();
    join_hiding(&mut scene, dan, false);
    assert!(
        matches!(scene.last_matched(dan), ToBrowser::Matched { ahead: None, .. }),
        "the offer was dropped when the page chose to hide"
    );
}

#[test]
fn hiding_without_a_relay_is_refused_and_leaves_the_queue() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.add_pages();
    join_hiding(&mut scene, ann, true);
    assert_eq!(scene.take_events(ann), ["error no-relay about 1"]);
    join_hiding(&mut scene, bob, false);
    assert_eq!(scene.take_events(bob), ["waiting"]);
    join_hiding(&mut scene, bob, true);
    assert_eq!(scene.take_events(bob), ["error no-relay about 2"]);
    join_hiding(&mut scene, ann, false);
    assert_eq!(scene.take_events(ann), ["waiting"], "the other page has left the queue");
}

#[test]
fn private_candidates_pass_only_within_one_network() {
    for (separate, passing) in [(true, 0), (false, 1)] {
        let mut scene = scene_with_relay();
        scene.separate_networks = separate;
        let (ann, bob, match_id) = scene.add_matched_pair();
        scene.send_signal(ann, match_id, 1, candidate("192.168.0.1", "host"));
        assert_eq!(scene.take_events(bob).len(), passing);
        scene.send_signal(ann, match_id, 1, candidate("100.64.0.1", "srflx"));
        assert_eq!(scene.take_events(bob).len(), passing, "a reflexive candidate may be private, too");
        scene.send_signal(ann, match_id, 1, candidate("198.51.100.1", "srflx"));
        assert_eq!(scene.take_events(bob).len(), 1);
    }
}

#[test]
fn dropped_candidates_are_reported_by_kind() {
    use DroppedCandidate::{Direct, Private, Stale, Surplus};
    let reported = |scene: &mut Scene| {
        let kind = |it| match it {
            Note::CandidateDropped { reason } => Some(reason),
            Note::Matched { .. }
            | Note::Connected { .. }
            | Note::Rebuilt { .. }
            | Note::Ended { .. }
            | Note::Refused { .. }
            | Note::ReportRefused { .. } => None,
        };
        std::mem::take(&mut scene.notes).into_iter().filter_map(kind).collect::<Vec<_>>()
    };
    let (private, public) = (candidate("192.168.0.1", "host"), candidate("198.51.100.1", "srflx"));
    let mut scene = scene_with_relay();
    scene.separate_networks = true;
    let [ann, bob] = scene.add_pages();
    // Two of a prepared offer, in the match and after it has begun; the others of a new connection.
    join_hiding(&mut scene, ann, false);
    scene.send(ann, ToServer::Prepared { number: 1, signal: offer("ahead") });
    scene.send(ann, ToServer::Prepared { number: 1, signal: private.clone() });
    assert_eq!(reported(&mut scene), []);
    join_hiding(&mut scene, bob, false);
    assert_eq!(reported(&mut scene), [Private]);
    scene.send(ann, ToServer::Prepared { number: 1, signal: private.clone() });
    let match_id = scene.last_match(ann);
    scene.send_signal(ann, match_id, 2, public.clone());
    assert_eq!(reported(&mut scene), [Private]);
    scene.send_signal(ann, match_id, 1, public.clone());
    (0..41).for_each(|_| scene.send_signal(ann, match_id, 2, candidate("198.51.100.1", "host")));
    assert_eq!(reported(&mut scene), [Stale, Surplus]);

    let [cem, dan] = scene.add_pages();
    join_hiding(&mut scene, cem, true);
    join_hiding(&mut scene, dan, false);
    let match_id = scene.last_match(cem);
    scene.send_signal(dan, match_id, 1, public);
    scene.send_signal(dan, match_id, 1, candidate("192.0.2.1", "relay"));
    assert_eq!(reported(&mut scene), [Direct]);
}

#[test]
fn hiding_holds_on_a_server_that_debugs_addresses() {
    let mut scene = scene_with(true);
    let [ann, bob, cem, dan] = scene.add_pages();
    join_hiding(&mut scene, ann, false);
    join_hiding(&mut scene, bob, true);
    join_hiding(&mut scene, cem, false);
    join_hiding(&mut scene, dan, false);
    for (one, other, passing) in [(bob, ann, 0), (cem, dan, 1)] {
        let match_id = scene.last_match(one);
        scene.take_events(other);
        scene.send_signal(one, match_id, 1, candidate("192.168.0.1", "host"));
        assert_eq!(scene.take_events(other).len(), passing);
    }
}

#[test]
fn resuming_from_another_network_stops_private_candidates() {
    let mut scene = scene_with_relay();
    scene.separate_networks = false;
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.report_connected(match_id, [ann, bob]);
    scene.separate_networks = true;
    scene.lose_socket(ann);
    scene.resume(ann);
    scene.take_events(bob);
    scene.send_signal(ann, match_id, 2, candidate("192.168.0.1", "host"));
    assert_eq!(scene.take_events(bob), NONE);
    scene.send_signal(ann, match_id, 2, candidate("198.51.100.1", "srflx"));
    assert_eq!(scene.take_events(bob).len(), 1);
}

#[test]
fn relay_credentials_are_renewed_until_the_match_ends() {
    let mut scene = scene_with_relay();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.report_connected(match_id, [ann, bob]);
    let username = |scene: &Scene, page: usize| {
        let last = scene.pages[page].events.iter().rev().find_map(|it| match it {
            ClientEvent::Received(ToBrowser::Ice { ice, .. } | ToBrowser::Matched { ice, .. }) => {
                Some(ice.clone())
            }
            ClientEvent::Received(_) | ClientEvent::Closed(_) => None,
        });
        last.unwrap().pop().unwrap().username.unwrap()
    };
    let mut expiry = 1_700_000_600;
    let mut names = HashSet::new();
    for _ in 0..3 {
        for page in [ann, bob] {
            let username = username(&scene, page);
            let (time, name) = username.split_once(':').unwrap();
            assert_eq!(time, expiry.to_string());
            names.insert(name.to_owned());
            for hidden in [match_id.0, scene.pages[page].identity.unwrap().peer.0] {
                assert!(!username.contains(&hidden.to_string()) && name != hidden.simple().to_string());
            }
        }
        scene.advance(secs(400));
        expiry += 400;
    }
    assert_eq!(names.len(), 6, "the relay's log does not tell which two belong together");
    scene.send(ann, ToServer::Leave {});
    scene.take_events(bob);
    scene.advance(secs(2_000));
    assert_eq!(scene.take_events(bob), NONE);
}
