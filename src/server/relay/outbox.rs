//! [`StreamOutbox`]: what waits to be sent in one connection of a client.

use std::{collections::VecDeque, mem, sync::Arc};

use tokio::sync::Notify;

/// How much media may wait, in bytes, and how many bytes of answers: half a second of a call at 1 Mbit/s. Older media
/// is worth less than what follows it.
const MAX_BYTES: usize = 64 * 1024;

/// What a packet takes in memory besides its bytes, about.
const OVERHEAD: usize = 32;

/// The packets for one client that reads from a stream.
#[derive(Debug, Default)]
pub(crate) struct StreamOutbox {
    /// Nobody repeats a request over a stream, so that an answer is kept even if media is dropped.
    answers: Vec<Box<[u8]>>,
    /// With the overhead of each packet.
    answer_bytes: usize,
    media: VecDeque<Box<[u8]>>,
    /// With the overhead of each packet.
    media_bytes: usize,
    is_ended: bool,
    filled: Arc<Notify>,
}

impl StreamOutbox {
    /// Notified when there is something to send.
    pub(crate) fn filled(&self) -> Arc<Notify> {
        Arc::clone(&self.filled)
    }

    /// How much memory it takes, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.answer_bytes + self.media_bytes
    }

    /// Nothing else will be sent: the connection must be closed.
    pub(crate) fn end(&mut self) {
        self.is_ended = true;
        self.filled.notify_one();
    }

    /// Adds an answer. Returns whether there is room for it.
    pub(crate) fn add_answer(&mut self, packet: &[u8]) -> bool {
        let size = packet.len() + OVERHEAD;
        if self.answer_bytes + size > MAX_BYTES {
            return false;
        }
        self.answers.push(packet.into());
        self.answer_bytes += size;
        self.filled.notify_one();
        true
    }

    /// Adds a packet from the partner. Returns how many older ones were dropped for it.
    pub(crate) fn add_media(&mut self, packet: &[u8]) -> usize {
        let mut dropped = 0;
        let size = packet.len() + OVERHEAD;
        while self.media_bytes + size > MAX_BYTES
            && let Some(oldest) = self.media.pop_front()
        {
            self.media_bytes -= oldest.len() + OVERHEAD;
            dropped += 1;
        }
        self.media.push_back(packet.into());
        self.media_bytes += size;
        self.filled.notify_one();
        dropped
    }

    /// Takes all packets that wait, and returns whether they are the last.
    pub(crate) fn take(&mut self) -> (Vec<Box<[u8]>>, bool) {
        let mut packets = mem::take(&mut self.answers);
        packets.extend(mem::take(&mut self.media));
        (self.answer_bytes, self.media_bytes) = (0, 0);
        (packets, self.is_ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(outbox: &mut StreamOutbox) -> Vec<u8> {
        let (packets, is_last) = outbox.take();
        assert!(!is_last);
        packets.concat()
    }

    #[test]
    fn answers_go_first_and_nothing_is_sent_twice() {
        let mut outbox = StreamOutbox::default();
        assert_eq!(outbox.add_media(b"one "), 0);
        assert!(outbox.add_answer(b"answer "));
        assert_eq!(outbox.add_media(b"two"), 0);
        assert_eq!(taken(&mut outbox), b"answer one two");
        assert_eq!((taken(&mut outbox), outbox.bytes()), (Vec::new(), 0));
    }

    #[test]
    fn the_oldest_media_is_dropped_for_new_media_and_answers_stay() {
        const PACKET: usize = 1024 - OVERHEAD;
        let mut outbox = StreamOutbox::default();
        assert!(outbox.add_answer(b"answer"));
        let count = MAX_BYTES / 1024;
        for number in 0..count {
            assert_eq!(outbox.add_media(&[number as u8; PACKET]), 0);
        }
        assert_eq!(outbox.bytes(), MAX_BYTES + b"answer".len() + OVERHEAD);
        assert_eq!(outbox.add_media(&[0xFF; PACKET + 1]), 2);
        let bytes = taken(&mut outbox);
        assert_eq!(bytes.len(), b"answer".len() + (count - 2) * PACKET + PACKET + 1);
        assert_eq!((&bytes[..7], bytes.last()), (&b"answer\x02"[..], Some(&0xFF)));
        assert_eq!(outbox.add_media(&[0; PACKET]), 0, "there is room again");
    }

    #[test]
    fn many_small_packets_are_bounded_too() {
        let mut outbox = StreamOutbox::default();
        let dropped: usize = (0..100_000).map(|_| outbox.add_media(&[0; 4])).sum();
        assert_eq!(100_000 - dropped, MAX_BYTES / (4 + OVERHEAD));
    }

    #[test]
    fn answers_that_nobody_reads_are_bounded() {
        let mut outbox = StreamOutbox::default();
        assert!(outbox.add_answer(&[0; MAX_BYTES - OVERHEAD]));
        assert!(!outbox.add_answer(b"one more"));
        assert_eq!(taken(&mut outbox).len(), MAX_BYTES - OVERHEAD);
        assert!(outbox.add_answer(b"one more"));
    }

    #[tokio::test]
    async fn the_connection_is_told_of_more_and_of_the_end() {
        let mut outbox = StreamOutbox::default();
        let filled = outbox.filled();
        outbox.add_media(b"one");
        filled.notified().await;
        outbox.add_answer(b"two");
        filled.notified().await;
        outbox.end();
        filled.notified().await;
        assert_eq!(outbox.take(), (vec![(*b"two").into(), (*b"one").into()], true));
    }
}
