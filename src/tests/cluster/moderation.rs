//! Reports and bans in a cluster: one edge has the store, and all of them have its decisions.

use std::{net::SocketAddr, time::Duration};

use passerby::protocol::{EndReason, ErrorCode, NoticeKind, ReportResult, ToBrowser, ToServer};
use tokio::time::{sleep, timeout};

use super::{Cluster, Store, WITHIN};
use crate::{
    moderation::{
        address, let_all_report, meet, report,
        reports::{hello, receive_sanction},
    },
    program::Folder,
    support::TestClient,
};

/// A cluster whose first edge has the store, and whose visitors come through a proxy.
pub(super) async fn start(folder: &Folder) -> Cluster {
    let state = folder.0.join("state").display().to_string();
    let more = |edge: Option<usize>| {
        let mut all = vec![
            ("PASSERBY__MODERATION__HOME", "home".to_owned()),
            ("PASSERBY__SERVER__PROXIES", "127.0.0.1".to_owned()),
        ];
        if edge == Some(0) {
            all.push(("PASSERBY__CLUSTER__EDGE_NAME", "home".to_owned()));
            all.push(("PASSERBY__STATE__DIR", state.clone()));
        }
        all
    };
    Cluster::start_with(Store::alone().await, 2, 2, more).await
}

/// Whether this device is refused at this edge because of a decision.
async fn is_refused(edge: SocketAddr, device: &str) -> bool {
    let (answer, closed) = hello(edge, &address(9), device).await;
    matches!(answer, ToBrowser::Sanctioned(_)) && closed == (Some(ErrorCode::Sanctioned), 4403)
}

/// Waits until Redis has something under this name that differs from this, and returns it.
pub(super) async fn copied(cluster: &Cluster, name: &str, before: &[u8]) -> Vec<u8> {
    let key = format!("{{passerby:passerby}}:{name}");
    let differs = async {
        loop {
            let copy: Option<Vec<u8>> = cluster.redis(&["GET", &key]).await;
            match copy {
                Some(copy) if copy != before => return copy,
                _ => sleep(Duration::from_millis(50)).await,
            }
        }
    };
    timeout(WITHIN, differs).await.expect("something new")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_reach_the_store_of_another_edge_and_its_decisions_hold_everywhere() {
    let folder = Folder::new("cluster-reports");
    let mut cluster = start(&folder).await;
    let (home, away) = (cluster.edges[0].address, cluster.edges[1].address);
    copied(&cluster, "tags", &[]).await;
    // Edges look for it every second, and nothing shows that they have it.
    sleep(Duration::from_secs(2)).await;
    let before = copied(&cluster, "decisions", &[]).await;
    let mut good = TestClient::open_via_proxy(away, &address(9)).await;
    let mut bots = Vec::new();
    for number in 0..10 {
        let edge = if number % 2 == 0 { home } else { away };
        let mut bot = TestClient::open_via_proxy(edge, &address(number % 3)).await;
        meet(&mut good, &mut bot).await;
        bot.send(ToServer::Leave {}).await;
        assert_eq!(good.receive_end().await, EndReason::PartnerLeft);
        bots.push(bot);
    }
    let_all_report(&mut bots).await;
    let (kind, automatic, appeal) = receive_sanction(&mut good).await;
    assert_eq!((kind, automatic, appeal.is_some()), (NoticeKind::Paused, true, true));

    let device = good.device.clone().unwrap();
    assert!(is_refused(home, &device).await && is_refused(away, &device).await);

    // A new core knows the decisions from Redis, also while the edge with the store is away.
    copied(&cluster, "decisions", &before).await;
    let term = copied(&cluster, "term", &[]).await;
    cluster.edges[0].kill();
    cluster.cores[0].kill();
    copied(&cluster, "term", &term).await;
    // The edge hears of it with what it sends next.
    sleep(Duration::from_secs(1)).await;
    assert!(is_refused(away, &device).await, "the decision outlives the core and the edge with the store");
    let ticket = bots[1].ticket.clone().unwrap();
    drop(bots);
    let mut other = TestClient::open_via_proxy(away, &address(5)).await;
    assert_ne!(
        report(&mut other, &ticket).await.0,
        ReportResult::Accepted,
        "nothing is stored while it is away"
    );

    cluster.edges[0].replace().await;
    assert!(is_refused(home, &device).await);
}
