//! The heartbeat of all sockets: one timing wheel that finds silent ones without a timer for each.
//!
//! A socket only records the tick of its last activity. The wheel checks each socket when it could first be due for a
//! ping or a close, then again when it could next be due: about once in the shortest heartbeat interval.

use std::{
    mem,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::outbox::{HeartbeatProbe, Outgoing, Tick};
use crate::protocol::Heartbeat;

/// The length of one [`Tick`]: short against the slack in [`Heartbeat::silence`], and still few wake-ups.
const TICK: Duration = Duration::from_millis(250);

/// How long after its heartbeat a page counts as asleep or gone, not just late, and is sent a ping.
const SLACK: Duration = Duration::from_secs(2);

/// Ticks between two checks of a socket, at most.
///
/// An idle page may become engaged right after a check. It must then be pinged as early as any engaged page, and not be
/// found silent before that.
const MAX_TICKS_BETWEEN_CHECKS: u32 = ticks(Heartbeat::Engaged.interval()) + ticks(SLACK);

/// Ticks to catch up at once, at most: when the whole process was suspended, the sockets were not silent.
const MAX_CATCH_UP: u32 = 8;

/// Sockets checked before other tasks may run.
const BATCH: usize = 64;

/// Slots of the wheel, more than the ticks between any two checks.
const SLOTS: usize = 64;

/// A timing wheel: each slot holds the sockets to check at one tick.
///
/// A socket whose task has ended is removed at its next check.
#[derive(Debug)]
pub(crate) struct HeartbeatWheel {
    now: AtomicU32,
    slots: Mutex<[Vec<HeartbeatProbe>; SLOTS]>,
}

const fn ticks(duration: Duration) -> u32 {
    (duration.as_millis() / TICK.as_millis()) as u32
}

/// What to request from a socket that has been quiet for `quiet` ticks, and after how many ticks to check it again.
fn action(quiet: u32, heartbeat: Heartbeat) -> (Option<Outgoing>, Option<u32>) {
    let (interval, silence) = (ticks(heartbeat.interval()), ticks(heartbeat.silence()));
    let ping = interval + ticks(SLACK);
    let (request, check_after) = if quiet >= silence {
        (Some(Outgoing::Silent), None)
    } else if quiet >= ping {
        (Some(Outgoing::Ping), Some(interval.min(silence - quiet)))
    } else {
        (None, Some(ping - quiet))
    };
    (request, check_after.map(|it| it.min(MAX_TICKS_BETWEEN_CHECKS)))
}

impl HeartbeatWheel {
    /// A wheel without sockets.
    pub(crate) fn new() -> Self {
        Self { now: AtomicU32::new(0), slots: Mutex::new(std::array::from_fn(|_| Vec::new())) }
    }

    /// The current tick.
    pub(crate) fn now(&self) -> Tick {
        Tick(self.now.load(Ordering::Relaxed))
    }

    /// Adds a socket that was active just now.
    pub(crate) fn add(&self, probe: HeartbeatProbe) {
        self.schedule(self.now(), MAX_TICKS_BETWEEN_CHECKS, probe);
    }

    /// Advances the wheel with the clock; never returns.
    pub(crate) async fn run(&self) {
        let mut last = Instant::now();
        loop {
            sleep(TICK).await;
            let now = Instant::now();
            let passed = ticks(now - last).clamp(1, MAX_CATCH_UP);
            last = now;
            for _ in 0..passed {
                self.advance().await;
            }
        }
    }

    /// Advances by one tick and checks the sockets in its slot.
    async fn advance(&self) {
        let now = Tick(self.now.fetch_add(1, Ordering::Relaxed).wrapping_add(1));
        let due = mem::take(&mut self.slots()[slot(now)]);
        for (count, probe) in due.into_iter().enumerate() {
            self.check(now, probe);
            if count % BATCH == BATCH - 1 {
                tokio::task::yield_now().await;
            }
        }
    }

    fn check(&self, now: Tick, probe: HeartbeatProbe) {
        let Some((last_active, heartbeat)) = probe.last_activity() else { return };
        let (request, check_after) = action(now.0.wrapping_sub(last_active.0), heartbeat);
        if let Some(request) = request {
            probe.request(request);
        }
        if let Some(after) = check_after {
            self.schedule(now, after, probe);
        }
    }

    fn schedule(&self, now: Tick, after: u32, probe: HeartbeatProbe) {
        let at = Tick(now.0.wrapping_add(after));
        self.slots()[slot(at)].push(probe);
    }

    /// A poisoned lock is safe: no change under the lock can stop halfway.
    fn slots(&self) -> MutexGuard<'_, [Vec<HeartbeatProbe>; SLOTS]> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn slot(at: Tick) -> usize {
    at.0 as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        protocol::{Media, Tastes, ToServer},
        server::websocket::outbox::outbox,
    };
    use futures::FutureExt;

    /// Before the first tick.
    const NEVER: u32 = 0;

    const JOIN: ToServer = ToServer::Join {
        media: Media { audio: true, video: true },
        hide: false,
        soft: false,
        tastes: Tastes { interests: Vec::new(), languages: Vec::new() },
    };

    /// What the wheel requests in each of the first `ticks`, for a socket that is active in some of them and engaged
    /// from one of them on.
    async fn requests(
        ticks: u32,
        engaged_from: u32,
        is_active: impl Fn(u32) -> bool,
    ) -> Vec<(u32, Outgoing)> {
        let wheel = HeartbeatWheel::new();
        // Close to where the ticks wrap around.
        wheel.now.store(u32::MAX - 100, Ordering::Relaxed);
        let (receiver, _sender) = outbox(wheel.now(), 0);
        wheel.add(receiver.probe());
        let mut requests = Vec::new();
        for tick in 1..=ticks {
            wheel.advance().await;
            if is_active(tick) {
                receiver.record_activity(wheel.now());
            }
            if tick == engaged_from {
                receiver.update_heartbeat(&JOIN);
            }
            requests.extend(receiver.next().now_or_never().map(|it| (tick, it)));
        }
        requests
    }

    #[tokio::test]
    async fn silent_sockets_are_pinged_twice_then_closed() {
        let requests = requests(200, 1, |_| false).await;
        assert!(
            matches!(requests[..], [(56, Outgoing::Ping), (104, Outgoing::Ping), (112, Outgoing::Silent)]),
            "{requests:?}"
        );
    }

    #[tokio::test]
    async fn idle_sockets_may_be_silent_for_longer() {
        let requests = requests(400, NEVER, |_| false).await;
        let pinged_at: Vec<_> =
            requests.iter().filter(|it| matches!(it.1, Outgoing::Ping)).map(|it| it.0).collect();
        assert_eq!(pinged_at, [188, 244, 300, 356]);
        assert!(matches!(requests.last(), Some((376, Outgoing::Silent))), "{requests:?}");
    }

    #[tokio::test]
    async fn sockets_that_become_engaged_are_pinged_before_they_are_closed() {
        for joined_at in 1..120 {
            let requests = requests(joined_at + 120, joined_at, |tick| tick == joined_at).await;
            let after: Vec<_> = requests.iter().map(|(tick, it)| (tick - joined_at, it)).collect();
            assert!(
                matches!(after[..], [(56, Outgoing::Ping), (104, Outgoing::Ping), (112, Outgoing::Silent)]),
                "{joined_at}: {after:?}"
            );
        }
    }

    #[tokio::test]
    async fn sockets_with_a_regular_heartbeat_are_not_pinged() {
        for (heartbeat, engaged_from) in [(Heartbeat::Engaged, 1), (Heartbeat::Idle, NEVER)] {
            let beat = ticks(heartbeat.interval()) + 1;
            assert!(requests(1000, engaged_from, |tick| tick % beat == 0).await.is_empty());
        }
        // A socket that only answers pings is pinged again and again.
        let requests = requests(1000, 1, |tick| tick % MAX_TICKS_BETWEEN_CHECKS == 1).await;
        assert!(
            requests.len() > 10 && requests.iter().all(|it| matches!(it.1, Outgoing::Ping)),
            "{requests:?}"
        );
    }

    #[tokio::test]
    async fn ended_sockets_are_removed_from_the_wheel() {
        let wheel = HeartbeatWheel::new();
        let (receiver, sender) = outbox(wheel.now(), 0);
        wheel.add(receiver.probe());
        drop((receiver, sender));
        for _ in 0..SLOTS {
            wheel.advance().await;
        }
        assert!(wheel.slots().iter().all(Vec::is_empty));
    }

    #[tokio::test(start_paused = true)]
    async fn a_suspended_process_takes_no_socket_for_lost() {
        let wheel = std::sync::Arc::new(HeartbeatWheel::new());
        let (receiver, _sender) = outbox(wheel.now(), 0);
        wheel.add(receiver.probe());
        let running = tokio::spawn({
            let wheel = std::sync::Arc::clone(&wheel);
            async move { wheel.run().await }
        });
        tokio::task::yield_now().await;
        tokio::time::advance(Heartbeat::Idle.silence() * 10).await;
        sleep(TICK * 2).await;
        assert!(receiver.next().now_or_never().is_none());
        running.abort();
    }
}
