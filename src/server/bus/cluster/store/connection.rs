//! [`Redis`]: one connection to Redis, or to what its Sentinels name as the master, and made again when it breaks.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ErrorKind, ProtocolVersion, RedisError,
    RedisResult, ServerErrorKind, TlsMode,
    aio::MultiplexedConnection,
    sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType},
};
use tokio::{
    sync::Mutex,
    time::{sleep, timeout},
};

/// How long it may take to connect, with the question to the Sentinels.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);

/// How long a command may take: half of what the lease is valid for, so that one that is lost may be repeated in time.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// How long a failure takes at least: Redis may answer at once that it cannot, and callers ask again at once.
const FAILURE_TAKES: Duration = Duration::from_millis(100);

/// New connections are made after a random part of this time, so that all processes do not connect in one instant.
const RECONNECT_SPREAD: Duration = Duration::from_millis(100);

/// Where Redis is.
#[derive(Clone, Debug)]
pub(crate) enum RedisAddress {
    /// There.
    Direct(Box<ConnectionInfo>),
    /// These Sentinels know the master of the group of this name.
    Sentinels(Vec<ConnectionInfo>, String),
}

/// One connection. Commands of several tasks share it.
pub(crate) struct Redis {
    finder: Mutex<Finder>,
    /// Whether the last command failed, so that only changes are logged.
    is_down: AtomicBool,
}

struct Finder {
    address: RedisAddress,
    current: Option<MultiplexedConnection>,
    /// Counts the connections.
    number: u64,
}

impl std::fmt::Debug for Redis {
    /// Hides the address and the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").field("is_down", &self.is_down).finish_non_exhaustive()
    }
}

impl Redis {
    /// A connection that is made for the first command.
    pub(crate) fn new(address: RedisAddress) -> Self {
        let finder = Finder { address, current: None, number: 0 };
        Self { finder: Mutex::new(finder), is_down: AtomicBool::new(false) }
    }

    /// Runs a command. `waits` is how long Redis itself may wait before it answers.
    ///
    /// # Errors
    ///
    /// If Redis cannot be reached, does not answer in time or answers with an error. The next command then uses a new
    /// connection if this one may be broken, or leads to a server that is not the master any more.
    pub(crate) async fn run<T>(
        &self,
        waits: Duration,
        command: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> RedisResult<T> {
        let result = match self.connection().await {
            Ok((mut connection, number)) => {
                let result = within(ANSWER_WITHIN + waits, command(&mut connection)).await;
                if result.as_ref().is_err_and(is_connection_useless) {
                    self.finder.lock().await.forget(number);
                }
                result
            }
            Err(error) => Err(error),
        };
        self.log_change(result.as_ref().err());
        if result.is_err() {
            sleep(FAILURE_TAKES).await;
        }
        result
    }

    async fn connection(&self) -> RedisResult<(MultiplexedConnection, u64)> {
        let mut finder = self.finder.lock().await;
        if let Some(it) = &finder.current {
            return Ok((it.clone(), finder.number));
        }
        if finder.number > 0 {
            sleep(RECONNECT_SPREAD.mul_f64(fastrand::f64())).await;
        }
        finder.number += 1;
        let connection = within(CONNECT_WITHIN, finder.connect()).await?;
        finder.current = Some(connection.clone());
        Ok((connection, finder.number))
    }

    /// Logs whether Redis is there, when that changes. What the error says beyond its kind may contain an address.
    fn log_change(&self, error: Option<&RedisError>) {
        let was_down = self.is_down.swap(error.is_some(), Ordering::Relaxed);
        match error {
            Some(error) if !was_down => {
                let code = error.code().unwrap_or_default();
                tracing::warn!(kind = error.category(), code, "Redis does not do what it is asked to");
            }
            None if was_down => tracing::info!("Redis answers again"),
            Some(_) | None => {}
        }
    }
}

impl Finder {
    async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        // The time for each command is limited above, because some wait on purpose.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_WITHIN))
            .set_response_timeout(None);
        let client = match &self.address {
            RedisAddress::Direct(info) => Client::open(with_resp3(info))?,
            RedisAddress::Sentinels(infos, group) => {
                let (node, infos) = (infos.first().map(master_like), rotated(infos, self.number));
                let master = SentinelServerType::Master;
                SentinelClient::build(infos, group, node, master)?.async_get_client().await?
            }
        };
        client.get_multiplexed_async_connection_with_config(&config).await
    }

    /// Drops the connection of this number, if it is still the current one.
    fn forget(&mut self, number: u64) {
        if self.number == number {
            self.current = None;
        }
    }
}

/// The Sentinels in the order in which they are asked for a connection of this number. The first one may be on a
/// machine that is gone: waiting for it takes all the time that there is, so each time another one comes first.
fn rotated(infos: &[ConnectionInfo], number: u64) -> Vec<ConnectionInfo> {
    let mut infos = infos.to_vec();
    let count = u64::try_from(infos.len()).unwrap_or(u64::MAX).max(1);
    infos.rotate_left(usize::try_from(number % count).unwrap_or_default());
    infos
}

/// The master is reached like its Sentinels: with the same user and password, and with TLS if they are.
fn master_like(sentinel: &ConnectionInfo) -> SentinelNodeConnectionInfo {
    let settings = with_resp3(sentinel).redis_settings().clone();
    let node = SentinelNodeConnectionInfo::default().set_redis_connection_info(settings);
    if let ConnectionAddr::TcpTls { .. } = sentinel.addr() {
        node.set_tls_mode(TlsMode::Secure)
    } else {
        node
    }
}

fn with_resp3(info: &ConnectionInfo) -> ConnectionInfo {
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    info.clone().set_redis_settings(settings)
}

async fn within<T>(time: Duration, result: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    let too_late = |_| Err((ErrorKind::Io, "no answer in time").into());
    timeout(time, result).await.unwrap_or_else(too_late)
}

/// Whether another connection may do better. A replica answers that it is read-only: it may have been the master.
fn is_connection_useless(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_unrecoverable_error()
        || error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
}

#[cfg(test)]
mod tests {
    use redis::IntoConnectionInfo;

    use super::*;

    fn infos(urls: &[&str]) -> Vec<ConnectionInfo> {
        urls.iter().map(|it| it.into_connection_info().unwrap()).collect()
    }

    #[test]
    fn another_sentinel_is_asked_first_each_time() {
        let all = infos(&["redis://one.example", "redis://two.example", "redis://three.example"]);
        let first = |number| rotated(&all, number)[0].addr().to_string();
        assert_eq!(
            [1, 2, 3, 4].map(first),
            ["two", "three", "one", "two"].map(|it| format!("{it}.example:6379"))
        );
        assert_eq!(rotated(&all, 1).len(), 3);
    }

    #[test]
    fn the_master_is_reached_like_its_sentinels() {
        let [plain, secure] =
            &infos(&["redis://ann:secret@one.example", "rediss://ann:secret@one.example"])[..]
        else {
            panic!()
        };
        let (plain, secure) = (format!("{:?}", master_like(plain)), format!("{:?}", master_like(secure)));
        assert!(
            plain.contains("tls_mode: None") && secure.contains("tls_mode: Some(Secure)"),
            "{plain} {secure}"
        );
        assert!(plain.contains("ann") && secure.contains("ann"), "{plain} {secure}");
    }
}
