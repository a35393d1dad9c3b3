//! [`StreamOutbox`]: what waits to be sent in one connection of a client.

use std::{collections::VecDeque, sync::Arc};

use tokio::sync::Notify;

/// How much media may wait, in bytes, and how many bytes of answers: half a second of a call at 1 Mbit/s. Older media
/// is worth less than what follows it.
const MAX_BYTES: usize = 64 * 1024;

/// The packets for one client that reads from a stream.
#[derive(Debug, Default)]
pub(crate) struct StreamOutbox {
    /// Nobody repeats a request over a stream, so that an answer is kept even if media is dropped.
    answers: Vec<u8>,
    media: VecDeque<Box<[u8]>>,
    media_bytes: usize,
    filled: Arc<Notify>,
}

impl StreamOutbox {
    /// Notified when there is something to send.
    pub(crate) fn filled(&self) -> Arc<Notify> {
        Arc::clone(&self.filled)
    }

    /// Adds an answer. Returns whether there is room for it.
    pub(crate) fn add_answer(&mut self, packet: &[u8]) -> bool {
        if self.answers.len() + packet.len() > MAX_BYTES {
            return false;
        }
        self.answers.extend_from_slice(packet);
        self.filled.notify_one();
        true
    }

    /// Adds a packet from the partner. Returns how many older ones were dropped for it.
    pub(crate) fn add_media(&mut self, packet: &[u8]) -> usize {
        let mut dropped = 0;
        while self.media_bytes + packet.len() > MAX_BYTES
            && let Some(oldest) = self.media.pop_front()
        {
            self.media_bytes -= oldest.len();
            dropped += 1;
        }
        self.media.push_back(packet.into());
        self.media_bytes += packet.len();
        self.filled.notify_one();
        dropped
    }

    /// Moves everything to the end of `bytes`: whole packets.
    pub(crate) fn take(&mut self, bytes: &mut Vec<u8>) {
        bytes.append(&mut self.answers);
        bytes.reserve(self.media_bytes);
        for packet in self.media.drain(..) {
            bytes.extend_from_slice(&packet);
        }
        self.media_bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(outbox: &mut StreamOutbox) -> Vec<u8> {
        let mut bytes = Vec::new();
        outbox.take(&mut bytes);
        bytes
    }

    #[test]
    fn answers_go_first_and_nothing_is_sent_twice() {
        let mut outbox = StreamOutbox::default();
        assert_eq!(outbox.add_media(b"one "), 0);
        assert!(outbox.add_answer(b"answer "));
        assert_eq!(outbox.add_media(b"two"), 0);
        assert_eq!(taken(&mut outbox), b"answer one two");
        assert_eq!(taken(&mut outbox), b"");
    }

    #[test]
    fn the_oldest_media_is_dropped_for_new_media_and_answers_stay() {
        let mut outbox = StreamOutbox::default();
        assert!(outbox.add_answer(b"answer"));
        let count = MAX_BYTES / 1024;
        for number in 0..count {
            assert_eq!(outbox.add_media(&[number as u8; 1024]), 0);
        }
        assert_eq!(outbox.add_media(&[0xFF; 1025]), 2);
        let bytes = taken(&mut outbox);
        assert_eq!(bytes.len(), b"answer".len() + MAX_BYTES - 2 * 1024 + 1025);
        assert_eq!((&bytes[..7], bytes.last()), (&b"answer\x02"[..], Some(&0xFF)));
        assert_eq!(outbox.add_media(&[0; MAX_BYTES]), 0, "there is room again");
    }

    #[test]
    fn answers_that_nobody_reads_are_bounded() {
        let mut outbox = StreamOutbox::default();
        assert!(outbox.add_answer(&[0; MAX_BYTES]));
        assert!(!outbox.add_answer(b"one more"));
        assert_eq!(taken(&mut outbox).len(), MAX_BYTES);
        assert!(outbox.add_answer(b"one more"));
    }

    #[tokio::test]
    async fn whoever_waits_is_told() {
        let mut outbox = StreamOutbox::default();
        let filled = outbox.filled();
        outbox.add_media(b"one");
        filled.notified().await;
        outbox.add_answer(b"two");
        filled.notified().await;
    }
}
