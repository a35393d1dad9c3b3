//! Real clients on a real server: what is said is heard by whom it is for, and whoever misbehaves harms nobody else.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures::future::join_all;
use passerby::{
    protocol::{
        EndReason, Epoch, ErrorCode, Frame, MatchId, Media, PastPairs, Sdp, Signal, Signalling, Tastes,
        ToBrowser, ToServer, encode,
        limits::{
            GRACE_MATCHED, GRACE_UNMATCHED, HELLO_WITHIN, IDLE_SILENCE, MAX_CANDIDATES, MAX_OUTBOX_BYTES,
            MAX_REFUSALS, MAX_SDP_BYTES, MAX_TOKEN_BYTES, SILENCE, SUBPROTOCOL,
        },
    },
    server::Config,
};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use crate::support::{CANDIDATE, House, Link, OFFER, PATIENCE, Page, candidate, meet, pass};

const JOIN: ToServer = ToServer::Join {
    media: Media { audio: true, video: true },
    hide: false,
    tastes: Tastes { interests: Vec::new(), languages: Vec::new() },
};

/// A house with a pair in a call, who must not notice anything.
struct Bystanders {
    house: House,
    one: Page,
    other: Page,
}

impl Bystanders {
    async fn talk() -> Self {
        let house = House::open().await;
        let (mut one, mut other) = meet(&house).await;
        tokio::join!(one.negotiate(), other.negotiate());
        house.settles([2, 0, 0, 0, 2]).await;
        Self { house, one, other }
    }

    /// Asserts that the two still talk and that nobody else is left.
    async fn are_unaffected(mut self) {
        self.house.settles([2, 0, 0, 0, 2]).await;
        for (sender, receiver) in [(&mut self.one, &mut self.other)] {
            sender.signal(candidate(CANDIDATE)).await;
            assert_eq!(receiver.hear().await, signal(sender.match_id, candidate(CANDIDATE)));
        }
        self.one.hears_nothing().await;
        self.other.hears_nothing().await;
    }
}

fn signal(match_id: MatchId, signal: Signal) -> ToBrowser {
    ToBrowser::Signal { match_id, epoch: Epoch::FIRST, signal }
}

/// Sends one bad thing as the first and only one, and asserts how that is answered.
async fn is_refused(bad: impl Into<Message>, verdict: (ErrorCode, u16)) {
    let bystanders = Bystanders::talk().await;
    let mut link = Link::open(&bystanders.house).await;
    link.send(bad).await;
    assert_eq!(link.verdict().await, (Some(verdict.0), verdict.1));

    // The same from somebody who has a partner.
    let (mut bad_one, mut partner) = meet(&bystanders.house).await;
    bad_one.link.send("[]").await;
    assert_eq!(bad_one.link.verdict().await, (Some(ErrorCode::BadFrame), 4400));
    assert!(matches!(partner.hear_end().await, EndReason::PartnerLost | EndReason::PartnerLeft));
    partner.close().await;
    bystanders.are_unaffected().await;
}

#[tokio::test]
async fn two_meet_and_their_signals_arrive() {
    let house = House::open().await;
    let (mut one, mut other) = meet(&house).await;
    house.settles([2, 0, 0, 2, 0]).await;
    tokio::join!(one.negotiate(), other.negotiate());
    house.settles([2, 0, 0, 0, 2]).await;
    assert_eq!(house.count("passerby_matches").await, 1);
    assert_eq!(house.count("passerby_matches_made_total").await, 1);
    assert_eq!(house.count("passerby_matches_connected_total").await, 1);
}

#[tokio::test]
async fn next_ends_the_match_once_and_waits_again() {
    let house = House::open().await;
    let (mut one, mut other) = meet(&house).await;
    let match_id = one.match_id;
    one.say(ToServer::Next { match_id }).await;
    other.say(ToServer::Next { match_id }).await;
    let (mine, theirs) = tokio::join!(one.hear_end(), other.hear_end());
    assert!(matches!(
        (mine, theirs),
        (EndReason::Next, EndReason::PartnerNext) | (EndReason::PartnerNext, EndReason::Next)
    ));
    // Both wait, and not for each other.
    house.settles([2, 0, 2, 0, 0]).await;
    let mut third = Page::open(&house).await;
    third.join().await;
    third.hear_match().await;
    house.settles([3, 0, 1, 2, 0]).await;
    assert_eq!(house.count("passerby_matches_ended_total{reason=\"partner-next\"}").await, 1);
}

#[tokio::test]
async fn who_leaves_is_not_missed() {
    let house = House::open().await;
    let (mut one, mut other) = meet(&house).await;
    one.say(ToServer::Leave {}).await;
    assert_eq!(one.hear_end().await, EndReason::Left);
    assert_eq!(other.hear_end().await, EndReason::PartnerLeft);
    one.hears_nothing().await;
    other.close().await;
    one.close().await;
    house.settles([0; 5]).await;
}

#[tokio::test]
async fn a_closed_tab_ends_the_match() {
    let house = House::open().await;
    let (one, mut other) = meet(&house).await;
    one.close().await;
    assert_eq!(other.hear_end().await, EndReason::PartnerLeft);
}

#[tokio::test]
async fn a_proxy_that_closes_the_socket_ends_no_match() {
    // What proxies close with when they reload or restart (RFC 6455, 7.4.1).
    for code in [1001, 1011, 1012, 1013] {
        let house = House::open().await;
        let (mut one, mut other) = meet(&house).await;
        let match_id = one.match_id;
        one.link.close(code).await;
        assert_eq!(
            other.hear().await,
            ToBrowser::Partner { match_id, signalling: Signalling::Lost },
            "{code}"
        );
        one.resume(&house).await;
        assert_eq!(
            other.hear().await,
            ToBrowser::Partner { match_id, signalling: Signalling::Back },
            "{code}"
        );
    }
}

#[tokio::test]
async fn a_lost_socket_is_resumed_and_nothing_is_missed() {
    let house = House::open().await;
    let (one, mut other) = meet(&house).await;
    let match_id = one.match_id;
    one.link.freeze();
    other.signal(candidate(CANDIDATE)).await;
    let mut one = one.resume(&house).await;
    assert_eq!(one.hear_signal().await, candidate(CANDIDATE));
    one.signal(Signal::Offer { sdp: Sdp(OFFER.into()) }).await;
    let mut heard = Vec::new();
    while !matches!(heard.last(), Some(ToBrowser::Signal { .. })) {
        heard.push(other.hear().await);
    }
    let lost = |signalling| ToBrowser::Partner { match_id, signalling };
    let expected = [
        lost(Signalling::Lost),
        lost(Signalling::Back),
        signal(match_id, Signal::Offer { sdp: Sdp(OFFER.into()) }),
    ];
    // A page that is back before its old socket is known to be gone was never lost.
    assert!(heard == expected || heard == expected[2..], "{heard:?}");
    house.settles([2, 0, 0, 2, 0]).await;
}

#[tokio::test]
async fn a_socket_that_stays_lost_ends_the_match_after_the_grace() {
    let house = House::open().await;
    let (mut one, mut other) = meet(&house).await;
    let match_id = one.match_id;
    tokio::join!(one.negotiate(), other.negotiate());
    one.link.cut();
    assert_eq!(other.hear().await, ToBrowser::Partner { match_id, signalling: Signalling::Lost });
    house.settles([1, 0, 0, 0, 2]).await;
    pass(GRACE_MATCHED - Duration::from_secs(1)).await;
    other.hears_nothing().await;
    pass(Duration::from_secs(2)).await;
    assert_eq!(other.hear_end().await, EndReason::PartnerLost);
    other.close().await;
    house.settles([0; 5]).await;
}

#[tokio::test]
async fn the_new_socket_fences_the_old_one() {
    let bystanders = Bystanders::talk().await;
    let old = Page::open(&bystanders.house).await;
    let hello = ToServer::Hello {
        resume: Some(passerby::protocol::Resume { peer: old.peer, secret: old.secret }),
        ticket: None,
        device: None,
        past: PastPairs::default(),
    };
    let mut new = Link::open(&bystanders.house).await;
    new.send(encode(&Frame { seq: 0, ack: 0, msg: hello })).await;
    let Ok(Frame { msg: ToBrowser::Welcome { peer, secret, resumed: true, .. }, .. }) = new.receive().await
    else {
        panic!("not resumed");
    };
    assert_eq!(peer, old.peer);
    assert_ne!(secret, old.secret, "a secret is good for one use");
    let Page { link: mut old, .. } = old;
    assert_eq!(old.verdict().await, (Some(ErrorCode::Replaced), 4409));
    bystanders.house.settles([3, 1, 0, 0, 2]).await;
    new.cut();
    bystanders.house.settles([2, 1, 0, 0, 2]).await;
    pass(GRACE_UNMATCHED).await;
    bystanders.are_unaffected().await;
}

#[tokio::test]
async fn garbage_is_refused() {
    is_refused("garbage", (ErrorCode::BadFrame, 4400)).await;
}

#[tokio::test]
async fn a_binary_message_is_refused() {
    is_refused(Message::binary(&b"{}"[..]), (ErrorCode::NotText, 1003)).await;
}

#[tokio::test]
async fn a_message_just_too_large_is_refused() {
    is_refused("x".repeat(64 * 1024 + 1), (ErrorCode::TooLarge, 1009)).await;
}

#[tokio::test]
async fn a_message_far_too_large_is_refused() {
    is_refused("x".repeat(1024 * 1024), (ErrorCode::TooLarge, 1009)).await;
}

#[tokio::test]
async fn an_unknown_message_is_refused() {
    is_refused(r#"{"seq":1,"ack":0,"msg":{"dance":{}}}"#, (ErrorCode::UnknownMessage, 4400)).await;
}

#[tokio::test]
async fn an_unknown_field_is_refused() {
    is_refused(r#"{"seq":0,"ack":0,"msg":{"hello":{"name":"x"}}}"#, (ErrorCode::BadMessage, 4400)).await;
}

#[tokio::test]
async fn a_list_in_place_of_an_object_is_refused() {
    is_refused(r#"[0,0,{"hello":{}}]"#, (ErrorCode::BadFrame, 4400)).await;
}

#[tokio::test]
async fn a_token_longer_than_any_of_ours_is_refused() {
    let hello = |token| ToServer::Hello {
        resume: None,
        ticket: Some(token),
        device: None,
        past: PastPairs::default(),
    };
    let frame = |bytes| encode(&Frame { seq: 0, ack: 0, msg: hello("x".repeat(bytes)) });
    is_refused(frame(MAX_TOKEN_BYTES + 1), (ErrorCode::BadMessage, 4400)).await;

    // One that could be ours is welcomed as somebody new.
    let house = House::open().await;
    let mut link = Link::open(&house).await;
    link.send(frame(MAX_TOKEN_BYTES)).await;
    let welcome = link.receive().await.expect("a welcome");
    assert!(matches!(welcome.msg, ToBrowser::Welcome { resumed: false, .. }), "{welcome:?}");
}

#[tokio::test]
async fn a_malformed_message_is_named_as_that_by_its_number_wherever_it_stands() {
    let house = House::open().await;
    for seq in [0, 1, 9] {
        let mut page = Page::open(&house).await;
        page.link.send(format!(r#"{{"seq":{seq},"ack":0,"msg":{{"join":{{}}}}}}"#)).await;
        let Ok(Frame { msg, .. }) = page.link.receive().await else { panic!("closed without a word") };
        assert_eq!(msg, ToBrowser::Error { code: ErrorCode::BadMessage, about: seq, retry_ms: None });
        assert_eq!(page.link.verdict().await.1, 4400);
    }
}

#[tokio::test]
async fn anything_before_hello_is_refused() {
    is_refused(encode(&Frame { seq: 1, ack: 0, msg: JOIN }), (ErrorCode::HelloFirst, 4401)).await;
}

#[tokio::test]
async fn what_is_not_utf8_is_refused() {
    let bystanders = Bystanders::talk().await;
    let mut link = Link::open(&bystanders.house).await;
    link.send_text_bytes(&[b'"', 0xff, 0xfe, b'"']).await;
    assert_eq!(link.verdict().await, (Some(ErrorCode::NotUtf8), 1007));
    bystanders.are_unaffected().await;
}

#[tokio::test]
async fn who_does_not_say_hello_is_sent_away() {
    let bystanders = Bystanders::talk().await;
    let mut link = Link::open(&bystanders.house).await;
    pass(HELLO_WITHIN).await;
    assert_eq!(link.verdict().await, (Some(ErrorCode::HelloFirst), 4401));
    bystanders.are_unaffected().await;
}

#[tokio::test]
async fn who_does_not_answer_pings_is_lost() {
    let bystanders = Bystanders::talk().await;
    let page = Page::open(&bystanders.house).await;
    bystanders.house.settles([3, 1, 0, 0, 2]).await;
    page.link.freeze();
    pass(SILENCE + Duration::from_secs(2)).await;
    bystanders.house.settles([3, 1, 0, 0, 2]).await;
    pass(IDLE_SILENCE - SILENCE).await;
    bystanders.house.settles([2, 1, 0, 0, 2]).await;
    pass(GRACE_UNMATCHED).await;
    bystanders.are_unaffected().await;
}

#[tokio::test]
async fn who_waits_and_does_not_answer_is_lost_sooner() {
    let bystanders = Bystanders::talk().await;
    let mut page = Page::open(&bystanders.house).await;
    page.say(JOIN).await;
    bystanders.house.settles([3, 0, 1, 0, 2]).await;
    let silent_since = Instant::now();
    page.link.freeze();
    pass(SILENCE + Duration::from_secs(2)).await;
    bystanders.house.settles([2, 0, 1, 0, 2]).await;
    assert!(silent_since.elapsed() < SILENCE * 2, "{:?}", silent_since.elapsed());
    pass(GRACE_UNMATCHED).await;
    bystanders.are_unaffected().await;
}

#[tokio::test]
async fn a_signal_without_a_match_is_not_passed_on() {
    let bystanders = Bystanders::talk().await;
    let mut page = Page::open(&bystanders.house).await;
    page.match_id = MatchId(Uuid::from_u128(7));
    page.signal(candidate(CANDIDATE)).await;
    assert_eq!(page.hear_error().await, ErrorCode::NotYourMatch);
    page.close().await;
    bystanders.are_unaffected().await;
}

#[tokio::test]
async fn a_signal_for_a_match_of_others_is_not_passed_on() {
    let bystanders = Bystanders::talk().await;
    let (mut one, mut other) = meet(&bystanders.house).await;
    let own = one.match_id;
    one.match_id = bystanders.one.match_id;
    one.signal(candidate(CANDIDATE)).await;
    assert_eq!(one.hear_error().await, ErrorCode::NotYourMatch);
    one.match_id = own;
    one.signal(candidate(CANDIDATE)).await;
    assert_eq!(other.hear_signal().await, candidate(CANDIDATE));
    one.close().await;
    other.close().await;
    bystanders.are_unaffected().await;
}

#[tokio::test]
async fn a_signal_for_a_match_that_is_over_is_dropped() {
    let bystanders = Bystanders::talk().await;
    let (mut one, mut other) = meet(&bystanders.house).await;
    one.say(ToServer::Leave {}).await;
    one.signal(candidate(CANDIDATE)).await;
    assert_eq!(one.hear_end().await, EndReason::Left);
    assert_eq!(other.hear_end().await, EndReason::PartnerLeft);
    one.hears_nothing().await;
    other.hears_nothing().await;
    one.close().await;
    other.close().await;
    bystanders.are_unaffected().await;
}

#[tokio::test]
async fn a_description_or_a_candidate_that_no_browser_makes_is_not_passed_on() {
    let bystanders = Bystanders::talk().await;
    let (mut one, mut other) = meet(&bystanders.house).await;
    let offer = |text: String| Signal::Offer { sdp: Sdp(text) };
    for (bad, code) in [
        (offer(OFFER.to_owned() + &"a=x\r\n".repeat(6000)), ErrorCode::BadSdp),
        (offer("x".repeat(MAX_SDP_BYTES + 1024)), ErrorCode::BadSdp),
        (Signal::Answer { sdp: Sdp("v=0".into()) }, ErrorCode::BadSdp),
        (candidate("candidate:1 1 udp 1 tracker.example 9 typ host"), ErrorCode::BadCandidate),
        (candidate(""), ErrorCode::BadCandidate),
    ] {
        one.signal(bad).await;
        assert_eq!(one.hear_error().await, code);
    }
    let (match_id, signal) = (one.match_id, candidate(CANDIDATE));
    one.say(ToServer::Signal { match_id, epoch: Epoch(7), signal }).await;
    assert_eq!(one.hear_error().await, ErrorCode::BadEpoch);
    // The conversation goes on, and the partner has heard nothing of all this.
    one.signal(candidate(CANDIDATE)).await;
    assert_eq!(other.hear().await, self::signal(match_id, candidate(CANDIDATE)));
    one.close().await;
    other.close().await;
    bystanders.are_unaffected().await;
}

#[tokio::test]
async fn ten_thousand_candidates_reach_nobody() {
    let bystanders = Bystanders::talk().await;
    let (one, mut other) = meet(&bystanders.house).await;
    let match_id = one.match_id;
    let Page { mut link, .. } = one;
    let flood = |seq| Frame {
        seq,
        ack: 0,
        msg: ToServer::Signal { match_id, epoch: Epoch::FIRST, signal: candidate(CANDIDATE) },
    };
    // The first frame of this page was its `join`.
    for seq in 2..10_002 {
        if !link.send(encode(&flood(seq))).await {
            break;
        }
    }
    assert_eq!(link.verdict().await, (Some(ErrorCode::TooManyRefusals), 1008));
    let refused = bystanders.house.count("passerby_refused_total{code=\"too-many-candidates\"}").await;
    assert_eq!(refused, u64::from(MAX_REFUSALS) + 1);
    for _ in 0..MAX_CANDIDATES {
        assert_eq!(other.hear_signal().await, candidate(CANDIDATE));
    }
    other.hear_end().await;
    other.close().await;
    bystanders.are_unaffected().await;
}

#[tokio::test]
async fn who_says_more_than_the_other_takes_in_is_told_so_and_nobody_is_let_go() {
    let bystanders = Bystanders::talk().await;
    let (mut one, other) = meet(&bystanders.house).await;
    other.link.freeze();
    let mut said = 0;
    let told = loop {
        one.signal(Signal::Offer { sdp: Sdp(OFFER.into()) }).await;
        one.say(ToServer::Ping {}).await;
        match one.hear().await {
            ToBrowser::Pong {} => said += OFFER.len(),
            other => break other,
        }
    };
    assert!(matches!(told, ToBrowser::Error { code: ErrorCode::RateLimited, .. }), "{told:?}");
    assert!((MAX_OUTBOX_BYTES / 2..MAX_OUTBOX_BYTES).contains(&said), "{said} bytes");
    bystanders.house.settles([4, 0, 0, 2, 2]).await;
    one.close().await;
    bystanders.house.settles([3, 1, 0, 0, 2]).await;
    other.close().await;
    bystanders.are_unaffected().await;
}

#[tokio::test]
async fn a_page_from_elsewhere_is_not_let_in() {
    let house = House::open().await;
    let upgrade = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let own = house.origin();
    let with = |more: &[(&'static str, &'static str)]| [&upgrade[..], more].concat();
    let protocol = ("Sec-WebSocket-Protocol", SUBPROTOCOL);
    for headers in [
        with(&[protocol]),
        with(&[protocol, ("Origin", "null")]),
        with(&[protocol, ("Origin", "https://elsewhere.example")]),
        with(&[protocol, ("Origin", "http://localhost")]),
    ] {
        let answer = house.get("/ws", &headers).await;
        assert_eq!((answer.status, answer.body.as_str()), (403, "wrong-origin"));
        assert!(answer.head.contains("content-type: text/plain"), "{}", answer.head);
    }
    for more in [None, Some(("Sec-WebSocket-Protocol", "passerby.v0"))] {
        let mut headers: Vec<(&str, &str)> = with(&[]);
        headers.push(("Origin", &own));
        headers.extend(more);
        let answer = house.get("/ws", &headers).await;
        assert_eq!((answer.status, answer.body.as_str()), (400, "wrong-subprotocol"));
    }
    house.settles([0; 5]).await;
}

#[tokio::test]
async fn who_finds_no_room_is_told_so() {
    let mut config = Config::default();
    config.server.max_connections = 1;
    let house = House::open_with(config).await;
    let _first = Page::open(&house).await;
    let mut second = Link::open(&house).await;
    let Ok(Frame { msg, .. }) = second.receive().await else { panic!("closed without a word") };
    let ToBrowser::Error { code: ErrorCode::ServerFull, retry_ms: Some(retry_ms), .. } = msg else {
        panic!("{msg:?}");
    };
    assert!((10_000..20_000).contains(&retry_ms), "{retry_ms}");
    assert_eq!(second.verdict().await, (None, 1013));
    house.settles([1, 1, 0, 0, 0]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_pairs_come_and_go() {
    let house = House::open().await;
    let mut pages = join_all((0..200).map(|_| Page::open(&house))).await;
    join_all(pages.iter_mut().map(async |page| {
        page.join().await;
        page.hear_match().await;
        page.negotiate().await;
    }))
    .await;
    house.settles([200, 0, 0, 0, 200]).await;
    assert_eq!(house.count("passerby_matches").await, 100);

    // Everybody has one partner, nobody oneself, and of the two one is polite.
    let mut couples = BTreeMap::<_, Vec<_>>::new();
    for page in &pages {
        couples.entry(page.match_id).or_default().push((page.role, page.peer));
    }
    assert_eq!(couples.len(), 100);
    for couple in couples.values() {
        let [(role, one), (other_role, other)] = couple[..] else { panic!("{couple:?}") };
        assert!(role != other_role && one != other, "{couple:?}");
    }
    join_all(pages.iter_mut().map(async |page| {
        page.say(ToServer::Leave {}).await;
        page.hear_end().await;
        // Each hears of the end once.
        page.hears_nothing().await;
    }))
    .await;
    house.settles([200, 200, 0, 0, 0]).await;
    join_all(pages.into_iter().map(Page::close)).await;
    house.settles([0; 5]).await;
    assert_eq!(house.count("passerby_matches").await, 0);
    assert_eq!(house.count("passerby_matches_made_total").await, 100);
}

#[tokio::test]
async fn a_server_that_stops_lets_calls_finish() {
    let house = House::open().await;
    let (mut one, mut other) = meet(&house).await;
    tokio::join!(one.negotiate(), other.negotiate());
    let mut waiting = Page::open(&house).await;
    waiting.join().await;
    assert_eq!(waiting.hear().await, ToBrowser::Waiting {});
    assert_eq!(house.get("/readyz", &[]).await.status, 200);
    let address = house.address;
    let end = house.stop();

    assert!(matches!(waiting.hear().await, ToBrowser::ComeBack { after_ms: 1.. }));
    assert_eq!(waiting.link.verdict().await.1, 1012);
    let answer = crate::support::get(address, "/readyz", &[]).await;
    assert_eq!((answer.status, answer.body.as_str()), (503, "server-stops"));
    assert_eq!(crate::support::get(address, "/ws", &[]).await.status, 503);
    assert_eq!(crate::support::get(address, "/healthz", &[]).await.status, 200);

    one.signal(candidate(CANDIDATE)).await;
    assert_eq!(other.hear_signal().await, candidate(CANDIDATE));
    one.say(ToServer::Leave {}).await;
    assert_eq!(other.hear_end().await, EndReason::PartnerLeft);
    assert_eq!(other.link.verdict().await.1, 1012);
    timeout(Duration::from_secs(5), end).await.expect("it ends with its last call").unwrap().unwrap();
}

#[tokio::test]
async fn a_server_that_stops_does_not_wait_for_ever() {
    let house = House::open().await;
    let (mut one, mut other) = meet(&house).await;
    tokio::join!(one.negotiate(), other.negotiate());
    let end = house.stop();
    pass(Duration::from_secs(Config::default().server.grace_seconds)).await;
    assert_eq!(one.link.verdict().await, (Some(ErrorCode::ServerStops), 1012));
    assert_eq!(other.link.verdict().await, (Some(ErrorCode::ServerStops), 1012));
    timeout(PATIENCE, end).await.expect("it ends").unwrap().unwrap();
}

#[tokio::test]
async fn the_board_shows_numbers_that_there_are() {
    const BOARD: &str = include_str!("../../docs/grafana.json");
    let house = House::open().await;
    // A number that never was is not said: somebody comes, goes and misbehaves.
    let (mut one, mut other) = meet(&house).await;
    one.link.send("[]").await;
    one.link.verdict().await.0.expect("a refusal");
    other.hear_end().await;
    let text = house.metrics().await;
    let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let words = BOARD.split(|it| !is_name(it)).filter(|it| it.starts_with("passerby_"));
    let families: BTreeSet<_> =
        words.map(|it| it.trim_end_matches("_bucket").trim_end_matches("_total")).collect();
    assert!(families.len() >= 10, "{families:?}");
    for family in families {
        assert!(text.contains(&format!("# TYPE {family} ")), "{family} in {text}");
    }
    let version = env!("CARGO_PKG_VERSION");
    assert!(text.contains(&format!("passerby_build_info{{version=\"{version}\"}} 1")), "{text}");
}

#[tokio::test]
async fn plain_requests_are_answered_with_the_right_headers() {
    let house = House::open().await;
    let alive = house.get("/healthz", &[]).await;
    assert_eq!((alive.status, alive.body.as_str()), (200, "alive"));
    assert_eq!(house.get("/readyz", &[]).await.status, 200);

    let (page, again) = (house.get("/", &[]).await, house.get("/", &[]).await);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("<main id=\"app\""), "{}", page.body);
    let policy = |head: &str| {
        let line = head.lines().find_map(|it| it.strip_prefix("content-security-policy: "));
        line.expect("a policy").to_owned()
    };
    assert!(policy(&page.head).contains("script-src 'self' 'nonce-"), "{}", page.head);
    assert!(!policy(&page.head).contains("upgrade-insecure-requests"));
    assert_ne!(policy(&page.head), policy(&again.head), "a nonce is used once");
    for header in [
        "cache-control: no-store",
        "permissions-policy: camera=(self), microphone=(self)",
        "referrer-policy: no-referrer",
        "x-content-type-options: nosniff",
        "cross-origin-opener-policy: same-origin",
        "cross-origin-resource-policy: same-origin",
    ] {
        assert!(page.head.contains(header), "{header} in {}", page.head);
    }

    let small = house.get("/", &[("accept-encoding", "gzip")]).await;
    assert!(small.head.contains("content-encoding: gzip"), "{}", small.head);

    for missing in ["/nothing", "/pkg/nothing.js", "/..%2fCargo.toml", "/metrics"] {
        let answer = house.get(missing, &[]).await;
        assert_eq!(answer.status, 404, "{missing}");
        assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
        assert_eq!(policy(&answer.head), "default-src 'none'; frame-ancestors 'none'");
    }
}
