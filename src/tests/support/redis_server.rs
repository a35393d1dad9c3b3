//! A real redis-server on a Unix socket.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use tokio::time::{sleep, timeout};

/// A redis-server in a folder of its own; both are gone at the end.
pub(crate) struct RedisServer {
    process: Child,
    folder: PathBuf,
}

impl RedisServer {
    /// Starts it.
    pub(crate) async fn start() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("passerby-redis-{}-{number}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let process = run(&folder);
        let server = Self { process, folder };
        server.wait().await;
        server
    }

    /// Kills it, with all that it holds, and starts it again.
    pub(crate) async fn restart(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        self.process = run(&self.folder);
        self.wait().await;
    }

    async fn wait(&self) {
        let is_there = async {
            let client = redis::Client::open(self.url()).unwrap();
            while client.get_multiplexed_async_connection().await.is_err() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(10), is_there).await.expect("redis-server starts");
    }

    /// The URL of its socket.
    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.join("socket").display())
    }

    /// Runs a command, however long it takes.
    pub(crate) async fn run<T: redis::FromRedisValue>(&self, command: &[&str]) -> T {
        let client = redis::Client::open(self.url()).unwrap();
        let config =
            redis::AsyncConnectionConfig::new().set_response_timeout(None).set_connection_timeout(None);
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await.unwrap();
        let mut call = redis::Cmd::new();
        call.arg(command);
        call.query_async(&mut connection).await.unwrap()
    }

    /// Sends it a signal, such as `-STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.process.id().to_string()]).status().unwrap();
        assert!(status.success());
    }
}

fn run(folder: &PathBuf) -> Child {
    Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--enable-debug-command", "yes", "--unixsocket"])
        .arg(folder.join("socket"))
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is installed: `make redis`")
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
