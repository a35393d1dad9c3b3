//! `/metrics` of the processes of a cluster, and the board and the alerts that are made of them.

use super::Cluster;
use crate::{
    metrics::{ALERTS, BOARD, families},
    support::match_pair,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_board_shows_what_processes_of_a_cluster_count() {
    let cluster = Cluster::start(1, 1).await;
    let _pair = match_pair(cluster.edges[0].address).await;
    let (core, edge) = (cluster.cores[0].metrics().await, cluster.edges[0].metrics().await);
    let counted: Vec<_> =
        families(&core).into_iter().filter(|it| it.starts_with("passerby_cluster_")).collect();
    assert_eq!(counted.len(), 8, "{counted:?}");
    for family in &counted {
        assert!(families(BOARD).contains(family), "the board does not show {family}");
    }
    for family in families(BOARD).union(&families(ALERTS)).filter(|it| it.starts_with("passerby_cluster_")) {
        assert!(core.contains(&format!("# TYPE {family} ")), "a core has no {family}");
        assert!(edge.contains(&format!("# TYPE {family} ")), "an edge has no {family}");
    }
    // The alerts tell edges and cores by these.
    for (text, kind, role) in [(&edge, "append", "an edge"), (&core, "ask", "a core")] {
        let series = format!("passerby_cluster_commands_total{{kind=\"{kind}\"}}");
        assert!(text.contains(&series) && ALERTS.contains(&series), "{series} of {role}");
    }
    assert!(!core.contains("kind=\"append\"") && !edge.contains("kind=\"ask\""), "{core} {edge}");
    assert_eq!(cluster.cores[0].metric("passerby_cluster_core").await, 1);
    assert_eq!(cluster.cores[0].metric("passerby_cluster_edges").await, 1);
    assert_eq!(cluster.edges[0].metric("passerby_cluster_core_heard").await, 1);
}
