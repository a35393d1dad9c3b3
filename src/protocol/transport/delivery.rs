//! [`Delivery`]: one end of a numbered conversation that survives lost sockets by acknowledgement and replay.

use std::{collections::VecDeque, sync::Arc};

use crate::protocol::{
    Frame, SanctionNotice, Signal, ToBrowser, ToServer,
    limits::{ACK_EVERY, MAX_OUTBOX_BYTES, MAX_OUTBOX_MESSAGES},
};

/// A message that [`Delivery`] can number and keep.
pub trait Message: Clone {
    /// Whether it has a number, is kept until it is acknowledged, and is replayed after a lost socket.
    fn is_numbered(&self) -> bool;
    /// Bytes of its texts, which is what it costs to keep.
    fn text_bytes(&self) -> usize;
}

/// Messages for which an empty outbox keeps its memory. A burst of candidates needs more; ten thousand peers would then
/// keep it for as long as they are connected.
const KEPT_CAPACITY: usize = 8;

/// The state of one end. Bounded by [`MAX_OUTBOX_MESSAGES`] and by bytes, [`MAX_OUTBOX_BYTES`] by default.
#[derive(Clone, Debug)]
pub struct Delivery<M> {
    /// The number of the last message that this end sent.
    sent: u64,
    /// The number of the last message received from the other end.
    received: u64,
    /// The last `ack` that this end sent.
    acknowledged: u64,
    /// Messages that the other end has not acknowledged, oldest first; the last one has the number `sent`.
    outbox: VecDeque<M>,
    /// Bytes of the texts in the outbox.
    text_bytes: usize,
    /// The most bytes of texts that the outbox may hold.
    capacity: u32,
    /// The number of the last message that was handed to a socket.
    handed_over: u64,
}

/// What to do with a received frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// Handle it: it is the next one, or it has no number.
    Fresh,
    /// Drop it: it already arrived on an earlier socket.
    Duplicate,
    /// End the conversation: a number was skipped, or more was acknowledged than was sent.
    Broken,
}

/// The outbox is full: the other end has not acknowledged enough, so the conversation cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

impl<M> Default for Delivery<M> {
    fn default() -> Self {
        Self::with_capacity(MAX_OUTBOX_BYTES as u32)
    }
}

impl<M> Delivery<M> {
    /// A delivery whose outbox holds at most `capacity` bytes of texts.
    pub const fn with_capacity(capacity: u32) -> Self {
        let (sent, received, acknowledged, handed_over) = (0, 0, 0, 0);
        Self { sent, received, acknowledged, outbox: VecDeque::new(), text_bytes: 0, capacity, handed_over }
    }
}

impl<M: Message> Delivery<M> {
    /// Puts a message into a frame, and keeps it if it has a number.
    ///
    /// # Errors
    ///
    /// [`Overflow`] if the outbox is full; nothing changes then.
    pub fn send(&mut self, msg: M) -> Result<Frame<M>, Overflow> {
        if !msg.is_numbered() {
            return Ok(self.frame(0, msg));
        }
        let text_bytes = self.text_bytes + msg.text_bytes();
        if self.outbox.len() >= MAX_OUTBOX_MESSAGES || text_bytes > self.capacity as usize {
            return Err(Overflow);
        }
        self.text_bytes = text_bytes;
        self.sent += 1;
        self.outbox.push_back(msg.clone());
        Ok(self.frame(self.sent, msg))
    }

    /// Whether a forwarded text of this many bytes fits. A quarter of the outbox is reserved for this end's own
    /// messages, which must fit no matter how much a partner sends.
    pub fn has_capacity_for(&self, text_bytes: usize) -> bool {
        let three_quarters = |of: usize| of / 4 * 3;
        self.outbox.len() < three_quarters(MAX_OUTBOX_MESSAGES)
            && self.text_bytes + text_bytes <= three_quarters(self.capacity as usize)
    }

    /// Everything sent so far was handed to a socket, so that the other end may have received it.
    pub const fn on_handed_over(&mut self) {
        self.handed_over = self.sent;
    }

    /// Takes messages back that no socket was handed, and that are `obsolete`. Later ones get their numbers.
    pub fn take_back(&mut self, obsolete: impl Fn(&M) -> bool) {
        let untouched = self.outbox.len().saturating_sub((self.sent - self.handed_over) as usize);
        for msg in self.outbox.split_off(untouched) {
            if obsolete(&msg) {
                self.text_bytes -= msg.text_bytes();
                self.sent -= 1;
            } else {
                self.outbox.push_back(msg);
            }
        }
    }

    /// Whether any message for which `is_it` holds is not acknowledged.
    pub fn has_unacknowledged(&self, is_it: impl Fn(&M) -> bool) -> bool {
        self.outbox.iter().any(is_it)
    }

    /// Processes the numbers of a received frame.
    pub fn receive(&mut self, seq: u64, ack: u64, is_numbered: bool) -> Receipt {
        if !self.acknowledge(ack) || is_numbered == (seq == 0) {
            return Receipt::Broken;
        }
        if !is_numbered {
            return Receipt::Fresh;
        }
        if seq <= self.received {
            return Receipt::Duplicate;
        }
        if seq > self.received + 1 {
            return Receipt::Broken;
        }
        self.received = seq;
        Receipt::Fresh
    }

    /// Drops what the other end has received; `false` if it acknowledges more than was sent.
    pub fn acknowledge(&mut self, ack: u64) -> bool {
        if ack > self.sent {
            return false;
        }
        while self.outbox.len() as u64 > self.sent - ack {
            if let Some(msg) = self.outbox.pop_front() {
                self.text_bytes -= msg.text_bytes();
            }
        }
        if self.outbox.is_empty() && self.outbox.capacity() > KEPT_CAPACITY {
            self.outbox.shrink_to(KEPT_CAPACITY);
        }
        true
    }

    /// The oldest message that the other end has not acknowledged.
    pub fn oldest(&self) -> Option<&M> {
        self.outbox.front()
    }

    /// How many messages the other end has not acknowledged, and the bytes of their texts.
    pub fn unacknowledged(&self) -> (usize, usize) {
        (self.outbox.len(), self.text_bytes)
    }

    /// All unacknowledged messages, to be sent on a new socket.
    pub fn replay(&mut self) -> Vec<Frame<M>> {
        self.acknowledged = self.received;
        self.on_handed_over();
        let first = self.sent + 1 - self.outbox.len() as u64;
        let number = |(n, msg): (u64, &M)| Frame { seq: n, ack: self.received, msg: msg.clone() };
        (first..).zip(self.outbox.iter()).map(number).collect()
    }

    /// Whether enough messages arrived since this end last sent one that it should send an acknowledgement.
    pub fn owes_ack(&self) -> bool {
        self.received - self.acknowledged >= ACK_EVERY
    }

    /// Whether this end has received something that it has not acknowledged.
    pub const fn has_news(&self) -> bool {
        self.received != self.acknowledged
    }

    fn frame(&mut self, seq: u64, msg: M) -> Frame<M> {
        self.acknowledged = self.received;
        Frame { seq, ack: self.received, msg }
    }
}

impl Message for ToServer {
    fn is_numbered(&self) -> bool {
        !matches!(self, Self::Hello { .. } | Self::Ping {})
    }

    fn text_bytes(&self) -> usize {
        if let Self::Report { ticket, words, .. } = self {
            ticket.len() + words.as_ref().len()
        } else {
            self.signal().map_or(0, Signal::text_bytes)
        }
    }
}

impl Message for ToBrowser {
    fn is_numbered(&self) -> bool {
        if let Self::Sanctioned(SanctionNotice { kind, .. }) = self {
            return !kind.is_refusal();
        }
        !matches!(
            self,
            Self::Welcome { .. }
                | Self::Here(_)
                | Self::Place { .. }
                | Self::Error { .. }
                | Self::ComeBack { .. }
                | Self::Again {}
                | Self::Pong {}
        )
    }

    fn text_bytes(&self) -> usize {
        if let Self::Signal { signal, .. } = self {
            signal.text_bytes()
        } else if let Self::Matched { ahead: Some(offer), .. } = self {
            offer.text_bytes()
        } else {
            0
        }
    }
}

/// A shared message, so that a description is not copied to be kept for replay.
impl<M: Message> Message for Arc<M> {
    fn is_numbered(&self) -> bool {
        (**self).is_numbered()
    }

    fn text_bytes(&self) -> usize {
        (**self).text_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Epoch, MatchId, Sdp};
    use uuid::Uuid;

    fn offer(bytes: usize) -> ToServer {
        let signal = Signal::Offer { sdp: Sdp("x".repeat(bytes)) };
        ToServer::Signal { match_id: MatchId(Uuid::nil()), epoch: Epoch::FIRST, signal }
    }

    #[test]
    fn replays_unacknowledged_messages_in_order_and_once() {
        let (mut page, mut server) = (Delivery::default(), Delivery::<ToBrowser>::default());
        let frames: Vec<_> = (0..3).filter_map(|n| page.send(offer(n)).ok()).collect();
        assert_eq!(server.receive(frames[0].seq, 0, true), Receipt::Fresh);
        assert_eq!(server.receive(frames[1].seq, 0, true), Receipt::Fresh);

        assert!(page.acknowledge(1));
        let again = page.replay();
        assert_eq!(again.iter().map(|it| it.seq).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(server.receive(again[0].seq, 0, true), Receipt::Duplicate);
        assert_eq!(server.receive(again[1].seq, 0, true), Receipt::Fresh);
        assert_eq!(again[1].msg, offer(2));
    }

    #[test]
    fn rejects_gaps_and_acknowledgements_of_unsent_messages() {
        let mut server = Delivery::<ToBrowser>::default();
        assert_eq!(server.receive(2, 0, true), Receipt::Broken);
        assert_eq!(server.receive(1, 1, true), Receipt::Broken);
        assert_eq!(server.receive(0, 0, true), Receipt::Broken);
        assert_eq!(server.receive(1, 0, true), Receipt::Fresh);
    }

    #[test]
    fn bounds_the_outbox_in_messages_and_bytes() {
        let mut many = Delivery::default();
        assert!((0..MAX_OUTBOX_MESSAGES).all(|_| many.send(ToServer::Leave {}).is_ok()));
        assert_eq!(many.send(ToServer::Leave {}), Err(Overflow));
        assert!(many.acknowledge(1));
        assert!(many.send(ToServer::Leave {}).is_ok());

        let mut large = Delivery::default();
        assert!(large.send(offer(MAX_OUTBOX_BYTES)).is_ok());
        assert_eq!(large.send(offer(1)), Err(Overflow));
        assert!(large.acknowledge(1));
        assert!(large.send(offer(1)).is_ok());
    }

    #[test]
    fn reserves_a_quarter_of_the_outbox_for_own_messages() {
        let mut many = Delivery::default();
        while many.has_capacity_for(0) {
            many.send(ToServer::Leave {}).unwrap();
        }
        assert_eq!(many.outbox.len(), MAX_OUTBOX_MESSAGES / 4 * 3);

        let mut large = Delivery::default();
        assert!(!large.has_capacity_for(MAX_OUTBOX_BYTES / 4 * 3 + 1));
        assert!(large.has_capacity_for(MAX_OUTBOX_BYTES / 4 * 3));
        large.send(offer(MAX_OUTBOX_BYTES / 4 * 3)).unwrap();
        assert!(large.has_capacity_for(0) && !large.has_capacity_for(1));
        assert!(large.send(offer(MAX_OUTBOX_BYTES / 4)).is_ok());
    }

    #[test]
    fn takes_back_only_messages_that_no_socket_was_handed() {
        let mut server = Delivery::default();
        let is_large = |it: &ToServer| it.text_bytes() > 1;
        let numbers = |it: &mut Delivery<ToServer>| -> Vec<_> {
            it.replay().iter().map(|it| (it.seq, it.msg.text_bytes())).collect()
        };
        for bytes in [2, 1, 3] {
            server.send(offer(bytes)).unwrap();
        }
        server.on_handed_over();
        for bytes in [4, 1, 5, 6, 1] {
            server.send(offer(bytes)).unwrap();
        }
        server.take_back(is_large);
        let expected = [(1, 2), (2, 1), (3, 3), (4, 1), (5, 1)];
        assert_eq!((numbers(&mut server), server.text_bytes), (expected.to_vec(), 8));
        server.take_back(is_large);
        assert_eq!(numbers(&mut server), expected, "a replay hands everything over");
        assert_eq!(server.send(offer(7)).map(|it| it.seq), Ok(6));
        assert!(server.has_unacknowledged(is_large) && server.acknowledge(6));
        server.take_back(is_large);
        assert!(!server.has_unacknowledged(is_large));
        assert_eq!(server.send(offer(8)).map(|it| it.seq), Ok(7));
    }

    #[test]
    fn a_receiver_owes_an_acknowledgement_after_enough_messages() {
        let mut page = Delivery::<ToServer>::default();
        for seq in 1..ACK_EVERY {
            page.receive(seq, 0, true);
            assert!(!page.owes_ack());
        }
        page.receive(ACK_EVERY, 0, true);
        assert!(page.owes_ack());
        assert!(page.has_news());
        assert_eq!(page.send(ToServer::Ping {}).map(|it| (it.seq, it.ack)), Ok((0, ACK_EVERY)));
        assert!(!page.owes_ack() && !page.has_news());
    }

    #[test]
    fn an_empty_outbox_frees_its_memory() {
        let mut server = Delivery::default();
        assert!((0..MAX_OUTBOX_MESSAGES).all(|n| server.send(offer(n)).is_ok()));
        assert_eq!(server.oldest(), Some(&offer(0)));
        assert_eq!(server.unacknowledged(), (MAX_OUTBOX_MESSAGES, (0..MAX_OUTBOX_MESSAGES).sum()));
        assert!(server.acknowledge(1));
        assert_eq!(server.oldest(), Some(&offer(1)));
        assert!(server.acknowledge(MAX_OUTBOX_MESSAGES as u64));
        assert_eq!((server.oldest(), server.unacknowledged()), (None, (0, 0)));
        assert!(server.outbox.capacity() <= KEPT_CAPACITY);
    }
}
