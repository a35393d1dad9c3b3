//! One process of a cluster: the real program on free ports.

use std::{
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::support::{RedisServer, SITE, get};

/// What all processes of a test have in common.
pub(super) const KEY: &str = "1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a";

/// A process. It is killed when it is dropped.
pub(super) struct Node {
    process: Child,
    roles: &'static str,
    more: Vec<(&'static str, String)>,
    pub(super) address: SocketAddr,
    metrics: SocketAddr,
}

impl Node {
    /// Starts a process with these roles and further variables, and waits until it listens.
    pub(super) async fn start(
        redis: &RedisServer,
        roles: &'static str,
        more: Vec<(&'static str, String)>,
    ) -> Self {
        let (address, metrics) = (free_address(), free_address());
        let process = run(&redis.url(), roles, (address, metrics), &more);
        let node = Self { process, roles, more, address, metrics };
        node.wait().await;
        node
    }

    async fn wait(&self) {
        let listens = async {
            while TcpStream::connect(self.address).await.is_err() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(20), listens).await.expect("the program starts");
    }

    /// Sends a signal, such as `-STOP`.
    pub(super) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.process.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Kills the process, and starts another one at the same address.
    pub(super) async fn replace(&mut self, redis: &RedisServer) {
        self.kill();
        self.process = run(&redis.url(), self.roles, (self.address, self.metrics), &self.more);
        self.wait().await;
    }

    /// Kills the process.
    pub(super) fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Asks the process to stop, and waits until it has.
    pub(super) async fn stop(&mut self) {
        self.signal("-TERM");
        let ended = async {
            while self.process.try_wait().unwrap().is_none() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(20), ended).await.expect("it stops");
    }

    /// The status of `/readyz`.
    pub(super) async fn readiness(&self) -> (u16, String) {
        let response = get(self.address, "/readyz", &[]).await;
        (response.status, response.body)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

fn run(
    redis: &str,
    roles: &str,
    (address, metrics): (SocketAddr, SocketAddr),
    more: &[(&'static str, String)],
) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_passerby"));
    command
        .env_clear()
        .env("LEPTOS_SITE_ROOT", SITE)
        .env("LEPTOS_SITE_ADDR", address.to_string())
        .env("PASSERBY__METRICS__ADDR", metrics.to_string())
        .env("PASSERBY__CLUSTER__REDIS", redis)
        .env("PASSERBY__CLUSTER__ROLES", roles)
        .env("PASSERBY__STATE__KEY", KEY)
        .env("PASSERBY__STATE__DIR", "")
        .env("PASSERBY__RELAY__ADDR", "")
        .env("PASSERBY__MODERATION__ADDR", "")
        .envs(more.iter().cloned());
    if std::env::var_os("CLUSTER_LOG").is_none() {
        command.stdout(Stdio::null()).stderr(Stdio::null());
    }
    command.current_dir(std::env::temp_dir()).spawn().expect("the program")
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
