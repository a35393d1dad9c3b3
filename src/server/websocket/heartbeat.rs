//! The one timing wheel of all sockets: finds out who has been silent, without a timer for each; it must not know what a
//! socket does about it.
//!
//! A socket that is heard only notes the tick. The wheel comes by when the socket could be due for something, looks at the
//! note, and comes again when it could be due next: once in the quickest heartbeat or so.

use std::{
    mem,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::outbox::{Mailbox, Outgoing, Pulse};
use crate::protocol::Heartbeat;

/// How far the wheel turns at a time: fine against the slack in [`Heartbeat::silence`], and few turns.
const TICK: Duration = Duration::from_millis(250);

/// How long after its heartbeat a page is not just late but asleep, or gone, and is asked for a sign of life.
const SLACK: Duration = Duration::from_secs(2);

/// Ticks from one visit to the next, at most: an idle page may join right after a visit, and is then to be asked as soon as
/// any engaged one, and not found silent before.
const VISIT_AFTER: u32 = ticks(Heartbeat::Engaged.interval()) + ticks(SLACK);

/// Ticks caught up at once, at most. Time in which this whole process stood still is nobody's silence.
const CATCH_UP: u32 = 8;

/// Sockets looked at before others may go on.
const BATCH: usize = 64;

/// More than the ticks from any visit to the next.
const SLOTS: usize = 64;

/// A moment on the wheel. It goes round after 34 years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tick(pub(crate) u32);

/// All sockets, each in the slot of its next visit. One that has ended is dropped at its next visit.
#[derive(Debug)]
pub(crate) struct Wheel {
    now: AtomicU32,
    slots: Mutex<[Vec<Pulse>; SLOTS]>,
}

const fn ticks(duration: Duration) -> u32 {
    (duration.as_millis() / TICK.as_millis()) as u32
}

/// What a socket is due for when nothing was heard for so many ticks, and after how many more to look again.
fn due(quiet: u32, heartbeat: Heartbeat) -> (Option<Outgoing>, Option<u32>) {
    let (beat, silence) = (ticks(heartbeat.interval()), ticks(heartbeat.silence()));
    let ping = beat + ticks(SLACK);
    let (want, again) = if quiet >= silence {
        (Some(Outgoing::Silent), None)
    } else if quiet >= ping {
        (Some(Outgoing::Ping), Some(beat.min(silence - quiet)))
    } else {
        (None, Some(ping - quiet))
    };
    (want, again.map(|it| it.min(VISIT_AFTER)))
}

impl Wheel {
    /// One with no sockets.
    pub(crate) fn new() -> Self {
        Self { now: AtomicU32::new(0), slots: Mutex::new(std::array::from_fn(|_| Vec::new())) }
    }

    /// The present.
    pub(crate) fn now(&self) -> Tick {
        Tick(self.now.load(Ordering::Relaxed))
    }

    /// Takes in a socket that was heard just now.
    pub(crate) fn add(&self, mailbox: &Mailbox) {
        self.put(self.now(), VISIT_AFTER, mailbox.pulse());
    }

    /// Turns for ever.
    pub(crate) async fn spin(&self) {
        let mut last = Instant::now();
        loop {
            sleep(TICK).await;
            let now = Instant::now();
            let passed = ticks(now - last).clamp(1, CATCH_UP);
            last = now;
            for _ in 0..passed {
                self.turn().await;
            }
        }
    }

    /// One tick passes.
    async fn turn(&self) {
        let now = Tick(self.now.fetch_add(1, Ordering::Relaxed).wrapping_add(1));
        let due = mem::take(&mut self.slots()[now.slot()]);
        for (count, pulse) in due.into_iter().enumerate() {
            self.visit(now, pulse);
            if count % BATCH == BATCH - 1 {
                tokio::task::yield_now().await;
            }
        }
    }

    fn visit(&self, now: Tick, pulse: Pulse) {
        let Some((heard, heartbeat)) = pulse.heard() else { return };
        let (want, again) = due(now.0.wrapping_sub(heard.0), heartbeat);
        if let Some(want) = want {
            pulse.want(want);
        }
        if let Some(after) = again {
            self.put(now, after, pulse);
        }
    }

    fn put(&self, now: Tick, after: u32, pulse: Pulse) {
        let at = Tick(now.0.wrapping_add(after));
        self.slots()[at.slot()].push(pulse);
    }

    /// A poisoned lock changes nothing: what is done under it cannot be half done.
    fn slots(&self) -> MutexGuard<'_, [Vec<Pulse>; SLOTS]> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tick {
    const fn slot(self) -> usize {
        self.0 as usize % SLOTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        protocol::{Media, Tastes, ToServer},
        server::websocket::outbox::mailbox,
    };
    use futures::FutureExt;

    /// Before the first tick.
    const NEVER: u32 = 0;

    const JOIN: ToServer = ToServer::Join {
        media: Media { audio: true, video: true },
        hide: false,
        tastes: Tastes { interests: Vec::new(), languages: Vec::new() },
    };

    /// What a socket is told in each of so many ticks, if it is heard in some of them and engaged from one of them on.
    async fn told(ticks: u32, engaged_from: u32, is_heard: impl Fn(u32) -> bool) -> Vec<(u32, Outgoing)> {
        let wheel = Wheel::new();
        // Close to where the ticks go round.
        wheel.now.store(u32::MAX - 100, Ordering::Relaxed);
        let (mailbox, _post) = mailbox(wheel.now(), 0);
        wheel.add(&mailbox);
        let mut told = Vec::new();
        for tick in 1..=ticks {
            wheel.turn().await;
            if is_heard(tick) {
                mailbox.hears(wheel.now());
            }
            if tick == engaged_from {
                mailbox.heeds(&JOIN);
            }
            told.extend(mailbox.next().now_or_never().map(|it| (tick, it)));
        }
        told
    }

    #[tokio::test]
    async fn who_says_nothing_is_asked_twice_and_then_lost() {
        let told = told(200, 1, |_| false).await;
        assert!(
            matches!(told[..], [(56, Outgoing::Ping), (104, Outgoing::Ping), (112, Outgoing::Silent)]),
            "{told:?}"
        );
    }

    #[tokio::test]
    async fn who_is_idle_may_say_nothing_for_longer() {
        let told = told(400, NEVER, |_| false).await;
        let asked_at: Vec<_> =
            told.iter().filter(|it| matches!(it.1, Outgoing::Ping)).map(|it| it.0).collect();
        assert_eq!(asked_at, [188, 244, 300, 356]);
        assert!(matches!(told.last(), Some((376, Outgoing::Silent))), "{told:?}");
    }

    #[tokio::test]
    async fn who_is_engaged_after_a_while_is_asked_before_it_is_taken_for_lost() {
        for joined_at in 1..120 {
            let told = told(joined_at + 120, joined_at, |tick| tick == joined_at).await;
            let after: Vec<_> = told.iter().map(|(tick, it)| (tick - joined_at, it)).collect();
            assert!(
                matches!(after[..], [(56, Outgoing::Ping), (104, Outgoing::Ping), (112, Outgoing::Silent)]),
                "{joined_at}: {after:?}"
            );
        }
    }

    #[tokio::test]
    async fn who_says_something_in_time_is_left_alone() {
        for (heartbeat, engaged_from) in [(Heartbeat::Engaged, 1), (Heartbeat::Idle, NEVER)] {
            let beat = ticks(heartbeat.interval()) + 1;
            assert!(told(1000, engaged_from, |tick| tick % beat == 0).await.is_empty());
        }
        // One that only answers is asked again and again.
        let told = told(1000, 1, |tick| tick % VISIT_AFTER == 1).await;
        assert!(told.len() > 10 && told.iter().all(|it| matches!(it.1, Outgoing::Ping)), "{told:?}");
    }

    #[tokio::test]
    async fn nothing_is_kept_of_a_socket_that_has_ended() {
        let wheel = Wheel::new();
        let (mailbox, post) = mailbox(wheel.now(), 0);
        wheel.add(&mailbox);
        drop((mailbox, post));
        for _ in 0..SLOTS {
            wheel.turn().await;
        }
        assert!(wheel.slots().iter().all(Vec::is_empty));
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_that_stood_still_takes_nobody_for_lost() {
        let wheel = std::sync::Arc::new(Wheel::new());
        let (mailbox, _post) = mailbox(wheel.now(), 0);
        wheel.add(&mailbox);
        let spinning = tokio::spawn({
            let wheel = std::sync::Arc::clone(&wheel);
            async move { wheel.spin().await }
        });
        tokio::task::yield_now().await;
        tokio::time::advance(Heartbeat::Idle.silence() * 10).await;
        sleep(TICK * 2).await;
        assert!(mailbox.next().now_or_never().is_none());
        spinning.abort();
    }
}
