//! What the tasks of all WebSocket connections share.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::heartbeat::HeartbeatWheel;
use crate::{
    matchmaker::{EdgeId, SocketId},
    server::{
        bus::inbox::Inbox, clock::Clock, config::limits::LimitSettings, rate_limit::message::RateLimits,
        shutdown::Shutdown, telemetry::Telemetry,
    },
};

/// The ways to the driver, the heartbeat and the metrics, and the settings of all connections.
#[derive(Debug)]
pub(crate) struct Sockets {
    pub(super) inbox: Inbox,
    pub(super) wheel: Arc<HeartbeatWheel>,
    pub(super) shutdown: Shutdown,
    pub(super) telemetry: Arc<Telemetry>,
    pub(super) clock: Clock,
    pub(super) rate_limits: RateLimits,
    /// How long sending one message may take.
    pub(super) write_timeout: Duration,
    /// Bytes of descriptions and candidates that may wait for one socket.
    pub(super) outbox_bytes: u32,
    edge: EdgeId,
    last_id: AtomicU64,
}

impl Sockets {
    /// The shared state of a server without sockets.
    pub(crate) fn new(
        inbox: Inbox,
        wheel: Arc<HeartbeatWheel>,
        shutdown: Shutdown,
        telemetry: Arc<Telemetry>,
        clock: Clock,
        limits: &LimitSettings,
    ) -> Self {
        Self {
            inbox,
            wheel,
            shutdown,
            telemetry,
            clock,
            rate_limits: RateLimits::new(&limits.peer),
            write_timeout: Duration::from_secs(limits.write_seconds),
            outbox_bytes: limits.outbox_kib * 1024,
            edge: EdgeId(fastrand::u64(..)),
            last_id: AtomicU64::new(0),
        }
    }

    /// The next socket.
    pub(super) fn next_id(&self) -> SocketId {
        SocketId { edge: self.edge, number: self.last_id.fetch_add(1, Ordering::Relaxed) + 1 }
    }
}
