//! Acknowledgement bookkeeping of one socket, to recognise pings that carry no news.

use std::sync::Arc;

use crate::protocol::{Frame, ToBrowser, ToServer};

/// The latest sequence numbers and acknowledgements that passed through one socket's task.
#[derive(Debug, Default)]
pub(crate) struct AckTracker {
    /// The highest `seq` received from the page.
    received_seq: u64,
    /// The latest `ack` received from the page.
    received_ack: u64,
    /// The latest `ack` sent to the page; `None` before the first frame.
    sent_ack: Option<u64>,
    /// The highest `seq` that the page can know: the last one that was sent here, or that its `hello` acknowledged.
    known_seq: u64,
    /// Whether the peer is in the queue: the matchmaker answers its pings with more than a pong.
    is_waiting: bool,
    /// Whether nothing has come since the `welcome`. The next message tells the matchmaker that it has arrived.
    awaits_first: bool,
}

impl AckTracker {
    /// The `ack` for a pong, if the frame is a ping that the matchmaker need not see: it tells the matchmaker nothing
    /// new, and no acknowledgement is owed to the page.
    pub(crate) fn local_pong(&self, frame: &Frame<ToServer>) -> Option<u64> {
        let is_news = frame.ack != self.received_ack || self.awaits_first;
        let is_redundant = frame.seq == 0 && !is_news && !self.is_waiting;
        self.sent_ack
            .filter(|ack| is_redundant && frame.msg == ToServer::Ping {} && *ack >= self.received_seq)
    }

    /// Whether the page can have received the message that it acknowledges.
    ///
    /// If it acknowledged more, the matchmaker would forget messages that still wait here for a page that reads slowly.
    /// It would not count their memory, and nothing would limit their age.
    pub(crate) fn may_acknowledge(&self, ack: u64) -> bool {
        // The matchmaker checks what a `hello` acknowledges.
        self.sent_ack.is_none() || ack <= self.known_seq
    }

    /// Records a frame that goes to the page.
    pub(crate) fn record_sent(&mut self, frame: &Frame<Arc<ToBrowser>>) {
        self.sent_ack = Some(frame.ack);
        self.known_seq = self.known_seq.max(frame.seq);
        match *frame.msg {
            // A peer that resumes in the queue gets `here`, not a second `waiting`.
            ToBrowser::Waiting {} | ToBrowser::Here(_) => self.is_waiting = true,
            ToBrowser::Welcome { resumed, .. } => {
                // The numbers of a new session start again from 1.
                self.known_seq = if resumed { self.received_ack } else { 0 };
                (self.is_waiting, self.awaits_first) = (false, true);
            }
            ToBrowser::Again {} => *self = Self::default(),
            ToBrowser::Matched { .. } => self.is_waiting = false,
            ToBrowser::Seeking { .. }
            | ToBrowser::Place { .. }
            | ToBrowser::Prepare { .. }
            | ToBrowser::Check { .. }
            | ToBrowser::Ice { .. }
            | ToBrowser::Signal { .. }
            | ToBrowser::Partner { .. }
            | ToBrowser::Ended { .. }
            | ToBrowser::Reported { .. }
            | ToBrowser::Sanctioned(_)
            | ToBrowser::Error { .. }
            | ToBrowser::ComeBack { .. }
            | ToBrowser::Pong {} => {}
        }
    }

    /// Records the numbers of a frame that goes to the matchmaker.
    pub(crate) fn record_received(&mut self, seq: u64, ack: u64) {
        // Uncounted messages have a `seq` of 0.
        (self.received_seq, self.received_ack) = (self.received_seq.max(seq), ack);
        self.awaits_first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Occupancy, decode_lenient};

    #[test]
    fn answers_only_pings_without_news_locally() {
        let ping = |ack| Frame { seq: 0, ack, msg: ToServer::Ping {} };
        let mut acks = AckTracker::default();
        assert_eq!(acks.local_pong(&ping(0)), None, "nothing was sent yet");
        acks.sent_ack = Some(7);
        assert_eq!(acks.local_pong(&ping(0)), Some(7), "a resumed peer");
        assert_eq!(acks.local_pong(&Frame { seq: 0, ack: 0, msg: ToServer::Leave {} }), None);
        assert_eq!(acks.local_pong(&Frame { seq: 8, ..ping(0) }), None, "a ping has no number");
        assert_eq!(acks.local_pong(&ping(1)), None, "it acknowledges a message");
        acks.record_received(0, 1);
        assert_eq!(acks.local_pong(&ping(1)), Some(7));
        acks.record_received(8, 1);
        assert_eq!(acks.local_pong(&ping(1)), None, "an acknowledgement is owed");
        acks.sent_ack = Some(8);
        assert_eq!(acks.local_pong(&ping(1)), Some(8));
        assert_eq!(acks.local_pong(&ping(0)), None, "the acknowledgement went back");
    }

    #[test]
    fn first_ping_after_a_welcome_reaches_the_matchmaker() {
        let ping = || Frame { seq: 0, ack: 0, msg: ToServer::Ping {} };
        let welcome = r#"{"seq":0,"ack":0,"msg":{"welcome":{"version":1,
            "peer":"018f2c5e-7a10-7b3d-9c44-5d0e6f7a8b91","secret":"4f0c2b9e-3d1a-4e57-8a66-0b1c2d3e4f50",
            "resumed":true,"limits":{"frame_bytes":1,"sdp_bytes":1,"candidate_bytes":1,"candidates":1,
            "heartbeat_ms":1,"idle_heartbeat_ms":1,"grace_ms":1}}}}"#;
        let Frame { seq, ack, msg } = decode_lenient(welcome).unwrap();
        let mut acks = AckTracker::default();
        acks.record_received(0, 0);
        acks.record_sent(&Frame { seq, ack, msg: Arc::new(msg) });
        assert_eq!(acks.local_pong(&ping()), None, "it shows that the welcome has arrived");
        acks.record_received(0, 0);
        assert_eq!(acks.local_pong(&ping()), Some(0));
    }

    #[test]
    fn nothing_is_acknowledged_before_it_was_sent() {
        let frame = |seq, msg| Frame { seq, ack: 0, msg: Arc::new(msg) };
        let id = uuid::Uuid::nil();
        let welcome = |resumed| {
            let limits = serde_json::json!({
                "frame_bytes": 0, "sdp_bytes": 0, "candidate_bytes": 0, "candidates": 0, "heartbeat_ms": 0,
                "idle_heartbeat_ms": 0, "grace_ms": 0,
            });
            let fields = serde_json::json!({
                "version": 1, "peer": id, "secret": id, "resumed": resumed, "limits": limits,
            });
            let welcome = serde_json::from_value(serde_json::json!({ "welcome": fields }));
            frame(0, welcome.unwrap())
        };
        for (resumed, known) in [(true, 7), (false, 0)] {
            let mut acks = AckTracker::default();
            assert!(acks.may_acknowledge(7), "a hello");
            acks.record_received(0, 7);
            acks.record_sent(&welcome(resumed));
            assert!(acks.may_acknowledge(known) && !acks.may_acknowledge(known + 1));
            acks.record_sent(&frame(known + 1, ToBrowser::Waiting {}));
            assert!(acks.may_acknowledge(known + 1) && !acks.may_acknowledge(known + 2));
            acks.record_sent(&frame(0, ToBrowser::Pong {}));
            assert!(acks.may_acknowledge(known + 1) && !acks.may_acknowledge(known + 2));
        }
    }

    #[test]
    fn pings_of_waiting_peers_reach_the_matchmaker() {
        let mut acks = AckTracker::default();
        let mut pong_after = |msg| {
            acks.record_sent(&Frame { seq: 1, ack: 0, msg: Arc::new(msg) });
            acks.local_pong(&Frame { seq: 0, ack: 0, msg: ToServer::Ping {} })
        };
        assert_eq!(pong_after(ToBrowser::Pong {}), Some(0));
        assert_eq!(pong_after(ToBrowser::Waiting {}), None);
        assert_eq!(pong_after(ToBrowser::Pong {}), None, "still waiting");
    }

    #[test]
    fn peers_that_resume_in_the_queue_count_as_waiting() {
        let mut acks = AckTracker::default();
        let here = ToBrowser::Here(Occupancy::among(1, None, false));
        acks.record_sent(&Frame { seq: 0, ack: 0, msg: Arc::new(here) });
        assert_eq!(acks.local_pong(&Frame { seq: 0, ack: 0, msg: ToServer::Ping {} }), None);
    }
}
