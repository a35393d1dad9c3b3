//! [`Outboxes`]: how much memory all messages take that peers have not acknowledged, and how old the oldest ones are.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    protocol::{Delivery, Message, PeerId, ToBrowser},
    time::Moment,
};

/// Bytes that a kept message costs besides the texts that [`Message::text_bytes`] counts: its record, its place in the
/// outbox, and short texts such as a ticket or a relay's credentials.
const MESSAGE_BYTES: u64 = 512;

/// What texts cost more than their length, as a divisor: an allocator has four sizes between a power of two and the
/// next, so it rounds up by an eighth on average.
const TEXT_SLACK: u64 = 8;

/// Length of the steps in which ages are counted, in milliseconds. So there are few of them, however many peers.
const AGE_STEP_MS: u64 = 1_000;

/// A message that is kept until it is acknowledged. It is shared with the socket's queue.
#[derive(Clone, Debug)]
pub(crate) struct KeptMessage {
    /// The message.
    pub(crate) msg: Arc<ToBrowser>,
    /// When it was first sent. A replay does not change it.
    pub(crate) sent_at: Moment,
}

impl Message for KeptMessage {
    fn is_numbered(&self) -> bool {
        self.msg.is_numbered()
    }

    fn text_bytes(&self) -> usize {
        self.msg.text_bytes()
    }
}

/// What the outbox of one peer adds to the totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OutboxLoad {
    /// Bytes of its messages.
    pub(crate) bytes: u64,
    /// When its oldest message was first sent; `None` if it is empty.
    pub(crate) oldest: Option<Moment>,
}

impl OutboxLoad {
    /// The load of an outbox as it is now.
    pub(crate) fn of(delivery: &Delivery<KeptMessage>) -> Self {
        let (messages, text_bytes) = delivery.unacknowledged();
        let (messages, text_bytes) = (messages as u64, text_bytes as u64);
        Self {
            bytes: text_bytes + text_bytes / TEXT_SLACK + messages * MESSAGE_BYTES,
            oldest: delivery.oldest().map(|it| it.sent_at),
        }
    }
}

/// The totals of all outboxes. Every update takes the same time, however many peers there are.
#[derive(Debug)]
pub(crate) struct Outboxes {
    /// Bytes of all messages.
    bytes: u64,
    /// Bytes that they may have together.
    budget: u64,
    /// Bytes that every peer may keep even if the budget is used up: an even share of it.
    share: u64,
    /// How many peers first sent their oldest message in each step of [`AGE_STEP_MS`].
    ages: BTreeMap<u64, usize>,
    /// Peers that keep more than their share, by the age of their oldest message: few, or none.
    large: BTreeSet<(Moment, PeerId)>,
}

impl Outboxes {
    /// Empty outboxes of at most `max_peers` peers, which may hold `budget` bytes together.
    pub(crate) fn new(budget: u64, max_peers: usize) -> Self {
        let share = budget / (max_peers as u64).max(1);
        Self { bytes: 0, budget, share, ages: BTreeMap::new(), large: BTreeSet::new() }
    }

    /// Replaces what one peer's outbox adds.
    pub(crate) fn update(&mut self, id: PeerId, before: OutboxLoad, after: OutboxLoad) {
        self.bytes = self.bytes + after.bytes - before.bytes;
        let step = |it: OutboxLoad| it.oldest.map(|at| at.as_millis() / AGE_STEP_MS);
        if step(before) != step(after) {
            if let Some(step) = step(after) {
                *self.ages.entry(step).or_default() += 1;
            }
            if let Some(step) = step(before) {
                self.remove_age(step);
            }
        }
        let share = self.share;
        let large = |it: OutboxLoad| it.oldest.filter(|_| it.bytes > share).map(|at| (at, id));
        if large(before) != large(after) {
            if let Some(it) = large(before) {
                self.large.remove(&it);
            }
            self.large.extend(large(after));
        }
    }

    fn remove_age(&mut self, step: u64) {
        if let Some(count) = self.ages.get_mut(&step) {
            *count -= 1;
            if *count == 0 {
                self.ages.remove(&step);
            }
        }
    }

    /// If the budget is used up, the peer that has not acknowledged its oldest message for longest, among those that
    /// keep more than an even share: the others would free nothing worth mentioning. There is always one.
    pub(crate) fn over_budget(&self) -> Option<PeerId> {
        if self.bytes <= self.budget {
            return None;
        }
        self.large.first().map(|(_, id)| *id)
    }

    /// Bytes of all messages.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// When the oldest message of all was first sent, up to a second too early; `None` if there is no message.
    pub(crate) fn oldest(&self) -> Option<Moment> {
        self.ages.first_key_value().map(|(step, _)| Moment::from_millis(step * AGE_STEP_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Epoch, MatchId, Signal};
    use uuid::Uuid;

    fn id(n: u128) -> PeerId {
        PeerId(Uuid::from_u128(n))
    }

    fn load(bytes: u64, oldest_ms: u64) -> OutboxLoad {
        OutboxLoad { bytes, oldest: Some(Moment::from_millis(oldest_ms)) }
    }

    #[test]
    fn the_oldest_of_those_above_their_share_goes_first() {
        let mut outboxes = Outboxes::new(1_000, 10);
        outboxes.update(id(1), OutboxLoad::default(), load(100, 1));
        outboxes.update(id(2), OutboxLoad::default(), load(500, 7_000));
        outboxes.update(id(3), OutboxLoad::default(), load(400, 5_000));
        assert_eq!((outboxes.bytes(), outboxes.over_budget()), (1_000, None));
        outboxes.update(id(2), load(500, 7_000), load(600, 7_000));
        assert_eq!(outboxes.over_budget(), Some(id(3)), "the first peer keeps no more than its share");
        outboxes.update(id(3), load(400, 5_000), load(400, 9_000));
        assert_eq!(outboxes.over_budget(), Some(id(2)), "the other one has acknowledged meanwhile");
        outboxes.update(id(2), load(600, 7_000), OutboxLoad::default());
        assert_eq!((outboxes.bytes(), outboxes.over_budget()), (500, None));
    }

    #[test]
    fn a_message_counts_until_it_is_acknowledged() {
        let mut delivery = Delivery::with_capacity(65_536);
        assert_eq!(OutboxLoad::of(&delivery), OutboxLoad::default());
        let candidates = "a".repeat(800);
        let end = Signal::EndOfCandidates { username_fragment: Some(candidates) };
        let signal = ToBrowser::Signal { match_id: MatchId(Uuid::nil()), epoch: Epoch::FIRST, signal: end };
        for (msg, bytes) in [(ToBrowser::Waiting {}, MESSAGE_BYTES), (signal, 2 * MESSAGE_BYTES + 900)] {
            let _ = delivery.send(KeptMessage { msg: Arc::new(msg), sent_at: Moment::default() });
            assert_eq!(OutboxLoad::of(&delivery).bytes, bytes);
        }
        delivery.acknowledge(2);
        assert_eq!(OutboxLoad::of(&delivery), OutboxLoad::default());
    }

    #[test]
    fn the_oldest_message_of_all_is_known() {
        let mut outboxes = Outboxes::new(1_000, 10);
        assert_eq!(outboxes.oldest(), None);
        outboxes.update(id(1), OutboxLoad::default(), load(1, 2_500));
        outboxes.update(id(2), OutboxLoad::default(), load(1, 2_900));
        outboxes.update(id(3), OutboxLoad::default(), load(1, 4_000));
        assert_eq!(outboxes.oldest(), Some(Moment::from_millis(2_000)));
        outboxes.update(id(1), load(1, 2_500), OutboxLoad::default());
        assert_eq!(outboxes.oldest(), Some(Moment::from_millis(2_000)));
        outboxes.update(id(2), load(1, 2_900), load(1, 8_000));
        assert_eq!(outboxes.oldest(), Some(Moment::from_millis(4_000)));
        outboxes.update(id(2), load(1, 8_000), OutboxLoad::default());
        outboxes.update(id(3), load(1, 4_000), OutboxLoad::default());
        assert_eq!((outboxes.oldest(), outboxes.bytes()), (None, 0));
    }

    #[test]
    fn the_cost_of_a_message_covers_what_is_not_text() {
        // The two counters of an `Arc`, the place in the outbox, and a ticket with its relay credentials.
        let short_texts = 220;
        let cost = size_of::<ToBrowser>() + 16 + 2 * size_of::<KeptMessage>() + short_texts;
        assert!(cost as u64 <= MESSAGE_BYTES, "{cost}");
    }
}
