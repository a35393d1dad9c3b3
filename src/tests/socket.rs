//! Real clients on a real server: messages reach the right peer, and a misbehaving client affects nobody else.

use std::{collections::BTreeMap, time::Duration};

use futures::future::join_all;
use passerby::{
    protocol::{
        EndReason, Epoch, ErrorCode, Feature, Features, Frame, MatchId, Media, PastPairs, Sdp, Signal,
        Signalling, Tastes, ToBrowser, ToServer, encode,
        limits::{
            CLOSE_GOODBYE, CLOSE_NORMAL, GRACE_MATCHED, GRACE_UNMATCHED, HELLO_WITHIN, IDLE_SILENCE,
            MAX_HOST_CANDIDATES, MAX_OUTBOX_BYTES, MAX_REFUSALS, MAX_SDP_BYTES, MAX_TOKEN_BYTES, SILENCE,
            SUBPROTOCOL,
        },
    },
    server::Config,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    client_async,
    tungstenite::{self, Message},
};
use uuid::Uuid;

use crate::support::{
    CANDIDATE, OFFER, TEST_TIMEOUT, TestClient, TestServer, TestSocket, advance_time, candidate, match_pair,
};

const JOIN: ToServer = ToServer::Join {
    media: Media { audio: true, video: true },
    hide: false,
    soft: false,
    tastes: Tastes { interests: Vec::new(), languages: Vec::new() },
};

/// A server with two bystanders in a call, whom a test must not affect.
struct OngoingCall {
    server: TestServer,
    one: TestClient,
    other: TestClient,
}

impl OngoingCall {
    async fn start() -> Self {
        let server = TestServer::open().await;
        let (mut one, mut other) = match_pair(&server).await;
        tokio::join!(one.negotiate(), other.negotiate());
        server.wait_for_census([2, 0, 0, 0, 2]).await;
        Self { server, one, other }
    }

    /// Asserts that the two are still in their call and that nobody else is connected.
    async fn assert_unaffected(mut self) {
        self.server.wait_for_census([2, 0, 0, 0, 2]).await;
        for (sender, receiver) in [(&mut self.one, &mut self.other)] {
            sender.send_signal(candidate(CANDIDATE)).await;
            assert_eq!(receiver.receive().await, signal(sender.match_id, candidate(CANDIDATE)));
        }
        self.one.receives_nothing().await;
        self.other.receives_nothing().await;
    }
}

fn signal(match_id: MatchId, signal: Signal) -> ToBrowser {
    ToBrowser::Signal { match_id, epoch: Epoch::FIRST, signal }
}

/// Sends a bad message as the first on a socket, and asserts with which error and close code the server closes it.
async fn assert_refused(bad: impl Into<Message>, expected: (ErrorCode, u16)) {
    let call = OngoingCall::start().await;
    let mut socket = TestSocket::open(&call.server).await;
    socket.send(bad).await;
    assert_eq!(socket.close_reason().await, (Some(expected.0), expected.1));

    // The same from a client with a partner.
    let (mut bad_one, mut partner) = match_pair(&call.server).await;
    bad_one.socket.send("[]").await;
    assert_eq!(bad_one.socket.close_reason().await, (Some(ErrorCode::BadFrame), 4400));
    assert!(matches!(partner.receive_end().await, EndReason::PartnerLost | EndReason::PartnerLeft));
    partner.close().await;
    call.assert_unaffected().await;
}

#[tokio::test]
async fn matches_two_peers_and_forwards_their_signals() {
    let server = TestServer::open().await;
    let (mut one, mut other) = match_pair(&server).await;
    server.wait_for_census([2, 0, 0, 2, 0]).await;
    tokio::join!(one.negotiate(), other.negotiate());
    server.wait_for_census([2, 0, 0, 0, 2]).await;
    assert_eq!(server.metric("passerby_matches").await, 1);
    assert_eq!(server.metric("passerby_matches_made_total").await, 1);
    assert_eq!(server.metric("passerby_matches_connected_total").await, 1);
}

#[tokio::test]
async fn next_ends_the_match_once_and_requeues_both() {
    let server = TestServer::open().await;
    let (mut one, mut other) = match_pair(&server).await;
    let match_id = one.match_id;
    one.send(ToServer::Next { match_id }).await;
    other.send(ToServer::Next { match_id }).await;
    let (mine, theirs) = tokio::join!(one.receive_end(), other.receive_end());
    assert!(matches!(
        (mine, theirs),
        (EndReason::Next, EndReason::PartnerNext) | (EndReason::PartnerNext, EndReason::Next)
    ));
    // Both wait, but they are not matched with each other again.
    server.wait_for_census([2, 0, 2, 0, 0]).await;
    let mut third = TestClient::open(&server).await;
    third.join().await;
    third.receive_match().await;
    server.wait_for_census([3, 0, 1, 2, 0]).await;
    assert_eq!(server.metric("passerby_matches_ended_total{reason=\"partner-next\"}").await, 1);
}

#[tokio::test]
async fn leave_ends_the_match_for_both() {
    let server = TestServer::open().await;
    let (mut one, mut other) = match_pair(&server).await;
    one.send(ToServer::Leave {}).await;
    assert_eq!(one.receive_end().await, EndReason::Left);
    assert_eq!(other.receive_end().await, EndReason::PartnerLeft);
    one.receives_nothing().await;
    other.close().await;
    one.close().await;
    server.wait_for_census([0; 5]).await;
}

#[tokio::test]
async fn closing_the_tab_ends_the_match() {
    let server = TestServer::open().await;
    let (one, mut other) = match_pair(&server).await;
    one.close().await;
    assert_eq!(other.receive_end().await, EndReason::PartnerLeft);
}

#[tokio::test]
async fn a_goodbye_needs_no_leave() {
    let server = TestServer::open().await;
    let (mut one, mut other) = match_pair(&server).await;
    one.socket.close(CLOSE_GOODBYE).await;
    assert_eq!(other.receive_end().await, EndReason::PartnerLeft);
    server.wait_for_census([1, 1, 0, 0, 0]).await;
}

#[tokio::test]
async fn a_page_of_the_first_release_leaves_with_1000_only() {
    for (code, leaves) in [(CLOSE_NORMAL, true), (1001, false), (CLOSE_GOODBYE, false)] {
        let server = TestServer::open().await;
        let (mut old, mut other) =
            (TestClient::open_as_first_release(&server).await, TestClient::open(&server).await);
        old.join().await;
        other.join().await;
        old.receive_match().await;
        other.receive_match().await;
        old.socket.close(code).await;
        let received = loop {
            match other.receive().await {
                ToBrowser::Waiting {} => {}
                other => break other,
            }
        };
        match received {
            ToBrowser::Ended { reason: EndReason::PartnerLeft, .. } => assert!(leaves, "{code}"),
            ToBrowser::Partner { signalling: Signalling::Lost, .. } => assert!(!leaves, "{code}"),
            other => panic!("{code}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn keeps_the_match_when_a_proxy_closes_the_socket() {
    // The codes with which proxies close sockets (RFC 6455, 7.4.1), and some that are nobody's goodbye.
    for code in [1000, 1001, 1011, 1012, 1013, 3000, 4001] {
        let server = TestServer::open().await;
        let (mut one, mut other) = match_pair(&server).await;
        let match_id = one.match_id;
        one.socket.close(code).await;
        assert_eq!(
            other.receive().await,
            ToBrowser::Partner { match_id, signalling: Signalling::Lost, signals_lost: false },
            "{code}"
        );
        one.resume(&server).await;
        assert_eq!(
            other.receive().await,
            ToBrowser::Partner { match_id, signalling: Signalling::Back, signals_lost: false },
            "{code}"
        );
    }
}

#[tokio::test]
async fn keeps_the_match_when_a_proxy_closes_with_a_malformed_frame() {
    let server = TestServer::open().await;
    let (mut one, mut other) = match_pair(&server).await;
    let match_id = one.match_id;
    // What Caddy 2.6 sends to a server when it reloads: a close frame with code 1001, without a mask.
    one.socket.send_raw(&[0x88, 0x02, 0x03, 0xe9]);
    assert_eq!(
        other.receive().await,
        ToBrowser::Partner { match_id, signalling: Signalling::Lost, signals_lost: false }
    );
    one.resume(&server).await;
    assert_eq!(
        other.receive().await,
        ToBrowser::Partner { match_id, signalling: Signalling::Back, signals_lost: false }
    );
}

#[tokio::test]
async fn resumes_after_a_lost_socket_without_losing_messages() {
    let server = TestServer::open().await;
    let (one, mut other) = match_pair(&server).await;
    let match_id = one.match_id;
    one.socket.stop_reading();
    other.send_signal(candidate(CANDIDATE)).await;
    let mut one = one.resume(&server).await;
    assert_eq!(one.receive_signal().await, candidate(CANDIDATE));
    one.send_signal(Signal::Offer { sdp: Sdp(OFFER.into()) }).await;
    let mut received = Vec::new();
    while !matches!(received.last(), Some(ToBrowser::Signal { .. })) {
        received.push(other.receive().await);
    }
    let lost = |signalling| ToBrowser::Partner { match_id, signalling, signals_lost: false };
    let expected = [
        lost(Signalling::Lost),
        lost(Signalling::Back),
        signal(match_id, Signal::Offer { sdp: Sdp(OFFER.into()) }),
    ];
    // If the client resumes before the server notices that the old socket is gone, the partner is told nothing.
    assert!(received == expected || received == expected[2..], "{received:?}");
    server.wait_for_census([2, 0, 0, 2, 0]).await;
}

#[tokio::test]
async fn ends_the_match_when_the_grace_period_expires() {
    let server = TestServer::open().await;
    let (mut one, mut other) = match_pair(&server).await;
    let match_id = one.match_id;
    tokio::join!(one.negotiate(), other.negotiate());
    one.socket.disconnect();
    assert_eq!(
        other.receive().await,
        ToBrowser::Partner { match_id, signalling: Signalling::Lost, signals_lost: false }
    );
    server.wait_for_census([1, 0, 0, 0, 2]).await;
    advance_time(GRACE_MATCHED - Duration::from_secs(1)).await;
    other.receives_nothing().await;
    advance_time(Duration::from_secs(2)).await;
    assert_eq!(other.receive_end().await, EndReason::PartnerLost);
    other.close().await;
    server.wait_for_census([0; 5]).await;
}

#[tokio::test]
async fn resuming_closes_the_old_socket() {
    let call = OngoingCall::start().await;
    let old = TestClient::open(&call.server).await;
    let hello = ToServer::Hello {
        resume: Some(passerby::protocol::Resume { peer: old.peer, secret: old.secret }),
        ticket: None,
        device: None,
        age: None,
        past: PastPairs::default(),
        place: None,
        features: Features::all(),
    };
    let mut new = TestSocket::open(&call.server).await;
    new.send(encode(&Frame { seq: 0, ack: 0, msg: hello })).await;
    let Ok(Frame { msg: ToBrowser::Welcome { peer, secret, resumed: true, .. }, .. }) = new.receive().await
    else {
        panic!("not resumed");
    };
    assert_eq!(peer, old.peer);
    assert_ne!(secret, old.secret, "a secret can be used only once");
    let TestClient { socket: mut old, .. } = old;
    assert_eq!(old.close_reason().await, (Some(ErrorCode::Replaced), 4409));
    call.server.wait_for_census([3, 1, 0, 0, 2]).await;
    new.disconnect();
    call.server.wait_for_census([2, 1, 0, 0, 2]).await;
    advance_time(GRACE_UNMATCHED).await;
    call.assert_unaffected().await;
}

#[tokio::test]
async fn refuses_garbage() {
    assert_refused("garbage", (ErrorCode::BadFrame, 4400)).await;
}

#[tokio::test]
async fn refuses_binary_messages() {
    assert_refused(Message::binary(&b"{}"[..]), (ErrorCode::NotText, 1003)).await;
}

#[tokio::test]
async fn refuses_a_message_one_byte_too_large() {
    assert_refused("x".repeat(64 * 1024 + 1), (ErrorCode::TooLarge, 1009)).await;
}

#[tokio::test]
async fn refuses_a_message_far_too_large() {
    assert_refused("x".repeat(1024 * 1024), (ErrorCode::TooLarge, 1009)).await;
}

#[tokio::test]
async fn refuses_unknown_messages() {
    assert_refused(r#"{"seq":1,"ack":0,"msg":{"dance":{}}}"#, (ErrorCode::UnknownMessage, 4400)).await;
}

#[tokio::test]
async fn refuses_unknown_fields() {
    assert_refused(r#"{"seq":1,"ack":0,"msg":{"leave":{"name":"x"}}}"#, (ErrorCode::BadMessage, 4400)).await;
}

#[tokio::test]
async fn welcomes_a_later_page_and_lists_its_own_features() {
    let server = TestServer::open().await;
    let mut socket = TestSocket::open(&server).await;
    let later = r#"{"seq":0,"ack":0,"msg":{"hello":{"novel":[{"a":1}],"features":["goodbye","dance"]}}}"#;
    socket.send(later).await;
    let welcome = socket.receive().await.expect("a welcome");
    let ToBrowser::Welcome { features, .. } = welcome.msg else { panic!("{welcome:?}") };
    // Reports are for servers with a store.
    assert_eq!(features, Features::all().without(Feature::Report));
}

#[tokio::test]
async fn refuses_a_list_in_place_of_an_object() {
    assert_refused(r#"[0,0,{"hello":{}}]"#, (ErrorCode::BadFrame, 4400)).await;
}

#[tokio::test]
async fn refuses_a_token_longer_than_any_it_issues() {
    let hello = |token| ToServer::Hello {
        resume: None,
        ticket: Some(token),
        device: None,
        age: None,
        past: PastPairs::default(),
        place: None,
        features: Features::default(),
    };
    let frame = |bytes| encode(&Frame { seq: 0, ack: 0, msg: hello("x".repeat(bytes)) });
    assert_refused(frame(MAX_TOKEN_BYTES + 1), (ErrorCode::BadMessage, 4400)).await;

    // A token of a possible length that the server did not issue is ignored: the client is welcomed as a new peer.
    let server = TestServer::open().await;
    let mut socket = TestSocket::open(&server).await;
    socket.send(frame(MAX_TOKEN_BYTES)).await;
    let welcome = socket.receive().await.expect("a welcome");
    assert!(matches!(welcome.msg, ToBrowser::Welcome { resumed: false, .. }), "{welcome:?}");
}

#[tokio::test]
async fn reports_a_malformed_message_by_its_number() {
    let server = TestServer::open().await;
    for seq in [0, 1, 9] {
        let mut client = TestClient::open(&server).await;
        client.socket.send(format!(r#"{{"seq":{seq},"ack":0,"msg":{{"join":{{}}}}}}"#)).await;
        let Ok(Frame { msg, .. }) = client.socket.receive().await else { panic!("closed without a word") };
        assert_eq!(msg, ToBrowser::Error { code: ErrorCode::BadMessage, about: seq, retry_ms: None });
        assert_eq!(client.socket.close_reason().await.1, 4400);
    }
}

#[tokio::test]
async fn refuses_messages_before_hello() {
    assert_refused(encode(&Frame { seq: 1, ack: 0, msg: JOIN }), (ErrorCode::HelloFirst, 4401)).await;
}

#[tokio::test]
async fn refuses_invalid_utf8() {
    let call = OngoingCall::start().await;
    let mut socket = TestSocket::open(&call.server).await;
    socket.send_text_bytes(&[b'"', 0xff, 0xfe, b'"']).await;
    assert_eq!(socket.close_reason().await, (Some(ErrorCode::NotUtf8), 1007));
    call.assert_unaffected().await;
}

#[tokio::test]
async fn disconnects_a_client_that_sends_no_hello() {
    let call = OngoingCall::start().await;
    let mut socket = TestSocket::open(&call.server).await;
    advance_time(HELLO_WITHIN).await;
    assert_eq!(socket.close_reason().await, (Some(ErrorCode::HelloFirst), 4401));
    call.assert_unaffected().await;
}

#[tokio::test]
async fn disconnects_an_idle_peer_that_answers_no_pings() {
    let call = OngoingCall::start().await;
    let client = TestClient::open(&call.server).await;
    call.server.wait_for_census([3, 1, 0, 0, 2]).await;
    client.socket.stop_reading();
    advance_time(SILENCE + Duration::from_secs(2)).await;
    call.server.wait_for_census([3, 1, 0, 0, 2]).await;
    advance_time(IDLE_SILENCE - SILENCE).await;
    call.server.wait_for_census([2, 1, 0, 0, 2]).await;
    advance_time(GRACE_UNMATCHED).await;
    call.assert_unaffected().await;
}

#[tokio::test]
async fn disconnects_a_silent_waiting_peer_sooner() {
    let call = OngoingCall::start().await;
    let mut client = TestClient::open(&call.server).await;
    client.send(JOIN).await;
    call.server.wait_for_census([3, 0, 1, 0, 2]).await;
    let silent_since = Instant::now();
    client.socket.stop_reading();
    advance_time(SILENCE + Duration::from_secs(2)).await;
    call.server.wait_for_census([2, 0, 1, 0, 2]).await;
    assert!(silent_since.elapsed() < SILENCE * 2, "{:?}", silent_since.elapsed());
    advance_time(GRACE_UNMATCHED).await;
    call.assert_unaffected().await;
}

#[tokio::test]
async fn refuses_a_signal_without_a_match() {
    let call = OngoingCall::start().await;
    let mut client = TestClient::open(&call.server).await;
    client.match_id = MatchId(Uuid::from_u128(7));
    client.send_signal(candidate(CANDIDATE)).await;
    assert_eq!(client.receive_error().await, ErrorCode::NotYourMatch);
    client.close().await;
    call.assert_unaffected().await;
}

#[tokio::test]
async fn refuses_a_signal_for_another_match() {
    let call = OngoingCall::start().await;
    let (mut one, mut other) = match_pair(&call.server).await;
    let own = one.match_id;
    one.match_id = call.one.match_id;
    one.send_signal(candidate(CANDIDATE)).await;
    assert_eq!(one.receive_error().await, ErrorCode::NotYourMatch);
    one.match_id = own;
    one.send_signal(candidate(CANDIDATE)).await;
    assert_eq!(other.receive_signal().await, candidate(CANDIDATE));
    one.close().await;
    other.close().await;
    call.assert_unaffected().await;
}

#[tokio::test]
async fn drops_a_signal_for_a_match_that_is_over() {
    let call = OngoingCall::start().await;
    let (mut one, mut other) = match_pair(&call.server).await;
    one.send(ToServer::Leave {}).await;
    one.send_signal(candidate(CANDIDATE)).await;
    assert_eq!(one.receive_end().await, EndReason::Left);
    assert_eq!(other.receive_end().await, EndReason::PartnerLeft);
    one.receives_nothing().await;
    other.receives_nothing().await;
    one.close().await;
    other.close().await;
    call.assert_unaffected().await;
}

#[tokio::test]
async fn refuses_invalid_descriptions_candidates_and_epochs() {
    let call = OngoingCall::start().await;
    let (mut one, mut other) = match_pair(&call.server).await;
    let offer = |text: String| Signal::Offer { sdp: Sdp(text) };
    for (bad, code) in [
        (offer(OFFER.to_owned() + &"a=x\r\n".repeat(6000)), ErrorCode::BadSdp),
        (offer("x".repeat(MAX_SDP_BYTES + 1024)), ErrorCode::BadSdp),
        (Signal::Answer { sdp: Sdp("v=0".into()) }, ErrorCode::BadSdp),
        (candidate("candidate:1 1 udp 1 tracker.example 9 typ host"), ErrorCode::BadCandidate),
        (candidate(""), ErrorCode::BadCandidate),
    ] {
        one.send_signal(bad).await;
        assert_eq!(one.receive_error().await, code);
    }
    let (match_id, signal) = (one.match_id, candidate(CANDIDATE));
    one.send(ToServer::Signal { match_id, epoch: Epoch(7), signal }).await;
    assert_eq!(one.receive_error().await, ErrorCode::BadEpoch);
    // The conversation goes on, and the partner has received nothing of this.
    one.send_signal(candidate(CANDIDATE)).await;
    assert_eq!(other.receive().await, self::signal(match_id, candidate(CANDIDATE)));
    one.close().await;
    other.close().await;
    call.assert_unaffected().await;
}

#[tokio::test]
async fn stops_a_flood_of_candidates_at_the_limit() {
    let call = OngoingCall::start().await;
    let (one, mut other) = match_pair(&call.server).await;
    let match_id = one.match_id;
    let TestClient { mut socket, .. } = one;
    let flood = |seq| Frame {
        seq,
        ack: 0,
        msg: ToServer::Signal { match_id, epoch: Epoch::FIRST, signal: candidate(CANDIDATE) },
    };
    // The first frame of this client was its `join`.
    for seq in 2..10_002 {
        if !socket.send(encode(&flood(seq))).await {
            break;
        }
    }
    assert_eq!(socket.close_reason().await, (Some(ErrorCode::TooManyRefusals), 1008));
    let refused = call.server.metric("passerby_refused_total{code=\"too-many-candidates\"}").await;
    assert_eq!(refused, u64::from(MAX_REFUSALS) + 1);
    for _ in 0..MAX_HOST_CANDIDATES {
        assert_eq!(other.receive_signal().await, candidate(CANDIDATE));
    }
    other.receive_end().await;
    other.close().await;
    call.assert_unaffected().await;
}

#[tokio::test]
async fn limits_the_sender_when_the_partner_does_not_read() {
    let call = OngoingCall::start().await;
    let (mut one, other) = match_pair(&call.server).await;
    other.socket.stop_reading();
    let mut accepted = 0;
    let refusal = loop {
        one.send_signal(Signal::Offer { sdp: Sdp(OFFER.into()) }).await;
        one.send(ToServer::Ping {}).await;
        match one.receive().await {
            ToBrowser::Pong {} => accepted += OFFER.len(),
            other => break other,
        }
    };
    assert!(matches!(refusal, ToBrowser::Error { code: ErrorCode::RateLimited, .. }), "{refusal:?}");
    assert!((MAX_OUTBOX_BYTES / 2..MAX_OUTBOX_BYTES).contains(&accepted), "{accepted} bytes");
    call.server.wait_for_census([4, 0, 0, 2, 2]).await;
    one.close().await;
    call.server.wait_for_census([3, 1, 0, 0, 2]).await;
    other.close().await;
    call.assert_unaffected().await;
}

#[tokio::test]
async fn refuses_foreign_origins_and_wrong_subprotocols() {
    let server = TestServer::open().await;
    let upgrade = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let own = server.origin();
    let with = |more: &[(&'static str, &'static str)]| [&upgrade[..], more].concat();
    let protocol = ("Sec-WebSocket-Protocol", SUBPROTOCOL);
    // Without an origin it is not a page, and without an upgrade there is no socket on which to say more.
    let elsewhere = ("Origin", "https://elsewhere.example");
    for headers in [with(&[protocol]), vec![protocol, elsewhere], with(&[elsewhere])] {
        let response = server.get("/ws", &headers).await;
        assert_eq!((response.status, response.body.as_str()), (403, "wrong-origin"));
        assert!(response.head.contains("content-type: text/plain"), "{}", response.head);
    }
    for more in [None, Some(("Sec-WebSocket-Protocol", "passerby.v0"))] {
        let mut headers: Vec<(&str, &str)> = with(&[]);
        headers.push(("Origin", &own));
        headers.extend(more);
        let response = server.get("/ws", &headers).await;
        assert_eq!((response.status, response.body.as_str()), (400, "wrong-subprotocol"));
    }
    server.wait_for_census([0; 5]).await;
}

#[tokio::test]
async fn tells_a_page_of_another_origin_that_its_address_is_wrong() {
    let server = TestServer::open().await;
    for origin in ["null", "https://elsewhere.example", "http://localhost", "http://localhost.:3000"] {
        let mut socket = TestSocket::open_from(&server, origin, None).await;
        // Nothing that it sends reaches the matchmaker.
        let hello = ToServer::Hello {
            resume: None,
            ticket: None,
            device: None,
            age: None,
            past: PastPairs::default(),
            place: None,
            features: Features::all(),
        };
        socket.send(encode(&Frame { seq: 0, ack: 0, msg: hello })).await;
        let Ok(Frame { seq: 0, msg, .. }) = socket.receive().await else { panic!("closed without a word") };
        let is_told = matches!(
            msg,
            ToBrowser::Error { code: ErrorCode::WrongOrigin, about: 0, retry_ms: Some(50_000..60_000) }
        );
        assert!(is_told, "{msg:?}");
        assert_eq!(socket.close_reason().await, (None, 4403), "{origin}");
    }
    assert_eq!(server.metric("passerby_closed_total{code=\"wrong-origin\"}").await, 4);
    assert_eq!(server.metric("passerby_messages_total{direction=\"in\"}").await, 0);
    server.wait_for_census([0; 5]).await;
}

#[tokio::test]
async fn pages_of_other_origins_do_not_use_up_limits() {
    let mut config = Config::default();
    config.server.proxies = vec!["127.0.0.1".into()];
    config.limits.network.connections = 1;
    let server = TestServer::open_with(config).await;
    // Many at a time, none of which answers the close frame. The server has room for some of them.
    let handshakes = (0..300).map(|_| async {
        let request =
            TestSocket::request(server.address.port(), "https://elsewhere.example", Some("192.0.2.1"));
        let stream = TcpStream::connect(server.address).await.unwrap();
        client_async(request, stream).await
    });
    let (told, others): (Vec<_>, Vec<_>) = join_all(handshakes).await.into_iter().partition(Result::is_ok);
    assert!(told.len() >= 64 && !others.is_empty(), "{} and {}", told.len(), others.len());
    for other in others {
        let Err(tungstenite::Error::Http(response)) = other else { panic!("no plain answer") };
        assert_eq!(response.status().as_u16(), 403);
    }
    TestClient::open_via_proxy(&server, "192.0.2.1").await;
    // Each one that never answers is dropped after a second, which makes room.
    advance_time(Duration::from_secs(2)).await;
    TestSocket::open_from(&server, "https://elsewhere.example", Some("192.0.2.1")).await;
}

/// The status of a handshake with these headers besides those that never vary.
async fn handshake_status(server: &TestServer, headers: &[(&str, &str)]) -> String {
    let origin = server.origin();
    let mut text = format!("GET /ws HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\n");
    for (name, value) in [("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]
        .iter()
        .chain(headers)
    {
        text += &format!("{name}: {value}\r\n");
    }
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all((text + "\r\n").as_bytes()).await.unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.unwrap();
    String::from_utf8_lossy(&head).into_owned()
}

#[tokio::test]
async fn reads_all_lines_of_list_headers_as_one_list() {
    let server = TestServer::open().await;
    let protocol = ("Sec-WebSocket-Protocol", SUBPROTOCOL);
    let (keep_alive, upgrade) = (("Connection", "keep-alive"), ("Connection", "Upgrade"));
    for headers in [
        &[protocol, keep_alive, upgrade, ("Upgrade", "websocket")][..],
        &[protocol, upgrade, ("Upgrade", "websocket, h2c")],
        &[protocol, upgrade, ("Upgrade", "h2c"), ("Upgrade", "websocket")],
        &[("Sec-WebSocket-Protocol", "other"), protocol, upgrade, ("Upgrade", "websocket")],
    ] {
        assert_eq!(handshake_status(&server, headers).await, "HTTP/1.1 101", "{headers:?}");
    }
    let refused = handshake_status(&server, &[protocol, keep_alive, ("Upgrade", "websocket")]).await;
    assert_eq!(refused, "HTTP/1.1 400");
}

#[tokio::test]
async fn refuses_a_client_when_the_server_is_full() {
    let mut config = Config::default();
    config.server.max_connections = 1;
    let server = TestServer::open_with(config).await;
    let _first = TestClient::open(&server).await;
    let mut second = TestSocket::open(&server).await;
    let Ok(Frame { msg, .. }) = second.receive().await else { panic!("closed without a word") };
    let ToBrowser::Error { code: ErrorCode::ServerFull, retry_ms: Some(retry_ms), .. } = msg else {
        panic!("{msg:?}");
    };
    assert!((10_000..20_000).contains(&retry_ms), "{retry_ms}");
    assert_eq!(second.close_reason().await, (None, 1013));
    server.wait_for_census([1, 1, 0, 0, 0]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serves_a_hundred_pairs() {
    let server = TestServer::open().await;
    let mut clients = join_all((0..200).map(|_| TestClient::open(&server))).await;
    join_all(clients.iter_mut().map(async |client| {
        client.join().await;
        client.receive_match().await;
        client.negotiate().await;
    }))
    .await;
    server.wait_for_census([200, 0, 0, 0, 200]).await;
    assert_eq!(server.metric("passerby_matches").await, 100);

    // Each client has exactly one partner, which is not itself, and exactly one of the two is polite.
    let mut couples = BTreeMap::<_, Vec<_>>::new();
    for client in &clients {
        couples.entry(client.match_id).or_default().push((client.role, client.peer));
    }
    assert_eq!(couples.len(), 100);
    for couple in couples.values() {
        let [(role, one), (other_role, other)] = couple[..] else { panic!("{couple:?}") };
        assert!(role != other_role && one != other, "{couple:?}");
    }
    join_all(clients.iter_mut().map(async |client| {
        client.send(ToServer::Leave {}).await;
        client.receive_end().await;
        // Each receives the end exactly once.
        client.receives_nothing().await;
    }))
    .await;
    server.wait_for_census([200, 200, 0, 0, 0]).await;
    join_all(clients.into_iter().map(TestClient::close)).await;
    server.wait_for_census([0; 5]).await;
    assert_eq!(server.metric("passerby_matches").await, 0);
    assert_eq!(server.metric("passerby_matches_made_total").await, 100);
}

#[tokio::test]
async fn shutdown_lets_calls_finish() {
    let server = TestServer::open().await;
    let (mut one, mut other) = match_pair(&server).await;
    tokio::join!(one.negotiate(), other.negotiate());
    let mut waiting = TestClient::open(&server).await;
    waiting.join().await;
    assert_eq!(waiting.receive().await, ToBrowser::Waiting {});
    assert_eq!(server.get("/readyz", &[]).await.status, 200);
    let address = server.address;
    let shutdown = server.stop();

    let ToBrowser::ComeBack { after_ms } = waiting.receive().await else { panic!("not told to come back") };
    let grace_ms = 1_000 * Config::default().server.grace_seconds as u32;
    assert!((grace_ms..grace_ms + 5_000).contains(&after_ms), "after the call's grace period: {after_ms} ms");
    assert_eq!(waiting.socket.close_reason().await.1, 1012);
    let response = crate::support::get(address, "/readyz", &[]).await;
    assert_eq!((response.status, response.body.as_str()), (503, "server-stops"));
    assert_eq!(crate::support::get(address, "/ws", &[]).await.status, 503);
    assert_eq!(crate::support::get(address, "/healthz", &[]).await.status, 200);

    one.send_signal(candidate(CANDIDATE)).await;
    assert_eq!(other.receive_signal().await, candidate(CANDIDATE));
    one.send(ToServer::Leave {}).await;
    assert_eq!(other.receive_end().await, EndReason::PartnerLeft);
    assert_eq!(other.socket.close_reason().await.1, 1012);
    timeout(Duration::from_secs(5), shutdown)
        .await
        .expect("the server ends after its last call")
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn shutdown_ends_calls_after_the_grace_period() {
    let server = TestServer::open().await;
    let (mut one, mut other) = match_pair(&server).await;
    tokio::join!(one.negotiate(), other.negotiate());
    let shutdown = server.stop();
    advance_time(Duration::from_secs(Config::default().server.grace_seconds)).await;
    for mut end in [one, other] {
        let message = end.receive().await;
        assert!(matches!(message, ToBrowser::ComeBack { after_ms: 500..5_000 }), "{message:?}");
        assert_eq!(end.socket.close_reason().await, (Some(ErrorCode::ServerStops), 1012));
    }
    timeout(TEST_TIMEOUT, shutdown).await.expect("the server ends").unwrap().unwrap();
}

#[tokio::test]
async fn answers_http_requests_with_the_right_headers() {
    let server = TestServer::open().await;
    let alive = server.get("/healthz", &[]).await;
    assert_eq!((alive.status, alive.body.as_str()), (200, "alive"));
    assert_eq!(server.get("/readyz", &[]).await.status, 200);

    let (first, second) = (server.get("/", &[]).await, server.get("/", &[]).await);
    assert_eq!(first.status, 200);
    assert!(first.body.contains("<main id=\"app\""), "{}", first.body);
    let policy = |head: &str| {
        let line = head.lines().find_map(|it| it.strip_prefix("content-security-policy: "));
        line.expect("a content security policy").to_owned()
    };
    assert!(policy(&first.head).contains("script-src 'self' 'nonce-"), "{}", first.head);
    assert!(!policy(&first.head).contains("upgrade-insecure-requests"));
    assert_ne!(policy(&first.head), policy(&second.head), "each nonce is used only once");
    for header in [
        "cache-control: no-store",
        "permissions-policy: camera=(self), microphone=(self)",
        "referrer-policy: no-referrer",
        "x-content-type-options: nosniff",
        "cross-origin-opener-policy: same-origin",
        "cross-origin-resource-policy: same-origin",
    ] {
        assert!(first.head.contains(header), "{header} in {}", first.head);
    }

    let small = server.get("/", &[("accept-encoding", "gzip")]).await;
    assert!(small.head.contains("content-encoding: gzip"), "{}", small.head);

    for missing in ["/nothing", "/pkg/nothing.js", "/..%2fCargo.toml", "/metrics"] {
        let response = server.get(missing, &[]).await;
        assert_eq!(response.status, 404, "{missing}");
        assert!(response.head.contains("cache-control: no-store"), "{}", response.head);
        assert_eq!(policy(&response.head), "default-src 'none'; frame-ancestors 'none'");
    }
}
