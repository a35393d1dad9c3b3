//! [`Core`]: the matchmaker with its clock and chance, and what its outputs ask of the server itself.

use std::{sync::Arc, time::Duration};

use crate::{
    matchmaker::{GenuineReport, Input, Matchmaker, Output, Readings, ReportRequest, SocketId},
    protocol::{ErrorCode, Frame, ToBrowser},
    server::{clock::Clock, telemetry::Telemetry},
    time::Moment,
};

/// What the core acts on: all sockets, and the moderation store. What follows from an action at once is returned.
pub(crate) trait Outside {
    /// Sends a message on a socket.
    fn send(&mut self, socket: SocketId, frame: Frame<Arc<ToBrowser>>) -> Option<Input>;

    /// Closes a socket once everything sent before has left.
    fn close(&mut self, socket: SocketId, code: ErrorCode);

    /// Gives a report to the moderation store.
    fn store(&mut self, request: ReportRequest, report: Box<GenuineReport>) -> Option<Input>;
}

/// Owns the matchmaker.
pub(crate) struct Core {
    matchmaker: Matchmaker,
    clock: Clock,
    telemetry: Arc<Telemetry>,
}

impl Core {
    /// A core that has not handled anything.
    pub(crate) const fn new(matchmaker: Matchmaker, clock: Clock, telemetry: Arc<Telemetry>) -> Self {
        Self { matchmaker, clock, telemetry }
    }

    /// The time on the clock of the matchmaker.
    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Puts off everything that is due: for this time nothing could happen.
    pub(crate) fn put_off(&mut self, time: Duration) {
        self.clock.put_back(time);
    }

    /// When the matchmaker has something to do without an input, and a word for the log that says what.
    pub(crate) fn next_due(&self) -> Option<(Moment, &'static str)> {
        self.matchmaker.next_due()
    }

    /// Waits for that.
    pub(crate) fn wait_until(&self, due: Option<Moment>) -> impl Future<Output = ()> + use<> {
        self.clock.wait_until(due)
    }

    /// Whether the server drains, and no match needs it any more.
    pub(crate) fn is_drained(&self) -> bool {
        self.matchmaker.is_drained()
    }

    /// Handles an input that has come by `now` on the clock of the matchmaker, and performs the outputs. What follows
    /// from them at once becomes the next input. Each gets readings of its own.
    pub(crate) fn handle(
        &mut self,
        now: Moment,
        input: Input,
        mut readings: impl FnMut() -> Readings,
        outside: &mut impl Outside,
    ) {
        let (mut next, mut later) = (Some(input), Vec::new());
        while let Some(input) = next {
            self.telemetry.message_in(&input);
            for output in self.matchmaker.handle(now, readings(), input) {
                later.extend(self.perform(output, outside));
            }
            next = later.pop();
        }
    }

    /// Updates the gauges.
    pub(crate) fn measure(&self) {
        self.telemetry.set_census(self.matchmaker.census());
        self.telemetry.set_outboxes(self.matchmaker.outbox_totals());
    }

    /// Performs one output; returns what follows from it.
    fn perform(&self, output: Output, outside: &mut impl Outside) -> Option<Input> {
        match output {
            Output::Send { socket, frame } => {
                self.telemetry.message_out();
                outside.send(socket, frame)
            }
            Output::Close { socket, code } => {
                self.telemetry.closed(code);
                outside.close(socket, code);
                None
            }
            Output::StoreReport { request, report } => outside.store(request, report),
            Output::Note(note) => {
                self.telemetry.note(note);
                None
            }
        }
    }

    /// The matchmaker, for tests.
    #[cfg(test)]
    pub(crate) const fn matchmaker(&self) -> &Matchmaker {
        &self.matchmaker
    }
}
