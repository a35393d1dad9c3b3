//! What one socket has yet to do, and when it was last heard: shared by its task, the driver and the wheel; it must not
//! know what any of them does with it.
//!
//! Not a channel of tokio's: those set aside room for 32 messages from the start, and ten thousand sockets have nothing to
//! say.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use tokio::sync::Notify;

use super::heartbeat::Tick;
use crate::protocol::{
    ErrorCode, Frame, Heartbeat, Message, ToBrowser, ToServer, limits::MAX_OUTBOX_MESSAGES,
};

/// Messages that may wait for one socket: a whole replay and what is said meanwhile.
pub(crate) const OUTGOING: usize = MAX_OUTBOX_MESSAGES + 32;

/// What a socket is told.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// Send this.
    Say(Frame<Arc<ToBrowser>>),
    /// Say goodbye.
    Close(ErrorCode),
    /// The driver has let go without a word: the socket was too slow, or everything stops.
    Forsaken,
    /// Ask the other end for a sign of life.
    Ping,
    /// There has been none for too long.
    Silent,
}

/// There is no room for another message.
#[derive(Debug)]
pub(crate) struct Full;

/// The socket's end.
#[derive(Debug)]
pub(crate) struct Mailbox(Arc<Shared>);

/// The driver's end. Dropped, it forsakes the socket.
#[derive(Debug)]
pub(crate) struct Post(Arc<Shared>);

/// The wheel's end, which keeps nothing alive.
#[derive(Debug)]
pub(crate) struct Pulse(Weak<Shared>);

#[derive(Debug)]
struct Shared {
    letters: Mutex<Letters>,
    bell: Notify,
    heard: AtomicU32,
    is_engaged: AtomicBool,
    /// Bytes of the descriptions and candidates in the letters, at most.
    room: u32,
}

#[derive(Debug, Default)]
struct Letters {
    frames: VecDeque<Frame<Arc<ToBrowser>>>,
    /// The weight of the frames.
    weight: usize,
    /// What comes after the last frame.
    end: Option<Outgoing>,
    /// What the wheel wants.
    due: Option<Outgoing>,
    /// Nobody takes anything any more.
    is_left: bool,
}

/// An empty one with `room` bytes for descriptions and candidates, whose socket was heard at `now`. The peer's outbox has
/// as much, and keeps what it has not acknowledged: who acknowledges only what it has heard never fills this one.
pub(crate) fn mailbox(now: Tick, room: u32) -> (Mailbox, Post) {
    let shared = Arc::new(Shared {
        letters: Mutex::default(),
        bell: Notify::new(),
        heard: AtomicU32::new(now.0),
        is_engaged: AtomicBool::new(false),
        room,
    });
    (Mailbox(Arc::clone(&shared)), Post(shared))
}

impl Shared {
    /// A poisoned lock changes nothing: what is done under it cannot be half done.
    fn letters(&self) -> MutexGuard<'_, Letters> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Letters {
    fn next(&mut self) -> Option<Outgoing> {
        if let Some(frame) = self.frames.pop_front() {
            self.weight -= frame.msg.text_bytes();
            if self.frames.is_empty() {
                // Room for a whole replay would stay for good.
                self.frames = VecDeque::new();
            }
            return Some(Outgoing::Say(frame));
        }
        self.end.take().or_else(|| self.due.take())
    }
}

impl Mailbox {
    /// The next thing to do; may be dropped and asked for again at any time.
    pub(crate) async fn next(&self) -> Outgoing {
        loop {
            // The lock must not be held while the bell is waited for.
            let next = self.0.letters().next();
            match next {
                Some(outgoing) => return outgoing,
                None => self.0.bell.notified().await,
            }
        }
    }

    /// The other end has given a sign of life.
    pub(crate) fn hears(&self, now: Tick) {
        self.0.heard.store(now.0, Ordering::Relaxed);
    }

    /// It may have said how often it is going to give one.
    pub(crate) fn heeds(&self, message: &ToServer) {
        if let Some(heartbeat) = Heartbeat::after(message) {
            self.0.is_engaged.store(heartbeat == Heartbeat::Engaged, Ordering::Relaxed);
        }
    }

    /// The wheel's end of it.
    pub(crate) fn pulse(&self) -> Pulse {
        Pulse(Arc::downgrade(&self.0))
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        *self.0.letters() = Letters { is_left: true, ..Letters::default() };
    }
}

impl Post {
    /// Has something said; to a socket whose task has ended, in vain.
    ///
    /// # Errors
    ///
    /// When as much waits as may, in messages or in bytes.
    pub(crate) fn say(&self, frame: Frame<Arc<ToBrowser>>) -> Result<(), Full> {
        let mut letters = self.0.letters();
        if letters.is_left {
            return Ok(());
        }
        let weight = letters.weight + frame.msg.text_bytes();
        if letters.frames.len() >= OUTGOING || weight > self.0.room as usize {
            return Err(Full);
        }
        letters.weight = weight;
        letters.frames.push_back(frame);
        drop(letters);
        self.0.bell.notify_one();
        Ok(())
    }

    /// Has the socket closed, after all that waits.
    pub(crate) fn close(self, code: ErrorCode) {
        self.0.letters().end = Some(Outgoing::Close(code));
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.0.letters().end.get_or_insert(Outgoing::Forsaken);
        self.0.bell.notify_one();
    }
}

impl Pulse {
    /// When the socket was last heard, and how often it should be; `None` when its task has ended.
    pub(crate) fn heard(&self) -> Option<(Tick, Heartbeat)> {
        let shared = self.0.upgrade()?;
        let heard = Tick(shared.heard.load(Ordering::Relaxed));
        let is_engaged = shared.is_engaged.load(Ordering::Relaxed);
        let heartbeat = if is_engaged { Heartbeat::Engaged } else { Heartbeat::Idle };
        (!shared.letters().is_left).then_some((heard, heartbeat))
    }

    /// Has the socket do something as soon as it has nothing to say.
    pub(crate) fn want(&self, due: Outgoing) {
        if let Some(shared) = self.0.upgrade() {
            shared.letters().due = Some(due);
            shared.bell.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Epoch, MatchId, Sdp, Signal};
    use futures::FutureExt;
    use uuid::Uuid;

    const ROOM: u32 = 1 << 18;

    fn pong(seq: u64) -> Frame<Arc<ToBrowser>> {
        Frame { seq, ack: 0, msg: Arc::new(ToBrowser::Pong {}) }
    }

    fn offer(bytes: usize) -> Frame<Arc<ToBrowser>> {
        let (match_id, signal) = (MatchId(Uuid::nil()), Signal::Offer { sdp: Sdp("x".repeat(bytes)) });
        let msg = Arc::new(ToBrowser::Signal { match_id, epoch: Epoch::FIRST, signal });
        Frame { seq: 1, ack: 0, msg }
    }

    fn next(mailbox: &Mailbox) -> Option<Outgoing> {
        mailbox.next().now_or_never()
    }

    #[test]
    fn what_waits_is_taken_in_order_and_the_goodbye_last() {
        let (mailbox, post) = mailbox(Tick(0), ROOM);
        assert!(next(&mailbox).is_none());
        mailbox.pulse().want(Outgoing::Ping);
        for seq in 1..3 {
            post.say(pong(seq)).unwrap();
        }
        post.close(ErrorCode::Replaced);
        for seq in 1..3 {
            assert!(matches!(next(&mailbox), Some(Outgoing::Say(frame)) if frame.seq == seq));
        }
        assert!(matches!(next(&mailbox), Some(Outgoing::Close(ErrorCode::Replaced))));
    }

    #[test]
    fn there_is_room_for_so_many_messages_and_so_many_bytes() {
        let (mailbox, post) = mailbox(Tick(0), ROOM);
        assert!((0..OUTGOING).all(|_| post.say(pong(0)).is_ok()));
        assert!(post.say(pong(0)).is_err());
        assert!(next(&mailbox).is_some());
        assert!(post.say(pong(0)).is_ok());

        let (mailbox, post) = super::mailbox(Tick(0), ROOM);
        assert!(post.say(offer(ROOM as usize)).is_ok());
        assert!(post.say(offer(1)).is_err());
        assert!(next(&mailbox).is_some());
        assert!(post.say(offer(1)).is_ok());
    }

    #[test]
    fn a_socket_learns_that_it_was_forsaken_and_the_driver_does_not_fill_the_box_of_one_that_has_ended() {
        let (mailbox, post) = mailbox(Tick(0), ROOM);
        drop(post);
        assert!(matches!(next(&mailbox), Some(Outgoing::Forsaken)));

        let (mailbox, post) = super::mailbox(Tick(7), ROOM);
        let pulse = mailbox.pulse();
        assert_eq!(pulse.heard(), Some((Tick(7), Heartbeat::Idle)));
        drop(mailbox);
        assert!((0..=OUTGOING).all(|_| post.say(offer(ROOM as usize)).is_ok()));
        assert_eq!(pulse.heard(), None);
    }

    #[tokio::test]
    async fn who_waits_for_the_bell_is_woken() {
        let (mailbox, post) = mailbox(Tick(0), ROOM);
        let waiting = tokio::spawn(async move { mailbox.next().await });
        tokio::task::yield_now().await;
        post.say(pong(1)).unwrap();
        assert!(matches!(waiting.await.unwrap(), Outgoing::Say(_)));
    }
}
