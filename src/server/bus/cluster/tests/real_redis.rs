//! The scripts and the streams in a real redis-server.

use std::time::Duration;

use proptest::prelude::*;
use redis::IntoConnectionInfo;
use tokio::time::{Instant, timeout};

use super::{lease_keys::LeaseKeys, redis_server::RedisServer};
use crate::{
    matchmaker::{EdgeId, Input, Network, SiteIndex, SocketId, Visit},
    server::bus::cluster::{
        edge_link::{Appended, Entry, FromCore},
        items::{BUS_VERSION, ToCore, ToEdge},
        lease::{Ask, Holder},
        metrics::ClusterMetrics,
        store::{
            connection::RedisAddress,
            entries::Unreadable,
            streams::{FIRST_ID, Streams},
        },
    },
    time::Moment,
};

fn streams_in(redis: &RedisServer, key: [u8; 32]) -> Streams {
    let info = redis.url().into_connection_info().unwrap();
    Streams::new(RedisAddress::Direct(Box::new(info)), "tests", &key.into(), ClusterMetrics::default())
}

fn report(number: u64) -> ToCore {
    let network = Network::of([192, 0, 2, 77].into());
    let socket = SocketId { edge: EdgeId(5), number };
    let visit = Visit { socket, network, network_tags: Default::default(), site: SiteIndex(0) };
    ToCore::of(Input::Opened(visit)).unwrap()
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Ask { process: u64, knows: bool, renews: bool },
    Expire,
    Flush,
    HearOf(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..3_u64, any::<bool>(), any::<bool>())
            .prop_map(|(process, knows, renews)| Step::Ask { process, knows, renews }),
        2 => Just(Step::Expire),
        1 => Just(Step::Flush),
        1 => (0..1_000_u64).prop_map(Step::HearOf),
    ]
}

/// Takes these steps in Redis and in the model, whose clock is set so that terms never depend on the time.
async fn compare(redis: &RedisServer, steps: Vec<Step>) {
    redis.run::<()>(&["FLUSHALL"]).await;
    let (streams, mut model) = (streams_in(redis, [1; 32]), LeaseKeys::default());
    // Higher than the time, so that both count on from it.
    let mut highest = 1 << 52;
    let mut own = [None; 3];
    for step in steps {
        match step {
            Step::Ask { process, knows, renews } => {
                let own_term = own[process as usize].filter(|_| renews);
                let ask = Ask { process, own_term, known_term: if knows { highest } else { 1 << 52 } };
                let answer = streams.ask(ask).await.unwrap();
                assert_eq!(answer, model.ask(Moment::default(), ask), "{step:?}");
                highest = highest.max(answer.term);
                if answer.process == process {
                    own[process as usize] = Some(answer.term);
                }
            }
            Step::Expire => {
                redis.run::<()>(&["DEL", "{passerby:tests}:holder"]).await;
                model.expire();
            }
            Step::Flush => {
                redis.run::<()>(&["FLUSHALL"]).await;
                model = LeaseKeys::default();
            }
            Step::HearOf(more) => {
                let entry = Entry { number: 0, items: Vec::new() };
                let to = Holder { term: highest + more, process: 99 };
                assert!(!matches!(streams.append(EdgeId(1), Some(to), &entry).await, Appended::Done));
                model.hear_of(Moment::default(), to.term);
            }
        }
    }
}

#[test]
fn the_script_of_the_lease_does_what_its_model_does() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let redis = runtime.block_on(RedisServer::start());
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) };
    proptest!(config, |(steps in proptest::collection::vec(step(), 1..20))| {
        runtime.block_on(compare(&redis, steps));
    });
}

#[tokio::test]
async fn only_entries_for_the_holder_are_appended_and_only_the_holder_writes() {
    let redis = RedisServer::start().await;
    let streams = streams_in(&redis, [1; 32]);
    let (edge, entry) = (EdgeId(5), Entry { number: 0, items: vec![report(1)] });
    assert_eq!(streams.append(edge, None, &entry).await, Appended::Elsewhere(None));
    let holder = streams.ask(Ask { process: 7, own_term: None, known_term: 0 }).await.unwrap();
    assert_eq!(streams.append(edge, None, &entry).await, Appended::Elsewhere(Some(holder)));
    assert_eq!(streams.append(edge, Some(holder), &entry).await, Appended::Done);
    let former = Holder { term: holder.term - 1, process: 6 };
    assert_eq!(streams.append(edge, Some(former), &entry).await, Appended::Elsewhere(Some(holder)));

    let read = streams.read_core(holder, FIRST_ID).await.unwrap();
    let [Ok((from, got))] = &read.entries[..] else { panic!("{read:?}") };
    assert_eq!((*from, got.number, got.items.len()), (edge, 0, 1));
    assert!(read.is_complete);
    let after = read.last_id.unwrap();
    let empty = streams.read_core(holder, &after).await.unwrap();
    assert!(empty.entries.is_empty() && empty.last_id.is_none() && empty.is_complete);

    let (_, close) = ToEdge::close(SocketId { edge, number: 1 }, crate::protocol::ErrorCode::Silent);
    let news = Entry { number: 0, items: vec![close] };
    let batch = vec![(edge, FromCore::Entry(news.into())), (EdgeId(6), FromCore::Reset)].into();
    assert!(!streams.write(former, &batch).await);
    assert!(streams.write(holder, &batch).await);
    let read = streams.read_edge(holder, edge, FIRST_ID).await.unwrap();
    assert!(matches!(&read.entries[..], [Ok(FromCore::Entry(it))] if it.items.len() == 1), "{read:?}");
    let read = streams.read_edge(holder, EdgeId(6), FIRST_ID).await.unwrap();
    assert!(matches!(&read.entries[..], [Ok(FromCore::Reset)]), "{read:?}");

    streams.resign(former).await.unwrap();
    assert_eq!(
        streams.append(edge, None, &entry).await,
        Appended::Elsewhere(Some(holder)),
        "not the holder's"
    );
    streams.resign(holder).await.unwrap();
    assert_eq!(streams.append(edge, None, &entry).await, Appended::Elsewhere(None));
}

#[tokio::test]
async fn entries_of_an_unknown_version_are_told_apart() {
    let redis = RedisServer::start().await;
    let streams = streams_in(&redis, [1; 32]);
    let holder = streams.ask(Ask { process: 7, own_term: None, known_term: 0 }).await.unwrap();
    let (version, unknown) = (BUS_VERSION + 1, (BUS_VERSION + 1).to_string());
    let fields = ["*", "version", &unknown, "edge", "0000000000000005", "number", "0", "items", "?"];
    for name in [format!("core:{}", holder.term), format!("edge:{}:0000000000000005", holder.term)] {
        let key = format!("{{passerby:tests}}:{name}");
        let command = [&["XADD", key.as_str()], &fields[..]].concat();
        redis.run::<String>(&command).await;
    }
    let expected = Unreadable::Version { version, edge: Some(EdgeId(5)) };
    let read = streams.read_core(holder, FIRST_ID).await.unwrap();
    assert!(matches!(&read.entries[..], [Err(it)] if *it == expected), "{read:?}");
    let read = streams.read_edge(holder, EdgeId(5), FIRST_ID).await.unwrap();
    assert!(matches!(&read.entries[..], [Err(it)] if *it == expected), "{read:?}");
}

#[tokio::test]
async fn redis_holds_nothing_readable_and_nothing_for_ever() {
    let redis = RedisServer::start().await;
    let streams = streams_in(&redis, [1; 32]);
    let holder = streams.ask(Ask { process: 7, own_term: None, known_term: 0 }).await.unwrap();
    let entry = Entry { number: 0, items: vec![report(1)] };
    assert_eq!(streams.append(EdgeId(5), Some(holder), &entry).await, Appended::Done);
    let (_, close) =
        ToEdge::close(SocketId { edge: EdgeId(5), number: 1 }, crate::protocol::ErrorCode::Silent);
    let news = Entry { number: 0, items: vec![close] };
    assert!(streams.write(holder, &vec![(EdgeId(5), FromCore::Entry(news.into()))].into()).await);
    let keys: Vec<String> = redis.run(&["KEYS", "*"]).await;
    assert_eq!(keys.len(), 4, "{keys:?}");
    for key in &keys {
        assert!(key.starts_with("{passerby:tests}:"), "{key}");
        assert!(redis.run::<i64>(&["PTTL", key]).await > 0, "{key} expires");
        let dump: Vec<u8> = redis.run(&["DUMP", key]).await;
        for readable in [&b"192.0.2.77"[..], &[192, 0, 2, 77], b"Opened", b"silent"] {
            assert!(!dump.windows(readable.len()).any(|it| it == readable), "{key} has {readable:?}");
        }
    }
    let other = streams_in(&redis, [2; 32]).read_core(holder, FIRST_ID).await.unwrap();
    assert!(matches!(&other.entries[..], [Err(Unreadable::Sealed)]), "another key opens nothing: {other:?}");
}

#[tokio::test]
async fn entries_that_are_too_old_are_removed() {
    let redis = RedisServer::start().await;
    let streams = streams_in(&redis, [1; 32]);
    let holder = streams.ask(Ask { process: 7, own_term: None, known_term: 0 }).await.unwrap();
    let keys = [format!("core:{}", holder.term), format!("edge:{}:{:016x}", holder.term, 5)];
    let keys = keys.map(|it| format!("{{passerby:tests}}:{it}"));
    for key in &keys {
        redis.run::<()>(&["XADD", key, "1-1", "number", "0"]).await;
    }
    let entry = Entry { number: 0, items: vec![report(1)] };
    assert_eq!(streams.append(EdgeId(5), Some(holder), &entry).await, Appended::Done);
    let news = Entry { number: 0, items: Vec::new() };
    assert!(streams.write(holder, &vec![(EdgeId(5), FromCore::Entry(news.into()))].into()).await);
    for key in &keys {
        assert_eq!(redis.run::<usize>(&["XLEN", key]).await, 1, "{key} keeps the new one only");
    }
}

#[tokio::test]
async fn the_core_of_a_process_does_not_wait_for_what_its_edge_reads() {
    let redis = RedisServer::start().await;
    let streams = streams_in(&redis, [1; 32]);
    let holder = streams.ask(Ask { process: 7, own_term: None, known_term: 0 }).await.unwrap();
    let entry = Entry { number: 0, items: Vec::new() };
    assert_eq!(streams.append(EdgeId(5), Some(holder), &entry).await, Appended::Done);
    // Both connect before.
    streams.read_core(holder, FIRST_ID).await.unwrap();
    streams.read_edge(holder, EdgeId(5), FIRST_ID).await.unwrap();
    tokio::select! {
        biased;
        _ = streams.read_edge(holder, EdgeId(5), FIRST_ID) => panic!("there is nothing to read"),
        read = streams.read_core(holder, FIRST_ID) => assert_eq!(read.unwrap().entries.len(), 1),
    }
}

/// As after a failover to a Redis whose clock is behind.
#[tokio::test]
async fn entries_are_read_although_their_ids_are_lower_than_before() {
    let redis = RedisServer::start().await;
    let streams = streams_in(&redis, [1; 32]);
    let holder = streams.ask(Ask { process: 7, own_term: None, known_term: 0 }).await.unwrap();
    let entry = |number| Entry { number, items: Vec::new() };
    assert_eq!(streams.append(EdgeId(5), Some(holder), &entry(0)).await, Appended::Done);
    let after = format!("{}-0", u64::MAX / 2);
    let numbers = async || {
        let read = streams.read_core(holder, &after).await.unwrap();
        read.entries.into_iter().map(|it| it.unwrap().1.number).collect::<Vec<_>>()
    };
    assert_eq!(numbers().await, [0]);
    assert_eq!(streams.append(EdgeId(5), Some(holder), &entry(1)).await, Appended::Done);
    assert_eq!(numbers().await, [0, 1]);
    let key = format!("{{passerby:tests}}:core:{}", holder.term);
    redis.run::<String>(&["XADD", &key, &after, "version", "1"]).await;
    assert!(numbers().await.is_empty(), "this is the last one that was read");
}

/// As after a failover to a Redis whose clock is behind.
#[tokio::test]
async fn a_holder_is_kept_for_three_seconds_whatever_the_clock_was() {
    let redis = RedisServer::start().await;
    let streams = streams_in(&redis, [1; 32]);
    let ask = |process| Ask { process, own_term: None, known_term: 0 };
    let holder = streams.ask(ask(7)).await.unwrap();
    redis.run::<()>(&["PEXPIRE", "{passerby:tests}:holder", "600000"]).await;
    assert_eq!(streams.ask(ask(8)).await.unwrap(), holder);
    let left = redis.run::<i64>(&["PTTL", "{passerby:tests}:holder"]).await;
    assert!((2_000..=3_000).contains(&left), "{left}");
    redis.run::<()>(&["PEXPIRE", "{passerby:tests}:holder", "1000"]).await;
    assert_eq!(streams.ask(ask(8)).await.unwrap(), holder);
    let left = redis.run::<i64>(&["PTTL", "{passerby:tests}:holder"]).await;
    assert!(left <= 1_000, "nobody renews it but the holder: {left}");
}

#[tokio::test]
async fn a_redis_that_refuses_is_not_asked_again_at_once() {
    let redis = RedisServer::start().await;
    let streams = streams_in(&redis, [1; 32]);
    redis.run::<()>(&["REPLICAOF", "127.0.0.1", "1"]).await;
    let ask = Ask { process: 7, own_term: None, known_term: 0 };
    let before = Instant::now();
    for _ in 0..3 {
        assert!(streams.ask(ask).await.is_err());
    }
    assert!(before.elapsed() >= Duration::from_millis(300), "{:?}", before.elapsed());
}

#[tokio::test]
async fn a_redis_that_stands_still_is_given_up_in_time_and_used_again() {
    let mut redis = RedisServer::start().await;
    let streams = streams_in(&redis, [1; 32]);
    let ask = Ask { process: 7, own_term: None, known_term: 0 };
    let holder = streams.ask(ask).await.unwrap();
    redis.signal("-STOP");
    let before = Instant::now();
    assert!(streams.ask(ask).await.is_err());
    assert!(streams.read_core(holder, FIRST_ID).await.is_err());
    assert!(before.elapsed() < Duration::from_secs(4), "{:?}", before.elapsed());
    redis.signal("-CONT");
    let again = async { while streams.ask(ask).await.is_err() {} };
    timeout(Duration::from_secs(5), again).await.expect("it is used again");

    // Another one, which knows none of the scripts.
    redis.restart().await;
    let again = async { while streams.ask(ask).await.is_err() {} };
    timeout(Duration::from_secs(5), again).await.expect("it is used, too");
}

#[tokio::test]
async fn what_redis_is_like_is_found_out() {
    let redis = RedisServer::start().await;
    let found = streams_in(&redis, [1; 32]).inspect().await.unwrap();
    assert!(found.problem().is_none() && found.describe().contains("Redis"), "{found:?}");
    assert!(!found.evicts());
    redis.run::<()>(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru", "maxmemory", "100mb"]).await;
    assert!(streams_in(&redis, [1; 32]).inspect().await.unwrap().evicts());
    redis.run::<()>(&["REPLICAOF", "127.0.0.1", "1"]).await;
    let found = streams_in(&redis, [1; 32]).inspect().await.unwrap();
    assert!(found.problem().unwrap().contains("replica"), "{found:?}");
}
