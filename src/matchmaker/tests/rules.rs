//! What a page is held to, and what the server refuses; it must not know the codec.

use super::scene::{self, Scene, Wire, offer, secs};
use crate::{
    matchmaker::{Census, Input, Note, SocketId},
    protocol::{ErrorCode, Frame, ToServer, limits::MAX_OUTBOX_MESSAGES},
};

const NONE: [&str; 0] = [];

#[test]
fn hello_comes_first() {
    let mut scene = Scene::new();
    let page = scene.open();
    scene.join(page);
    assert_eq!(scene.news(page), ["error hello-first about 0", "closed hello-first"]);
    let page = scene.open();
    scene.say_raw(page, 1, 0, scene::hello(None));
    assert_eq!(scene.news(page), ["error hello-first about 0", "closed hello-first"]);
    assert_eq!(scene.machine.census(), Census::default());
    assert_eq!(scene.machine.deadline(), None);
}

#[test]
fn hello_comes_within_5_seconds() {
    let mut scene = Scene::new();
    let [slow, never] = [scene.open(), scene.open()];
    scene.wait(secs(5) - std::time::Duration::from_millis(1));
    scene.hello(slow, None);
    scene.wait(secs(1));
    assert_eq!(scene.news(slow), ["welcome"]);
    assert_eq!(scene.news(never), ["error hello-first about 0", "closed hello-first"]);
}

#[test]
fn hello_comes_once() {
    let mut scene = Scene::new();
    let (ann, bob, _) = scene.pair();
    scene.hello(ann, None);
    assert_eq!(scene.news(ann), ["error hello-twice about 0", "closed hello-twice"]);
    assert_eq!(scene.news(bob), ["ended #1 partner-left"]);
}

#[test]
fn a_text_refused_before_hello_says_why_and_closes() {
    let mut scene = Scene::new();
    for (code, said) in [
        (ErrorCode::BadFrame, "bad-frame"),
        (ErrorCode::NotText, "not-text"),
        (ErrorCode::BadSdp, "hello-first"),
    ] {
        let page = scene.open();
        scene.refused(page, code, false);
        assert_eq!(scene.news(page), [format!("error {said} about 0"), format!("closed {said}")]);
    }
}

#[test]
fn a_refused_text_that_closes_ends_the_peer_and_tells_the_partner() {
    let codes = [
        (ErrorCode::BadFrame, "bad-frame"),
        (ErrorCode::UnknownMessage, "unknown-message"),
        (ErrorCode::BadMessage, "bad-message"),
        (ErrorCode::NotText, "not-text"),
        (ErrorCode::NotUtf8, "not-utf8"),
        (ErrorCode::TooLarge, "too-large"),
        (ErrorCode::Silent, "silent"),
    ];
    for (code, said) in codes {
        let mut scene = Scene::new();
        let (ann, bob, _) = scene.pair();
        scene.refused(ann, code, false);
        assert_eq!(scene.news(ann), [format!("error {said} about 0"), format!("closed {said}")]);
        assert_eq!(scene.news(bob), ["ended #1 partner-left"]);
        assert_eq!(scene.notes[1], Note::Refused { code });
        assert_eq!(scene.machine.census(), Census { idle: 1, connections: 1, ..Census::default() });
    }
}

#[test]
fn what_cannot_be_read_is_named_as_that_out_of_sequence_too() {
    for numbers in [(0, 0), (1, 0), (7, 0), (1, 99)] {
        let mut scene = Scene::new();
        let [ann] = scene.arrive();
        let socket = scene.socket(ann);
        scene.feed(Input::Refused { socket, code: ErrorCode::BadMessage, numbers: Some(numbers) });
        let said = [format!("error bad-message about {}", numbers.0), "closed bad-message".to_owned()];
        assert_eq!(scene.news(ann), said);
        assert_eq!(scene.notes, [Note::Refused { code: ErrorCode::BadMessage }]);
    }
}

#[test]
fn a_refused_signal_is_answered_and_the_conversation_goes_on() {
    for (code, said) in [(ErrorCode::BadSdp, "bad-sdp"), (ErrorCode::BadCandidate, "bad-candidate")] {
        let mut scene = Scene::new();
        let (ann, bob, match_id) = scene.pair();
        scene.refused(ann, code, true);
        assert_eq!(scene.news(ann), [format!("error {said} about 2")]);
        scene.signal(ann, match_id, 1, offer("good"));
        assert_eq!(scene.news(bob), ["signal #1 1 good"]);
    }
}

#[test]
fn a_refused_signal_that_is_sent_again_is_not_refused_again() {
    let mut scene = Scene::new();
    let [ann] = scene.arrive();
    let socket = scene.socket(ann);
    scene.refused(ann, ErrorCode::BadSdp, true);
    for _ in 0..3 {
        scene.feed(Input::Refused { socket, code: ErrorCode::BadSdp, numbers: Some((1, 0)) });
    }
    assert_eq!(scene.news(ann), ["error bad-sdp about 1"]);
}

#[test]
fn what_comes_too_soon_is_answered_and_not_obeyed_however_often() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    (0..40).for_each(|_| scene.too_soon(ann));
    let told = |seq| format!("error rate-limited about {seq}, again after 1234 ms");
    // Its join was the first that it said.
    assert_eq!(scene.news(ann), (2..42).map(told).collect::<Vec<_>>());
    assert_eq!(scene.notes.last(), Some(&Note::Refused { code: ErrorCode::RateLimited }));
    scene.signal(bob, match_id, 1, offer("still"));
    assert_eq!(scene.news(ann).len(), 1, "they are still a pair");

    // It has been heard, so it is not heard again.
    let socket = scene.socket(ann);
    scene.feed(Input::RateLimited { socket, numbers: (41, 0), retry: secs(0) });
    assert_eq!(scene.news(ann), NONE);
}

#[test]
fn nothing_but_hello_is_ever_too_soon_before_hello() {
    let mut scene = Scene::new();
    let ann = scene.open();
    scene.too_soon(ann);
    assert_eq!(scene.news(ann), ["error hello-first about 0", "closed hello-first"]);
}

#[test]
fn patience_ends_after_16_refusals_and_starts_anew_on_a_new_socket() {
    let mut scene = Scene::new();
    let (ann, bob, _) = scene.pair();
    (0..16).for_each(|_| scene.refused(ann, ErrorCode::BadSdp, true));
    scene.lose(ann);
    scene.resume(ann);
    (0..16).for_each(|_| scene.refused(ann, ErrorCode::BadSdp, true));
    assert_eq!(scene.news(bob), ["partner #1 lost", "partner #1 back"]);
    scene.news(ann);
    scene.refused(ann, ErrorCode::BadSdp, true);
    let last = ["error bad-sdp about 34", "error too-many-refusals about 34", "closed too-many-refusals"];
    assert_eq!(scene.news(ann), last);
    assert_eq!(scene.news(bob), ["ended #1 partner-left"]);
}

#[test]
fn a_broken_sequence_ends_the_peer() {
    for (seq, ack) in [(3, 0), (1, 99), (0, 0)] {
        let mut scene = Scene::new();
        let [ann] = scene.arrive();
        scene.say_raw(ann, seq, ack, ToServer::Leave {});
        let said = [format!("error bad-sequence about {seq}"), "closed bad-sequence".to_owned()];
        assert_eq!(scene.news(ann), said);
        assert_eq!(scene.notes, [Note::Refused { code: ErrorCode::BadSequence }]);
        assert_eq!(scene.machine.census(), Census::default());
    }
}

#[test]
fn a_message_heard_before_is_not_obeyed_again() {
    let mut scene = Scene::new();
    let [ann] = scene.arrive();
    scene.join(ann);
    scene.say(ann, ToServer::Leave {});
    scene.say_raw(
        ann,
        1,
        0,
        ToServer::Join { media: Default::default(), hide: false, tastes: Default::default() },
    );
    assert_eq!(scene.machine.census().idle, 1);
    assert_eq!(scene.news(ann), ["waiting"]);
}

#[test]
fn ping_is_answered_and_who_only_speaks_is_acknowledged() {
    let mut scene = Scene::new();
    let [ann] = scene.arrive();
    scene.say(ann, ToServer::Ping {});
    assert_eq!(scene.pongs(ann), 1);
    (0..16).for_each(|_| scene.say(ann, ToServer::Leave {}));
    assert_eq!(scene.pongs(ann), 2);
}

/// As many facts of which a page hears as it takes to tell it so many things, for which nobody is to blame.
fn come_and_go(scene: &mut Scene, partner: usize, things: usize) {
    for _ in 0..things / 2 {
        scene.lose(partner);
        scene.resume(partner);
    }
}

#[test]
fn a_page_that_does_not_read_is_let_go() {
    let mut scene = Scene::new();
    let (ann, bob, _) = scene.pair();
    scene.pages[ann].wire = Wire::Deaf;
    // Ann has acknowledged neither that she waits, nor that she was asked for an offer, nor that she is matched.
    come_and_go(&mut scene, bob, MAX_OUTBOX_MESSAGES - 4);
    assert!(!scene.news(bob).iter().any(|it| it.starts_with("ended")));
    come_and_go(&mut scene, bob, 2);
    assert_eq!(scene.news(bob), ["welcome back", "ended #1 partner-left"]);
    assert_eq!(scene.news(ann), ["closed too-slow"]);
}

#[test]
fn who_says_more_than_the_partner_takes_in_is_told_so_and_the_partner_is_none_the_worse() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.pages[ann].wire = Wire::Deaf;
    let fits = MAX_OUTBOX_MESSAGES / 4 * 3 - 3;
    (0..fits).for_each(|n| scene.signal(bob, match_id, 1, offer(&n.to_string())));
    assert_eq!(scene.news(bob), NONE);
    scene.signal(bob, match_id, 1, offer("one too many"));
    assert_eq!(scene.news(bob), [format!("error rate-limited about {}, again after 1000 ms", fits + 2)]);
    (0..1_000).for_each(|n| scene.signal(bob, match_id, 1, offer(&n.to_string())));
    scene.say(bob, ToServer::Next { match_id });
    assert_eq!(scene.news(ann), NONE);
    assert_eq!(scene.machine.census().connections, 2);
}

#[test]
fn a_page_that_reads_may_be_told_any_number_of_things() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    (0..1000).for_each(|n| scene.signal(bob, match_id, 1, offer(&n.to_string())));
    let signals = scene.news(ann).iter().filter(|it| it.starts_with("signal")).count();
    assert_eq!(signals, 1000);
}

#[test]
fn a_lost_page_to_which_too_much_is_said_comes_back_to_what_fitted() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.lose(ann);
    (0..MAX_OUTBOX_MESSAGES).for_each(|n| scene.signal(bob, match_id, 1, offer(&n.to_string())));
    scene.news(ann);
    assert_eq!(scene.resume(ann), ann);
    let signals = scene.news(ann).iter().filter(|it| it.starts_with("signal")).count();
    assert_eq!(signals, MAX_OUTBOX_MESSAGES / 4 * 3 - 3);
}

#[test]
fn who_is_let_go_for_not_reading_takes_no_partner_with_it() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    let [cem] = scene.arrive();
    scene.pages[ann].wire = Wire::Deaf;
    scene.say(ann, ToServer::Ping {});
    come_and_go(&mut scene, bob, MAX_OUTBOX_MESSAGES);
    scene.join(cem);
    scene.say(ann, ToServer::Next { match_id });
    assert_eq!(scene.news(ann), ["closed too-slow"]);
    assert_eq!(scene.news(cem), ["waiting"]);
}

#[test]
fn a_full_house_keeps_the_seats_of_the_lost() {
    let mut scene = Scene::with_room_for(2);
    let (ann, bob, _) = scene.pair();
    scene.lose(ann);
    let cem = scene.open();
    scene.hello(cem, None);
    assert_eq!(scene.news(cem), ["error server-full, come back", "closed server-full"]);
    // Nor is it lost to one that says nothing.
    scene.open();
    scene.resume(ann);
    assert_eq!(scene.news(ann), ["welcome back"]);
    assert_eq!(scene.news(bob), ["partner #1 lost", "partner #1 back"]);
}

#[test]
fn a_full_house_says_so_and_has_room_again_when_one_leaves() {
    let mut scene = Scene::with_room_for(2);
    let [ann] = scene.arrive();
    scene.open();
    let late = scene.open();
    assert_eq!(scene.news(late), ["error server-full, come back", "closed server-full"]);
    scene.goodbye(ann);
    let again = scene.open();
    scene.hello(again, None);
    assert_eq!(scene.news(again), ["welcome"]);
}

#[test]
fn a_socket_nobody_knows_is_not_answered() {
    let mut scene = Scene::new();
    let socket = SocketId(99);
    let frame = Frame { seq: 0, ack: 0, msg: ToServer::Ping {} };
    scene.feed(Input::Message { socket, frame });
    scene.feed(Input::Refused { socket, code: ErrorCode::BadFrame, numbers: None });
    assert_eq!(scene.notes, []);
}

#[test]
fn drain_sends_away_who_is_not_in_a_match_and_lets_the_others_talk() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.connect(match_id, [ann, bob]);
    let [idle, waiting, lost] = scene.arrive();
    scene.join(waiting);
    scene.lose(lost);
    let silent = scene.open();
    scene.feed(Input::Drain);
    let away = ["come back", "error server-stops about 0", "closed server-stops"];
    assert_eq!(scene.news(idle), away);
    assert_eq!(scene.news(waiting)[1..], away);
    assert!(!scene.machine.is_drained());
    scene.hello(silent, None);
    assert_eq!(scene.news(silent), away[1..]);
    let late = scene.open();
    assert_eq!(scene.news(late), away[1..]);
    scene.signal(ann, match_id, 2, offer("still"));
    assert_eq!(scene.news(bob), ["signal #1 2 still"]);
    assert_eq!(
        scene.machine.census(),
        Census { talking: 2, matches: 1, connections: 2, ..Census::default() }
    );
}

#[test]
fn drain_ends_when_the_last_match_has_however_it_ends() {
    let away = ["come back", "error server-stops about 0", "closed server-stops"];
    type End = fn(&mut Scene, usize);
    let stories: [(&str, &str, End); 3] = [
        ("next", "partner-next", |scene, ann| {
            let match_id = scene.current(ann);
            scene.say(ann, ToServer::Next { match_id });
        }),
        ("left", "partner-left", |scene, ann| scene.say(ann, ToServer::Leave {})),
        ("unconnected", "unconnected", |scene, _| scene.wait(secs(20))),
    ];
    for (own, partners, end) in stories {
        let mut scene = Scene::new();
        let (ann, bob, _) = scene.pair();
        scene.feed(Input::Drain);
        end(&mut scene, ann);
        for (page, reason) in [(ann, own), (bob, partners)] {
            let news = scene.news(page);
            assert_eq!((&news[0], &news[1..]), (&format!("ended #1 {reason}"), &away.map(str::to_owned)[..]));
        }
        assert!(scene.machine.is_drained());
        assert_eq!(scene.machine.census(), Census::default());
    }
}

#[test]
fn drain_takes_back_who_is_in_a_match_and_sends_the_partner_of_the_lost_away() {
    let mut scene = Scene::new();
    let (ann, bob, match_id) = scene.pair();
    scene.connect(match_id, [ann, bob]);
    scene.lose(ann);
    scene.feed(Input::Drain);
    assert_eq!(scene.resume(ann), ann);
    scene.lose(ann);
    scene.news(bob);
    scene.wait(secs(20));
    let away = ["ended #1 partner-lost", "come back", "error server-stops about 0", "closed server-stops"];
    assert_eq!(scene.news(bob), away);
    assert!(scene.machine.is_drained());
}
