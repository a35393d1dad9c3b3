//! A real redis-server, and what it says of its work.

use std::{
    net::SocketAddr,
    ops::Sub,
    process::{Command, Stdio},
    time::Duration,
};

use tokio::time::{sleep, timeout};

use crate::{
    server::cpu,
    support::{Process, free_address},
};

/// How long it may take to start.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A redis-server on a free port that keeps nothing on disk.
pub(super) struct RedisServer {
    process: Process,
    address: SocketAddr,
}

/// What it has done so far, or between two moments.
#[derive(Clone, Copy, Debug)]
pub(super) struct RedisWork {
    pub(super) cpu: Duration,
    /// Reads and scripts: what the processes ask for.
    pub(super) requests: u64,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
}

impl Sub for RedisWork {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            cpu: self.cpu - before.cpu,
            requests: self.requests - before.requests,
            bytes_in: self.bytes_in - before.bytes_in,
            bytes_out: self.bytes_out - before.bytes_out,
        }
    }
}

impl RedisServer {
    /// Starts it, and waits until it answers.
    pub(super) async fn start() -> Self {
        let address = free_address();
        let process = Command::new("redis-server")
            .args([
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--maxmemory-policy",
                "noeviction",
            ])
            .args(["--port", &address.port().to_string()])
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed: `make redis`");
        let this = Self { process: Process(process), address };
        let answers = async {
            while this.info().await.is_err() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(TIMEOUT, answers).await.expect("redis-server starts in time");
        this
    }

    /// Its URL.
    pub(super) fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// What it has done so far.
    pub(super) async fn work(&self) -> RedisWork {
        let info = self.info().await.expect("Redis answers");
        let value = |name: &str| {
            let line = info.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(':'));
            let number = line.map(|it| it.trim_start_matches("calls="));
            let number = number.and_then(|it| it.split(',').next()).map(str::trim);
            number.map_or(0, |it| it.parse::<u64>().expect("a number"))
        };
        RedisWork {
            cpu: cpu(&self.process),
            requests: value("cmdstat_evalsha") + value("cmdstat_xread"),
            bytes_in: value("total_net_input_bytes"),
            bytes_out: value("total_net_output_bytes"),
        }
    }

    async fn info(&self) -> redis::RedisResult<String> {
        let mut connection = redis::Client::open(self.url())?.get_multiplexed_async_connection().await?;
        redis::cmd("INFO").arg("everything").query_async(&mut connection).await
    }
}
