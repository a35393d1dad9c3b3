//! [`Store`]: what is between the processes of a cluster: a Redis alone, or two with a Sentinel.

use std::{net::TcpListener, time::Duration};

use tokio::time::{sleep, timeout};

use super::node::free_address;
use crate::support::RedisServer;

/// How long a failover may take: the Sentinel waits between two, and gives one up that takes too long.
const FAILS_OVER_WITHIN: Duration = Duration::from_secs(60);

/// The name under which the Sentinel knows the servers.
const GROUP: &str = "mymaster";

/// A Redis, or two of which one is the primary.
pub(super) struct Store {
    servers: Vec<RedisServer>,
    sentinels: Option<Sentinels>,
}

/// The Sentinels of a store: one that works, and one whose machine does not answer.
struct Sentinels {
    process: RedisServer,
    port: u16,
    /// The ports of the servers.
    ports: Vec<u16>,
    silent: TcpListener,
}

impl Store {
    /// Starts a Redis.
    pub(super) async fn alone() -> Self {
        Self::of(RedisServer::start().await)
    }

    /// This Redis alone.
    pub(super) fn of(redis: RedisServer) -> Self {
        Self { servers: vec![redis], sentinels: None }
    }

    /// Starts a primary, a replica and a Sentinel.
    pub(super) async fn with_sentinels() -> Self {
        Self::with_sentinels_and("port", "").await
    }

    /// Starts them with ports of this kind, `port` or `tls-port`, and further lines of configuration.
    pub(super) async fn with_sentinels_and(kind: &str, more: &str) -> Self {
        let ports = vec![free_port(), free_port()];
        let mut servers = Vec::new();
        for port in &ports {
            let follows = if servers.is_empty() {
                String::new()
            } else {
                format!("replicaof 127.0.0.1 {}\n", ports[0])
            };
            servers.push(RedisServer::start_with(&format!("{kind} {port}\n{more}{follows}")).await);
        }
        let port = free_port();
        let config = format!(
            "{kind} {port}\n{more}sentinel monitor {GROUP} 127.0.0.1 {} 1\n\
             sentinel down-after-milliseconds {GROUP} 500\nsentinel failover-timeout {GROUP} 5000\n",
            ports[0]
        );
        let process = RedisServer::start_with(&config).await;
        // The system accepts connections to it, and nobody answers.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let store = Self { servers, sentinels: Some(Sentinels { process, port, ports, silent }) };
        let is_replicated = async {
            while !store.servers[0].run::<String>(&["INFO", "replication"]).await.contains("state=online") {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(FAILS_OVER_WITHIN, is_replicated).await.expect("a replica");
        store
    }

    /// Whether there are Sentinels.
    pub(super) const fn has_sentinels(&self) -> bool {
        self.sentinels.is_some()
    }

    /// The URLs of the Sentinels with this scheme, if there are any. The first one does not answer.
    pub(super) fn sentinel_urls(&self, scheme: &str) -> Option<String> {
        let Sentinels { port, silent, .. } = self.sentinels.as_ref()?;
        let silent = silent.local_addr().unwrap().port();
        Some(format!("{scheme}://127.0.0.1:{silent},{scheme}://127.0.0.1:{port}"))
    }

    /// The server that is the primary now, by the word of the Sentinel.
    async fn index(&self) -> usize {
        let Some(Sentinels { process, ports, .. }) = &self.sentinels else { return 0 };
        let (_, port): (String, u16) = process.run(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", GROUP]).await;
        ports.iter().position(|it| *it == port).expect("one of the two")
    }

    /// The primary.
    pub(super) async fn primary(&self) -> &RedisServer {
        &self.servers[self.index().await]
    }

    /// Kills the primary with all that it holds, and starts it again, as a replica if there is a Sentinel: after the
    /// other one has become the primary.
    pub(super) async fn kill_primary(&mut self) {
        let Some(Sentinels { ports, .. }) = &self.sentinels else { return self.servers[0].restart().await };
        let killed = self.index().await;
        let other = ports[1 - killed].to_string();
        self.servers[killed].kill();
        let changes = async {
            while self.index().await == killed {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(FAILS_OVER_WITHIN, changes).await.expect("another primary");
        self.servers[killed].restart().await;
        self.servers[killed].run::<()>(&["REPLICAOF", "127.0.0.1", &other]).await;
    }

    /// Lets the Sentinel make the replica the primary while both work.
    pub(super) async fn fail_over(&self) {
        let former = self.index().await;
        let Some(Sentinels { process, .. }) = &self.sentinels else { panic!("there is no replica") };
        let changes = async {
            while self.index().await == former {
                // Refused while one is under way.
                let _ = process.try_run::<()>(&["SENTINEL", "FAILOVER", GROUP]).await;
                sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(FAILS_OVER_WITHIN, changes).await.expect("another primary");
    }
}

/// A port that nobody uses.
pub(super) fn free_port() -> u16 {
    free_address().port()
}
