//! One end of a numbered conversation that outlives its sockets: numbers, acknowledges, replays; it must not know sockets.

use std::{collections::VecDeque, sync::Arc};

use crate::protocol::{
    Frame, PreparedOffer, ToBrowser, ToServer,
    limits::{ACK_EVERY, MAX_OUTBOX_BYTES, MAX_OUTBOX_MESSAGES},
};

/// What [`Delivery`] must know of a message.
pub trait Message: Clone {
    /// Whether it is counted, kept until acknowledged, and sent again after a lost socket.
    fn is_counted(&self) -> bool;
    /// Bytes of its texts: what it costs to keep.
    fn weight(&self) -> usize;
}

/// The state of one end. Bounded by [`MAX_OUTBOX_MESSAGES`] and by bytes, [`MAX_OUTBOX_BYTES`] by default.
#[derive(Clone, Debug)]
pub struct Delivery<M> {
    /// The number of the last counted message of this end.
    sent: u64,
    /// The number of the last counted message from the other end.
    heard: u64,
    /// The last `ack` this end has put into a frame.
    told: u64,
    /// What the other end has not acknowledged, oldest first; the last one has the number `sent`.
    outbox: VecDeque<M>,
    /// The weight of the outbox.
    weight: usize,
    /// The most that it may weigh.
    room: u32,
}

/// What a received frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// To be handled: the next one, or one that is not counted.
    Fresh,
    /// Heard before, on a socket that is gone.
    Duplicate,
    /// A number was skipped, or more was acknowledged than was sent: the two ends do not mean the same conversation.
    Broken,
}

/// The other end has acknowledged too little for too long; the conversation cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

impl<M> Default for Delivery<M> {
    fn default() -> Self {
        Self::with_room(MAX_OUTBOX_BYTES as u32)
    }
}

impl<M> Delivery<M> {
    /// One that keeps so many bytes of texts at most.
    pub const fn with_room(room: u32) -> Self {
        Self { sent: 0, heard: 0, told: 0, outbox: VecDeque::new(), weight: 0, room }
    }
}

impl<M: Message> Delivery<M> {
    /// Puts a message into a frame, and keeps it if it is counted.
    ///
    /// # Errors
    ///
    /// [`Overflow`] when there is no room to keep it; nothing has changed then.
    pub fn send(&mut self, msg: M) -> Result<Frame<M>, Overflow> {
        if !msg.is_counted() {
            return Ok(self.frame(0, msg));
        }
        let weight = self.weight + msg.weight();
        if self.outbox.len() >= MAX_OUTBOX_MESSAGES || weight > self.room as usize {
            return Err(Overflow);
        }
        self.weight = weight;
        self.sent += 1;
        self.outbox.push_back(msg.clone());
        Ok(self.frame(self.sent, msg))
    }

    /// Whether there is room to keep so many bytes of somebody else's text, and a quarter more for what this end has to say
    /// itself: however much others say, that must find room.
    pub fn has_room_for(&self, weight: usize) -> bool {
        let three_quarters = |of: usize| of / 4 * 3;
        self.outbox.len() < three_quarters(MAX_OUTBOX_MESSAGES)
            && self.weight + weight <= three_quarters(self.room as usize)
    }

    /// Takes in the numbers of a frame from the other end.
    pub fn receive(&mut self, seq: u64, ack: u64, counted: bool) -> Receipt {
        if !self.acknowledge(ack) || counted == (seq == 0) {
            return Receipt::Broken;
        }
        if !counted {
            return Receipt::Fresh;
        }
        if seq <= self.heard {
            return Receipt::Duplicate;
        }
        if seq > self.heard + 1 {
            return Receipt::Broken;
        }
        self.heard = seq;
        Receipt::Fresh
    }

    /// Drops what the other end has; `false` when it claims more than was sent.
    pub fn acknowledge(&mut self, ack: u64) -> bool {
        if ack > self.sent {
            return false;
        }
        while self.outbox.len() as u64 > self.sent - ack {
            if let Some(msg) = self.outbox.pop_front() {
                self.weight -= msg.weight();
            }
        }
        true
    }

    /// Everything unacknowledged, for a new socket.
    pub fn replay(&mut self) -> Vec<Frame<M>> {
        self.told = self.heard;
        let first = self.sent + 1 - self.outbox.len() as u64;
        let number = |(n, msg): (u64, &M)| Frame { seq: n, ack: self.heard, msg: msg.clone() };
        (first..).zip(self.outbox.iter()).map(number).collect()
    }

    /// Whether so much was heard since this end last spoke that it should speak.
    pub fn owes_ack(&self) -> bool {
        self.heard - self.told >= ACK_EVERY
    }

    fn frame(&mut self, seq: u64, msg: M) -> Frame<M> {
        self.told = self.heard;
        Frame { seq, ack: self.heard, msg }
    }
}

impl Message for ToServer {
    fn is_counted(&self) -> bool {
        match self {
            Self::Hello { .. } | Self::Ping {} => false,
            Self::Join { .. }
            | Self::Prepared { .. }
            | Self::Signal { .. }
            | Self::Connected { .. }
            | Self::Failed { .. }
            | Self::Next { .. }
            | Self::Block { .. }
            | Self::Unblock {}
            | Self::Leave {} => true,
        }
    }

    fn weight(&self) -> usize {
        match self {
            Self::Signal { signal, .. } | Self::Prepared { signal, .. } => signal.weight(),
            Self::Hello { .. }
            | Self::Join { .. }
            | Self::Connected { .. }
            | Self::Failed { .. }
            | Self::Next { .. }
            | Self::Block { .. }
            | Self::Unblock {}
            | Self::Leave {}
            | Self::Ping {} => 0,
        }
    }
}

impl Message for ToBrowser {
    fn is_counted(&self) -> bool {
        match self {
            Self::Welcome { .. }
            | Self::Here(_)
            | Self::Error { .. }
            | Self::ComeBack { .. }
            | Self::Pong {} => false,
            Self::Waiting {}
            | Self::Seeking { .. }
            | Self::Prepare { .. }
            | Self::Matched { .. }
            | Self::Ice { .. }
            | Self::Signal { .. }
            | Self::Partner { .. }
            | Self::Ended { .. } => true,
        }
    }

    fn weight(&self) -> usize {
        match self {
            Self::Signal { signal, .. } => signal.weight(),
            Self::Matched { ahead, .. } => ahead.as_ref().map_or(0, PreparedOffer::weight),
            Self::Welcome { .. }
            | Self::Waiting {}
            | Self::Seeking { .. }
            | Self::Here(_)
            | Self::Prepare { .. }
            | Self::Ice { .. }
            | Self::Partner { .. }
            | Self::Ended { .. }
            | Self::Error { .. }
            | Self::ComeBack { .. }
            | Self::Pong {} => 0,
        }
    }
}

/// Shared, so that keeping a description for replay and sending it do not copy it.
impl<M: Message> Message for Arc<M> {
    fn is_counted(&self) -> bool {
        (**self).is_counted()
    }

    fn weight(&self) -> usize {
        (**self).weight()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Epoch, MatchId, Sdp, Signal};
    use uuid::Uuid;

    fn offer(bytes: usize) -> ToServer {
        let signal = Signal::Offer { sdp: Sdp("x".repeat(bytes)) };
        ToServer::Signal { match_id: MatchId(Uuid::nil()), epoch: Epoch::FIRST, signal }
    }

    #[test]
    fn what_was_not_acknowledged_is_replayed_in_order_and_heard_once() {
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
    fn a_gap_or_an_acknowledgement_of_the_unsent_breaks_the_conversation() {
        let mut server = Delivery::<ToBrowser>::default();
        assert_eq!(server.receive(2, 0, true), Receipt::Broken);
        assert_eq!(server.receive(1, 1, true), Receipt::Broken);
        assert_eq!(server.receive(0, 0, true), Receipt::Broken);
        assert_eq!(server.receive(1, 0, true), Receipt::Fresh);
    }

    #[test]
    fn the_outbox_is_bounded_in_messages_and_in_bytes() {
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
    fn what_others_say_leaves_a_quarter_of_the_room() {
        let mut many = Delivery::default();
        while many.has_room_for(0) {
            many.send(ToServer::Leave {}).unwrap();
        }
        assert_eq!(many.outbox.len(), MAX_OUTBOX_MESSAGES / 4 * 3);

        let mut large = Delivery::default();
        assert!(!large.has_room_for(MAX_OUTBOX_BYTES / 4 * 3 + 1));
        assert!(large.has_room_for(MAX_OUTBOX_BYTES / 4 * 3));
        large.send(offer(MAX_OUTBOX_BYTES / 4 * 3)).unwrap();
        assert!(large.has_room_for(0) && !large.has_room_for(1));
        assert!(large.send(offer(MAX_OUTBOX_BYTES / 4)).is_ok());
    }

    #[test]
    fn an_end_that_only_listens_owes_an_acknowledgement_in_time() {
        let mut page = Delivery::<ToServer>::default();
        for seq in 1..ACK_EVERY {
            page.receive(seq, 0, true);
            assert!(!page.owes_ack());
        }
        page.receive(ACK_EVERY, 0, true);
        assert!(page.owes_ack());
        assert_eq!(page.send(ToServer::Ping {}).map(|it| (it.seq, it.ack)), Ok((0, ACK_EVERY)));
        assert!(!page.owes_ack());
    }
}
