//! [`SenderQueue`]: the calls on one `RTCRtpSender`, one at a time, so that the last wish wins.
//!
//! `replaceTrack()` and `setParameters()` are asynchronous. Until they are done the sender shows what it had before, so
//! it cannot tell whether another call is needed.

use std::mem;

use crate::call::{Failed, SenderPart};

/// Calls in a row that may be rejected before the queue gives up until the wish is repeated.
///
/// The browser rejects parameters that it has changed meanwhile; a second call reads them again.
const MAX_TRIES: u8 = 2;

/// A call on a sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SenderCall<Track, Limits> {
    /// `replaceTrack()`.
    ReplaceTrack(Option<Track>),
    /// `setParameters()` with these limits and an active encoding.
    SetParameters(Limits),
    /// `setParameters()` twice: without and with an active encoding, so that the encoder makes a key frame.
    Refresh,
}

/// The result of a wish, if it is news: the first failure, or a success after one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderReport {
    /// The part of the sender that was to change.
    pub part: SenderPart,
    /// Whether it has.
    pub result: Result<(), Failed>,
}

/// The wishes for one sender, and the call that is pending.
#[derive(Clone, Debug)]
pub struct SenderQueue<Track, Limits> {
    track: Wish<Option<Track>>,
    limits: Wish<Limits>,
    /// A key frame is wanted.
    refreshes: bool,
    pending: Option<SenderCall<Track, Limits>>,
}

/// One value of a sender.
#[derive(Clone, Debug)]
struct Wish<Value> {
    /// The last wish.
    wanted: Option<Value>,
    /// What the sender has, as far as known.
    actual: Option<Value>,
    /// Rejected calls in a row for this wish.
    tries: u8,
    /// The last report was a failure.
    is_reported: bool,
}

impl<Track, Limits> Default for SenderQueue<Track, Limits> {
    fn default() -> Self {
        Self { track: Wish::new(Some(None)), limits: Wish::new(None), refreshes: false, pending: None }
    }
}

impl<Track: Clone + PartialEq, Limits: Clone + PartialEq> SenderQueue<Track, Limits> {
    /// The sender was created with this track.
    pub fn on_attached(&mut self, track: Track) {
        self.track.actual = Some(Some(track));
    }

    /// The sender should send this track, or nothing. Repeating a wish that was given up tries again.
    pub fn want_track(&mut self, track: Option<Track>) {
        self.track.want(track);
    }

    /// The sender should have these limits. Repeating a wish that was given up tries again.
    pub fn want_limits(&mut self, limits: Limits) {
        self.limits.want(limits);
    }

    /// The encoder should make a key frame.
    pub const fn want_refresh(&mut self) {
        self.refreshes = true;
    }

    /// The track that was last wished for.
    pub fn wanted_track(&self) -> Option<&Track> {
        self.track.wanted.as_ref()?.as_ref()
    }

    /// The next call, which has to be made now; `None` while one is pending or if nothing is left to do.
    pub fn take_next(&mut self) -> Option<SenderCall<Track, Limits>> {
        if self.pending.is_some() {
            return None;
        }
        self.pending = if let Some(track) = self.track.due() {
            Some(SenderCall::ReplaceTrack(track))
        } else if let Some(limits) = self.limits.due() {
            Some(SenderCall::SetParameters(limits))
        } else {
            mem::take(&mut self.refreshes).then_some(SenderCall::Refresh)
        };
        self.pending.clone()
    }

    /// The pending call is done or was rejected. Returns what is news for the call.
    pub fn on_done(&mut self, result: Result<(), Failed>) -> Option<SenderReport> {
        let (part, report) = match self.pending.take()? {
            SenderCall::ReplaceTrack(track) => (SenderPart::Track, self.track.on_done(track, result)),
            SenderCall::SetParameters(limits) => (SenderPart::Limits, self.limits.on_done(limits, result)),
            SenderCall::Refresh => {
                if result.is_err() {
                    // The encoding may be inactive now.
                    self.limits.actual = None;
                }
                return None;
            }
        };
        report.map(|result| SenderReport { part, result })
    }
}

impl<Value> Wish<Value> {
    const fn new(actual: Option<Value>) -> Self {
        Self { wanted: None, actual, tries: 0, is_reported: false }
    }
}

impl<Value: Clone + PartialEq> Wish<Value> {
    fn want(&mut self, value: Value) {
        (self.wanted, self.tries) = (Some(value), 0);
    }

    fn due(&self) -> Option<Value> {
        self.wanted.clone().filter(|_| self.wanted != self.actual && self.tries < MAX_TRIES)
    }

    fn on_done(&mut self, value: Value, result: Result<(), Failed>) -> Option<Result<(), Failed>> {
        let value = Some(value);
        match result {
            Ok(()) => {
                self.actual = value;
                self.tries = 0;
                (self.actual == self.wanted && mem::take(&mut self.is_reported)).then_some(Ok(()))
            }
            // The wish has changed meanwhile.
            Err(_) if self.wanted != value => None,
            Err(failed) => {
                self.tries += 1;
                let is_news = self.tries == MAX_TRIES && !mem::replace(&mut self.is_reported, true);
                is_news.then_some(Err(failed))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Queue = SenderQueue<u8, u8>;

    #[test]
    fn muting_and_unmuting_in_one_task_ends_with_the_track() {
        let mut queue = Queue::default();
        queue.on_attached(1);
        queue.want_track(None);
        assert_eq!(queue.take_next(), Some(SenderCall::ReplaceTrack(None)));
        queue.want_track(Some(1));
        assert_eq!(queue.take_next(), None, "one call at a time");
        queue.on_done(Ok(()));
        assert_eq!(queue.take_next(), Some(SenderCall::ReplaceTrack(Some(1))));
        queue.on_done(Ok(()));
        assert_eq!(queue.take_next(), None);
    }

    #[test]
    fn a_rejected_wish_is_tried_twice_and_reported_once_until_it_is_repeated() {
        let mut queue = Queue::default();
        let limits = |result| Some(SenderReport { part: SenderPart::Limits, result });
        for round in 0..2 {
            queue.want_limits(3);
            assert_eq!(queue.take_next(), Some(SenderCall::SetParameters(3)));
            assert_eq!(queue.on_done(Err(Failed)), None);
            assert_eq!(queue.take_next(), Some(SenderCall::SetParameters(3)));
            assert_eq!(queue.on_done(Err(Failed)), if round == 0 { limits(Err(Failed)) } else { None });
            assert_eq!(queue.take_next(), None);
        }
        queue.want_limits(3);
        queue.take_next();
        assert_eq!(queue.on_done(Ok(())), limits(Ok(())));
    }

    #[test]
    fn limits_are_set_again_after_a_failed_refresh() {
        let mut queue = Queue::default();
        queue.want_limits(3);
        queue.take_next();
        queue.on_done(Ok(()));
        queue.want_refresh();
        assert_eq!(queue.take_next(), Some(SenderCall::Refresh));
        queue.on_done(Err(Failed));
        assert_eq!(queue.take_next(), Some(SenderCall::SetParameters(3)));
    }

    /// Something that may happen next.
    #[derive(Clone, Copy, Debug)]
    enum Event {
        Track(Option<u8>),
        Limits(u8),
        Refresh,
        /// The driver asks for the next call.
        Start,
        /// The pending call settles.
        Settle(bool),
    }

    /// A sender of a browser, with the call that is pending.
    #[derive(Default)]
    struct Sender {
        track: Option<u8>,
        limits: Option<u8>,
        active: bool,
        pending: Option<SenderCall<u8, u8>>,
        /// The parts whose last wish failed, according to the reports.
        failed: [bool; 2],
    }

    impl Sender {
        fn start(&mut self, queue: &mut Queue) -> bool {
            let next = queue.take_next();
            assert!(next.is_none() || self.pending.is_none(), "one call at a time");
            self.pending = self.pending.take().or(next);
            self.pending.is_some()
        }

        fn settle(&mut self, queue: &mut Queue, succeeds: bool) {
            let Some(call) = self.pending.take() else { return };
            match call {
                SenderCall::ReplaceTrack(track) if succeeds => self.track = track,
                SenderCall::SetParameters(limits) if succeeds => {
                    (self.limits, self.active) = (Some(limits), true)
                }
                // The second of its two calls was rejected.
                SenderCall::Refresh if !succeeds => self.active = false,
                SenderCall::Refresh | SenderCall::ReplaceTrack(_) | SenderCall::SetParameters(_) => {}
            }
            let report = queue.on_done(if succeeds { Ok(()) } else { Err(Failed) });
            if let Some(SenderReport { part, result }) = report {
                let failed = &mut self.failed[part as usize];
                assert_ne!(*failed, result.is_err(), "only news is reported");
                *failed = result.is_err();
            }
        }
    }

    fn events() -> impl Strategy<Value = Vec<Event>> {
        let event = prop_oneof![
            prop::option::of(0..3_u8).prop_map(Event::Track),
            (0..3_u8).prop_map(Event::Limits),
            Just(Event::Refresh),
            Just(Event::Start),
            any::<bool>().prop_map(Event::Settle),
        ];
        prop::collection::vec(event, 0..60)
    }

    proptest! {
        #[test]
        fn the_last_wish_wins_or_is_known_to_have_failed(events in events(), rejects: bool) {
            let (mut queue, mut sender) = (Queue::default(), Sender::default());
            let (mut track, mut limits) = (None, None);
            for event in events {
                match event {
                    Event::Track(it) => {
                        queue.want_track(it);
                        track = it;
                    }
                    Event::Limits(it) => {
                        queue.want_limits(it);
                        limits = Some(it);
                    }
                    Event::Refresh => queue.want_refresh(),
                    Event::Start => _ = sender.start(&mut queue),
                    Event::Settle(succeeds) => sender.settle(&mut queue, succeeds),
                }
            }
            let mut calls = 0;
            while sender.start(&mut queue) {
                calls += 1;
                prop_assert!(calls < 20, "the calls end");
                sender.settle(&mut queue, !rejects);
            }
            prop_assert!(sender.track == track || sender.failed[SenderPart::Track as usize]);
            let are_limited = sender.limits == limits && (sender.active || limits.is_none());
            prop_assert!(are_limited || sender.failed[SenderPart::Limits as usize]);
            // A repeated wish tries again, and its success is reported.
            queue.want_track(track);
            limits.into_iter().for_each(|it| queue.want_limits(it));
            while sender.start(&mut queue) {
                sender.settle(&mut queue, true);
            }
            prop_assert_eq!((sender.track, sender.limits), (track, limits));
        }
    }
}
