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

use super::{proxy::Proxy, store::Store};
use crate::support::{SITE, get};

/// What all processes of a test have in common.
pub(super) const KEY: &str = "1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a";

/// A process. It is killed when it is dropped.
pub(super) struct Node {
    process: Child,
    variables: Vec<(&'static str, String)>,
    pub(super) address: SocketAddr,
    metrics: SocketAddr,
    /// Its way to Redis, if that is alone.
    proxy: Option<Proxy>,
}

impl Node {
    /// Starts a process with these roles and further variables, and waits until it listens.
    pub(super) async fn start(store: &Store, roles: &'static str, more: Vec<(&'static str, String)>) -> Self {
        let (redis, proxy) = match store.sentinel_urls("redis") {
            Some(urls) => (urls, None),
            None => {
                let proxy = Proxy::start(store.primary().await.socket()).await;
                (format!("redis://{}", proxy.address), Some(proxy))
            }
        };
        let (address, metrics) = (free_address(), free_address());
        let mut variables = vec![
            ("LEPTOS_SITE_ROOT", SITE.to_owned()),
            ("LEPTOS_SITE_ADDR", address.to_string()),
            ("PASSERBY__METRICS__ADDR", metrics.to_string()),
            ("PASSERBY__CLUSTER__REDIS", redis),
            ("PASSERBY__CLUSTER__ROLES", roles.to_owned()),
            ("PASSERBY__STATE__KEY", KEY.to_owned()),
            ("PASSERBY__STATE__DIR", String::new()),
            ("PASSERBY__RELAY__ADDR", String::new()),
            ("PASSERBY__MODERATION__ADDR", String::new()),
        ];
        variables.extend(more);
        let process = run(&variables);
        let node = Self { process, variables, address, metrics, proxy };
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
    pub(super) async fn replace(&mut self) {
        self.kill();
        self.process = run(&self.variables);
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

    /// The whole text of `/metrics`.
    pub(super) async fn metrics(&self) -> String {
        get(self.metrics, "/metrics", &[]).await.body
    }

    /// The value of a series; 0 if it is absent.
    pub(super) async fn metric(&self, series: &str) -> u64 {
        let text = self.metrics().await;
        let value = text.lines().find_map(|it| it.strip_prefix(series)?.strip_prefix(' '));
        value.map_or(0, |it| it.parse().expect("a count"))
    }

    /// What the process says of its configuration.
    pub(super) fn check_config(&self) -> String {
        let output = program(&self.variables).arg("--check-config").output().expect("the program");
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    }

    /// The network between the process and Redis.
    pub(super) fn network(&self) -> &Proxy {
        self.proxy.as_ref().expect("a Redis alone")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

fn run(variables: &[(&'static str, String)]) -> Child {
    let mut command = program(variables);
    if std::env::var_os("CLUSTER_LOG").is_none() {
        command.stdout(Stdio::null()).stderr(Stdio::null());
    }
    command.spawn().expect("the program")
}

fn program(variables: &[(&'static str, String)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_passerby"));
    command.env_clear().envs(variables.iter().cloned()).current_dir(std::env::temp_dir());
    command
}

/// An address at which nobody listens.
pub(super) fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
