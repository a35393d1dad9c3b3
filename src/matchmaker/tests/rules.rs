//! Tests of the protocol rules: the handshake, refused messages, sequence numbers, limits, and draining.

use std::time::Duration;

use super::scene::{self, Scene, Wire, candidate, offer, secs};
use crate::{
    matchmaker::{Census, EdgeId, Input, Note, SocketId},
    protocol::{
        ErrorCode, Frame, ToServer,
        limits::{MAX_CANDIDATES, MAX_OUTBOX_MESSAGES},
    },
};

const NONE: [&str; 0] = [];

#[test]
fn hello_must_come_first() {
    let mut scene = Scene::new();
    let page = scene.open_page();
    scene.join(page);
    assert_eq!(scene.take_events(page), ["error hello-first about 0", "closed hello-first"]);
    let page = scene.open_page();
    scene.send_raw(page, 1, 0, scene::hello(None));
    assert_eq!(scene.take_events(page), ["error hello-first about 0", "closed hello-first"]);
    assert_eq!(scene.machine.census(), Census::default());
    assert_eq!(scene.machine.deadline(), None);
}

#[test]
fn hello_must_come_within_5_seconds() {
    let mut scene = Scene::new();
    let [slow, never] = [scene.open_page(), scene.open_page()];
    scene.advance(secs(5) - std::time::Duration::from_millis(1));
    scene.send_hello(slow, None);
    scene.advance(secs(1));
    assert_eq!(scene.take_events(slow), ["welcome"]);
    assert_eq!(scene.take_events(never), ["error hello-first about 0", "closed hello-first"]);
}

#[test]
fn second_hello_ends_the_peer() {
    let mut scene = Scene::new();
    let (ann, bob, _) = scene.add_matched_pair();
    scene.send_hello(ann, None);
    assert_eq!(scene.take_events(ann), ["error hello-twice about 0", "closed hello-twice"]);
    assert_eq!(scene.take_events(bob), ["ended #1 partner-left"]);
}

#[test]
fn invalid_text_before_hello_closes_the_socket() {
    let mut scene = Scene::new();
    for (code, name) in [
        (ErrorCode::BadFrame, "bad-frame"),
        (ErrorCode::NotText, "not-text"),
        (ErrorCode::BadSdp, "hello-first"),
    ] {
        let page = scene.open_page();
        scene.send_invalid(page, code, false);
        assert_eq!(scene.take_events(page), [format!("error {name} about 0"), format!("closed {name}")]);
    }
}

#[test]
fn fatal_errors_end_the_peer_and_its_match() {
    let codes = [
        (ErrorCode::BadFrame, "bad-frame"),
        (ErrorCode::UnknownMessage, "unknown-message"),
        (ErrorCode::BadMessage, "bad-message"),
        (ErrorCode::NotText, "not-text"),
        (ErrorCode::NotUtf8, "not-utf8"),
        (ErrorCode::TooLarge, "too-large"),
        (ErrorCode::Silent, "silent"),
    ];
    for (code, name) in codes {
        let mut scene = Scene::new();
        let (ann, bob, _) = scene.add_matched_pair();
        scene.send_invalid(ann, code, false);
        assert_eq!(scene.take_events(ann), [format!("error {name} about 0"), format!("closed {name}")]);
        assert_eq!(scene.take_events(bob), ["ended #1 partner-left"]);
        assert_eq!(scene.notes[1], Note::Refused { code });
        assert_eq!(scene.machine.census(), Census { idle: 1, connections: 1, ..Census::default() });
    }
}

#[test]
fn unreadable_messages_are_reported_as_such_out_of_sequence_too() {
    for numbers in [(0, 0), (1, 0), (7, 0), (1, 99)] {
        let mut scene = Scene::new();
        let [ann] = scene.add_pages();
        let socket = scene.socket(ann);
        scene.feed(Input::Refused { socket, code: ErrorCode::BadMessage, numbers: Some(numbers) });
        let expected = [format!("error bad-message about {}", numbers.0), "closed bad-message".to_owned()];
        assert_eq!(scene.take_events(ann), expected);
        assert_eq!(scene.notes, [Note::Refused { code: ErrorCode::BadMessage }]);
    }
}

#[test]
fn invalid_signal_is_answered_without_closing() {
    for (code, name) in [(ErrorCode::BadSdp, "bad-sdp"), (ErrorCode::BadCandidate, "bad-candidate")] {
        let mut scene = Scene::new();
        let (ann, bob, match_id) = scene.add_matched_pair();
        scene.send_invalid(ann, code, true);
        assert_eq!(scene.take_events(ann), [format!("error {name} about 2")]);
        scene.send_signal(ann, match_id, 1, offer("good"));
        assert_eq!(scene.take_events(bob), ["signal #1 1 good"]);
    }
}

#[test]
fn replayed_invalid_signal_is_answered_once() {
    let mut scene = Scene::new();
    let [ann] = scene.add_pages();
    let socket = scene.socket(ann);
    scene.send_invalid(ann, ErrorCode::BadSdp, true);
    for _ in 0..3 {
        scene.feed(Input::Refused { socket, code: ErrorCode::BadSdp, numbers: Some((1, 0)) });
    }
    assert_eq!(scene.take_events(ann), ["error bad-sdp about 1"]);
}

#[test]
fn rate_limited_messages_are_answered_but_not_processed() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    (0..40).for_each(|_| scene.send_too_soon(ann));
    let answer = |seq| format!("error rate-limited about {seq}, again after 1234 ms");
    // Message 1 was its join.
    assert_eq!(scene.take_events(ann), (2..42).map(answer).collect::<Vec<_>>());
    assert_eq!(scene.notes.last(), Some(&Note::Refused { code: ErrorCode::RateLimited }));
    scene.send_signal(bob, match_id, 1, offer("still"));
    assert_eq!(scene.take_events(ann).len(), 1, "the match goes on");

    // A replay of a message that was already answered is ignored.
    let socket = scene.socket(ann);
    scene.feed(Input::RateLimited { socket, numbers: (41, 0), retry: secs(0) });
    assert_eq!(scene.take_events(ann), NONE);
}

#[test]
fn rate_limit_before_hello_reports_hello_first() {
    let mut scene = Scene::new();
    let ann = scene.open_page();
    scene.send_too_soon(ann);
    assert_eq!(scene.take_events(ann), ["error hello-first about 0", "closed hello-first"]);
}

#[test]
fn more_than_16_refusals_per_socket_end_the_peer() {
    let mut scene = Scene::new();
    let (ann, bob, _) = scene.add_matched_pair();
    (0..16).for_each(|_| scene.send_invalid(ann, ErrorCode::BadSdp, true));
    scene.lose_socket(ann);
    scene.resume(ann);
    (0..16).for_each(|_| scene.send_invalid(ann, ErrorCode::BadSdp, true));
    assert_eq!(scene.take_events(bob), ["partner #1 lost", "partner #1 back"]);
    scene.take_events(ann);
    scene.send_invalid(ann, ErrorCode::BadSdp, true);
    let last = ["error bad-sdp about 34", "error too-many-refusals about 34", "closed too-many-refusals"];
    assert_eq!(scene.take_events(ann), last);
    assert_eq!(scene.take_events(bob), ["ended #1 partner-left"]);
}

#[test]
fn broken_sequence_ends_the_peer() {
    for (seq, ack) in [(3, 0), (1, 99), (0, 0)] {
        let mut scene = Scene::new();
        let [ann] = scene.add_pages();
        scene.send_raw(ann, seq, ack, ToServer::Leave {});
        let expected = [format!("error bad-sequence about {seq}"), "closed bad-sequence".to_owned()];
        assert_eq!(scene.take_events(ann), expected);
        assert_eq!(scene.notes, [Note::Refused { code: ErrorCode::BadSequence }]);
        assert_eq!(scene.machine.census(), Census::default());
    }
}

#[test]
fn duplicate_messages_are_ignored() {
    let mut scene = Scene::new();
    let [ann] = scene.add_pages();
    scene.join(ann);
    scene.send(ann, ToServer::Leave {});
    scene.send_raw(
        ann,
        1,
        0,
        ToServer::Join { media: Default::default(), hide: false, soft: false, tastes: Default::default() },
    );
    assert_eq!(scene.machine.census().idle, 1);
    assert_eq!(scene.take_events(ann), ["waiting"]);
}

#[test]
fn pings_get_a_pong_and_one_way_traffic_is_acknowledged() {
    let mut scene = Scene::new();
    let [ann] = scene.add_pages();
    scene.send(ann, ToServer::Ping {});
    assert_eq!(scene.pong_count(ann), 1);
    (0..16).for_each(|_| scene.send(ann, ToServer::Leave {}));
    assert_eq!(scene.pong_count(ann), 2);
}

/// Loses and resumes the socket of a page until its partner has been sent this many messages.
fn lose_and_resume(scene: &mut Scene, page: usize, messages: usize) {
    for _ in 0..messages / 2 {
        scene.lose_socket(page);
        scene.resume(page);
    }
}

#[test]
fn page_that_stops_reading_is_closed_as_too_slow() {
    let mut scene = Scene::new();
    let (ann, bob, _) = scene.add_matched_pair();
    scene.pages[ann].wire = Wire::NotReading;
    // Ann has not acknowledged `waiting`, `prepare` and `matched` either.
    lose_and_resume(&mut scene, bob, MAX_OUTBOX_MESSAGES - 4);
    assert!(!scene.take_events(bob).iter().any(|it| it.starts_with("ended")));
    lose_and_resume(&mut scene, bob, 2);
    assert_eq!(scene.take_events(bob), ["welcome back", "ended #1 partner-left"]);
    assert_eq!(scene.take_events(ann), ["closed too-slow"]);
}

#[test]
fn sender_is_rate_limited_when_the_partner_does_not_read() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.pages[ann].wire = Wire::NotReading;
    let fits = MAX_OUTBOX_MESSAGES / 4 * 3 - 3;
    (0..fits).for_each(|n| scene.send_signal(bob, match_id, 1, offer(&n.to_string())));
    assert_eq!(scene.take_events(bob), NONE);
    scene.send_signal(bob, match_id, 1, offer("one too many"));
    assert_eq!(
        scene.take_events(bob),
        [format!("error rate-limited about {}, again after 1000 ms", fits + 2)]
    );
    (0..1_000).for_each(|n| scene.send_signal(bob, match_id, 1, offer(&n.to_string())));
    scene.send(bob, ToServer::Next { match_id });
    assert_eq!(scene.take_events(ann), NONE);
    assert_eq!(scene.machine.census().connections, 2);
}

#[test]
fn reading_page_receives_any_number_of_messages() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    (0..1000).for_each(|n| scene.send_signal(bob, match_id, 1, offer(&n.to_string())));
    let signals = scene.take_events(ann).iter().filter(|it| it.starts_with("signal")).count();
    assert_eq!(signals, 1000);
}

#[test]
fn lost_page_resumes_with_the_signals_that_fitted() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.lose_socket(ann);
    (0..MAX_OUTBOX_MESSAGES).for_each(|n| scene.send_signal(bob, match_id, 1, offer(&n.to_string())));
    scene.take_events(ann);
    assert_eq!(scene.resume(ann), ann);
    let signals = scene.take_events(ann).iter().filter(|it| it.starts_with("signal")).count();
    assert_eq!(signals, MAX_OUTBOX_MESSAGES / 4 * 3 - 3);
}

#[test]
fn signals_of_former_connections_make_room_for_the_current_one() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.send_signal(bob, match_id, 1, offer("arrived"));
    scene.lose_socket(ann);
    (0..MAX_OUTBOX_MESSAGES).for_each(|_| scene.send_signal(bob, match_id, 1, offer("old")));
    scene.take_events(bob);
    for text in ["new", "newer"] {
        scene.send_signal(bob, match_id, 2, offer(text));
    }
    assert_eq!(scene.take_events(bob), NONE, "both fit");
    assert_eq!(scene.take_events(ann), ["signal #1 1 arrived"]);
    scene.resume(ann);
    assert_eq!(scene.take_events(ann), ["welcome back", "signal #1 2 new", "signal #1 2 newer"]);
    scene.send_signal(ann, match_id, 2, offer("reply"));
    scene.send_signal(bob, match_id, 2, offer("newest"));
    assert_eq!(scene.take_events(bob), ["partner #1 back", "signal #1 2 reply"]);
    assert_eq!(scene.take_events(ann), ["signal #1 2 newest"]);
}

#[test]
fn refused_candidates_do_not_count() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.pages[ann].wire = Wire::NotReading;
    (0..MAX_OUTBOX_MESSAGES).for_each(|_| scene.send_signal(bob, match_id, 1, offer("offer")));
    (0..=MAX_CANDIDATES).for_each(|_| scene.send_signal(bob, match_id, 1, candidate()));
    assert!(scene.take_events(bob).iter().all(|it| it.starts_with("error rate-limited")));
    scene.resume(ann);
    (0..MAX_CANDIDATES).for_each(|_| scene.send_signal(bob, match_id, 1, candidate()));
    assert_eq!(scene.take_events(bob), NONE);
}

#[test]
fn too_slow_page_gets_no_new_partner() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    let [cem] = scene.add_pages();
    scene.pages[ann].wire = Wire::NotReading;
    scene.send(ann, ToServer::Ping {});
    lose_and_resume(&mut scene, bob, MAX_OUTBOX_MESSAGES);
    scene.join(cem);
    scene.send(ann, ToServer::Next { match_id });
    assert_eq!(scene.take_events(ann), ["closed too-slow"]);
    assert_eq!(scene.take_events(cem), ["waiting"]);
}

#[test]
fn full_server_keeps_room_for_lost_peers() {
    let mut scene = Scene::with_capacity(2);
    let (ann, bob, _) = scene.add_matched_pair();
    scene.lose_socket(ann);
    let cem = scene.open_page();
    scene.send_hello(cem, None);
    assert_eq!(scene.take_events(cem), ["error server-full, come back", "closed server-full"]);
    // A socket without hello does not take the place either.
    scene.open_page();
    scene.resume(ann);
    assert_eq!(scene.take_events(ann), ["welcome back"]);
    assert_eq!(scene.take_events(bob), ["partner #1 lost", "partner #1 back"]);
}

#[test]
fn full_server_rejects_peers_until_one_leaves() {
    let mut scene = Scene::with_capacity(2);
    let [ann] = scene.add_pages();
    scene.open_page();
    let late = scene.open_page();
    assert_eq!(scene.take_events(late), ["error server-full, come back", "closed server-full"]);
    scene.close_page(ann);
    let again = scene.open_page();
    scene.send_hello(again, None);
    assert_eq!(scene.take_events(again), ["welcome"]);
}

#[test]
fn unknown_socket_is_ignored() {
    let mut scene = Scene::new();
    let socket = SocketId { edge: EdgeId::default(), number: 99 };
    let frame = Frame { seq: 0, ack: 0, msg: ToServer::Ping {} };
    scene.feed(Input::Message { socket, frame });
    scene.feed(Input::Refused { socket, code: ErrorCode::BadFrame, numbers: None });
    assert_eq!(scene.notes, []);
}

/// The grace period of the draining servers here.
const GRACE: Duration = secs(8);

/// What a page receives that is sent away.
const DISMISSAL: [&str; 3] = ["come back", "error server-stops about 0", "closed server-stops"];

/// Checks when a page was told to come back: 0.5 to 5 s after the server has stopped, which is so far away.
fn assert_comes_back(scene: &Scene, page: usize, stops_after: Duration) {
    let after = scene.come_back_after(page);
    let expected = stops_after + Duration::from_millis(500)..stops_after + secs(5);
    assert!(expected.contains(&after), "{after:?} in {expected:?}");
}

#[test]
fn drain_dismisses_unmatched_peers_and_keeps_calls() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.report_connected(match_id, [ann, bob]);
    let [idle, waiting, lost] = scene.add_pages();
    scene.join(waiting);
    scene.lose_socket(lost);
    let silent = scene.open_page();
    scene.drain(GRACE);
    assert_eq!(scene.take_events(idle), DISMISSAL);
    assert_eq!(scene.take_events(waiting)[1..], DISMISSAL);
    assert_comes_back(&scene, idle, GRACE);
    assert_comes_back(&scene, waiting, GRACE);
    assert!(!scene.machine.is_drained());
    scene.send_hello(silent, None);
    assert_eq!(scene.take_events(silent), DISMISSAL[1..]);
    let late = scene.open_page();
    assert_eq!(scene.take_events(late), DISMISSAL[1..]);
    scene.send_signal(ann, match_id, 2, offer("still"));
    assert_eq!(scene.take_events(bob), ["signal #1 2 still"]);
    assert_eq!(
        scene.machine.census(),
        Census { talking: 2, matches: 1, connections: 2, ..Census::default() }
    );
}

#[test]
fn drain_completes_when_the_last_match_ends_for_any_reason() {
    type End = fn(&mut Scene, usize);
    let endings: [(&str, &str, End); 3] = [
        ("next", "partner-next", |scene, ann| {
            let match_id = scene.last_match(ann);
            scene.send(ann, ToServer::Next { match_id });
        }),
        ("left", "partner-left", |scene, ann| scene.send(ann, ToServer::Leave {})),
        ("unconnected", "unconnected", |scene, ann| {
            let match_id = scene.last_match(ann);
            scene.send(ann, ToServer::Failed { match_id });
        }),
    ];
    for (own, partners, end) in endings {
        let mut scene = Scene::new();
        let (ann, bob, _) = scene.add_matched_pair();
        scene.drain(GRACE);
        end(&mut scene, ann);
        for (page, reason) in [(ann, own), (bob, partners)] {
            let events = scene.take_events(page);
            assert_eq!(
                (&events[0], &events[1..]),
                (&format!("ended #1 {reason}"), &DISMISSAL.map(str::to_owned)[..])
            );
            // No other match keeps this server, so the next one starts at once.
            assert_comes_back(&scene, page, Duration::ZERO);
        }
        assert!(scene.machine.is_drained());
        assert_eq!(scene.machine.census(), Census::default());
    }
}

#[test]
fn drain_dismisses_the_partner_of_a_peer_that_does_not_return() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.report_connected(match_id, [ann, bob]);
    scene.drain(secs(60));
    scene.lose_socket(ann);
    scene.take_events(bob);
    scene.advance(secs(20));
    let expected: Vec<_> = ["ended #1 partner-lost"].into_iter().chain(DISMISSAL).collect();
    assert_eq!(scene.take_events(bob), expected);
    assert!(scene.machine.is_drained());
}

#[test]
fn peers_whose_match_ends_come_back_after_the_rest_of_the_grace_period() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    let (cem, dan, other_match) = scene.add_matched_pair();
    scene.report_connected(match_id, [ann, bob]);
    scene.report_connected(other_match, [cem, dan]);
    scene.drain(GRACE);
    scene.advance(secs(3));
    scene.send(ann, ToServer::Next { match_id });
    assert!(!scene.machine.is_drained());
    assert_comes_back(&scene, ann, secs(5));
    assert_comes_back(&scene, bob, secs(5));
}

#[test]
fn nobody_waits_for_a_server_without_calls() {
    let mut scene = Scene::new();
    let [idle] = scene.add_pages();
    scene.drain(secs(300));
    assert!(scene.machine.is_drained());
    assert_comes_back(&scene, idle, Duration::ZERO);
}

/// A matched pair and its server at the end of it: at once, because the next server is there already, or after the
/// grace period.
fn stopped_during_a_call(grace: Duration) -> (Scene, usize, usize) {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.add_matched_pair();
    scene.report_connected(match_id, [ann, bob]);
    scene.drain(grace);
    scene.advance(grace);
    (scene, ann, bob)
}

#[test]
fn server_that_stops_tells_matched_peers_when_to_come_back_and_not_that_their_match_is_over() {
    for grace in [Duration::ZERO, GRACE] {
        let (mut scene, ann, bob) = stopped_during_a_call(grace);
        for page in [ann, bob] {
            assert_eq!(scene.take_events(page), DISMISSAL, "after {grace:?}");
            assert_comes_back(&scene, page, Duration::ZERO);
        }
        assert!(scene.machine.is_drained());
        assert_eq!(scene.machine.census(), Census::default());
        scene.advance(secs(1));
        assert_eq!(scene.machine.deadline(), None, "nothing is left to do");

        scene.restart_server();
        for page in [ann, bob] {
            scene.resume_with_ticket(page);
        }
        assert_eq!(scene.machine.census().talking, 2, "the next server has rebuilt the match");
    }
}

#[test]
fn peers_come_back_at_different_times() {
    let mut scene = Scene::new();
    scene.add_matched_pair();
    let pages: [usize; 200] = scene.add_pages();
    scene.drain(GRACE);
    let mut halves = [0; 9];
    for page in pages {
        let after = scene.come_back_after(page) - GRACE;
        halves[after.as_millis() as usize / 500 - 1] += 1;
    }
    // 22 on average; more than twice as many are less likely than one in a million.
    assert!(halves.iter().all(|it| (1..50).contains(it)), "peers in each half second: {halves:?}");
}
