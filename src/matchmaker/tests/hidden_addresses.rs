//! Addresses that are hidden, and credentials for the relay that hides them; it must not know how they are made.

use std::time::Duration;

use super::scene::{Event, Scene, media_of, offer, secs};
use crate::{
    matchmaker::{Config, Ice, Turn},
    protocol::{Candidate, IceServer, Sdp, Signal, ToBrowser, ToServer},
};

const NONE: [&str; 0] = [];

/// A house with a relay, whose guests all come from different networks.
pub(crate) fn with_relay() -> Scene {
    let turn = Turn {
        urls: vec!["turn:relay.example".into()],
        secret: "north".into(),
        lifetime: Duration::from_secs(600),
    };
    let mut scene = Scene::with(Config {
        max_connections: 100,
        ice: Ice { stun: vec!["stun:relay.example".into()], turn: Some(turn), unscrubbed: false },
        ..Config::for_tests(7)
    });
    scene.apart = true;
    scene
}

pub(crate) fn joins(scene: &mut Scene, page: usize, hide: bool) {
    scene.say(page, ToServer::Join { media: media_of(page), hide, tastes: Default::default() });
}

fn terms(scene: &Scene, page: usize) -> (bool, &[IceServer]) {
    let ToBrowser::Matched { relay_only, ice, .. } = scene.terms(page) else {
        unreachable!("the terms of a match")
    };
    (*relay_only, ice)
}

fn candidate(address: &str, kind: &str) -> Signal {
    let candidate = Sdp(format!("candidate:1 1 udp 1 {address} 9 typ {kind}"));
    Signal::Candidate(Candidate { candidate, sdp_mid: None, sdp_m_line_index: None, username_fragment: None })
}

#[test]
fn if_either_hides_both_use_the_relay_and_nothing_else() {
    for hides in [[true, false], [false, true], [true, true]] {
        let mut scene = with_relay();
        let [ann, bob] = scene.arrive();
        joins(&mut scene, ann, hides[0]);
        joins(&mut scene, bob, hides[1]);
        for page in [ann, bob] {
            let (relay_only, ice) = terms(&scene, page);
            assert!(relay_only && ice.len() == 1 && ice[0].username.is_some());
        }
        let match_id = scene.current(ann);
        scene.news(bob);
        for (address, kind) in [("10.0.0.1", "host"), ("198.51.100.1", "srflx"), ("198.51.100.1", "prflx")] {
            scene.signal(ann, match_id, 1, candidate(address, kind));
        }
        assert_eq!(scene.news(bob), NONE);
        scene.signal(ann, match_id, 1, candidate("203.0.113.1", "relay"));
        assert_eq!(scene.news(bob).len(), 1);
    }
}

#[test]
fn who_hides_neither_is_asked_for_an_offer_nor_given_one() {
    let mut scene = with_relay();
    let [ann, bob, cem] = scene.arrive();
    joins(&mut scene, ann, true);
    assert_eq!(scene.pages[ann].asked, 0);
    joins(&mut scene, ann, false);
    assert_eq!(scene.pages[ann].asked, 1, "it does not hide any more");
    scene.say(ann, ToServer::Prepared { number: 1, signal: offer("ahead") });
    joins(&mut scene, bob, true);
    let (relay_only, _) = terms(&scene, bob);
    assert!(relay_only);
    assert!(matches!(scene.terms(bob), ToBrowser::Matched { ahead: None, .. }));

    joins(&mut scene, cem, false);
    scene.say(cem, ToServer::Prepared { number: 1, signal: offer("ahead") });
    joins(&mut scene, cem, true);
    joins(&mut scene, cem, false);
    let [dan] = scene.arrive();
    joins(&mut scene, dan, false);
    assert!(matches!(scene.terms(dan), ToBrowser::Matched { ahead: None, .. }), "it was dropped when it hid");
}

#[test]
fn without_a_relay_who_wants_to_hide_is_refused_and_does_not_wait() {
    let mut scene = Scene::new();
    let [ann, bob] = scene.arrive();
    joins(&mut scene, ann, true);
    assert_eq!(scene.news(ann), ["error no-relay about 1"]);
    joins(&mut scene, bob, false);
    assert_eq!(scene.news(bob), ["waiting"]);
    joins(&mut scene, bob, true);
    assert_eq!(scene.news(bob), ["error no-relay about 2"]);
    joins(&mut scene, ann, false);
    assert_eq!(scene.news(ann), ["waiting"], "nobody else does any more");
}

#[test]
fn private_addresses_pass_within_a_network_only() {
    for (apart, passing) in [(true, 0), (false, 1)] {
        let mut scene = with_relay();
        scene.apart = apart;
        let (ann, bob, match_id) = scene.pair();
        scene.signal(ann, match_id, 1, candidate("192.168.0.1", "host"));
        assert_eq!(scene.news(bob).len(), passing);
        scene.signal(ann, match_id, 1, candidate("198.51.100.1", "srflx"));
        assert_eq!(scene.news(bob).len(), 1);
    }
}

#[test]
fn who_comes_back_from_another_network_has_private_addresses_no_more() {
    let mut scene = with_relay();
    scene.apart = false;
    let (ann, bob, match_id) = scene.pair();
    scene.connect(match_id, [ann, bob]);
    scene.apart = true;
    scene.lose(ann);
    scene.resume(ann);
    scene.news(bob);
    scene.signal(ann, match_id, 2, candidate("192.168.0.1", "host"));
    assert_eq!(scene.news(bob), NONE);
    scene.signal(ann, match_id, 2, candidate("198.51.100.1", "srflx"));
    assert_eq!(scene.news(bob).len(), 1);
}

#[test]
fn credentials_are_renewed_before_they_end_for_as_long_as_the_match_lasts() {
    let mut scene = with_relay();
    let (ann, bob, match_id) = scene.pair();
    scene.connect(match_id, [ann, bob]);
    let username = |scene: &Scene, page: usize| {
        let last = scene.pages[page].events.iter().rev().find_map(|it| match it {
            Event::Said(ToBrowser::Ice { ice, .. } | ToBrowser::Matched { ice, .. }) => Some(ice.clone()),
            Event::Said(_) | Event::Closed(_) => None,
        });
        last.unwrap().pop().unwrap().username.unwrap()
    };
    let mut expiry = 1_700_000_600;
    for _ in 0..3 {
        for (page, role) in [(ann, "impolite"), (bob, "polite")] {
            assert_eq!(username(&scene, page), format!("{expiry}:{}:{role}", match_id.0));
        }
        scene.wait(secs(400));
        expiry += 400;
    }
    scene.say(ann, ToServer::Leave {});
    scene.news(bob);
    scene.wait(secs(2_000));
    assert_eq!(scene.news(bob), NONE);
}
