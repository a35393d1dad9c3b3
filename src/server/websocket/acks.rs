//! What one socket has seen of the numbers in the frames, to know a ping that says nothing new; it must not know what else
//! is said.

use std::sync::Arc;

use crate::protocol::{Frame, ToBrowser, ToServer};

/// What this task has seen of the numbers in the frames, to know a ping that says nothing new.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    /// The last of the page's counted messages.
    seq: u64,
    /// The last of ours that the page has acknowledged.
    ack: u64,
    /// The last of the page's that was acknowledged to it; `None` before anything was said.
    told: Option<u64>,
    /// The page waits, and its pings are answered with more than a pong.
    waits: bool,
}

impl Numbers {
    /// What the answer to a frame acknowledges, where it is a ping and the matchmaker need not hear of it: it has heard
    /// the page's acknowledgement, and so has the page its.
    pub(crate) fn answer(&self, frame: &Frame<ToServer>) -> Option<u64> {
        let is_known = frame.seq == 0 && frame.ack == self.ack && !self.waits;
        self.told.filter(|told| is_known && frame.msg == ToServer::Ping {} && *told >= self.seq)
    }

    /// A frame goes to the page.
    pub(crate) fn say(&mut self, frame: &Frame<Arc<ToBrowser>>) {
        self.told = Some(frame.ack);
        match *frame.msg {
            // Who is taken back to the queue is not told again that it waits, but how busy it is.
            ToBrowser::Waiting {} | ToBrowser::Here(_) => self.waits = true,
            ToBrowser::Welcome { .. } | ToBrowser::Matched { .. } => self.waits = false,
            ToBrowser::Seeking { .. }
            | ToBrowser::Prepare { .. }
            | ToBrowser::Ice { .. }
            | ToBrowser::Signal { .. }
            | ToBrowser::Partner { .. }
            | ToBrowser::Ended { .. }
            | ToBrowser::Error { .. }
            | ToBrowser::ComeBack { .. }
            | ToBrowser::Pong {} => {}
        }
    }

    /// A frame goes to the matchmaker.
    pub(crate) fn pass(&mut self, seq: u64, ack: u64) {
        // Uncounted ones have no number.
        (self.seq, self.ack) = (self.seq.max(seq), ack);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Occupancy;

    #[test]
    fn only_a_ping_that_says_nothing_new_is_answered_here() {
        let ping = |ack| Frame { seq: 0, ack, msg: ToServer::Ping {} };
        let mut numbers = Numbers::default();
        assert_eq!(numbers.answer(&ping(0)), None, "nothing was said yet");
        numbers.told = Some(7);
        assert_eq!(numbers.answer(&ping(0)), Some(7), "a peer that was taken back");
        assert_eq!(numbers.answer(&Frame { seq: 0, ack: 0, msg: ToServer::Leave {} }), None);
        assert_eq!(numbers.answer(&Frame { seq: 8, ..ping(0) }), None, "a ping has no number");
        assert_eq!(numbers.answer(&ping(1)), None, "something is acknowledged");
        numbers.pass(0, 1);
        assert_eq!(numbers.answer(&ping(1)), Some(7));
        numbers.pass(8, 1);
        assert_eq!(numbers.answer(&ping(1)), None, "an acknowledgement is owed");
        numbers.told = Some(8);
        assert_eq!(numbers.answer(&ping(1)), Some(8));
        assert_eq!(numbers.answer(&ping(0)), None, "less than before");
    }

    #[test]
    fn who_waits_is_told_more_than_that_the_server_is_there() {
        let mut numbers = Numbers::default();
        let mut after = |msg| {
            numbers.say(&Frame { seq: 1, ack: 0, msg: Arc::new(msg) });
            numbers.answer(&Frame { seq: 0, ack: 0, msg: ToServer::Ping {} })
        };
        assert_eq!(after(ToBrowser::Pong {}), Some(0));
        assert_eq!(after(ToBrowser::Waiting {}), None);
        assert_eq!(after(ToBrowser::Pong {}), None, "and still");
    }

    #[test]
    fn who_is_taken_back_to_the_queue_waits_on() {
        let mut numbers = Numbers::default();
        let here = ToBrowser::Here(Occupancy::among(1, None));
        numbers.say(&Frame { seq: 0, ack: 0, msg: Arc::new(here) });
        assert_eq!(numbers.answer(&Frame { seq: 0, ack: 0, msg: ToServer::Ping {} }), None);
    }
}
