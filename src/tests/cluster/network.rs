//! A network that drops everything between the processes and Redis.

use super::{Cluster, expect_the_same, let_all_go_on, let_all_talk, pairs, pass, proxy::Stall, tell};
use crate::closes::world::World;

/// Calls survive that the network drops everything between a process and Redis, and people meet afterwards.
async fn survive_stalls(cluster: &mut Cluster, world: &mut World) -> Result<(), String> {
    let_all_talk(world, 8).await?;
    let before = pairs(world);
    // Commands arrive and their answers do not: what is repeated must count once.
    for (stalls, seconds) in [(Stall::Answers, 3), (Stall::Both, 4)] {
        for node in cluster.cores.iter().chain(&cluster.edges) {
            node.network().stall(stalls);
        }
        pass(world, seconds).await;
        for node in cluster.cores.iter().chain(&cluster.edges) {
            node.network().stall(Stall::Nothing);
        }
        expect_the_same(world, &before, "everybody still talks after the network stalled").await?;
    }
    for node in [&cluster.cores[0], &cluster.edges[0]] {
        node.network().stall(Stall::Both);
        pass(world, 5).await;
        node.network().stall(Stall::Nothing);
        expect_the_same(world, &before, "everybody still talks after one process was cut off").await?;
    }
    for node in cluster.cores.iter().chain(&cluster.edges) {
        node.network().cut();
    }
    expect_the_same(world, &before, "everybody still talks after all connections were cut").await?;
    let_all_go_on(world).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_survive_a_network_that_drops_everything() {
    tell(Cluster::start(2, 2).await, survive_stalls).await;
}
