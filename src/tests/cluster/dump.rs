//! What a Redis holds while people talk, wait, report and are sanctioned.

use std::collections::BTreeMap;

use passerby::protocol::{EndReason, Interest, Media, Tastes, ToBrowser, ToServer};
use redis::Value;

use super::{
    Cluster,
    moderation::{copied, start},
};
use crate::{
    moderation::{address, let_all_report, meet, reports::receive_sanction},
    program::Folder,
    support::{ANSWER, CANDIDATE, OFFER, TestClient},
};

/// How long keys may stay, in milliseconds, by the beginnings of their names.
const KEPT_FOR: [(&str, i64); 6] = [
    ("holder", 3_000),
    ("term", 86_400_000),
    ("core:", 30_000),
    ("edge:", 30_000),
    ("decisions", 86_400_000),
    ("tags", 86_400_000),
];

/// How old an entry of a stream may be, in milliseconds: an edge or a core appends every half a second, and removes
/// what is older than 15 s.
const OLDEST_ENTRY: u64 = 16_000;

/// All bytes in an answer of Redis.
fn collect(value: &Value, into: &mut Vec<u8>) {
    match value {
        Value::BulkString(bytes) => into.extend(bytes),
        Value::SimpleString(text) => into.extend(text.as_bytes()),
        Value::Array(all) => all.iter().for_each(|it| collect(it, into)),
        other => into.extend(format!("{other:?}").into_bytes()),
    }
}

/// Everything that Redis holds, by key: as it returns it, and as it would write it to a disk.
async fn everything(cluster: &Cluster) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for key in cluster.redis::<Vec<String>>(&["KEYS", "*"]).await {
        let kind: String = cluster.redis(&["TYPE", &key]).await;
        let mut bytes = key.clone().into_bytes();
        let read: &[&str] = if kind == "stream" { &["XRANGE", &key, "-", "+"] } else { &["GET", &key] };
        for command in [&["DUMP", &*key], read] {
            collect(&cluster.redis(command).await, &mut bytes);
        }
        all.insert(key, bytes);
    }
    all
}

/// The keys that contain this.
fn holders<'a>(all: &'a BTreeMap<String, Vec<u8>>, needle: &[u8]) -> Vec<&'a String> {
    let contains = |bytes: &[u8]| bytes.windows(needle.len()).any(|it| it == needle);
    all.iter().filter(|(_, bytes)| contains(bytes)).map(|(key, _)| key).collect()
}

/// No key stays longer than it should, and no entry.
async fn everything_expires(cluster: &Cluster, all: &BTreeMap<String, Vec<u8>>) {
    let (seconds, micros): (u64, u64) = cluster.redis(&["TIME"]).await;
    let now = seconds * 1_000 + micros / 1_000;
    for key in all.keys() {
        let name = key.strip_prefix("{passerby:passerby}:").expect("a key of the cluster");
        let (_, longest) = KEPT_FOR.iter().find(|it| name.starts_with(it.0)).expect("a known key");
        let left: i64 = cluster.redis(&["PTTL", key]).await;
        assert!(0 < left && left <= *longest, "{key} expires in {left} ms");
        if name.starts_with("core:") || name.starts_with("edge:") {
            let first: Vec<(String, Vec<Value>)> =
                cluster.redis(&["XRANGE", key, "-", "+", "COUNT", "1"]).await;
            let at = first[0].0.split_once('-').unwrap().0.parse::<u64>().unwrap();
            assert!(now - at <= OLDEST_ENTRY, "{key} has an entry that is {} ms old", now - at);
        }
    }
}

/// Ten bots meet and report somebody, who is sanctioned.
async fn report_all(cluster: &Cluster) -> Vec<TestClient> {
    let edges = [cluster.edges[0].address, cluster.edges[1].address];
    let mut good = TestClient::open_via_proxy(edges[1], &address(9)).await;
    let mut bots = Vec::new();
    for number in 0..10 {
        let mut bot = TestClient::open_via_proxy(edges[number % 2], &address(number % 3)).await;
        meet(&mut good, &mut bot).await;
        bot.send(ToServer::Leave {}).await;
        assert_eq!(good.receive_end().await, EndReason::PartnerLeft);
        bots.push(bot);
    }
    let_all_report(&mut bots).await;
    receive_sanction(&mut good).await;
    bots.push(good);
    bots
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_holds_nothing_readable_of_people_and_nothing_for_ever() {
    let folder = Folder::new("cluster-dump");
    let cluster = start(&folder).await;
    copied(&cluster, "tags", &[]).await;
    let before = copied(&cluster, "decisions", &[]).await;
    let mut clients = report_all(&cluster).await;
    copied(&cluster, "decisions", &before).await;

    let mut one = TestClient::open_via_proxy(cluster.edges[0].address, &address(10)).await;
    let mut other = TestClient::open_via_proxy(cluster.edges[1].address, &address(11)).await;
    meet(&mut one, &mut other).await;
    tokio::join!(one.negotiate(), other.negotiate());
    let mut waiting = TestClient::open_via_proxy(cluster.edges[0].address, &address(12)).await;
    let interests = Interest::all_in("falconry");
    let media = Media { audio: true, video: true };
    let tastes = Tastes { interests, ..Tastes::default() };
    waiting.send(ToServer::Join { media, hide: false, soft: false, tastes }).await;
    while waiting.receive().await != (ToBrowser::Waiting {}) {}

    clients.extend([one, other, waiting]);
    let all = everything(&cluster).await;
    for (name, count) in KEPT_FOR.map(|(name, _)| (name, if name == "edge:" { 2 } else { 1 })) {
        let found = all.keys().filter(|it| it.starts_with(&format!("{{passerby:passerby}}:{name}"))).count();
        assert_eq!(found, count, "{name}: {:?}", all.keys());
    }
    // Long enough that no sealed text has them by chance.
    let mut readable: Vec<Vec<u8>> = ["falconry", "He shows", "matched", "welcome", "features", "network"]
        .map(|it| it.as_bytes().to_vec())
        .to_vec();
    readable.extend([0, 1, 2, 9, 10, 11, 12].map(|it| address(it).into_bytes()));
    for description in [OFFER, ANSWER, CANDIDATE] {
        let words = description.split(|it: char| it.is_whitespace() || "=:".contains(it));
        readable.extend(words.filter(|it| it.len() >= 8).map(|it| it.as_bytes().to_vec()));
    }
    for client in &clients {
        readable.push(client.peer.0.as_bytes().to_vec());
        readable.push(client.peer.0.to_string().into_bytes());
        readable.push(client.match_id.0.as_bytes().to_vec());
        for token in [&client.device, &client.ticket].into_iter().flatten() {
            readable.push(token.as_bytes()[token.len() - 16..].to_vec());
        }
    }
    for needle in readable.iter().filter(|it| it.iter().any(|it| *it != 0)) {
        let found = holders(&all, needle);
        assert!(found.is_empty(), "{found:?} have {:?}", String::from_utf8_lossy(needle));
    }
    everything_expires(&cluster, &all).await;

    // The search finds what is there.
    cluster.redis::<()>(&["SET", "other", "falconry"]).await;
    cluster.redis::<()>(&["XADD", "others", "*", "peer", &address(9)]).await;
    let all = everything(&cluster).await;
    assert_eq!(holders(&all, b"falconry"), ["other"]);
    assert_eq!(holders(&all, address(9).as_bytes()), ["others"]);
}
