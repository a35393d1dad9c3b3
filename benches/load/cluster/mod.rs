//! The scenarios of the load test with several processes as one server, and the bounds of their figures.

mod capacity;
mod deaths;
mod meetings;
mod redis_server;
mod size;

pub(crate) use capacity::matches;
pub(crate) use deaths::{core_killed, edge_killed};
pub(crate) use size::{crowd, idle};

use crate::{
    crowd::Crowd,
    server::{Server, Settings},
};
use redis_server::RedisServer;

/// The key of all processes.
const KEY: &str = "1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a";

/// People whom a core takes, those of all edges together: more than any scenario has.
const ROOM: usize = 40_000;

/// Cores, edges and a Redis. The first core is the active one.
struct Cluster {
    cores: Vec<Server>,
    edges: Vec<Server>,
    /// The last one to be dropped, since the others complain when it is gone.
    redis: RedisServer,
}

impl Cluster {
    /// Starts one, and waits until all edges hear the core.
    async fn start(cores: usize, edges: usize) -> Self {
        let mut this = Self { redis: RedisServer::start().await, cores: Vec::new(), edges: Vec::new() };
        for _ in 0..cores {
            let room = ("PASSERBY__SERVER__MAX_CONNECTIONS", ROOM.to_string());
            this.cores.push(Server::start_with(this.settings("core", Some(room))).await);
            this.cores[0].wait_for_count("passerby_cluster_core", 1).await;
        }
        for _ in 0..edges {
            this.edges.push(Server::start_with(this.settings("edge", None)).await);
        }
        for edge in &this.edges {
            edge.wait_for_count("passerby_cluster_core_heard", 1).await;
        }
        this.cores[0].wait_for_count("passerby_cluster_edges", edges).await;
        this
    }

    fn settings(&self, roles: &str, more: Option<(&'static str, String)>) -> Settings {
        let common = [
            ("PASSERBY__CLUSTER__REDIS", self.redis.url()),
            ("PASSERBY__CLUSTER__ROLES", roles.to_owned()),
            ("PASSERBY__STATE__KEY", KEY.to_owned()),
        ];
        common.into_iter().chain(more).collect()
    }

    /// A crowd without bots, for all edges.
    fn crowd(&self) -> Crowd {
        Crowd::of_servers(self.edges.iter().map(|it| it.address).collect::<Vec<_>>())
    }
}
