//! Tests of the wall clock, which may step in either direction at any time: a board without a clock chip gets the time
//! late, and a suspended virtual machine misses some.

use super::{
    hidden_addresses::scene_with_relay,
    scene::{ClientEvent, HOUR_MS, Scene, offer, secs},
};
use crate::protocol::{MatchId, NoticeKind, ToBrowser, ToServer};

const HOUR: i64 = HOUR_MS as i64;

/// When the last relay credentials of a page expire, in seconds since the Unix epoch.
fn expiry(scene: &Scene, page: usize) -> u64 {
    let last = scene.pages[page].events.iter().rev().find_map(|it| match it {
        ClientEvent::Received(ToBrowser::Ice { ice, .. } | ToBrowser::Matched { ice, .. }) => ice.last(),
        ClientEvent::Received(_) | ClientEvent::Closed(_) => None,
    });
    let username = last.unwrap().username.as_deref().unwrap();
    username.split_once(':').unwrap().0.parse().unwrap()
}

#[test]
fn credentials_follow_the_wall_clock_in_both_directions() {
    for step in [HOUR, -HOUR] {
        let mut scene = scene_with_relay();
        let start = 1_700_000_000;
        scene.wall_clock_is_ahead_ms = step;
        let (ann, bob, match_id) = scene.add_matched_pair();
        scene.report_connected(match_id, [ann, bob]);
        let stepped = |seconds: u64| (start + seconds).saturating_add_signed(step / 1_000) + 600;
        assert_eq!([expiry(&scene, ann), expiry(&scene, bob)], [stepped(0); 2]);
        scene.wall_clock_is_ahead_ms = 0;
        scene.advance(secs(400));
        assert_eq!([expiry(&scene, ann), expiry(&scene, bob)], [start + 400 + 600; 2], "renewed");
        scene.wall_clock_is_ahead_ms = step;
        scene.advance(secs(400));
        assert_eq!([expiry(&scene, ann), expiry(&scene, bob)], [stepped(800); 2], "and again");
    }
}

#[test]
fn tickets_hold_for_a_day_of_the_wall_clock() {
    for (made_ms, shown_ms, is_valid) in [
        (0, HOUR, true),
        (0, -HOUR, true),
        (HOUR, 0, true),
        (-HOUR, 0, true),
        (0, 23 * HOUR, true),
        (0, 24 * HOUR, false),
        (-HOUR, 23 * HOUR, false),
        (HOUR, 24 * HOUR, true),
    ] {
        let mut scene = Scene::new();
        scene.wall_clock_is_ahead_ms = made_ms;
        let (ann, bob, match_id) = scene.add_matched_pair();
        scene.report_connected(match_id, [ann, bob]);
        scene.restart_server();
        // The new server's clock shows another time before it sees the ticket.
        let [_other] = scene.add_pages();
        scene.wall_clock_is_ahead_ms = shown_ms;
        scene.resume_with_ticket(ann);
        let matches = scene.machine.census().matches;
        assert_eq!(matches == 1, is_valid, "made at {made_ms} ms, shown at {shown_ms} ms");
    }
}

#[test]
fn reports_are_taken_and_sanctions_last_by_the_wall_clock() {
    for (made_ms, shown_ms, is_valid) in
        [(0, 0, true), (HOUR, 0, true), (0, 23 * HOUR, true), (0, 24 * HOUR, false), (HOUR, 24 * HOUR, true)]
    {
        let mut scene = Scene::new();
        scene.wall_clock_is_ahead_ms = made_ms;
        let (ann, bob, _) = scene.add_matched_pair();
        scene.wall_clock_is_ahead_ms = shown_ms;
        scene.report(ann, scene.last_ticket(ann).unwrap());
        let answer = if is_valid { "reported #1 accepted, code 0" } else { "reported invalid-ticket" };
        assert_eq!(scene.take_events(ann), [answer], "made at {made_ms} ms, shown at {shown_ms} ms");
        scene.close_page(bob);
        let now = 1_700_000_000_u64.saturating_add_signed(shown_ms / 1_000);
        scene.sanction_until(bob, Some(NoticeKind::Banned), now + 3_600);
        let again = scene.reload(bob);
        assert_eq!(scene.take_events(again).last().unwrap(), "closed sanctioned");
        scene.wall_clock_is_ahead_ms += HOUR;
        let again = scene.reload(bob);
        assert_eq!(scene.take_events(again), ["welcome"]);
    }
}

#[test]
fn later_matches_have_greater_ids_although_the_clock_steps_back() {
    let mut scene = Scene::new();
    let (ann, _, first) = scene.add_matched_pair();
    let mut ids: Vec<MatchId> = vec![first];
    for step in [-HOUR, HOUR, 0] {
        scene.wall_clock_is_ahead_ms = step;
        let [next] = scene.add_pages();
        scene.send(ann, ToServer::Next { match_id: ids[ids.len() - 1] });
        scene.join(next);
        ids.push(scene.last_match(ann));
    }
    assert!(ids.is_sorted_by(|one, later| one < later), "{ids:?}");
}

/// Apart from the ends of tickets and of sanctions.
#[test]
fn no_decision_depends_on_the_wall_clock() {
    let events = |has_unsteady_clock| {
        let mut scene = scene_with_relay();
        scene.has_unsteady_clock = has_unsteady_clock;
        let (ann, bob, match_id) = scene.add_matched_pair();
        scene.report_connected(match_id, [ann, bob]);
        scene.lose_socket(ann);
        scene.advance(secs(3));
        scene.resume(ann);
        scene.send_signal(ann, match_id, 1, offer("again"));
        scene.advance(secs(900));
        scene.restart_server();
        scene.resume_with_ticket(ann);
        scene.resume_with_ticket(bob);
        scene.send(bob, ToServer::Next { match_id });
        scene.advance(secs(60));
        scene.take_all_events(0..2)
    };
    assert_eq!(events(true), events(false));
}
