//! Tests of peers that do not acknowledge: the age limit, resuming again and again, and the memory of all outboxes.

use std::time::Duration;

use super::{
    scene::{Scene, Wire, offer, secs},
    vocabulary::tastes,
};
use crate::{
    matchmaker::{Input, MatchmakerConfig, OutboxTotals},
    protocol::{MatchId, ToServer, limits::MAX_OUTBOX_MESSAGES},
    time::Moment,
};

const NONE: [&str; 0] = [];
const ONE_MS: Duration = Duration::from_millis(1);

/// Lets time pass while a page reads and pings, but acknowledges nothing.
fn ping_without_acknowledging(scene: &mut Scene, page: usize, time: Duration) {
    let until = scene.now + time;
    while scene.now < until {
        scene.send_raw(page, 0, 0, ToServer::Ping {});
        scene.advance(secs(5).min(until - scene.now));
    }
}

/// A pair in a call.
fn call(scene: &mut Scene) -> (usize, usize, MatchId) {
    let (one, other, match_id) = scene.add_matched_pair();
    scene.report_connected(match_id, [one, other]);
    (one, other, match_id)
}

#[test]
fn page_that_never_acknowledges_is_lost_after_28_seconds_and_may_resume() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = call(&mut scene);
    scene.advance(secs(5));
    scene.send_signal(bob, match_id, 1, offer("one"));
    ping_without_acknowledging(&mut scene, ann, secs(28) - ONE_MS);
    assert_eq!(scene.take_events(ann), ["signal #1 1 one"]);
    assert_eq!(scene.take_events(bob), NONE);
    scene.advance(ONE_MS);
    assert_eq!(scene.take_events(ann), ["error too-slow about 0", "closed too-slow"]);
    assert_eq!(scene.take_events(bob), ["partner #1 lost"]);
    scene.advance(secs(20) - ONE_MS);
    assert_eq!(scene.resume(ann), ann);
    assert_eq!(scene.take_events(ann), ["welcome back"]);
    assert_eq!(scene.take_events(bob), ["partner #1 back"]);
    scene.advance(secs(600));
    assert_eq!(scene.machine.census().talking, 2);
}

#[test]
fn idle_page_that_never_acknowledges_is_lost_after_94_seconds() {
    let mut scene = Scene::new();
    let (ann, bob, _) = call(&mut scene);
    scene.send(ann, ToServer::Leave {});
    ping_without_acknowledging(&mut scene, ann, secs(94) - ONE_MS);
    assert_eq!(scene.take_events(ann), ["ended #1 left"]);
    scene.advance(ONE_MS);
    assert_eq!(scene.take_events(ann), ["error too-slow about 0", "closed too-slow"]);
    assert_eq!(scene.take_events(bob), ["ended #1 partner-left"]);
}

#[test]
fn limit_becomes_shorter_when_an_idle_page_joins() {
    let mut scene = Scene::new();
    let (ann, ..) = call(&mut scene);
    scene.send(ann, ToServer::Leave {});
    ping_without_acknowledging(&mut scene, ann, secs(60));
    scene.take_events(ann);
    scene.join(ann);
    ping_without_acknowledging(&mut scene, ann, secs(28) - ONE_MS);
    assert_eq!(scene.take_events(ann), ["waiting"]);
    scene.advance(ONE_MS);
    assert_eq!(scene.take_events(ann), ["error too-slow about 0", "closed too-slow"]);
}

#[test]
fn page_whose_timers_are_late_is_asked_and_stays() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = call(&mut scene);
    for n in 0..20 {
        scene.send_signal(bob, match_id, 1, offer(&n.to_string()));
        scene.advance(secs(60));
    }
    assert_eq!(scene.pong_count(ann), 20 + 20, "each time it is asked, and its answer gets a pong");
    assert_eq!(scene.machine.census().talking, 2);
    assert_eq!(scene.take_events(bob), NONE);
    assert_eq!(scene.machine.outbox_totals(), OutboxTotals::default());
}

#[test]
fn late_driver_asks_before_it_closes_a_socket() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = call(&mut scene);
    scene.send_signal(bob, match_id, 1, offer("one"));
    scene.now = scene.now + secs(100);
    scene.feed(Input::Tick);
    scene.advance(secs(100));
    assert_eq!(scene.take_events(ann), ["signal #1 1 one"]);
    assert_eq!(scene.take_events(bob), NONE);
}

#[test]
fn resuming_without_acknowledging_does_not_work_for_ever() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = call(&mut scene);
    scene.send_signal(bob, match_id, 1, offer("one"));
    // A page that acknowledges gets as far as it likes.
    for _ in 0..20 {
        scene.advance(secs(1));
        scene.resume(ann);
    }
    scene.send_signal(bob, match_id, 1, offer("two"));
    scene.take_events(bob);
    // From now on it does not acknowledge the last one.
    scene.pages[ann].withheld_acks = 1;
    for n in 0..10 {
        scene.advance(secs(1));
        scene.resume(ann);
        let ends = scene.take_events(bob).iter().any(|it| it == "ended #1 partner-left");
        assert_eq!(ends, n == 9, "resume {n}");
    }
    assert_eq!(scene.machine.outbox_totals().oldest, Some(Moment::from_millis(30_000)), "only Bob's is left");
}

#[test]
fn messages_that_are_taken_back_are_counted_no_more() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = call(&mut scene);
    for page in [ann, bob] {
        scene.send(page, ToServer::Ping {});
    }
    scene.lose_socket(ann);
    scene.send(bob, ToServer::Ping {});
    assert_eq!(scene.machine.outbox_totals(), OutboxTotals::default());
    scene.advance(secs(1));
    (0..MAX_OUTBOX_MESSAGES).for_each(|_| scene.send_signal(bob, match_id, 1, offer("old")));
    let before = scene.machine.outbox_totals();
    assert_eq!(before.oldest, Some(Moment::from_millis(1_000)));
    scene.advance(secs(4));
    scene.send_signal(bob, match_id, 2, offer("new"));
    let after = scene.machine.outbox_totals();
    assert!(after.bytes * 20 < before.bytes, "{after:?} of {before:?}");
    assert_eq!(after.oldest, Some(Moment::from_millis(5_000)));
    scene.resume(ann);
    ping_without_acknowledging(&mut scene, ann, secs(28) - ONE_MS);
    assert_eq!(scene.take_events(ann), ["welcome back", "signal #1 2 new"]);
    scene.advance(ONE_MS);
    assert_eq!(scene.take_events(ann), ["error too-slow about 0", "closed too-slow"]);
}

#[test]
fn oldest_peer_above_its_share_goes_when_all_outboxes_are_full() {
    let config =
        MatchmakerConfig { outbox_total_bytes: 78_000, max_connections: 8, ..MatchmakerConfig::for_tests(7) };
    let mut scene = Scene::with_config(config);
    let text = "x".repeat(23_000);
    let [eve] = scene.add_pages();
    scene.join_with(eve, tastes(("bees", "fr")));
    scene.pages[eve].wire = Wire::NotReading;
    scene.advance(secs(1));
    let (ann, bob, first) = scene.add_matched_pair();
    scene.pages[ann].wire = Wire::NotReading;
    scene.send_signal(bob, first, 1, offer(&text));
    scene.advance(secs(1));
    let (cem, dan, second) = scene.add_matched_pair();
    scene.pages[cem].wire = Wire::NotReading;
    scene.send_signal(dan, second, 1, offer(&text));
    assert_eq!((scene.take_events(ann), scene.take_events(bob)), (vec![], vec![]));
    scene.send_signal(dan, second, 1, offer(&text));
    assert_eq!(scene.take_events(ann), ["closed too-slow"]);
    assert_eq!(scene.take_events(bob), ["ended #1 partner-left"]);
    assert_eq!((scene.take_events(cem), scene.take_events(dan)), (vec![], vec![]));
    assert_eq!(scene.machine.census().waiting, 1, "Eve's messages are older, but few");
    let totals = scene.machine.outbox_totals();
    assert!((52_000..58_000).contains(&totals.bytes), "{totals:?}");
    assert_eq!(totals.oldest, Some(Moment::from_millis(0)));
    for page in [bob, cem, dan, eve] {
        scene.close_page(page);
    }
    assert_eq!(scene.machine.outbox_totals(), OutboxTotals::default());
    scene.advance(secs(1));
    assert_eq!(scene.machine.deadline(), None);
}
