//! `/metrics`, and the board and the alerts that are made of it.

use std::{collections::BTreeSet, time::Duration};

use passerby::{
    protocol::{ErrorCode, Frame, Signalling, ToBrowser, ToServer, encode},
    server::Config,
};

use crate::support::{CANDIDATE, TestServer, advance_time, candidate, match_pair};

pub(crate) const BOARD: &str = include_str!("../../docs/grafana.json");
pub(crate) const ALERTS: &str = include_str!("../../docs/alerts.yml");

/// The prefix of the metrics that only processes of a cluster have.
const OF_CLUSTERS: &str = "passerby_cluster_";

/// The prefixes of our metrics, and of those that every program has.
const PREFIXES: [&str; 2] = ["passerby_", "process_"];

/// The names of metrics in a text, without the endings that single series have.
pub(crate) fn families(text: &str) -> BTreeSet<&str> {
    let words = text.split(|it: char| !(it.is_ascii_alphanumeric() || it == '_'));
    let names = words.filter(|it| PREFIXES.iter().any(|prefix| it.starts_with(prefix)));
    names.map(|it| it.trim_end_matches("_bucket").trim_end_matches("_total")).collect()
}

#[tokio::test]
async fn board_and_alerts_name_only_existing_metrics() {
    let server = TestServer::open().await;
    // A metric appears after its first event, so clients connect, misbehave and leave.
    let (mut one, mut other) = match_pair(&server).await;
    one.socket.send("[]").await;
    one.socket.close_reason().await.0.expect("a refusal");
    other.receive_end().await;
    let mut config = Config::default();
    config.tls.self_signed = true;
    let with_tls = TestServer::open_with(config).await;
    let text = server.metrics().await + &with_tls.metrics().await;
    let named = families(BOARD);
    assert!(named.len() >= 18, "{named:?}");
    for family in named.union(&families(ALERTS)).filter(|it| !it.starts_with(OF_CLUSTERS)) {
        assert!(text.contains(&format!("# TYPE {family} ")), "{family} in {text}");
    }
    let version = env!("CARGO_PKG_VERSION");
    assert!(text.contains(&format!("passerby_build_info{{version=\"{version}\"}} 1")), "{text}");
    assert!(text.ends_with("# EOF\n") && server.metrics().await.matches("# EOF").count() == 1);
}

#[tokio::test]
async fn board_shows_what_the_alerts_are_about() {
    let shown = families(BOARD);
    assert!(families(ALERTS).is_subset(&shown), "{shown:?}");
}

#[tokio::test]
async fn reports_the_process_and_its_load() {
    let server = TestServer::open().await;
    let (_one, _other) = match_pair(&server).await;
    assert!(server.metric("process_resident_memory_bytes").await > 1024 * 1024);
    let open = server.metric("process_open_fds").await;
    assert!((3..=server.metric("process_max_fds").await).contains(&open), "{open}");
    // The sockets, their hellos and their joins, at least.
    assert!(server.metric("passerby_inbox_wait_seconds_count").await >= 6);
    assert!(server.metrics().await.contains("\npasserby_inbox_events "));
}

#[tokio::test]
async fn reports_when_the_certificate_expires_if_there_is_one() {
    const NAME: &str = "passerby_certificate_expiry_timestamp_seconds";
    assert!(!TestServer::open().await.metrics().await.contains(NAME));
    let folder = std::env::temp_dir().join(format!("passerby-metrics-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut config = Config::default();
    (config.tls.certificate, config.tls.key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let write = |year| {
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        std::fs::write(&config.tls.key, key.serialize_pem()).unwrap();
        std::fs::write(&config.tls.certificate, params.self_signed(&key).unwrap().pem()).unwrap();
    };
    write(2040);
    let server = TestServer::open_with(config.clone()).await;
    assert_eq!(server.metric(&format!("{NAME}{{}}")).await, 2_208_988_800);
    write(2041);
    for _ in 0..100 {
        advance_time(Duration::from_secs(1)).await;
        if server.metric(&format!("{NAME}{{}}")).await == 2_240_611_200 {
            std::fs::remove_dir_all(&folder).unwrap();
            return;
        }
    }
    panic!("the new certificate is not reported");
}

#[tokio::test]
async fn reports_and_ends_missing_acknowledgements() {
    let server = TestServer::open().await;
    let (mut one, mut other) = match_pair(&server).await;
    tokio::join!(one.negotiate(), other.negotiate());
    server.wait_for_census([2, 0, 0, 0, 2]).await;
    assert_eq!(server.metric("passerby_outbox_bytes").await, 0);
    assert!(server.metrics().await.contains("\npasserby_oldest_unacknowledged_seconds 0.0\n"));

    // It reads and pings, and acknowledges nothing.
    other.send_signal(candidate(CANDIDATE)).await;
    for _ in 0..5 {
        advance_time(Duration::from_secs(5)).await;
        one.socket.send(encode(&Frame { seq: 0, ack: 0, msg: ToServer::Ping {} })).await;
    }
    assert!(server.metric("passerby_outbox_bytes").await > CANDIDATE.len() as u64);
    let text = server.metrics().await;
    let age = text.lines().find_map(|it| it.strip_prefix("passerby_oldest_unacknowledged_seconds "));
    let age: f64 = age.expect("an age").parse().unwrap();
    assert!((24.0..29.0).contains(&age), "{age}");
    advance_time(Duration::from_secs(5)).await;
    assert_eq!(one.socket.close_reason().await, (Some(ErrorCode::TooSlow), 1008));
    assert!(matches!(other.receive().await, ToBrowser::Partner { signalling: Signalling::Lost, .. }));

    let mut one = one.resume(&server).await;
    assert_eq!(one.receive_signal().await, candidate(CANDIDATE));
    assert!(matches!(other.receive().await, ToBrowser::Partner { signalling: Signalling::Back, .. }));
}
