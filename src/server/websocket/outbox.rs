//! The outbox of one socket: frames from the driver and requests from the heartbeat, waiting for the socket's task.
//!
//! It also records when the socket was last active, which the heartbeat reads through a [`HeartbeatProbe`]. Tokio's
//! channels would not do: they allocate room for 32 messages up front, for ten thousand sockets that are mostly idle.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use tokio::sync::Notify;

use crate::protocol::{
    ErrorCode, Frame, Heartbeat, Message, ToBrowser, ToServer, limits::MAX_OUTBOX_MESSAGES,
};

/// Messages that may wait for one socket: a whole replay and what is sent meanwhile.
pub(crate) const MAX_WAITING_MESSAGES: usize = MAX_OUTBOX_MESSAGES + 32;

/// A point in time as the heartbeat counts it, in steps of 250 ms. It wraps around after 34 years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tick(pub(crate) u32);

/// What the socket's task has to do next.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// Send this frame.
    Send(Frame<Arc<ToBrowser>>),
    /// Close the socket with this code.
    Close(ErrorCode),
    /// The driver dropped its end without a close code: the socket was too slow, or the server stops.
    SenderDropped,
    /// Send a ping, to get a sign of shutdown.
    Ping,
    /// Close the socket: it was silent for too long.
    Silent,
}

/// The outbox has no room for another message.
#[derive(Debug)]
pub(crate) struct OutboxFull;

/// The end of the socket's task. Dropping it discards what is queued, and what comes later.
#[derive(Debug)]
pub(crate) struct OutboxReceiver(Arc<Shared>);

/// The driver's end. Dropping it makes the receiver return [`Outgoing::SenderDropped`].
#[derive(Debug)]
pub(crate) struct OutboxSender(Arc<Shared>);

/// The heartbeat's end, a weak reference.
#[derive(Debug)]
pub(crate) struct HeartbeatProbe(Weak<Shared>);

#[derive(Debug)]
struct Shared {
    queue: Mutex<SendQueue>,
    notify: Notify,
    /// The [`Tick`] at which the socket was last active.
    last_active: AtomicU32,
    is_engaged: AtomicBool,
    /// Bytes of descriptions and candidates in the queue, at most.
    capacity: u32,
}

#[derive(Debug, Default)]
struct SendQueue {
    frames: VecDeque<Frame<Arc<ToBrowser>>>,
    /// Bytes of descriptions and candidates in `frames`.
    bytes: usize,
    /// What follows the last frame.
    end: Option<Outgoing>,
    /// What the heartbeat has requested.
    heartbeat: Option<Outgoing>,
    is_discarded: bool,
}

/// An empty outbox with room for `capacity` bytes of descriptions and candidates, of a socket that was active at `now`.
///
/// The peer's outbox in the matchmaker has the same capacity and keeps messages until they are acknowledged, so a page
/// that acknowledges only what it has received never fills this one.
pub(crate) fn outbox(now: Tick, capacity: u32) -> (OutboxReceiver, OutboxSender) {
    let shared = Arc::new(Shared {
        queue: Mutex::default(),
        notify: Notify::new(),
        last_active: AtomicU32::new(now.0),
        is_engaged: AtomicBool::new(false),
        capacity,
    });
    (OutboxReceiver(Arc::clone(&shared)), OutboxSender(shared))
}

impl Shared {
    /// A poisoned lock is safe: no change under the lock can stop halfway.
    fn queue(&self) -> MutexGuard<'_, SendQueue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SendQueue {
    fn next(&mut self) -> Option<Outgoing> {
        let frame = self.next_frame().map(Outgoing::Send);
        frame.or_else(|| self.end.take()).or_else(|| self.heartbeat.take())
    }

    fn next_frame(&mut self) -> Option<Frame<Arc<ToBrowser>>> {
        let frame = self.frames.pop_front()?;
        self.bytes -= frame.msg.text_bytes();
        if self.frames.is_empty() {
            // Frees the memory: after a replay it would be kept for the shutdown of the socket.
            self.frames = VecDeque::new();
        }
        Some(frame)
    }
}

impl OutboxReceiver {
    /// Waits for the next thing to do: frames first, then the close, then the heartbeat's request. Cancel safe.
    pub(crate) async fn next(&self) -> Outgoing {
        loop {
            // A statement of its own, so that the lock is not held across the `await`.
            let next = self.0.queue().next();
            match next {
                Some(outgoing) => return outgoing,
                None => self.0.notify.notified().await,
            }
        }
    }

    /// The next frame, if one is waiting.
    pub(crate) fn next_frame(&self) -> Option<Frame<Arc<ToBrowser>>> {
        self.0.queue().next_frame()
    }

    /// Records that something was received from the page.
    pub(crate) fn record_activity(&self, now: Tick) {
        self.0.last_active.store(now.0, Ordering::Relaxed);
    }

    /// Updates the heartbeat interval, if a message from the page changes it.
    pub(crate) fn update_heartbeat(&self, message: &ToServer) {
        if let Some(heartbeat) = Heartbeat::after(message) {
            self.0.is_engaged.store(heartbeat == Heartbeat::Engaged, Ordering::Relaxed);
        }
    }

    /// Discards what is queued, and what comes later: nothing is sent any more.
    pub(crate) fn discard(&self) {
        *self.0.queue() = SendQueue { is_discarded: true, ..SendQueue::default() };
    }

    /// The heartbeat's end of this outbox.
    pub(crate) fn probe(&self) -> HeartbeatProbe {
        HeartbeatProbe(Arc::downgrade(&self.0))
    }
}

impl Drop for OutboxReceiver {
    fn drop(&mut self) {
        self.discard();
    }
}

impl OutboxSender {
    /// Queues a frame. If nothing is sent any more, the frame is discarded.
    ///
    /// # Errors
    ///
    /// [`OutboxFull`] when the limit of messages or of bytes is reached.
    pub(crate) fn send(&self, frame: Frame<Arc<ToBrowser>>) -> Result<(), OutboxFull> {
        let mut queue = self.0.queue();
        if queue.is_discarded {
            return Ok(());
        }
        let bytes = queue.bytes + frame.msg.text_bytes();
        if queue.frames.len() >= MAX_WAITING_MESSAGES || bytes > self.0.capacity as usize {
            return Err(OutboxFull);
        }
        queue.bytes = bytes;
        queue.frames.push_back(frame);
        drop(queue);
        self.0.notify.notify_one();
        Ok(())
    }

    /// Closes the socket once all queued frames are sent.
    ///
    /// To a page that is too slow, numbered frames are not sent: they would keep their memory for as long as the page
    /// takes to read them, and the page gets them again if it resumes.
    pub(crate) fn close(self, code: ErrorCode) {
        let mut queue = self.0.queue();
        if code == ErrorCode::TooSlow {
            queue.frames.retain(|it| it.seq == 0);
            queue.frames.shrink_to_fit();
            queue.bytes = queue.frames.iter().map(|it| it.msg.text_bytes()).sum();
        }
        queue.end = Some(Outgoing::Close(code));
    }

    /// Drops all queued frames, so that the receiver returns [`Outgoing::SenderDropped`] next.
    pub(crate) fn abandon(self) {
        let mut queue = self.0.queue();
        (queue.frames, queue.bytes) = (VecDeque::new(), 0);
    }
}

impl Drop for OutboxSender {
    fn drop(&mut self) {
        self.0.queue().end.get_or_insert(Outgoing::SenderDropped);
        self.0.notify.notify_one();
    }
}

impl HeartbeatProbe {
    /// When the socket was last active, and its heartbeat; `None` once the socket's task has ended.
    pub(crate) fn last_activity(&self) -> Option<(Tick, Heartbeat)> {
        let shared = self.0.upgrade()?;
        let last_active = Tick(shared.last_active.load(Ordering::Relaxed));
        let is_engaged = shared.is_engaged.load(Ordering::Relaxed);
        let heartbeat = if is_engaged { Heartbeat::Engaged } else { Heartbeat::Idle };
        (!shared.queue().is_discarded).then_some((last_active, heartbeat))
    }

    /// Makes the socket's task do this once no frames are waiting.
    pub(crate) fn request(&self, outgoing: Outgoing) {
        if let Some(shared) = self.0.upgrade() {
            shared.queue().heartbeat = Some(outgoing);
            shared.notify.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Epoch, MatchId, Sdp, Signal};
    use futures::FutureExt;
    use uuid::Uuid;

    const CAPACITY: u32 = 1 << 18;

    fn pong(seq: u64) -> Frame<Arc<ToBrowser>> {
        Frame { seq, ack: 0, msg: Arc::new(ToBrowser::Pong {}) }
    }

    fn offer(bytes: usize) -> Frame<Arc<ToBrowser>> {
        let (match_id, signal) = (MatchId(Uuid::nil()), Signal::Offer { sdp: Sdp("x".repeat(bytes)) });
        let msg = Arc::new(ToBrowser::Signal { match_id, epoch: Epoch::FIRST, signal });
        Frame { seq: 1, ack: 0, msg }
    }

    fn next(receiver: &OutboxReceiver) -> Option<Outgoing> {
        receiver.next().now_or_never()
    }

    #[test]
    fn frames_leave_in_order_and_the_close_comes_last() {
        let (receiver, sender) = outbox(Tick(0), CAPACITY);
        assert!(next(&receiver).is_none());
        receiver.probe().request(Outgoing::Ping);
        for seq in 1..3 {
            sender.send(pong(seq)).unwrap();
        }
        sender.close(ErrorCode::Replaced);
        for seq in 1..3 {
            assert!(matches!(next(&receiver), Some(Outgoing::Send(frame)) if frame.seq == seq));
        }
        assert!(matches!(next(&receiver), Some(Outgoing::Close(ErrorCode::Replaced))));
    }

    #[test]
    fn a_page_that_is_too_slow_is_sent_no_more_messages() {
        let (receiver, sender) = outbox(Tick(0), CAPACITY);
        sender.send(offer(1)).unwrap();
        sender.send(pong(0)).unwrap();
        sender.close(ErrorCode::TooSlow);
        assert!(matches!(next(&receiver), Some(Outgoing::Send(frame)) if frame.seq == 0));
        assert!(matches!(next(&receiver), Some(Outgoing::Close(ErrorCode::TooSlow))));

        let (receiver, sender) = outbox(Tick(0), CAPACITY);
        sender.send(offer(1)).unwrap();
        sender.send(pong(0)).unwrap();
        sender.abandon();
        assert!(matches!(next(&receiver), Some(Outgoing::SenderDropped)));
    }

    #[test]
    fn messages_and_bytes_are_bounded() {
        let (receiver, sender) = outbox(Tick(0), CAPACITY);
        assert!((0..MAX_WAITING_MESSAGES).all(|_| sender.send(pong(0)).is_ok()));
        assert!(sender.send(pong(0)).is_err());
        assert!(next(&receiver).is_some());
        assert!(sender.send(pong(0)).is_ok());

        let (receiver, sender) = outbox(Tick(0), CAPACITY);
        assert!(sender.send(offer(CAPACITY as usize)).is_ok());
        assert!(sender.send(offer(1)).is_err());
        assert!(next(&receiver).is_some());
        assert!(sender.send(offer(1)).is_ok());
    }

    #[test]
    fn each_end_notices_that_the_other_was_dropped() {
        let (receiver, sender) = outbox(Tick(0), CAPACITY);
        drop(sender);
        assert!(matches!(next(&receiver), Some(Outgoing::SenderDropped)));

        let (receiver, sender) = outbox(Tick(7), CAPACITY);
        let probe = receiver.probe();
        assert_eq!(probe.last_activity(), Some((Tick(7), Heartbeat::Idle)));
        drop(receiver);
        // Nothing fills up when nobody reads any more.
        assert!((0..=MAX_WAITING_MESSAGES).all(|_| sender.send(offer(CAPACITY as usize)).is_ok()));
        assert_eq!(probe.last_activity(), None);
    }

    #[test]
    fn a_socket_that_closes_keeps_nothing() {
        let (receiver, sender) = outbox(Tick(0), CAPACITY);
        let frame = offer(1);
        sender.send(frame.clone()).unwrap();
        receiver.discard();
        sender.send(frame.clone()).unwrap();
        assert_eq!(Arc::strong_count(&frame.msg), 1);
        assert!(next(&receiver).is_none());
    }

    #[tokio::test]
    async fn a_waiting_receiver_is_woken() {
        let (receiver, sender) = outbox(Tick(0), CAPACITY);
        let waiting = tokio::spawn(async move { receiver.next().await });
        tokio::task::yield_now().await;
        sender.send(pong(1)).unwrap();
        assert!(matches!(waiting.await.unwrap(), Outgoing::Send(_)));
    }
}
