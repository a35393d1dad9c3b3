//! What one peer and one network may have, with real sockets: who takes more is told when to try again, and nobody else
//! notices.

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
use tokio_tungstenite::tungstenite::Message;

use crate::support::{CANDIDATE, House, Link, OFFER, Page, candidate, meet, pass};

/// Two at once, then one every five seconds.
const SLOW: Rate = Rate { burst: 2, per_minute: 12 };

/// No limit.
const FREE: Rate = Rate { burst: 0, per_minute: 0 };

const JOIN: ToServer = ToServer::Join {
    media: Media { audio: true, video: true },
    hide: false,
    tastes: Tastes { interests: Vec::new(), languages: Vec::new() },
};

/// One that believes a proxy on loopback.
async fn house_behind_a_proxy(limit: impl FnOnce(&mut LimitSettings)) -> House {
    let mut config = Config::default();
    config.server.proxies = vec!["127.0.0.1".into()];
    limit(&mut config.limits);
    House::open_with(config).await
}

/// Asserts that the next thing is a refusal with a time, and lets that pass.
async fn waits_as_told(page: &mut Page, expected: ErrorCode) {
    let ToBrowser::Error { code, retry_ms: Some(retry_ms), .. } = page.hear().await else {
        panic!("not refused with a time");
    };
    assert_eq!(code, expected);
    assert!((1..=5_000).contains(&retry_ms), "{retry_ms}");
    pass(Duration::from_secs(u64::from(retry_ms).div_ceil(1_000))).await;
}

#[tokio::test]
async fn a_next_that_comes_too_soon_is_heard_when_it_was_told_to_come() {
    let house = House::limited(|it| it.peer.nexts = SLOW).await;
    let (mut one, mut other) = meet(&house).await;
    let match_id = one.match_id;
    one.say(ToServer::Next { match_id }).await;
    one.hear_end().await;
    assert_eq!(one.hear().await, ToBrowser::Waiting {});
    other.hear_end().await;
    // The third on this socket, about a match that is over: it would change nothing.
    one.say(ToServer::Next { match_id }).await;
    one.say(ToServer::Next { match_id }).await;
    waits_as_told(&mut one, ErrorCode::RateLimited).await;
    one.say(ToServer::Next { match_id }).await;
    one.hears_nothing().await;
    assert_eq!(house.count("passerby_limited_total{limit=\"peer-nexts\"}").await, 1);
    assert_eq!(house.count("passerby_refused_total{code=\"rate-limited\"}").await, 1);
}

#[tokio::test]
async fn a_join_that_comes_too_soon_is_heard_when_it_was_told_to_come() {
    let house = House::limited(|it| it.peer.joins = SLOW).await;
    let mut page = Page::open(&house).await;
    for _ in 0..2 {
        page.say(JOIN).await;
        assert_eq!(page.hear().await, ToBrowser::Waiting {});
        page.say(ToServer::Leave {}).await;
    }
    page.say(JOIN).await;
    waits_as_told(&mut page, ErrorCode::RateLimited).await;
    page.say(JOIN).await;
    assert_eq!(page.hear().await, ToBrowser::Waiting {});
}

#[tokio::test]
async fn each_kind_has_a_bucket_of_its_own() {
    let house = House::limited(|it| {
        (it.peer.candidates, it.peer.signals, it.peer.others) = (SLOW, SLOW, FREE);
    })
    .await;
    let (mut one, mut other) = meet(&house).await;
    let offer = || Signal::Offer { sdp: Sdp(OFFER.into()) };
    for _ in 0..3 {
        one.signal(candidate(CANDIDATE)).await;
    }
    assert_eq!(one.hear_error().await, ErrorCode::RateLimited);
    for _ in 0..3 {
        one.signal(offer()).await;
    }
    assert_eq!(one.hear_error().await, ErrorCode::RateLimited);
    for _ in 0..100 {
        one.hears_nothing().await;
    }
    let mut heard = Vec::new();
    for _ in 0..4 {
        heard.push(other.hear_signal().await);
    }
    assert_eq!(heard, [candidate(CANDIDATE), candidate(CANDIDATE), offer(), offer()]);
    other.hears_nothing().await;
    for kind in ["candidates", "signals"] {
        assert_eq!(house.count(&format!("passerby_limited_total{{limit=\"peer-{kind}\"}}")).await, 1);
    }
}

#[tokio::test]
async fn who_does_not_mind_a_limit_is_closed_and_nobody_else_notices() {
    let house = House::limited(|it| {
        let peer = &mut it.peer;
        (peer.joins, peer.nexts, peer.signals) = (SLOW, SLOW, SLOW);
        (peer.candidates, peer.others) = (SLOW, SLOW);
    })
    .await;
    let (mut one, mut other) = meet(&house).await;
    let match_id = one.match_id;
    let signal = |signal| ToServer::Signal { match_id, epoch: Epoch::FIRST, signal };
    for (flood, is_numbered, limit) in [
        (JOIN, true, "peer-joins"),
        (ToServer::Next { match_id }, true, "peer-nexts"),
        (signal(Signal::Offer { sdp: Sdp(OFFER.into()) }), true, "peer-signals"),
        (signal(candidate(CANDIDATE)), true, "peer-candidates"),
        (ToServer::Ping {}, false, "peer-others"),
    ] {
        let mut page = Page::open(&house).await;
        let before = house.count("passerby_refused_total{code=\"not-your-match\"}").await;
        for number in 1..10_000 {
            let seq = if is_numbered { number } else { 0 };
            if !page.link.send(encode(&Frame { seq, ack: 0, msg: flood.clone() })).await {
                break;
            }
        }
        assert_eq!(page.link.verdict().await, (Some(ErrorCode::TooManyRefusals), 1008), "{limit}");
        let limited = house.count(&format!("passerby_limited_total{{limit=\"{limit}\"}}")).await;
        assert_eq!(limited, u64::from(MAX_REFUSALS) + 1, "{limit}");
        // What was too much was not even looked at.
        let after = house.count("passerby_refused_total{code=\"not-your-match\"}").await;
        assert!(after - before <= 2, "{limit}: {}", after - before);
    }
    tokio::join!(one.negotiate(), other.negotiate());
    house.settles([2, 0, 0, 0, 2]).await;
}

#[tokio::test]
async fn pings_of_the_websocket_are_counted_as_well() {
    let house = House::open().await;
    let mut page = Page::open(&house).await;
    for _ in 0..10_000 {
        if !page.link.send(Message::Ping(Default::default())).await {
            break;
        }
    }
    assert_eq!(page.link.verdict().await, (Some(ErrorCode::TooManyRefusals), 1008));
}

#[tokio::test]
async fn who_does_not_say_hello_is_waited_for_as_long_as_is_set() {
    let house = House::limited(|it| it.hello_seconds = 20).await;
    let mut link = Link::open(&house).await;
    pass(Duration::from_secs(18)).await;
    house.settles([1, 0, 0, 0, 0]).await;
    pass(Duration::from_secs(2)).await;
    assert_eq!(link.verdict().await, (Some(ErrorCode::HelloFirst), 4401));
    assert_eq!(house.count("passerby_closed_total{code=\"hello-first\"}").await, 1);
}

#[tokio::test]
async fn what_is_kept_for_a_page_is_bounded_by_bytes_as_is_set() {
    let house = House::limited(|it| it.outbox_kib = 64).await;
    let (mut one, other) = meet(&house).await;
    other.link.freeze();
    // Of the rest nothing is for what a partner says.
    let offers = (48 << 10) / OFFER.len();
    for _ in 0..offers {
        one.signal(Signal::Offer { sdp: Sdp(OFFER.into()) }).await;
        one.hears_nothing().await;
    }
    one.signal(Signal::Offer { sdp: Sdp(OFFER.into()) }).await;
    let told = one.hear().await;
    assert!(matches!(told, ToBrowser::Error { code: ErrorCode::RateLimited, .. }), "{told:?}");
    house.settles([2, 0, 0, 2, 0]).await;
}

#[tokio::test]
async fn who_takes_nothing_is_cut_in_time() {
    let house = House::limited(|it| {
        it.peer.others = FREE;
        it.write_seconds = 1;
    })
    .await;
    let page = Page::open(&house).await;
    house.settles([1, 1, 0, 0, 0]).await;
    page.link.freeze();
    let Page { mut link, .. } = page;
    // Each is answered, until nothing more fits between the two.
    let ping = encode(&Frame { seq: 0, ack: 0, msg: ToServer::Ping {} });
    let flood = tokio::spawn(async move { while link.send(ping.clone()).await {} });
    house.settles([0, 1, 0, 0, 0]).await;
    assert_eq!(house.count("passerby_limited_total{limit=\"write\"}").await, 1);
    flood.abort();
}

#[tokio::test]
async fn a_network_has_so_many_sockets_and_is_told_when_to_come_back() {
    let house = house_behind_a_proxy(|it| it.network.connections = 2).await;
    let one = Page::open_for(&house, "192.0.2.1").await;
    // What a visitor writes to the left of the proxy's word is nobody's.
    let _two = Page::open_for(&house, "198.51.100.7, 192.0.2.1").await;
    for client in ["192.0.2.1", "203.0.113.1, 192.0.2.1"] {
        let mut third = Link::open_for(&house, Some(client)).await;
        let Ok(Frame { msg, .. }) = third.receive().await else { panic!("closed without a word") };
        assert!(
            matches!(
                msg,
                ToBrowser::Error { code: ErrorCode::NetworkFull, about: 0, retry_ms: Some(10_000..20_000) }
            ),
            "{msg:?}"
        );
        assert_eq!(third.verdict().await, (None, 1013));
    }
    assert_eq!(house.count("passerby_limited_total{limit=\"network-connections\"}").await, 2);
    assert_eq!(house.count("passerby_closed_total{code=\"network-full\"}").await, 2);
    // Elsewhere there is room, and a /64 is one network.
    let _other = Page::open_for(&house, "192.0.2.2").await;
    let _near = Page::open_for(&house, "2001:db8::1").await;
    let _same = Page::open_for(&house, "[2001:db8::2]:4711").await;
    let mut third = Link::open_for(&house, Some("2001:db8::3")).await;
    assert_eq!(third.verdict().await, (Some(ErrorCode::NetworkFull), 1013));
    assert_eq!(house.count("passerby_networks").await, 3);

    one.close().await;
    house.settles([4, 4, 0, 0, 0]).await;
    Page::open_for(&house, "192.0.2.1").await;
}

#[tokio::test]
async fn a_network_is_given_so_many_pages_and_whoever_asks_for_more_comes_again_by_itself() {
    let house = house_behind_a_proxy(|it| it.network.pages = SLOW).await;
    let page = async |client| house.get("/", &[("X-Forwarded-For", client)]).await;
    for _ in 0..SLOW.burst {
        assert_eq!(page("192.0.2.1").await.status, 200);
    }
    let answer = page("192.0.2.1").await;
    assert_eq!(answer.status, 429);
    for name in ["retry-after", "refresh"] {
        let text = answer.head.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(": ")).expect(name);
        assert!((1..=60).contains(&text.parse::<u64>().expect("seconds")), "{name}: {text}");
    }
    assert!(answer.body.starts_with("Many people are here from your network\n"), "{}", answer.body);
    assert_eq!(page("192.0.2.2").await.status, 200);
    assert_eq!(house.count("passerby_limited_total{limit=\"network-pages\"}").await, 1);
}

#[tokio::test]
async fn a_network_has_so_many_new_sockets() {
    let house = house_behind_a_proxy(|it| it.network.openings = SLOW).await;
    for _ in 0..2 {
        Page::open_for(&house, "192.0.2.1").await.close().await;
    }
    house.settles([0; 5]).await;
    let origin = house.origin();
    let headers = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Protocol", SUBPROTOCOL),
        ("Origin", &origin),
        ("X-Forwarded-For", "192.0.2.1"),
    ];
    let answer = house.get("/ws", &headers).await;
    assert_eq!((answer.status, answer.body.as_str()), (429, "rate-limited"));
    let after = answer.head.lines().find_map(|it| it.strip_prefix("retry-after: ")).expect("a time");
    let after: u64 = after.parse().expect("seconds");
    assert!((1..=5).contains(&after), "{after}");
    Page::open_for(&house, "192.0.2.2").await;
    pass(Duration::from_secs(after)).await;
    Page::open_for(&house, "192.0.2.1").await;
    assert_eq!(house.count("passerby_limited_total{limit=\"network-openings\"}").await, 1);
}

#[tokio::test]
async fn what_all_of_a_network_say_is_numbered_together() {
    let house = house_behind_a_proxy(|it| (it.network.joins, it.network.nexts) = (SLOW, SLOW)).await;
    let mut pages = Vec::new();
    for _ in 0..3 {
        pages.push(Page::open_for(&house, "192.0.2.1").await);
    }
    let [one, two, three] = &mut pages[..] else { panic!("three") };
    one.join().await;
    two.join().await;
    one.hear_match().await;
    two.hear_match().await;
    three.join().await;
    waits_as_told(three, ErrorCode::RateLimited).await;
    three.join().await;
    assert_eq!(three.hear().await, ToBrowser::Waiting {});
    for page in [&mut *one, &mut *two] {
        let match_id = page.match_id;
        page.say(ToServer::Next { match_id }).await;
        page.hear_end().await;
    }
    let match_id = one.match_id;
    one.say(ToServer::Next { match_id }).await;
    assert_eq!(one.hear_error().await, ErrorCode::RateLimited);
    // Somebody elsewhere is not counted with them.
    let mut other = Page::open_for(&house, "192.0.2.2").await;
    other.join().await;
    other.hear_match().await;
    for kind in ["joins", "nexts"] {
        assert_eq!(house.count(&format!("passerby_limited_total{{limit=\"network-{kind}\"}}")).await, 1);
    }
}
