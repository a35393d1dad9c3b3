//! Rate limits and quotas per peer and per network, on real sockets.
//!
//! A client that exceeds one gets an error with a retry time, and nobody else is affected.

use std::time::Duration;

use passerby::{
    protocol::{
        Epoch, ErrorCode, Frame, Media, Sdp, Signal, Tastes, ToBrowser, ToServer, encode,
        limits::{MAX_REFUSALS, SUBPROTOCOL},
    },
    server::{
        Config,
        config::limits::{LimitSettings, Rate},
    },
};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{
    CANDIDATE, OFFER, TestClient, TestServer, TestSocket, advance_time, candidate, match_pair,
};

/// A burst of two, then one every five seconds.
const SLOW: Rate = Rate { burst: 2, per_minute: 12 };

/// No limit.
const UNLIMITED: Rate = Rate { burst: 0, per_minute: 0 };

const JOIN: ToServer = ToServer::Join {
    media: Media { audio: true, video: true },
    hide: false,
    soft: false,
    tastes: Tastes { interests: Vec::new(), languages: Vec::new() },
};

/// A server that trusts the `X-Forwarded-For` header of a proxy on loopback.
async fn server_behind_proxy(limit: impl FnOnce(&mut LimitSettings)) -> TestServer {
    let mut config = Config::default();
    config.server.proxies = vec!["127.0.0.1".into()];
    limit(&mut config.limits);
    TestServer::open_with(config).await
}

/// Asserts that the next message is an error with a retry time of at most 5 s, and waits until then.
async fn wait_for_retry(client: &mut TestClient, expected: ErrorCode) {
    let ToBrowser::Error { code, retry_ms: Some(retry_ms), .. } = client.receive().await else {
        panic!("not refused with a retry time");
    };
    assert_eq!(code, expected);
    assert!((1..=5_000).contains(&retry_ms), "{retry_ms}");
    advance_time(Duration::from_secs(u64::from(retry_ms).div_ceil(1_000))).await;
}

#[tokio::test]
async fn accepts_a_limited_next_after_its_retry_time() {
    let server = TestServer::with_limits(|it| it.peer.nexts = SLOW).await;
    let (mut one, mut other) = match_pair(&server).await;
    let match_id = one.match_id;
    one.send(ToServer::Next { match_id }).await;
    one.receive_end().await;
    assert_eq!(one.receive().await, ToBrowser::Waiting {});
    other.receive_end().await;
    // This is the third Next on this socket. It names a match that is over, so if allowed it changes nothing.
    one.send(ToServer::Next { match_id }).await;
    one.send(ToServer::Next { match_id }).await;
    wait_for_retry(&mut one, ErrorCode::RateLimited).await;
    one.send(ToServer::Next { match_id }).await;
    one.receives_nothing().await;
    assert_eq!(server.metric("passerby_limited_total{limit=\"peer-nexts\"}").await, 1);
    assert_eq!(server.metric("passerby_refused_total{code=\"rate-limited\"}").await, 1);
}

#[tokio::test]
async fn accepts_a_limited_join_after_its_retry_time() {
    let server = TestServer::with_limits(|it| it.peer.joins = SLOW).await;
    let mut client = TestClient::open(&server).await;
    for _ in 0..2 {
        client.send(JOIN).await;
        assert_eq!(client.receive().await, ToBrowser::Waiting {});
        client.send(ToServer::Leave {}).await;
    }
    client.send(JOIN).await;
    wait_for_retry(&mut client, ErrorCode::RateLimited).await;
    client.send(JOIN).await;
    assert_eq!(client.receive().await, ToBrowser::Waiting {});
}

#[tokio::test]
async fn limits_each_kind_of_message_separately() {
    let server = TestServer::with_limits(|it| {
        (it.peer.candidates, it.peer.signals, it.peer.others) = (SLOW, SLOW, UNLIMITED);
    })
    .await;
    let (mut one, mut other) = match_pair(&server).await;
    let offer = || Signal::Offer { sdp: Sdp(OFFER.into()) };
    for _ in 0..3 {
        one.send_signal(candidate(CANDIDATE)).await;
    }
    assert_eq!(one.receive_error().await, ErrorCode::RateLimited);
    for _ in 0..3 {
        one.send_signal(offer()).await;
    }
    assert_eq!(one.receive_error().await, ErrorCode::RateLimited);
    for _ in 0..100 {
        one.receives_nothing().await;
    }
    let mut received = Vec::new();
    for _ in 0..4 {
        received.push(other.receive_signal().await);
    }
    assert_eq!(received, [candidate(CANDIDATE), candidate(CANDIDATE), offer(), offer()]);
    other.receives_nothing().await;
    for kind in ["candidates", "signals"] {
        assert_eq!(server.metric(&format!("passerby_limited_total{{limit=\"peer-{kind}\"}}")).await, 1);
    }
}

#[tokio::test]
async fn disconnects_floods_without_affecting_others() {
    let server = TestServer::with_limits(|it| {
        let peer = &mut it.peer;
        (peer.joins, peer.nexts, peer.signals) = (SLOW, SLOW, SLOW);
        (peer.candidates, peer.others) = (SLOW, SLOW);
    })
    .await;
    let (mut one, mut other) = match_pair(&server).await;
    let match_id = one.match_id;
    let signal = |signal| ToServer::Signal { match_id, epoch: Epoch::FIRST, signal };
    for (flood, is_numbered, limit) in [
        (JOIN, true, "peer-joins"),
        (ToServer::Next { match_id }, true, "peer-nexts"),
        (signal(Signal::Offer { sdp: Sdp(OFFER.into()) }), true, "peer-signals"),
        (signal(candidate(CANDIDATE)), true, "peer-candidates"),
        (ToServer::Ping {}, false, "peer-others"),
    ] {
        let mut client = TestClient::open(&server).await;
        let before = server.metric("passerby_refused_total{code=\"not-your-match\"}").await;
        for number in 1..10_000 {
            let seq = if is_numbered { number } else { 0 };
            if !client.socket.send(encode(&Frame { seq, ack: 0, msg: flood.clone() })).await {
                break;
            }
        }
        assert_eq!(client.socket.close_reason().await, (Some(ErrorCode::TooManyRefusals), 1008), "{limit}");
        let limited = server.metric(&format!("passerby_limited_total{{limit=\"{limit}\"}}")).await;
        assert_eq!(limited, u64::from(MAX_REFUSALS) + 1, "{limit}");
        // Messages above the limit are not processed at all.
        let after = server.metric("passerby_refused_total{code=\"not-your-match\"}").await;
        assert!(after - before <= 2, "{limit}: {}", after - before);
    }
    tokio::join!(one.negotiate(), other.negotiate());
    server.wait_for_census([2, 0, 0, 0, 2]).await;
}

#[tokio::test]
async fn limits_websocket_pings() {
    let server = TestServer::open().await;
    let mut client = TestClient::open(&server).await;
    for _ in 0..10_000 {
        if !client.socket.send(Message::Ping(Default::default())).await {
            break;
        }
    }
    assert_eq!(client.socket.close_reason().await, (Some(ErrorCode::TooManyRefusals), 1008));
}

#[tokio::test]
async fn waits_for_hello_as_long_as_configured() {
    let server = TestServer::with_limits(|it| it.hello_seconds = 20).await;
    let mut socket = TestSocket::open(&server).await;
    advance_time(Duration::from_secs(18)).await;
    server.wait_for_census([1, 0, 0, 0, 0]).await;
    advance_time(Duration::from_secs(2)).await;
    assert_eq!(socket.close_reason().await, (Some(ErrorCode::HelloFirst), 4401));
    assert_eq!(server.metric("passerby_closed_total{code=\"hello-first\"}").await, 1);
}

#[tokio::test]
async fn limits_the_outbox_to_the_configured_bytes() {
    let server = TestServer::with_limits(|it| it.outbox_kib = 64).await;
    let (mut one, other) = match_pair(&server).await;
    other.socket.stop_reading();
    // The last 16 of the 64 KiB are not available to a partner's messages.
    let offers = (48 << 10) / OFFER.len();
    for _ in 0..offers {
        one.send_signal(Signal::Offer { sdp: Sdp(OFFER.into()) }).await;
        one.receives_nothing().await;
    }
    one.send_signal(Signal::Offer { sdp: Sdp(OFFER.into()) }).await;
    let refusal = one.receive().await;
    assert!(matches!(refusal, ToBrowser::Error { code: ErrorCode::RateLimited, .. }), "{refusal:?}");
    server.wait_for_census([2, 0, 0, 2, 0]).await;
}

#[tokio::test]
async fn disconnects_a_client_that_stops_reading() {
    let server = TestServer::with_limits(|it| {
        it.peer.others = UNLIMITED;
        it.write_seconds = 1;
    })
    .await;
    let client = TestClient::open(&server).await;
    server.wait_for_census([1, 1, 0, 0, 0]).await;
    client.socket.stop_reading();
    let TestClient { mut socket, .. } = client;
    // The server answers each ping until the buffers between the two are full.
    let ping = encode(&Frame { seq: 0, ack: 0, msg: ToServer::Ping {} });
    let flood = tokio::spawn(async move { while socket.send(ping.clone()).await {} });
    server.wait_for_census([0, 1, 0, 0, 0]).await;
    assert_eq!(server.metric("passerby_limited_total{limit=\"write\"}").await, 1);
    flood.abort();
}

#[tokio::test]
async fn limits_open_sockets_per_network_with_a_retry_time() {
    let server = server_behind_proxy(|it| it.network.connections = 2).await;
    let one = TestClient::open_via_proxy(&server, "192.0.2.1").await;
    // Addresses to the left of the one that the proxy added were written by the visitor and do not count.
    let _two = TestClient::open_via_proxy(&server, "198.51.100.7, 192.0.2.1").await;
    for forwarded_for in ["192.0.2.1", "203.0.113.1, 192.0.2.1"] {
        let mut third = TestSocket::open_via_proxy(&server, Some(forwarded_for)).await;
        let Ok(Frame { msg, .. }) = third.receive().await else { panic!("closed without a word") };
        assert!(
            matches!(
                msg,
                ToBrowser::Error { code: ErrorCode::NetworkFull, about: 0, retry_ms: Some(10_000..20_000) }
            ),
            "{msg:?}"
        );
        assert_eq!(third.close_reason().await, (None, 1013));
    }
    assert_eq!(server.metric("passerby_limited_total{limit=\"network-connections\"}").await, 2);
    assert_eq!(server.metric("passerby_closed_total{code=\"network-full\"}").await, 2);
    // Other networks still have room. An IPv6 /64 is one network.
    let _other = TestClient::open_via_proxy(&server, "192.0.2.2").await;
    let _near = TestClient::open_via_proxy(&server, "2001:db8::1").await;
    let _same = TestClient::open_via_proxy(&server, "[2001:db8::2]:4711").await;
    let mut third = TestSocket::open_via_proxy(&server, Some("2001:db8::3")).await;
    assert_eq!(third.close_reason().await, (Some(ErrorCode::NetworkFull), 1013));
    assert_eq!(server.metric("passerby_networks").await, 5, "an IPv6 address counts for three");

    one.close().await;
    server.wait_for_census([4, 4, 0, 0, 0]).await;
    TestClient::open_via_proxy(&server, "192.0.2.1").await;
}

#[tokio::test]
async fn limits_nested_ipv6_networks() {
    let server = server_behind_proxy(|it| {
        it.network.connections = 2;
        it.network.pages = Rate { burst: 2, per_minute: 1 };
    })
    .await;
    let mut clients = Vec::new();
    for link in 0..4 {
        clients.push(TestClient::open_via_proxy(&server, &format!("2001:db8:1:{link}::1")).await);
    }
    let is_full = async |address: &str| {
        let mut socket = TestSocket::open_via_proxy(&server, Some(address)).await;
        matches!(
            timeout(Duration::from_secs(1), socket.close_reason()).await,
            Ok((Some(ErrorCode::NetworkFull), 1013))
        )
    };
    assert!(is_full("2001:db8:1:ff::1").await, "a fifth one of the /56");
    assert!(is_full("2001:db8:1:1::2").await);
    for home in 1..=12 {
        clients.push(TestClient::open_via_proxy(&server, &format!("2001:db8:1:{home:x}aa::1")).await);
    }
    assert!(is_full("2001:db8:1:ffaa::1").await, "a seventeenth one of the /48");
    assert_eq!(server.metric("passerby_limited_total{limit=\"network-connections\"}").await, 3);
    TestClient::open_via_proxy(&server, "2001:db8:2::1").await;

    let get_page = async |address: &str| server.get("/", &[("X-Forwarded-For", address)]).await.status;
    for link in 0..4 {
        assert_eq!(get_page(&format!("2001:db8:3:{link}::1")).await, 200);
    }
    assert_eq!(get_page("2001:db8:3:5::1").await, 429);
    assert_eq!(get_page("2001:db8:3:500::1").await, 200, "another /56");
}

#[tokio::test]
async fn limits_pages_per_network_and_reloads_the_refused_page() {
    let server = server_behind_proxy(|it| it.network.pages = SLOW).await;
    let get_page = async |forwarded_for| server.get("/", &[("X-Forwarded-For", forwarded_for)]).await;
    for _ in 0..SLOW.burst {
        assert_eq!(get_page("192.0.2.1").await.status, 200);
    }
    let response = get_page("192.0.2.1").await;
    assert_eq!(response.status, 429);
    for name in ["retry-after", "refresh"] {
        let text =
            response.head.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(": ")).expect(name);
        assert!((1..=60).contains(&text.parse::<u64>().expect("seconds")), "{name}: {text}");
    }
    assert!(response.body.starts_with("Too many people on your network\n"), "{}", response.body);
    assert_eq!(get_page("192.0.2.2").await.status, 200);
    assert_eq!(server.metric("passerby_limited_total{limit=\"network-pages\"}").await, 1);
}

#[tokio::test]
async fn limits_new_sockets_per_network() {
    let server = server_behind_proxy(|it| it.network.openings = SLOW).await;
    for _ in 0..2 {
        TestClient::open_via_proxy(&server, "192.0.2.1").await.close().await;
    }
    server.wait_for_census([0; 5]).await;
    let origin = server.origin();
    let headers = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Protocol", SUBPROTOCOL),
        ("Origin", &origin),
        ("X-Forwarded-For", "192.0.2.1"),
    ];
    let response = server.get("/ws", &headers).await;
    assert_eq!((response.status, response.body.as_str()), (429, "rate-limited"));
    let after = response.head.lines().find_map(|it| it.strip_prefix("retry-after: ")).expect("a time");
    let after: u64 = after.parse().expect("seconds");
    assert!((1..=5).contains(&after), "{after}");
    TestClient::open_via_proxy(&server, "192.0.2.2").await;
    advance_time(Duration::from_secs(after)).await;
    TestClient::open_via_proxy(&server, "192.0.2.1").await;
    assert_eq!(server.metric("passerby_limited_total{limit=\"network-openings\"}").await, 1);
}

#[tokio::test]
async fn limits_messages_of_a_whole_network_together() {
    let server = server_behind_proxy(|it| (it.network.joins, it.network.nexts) = (SLOW, SLOW)).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(TestClient::open_via_proxy(&server, "192.0.2.1").await);
    }
    let [one, two, three] = &mut clients[..] else { panic!("three") };
    one.join().await;
    two.join().await;
    one.receive_match().await;
    two.receive_match().await;
    three.join().await;
    wait_for_retry(three, ErrorCode::RateLimited).await;
    three.join().await;
    assert_eq!(three.receive().await, ToBrowser::Waiting {});
    for client in [&mut *one, &mut *two] {
        let match_id = client.match_id;
        client.send(ToServer::Next { match_id }).await;
        client.receive_end().await;
    }
    let match_id = one.match_id;
    one.send(ToServer::Next { match_id }).await;
    assert_eq!(one.receive_error().await, ErrorCode::RateLimited);
    // Clients of other networks are not counted.
    let mut other = TestClient::open_via_proxy(&server, "192.0.2.2").await;
    other.join().await;
    other.receive_match().await;
    for kind in ["joins", "nexts"] {
        assert_eq!(server.metric(&format!("passerby_limited_total{{limit=\"network-{kind}\"}}")).await, 1);
    }
}
