//! A cluster whose Redis is chosen by a Sentinel, and changes.

use super::{Cluster, Store, expect_the_same, let_all_go_on, let_all_talk, pairs, pass, tell};
use crate::closes::world::World;

/// Calls survive that the primary dies, and that the Sentinel exchanges primary and replica.
async fn survive_failovers(cluster: &mut Cluster, world: &mut World) -> Result<(), String> {
    let_all_talk(world, 12).await?;
    let before = pairs(world);
    cluster.store.kill_primary().await;
    expect_the_same(world, &before, "everybody still talks after the death of the primary").await?;
    let_all_go_on(world).await?;

    let before = pairs(world);
    cluster.store.fail_over().await;
    expect_the_same(world, &before, "everybody still talks after a failover").await?;
    let_all_go_on(world).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_survive_that_the_sentinels_choose_another_redis() {
    let store = Store::with_sentinels().await;
    tell(Cluster::start_with(store, 2, 2, |_| Vec::new()).await, survive_failovers).await;
}

/// Calls survive that ids of entries begin again far below those that were read, as with a Redis whose clock is behind.
async fn survive_lower_ids(cluster: &mut Cluster, world: &mut World) -> Result<(), String> {
    let_all_talk(world, 8).await?;
    let before = pairs(world);
    for kind in ["core", "edge"] {
        let keys: Vec<String> = cluster.redis(&["KEYS", &format!("*:{kind}:*")]).await;
        for key in &keys {
            cluster.redis::<String>(&["XADD", key, "9999999999999-0", "version", "1"]).await;
        }
        pass(world, 1).await;
        let command = ["DEL"].into_iter().chain(keys.iter().map(String::as_str)).collect::<Vec<_>>();
        let deleted: usize = cluster.redis(&command).await;
        assert!(deleted > 0, "{keys:?}");
        pass(world, 6).await;
        expect_the_same(world, &before, "everybody still talks after ids have begun again").await?;
    }
    let_all_go_on(world).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_survive_that_ids_begin_again() {
    tell(Cluster::start(1, 2).await, survive_lower_ids).await;
}
