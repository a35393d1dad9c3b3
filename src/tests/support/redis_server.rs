//! A real redis-server on a Unix socket, and wherever else its configuration says.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use redis::{FromRedisValue, RedisResult, ToRedisArgs};
use tokio::time::{sleep, timeout};

/// What every server is like, unless more is configured.
const ALONE: &str = "port 0\nsave \"\"\nenable-debug-command yes\nrepl-diskless-sync-delay 0\n";

/// A redis-server in a folder of its own; both are gone at the end.
pub(crate) struct RedisServer {
    process: Child,
    folder: PathBuf,
}

impl RedisServer {
    /// Starts one that nobody else can reach.
    pub(crate) async fn start() -> Self {
        Self::start_with("").await
    }

    /// Starts one with these further lines of configuration. It is a Sentinel if they tell it to monitor something.
    pub(crate) async fn start_with(config: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("passerby-redis-{}-{number}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let socket = folder.join("socket");
        let config = format!("{ALONE}unixsocket {}\n{config}", socket.display());
        fs::write(folder.join("redis.conf"), config).unwrap();
        let process = run(&folder);
        let server = Self { process, folder };
        server.wait().await;
        server
    }

    /// Kills it, with all that it holds.
    pub(crate) fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Kills it and starts it again.
    pub(crate) async fn restart(&mut self) {
        self.kill();
        self.process = run(&self.folder);
        self.wait().await;
    }

    async fn wait(&self) {
        let is_there = async {
            // It takes connections before it has loaded what it had saved.
            while self.try_run::<String>(&["PING"]).await.is_err() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(10), is_there).await.expect("redis-server starts");
    }

    /// The URL of its socket.
    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// Its socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// Runs a command, however long it takes.
    pub(crate) async fn run<T: FromRedisValue>(&self, command: &[&str]) -> T {
        self.try_run(command).await.unwrap()
    }

    /// The same for a command that may fail.
    ///
    /// # Errors
    ///
    /// If the server does not do it.
    pub(crate) async fn try_run<T: FromRedisValue>(&self, command: &[&str]) -> RedisResult<T> {
        try_run(&self.url(), command).await
    }

    /// Sends it a signal, such as `-STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.process.id().to_string()]).status().unwrap();
        assert!(status.success());
    }
}

/// Runs a command in the server with this URL, however long it takes.
///
/// # Errors
///
/// If the server does not do it.
pub(crate) async fn try_run<T: FromRedisValue>(url: &str, command: &[impl ToRedisArgs]) -> RedisResult<T> {
    let client = redis::Client::open(url).unwrap();
    let config = redis::AsyncConnectionConfig::new().set_response_timeout(None).set_connection_timeout(None);
    let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    let mut call = redis::Cmd::new();
    for it in command {
        call.arg(it);
    }
    call.query_async(&mut connection).await
}

fn run(folder: &Path) -> Child {
    let config = folder.join("redis.conf");
    let is_sentinel = fs::read_to_string(&config).unwrap().contains("sentinel monitor");
    Command::new("redis-server")
        .arg(config)
        .args(is_sentinel.then_some("--sentinel"))
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is installed: `make redis`")
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
